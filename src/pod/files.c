/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifests in a directory: names that end in .yaml, .yml or .json, as
 * kubectl has it.
 */
#include "pod/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/msg.h"

static bool
files_is_manifest(const char *name)
{
	static const char *const ends[] = {".yaml", ".yml", ".json"};
	size_t i, len = strlen(name), n;

	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		n = strlen(ends[i]);
		if (len > n && strcmp(name + len - n, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Take name, which is owned.  Returns 0, or -1 (reported). */
static int
files_take(struct files *f, char *name)
{
	char **names = name != NULL
	    ? array_grow(f->names, &f->room, f->n + 1, sizeof *names)
	    : NULL;

	if (names == NULL) {
		free(name);
		msg_nomem();
		return -1;
	}
	f->names = names;
	f->names[f->n++] = name;
	if (f->n < FILES_MAX)
		return 0;
	msg_warn(0, "more than %d manifests in one directory", FILES_MAX);
	return -1;
}

/* Add what one directory holds; directories in it go to `dirs`. */
static int
files_read(struct files *f, struct files *dirs, const char *path)
{
	char shown[MSG_NAME], *whole;
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(path);
	int ret = 0;

	if (d == NULL) {
		msg_warn(errno, "%s", msg_mask(shown, sizeof shown, path));
		return -1;
	}
	while (ret == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		whole = NULL;
		if (asprintf(&whole, "%s%s%s", path,
		        path[strlen(path) - 1] == '/' ? "" : "/",
		        e->d_name) < 0)
			whole = NULL;
		if (whole != NULL && lstat(whole, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			ret = files_take(dirs, whole);
		else if (whole == NULL || files_is_manifest(e->d_name))
			ret = files_take(f, whole);
		else
			free(whole);
	}
	(void)closedir(d);
	return ret;
}

static int
files_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

int
files_add(struct files *f, const char *path)
{
	struct files dirs = {0};
	size_t before = f->n, i;
	int ret = files_read(f, &dirs, path);

	/* dirs grows while it is worked through */
	for (i = 0; ret == 0 && i < dirs.n; i++)
		ret = files_read(f, &dirs, dirs.names[i]);
	files_free(&dirs);
	if (f->n > before)
		qsort(f->names + before, f->n - before, sizeof *f->names,
		    files_compare);
	return ret;
}

void
files_free(struct files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->names[i]);
	free(f->names);
	*f = (struct files){0};
}
