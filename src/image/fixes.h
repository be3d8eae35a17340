/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to fix an image: the findings of a verdict in groups, one for each line
 * of the Dockerfile, with one command that fixes all of a group.
 */
#ifndef FIXES_H
#define FIXES_H

#include <stdbool.h>
#include <stddef.h>

#include "image/verdict.h"

enum {
	FIXES_COMMAND = 4096, /* bytes of a fix */
	FIXES_LINE = 200 /* bytes of a Dockerfile's line, shown */
};

/* What a command's paths are. */
enum fixes_paths {
	FIXES_NONE, /* it has none */
	FIXES_CONTEXT, /* in the build context */
	FIXES_IMAGE /* in the image: the history does not tell more */
};

/* {0} is before the first one. */
struct fixes_group {
	unsigned int layer; /* 0: of no layer */
	bool hidden; /* of FINDING_HIDDEN; else of modes */
	size_t step; /* of the verdict's history; 0: not known */
	size_t n; /* findings */
	enum fixes_paths paths;
	char command[FIXES_COMMAND]; /* masked */
};

/*
 * Find the group after *g: by layer, modes before hidden content, then by the
 * line of the Dockerfile.  Returns whether there is one.
 */
bool fixes_next(struct verdict *v, struct fixes_group *g);

/* Is finding i of the verdict in this group? */
bool fixes_has(const struct verdict *v, const struct fixes_group *g, size_t i);

/*
 * The finding's path in the build context, masked; "" where it is not known.
 * buf is of MSG_NAME bytes.  Returns buf.
 */
char *fixes_source(const struct verdict *v, const struct verdict_finding *f,
    char *buf);

#endif
