/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a pod may run, and what it may use: the options for a cluster's
 * administrator, which become fields of the Pod.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include "base/json.h"
#include "base/opt.h"

/* Zeros and NULL: nothing is asked for; strings are borrowed from argv. */
struct placement {
	struct json *overrides; /* owned; a merge patch for the Pod */
	const char *pull_policy; /* Always, IfNotPresent, Never */
	const char *requests, *limits; /* "cpu=10m,memory=16Mi" */
};

/* Rows that fill a struct placement. */
extern const struct opt placement_rows[];

/*
 * Add what was asked for to a container: a pull policy; requests and limits,
 * with what `unpack` needs where nothing else was said.
 */
void placement_put_policy(const struct placement *p, struct json *container);
void placement_put_resources(const struct placement *p, struct json *container);

#endif
