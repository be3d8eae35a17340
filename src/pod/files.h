/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifests in a directory: names that end in .yaml, .yml or .json, as
 * kubectl has it.
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

enum {
	FILES_MAX = 100000 /* found in one directory */
};

/* {0} is an empty list. */
struct files {
	char **names; /* owned, each of them too; in bytewise order */
	size_t n;
	size_t dirs_left; /* directories that were not looked into */
};

/*
 * Add the manifests of the directory `path`; with `deep` those of directories
 * in it as well, hidden ones and symlinks excepted.  A bundle, whose manifests
 * are in "manifests" beside "metadata", is looked into there.  Returns 0, or -1
 * (reported).  files_free may be called in either case.
 */
int files_add(struct files *f, const char *path, bool deep);

void files_free(struct files *f);

#endif
