/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of time of several files of a log.
 */
#include "log/order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

struct order_log {
	char *name; /* borrowed */
	size_t place; /* as given */
	size_t first; /* the place of the first one of its log */
};

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
	if (n < 6 && m < 6) {
		if (n != m)
			return n < m ? 1 : -1;
		return memcmp(b, a, n);
	}
	c = memcmp(a, b, n < m ? n : m);
	if (c != 0)
		return c;
	return (n > m) - (n < m);
}

/* Are these files of one log? */
static bool
order_is_same(const char *a, const char *b)
{
	size_t n, of_a = (size_t)(order_suffix(a, &n) - a);
	size_t of_b = (size_t)(order_suffix(b, &n) - b);

	return of_a > 0 && of_a == of_b && memcmp(a, b, of_a) == 0;
}

static int
order_compare(const void *a, const void *b)
{
	const struct order_log *x = a, *y = b;
	int c;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	c = order_suffixes(x->name, y->name);
	if (c != 0)
		return c;
	return x->place < y->place ? -1 : 1;
}

int
order_logs(char **names, size_t n)
{
	struct order_log *logs = calloc(n + 1, sizeof *logs);
	size_t i, first;

	if (logs == NULL) {
		msg_nomem();
		return -1;
	}
	for (i = 0; i < n; i++) {
		for (first = 0; first < i; first++)
			if (order_is_same(names[first], names[i]))
				break;
		logs[i] = (struct order_log){names[i], i, first};
	}
	qsort(logs, n, sizeof *logs, order_compare);
	for (i = 0; i < n; i++)
		names[i] = logs[i].name;
	free(logs);
	return 0;
}
