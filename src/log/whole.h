/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are the gathered pieces a whole bundle, and the right one?
 */
#ifndef WHOLE_H
#define WHOLE_H

#include "log/gather.h"
#include "wire.h"

/*
 * Is the bundle whole?  WIRE_OK: gather_pull reads it; format, verified and
 * whole tell about it.  WIRE_CORRUPT (reported unless tacit): it is not,
 * g->why says what is there instead, and missing_next which parts to fetch.
 * WIRE_BUNDLE (reported): it is over max_size, or the log holds the report of
 * an `unpack` that found the bundle at fault.  WIRE_FAIL (reported): a failure
 * here.
 */
enum wire_exit whole_judge(struct gather *g);

#endif
