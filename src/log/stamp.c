/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timestamps of container logs: RFC 3339 and a blank, as container
 * runtimes and `kubectl logs --timestamps` put them before a line.
 */
#include "log/stamp.h"

#include <stdbool.h>

enum {
	STAMP_MAX = 64 /* bytes of a timestamp */
};

int
stamp_match(const char *s, size_t len)
{
	const char *want = "0000-00-00T00:00:00*"; /* 0: a digit */
	bool digit, fraction = false;
	size_t i;

	for (i = 0; *want != '\0'; i++) {
		if (i == len)
			return 0;
		digit = s[i] >= '0' && s[i] <= '9';
		if (*want == '*' && (fraction ? digit : s[i] == '.')) {
			fraction = true;
			if (i > STAMP_MAX)
				return -1;
			continue;
		}
		if (*want == '*')
			want = s[i] == 'Z' ? "Z "
			    : s[i] == '+'  ? "+00:00 "
			                   : "-00:00 ";
		if (*want == '0' ? !digit : s[i] != *want)
			return -1;
		want++;
	}
	return (int)i;
}
