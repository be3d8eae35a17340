/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of time of several files of a log.
 */
#include "log/order.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "log/gunzip.h"
#include "log/stamp.h"

enum {
	ORDER_HEAD = 1 << 16 /* bytes of a file that are looked at */
};

struct order_log {
	char *name; /* borrowed */
	size_t place; /* as given */
	int64_t when; /* INT64_MIN: unknown */
};

/* The first timestamp in the file; INT64_MIN: none that can be seen. */
static int64_t
order_stamp(const char *name, char *head, char *inside)
{
	struct stat st;
	int64_t when = INT64_MIN;
	const char *text = head;
	ssize_t n = -1;
	int fd;

	/* what is read from a pipe would be missing later */
	if (stat(name, &st) < 0 || !S_ISREG(st.st_mode))
		return when;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return when;
	n = io_read(fd, head, ORDER_HEAD);
	(void)close(fd);
	if (n > 3 && memcmp(head, "\x1f\x8b\x08", 3) == 0) {
		n = (ssize_t)gunzip_peek(head, (size_t)n, inside, ORDER_HEAD);
		text = inside;
	}
	if (n > 0)
		(void)stamp_find(text, (size_t)n, &when);
	return when;
}

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

static int
order_compare(const void *a, const void *b)
{
	const struct order_log *x = a, *y = b;
	int c = 0;

	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	if (x->when != INT64_MIN)
		c = order_suffixes(x->name, y->name);
	if (c != 0)
		return c;
	return x->place < y->place ? -1 : 1;
}

int
order_logs(char **names, size_t n)
{
	struct order_log *logs = calloc(n + 1, sizeof *logs);
	char *head = malloc((size_t)2 * ORDER_HEAD);
	size_t i;

	if (logs == NULL || head == NULL) {
		free(logs);
		free(head);
		msg_nomem();
		return -1;
	}
	for (i = 0; i < n; i++)
		logs[i] = (struct order_log){names[i], i,
		    order_stamp(names[i], head, head + ORDER_HEAD)};
	qsort(logs, n, sizeof *logs, order_compare);
	for (i = 0; i < n; i++)
		names[i] = logs[i].name;
	free(logs);
	free(head);
	return 0;
}
