/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings as CI services show them: SARIF 2.1.0 (OASIS), JUnit's XML, the
 * annotations of GitHub's workflow commands.
 *
 * They are made of cases, a JSON array: one for each image or pod that was
 * judged, {"name", "file", "line", "state", "message", "findings"}, and each
 * finding {"code", "severity", "message", "fix", "file", "line", "where"}.
 * All text in it has been masked.
 */
#ifndef CI_H
#define CI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/opt.h"
#include "bundle/codes.h"

/* How a command tells what it found; in the order of CI_WORDS. */
enum ci_form {
	CI_TEXT,
	CI_JSON,
	CI_SARIF,
	CI_JUNIT,
	CI_GITHUB
};

#define CI_WORDS "text|json|sarif|junit|github"

/* What a command that finds something is asked for; starts as {0}. */
struct ci_opts {
	bool strict; /* a warning makes it fail, as an error does */
	struct codes_list ignore;
	enum ci_form form;
	bool quiet; /* no text */
};

/* The options for it, and from CI_ROWS_FORM on those of form and quiet. */
enum {
	CI_ROWS_FORM = 2
};
extern const struct opt ci_rows[];

enum ci_state {
	CI_PASSED,
	CI_FAILED, /* what was judged is at fault */
	CI_BROKEN /* it could not be judged */
};

/* The parts of one finding; strings are copied, NULL: not known. */
struct ci_finding {
	const char *code;
	enum codes_severity severity;
	const char *message;
	const char *fix;
	const char *file; /* that has to be changed */
	size_t line; /* in it; 0: not known */
	const char *where; /* the field, or the path in the image */
};

/* Add a case; borrowed.  file: where it comes from, NULL: not known. */
struct json *ci_add_case(struct json *cases, const char *name, const char *file,
    enum ci_state state, const char *message);

void ci_add_finding(struct json *one, const struct ci_finding *f);

/*
 * Add the case of an image, from the object that `unpackctl check` and
 * `unpack check` make of it (image/verdictout.h, bundle/report.h).
 */
void ci_add_verdict(struct json *cases, const char *name,
    const struct json *verdict);

/*
 * Write the cases to standard output in this form, which is none of text and
 * JSON; `command` is what found them, as in "check".  Frees the cases.  Returns
 * 0, or -1 (reported).
 */
int ci_print(enum ci_form form, const char *command, struct json *cases);

#endif
