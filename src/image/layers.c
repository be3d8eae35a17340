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

/* Directory n of the layer onto f, what lower layers have there, in dir. */
static struct node *
layers_merge_dir(struct tree *t, struct node *dir, struct node *f,
    const struct node *n)
{
	struct node *child;

	if (f != NULL && !S_ISDIR(f->inode->mode)) {
		tree_remove(t, f);
		f = NULL;
	}
	if (f == NULL) {
		f = tree_add(t, dir, n->name, NULL, n->inode->mode);
		if (f == NULL)
			return NULL;
	} else if (n->opaque) {
		while ((child = f->child) != NULL)
			tree_remove(t, child);
		f->merged = f->whiteouts = false;
	} else {
		tree_drop_whiteouts(t, f);
		f->merged = true;
	}
	f->inode->mode = n->inode->mode;
	f->inode->uid = n->inode->uid;
	f->inode->gid = n->inode->gid;
	return tree_set_acl(t, f->inode, n->inode->acl, n->inode->acl_len) < 0
	    ? NULL
	    : f;
}

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
		if (S_ISDIR(n->inode->mode)) {
			f = layers_merge_dir(t, dir, f, n);
		} else {
			if (f != NULL)
				tree_remove(t, f);
			if (n->inode->whiteout && dir->merged)
				continue; /* overlayfs does not show it */
			dir->whiteouts = dir->whiteouts || n->inode->whiteout;
			f = tree_add(t, dir, n->name, n->inode, 0);
		}
		if (f == NULL)
			return -1;
		n->twin = f;
		f->layer = layer;
		f->implied = n->implied;
		f->podmans = n->podmans;
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

/* Keep the layer as it is: containerd looks into it for the ones above. */
static int
layers_keep(struct layers *l, struct tree *t)
{
	struct tree *lower;
	size_t sum = t->n_nodes, targets = t->targets;
	unsigned int i;

	for (i = 0; i < l->n_layers; i++) {
		sum += l->lower[i].n_nodes;
		targets += l->lower[i].targets;
	}
	lower = reallocarray(l->lower, l->n_layers + 1, sizeof *lower);
	if (lower == NULL) {
		msg_nomem();
		return -1;
	}
	l->lower = lower;
	if (sum > TREE_NODES_MAX || targets > TREE_TARGETS_MAX) {
		msg_warn(0,
		    "the image's layers have more than %d entries together, or symlinks with targets of more than %d MiB together",
		    TREE_NODES_MAX, TREE_TARGETS_MAX >> 20);
		return -1;
	}
	l->lower[l->n_layers++] = *t;
	return 0;
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
	char path[TREE_PATH];
	int ret;

	if (extract_is_over(&x))
		return 0; /* no runtime takes the image */
	if (tree_init(&x.tree) < 0)
		return -1;
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
	if (ret == 0)
		ret = layers_keep(l, &x.tree);
	if (ret < 0)
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
