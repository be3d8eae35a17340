/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the layers of an image, each a tar, into a tree.  This is what
 * container runtimes do when they unpack an image and mount its layers as an
 * overlay, but in memory, and for two runtimes at once, because they do not
 * always agree (extract.h).
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
	int i;

	memset(l, 0, sizeof *l);
	l->tempfile = tempfile;
	for (i = 0; i < EXTRACT_RUNTIMES; i++) {
		if (tree_init(&l->sides[i].tree) < 0)
			return -1;
		l->sides[i].tree.hides_whiteouts = true;
	}
	return 0;
}

static void
layers_note_first(unsigned int *count, char *path, unsigned int *layer,
    const struct node *n, unsigned int in)
{
	if ((*count)++ == 0) {
		(void)tree_path(n, path);
		*layer = in;
	}
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

/* Anything else of the layer: it replaces f. */
static struct node *
layers_merge_file(struct tree *t, struct node *dir, struct node *f,
    const struct node *n)
{
	if (f != NULL)
		tree_remove(t, f);
	if (n->inode->whiteout && dir->merged)
		return dir; /* overlayfs does not show it */
	if (n->inode->whiteout)
		dir->whiteouts = true;
	return tree_add(t, dir, n->name, n->inode, n->inode->mode);
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
		f = S_ISDIR(n->inode->mode) ? layers_merge_dir(t, dir, f, n)
		                            : layers_merge_file(t, dir, f, n);
		if (f == NULL)
			return -1;
		if (f == dir)
			continue;
		n->twin = f;
		f->layer = layer;
		f->implied = n->implied;
	}
	return 0;
}

/* ----------------------------------------------------------------- layers */

static void
layers_note_entry(struct layers *l, const struct tarscan_entry *e)
{
	if (!e->xattrs.overlay && !e->xattrs.opaque)
		return;
	if (l->overlay++ > 0)
		return;
	memcpy(l->overlay_path, e->name, strlen(e->name) + 1);
	l->overlay_layer = l->n_layers + 1;
}

static void
layers_note_implied(struct layers *l, struct tree *t)
{
	const struct node *n;

	for (n = t->root->child; n != NULL; n = tree_next(t->root, n))
		if (n->implied)
			layers_note_first(&l->implied, l->implied_path,
			    &l->implied_layer, n, l->n_layers + 1);
}

/* Read the tar once for both runtimes.  0, or -1. */
static int
layers_extract(struct layers *l, struct extract *x, const struct blob *b,
    const char *what)
{
	struct tarscan scan = {b, what, 0, l->tempfile};
	struct tarscan_entry *e = malloc(sizeof *e);
	int ret, i;

	if (e == NULL) {
		msg_nomem();
		return -1;
	}
	while ((ret = tarscan_next(&scan, e)) > 0) {
		layers_note_entry(l, e);
		for (i = 0; ret > 0 && i < EXTRACT_RUNTIMES; i++)
			ret = extract_entry(&x[i], e) < 0 ? -1 : 1;
		if (ret < 0 ||
		    (x[0].refusal->code != NULL && x[1].refusal->code != NULL))
			break;
	}
	free(e);
	for (i = 0; ret >= 0 && i < EXTRACT_RUNTIMES; i++)
		ret = extract_finish(&x[i]);
	return ret < 0 ? -1 : 0;
}

/* Keep containerd's layer as it is: it looks into it for the ones above. */
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
	if (sum > TREE_NODES_MAX || targets > TREE_TARGETS_MAX ||
	    lower == NULL) {
		if (lower != NULL)
			l->lower = lower;
		if (lower == NULL)
			msg_nomem();
		else
			msg_warn(0,
			    "the image's layers have more than %d entries together, or symlinks with targets of more than %d MiB together",
			    TREE_NODES_MAX, TREE_TARGETS_MAX >> 20);
		tree_free(t);
		return -1;
	}
	l->lower = lower;
	l->lower[l->n_layers++] = *t;
	return 0;
}

/* What the runtimes have extracted, onto what they had.  0, or -1. */
static int
layers_merge_sides(struct layers *l, struct extract *x)
{
	struct layers_side *s;
	int i;

	layers_note_implied(l, &x[EXTRACT_CONTAINERD].tree);
	for (i = 0; i < EXTRACT_RUNTIMES; i++) {
		s = &l->sides[i];
		if (s->refusal.code != NULL && s->refused == 0)
			s->refused = l->n_layers + 1;
		if (x[i].root_set) {
			s->root_set = l->n_layers + 1;
			s->root = *x[i].tree.root->inode;
			s->root.acl = NULL;
			s->root.acl_len = 0;
		}
		if (s->refusal.code == NULL &&
		    layers_merge(&s->tree, &x[i].tree, l->n_layers + 1) < 0)
			return -1;
	}
	return 0;
}

int
layers_apply(struct layers *l, const struct blob *b, const char *what)
{
	struct extract x[EXTRACT_RUNTIMES] = {{0}};
	int i, ret = 0;

	if (l->sides[0].refused != 0 && l->sides[1].refused != 0)
		return 0; /* no runtime takes the image */
	for (i = 0; i < EXTRACT_RUNTIMES; i++) {
		x[i].runtime = (enum extract_runtime)i;
		x[i].below = &l->sides[i].tree;
		x[i].lower = l->lower;
		x[i].n_lower = l->n_layers;
		x[i].refusal = &l->sides[i].refusal;
		if (extract_begin(&x[i]) < 0)
			ret = -1;
	}
	if (ret == 0)
		ret = layers_extract(l, x, b, what);
	if (ret == 0)
		ret = layers_merge_sides(l, x);
	for (i = 0; i < EXTRACT_RUNTIMES; i++) {
		extract_end(&x[i]);
		if (ret < 0 || i != EXTRACT_CONTAINERD)
			tree_free(&x[i].tree);
	}
	return ret < 0 ? -1 : layers_keep(l, &x[EXTRACT_CONTAINERD].tree);
}

/* ---------------------------------------------------------------- compare */

/* Is it the same file, except for the attributes of implied directories? */
static bool
layers_is_same(const struct node *a, const struct node *b)
{
	const struct inode *i = a->inode, *j = b->inode;

	if ((i->mode & S_IFMT) != (j->mode & S_IFMT) ||
	    i->whiteout != j->whiteout)
		return false;
	if (S_ISDIR(i->mode) && (a->implied || b->implied))
		return true;
	if (i->mode != j->mode || i->uid != j->uid || i->gid != j->gid)
		return false;
	if (S_ISLNK(i->mode) && strcmp(i->target, j->target) != 0)
		return false;
	if (S_ISREG(i->mode) &&
	    (i->data.len != j->data.len || i->data.at != j->data.at))
		return false;
	return S_ISDIR(i->mode) || i->mtime == j->mtime;
}

static void
layers_compare(struct layers *l, struct tree *a, struct tree *b)
{
	struct node *n, *other;

	a->root->twin = b->root;
	for (n = a->root->child; n != NULL; n = tree_next(a->root, n)) {
		other = n->parent->twin == NULL
		    ? NULL
		    : tree_child(b, n->parent->twin, n->name, n->len);
		n->twin = other;
		if (other != NULL)
			other->twin = n;
		if (n->inode->whiteout && other == NULL)
			continue; /* no file here or there */
		if (other == NULL || !layers_is_same(n, other))
			layers_note_first(&l->differ, l->differ_path,
			    &l->differ_layer, n, n->layer);
	}
	for (n = b->root->child; n != NULL; n = tree_next(b->root, n))
		if (n->twin == NULL && !n->inode->whiteout)
			layers_note_first(&l->differ, l->differ_path,
			    &l->differ_layer, n, n->layer);
}

/* Forget the nodes of other trees. */
static void
layers_clear_twins(struct tree *t)
{
	struct node *n;

	for (n = t->root; n != NULL; n = tree_next(t->root, n))
		n->twin = NULL;
}

void
layers_finish(struct layers *l)
{
	struct tree *a = &l->sides[EXTRACT_CONTAINERD].tree;
	struct tree *b = &l->sides[EXTRACT_PODMAN].tree;

	layers_clear_twins(a);
	layers_clear_twins(b);
	if (l->sides[EXTRACT_CONTAINERD].refused == 0 &&
	    l->sides[EXTRACT_PODMAN].refused == 0)
		layers_compare(l, a, b);
}

void
layers_take_tree(struct layers *l, struct tree *to)
{
	int i = EXTRACT_CONTAINERD;

	/* the result of one runtime is better than none */
	if (l->sides[i].refused != 0)
		i = EXTRACT_PODMAN;
	*to = l->sides[i].tree;
	memset(&l->sides[i].tree, 0, sizeof l->sides[i].tree);
}

void
layers_close(struct layers *l)
{
	unsigned int i;

	for (i = 0; i < EXTRACT_RUNTIMES; i++)
		tree_free(&l->sides[i].tree);
	for (i = 0; i < l->n_layers; i++)
		tree_free(&l->lower[i]);
	free(l->lower);
	memset(l, 0, sizeof *l);
}
