/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why there is no whole bundle in the logs: in words, and as a code.
 */
#ifndef REASON_H
#define REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/gather.h"
#include "wire.h"

/* Why it is not whole, as a stable code: valid after whole_judge. */
const char *reason_code(const struct gather *g);

/*
 * Is text[0..len), called `name` (masked), the report of an `unpack` that
 * failed?  Then say so, and keep it: g->why.  Returns 0, or -1 where it is not.
 */
int reason_say_report(struct gather *g, const char *name, const char *text,
    size_t len);

/*
 * Say what it is, unless g is tacit, and note it in g->why.  Both return
 * WIRE_CORRUPT.
 *
 * other: the bundle is another one than the one that is expected.
 * several: the logs are of two bundles, as g->sides has it.
 */
enum wire_exit reason_say_other(struct gather *g, const char *digest);
enum wire_exit reason_say_several(struct gather *g);

/*
 * Nothing of a bundle was seen: say what was, and note it.  Returns whether
 * that is known.
 */
bool reason_say_foreign(struct gather *g);

/* Parts are missing: say which, unless g is tacit; `have` are there. */
void reason_say_missing(struct gather *g, uint64_t have);

#endif
