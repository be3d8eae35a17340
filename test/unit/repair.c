/* SPDX-License-Identifier: Apache-2.0 */
/* What a repair pod's containers print stays short, and brings everything. */
#include "cluster/repair.h"

#include <string.h>

#include "log/pieces.h"
#include "tap.h"

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)

enum {
	PARTS = 200,
	FULL = 1048896
};

static struct pieces_part parts[PARTS];

/* A gather of `total` parts of `size` bytes, where those in lost are not. */
static void
fill(struct gather *g, size_t total, uint64_t size)
{
	size_t i;

	memset(g, 0, sizeof *g);
	for (i = 0; i < total; i++)
		parts[i].size = size;
	g->is.have = total;
	g->is.bytes = total * size;
	g->parts = parts;
	g->n_parts = g->is.total = total;
}

static void
lose(struct gather *g, size_t first, size_t last)
{
	for (; first <= last; first++) {
		g->is.have -= g->parts[first].size > 0;
		g->is.bytes -= g->parts[first].size;
		g->parts[first].size = 0;
	}
}

/* Is each range's log short, were all parts of this size? */
static bool
is_short(const struct ranges *r, size_t n, uint64_t size)
{
	const struct range *one;
	uint64_t in_all;
	size_t i;

	for (; n > 0; n--, r++) {
		for (in_all = 0, i = 0; i < r->n; i++) {
			one = &r->list[i];
			in_all += one->last - one->first + 1;
		}
		if (in_all * (size / 3 * 4 + 200) + 300 >
		    (uint64_t)WIRE_LOG_SAFE)
			return false;
	}
	return true;
}

/* Is each part that is lost in a range? */
static bool
covers(const struct gather *g, const struct ranges *r, size_t n)
{
	size_t i, k;

	for (i = 0; i < g->is.total; i++) {
		if (g->parts[i].size != 0)
			continue;
		for (k = 0; k < n; k++)
			if (ranges_have(&r[k], i))
				break;
		if (k == n)
			return false;
	}
	return true;
}

/* Is the container's list, as text, this? */
static bool
prints(const struct ranges *r, const char *want)
{
	char text[RANGES_TEXT];

	return strcmp(ranges_text(r, text), want) == 0;
}

int
main(void)
{
	static struct gather g;
	struct ranges r[64];
	size_t n;

	fill(&g, PARTS, FULL);
	CHECK(repair_plan(&g, 0, r, 64) == 0, "nothing is missing");
	lose(&g, 10, 29);
	n = repair_plan(&g, PARTS * (uint64_t)FULL, r, 64);
	CHECK(n == 3 && r[0].list[0].first == 10 && r[n - 1].list[0].last == 29,
	    "20 parts that do not compress: 3 containers");
	CHECK(is_short(r, n, FULL) && covers(&g, r, n), "... short, and all");
	lose(&g, 0, PARTS - 1);
	n = repair_plan(&g, PARTS * (uint64_t)FULL, r, 64);
	CHECK(is_short(r, n, FULL) && covers(&g, r, n), "all of them");
	CHECK(repair_plan(&g, 0, r, 5) == 5 && r[4].list[0].last == 34,
	    "no more than there are");

	fill(&g, PARTS, 10000);
	lose(&g, 20, 180);
	n = repair_plan(&g, PARTS * UINT64_C(10000), r, 64);
	CHECK(n == 1 && prints(&r[0], "20-180"),
	    "small parts, as the size tells: one container");
	n = repair_plan(&g, 0, r, 64);
	CHECK(n == 23 && covers(&g, r, n), "without the size: the worst");
	fill(&g, PARTS, 10000);
	lose(&g, 3, 4);
	lose(&g, 50, 51);
	n = repair_plan(&g, PARTS * UINT64_C(10000), r, 64);
	CHECK(n == 1 && prints(&r[0], "3-4,50-51"),
	    "several ranges: one container");
	fill(&g, PARTS, FULL);
	lose(&g, 3, 3);
	lose(&g, 50, 50);
	n = repair_plan(&g, 0, r, 64);
	CHECK(n == 1 && prints(&r[0], "3,50"), "also large parts far apart");
	for (n = 0; n < PARTS; n += 2)
		lose(&g, n, n);
	n = repair_plan(&g, 0, r, 64);
	CHECK(is_short(r, n, FULL) && covers(&g, r, n), "every second part");
	fill(&g, PARTS, 100);
	for (n = 0; n < PARTS; n += 2)
		lose(&g, n, n);
	n = repair_plan(&g, PARTS * UINT64_C(100), r, 64);
	CHECK(n == 2 && covers(&g, r, n), "more ranges than a list takes");

	fill(&g, 5, FULL);
	g.is.total = 0;
	n = repair_plan(&g, 0, r, 64);
	CHECK(n == 1 && prints(&r[0], "5"),
	    "an unknown end: one more part, whose log has the last line");
	g.is.again = true;
	CHECK(repair_plan(&g, 0, r, 64) == 0,
	    "parts of different bundles: nothing helps");
	return tap_done();
}
