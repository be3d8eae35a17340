/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pods in an object: a Pod is one, a Deployment has the template of one, a
 * ClusterServiceVersion may have many.
 *
 * In kinds that Kubernetes itself has, the place is known.  In all others a
 * template is known by its shape: below the object, a mapping whose
 * spec.containers is a list of mappings, of which at least one has an image.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "pod/manifest.h"
#include "pod/yaml.h"

enum {
	TEMPLATE_PATH = 512 /* bytes of the longest path */
};

/* A mapping or list that the walk is in. */
struct template_level {
	const struct json *next; /* the value to look at next; NULL: none */
	size_t path_len; /* bytes of the path down to the mapping or list */
	size_t i; /* place in a list of `next` */
};

/* A walk; start with {.manifest = &m}. */
struct template_walk {
	const struct manifest *manifest; /* borrowed */
	bool begun;
	size_t depth;
	struct template_level levels[YAML_DEPTH_MAX];
	char path[TEMPLATE_PATH]; /* to the pod: "spec.template"; "": itself */
};

/*
 * Find the next pod: what has a metadata and a spec, in *pod, which is NULL
 * where the kind must have one and it is not there.  The path is in w->path,
 * masked.  Returns 1, or 0 at the end.
 */
int template_next(struct template_walk *w, const struct json **pod);

#endif
