/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes -> descriptor, written by a thread while the caller makes more of
 * them.  For what is made as fast as it is written: elsewhere io_out will do.
 */
#ifndef PIPEOUT_H
#define PIPEOUT_H

#include <stdbool.h>
#include <stddef.h>

struct pipeout;

/*
 * Start writing to fd, which is borrowed.  The thread, if it is wanted and can
 * be started, starts with the second block of 128 KiB.  Returns the pipeout, or
 * NULL (reported).
 */
struct pipeout *pipeout_open(int fd, bool thread);

/*
 * Take buf[0..len).  Returns 0, or -1 with errno set, which may be about bytes
 * taken earlier; then r is of no more use.
 */
int pipeout_write(struct pipeout *r, const void *buf, size_t len);

/* Wait until all is written.  Returns 0, or -1 with errno set, likewise. */
int pipeout_flush(struct pipeout *r);

/* End the thread, after what it is writing, and free r.  NULL is fine. */
void pipeout_free(struct pipeout *r);

#endif
