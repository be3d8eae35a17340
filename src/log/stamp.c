/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timestamps of container logs: RFC 3339 and a blank, as container
 * runtimes and `kubectl logs --timestamps` put them before a line.
 */
#include "log/stamp.h"

#include <stdbool.h>
#include <string.h>

enum {
	STAMP_MAX = 64 /* bytes of a timestamp */
};

static bool
stamp_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * How many bytes at s are like the format, in which 0 stands for a digit?
 * All of it, or -1 where they differ, or 0 where len bytes are too few to say.
 */
static int
stamp_like(const char *s, size_t len, const char *format)
{
	size_t i;

	for (i = 0; format[i] != '\0'; i++) {
		if (i == len)
			return 0;
		if (format[i] == '0' ? !stamp_is_digit(s[i])
		                     : s[i] != format[i])
			return -1;
	}
	return (int)i;
}

int
stamp_match(const char *s, size_t len)
{
	size_t i;
	int n;

	n = stamp_like(s, len, "0000-00-00T00:00:00");
	if (n <= 0)
		return n;
	i = (size_t)n;
	if (i < len && s[i] == '.')
		for (i++; i < len && stamp_is_digit(s[i]); i++)
			if (i > STAMP_MAX - sizeof "+00:00 ")
				return -1;
	if (i == len)
		return 0;
	if (s[i] == 'Z')
		n = stamp_like(s + i, len - i, "Z ");
	else
		n = stamp_like(s + i, len - i,
		    s[i] == '+' ? "+00:00 " : "-00:00 ");
	return n <= 0 ? n : (int)i + n;
}
