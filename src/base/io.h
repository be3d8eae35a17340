/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole reads and writes.
 *
 * Nothing here prints: callers know what to call the descriptor.
 */
#ifndef IO_H
#define IO_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Write all of buf[0..len) to fd, through short writes, interrupted calls and
 * EAGAIN (waits until fd takes more).  Returns 0, or -1 with errno set; some
 * of the bytes may have been written then.
 */
int io_write(int fd, const void *buf, size_t len);

/*
 * The same, but returns how many bytes were written: fewer than len only on a
 * failure, with errno set.
 */
size_t io_write_most(int fd, const void *buf, size_t len);

/*
 * Read until buf[0..len) is full or the end of the file, through short reads,
 * interrupted calls and EAGAIN.  Returns the bytes read, fewer than len only
 * at the end, or -1 with errno set.
 */
ssize_t io_read(int fd, void *buf, size_t len);

/*
 * From here on io_write and io_read give up, with errno EINTR, when a signal
 * finds them waiting, a write that has done a part of it too, and *stop is not
 * 0.  Borrowed; NULL: they go on.
 */
void io_heed(const volatile sig_atomic_t *stop);

/* Is that so? */
bool io_stopped(void);

/* A buffer before a descriptor: {0}, and fd. */
struct io_out {
	int fd; /* borrowed; -1 = count only */
	uint64_t total; /* bytes taken so far, written or not */
	size_t n; /* bytes in buf */
	char buf[16384];
};

/*
 * Write through the buffer; long spans go past it.  Returns 0, or -1 with
 * errno set; then out is of no more use.
 */
int io_out_write(struct io_out *out, const void *buf, size_t len);

/* Write what is in the buffer.  Returns 0, or -1 with errno set. */
int io_out_flush(struct io_out *out);

/*
 * Make sure that descriptors 0, 1 and 2 are open, so that no file opened
 * later can be mistaken for one of them: a closed one is opened on / for
 * reading, so that writes to it still fail with EBADF.  Returns 0, or -1 with
 * errno set.
 */
int io_std(void);

/*
 * Where bytes come from, by pull: point *data at the next ones, valid until
 * the next call.  Returns how many, 0 at the end, or -1 on a failure that has
 * been reported.
 */
typedef ssize_t (*io_pull)(void *arg, const void **data);

#endif
