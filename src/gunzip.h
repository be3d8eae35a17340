/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip (RFC 1952) to what it holds, by pull, any number of members, in
 * constant memory.  The only user of zlib.
 */
#ifndef GUNZIP_H
#define GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#define ZLIB_CONST /* zconf.h: input is not written to */
#include <zlib.h>

#include "io.h"

enum {
	GUNZIP_OUT = 1 << 17
}; /* bytes made at once */

struct gunzip {
	z_stream z;
	io_pull pull;
	void *arg; /* borrowed; pull's */
	bool inside; /* a member has begun and not ended */
	bool any; /* a member has begun */
	bool corrupt; /* it failed because the data is no whole gzip */
	unsigned char out[GUNZIP_OUT];
};

/*
 * Start reading what pull(arg) gives.  Returns 0, to be followed by
 * gunzip_close, or -1 (reported, nothing to close).
 */
int gunzip_open(struct gunzip *g, io_pull pull, void *arg);

/*
 * The next bytes; an io_pull with a struct gunzip as its arg.  Damaged data,
 * a cut end, and bytes that are no gzip after the last member fail and set
 * g->corrupt.
 */
ssize_t gunzip_pull(void *arg, const void **data);

void gunzip_close(struct gunzip *g);

#endif
