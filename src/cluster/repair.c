/* SPDX-License-Identifier: Apache-2.0 */
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

/* What a range costs. */
struct cost {
	uint64_t known; /* bytes of log, of parts that we have */
	uint64_t missing; /* number of parts that we have not */
};

static void
add_part(struct cost *c, const struct gather *g, uint64_t part)
{
	if (part < g->n_parts && g->parts[part].size != 0)
		c->known += BASE64_LEN(g->parts[part].size) + LINE;
	else
		c->missing++;
}

/* At most so many bytes of log; unknown is what all missing parts hold. */
static uint64_t
most(const struct cost *c, uint64_t unknown)
{
	uint64_t each = c->missing * BASE64_LEN((uint64_t)PART_MAX);
	uint64_t all = BASE64_LEN(unknown) + 4 * c->missing;

	if (unknown == 0 || each < all)
		all = each;
	return c->known + all + c->missing * LINE;
}

/* Bytes of gzip in the parts that are missing, 0 where nobody knows. */
static uint64_t
count_unknown(const struct gather *g, uint64_t size)
{
	uint64_t have = 0;
	size_t i;

	for (i = 0; i < g->n_parts; i++)
		have += g->parts[i].size;
	return size > have ? size - have : 0;
}

/* Let the range go on to part `to`, if its log stays short enough. */
static bool
extend(struct pod_parts *range, struct cost *cost, const struct gather *g,
    uint64_t to, uint64_t unknown)
{
	struct cost more = *cost;
	uint64_t i;

	for (i = (uint64_t)range->last + 1; i <= to; i++)
		add_part(&more, g, i);
	if (most(&more, unknown) > WIRE_LOG_SAFE - SPARE)
		return false;
	*cost = more;
	range->last = (uint32_t)to;
	return true;
}

size_t
repair_plan(const struct gather *g, uint64_t size, struct pod_parts *ranges,
    size_t max)
{
	uint64_t unknown = count_unknown(g, size);
	uint64_t first = 0, last = 0, i;
	struct cost cost = {0};
	bool open = false;
	size_t n = 0;

	if (g->again || g->conflict)
		return 0;
	for (; !open && gather_missing(g, &first, &last); first = last + 1) {
		open = last == GATHER_OPEN;
		if (open)
			/* the last line will tell how many there are */
			last = first;
		for (i = first; i <= last && i < POD_PARTS_MAX; i++) {
			if (n > 0 &&
			    extend(&ranges[n - 1], &cost, g, i, unknown))
				continue;
			if (n == max)
				return n;
			ranges[n].first = ranges[n].last = (uint32_t)i;
			n++;
			cost = (struct cost){0};
			add_part(&cost, g, i);
		}
	}
	return n;
}
