/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of ranges: what they take, and what they say. */
#include "base/ranges.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)

static struct ranges r;

/* What comes back of text; NULL: it is refused. */
static const char *
back(const char *in)
{
	static char text[RANGES_TEXT];

	return ranges_parse(&r, in, UINT64_MAX - 1) < 0 ? NULL
	                                                : ranges_text(&r, text);
}

int
main(void)
{
	static const char *const good[] = {"0", "7", "2-5", "20-", "2-5,8",
	    "2-5,8,20-", "8,2-5", "18446744073709551614", "3-3"};
	static const char *const bad[] = {"", ",", "1,", ",1", "-", "-5", "5-2",
	    "1--2", "a", "1-a", " 1", "1 ", "+1", "1-2-3", "1;2",
	    "18446744073709551615", "99999999999999999999999", "0x1"};
	char many[RANGES_MAX * 8], text[RANGES_TEXT];
	size_t i, at = 0;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(back(good[i]) != NULL &&
		        (strcmp(back(good[i]), good[i]) == 0 || i == 8),
		    good[i]);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(back(bad[i]) == NULL, bad[i]);
	(void)back("2-5,8,20-");
	CHECK(!ranges_have(&r, 1) && ranges_have(&r, 2) && ranges_have(&r, 5) &&
	        !ranges_have(&r, 6) && ranges_have(&r, 8) &&
	        !ranges_have(&r, 9) && ranges_have(&r, UINT64_MAX),
	    "what is in them");
	r.n = 0;
	CHECK(ranges_have(&r, 0), "none: everything");
	for (i = 0; i < RANGES_MAX + 1; i++)
		at += (size_t)snprintf(many + at, sizeof many - at, "%s%zu",
		    i > 0 ? "," : "", i * 2);
	CHECK(back(many) == NULL, "too many");
	for (r.n = 0, i = 0; i < RANGES_MAX * 2; i++)
		ranges_add(&r, i * 2, i * 2);
	CHECK(r.n == RANGES_MAX && ranges_have(&r, 0) && !ranges_have(&r, 1) &&
	        ranges_have(&r, RANGES_MAX * 4 - 2) &&
	        back(ranges_text(&r, text)) != NULL,
	    "what is added to a full list is in it, and can be read");
	r.n = 0;
	ranges_add(&r, 3, 4);
	ranges_add(&r, 5, 9);
	ranges_add(&r, 11, RANGES_OPEN);
	ranges_add(&r, 12, 13);
	CHECK(strcmp(ranges_text(&r, text), "3-9,11-") == 0, "neighbours join");
	return tap_done();
}
