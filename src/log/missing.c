/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts of a bundle must be fetched again.
 */
#include "log/missing.h"

bool
missing_next(const struct gather *g, uint64_t *first, uint64_t *last)
{
	uint64_t end = g->total != 0 ? g->total : GATHER_OPEN, i = *first;

	if (g->again || g->conflict) {
		*last = GATHER_OPEN;
		return i == 0;
	}
	while (i < g->n_parts && i < end && g->parts[i].size != 0)
		i++;
	if (i >= end)
		return false;
	*first = i;
	while (i < g->n_parts && i < end && g->parts[i].size == 0)
		i++;
	if (i < g->n_parts && i < end)
		*last = i - 1;
	else
		*last = end == GATHER_OPEN ? end : end - 1;
	return true;
}

char *
missing_text(const struct gather *g, char text[static RANGES_TEXT])
{
	struct ranges all = {0};
	uint64_t first = 0, last = 0;

	for (; missing_next(g, &first, &last); first = last + 1) {
		ranges_add(&all, first, last);
		if (last == GATHER_OPEN)
			break;
	}
	return ranges_text(&all, text);
}
