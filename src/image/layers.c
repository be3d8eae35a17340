/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the layers of an image, each a tar, into a tree.  This is what
 * container runtimes do when they unpack an image and mount its layers as an
 * overlay, but in memory.
 */
#include "image/layers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "image/tarscan.h"

int
layers_open(struct layers *l, struct tempfile *tempfile)
{
	memset(l, 0, sizeof *l);
	l->tempfile = tempfile;
	if (tree_init(&l->tree) < 0)
		return -1;
	l->tree.hides_whiteouts = true;
	return 0;
}

/* ---------------------------------------------------------------- overlay */

/*
 * The layer's tree onto the merged one, as overlayfs shows them together.  A
 * directory that only one layer has is shown as it is there, whiteouts and all.
 */
static int
layers_merge(struct tree *t, struct tree *from, unsigned int layer)
{
	struct node *n, *dir, *f;

	from->root->twin = t->root;
	t->root->merged = true; /* the container's own layer is above it */
	for (n = from->root->child; n != NULL; n = tree_next(from->root, n)) {
		dir = n->parent->twin;
		f = tree_child(t, dir, n->name, n->len);
		if (f != NULL &&
		    !(S_ISDIR(n->inode->mode) && S_ISDIR(f->inode->mode))) {
			tree_remove(t, f);
			f = NULL;
		}
		if (!S_ISDIR(n->inode->mode)) {
			if (n->inode->whiteout && dir->merged)
				continue; /* overlayfs does not show it */
			dir->whiteouts = dir->whiteouts || n->inode->whiteout;
			f = tree_add(t, dir, n->name, n->inode, 0);
		} else if (f == NULL) {
			f = tree_add(t, dir, n->name, NULL, 0);
		} else if (n->opaque) {
			while (f->child != NULL)
				tree_remove(t, f->child);
			f->merged = f->whiteouts = false;
		} else {
			tree_drop_whiteouts(t, f);
			f->merged = true;
		}
		if (f == NULL)
			return -1;
		n->twin = f;
		f->layer = layer;
		f->implied = n->implied;
		f->podmans = n->podmans;
		if (f->inode == n->inode)
			continue;
		f->inode->mode = n->inode->mode;
		f->inode->uid = n->inode->uid;
		f->inode->gid = n->inode->gid;
		if (tree_set_acl(t, f->inode, n->inode->acl,
		        n->inode->acl_len) < 0)
			return -1;
	}
	return 0;
}

/* ----------------------------------------------------------------- layers */

/* Read the tar.  0, or -1. */
static int
layers_extract(struct layers *l, struct extract *x, const struct blob *b,
    const char *what)
{
	struct tarscan scan = {b, what, 0, l->tempfile};
	struct tarscan_entry *e = malloc(sizeof *e);
	int ret = 0;

	if (e == NULL) {
		msg_nomem();
		return -1;
	}
	while (ret == 0 && !extract_is_over(x) &&
	    (ret = tarscan_next(&scan, e)) > 0) {
		if (e->xattrs.overlay || e->xattrs.opaque)
			extract_note(&l->overlay, e->name, l->n_layers + 1);
		ret = extract_entry(x, e);
	}
	free(e);
	if (ret == 0)
		extract_finish(x);
	return ret;
}

int
layers_apply(struct layers *l, const struct blob *b, const char *what)
{
	struct extract x = {.below = &l->tree,
	    .lower = l->lower,
	    .n_lower = l->n_layers,
	    .refusals = l->refusals,
	    .differ = &l->differ};
	const struct node *n;
	struct tree *lower;
	char path[TREE_PATH];
	int ret = -1;

	if (extract_is_over(&x))
		return 0; /* no runtime takes the image */
	/* it is kept: containerd looks into it for the ones above */
	lower = reallocarray(l->lower, l->n_layers + 1, sizeof *lower);
	if (lower == NULL) {
		msg_nomem();
		return -1;
	}
	x.lower = l->lower = lower;
	if (tree_init(&x.tree) == 0 && tree_init(&x.names) == 0)
		ret = layers_extract(l, &x, b, what);
	if (x.root_set) {
		l->root_set = l->n_layers + 1;
		l->root = *x.tree.root->inode;
		l->root.acl = NULL;
		l->root.acl_len = 0;
	}
	for (n = x.tree.root; n != NULL; n = tree_next(x.tree.root, n))
		if (n->implied)
			extract_note(&l->implied, tree_path(n, path),
			    l->n_layers + 1);
	if (ret == 0 && !extract_is_over(&x))
		ret = layers_merge(&l->tree, &x.tree, l->n_layers + 1);
	extract_end(&x);
	l->n_nodes += x.tree.n_nodes;
	l->targets += x.tree.targets;
	if (ret == 0 &&
	    (l->n_nodes > TREE_NODES_MAX || l->targets > TREE_TARGETS_MAX)) {
		msg_warn(0,
		    "the image's layers have more than %d entries together, or symlinks with targets of more than %d MiB together",
		    TREE_NODES_MAX, TREE_TARGETS_MAX >> 20);
		ret = -1;
	}
	if (ret == 0)
		l->lower[l->n_layers++] = x.tree;
	else
		tree_free(&x.tree);
	return ret;
}

void
layers_take_tree(struct layers *l, struct tree *to)
{
	struct node *n, *next;

	for (n = l->tree.root; n != NULL; n = next) {
		next = tree_next(l->tree.root, n);
		if (n->podmans && l->refusals[EXTRACT_CONTAINERD].code == NULL)
			tree_remove(&l->tree, n);
	}
	*to = l->tree;
	memset(&l->tree, 0, sizeof l->tree);
}

void
layers_close(struct layers *l)
{
	unsigned int i;

	tree_free(&l->tree);
	for (i = 0; i < l->n_layers; i++)
		tree_free(&l->lower[i]);
	free(l->lower);
	memset(l, 0, sizeof *l);
}
