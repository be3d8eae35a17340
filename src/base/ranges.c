/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of numbers from 0, as "2-5,8,20-": what --parts takes, and how missing
 * parts are named.
 */
#include "base/ranges.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

int
ranges_parse(struct ranges *r, const char *text, uint64_t most)
{
	struct range *one;

	for (r->n = 0; r->n < RANGES_MAX; text++) {
		one = &r->list[r->n++];
		if (number_take(&text, most, &one->first) < 0)
			return -1;
		one->last = one->first;
		if (*text == '-') {
			one->last = RANGES_OPEN;
			if (*++text >= '0' && *text <= '9' &&
			    (number_take(&text, most, &one->last) < 0 ||
			        one->last < one->first))
				return -1;
		}
		if (*text != ',')
			return *text == '\0' ? 0 : -1;
	}
	return -1;
}

bool
ranges_have(const struct ranges *r, uint64_t n)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (n >= r->list[i].first && n <= r->list[i].last)
			return true;
	return r->n == 0;
}

void
ranges_add(struct ranges *r, uint64_t first, uint64_t last)
{
	struct range *one = r->n > 0 ? &r->list[r->n - 1] : NULL;

	if (one != NULL && one->last == RANGES_OPEN)
		return;
	if (one != NULL && (one->last + 1 == first || r->n == RANGES_MAX))
		one->last = last;
	else
		r->list[r->n++] = (struct range){first, last};
}

char *
ranges_text(const struct ranges *r, char text[static RANGES_TEXT])
{
	const struct range *one = r->list;
	char *to = text;

	*text = '\0';
	for (; one < r->list + r->n; one++) {
		to += sprintf(to, "%s%" PRIu64, to > text ? "," : "",
		    one->first);
		if (one->last == RANGES_OPEN)
			to = stpcpy(to, "-");
		else if (one->last > one->first)
			to += sprintf(to, "-%" PRIu64, one->last);
	}
	return text;
}
