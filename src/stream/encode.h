/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip members -> the lines of json or jsonl (wire.h) on a descriptor.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/ranges.h"
#include "stream/gzip.h"

struct encode {
	bool lines; /* jsonl; otherwise json */
	const struct ranges *wanted; /* borrowed; jsonl: the parts to print */
	struct io_out out; /* out.total: bytes of the log */
	struct digest sum; /* of all parts in order */
	uint64_t size; /* bytes of the tar.gz so far */
	uint64_t parts; /* so far */
	unsigned char carry[3]; /* json: bytes that wait for a third one */
	size_t n_carry;
	char digest[DIGEST_TEXT]; /* of the tar.gz, after encode_end */
};

/*
 * Begin, where e is {0}.  fd is borrowed; -1: only count what would be written.
 * wanted, borrowed, is of jsonl; NULL: all.  Returns 0, or -1 (reported).
 * Nothing needs to be freed.
 */
int encode_begin(struct encode *e, int fd, bool lines,
    const struct ranges *wanted);

/* Write these bytes as they are.  Returns 0, or -1 (reported). */
int encode_write(struct encode *e, const void *buf, size_t len);

/*
 * A gzip_sink: take the next part.  `arg` is the struct encode.  Returns 0, or
 * -1 (reported).
 */
int encode_part(void *arg, const struct gzip_part *part);

/* Describe the whole; e->out is left to flush.  Returns 0, or -1 (reported). */
int encode_end(struct encode *e, uint64_t entries);

#endif
