/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompresses gzip (RFC 1952), any number of members, and zstd (RFC 8878), any
 * number of frames, as the caller pulls, in constant memory: logs, archives of
 * images, layers.  What takes longer is done ahead of the caller by a thread,
 * where there is a processor for it.  The only user of zlib and of libzstd.
 *
 * A member of the kind that `unpack` writes, made of no more than WIRE_SLICE
 * bytes, is decompressed at once by libdeflate, at three times zlib's speed.
 * zlib takes all others, and those that libdeflate does not take: it is the
 * one to say that data is corrupt.
 */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/io.h"
#include "base/tempfile.h"
#include "wire.h"

enum {
	DECOMPRESS_SLOTS = 3, /* one is read while others are made */
	/*
	 * What a member made of a slice can take: deflate stores what it cannot
	 * compress with less than 1/1024 on top (RFC 1951, 3.2.4).
	 */
	DECOMPRESS_MEMBER = WIRE_SLICE + WIRE_SLICE / 1024,
	/* the rest is there to move what is left over less often */
	DECOMPRESS_IN = DECOMPRESS_MEMBER + WIRE_SLICE / 2
};

struct decompress_slot {
	ssize_t len; /* 0 at the end, -1 on failure */
	const char *why; /* the data is damaged; or NULL: reported */
	unsigned char out[WIRE_SLICE];
};

struct libdeflate_decompressor;
struct z_stream_s;
struct ZSTD_DCtx_s;

struct decompress {
	/* the caller's; what decompress_open makes of them, until set */
	const char *name; /* borrowed; "gzip": in messages */
	bool zstd; /* false: frames of zstd, not members of gzip */
	bool alone; /* false: no thread, please */
	bool corrupt; /* it failed because the data is damaged or cut */

	bool ahead; /* a thread may be at work */
	size_t made; /* bytes, until there is one */
	struct workers *workers; /* owned */

	/* what follows is the workers's, once there is one */
	io_pull pull;
	void *arg; /* borrowed; pull's */
	const unsigned char *piece; /* what pull gave and is not in `in` yet */
	size_t piece_len;
	bool ended; /* pull has no more */

	struct libdeflate_decompressor *whole; /* owned */
	struct z_stream_s *z; /* owned; zlib.h's z_stream */
	struct ZSTD_DCtx_s *frames; /* owned; zstd.h's ZSTD_DStream; or NULL */
	bool inside; /* a member or frame has begun and not ended */
	bool held; /* there may be more of it without more input */
	bool any; /* a member or frame has begun */
	bool failed; /* for good */

	size_t pos, end; /* in[pos..end) is to be read */
	struct decompress_slot slots[DECOMPRESS_SLOTS];
	unsigned char in[DECOMPRESS_IN];
};

/*
 * Start reading what pull(arg) gives; it may be called by another thread, one
 * at a time, until decompress_close.  Returns 0, to be followed by that, or -1
 * (reported, nothing to close).
 */
int decompress_open(struct decompress *d, io_pull pull, void *arg);

/*
 * The next bytes; an io_pull with a struct decompress as its arg.  Damaged
 * data, a cut end, and other bytes after the last member fail and set
 * d->corrupt.
 */
ssize_t decompress_pull(void *arg, const void **data);

void decompress_close(struct decompress *d);

/*
 * What the gzip that begins with in[0..len) begins with: writes up to `size`
 * bytes of it to out.  Returns how many, 0 also where it is corrupt.
 */
size_t decompress_peek(const void *in, size_t len, void *out, size_t size);

/* Does b begin like gzip or zstd? */
bool decompress_needed(const struct blob *b);

/* Does b begin with a frame of zstd that is to be skipped? */
bool decompress_skips(const struct blob *b);

/*
 * Does b begin like something else that is compressed?  Its name, static, as
 * in "xz", or NULL.
 */
const char *decompress_unread(const struct blob *b);

/*
 * Decompress all of b into the tempfile.  Returns 0, where the result is, and
 * its digest in text (DIGEST_TEXT bytes, or NULL); or -1 (reported): damaged,
 * cut off, or more than the tempfile takes.
 */
int decompress_blob(struct tempfile *s, const struct blob *b, const char *what,
    struct blob *out, char *text);

#endif
