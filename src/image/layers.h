/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers of an image, as tar, onto a tree: what a container runtime does when
 * it unpacks an image (OCI image-spec, layer.md), but in memory.
 *
 * Where the spec is silent, containerd with its overlayfs snapshotter is the
 * model: a symlink of a lower layer is not followed by the names of an upper
 * one, and a directory that a layer implies keeps the attributes it had below.
 */
#ifndef LAYERS_H
#define LAYERS_H

#include "base/tempfile.h"
#include "image/tree.h"

/* Names of a layer that runtimes treat differently; each counts its cases. */
struct layers_notes {
	unsigned int implied; /* directories without an entry of their own */
	char implied_path[TREE_PATH]; /* the first of them */
	unsigned int implied_layer;
	unsigned int duplicates; /* of a path in one layer */
	char duplicate_path[TREE_PATH];
	unsigned int duplicate_layer;
	unsigned int far_links; /* hard links into a lower layer */
	char far_link_path[TREE_PATH];
	unsigned int far_link_layer;
};

/*
 * Apply the tar in b as layer number `layer` (1 is the lowest; call it in
 * order).  `what` names it in messages.  Returns 0, or -1, reported: the tar is
 * damaged, or holds what no runtime would unpack.
 */
int layers_apply(struct tree *t, const struct blob *b, unsigned int layer,
    const char *what, struct layers_notes *notes);

#endif
