/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer of an image, unpacked into a tree of its own, the way a container
 * runtime unpacks it into a directory for overlayfs: whiteouts become character
 * devices 0:0, opaque marks an attribute.
 *
 * The two runtimes are containerd with its overlayfs snapshotter (1.6 and
 * later), and the storage library of podman and CRI-O with its overlay driver.
 * Where they refuse an entry, what the kernel would answer to them counts.  The
 * tree is containerd's, and podman's only from where containerd has refused an
 * entry on; of what podman does otherwise it is noted that there is something.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdint.h>

#include "image/tarscan.h"
#include "image/tree.h"

enum extract_runtime {
	EXTRACT_CONTAINERD,
	EXTRACT_PODMAN, /* and CRI-O */
	EXTRACT_RUNTIMES /* how many there are */
};

/* What a runtime says to the first entry that it does not take. */
struct extract_refusal {
	const char *code; /* static, of codes_table; NULL: it takes all */
	const char *answer; /* static; the runtime's, in short */
	unsigned int layer; /* from 1 on */
	char path[TREE_PATH]; /* of the entry; as in the layer, cut off */
};

/* Entries that something is to be said about. */
struct extract_note {
	unsigned int n;
	unsigned int layer; /* of the first of them */
	char path[TREE_PATH]; /* likewise */
};

/* A directory that had an entry and was removed. */
struct extract_gone {
	char *path; /* owned; without a slash in front */
	int64_t mtime; /* of its entry; seconds */
};

struct extract {
	struct tree tree; /* owned; what the layer holds */
	struct tree *below; /* borrowed; the layers below, merged */
	/* borrowed; each layer below as it was extracted, the lowest first */
	struct tree *lower;
	unsigned int n_lower; /* layers below */
	struct tree names; /* owned; hashes of the names so far */
	bool root_set; /* podman takes the layer's entry for the root */
	struct extract_gone *gone; /* owned, n_gone of them; in order */
	size_t n_gone, gone_room;
	struct extract_refusal *refusals; /* borrowed; one a runtime */
	struct extract_note
	    *differ; /* borrowed; paths that podman has not so */
};

/*
 * Take the next entry, whose strings may be changed, into the tree, which
 * tree_init has made, and names; the caller has filled below, lower, n_lower,
 * refusals and differ, all else is zeros.  Returns 0, also where a runtime
 * refuses it, which takes none after it.  -1 (reported): no memory, or a limit
 * of ours.
 */
int extract_entry(struct extract *x, struct tarscan_entry *e);

/*
 * All entries are there: set the times of directories, which must still be
 * there; what has taken the place of one gets its time.
 */
void extract_finish(struct extract *x);

/* Has each of the runtimes refused something? */
bool extract_is_over(const struct extract *x);

/* Count a path, or an entry, in a note. */
void extract_note(struct extract_note *note, const char *path,
    unsigned int layer);

/* Free what the layer needed; its tree is the caller's to free. */
void extract_end(struct extract *x);

#endif
