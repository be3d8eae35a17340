/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The place of an image's documents and blobs: a directory, or a tar archive
 * that may be compressed and may come from a pipe.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tempfile.h"

enum {
	STORE_MEMBERS_MAX = 1 << 16, /* members of an archive */
	STORE_FILES_MAX = 1 << 10 /* files opened in a directory */
};

struct store_member {
	char *name; /* owned; cleaned: no "./", no slash at the end */
	char *link; /* owned; the member it stands for, or NULL */
	struct blob data;
};

struct store {
	int fd; /* the directory or the archive; -1 */
	bool borrowed; /* fd is; else owned */
	bool is_dir;
	int *files; /* owned, and open; of a directory */
	size_t n_files, files_room;
	struct store_member *members; /* owned; of an archive */
	size_t n_members, members_room;
	struct tempfile
	    *tempfile; /* borrowed; takes what cannot be read in place */
};

/*
 * Open path ("-" is the descriptor `input`, borrowed).  Returns 0, or -1
 * (reported).  store_close may be called after a failure, and on one that is
 * all zeros but for fd = -1.
 */
int store_open(struct store *s, const char *path, int input,
    struct tempfile *tempfile);
void store_close(struct store *s);

/*
 * Find a file of the directory, or a member of the archive, by its name.
 * Returns 1 and where its bytes are, 0 when there is none, -1 (reported).
 */
int store_get(struct store *s, const char *name, struct blob *out);

/* Give back what store_get has just found: it is not read any more. */
void store_drop(struct store *s, const struct blob *b);

#endif
