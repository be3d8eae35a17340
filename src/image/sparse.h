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

enum {
	SPARSE_NAME = 4096
};

/* A run of data in the file; what is between runs are zeros. */
struct sparse_run {
	uint64_t at;
	uint64_t len;
};

/* What the records "GNU.sparse.*" of an entry say. */
struct sparse {
	char major[8], minor[8]; /* "" where they are not there */
	char name[SPARSE_NAME]; /* of the file; "" likewise */
	char size[24], realsize[24], numblocks[24]; /* likewise */
	struct sparse_run *runs; /* owned; version 0.x */
	size_t n_runs, room;
	bool has_map;
	bool half; /* an offset whose numbytes has yet to come */
	bool bad; /* a record that cannot be */
};

/* Take the record "GNU.sparse.<key>".  Returns 0, or -1 without memory. */
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

void sparse_free(struct sparse *s);

#endif
