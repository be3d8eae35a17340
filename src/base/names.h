/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of names; and words.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum {
	NAMES_MAX = 100000 /* in one list */
};

/* {0} is an empty list. */
struct names {
	char **at; /* owned, each of them too */
	size_t n, room;
};

/* Add a copy of name.  Returns 0, or -1 (reported). */
int names_add(struct names *l, const char *name);

void names_free(struct names *l);

/* Is text one of these words, behind which is NULL? */
bool names_one_of(const char *text, const char *const *words);

#endif
