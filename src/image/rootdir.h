/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system in a directory -> a tree.
 */
#ifndef ROOTDIR_H
#define ROOTDIR_H

#include "image/tree.h"

/*
 * Read names, modes and owners of all that is below path into the tree, which
 * is empty, as layer 0; files keep their data on disk.  Returns the directory's
 * descriptor for the caller to close, or -1 (reported).
 */
int rootdir_read(struct tree *t, const char *path);

#endif
