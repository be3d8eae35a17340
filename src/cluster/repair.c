/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts a repair pod's containers print again, so that no log of them is
 * ever rotated.
 */
#include "cluster/repair.h"

#include <stdbool.h>

#include "base/base64.h"
#include "wire.h"

enum {
	/* bytes of a line beside its content: 85 of digest, keys, numbers */
	LINE = 192,
	/* gzip makes data that it cannot compress a little larger */
	PART_MAX = WIRE_SLICE + WIRE_SLICE / 64,
	/* the last line, and what a runtime may add */
	SPARE = 4096
};

/*
 * At most so many bytes of log that n missing parts make; unknown is what all
 * missing parts hold, in bytes of gzip, 0 where nobody knows.
 */
static uint64_t
repair_most(uint64_t n, uint64_t unknown)
{
	uint64_t each = n * BASE64_LEN((uint64_t)PART_MAX);
	uint64_t all = BASE64_LEN(unknown) + 4 * n;

	return (unknown == 0 || each < all ? each : all) + n * LINE;
}

/*
 * Let a container print part i too, if its log stays short enough and its list
 * of ranges as well.  `n` is how many it prints.
 */
static bool
repair_extend(struct pod_parts *parts, uint64_t *n, uint64_t i,
    uint64_t unknown)
{
	struct ranges *r = &parts->list;

	if (repair_most(*n + 1, unknown) > WIRE_LOG_SAFE - SPARE)
		return false;
	if (r->n == RANGES_MAX && r->list[r->n - 1].last + 1 != i)
		return false;
	ranges_add(r, i, i);
	++*n;
	return true;
}

size_t
repair_plan(const struct gather *g, uint64_t size, struct pod_parts *ranges,
    size_t max)
{
	const struct gather_result *is = gather_result(g);
	/* bytes of gzip in the parts that are missing, 0 where nobody knows */
	uint64_t unknown = size > is->bytes ? size - is->bytes : 0;
	uint64_t first = 0, last = 0, i, in_one = 0;
	bool open = false;
	size_t n = 0;

	if (is->again || is->why == GATHER_SEVERAL)
		return 0;
	for (; !open && gather_missing(g, &first, &last); first = last + 1) {
		open = last == GATHER_OPEN;
		if (open)
			/* the last line will tell how many there are */
			last = first;
		for (i = first; i <= last && i < POD_PARTS_MAX; i++) {
			if (n > 0 &&
			    repair_extend(&ranges[n - 1], &in_one, i, unknown))
				continue;
			if (n == max)
				return n;
			ranges[n].list.n = 0;
			ranges_add(&ranges[n++].list, i, i);
			in_one = 1;
		}
	}
	return n;
}
