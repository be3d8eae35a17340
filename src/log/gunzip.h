/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompresses gzip (RFC 1952) as the caller pulls, any number of members, in
 * constant memory.  What takes longer is done ahead of the caller by a thread,
 * where there is a processor for it.
 *
 * A member of the kind that `unpack` writes, made of no more than WIRE_SLICE
 * bytes, is decompressed at once by libdeflate, at three times zlib's speed.
 * zlib takes all others, and those that libdeflate does not take: it is the
 * one to say that data is corrupt.
 */
#ifndef GUNZIP_H
#define GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/io.h"
#include "wire.h"

enum {
	GUNZIP_OUT = WIRE_SLICE, /* bytes made at once */
	GUNZIP_SLOTS = 3, /* of that size: one is read while others are made */
	/*
	 * What a member made of these can take: deflate stores what it cannot
	 * compress with less than 1/1024 on top (RFC 1951, 3.2.4).
	 */
	GUNZIP_MEMBER = WIRE_SLICE + WIRE_SLICE / 1024,
	/* the rest is there to move what is left over less often */
	GUNZIP_IN = GUNZIP_MEMBER + WIRE_SLICE / 2
};

struct gunzip_slot {
	ssize_t len; /* 0 at the end, -1 on failure */
	const char *why; /* it is not a whole gzip, or NULL: reported */
	unsigned char out[GUNZIP_OUT];
};

struct libdeflate_decompressor;
struct z_stream_s;

struct gunzip {
	/* the caller's */
	const char
	    *name; /* borrowed; in messages; gunzip_open makes it "gzip" */
	bool corrupt; /* it failed because the data is not a whole gzip */
	bool alone; /* no thread, please: set it after gunzip_open */
	bool ahead; /* a thread may be at work */
	size_t made; /* bytes, until there is one */
	struct workers *workers; /* owned */
	struct gunzip_slot slots[GUNZIP_SLOTS];

	/* what follows is the workers's, once there is one */
	io_pull pull;
	void *arg; /* borrowed; pull's */
	const unsigned char *piece; /* what pull gave and is not in `in` yet */
	size_t piece_len;
	bool ended; /* pull has no more */

	struct libdeflate_decompressor *whole; /* owned */
	struct z_stream_s *z; /* owned; zlib.h's z_stream */
	bool inside; /* a member that is z's has begun and not ended */
	bool any; /* a member has begun */
	bool failed; /* for good */

	size_t pos, end; /* in[pos..end) is to be read */
	unsigned char in[GUNZIP_IN];
};

/*
 * Start reading what pull(arg) gives; it may be called by another thread, one
 * at a time, until gunzip_close.  Returns 0, to be followed by that, or -1
 * (reported, nothing to close).
 */
int gunzip_open(struct gunzip *g, io_pull pull, void *arg);

/*
 * The next bytes; an io_pull with a struct gunzip as its arg.  Corrupt data, a
 * cut end, and bytes that are not gzip after the last member fail and set
 * g->corrupt.
 */
ssize_t gunzip_pull(void *arg, const void **data);

void gunzip_close(struct gunzip *g);

/*
 * What the gzip that begins with in[0..len) begins with: writes up to `size`
 * bytes of it to out.  Returns how many, 0 also where it is corrupt.
 */
size_t gunzip_peek(const void *in, size_t len, void *out, size_t size);

#endif
