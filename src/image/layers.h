/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the layers of an image, each a tar, into a tree.  This is what
 * container runtimes do when they unpack an image and mount its layers as an
 * overlay, but in memory: as containerd does it, with what podman and CRI-O
 * refuse or do otherwise (extract.h).
 *
 *	struct layers l;
 *
 *	if (layers_open(&l, tempfile) == 0)
 *		while (...)
 *			layers_apply(&l, blob, "layer 1");
 *	...
 *	layers_close(&l);
 */
#ifndef LAYERS_H
#define LAYERS_H

#include "base/tempfile.h"
#include "image/extract.h"
#include "image/tree.h"

struct layers {
	struct tree tree; /* owned; the layers so far, merged */
	struct extract_refusal refusals[EXTRACT_RUNTIMES];
	struct tree *lower; /* owned; each by itself */
	unsigned int n_layers; /* so far */
	size_t n_nodes, targets; /* of these, together: see tree.h */
	struct tempfile *tempfile; /* borrowed */

	unsigned int root_set; /* the layer that set podman's root; 0: none */
	struct inode root; /* what it set */
	struct extract_note implied; /* directories without an entry */
	struct extract_note overlay; /* entries with trusted.overlay.* */
	struct extract_note differ; /* paths that podman has not so */
};

/*
 * Begin; l is too large for the stack.  Sparse files are put into the tempfile,
 * which must outlive l.  Returns 0, or -1 (reported).  layers_close may be
 * called after a failure, and on one that is all zero bytes.
 */
int layers_open(struct layers *l, struct tempfile *tempfile);

/*
 * Apply the tar in b as the next layer.  `what` names it in messages.  Returns
 * 0, also where a runtime refuses it; or -1 (reported): the tar is damaged, or
 * beyond a limit of ours.
 */
int layers_apply(struct layers *l, const struct blob *b, const char *what);

/*
 * All layers are there: the tree of containerd, or of podman where containerd
 * refuses the image; the caller frees it.  Where both do it is what the layers
 * before amount to.
 */
void layers_take_tree(struct layers *l, struct tree *to);

void layers_close(struct layers *l);

#endif
