/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found in a pod as an item of check-pod's result (result/found.h).
 */
#ifndef PSAOUT_H
#define PSAOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "psa/psa.h"
#include "result/ignores.h"

/* A pod and where it stands; all is borrowed, and masked where it says so. */
struct psaout_pod {
	const char *file; /* masked */
	const char *where; /* what psaout_where returns for it */
	size_t line; /* of the object that it is in */
	const char *kind; /* of that object */
	const char *name; /* of that object; NULL: none */
	const char *namespace; /* likewise */
	const char *path; /* to the pod in the object, "": itself; masked */
	bool several; /* the object may have more: tell them by path */
	const struct json *violations; /* of psa_judge */
	enum psa_level level;
	const char *version; /* as it was given */
};

/* "FILE:LINE: KIND NAME[: PATH]", masked; owned, NULL (reported). */
char *psaout_where(const struct psaout_pod *p);

/*
 * The item, owned; violations that are ignored are told apart in it.  Where
 * memory ran out it cannot be printed.
 */
struct json *psaout_object(const struct psaout_pod *p, struct ignores *ignores);

#endif
