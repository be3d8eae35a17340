/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes -> descriptor, written by a thread while the caller makes more of
 * them.  For what is made as fast as it is written: elsewhere io_out will do.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>

struct relay;

/*
 * Start writing to fd, which is borrowed.  The thread, if it is wanted and can
 * be had, starts with the second block of 128 KiB.  Returns the relay, or NULL
 * after a warning.
 */
struct relay *relay_open(int fd, bool thread);

/*
 * Take buf[0..len).  Returns 0, or -1 with errno set, which may be about bytes
 * taken earlier; then r is of no more use.
 */
int relay_write(struct relay *r, const void *buf, size_t len);

/* Wait until all is written.  Returns 0, or -1 with errno set, likewise. */
int relay_flush(struct relay *r);

/* End the thread, after what it is writing, and free r.  NULL is fine. */
void relay_free(struct relay *r);

#endif
