/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image does to a pod that mounts the volume with unpack at a path that
 * every image can know: /bin in RukPak's pods, /util/bin, /util, or /.unpack.
 */
#include "image/knownpath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* RukPak 0.2 to 0.24; 0.11 to 0.24 and operator-controller; 0.1; ours once */
static const char *const known[] = {"/bin", "/util/bin", "/util", "/.unpack"};

/* Is `above` n, or a directory on the way to it? */
static bool
knownpath_is_above(const struct node *above, const struct node *n)
{
	for (; n != NULL; n = n->parent)
		if (n == above)
			return true;
	return false;
}

/* Components of a path; "/" counts as one, as in containerd. */
static size_t
knownpath_depth(const char *path)
{
	size_t n = 0;

	for (path += strspn(path, "/"); *path != '\0';
	     path += strspn(path, "/")) {
		n++;
		path += strcspn(path, "/");
	}
	return n == 0 ? 1 : n;
}

/* Are two absolute paths the same text but for slashes? */
static bool
knownpath_is_same(const char *a, const char *b)
{
	size_t n;

	for (;;) {
		a += strspn(a, "/");
		b += strspn(b, "/");
		n = strcspn(a, "/");
		if (n != strcspn(b, "/") || strncmp(a, b, n) != 0)
			return false;
		if (n == 0)
			return true;
		a += n;
		b += n;
	}
}

/* Files with something in them at and below top. */
static uint64_t
knownpath_count_files(const struct node *top)
{
	const struct node *n;
	uint64_t files = 0;

	for (n = top; n != NULL; n = tree_next(top, n))
		files += S_ISREG(n->inode->mode) && n->inode->data.len > 0;
	return files;
}

/* Does the image have a program where the pod's would be? */
static bool
knownpath_has_program(struct tree *t, const char *dir)
{
	char path[TREE_PATH + sizeof "/unpack"];
	const struct node *n;

	(void)snprintf(path, sizeof path, "%s/unpack", dir);
	n = tree_find(t, path);
	return n != NULL && S_ISREG(n->inode->mode) &&
	    (n->inode->mode & 0111) != 0;
}

/*
 * Find a VOLUME that comes after the pod's volume, which is at n for `path`,
 * and covers it.  The user's own mount replaces a VOLUME of the same path.
 * Returns 0 and stores it, or NULL; or -1 (reported).
 */
static int
knownpath_find_volume(struct tree *t, const struct json *volumes,
    const char *path, const struct node *n, const char **volume)
{
	const struct json *one = json_first(volumes);
	const struct node *at;
	const char *key;

	*volume = NULL;
	for (; one != NULL; one = json_next(one)) {
		key = json_key(one);
		if (key == NULL || knownpath_is_same(key, path))
			continue;
		at = tree_make(t, key, S_IFDIR | 0755);
		if (at == NULL && errno == ENOMEM)
			return -1;
		if (at == NULL || !knownpath_is_above(at, n))
			continue;
		if (at == t->root ||
		    knownpath_depth(key) >= knownpath_depth(path)) {
			*volume = key;
			return 0;
		}
	}
	return 0;
}

int
knownpath_judge(struct tree *t, const struct json *volumes, size_t i,
    struct knownpath *k)
{
	const struct node *n;

	if (i >= sizeof known / sizeof *known)
		return 0;
	*k = (struct knownpath){.path = known[i]};
	n = tree_make(t, k->path, S_IFDIR | 0755);
	if (n == NULL) /* nothing can be mounted there */
		return errno == ENOMEM ? -1 : 1;
	k->real[0] = '/';
	(void)tree_path(n, k->real + 1);
	if (knownpath_find_volume(t, volumes, k->path, n, &k->volume) < 0)
		return -1;
	if (k->volume != NULL) {
		k->effect = knownpath_has_program(t, k->real) ? KNOWNPATH_RUNS
		                                              : KNOWNPATH_STOPS;
		return 1;
	}
	k->files = knownpath_count_files(n);
	/* base images have /bin -> usr/bin */
	if (strcmp(k->path, k->real) != 0 &&
	    !(strcmp(k->path, "/bin") == 0 && strcmp(k->real, "/usr/bin") == 0))
		k->effect = KNOWNPATH_LEADS;
	else if (k->files > 0)
		k->effect = KNOWNPATH_HIDES;
	return 1;
}
