/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes -> gzip members (RFC 1952), one for each slice of WIRE_SLICE bytes,
 * compressed on several threads, handed on in order, in constant memory.
 * The only user of libdeflate in `unpack`.
 *
 * The members depend on the bytes and the level alone.
 */
#ifndef PRESS_H
#define PRESS_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"

struct press_part {
	uint64_t index; /* from 0 */
	const void *gzip; /* the member; borrowed, during the call */
	size_t len; /* its bytes */
	char digest[DIGEST_TEXT]; /* its SHA-256, where asked for */
};

/* Takes a part; returns 0, or -1 after a warning, which ends it all. */
typedef int press_sink(void *arg, const struct press_part *part);

struct press_opts {
	int level; /* 1 to WIRE_LEVEL_MAX */
	unsigned int
	    jobs; /* threads that compress; 1 = none but the caller's */
	int digests; /* fill press_part.digest? */
	press_sink *sink; /* called on the caller's thread only */
	void *arg;
};

struct press;

/* Returns the compressor, or NULL after a warning. */
struct press *press_open(const struct press_opts *opts);

/*
 * Compress more bytes.  Threads are started when the first slice is full, so
 * that a small bundle does without; where none can be had, the caller's own
 * does the work.  Returns 0, or -1 after a warning.
 */
int press_write(struct press *p, const void *buf, size_t len);

/*
 * Hand on what is left.  Returns 0, or -1 after a warning.  p still has to be
 * freed.
 */
int press_finish(struct press *p);

/* End the threads and free p, finished or not.  NULL is fine. */
void press_free(struct press *p);

#endif
