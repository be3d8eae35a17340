/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings that somebody knows of: --ignore CODE[:PATH], and --ignores-from
 * FILE, which has one on each line and why:
 *
 *	# until the vendor has built it again
 *	file-not-readable:manifests/a*.yaml	# ours; until 2027-03-01
 *
 * PATH is what the finding is about, as it is printed: of an image a path in
 * it, of a pod its file.  "*" stands for any part of a name, "**" for any
 * names; what leads to PATH, "./" and "/", does not count.
 *
 * What is ignored is counted, and kept for the result (unpack-json(5)):
 *
 *	"ignored":[{"ignore":"CODE:PATH","reason":"...","count":N,
 *	  "findings":[...]}]
 */
#ifndef IGNORES_H
#define IGNORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/opt.h"
#include "wire.h"

struct ignore {
	char *text; /* owned; CODE[:PATH]; fit to print */
	char *reason; /* owned, masked; "" of the command line */
	size_t line; /* of the file; 0: of the command line */
	bool over; /* its time is: it ignores nothing */
	uint64_t count; /* findings of the item that is being judged */
	uint64_t total; /* of those before it */
	struct json *findings; /* owned; of the item, the first ones; or NULL */
};

/* {0} is an empty list. */
struct ignores {
	const char *file; /* borrowed; --ignores-from, or NULL */
	struct ignore *all; /* owned */
	size_t n, room;
};

/* An opt_take (base/opt.h), of struct ignores: one more CODE[:PATH]. */
const char *ignores_take(const struct opt *o, void *to, const char *value);

/*
 * Read the file, if there is one, and say which of its lines are over.  Returns
 * WIRE_OK; WIRE_FAIL: it cannot be read; WIRE_USAGE: a line is wrong (both
 * reported).
 */
enum wire_exit ignores_read(struct ignores *all);

void ignores_free(struct ignores *all);

/*
 * Is a finding of this code ignored, at this path, masked ("" where it has
 * none)?  If so, it is counted; *by, to keep it, is borrowed.
 */
bool ignores_find(struct ignores *all, const char *code, const char *path,
    struct ignore **by);

/* Keep a finding, which is taken, for the result: the first ones of an item. */
void ignores_keep(struct ignore *by, struct json *finding);

/* An item is over: add "ignored" to its object, and what it counted up. */
void ignores_add(struct ignores *all, struct json *item);

/* Count what another process has ignored, by its object of an item. */
void ignores_sum(struct ignores *all, const struct json *item);

/* Say which ignored nothing. */
void ignores_tell(const struct ignores *all);

#endif
