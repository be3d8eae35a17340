/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what was found in a pod: as text, as JSON, as a case for CI services.
 */
#ifndef PSAOUT_H
#define PSAOUT_H

#include <stddef.h>
#include <stdio.h>

#include "base/json.h"
#include "psa/psa.h"

/* A pod and where it stands; all is borrowed, and masked where it says so. */
struct psaout_pod {
	const char *file; /* masked */
	size_t line; /* of the object that it is in */
	const char *kind; /* of that object */
	const char *name; /* of that object; NULL: none */
	const char *namespace; /* likewise */
	const char *path; /* to the pod in the object, "": itself; masked */
	bool several; /* the object may have more: tell them by path */
	const struct psa_report *report;
	enum psa_level level;
	const char *version; /* as it was given */
};

/* "FILE:LINE: KIND NAME[: PATH]", masked; owned, NULL (reported). */
char *psaout_where(const struct psaout_pod *p);

/*
 * Write it to `to`, with colours of t (base/term.h) and unwrapped.  Returns 0,
 * or -1 (reported).
 */
struct term;
int psaout_text(FILE *to, const struct term *t, const struct psaout_pod *p);

/* Add it to an array. */
void psaout_json(struct json *pods, const struct psaout_pod *p);

/* Add it to the cases of bundle/ci.h. */
void psaout_case(struct json *cases, const struct psaout_pod *p);

#endif
