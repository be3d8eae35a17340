/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as text.
 */
#include "base/path.h"

#include <string.h>

void
path_clean(char *path)
{
	char *from = path, *to = path;
	size_t len;

	while (*(from += strspn(from, "/")) != '\0') {
		len = strcspn(from, "/");
		if (!(len == 1 && from[0] == '.')) {
			if (to > path)
				*to++ = '/';
			(void)memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
}

int
path_clean_beneath(char *path)
{
	const char *p;

	for (p = path; p != NULL; p = strchr(p, '/')) {
		p += strspn(p, "/");
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return -1;
	}
	path_clean(path);
	return 0;
}

void
path_clean_go(char *path)
{
	bool rooted = path[0] == '/';
	char *from = path, *to = path + rooted, *floor = to;
	size_t len;

	for (; *(from += strspn(from, "/")) != '\0'; from += len) {
		len = strcspn(from, "/");
		if (len == 1 && from[0] == '.')
			continue;
		if (len == 2 && from[0] == '.' && from[1] == '.' &&
		    (rooted || to > floor)) {
			while (to > floor && *--to != '/')
				;
			continue;
		}
		if (to > path + rooted)
			*to++ = '/';
		(void)memmove(to, from, len);
		to += len;
		if (len == 2 && to[-1] == '.' && to[-2] == '.')
			floor = to;
	}
	if (to == path)
		*to++ = '.';
	*to = '\0';
}

bool
path_is_dots(const char *name)
{
	return name[0] == '.' &&
	    (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}
