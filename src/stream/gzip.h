/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes -> gzip members (RFC 1952), one for each slice of WIRE_SLICE bytes,
 * compressed on several threads, handed on in order, in constant memory.
 * The only user of libdeflate in `unpack`.
 *
 * The members depend on the bytes and the level alone.
 */
#ifndef GZIP_H
#define GZIP_H

#include <stddef.h>
#include <stdint.h>

struct gzip_part {
	uint64_t index; /* from 0 */
	const void *gzip; /* the member; borrowed, during the call */
	size_t len; /* its bytes */
	const char *digest; /* its SHA-256, where asked for; likewise */
};

/* Takes a part; returns 0, or -1 (reported), which ends it all. */
typedef int gzip_sink(void *arg, const struct gzip_part *part);

struct gzip_opts {
	int level; /* 1 to WIRE_LEVEL_MAX */
	unsigned int
	    jobs; /* threads that compress; 1 = none but the caller's */
	int digests; /* fill gzip_part.digest? */
	gzip_sink *sink; /* called on the caller's thread only */
	void *arg;
};

struct gzip;

/* Returns the compressor, or NULL (reported). */
struct gzip *gzip_open(const struct gzip_opts *opts);

/*
 * Compress more bytes.  Threads are started when the first slice is full, so
 * that a small bundle does without; where there can be none, the caller's own
 * does the work.  Returns 0, or -1 (reported).
 */
int gzip_write(struct gzip *p, const void *buf, size_t len);

/*
 * Hand on what is left.  Returns 0, or -1 (reported).  p still has to be freed.
 */
int gzip_finish(struct gzip *p);

/* End the threads and free p, finished or not.  NULL is fine. */
void gzip_free(struct gzip *p);

#endif
