/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which lines of a file the values of a tree are.
 */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

struct lines_entry {
	const void *value; /* a value's address; never followed */
	size_t line; /* from 1; 0: not known */
	size_t order; /* in which it was added */
};

/* {0} is an empty one. */
struct lines {
	struct lines_entry *entries; /* owned */
	size_t n, room;
};

/*
 * Note the line of a value.  Where one was noted at this address before, it has
 * been freed meanwhile: the later one counts.  Returns 0, or -1 (reported).
 */
int lines_add(struct lines *l, const void *value, size_t line);

/* All have been added: make them ready for lines_find. */
void lines_sort(struct lines *l);

/* The line of a value; 0: not known. */
size_t lines_find(const struct lines *l, const void *value);

void lines_free(struct lines *l);

#endif
