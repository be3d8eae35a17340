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
 * Likewise, but as Go's path.Clean has it: a slash in front stays, "a/.." is
 * nothing, ".." stays in front where there is no root, and nothing is ".".
 */
void path_clean_go(char *path);

/* Is name "." or ".."? */
bool path_is_dots(const char *name);

#endif
