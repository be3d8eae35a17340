/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures how long the stream will be: with the tar, gzip and encode of
 * `unpack` itself, for a tree in memory.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "image/tree.h"

struct measure_opts {
	int root; /* the directory whose files these are; -1: in layers */
	int fd; /* where the stream goes, in jsonl; -1: it is only counted */
	unsigned int jobs; /* threads that compress; 0: one a processor */
	/* clean: only this path, what is below it, and the directories above
	 * it; NULL: everything */
	const char *sub;
};

struct measure {
	bool found; /* there is something in it */
	uint64_t tar; /* bytes of the tar */
	uint64_t targz; /* bytes of all its gzip members */
	uint64_t parts; /* how many these are */
	uint64_t json; /* bytes of the log in this format */
	uint64_t jsonl;
	char
	    digest[DIGEST_TEXT]; /* of the gzip members, as the stream has it */
};

/*
 * Measure what of the tree belongs to a bundle, or write it, as if all of it
 * could be read, symlinks included: it is compressed once, and json, which
 * leaves them out, has about these numbers.  Returns 0, or -1 (reported).
 */
int measure_tree(struct tree *t, const struct measure_opts *o,
    struct measure *m);

/*
 * The most that a container runtime's log file takes for a stream of one line:
 * it cuts lines into pieces and puts a time before each.
 */
uint64_t measure_log(uint64_t bytes);

#endif
