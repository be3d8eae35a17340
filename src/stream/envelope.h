/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip members -> the lines of json or jsonl (wire.h) on a descriptor.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "io.h"
#include "press.h"

struct envelope_opts {
	int fd; /* borrowed; -1 = only count what would be written */
	bool lines; /* jsonl; otherwise json */
	uint64_t first; /* jsonl: print the parts from here */
	uint64_t last; /* to here, both included */
};

struct envelope {
	struct envelope_opts opts;
	struct io_out out; /* out.total: bytes of the log */
	struct digest sum; /* of all parts in order */
	uint64_t size; /* bytes of the tar.gz so far */
	uint64_t parts; /* so far */
	unsigned char carry[3]; /* json: bytes that wait for a third one */
	size_t n_carry;
	char digest[DIGEST_TEXT]; /* of the tar.gz, after envelope_end */
};

/* Begin.  Returns 0, or -1 after a warning.  Nothing needs to be freed. */
int envelope_begin(struct envelope *e, const struct envelope_opts *opts);

/*
 * A press_sink: take the next part.  `arg` is the struct envelope.  Returns 0,
 * or -1 after a warning.
 */
int envelope_part(void *arg, const struct press_part *part);

/*
 * Describe the whole and write what is still buffered.  Returns 0, or -1
 * after a warning.
 */
int envelope_end(struct envelope *e, uint64_t entries);

#endif
