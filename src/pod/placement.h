/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a pod may run, its labels, and what it may use: the options for a
 * cluster's administrator, which become fields of the Pod.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/opt.h"

enum {
	PLACEMENT_MAX = 32 /* of each option that can be repeated */
};

/* KEY=VALUE, as they were given: borrowed from argv. */
struct placement_list {
	const char *item[PLACEMENT_MAX];
	size_t n;
};

/* Zeros and NULL: nothing is asked for. */
struct placement {
	struct placement_list selectors, tolerations, labels, annotations;
	const char *priority_class;
	const char *pull_policy; /* Always, IfNotPresent, Never */
	const char *cpu_request, *cpu_limit; /* quantities, of a container */
	const char *memory_request, *memory_limit;
};

/* Rows that fill a struct placement. */
extern const struct opt placement_rows[];

/* Is any of it asked for? */
bool placement_is_set(const struct placement *p);

/*
 * Add what was asked for to a pod: to its metadata, which gets annotations;
 * to its labels; to its spec; to a container, which gets a pull policy and,
 * for placement_put_resources, requests and limits, with what `unpack` needs
 * where nothing else was said.
 */
void placement_put_labels(const struct placement *p, struct json *labels);
void placement_put_annotations(const struct placement *p,
    struct json *metadata);
void placement_put_spec(const struct placement *p, struct json *spec);
void placement_put_policy(const struct placement *p, struct json *container);
void placement_put_resources(const struct placement *p, struct json *container);

#endif
