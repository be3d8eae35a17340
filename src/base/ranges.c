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

enum {
	RANGES_DIGITS = 32 /* a buffer for a number and more */
};

/* Parse one range, text[0..len).  Returns 0, or -1. */
static int
ranges_parse_one(struct range *one, const char *text, size_t len, uint64_t most)
{
	char number[RANGES_DIGITS], *dash;

	if (len >= sizeof number * 2)
		return -1;
	(void)snprintf(number, sizeof number, "%.*s", (int)len, text);
	if (strlen(number) != len)
		return -1;
	dash = strchr(number, '-');
	if (dash != NULL)
		*dash++ = '\0';
	if (number_parse(number, 0, most, &one->first) < 0)
		return -1;
	one->last = dash == NULL ? one->first : RANGES_OPEN;
	if (dash == NULL || *dash == '\0')
		return 0;
	return number_parse(dash, one->first, most, &one->last);
}

int
ranges_parse(struct ranges *r, const char *text, uint64_t most)
{
	size_t len;

	r->n = 0;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (r->n == RANGES_MAX ||
		    ranges_parse_one(&r->list[r->n], text, len, most) < 0)
			return -1;
		r->n++;
		if (text[len] == '\0')
			return 0;
	}
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
	const struct range *one;
	size_t i, at = 0;
	int n;

	*text = '\0';
	for (i = 0; i < r->n; i++) {
		one = &r->list[i];
		n = snprintf(text + at, RANGES_TEXT - at, "%s%" PRIu64,
		    i > 0 ? "," : "", one->first);
		at += n > 0 ? (size_t)n : 0;
		n = 0;
		if (one->last == RANGES_OPEN)
			n = snprintf(text + at, RANGES_TEXT - at, "-");
		else if (one->last > one->first)
			n = snprintf(text + at, RANGES_TEXT - at, "-%" PRIu64,
			    one->last);
		at += n > 0 ? (size_t)n : 0;
	}
	return text;
}
