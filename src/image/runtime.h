/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container runtime does with an image's root when it starts a pod's
 * container: where its mounts are, what prevents the start, and which gids the
 * process gets.  After runc, containerd and CRI-O.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "bundle/finding.h"
#include "image/tree.h"

enum {
	RUNTIME_GROUPS_MAX = 64
};

/* Why the container would not start; "" if it would. */
struct runtime_refusal {
	const char *path; /* static; what is wrong with */
	char why[256];
	bool dev_absolute; /* /dev is an absolute symlink: runc 1.1 alone stops
	                    */
};

/*
 * Put the runtime's own mounts on the tree (mounted, strayed, above), and the
 * files and directories that it makes for them; before tree_sort.  Returns 0
 * and says in *refusal what keeps the container from starting, or -1
 * (reported).
 */
int runtime_mount(struct tree *t, struct runtime_refusal *refusal);

/* Is n the image's /proc, or below it?  runc mounts nothing else there. */
bool runtime_is_in_proc(const struct node *n);

/* Who the process is. */
struct runtime_user {
	struct finding_who who; /* groups point into `groups` */
	gid_t groups[RUNTIME_GROUPS_MAX];
};

/*
 * Look uid up in the image's /etc/passwd and /etc/group: its gid is 0 where
 * that does not say otherwise.  Returns 0, or -1 (reported).
 */
int runtime_user(struct tree *t, uid_t uid, struct runtime_user *user);

#endif
