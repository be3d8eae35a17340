/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparse files of GNU tar in pax headers: versions 0.0, 0.1 and 1.0 (GNU tar
 * manual, "Storing Sparse Files"), read as Go's archive/tar reads them, which
 * is what container runtimes unpack layers with.
 */
#ifndef SPARSE_H
#define SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tempfile.h"

enum sparse_key {
	SPARSE_MAJOR,
	SPARSE_MINOR,
	SPARSE_NAME, /* of the file */
	SPARSE_SIZE,
	SPARSE_REALSIZE,
	SPARSE_NUMBLOCKS,
	SPARSE_MAP,
	SPARSE_KEYS /* how many there are */
};

/* What the records "GNU.sparse.*" of an entry say. */
struct sparse {
	const char *value[SPARSE_KEYS]; /* borrowed; "": none */
	/* owned; where a run of data is in the file, its length, and so on:
	 * what is between runs are zeros */
	uint64_t *numbers;
	size_t n, room;
	bool bad; /* a record that cannot be */
};

/* Make it one that says nothing, for the first time from {0}; and free it. */
void sparse_reset(struct sparse *s);

/*
 * Take the record "GNU.sparse.<key>", whose value is borrowed.  Returns 0, or
 * -1 without memory.
 */
int sparse_take(struct sparse *s, const char *key, const char *value);

/* Is the entry a sparse file, as far as the records say? */
bool sparse_is(const struct sparse *s);

/*
 * The file of the entry whose archived data is b: appended to the tempfile with
 * its zeros.  Returns 1 and where it is in *out; 0 where the records and the
 * data do not fit together; -1 (reported): read error, or too large.
 */
int sparse_expand(struct sparse *s, const struct blob *b, struct tempfile *to,
    const char *what, struct blob *out);

#endif
