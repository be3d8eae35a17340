/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects in a cluster.
 */
#include "pod/name.h"

#include <stdio.h>
#include <string.h>

bool
name_is_subdomain(const char *name)
{
	size_t len = strlen(name), i;
	bool dot = true; /* a label begins here */

	for (i = 0; i < len; i++) {
		if (name[i] == '.' || name[i] == '-') {
			if (dot || (name[i] == '.' && name[i - 1] == '-'))
				return false;
			dot = name[i] == '.';
			continue;
		}
		if (!((name[i] >= 'a' && name[i] <= 'z') ||
		        (name[i] >= '0' && name[i] <= '9')))
			return false;
		dot = false;
	}
	return len > 0 && len <= 253 && !dot && name[len - 1] != '-';
}

bool
name_is_word(const char *text)
{
	static const char inner[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(text);

	return len > 0 && len <= 63 && strspn(text, inner) == len &&
	    strchr("-_.", text[0]) == NULL &&
	    strchr("-_.", text[len - 1]) == NULL;
}

bool
name_is_key(const char *text)
{
	const char *slash = strchr(text, '/');
	char prefix[254];

	if (slash == NULL)
		return name_is_word(text);
	if ((size_t)(slash - text) >= sizeof prefix)
		return false;
	snprintf(prefix, sizeof prefix, "%.*s", (int)(slash - text), text);
	return name_is_subdomain(prefix) && name_is_word(slash + 1);
}
