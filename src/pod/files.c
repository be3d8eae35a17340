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
	const char *dot = strrchr(name, '.');

	return dot != NULL && dot > name &&
	    (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 ||
	        strcmp(dot, ".json") == 0);
}

/* Take name, which is owned; NULL: out of memory.  0, or -1 (reported). */
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
	char shown[MSG_NAME], *name;
	struct dirent *e;
	struct stat st;
	DIR *d;
	size_t i;
	int ret = files_take(&dirs, strdup(path));

	/* dirs grows while it is worked through */
	for (i = 0; ret == 0 && i < dirs.n; i++) {
		path = dirs.names[i];
		d = opendir(path);
		if (d == NULL) {
			msg_warn(errno, "%s",
			    msg_mask(shown, sizeof shown, path));
			ret = -1;
		}
		while (ret == 0 && (e = readdir(d)) != NULL) {
			if (e->d_name[0] == '.')
				continue;
			if (asprintf(&name, "%s%s%s", path,
			        path[strlen(path) - 1] == '/' ? "" : "/",
			        e->d_name) < 0)
				name = NULL;
			if (name != NULL && lstat(name, &st) == 0 &&
			    S_ISDIR(st.st_mode))
				ret = files_take(&dirs, name);
			else if (name == NULL || files_is_manifest(name))
				ret = files_take(f, name);
			else
				free(name);
		}
		if (d != NULL)
			(void)closedir(d);
	}
	files_free(&dirs);
	if (f->n > 0)
		qsort(f->names, f->n, sizeof *f->names, files_compare);
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
