/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifests in a directory: names that end in .yaml, .yml or .json, as
 * kubectl has it.
 */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>

enum {
	FILES_MAX = 100000 /* found in one directory */
};

/* {0} is an empty list. */
struct files {
	char **names; /* owned, each of them too; in bytewise order */
	size_t n, room;
};

/*
 * Add, in order, the manifests of the directory `path` and of all directories
 * below it, hidden ones and symlinks excepted.  Returns 0, or -1 (reported).
 * files_free may be called in either case.
 */
int files_add(struct files *f, const char *path);

void files_free(struct files *f);

#endif
