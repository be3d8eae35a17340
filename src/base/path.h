/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as text.
 */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

/*
 * Remove what has no effect from path, in place: "." components, repeated
 * slashes, those in front and at the end.  "" is the root.
 */
void path_clean(char *path);

/*
 * path_clean of a path that must stay beneath the directory that it begins in.
 * Returns 0, or -1 where a component is "..": path is as it was.
 */
int path_clean_beneath(char *path);

/*
 * path_clean, but as Go's path.Clean has it: a slash in front stays, "a/.." is
 * nothing, ".." stays in front where there is no root, and nothing is ".": an
 * empty path needs room for that.
 */
void path_clean_go(char *path);

/* Is name "." or ".."? */
bool path_is_dots(const char *name);

#endif
