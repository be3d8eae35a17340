/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer of an image, unpacked into a tree of its own, the way a container
 * runtime unpacks it into a directory for overlayfs: whiteouts become character
 * devices 0:0, opaque marks an attribute.
 *
 * The two runtimes are containerd with its overlayfs snapshotter (1.6 and
 * later), and the storage library of podman and CRI-O with its overlay driver.
 * Where they refuse an entry, what the kernel would answer to them counts, so
 * each step here is one of theirs.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/tarscan.h"
#include "image/tree.h"

enum extract_runtime {
	EXTRACT_CONTAINERD,
	EXTRACT_PODMAN, /* and CRI-O */
	EXTRACT_RUNTIMES /* how many there are */
};

/* What a runtime says to an entry that it does not take. */
struct extract_refusal {
	const char *code; /* static, of codes_table; NULL: it takes all */
	const char *answer; /* static; the runtime's, in short */
	char path[TREE_PATH]; /* of the entry; as in the layer, cut off */
};

/* A directory that had an entry and was removed. */
struct extract_gone {
	char *path; /* owned; without a slash in front */
	int64_t mtime; /* of its entry; seconds */
};

struct extract {
	enum extract_runtime runtime;
	struct tree tree; /* owned; what the layer holds */
	struct tree *below; /* borrowed; the layers below, merged */
	/* borrowed; each layer below as it was extracted, the lowest first */
	struct tree *lower;
	unsigned int n_lower; /* layers below */
	uint64_t *names; /* owned; hashes of the names so far, an open table */
	size_t n_names;
	size_t room; /* of names; a power of two, or 0 */
	bool root_set; /* the layer has an entry for the root that counts */
	struct extract_gone *gone; /* owned, n_gone of them; in order */
	size_t n_gone;
	struct extract_refusal *refusal; /* borrowed; first refusal */
};

/*
 * Begin a layer; the caller has filled runtime, below, lower, n_lower and
 * refusal.  Returns 0, or -1 (reported).
 */
int extract_begin(struct extract *x);

/*
 * Take the next entry, whose strings may be changed.  Returns 0, also where the
 * runtime refuses it: then *refusal says why, and nothing more is to come.  -1
 * (reported): no memory, or a limit of ours.
 */
int extract_entry(struct extract *x, struct tarscan_entry *e);

/*
 * All entries are there: set the times of directories, which must still be
 * there; what has taken the place of one gets its time.  Returns 0, or -1
 * (reported), like extract_entry.
 */
int extract_finish(struct extract *x);

/* Free what the layer needed; its tree is the caller's to free. */
void extract_end(struct extract *x);

#endif
