/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output: the only module that writes to it.  Only a stream of unpack,
 * or a tar, goes to OUT_FD by io_write.
 *
 * What is written waits in a buffer, and goes on through short writes and on
 * descriptors that do not block.  The first failure is remembered, and what
 * comes after it is dropped, so callers look at out_flush alone.
 */
#ifndef OUT_H
#define OUT_H

#include <stddef.h>
#include <unistd.h>

/* For a product, and for isatty(3). */
#define OUT_FD STDOUT_FILENO

/* Write text as it is; out_line adds a newline. */
void out_text(const char *text);
void out_line(const char *text);

/* Write buf[0..len). */
void out_write(const void *buf, size_t len);

/* Write what printf(3) would, of any length. */
void out_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From here on a reader that does not wait for the end, as head(1), is no
 * reason for a message: out_flush fails silently where the pipe is closed.
 */
void out_expect_head(void);

/*
 * Write what is still in the buffer.  Returns 0, or -1 where anything was lost
 * since the program started (reported the first time).
 */
int out_flush(void);

#endif
