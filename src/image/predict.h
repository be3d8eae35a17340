/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `unpack` will find in the container: the walk of content.h, but over a
 * tree in memory and by permission bits instead of by asking the kernel.
 */
#ifndef PREDICT_H
#define PREDICT_H

#include <stdbool.h>

#include "bundle/content.h"
#include "bundle/finding.h"
#include "image/tree.h"

struct predict {
	struct tree *tree; /* borrowed; sorted, with the runtime's mounts */
	const struct finding_who *who; /* borrowed; NULL: may read all */
	bool skip_symlinks;
	bool on_kind; /* set by predict_begin */
	const struct node *last; /* what predict_next returned; NULL: nothing */
	bool skip; /* do not enter it */
};

struct predict_item {
	enum content_what what;
	enum content_why why; /* of CONTENT_SKIPPED */
	enum finding_rule rule; /* of CONTENT_FINDING */
	const struct node *node; /* borrowed */
};

void predict_begin(struct predict *j, struct tree *t,
    const struct finding_who *who, bool skip_symlinks);

/* The next item, the root first.  Returns 1 and fills it, or 0 at the end. */
int predict_next(struct predict *j, struct predict_item *item);

#endif
