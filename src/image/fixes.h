/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to fix an image: the findings of a verdict in groups, one for each layer,
 * with one command that fixes all of a group.
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

/* {0} is before the first one. */
struct fixes_group {
	size_t next; /* of the verdict's groups; private */
	unsigned int layer; /* 0: of no layer */
	bool hidden; /* of FINDING_HIDDEN; else of modes */
	bool acl; /* an ACL denies some of it */
	size_t first; /* finding; verdict_finding.next has the others */
	size_t n; /* findings */
	size_t step; /* of the history, that made them all; 0: several */
	const char *chmod; /* static; what COPY --chmod= has to say, in place of
	                      the command; NULL: that does not help */
	char command[FIXES_COMMAND]; /* of paths in the image; or words */
};

/*
 * Find the group after *g: by layer, modes before hidden content.  Returns
 * whether there is one.
 */
bool fixes_next(struct verdict *v, struct fixes_group *g);

#endif
