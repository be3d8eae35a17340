/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of names: those of a command line, and those of a file; and words.
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

/*
 * Add the names of a file ("-": standard input), one on each line; empty lines
 * and those that begin with '#' do not count.  Returns 0, or -1 (reported).
 */
int names_read(struct names *l, const char *file);

void names_free(struct names *l);

/* Is text one of these words, behind which is NULL? */
bool names_one_of(const char *text, const char *const *words);

#endif
