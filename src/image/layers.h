/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the layers of an image, each a tar, into a tree.  This is what
 * container runtimes do when they unpack an image and mount its layers as an
 * overlay, but in memory, and for two runtimes at once, because they do not
 * always agree (extract.h).
 *
 *	struct layers l;
 *
 *	if (layers_open(&l, tempfile) == 0)
 *		while (...)
 *			layers_apply(&l, blob, "layer 1");
 *	layers_finish(&l);
 *	...
 *	layers_close(&l);
 */
#ifndef LAYERS_H
#define LAYERS_H

#include "base/tempfile.h"
#include "image/extract.h"
#include "image/tree.h"

/* What one runtime makes of the layers. */
struct layers_side {
	struct tree tree; /* owned; the layers so far, merged */
	struct extract_refusal refusal; /* code NULL: it takes them all */
	unsigned int root_set; /* the layer that set the root's mode; 0: none */
	struct inode root; /* what it set */
	unsigned int refused; /* the layer that it does not take; 0: none */
};

struct layers {
	struct layers_side sides[EXTRACT_RUNTIMES];
	struct tree *lower; /* owned; containerd's, each by itself */
	unsigned int n_layers; /* so far */
	struct tempfile *tempfile; /* borrowed */

	unsigned int implied; /* directories without an entry of their own */
	char implied_path[TREE_PATH]; /* the first of them */
	unsigned int implied_layer;
	unsigned int overlay; /* entries with trusted.overlay attributes */
	char overlay_path[TREE_PATH];
	unsigned int overlay_layer;
	unsigned int differ; /* paths that the runtimes make different */
	char differ_path[TREE_PATH];
	unsigned int differ_layer;
};

/*
 * Begin; l is too large for the stack.  Sparse files are put into the tempfile,
 * which must outlive l.  Returns 0, or -1 (reported).  layers_close may be
 * called after a failure, and on one that is all zero bytes.
 */
int layers_open(struct layers *l, struct tempfile *tempfile);

/*
 * Apply the tar in b as the next layer.  `what` names it in messages.  Returns
 * 0, also where a runtime refuses it, which stays as it was then; or -1
 * (reported): the tar is damaged, or beyond a limit of ours.
 */
int layers_apply(struct layers *l, const struct blob *b, const char *what);

/* All layers are there: compare what the runtimes make of them. */
void layers_finish(struct layers *l);

/*
 * The tree of a runtime that takes the image, containerd's if both do; the
 * caller frees it.  Where none does it is what one made of the first layers.
 */
void layers_take_tree(struct layers *l, struct tree *to);

void layers_close(struct layers *l);

#endif
