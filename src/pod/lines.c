/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which lines of a file the values of a tree are.
 */
#include "pod/lines.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/msg.h"

int
lines_add(struct lines *l, const void *value, size_t line)
{
	struct lines_entry *e = array_grow(l->entries, &l->room, l->n + 1,
	    sizeof *e);

	if (e == NULL) {
		msg_nomem();
		return -1;
	}
	l->entries = e;
	l->entries[l->n] = (struct lines_entry){value, line, l->n};
	l->n++;
	return 0;
}

static int
lines_compare(const void *a, const void *b)
{
	const struct lines_entry *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void
lines_sort(struct lines *l)
{
	if (l->n > 0)
		qsort(l->entries, l->n, sizeof *l->entries, lines_compare);
}

size_t
lines_find(const struct lines *l, const void *value)
{
	size_t low = 0, high = l->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (l->entries[middle].value <= value)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || l->entries[low - 1].value != value)
		return 0;
	return l->entries[low - 1].line;
}

void
lines_free(struct lines *l)
{
	free(l->entries);
	*l = (struct lines){0};
}
