/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `unpack` will find in the container: the walk of content.h, but over a
 * tree in memory and by permission bits instead of by asking the kernel.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>

#include "content.h"
#include "finding.h"
#include "tree.h"

struct judge {
	struct tree *tree; /* borrowed; sorted, with the runtime's mounts */
	const struct finding_who *who; /* borrowed; NULL: may read all */
	bool skip_symlinks;
	bool on_kind; /* set by judge_begin */
	const struct node *last; /* what judge_next returned; NULL: nothing */
	bool skip; /* do not enter it */
};

struct judge_item {
	enum content_what what;
	enum content_why why; /* of CONTENT_SKIPPED */
	enum finding_rule rule; /* of CONTENT_FINDING */
	const struct node *node; /* borrowed */
};

void judge_begin(struct judge *j, struct tree *t, const struct finding_who *who,
    bool skip_symlinks);

/* The next item, the root first.  Returns 1 and fills it, or 0 at the end. */
int judge_next(struct judge *j, struct judge_item *item);

#endif
