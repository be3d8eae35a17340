/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects in a cluster.
 */
#include "pod/name.h"

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
