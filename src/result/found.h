/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What check, check-pod and test found: one object (unpack-json(5)), from which
 * all that they print is made: result/services for CI services, result/text
 * for people.
 *
 * Its items are in "images" or "pods", and in "problems" what could not be
 * judged; or, of one image, it is an item itself.  An item has its findings in
 * "findings", "warnings" and "violations"; and in "ignored".  One that could
 * not be judged is a finding itself: it has "code" and "message".
 */
#ifndef FOUND_H
#define FOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/opt.h"
#include "result/ignores.h"

/* How a command tells what it found; in the order of FOUND_WORDS. */
enum found_form {
	FOUND_TEXT,
	FOUND_JSON,
	FOUND_SARIF,
	FOUND_JUNIT,
	FOUND_GITHUB
};

#define FOUND_WORDS "text|json|sarif|junit|github"

/* What a command that finds something is asked for; starts as {0}. */
struct found_opts {
	int strict; /* a warning makes it fail, as an error does */
	struct ignores ignores;
	enum found_form form;
	bool quiet; /* no text */
};

/* The options for it; from FOUND_ROWS_ERRORS on for who has no warnings. */
enum {
	FOUND_ROWS_ERRORS = 1
};
extern const struct opt found_rows[];

enum found_state {
	FOUND_GOOD,
	FOUND_BAD, /* what was judged is at fault */
	FOUND_BROKEN /* it could not be judged */
};
enum found_state found_state(const struct json *item);

/* What people call an item; "" where it has no name. */
const char *found_name(const struct json *item);

#endif
