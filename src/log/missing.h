/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts of a bundle must be fetched again.
 */
#ifndef MISSING_H
#define MISSING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranges.h"
#include "log/gather.h"

/* For logs of which whole_judge has said that they make no whole. */

/*
 * The next range of parts to fetch, from part *first on; start with 0 and go
 * on with *last + 1.  *last is GATHER_OPEN where the end is unknown.  Returns
 * false where there is none.
 */
bool missing_next(const struct gather *g, uint64_t *first, uint64_t *last);

/*
 * Write "3-7,12" to text, as --parts takes it; where there are too many ranges
 * for that, it has parts that are there, too.  Returns text.
 */
char *missing_text(const struct gather *g, char text[static RANGES_TEXT]);

#endif
