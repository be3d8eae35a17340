/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of numbers from 0, as "2-5,8,20-": what --parts takes, and how missing
 * parts are named.
 */
#ifndef RANGES_H
#define RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RANGES_MAX = 64, /* in a list */
	RANGES_TEXT = RANGES_MAX * (2 * 20 + 2) /* bytes of its text */
};

/* As the last number: to the end, which is not known. */
#define RANGES_OPEN UINT64_MAX

struct range {
	uint64_t first, last; /* both included */
};

/* Zeros: no range, which means everything. */
struct ranges {
	size_t n;
	struct range list[RANGES_MAX];
};

/*
 * Parse FIRST, FIRST-LAST and FIRST-, with commas between them, in any order;
 * numbers are at most `most`.  Returns 0, or -1, silently, with *r as it may
 * be: text is not such a list, or has more than RANGES_MAX.
 */
int ranges_parse(struct ranges *r, const char *text, uint64_t most);

/* Is n in one of them, or are there none? */
bool ranges_have(const struct ranges *r, uint64_t n);

/*
 * Add a range behind those that are there.  Where there are too many, the last
 * one is made to reach that far: more is in them, never less.
 */
void ranges_add(struct ranges *r, uint64_t first, uint64_t last);

/* Write them to text as ranges_parse reads them.  Returns text. */
char *ranges_text(const struct ranges *r, char text[static RANGES_TEXT]);

#endif
