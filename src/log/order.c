/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of time of several files of a log.
 */
#include "log/order.h"

#include <stdbool.h>
#include <string.h>

/* What follows the last ".log" of a name, without ".gz"; its length. */
static const char *
order_suffix(const char *name, size_t *len)
{
	const char *at = name, *next;

	while ((next = strstr(at, ".log")) != NULL)
		at = next + 4;
	*len = strlen(at);
	if (*len >= 3 && strcmp(at + *len - 3, ".gz") == 0)
		*len -= 3;
	return at;
}

/* Compare the suffixes of rotation. */
static int
order_suffixes(const char *a, const char *b)
{
	size_t n, m;
	int c;

	a = order_suffix(a, &n);
	b = order_suffix(b, &m);
	if (n == 0 || m == 0)
		return (n == 0) - (m == 0);
	/* ".9" and ".10" are numbers, ".20261124-100000" is a date */
	c = strverscmp(a, b);
	return n < 6 && m < 6 ? -c : c;
}

/* Are these files of one log? */
static bool
order_is_same(const char *a, const char *b)
{
	size_t n, of_a = (size_t)(order_suffix(a, &n) - a);
	size_t of_b = (size_t)(order_suffix(b, &n) - b);

	return of_a > 0 && of_a == of_b && memcmp(a, b, of_a) == 0;
}

void
order_logs(char **names, size_t n)
{
	size_t i, k;
	char *name;

	/* sorted by insertion; files of one log are next to each other */
	for (i = 1; i < n; i++) {
		name = names[i];
		for (k = 0; k < i && !order_is_same(names[k], name); k++)
			continue;
		while (k < i && order_is_same(names[k], name) &&
		    order_suffixes(names[k], name) <= 0)
			k++;
		memmove(names + k + 1, names + k, (i - k) * sizeof *names);
		names[k] = name;
	}
}
