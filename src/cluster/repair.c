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

size_t
repair_plan(const struct gather *g, uint64_t size, struct ranges *ranges,
    size_t max)
{
	const struct gather_result *is = gather_result(g);
	/* bytes of gzip in the parts that are missing, 0 where nobody knows */
	uint64_t unknown = size > is->bytes ? size - is->bytes : 0;
	uint64_t first = 0, last = 0, i, in_one = 0, each, all;
	const struct ranges *r;
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
			/* at most so many bytes of log with this part, too */
			in_one++;
			each = in_one * BASE64_LEN((uint64_t)PART_MAX);
			all = BASE64_LEN(unknown) + 4 * in_one;
			if (unknown != 0 && all < each)
				each = all;
			r = n > 0 ? &ranges[n - 1] : NULL;
			if (r == NULL ||
			    each + in_one * LINE > WIRE_LOG_SAFE - SPARE ||
			    (r->n == RANGES_MAX &&
			        r->list[r->n - 1].last + 1 != i)) {
				if (n == max)
					return n;
				ranges[n++].n = 0;
				in_one = 1;
			}
			ranges_add(&ranges[n - 1], i, i);
		}
	}
	return n;
}
