/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "image/tarscan.h"

enum {
	LINKS_MAX = 255, /* symlinks in one name */
	NAME_LEN_MAX = 255
};

/* Look-ups and removals in one image: minutes of work, not days. */
#define STEPS_MAX (UINT64_C(1) << 29)

/* OCI image-spec, layer.md, "Whiteouts" */
static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";
static const char aufs[] = ".wh..wh.";

struct layers {
	struct tree *tree;
	struct layers_notes *notes;
	const char *what;
	unsigned int layer;
	struct tarscan_entry *entry; /* owned */
};

/* The name cleaned as by Go's path.Clean, without a slash in front. */
static int
layers_clean_name(char *name)
{
	char *from = name, *to = name;
	size_t len;

	while (*from != '\0') {
		len = strcspn(from, "/");
		if (len == 2 && from[0] == '.' && from[1] == '.') {
			if (to == name)
				return -1;
			while (to > name && *--to != '/')
				;
		} else if (len > 0 && !(len == 1 && from[0] == '.')) {
			if (to > name)
				*to++ = '/';
			(void)memmove(to, from, len);
			to += len;
		}
		from += len;
		from += strspn(from, "/");
	}
	*to = '\0';
	return 0;
}

static int
layers_refuse(const struct layers *m, const char *name, const char *why)
{
	char masked[MSG_NAME];

	msg_warn(0, "%s: %s: %s", m->what,
	    msg_mask(masked, sizeof masked, name), why);
	return -1;
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

/*
 * A directory where this layer implies one, instead of what n is in a lower
 * layer.  A symlink to a directory passes its attributes on.
 */
static struct node *
imply(struct layers *m, struct node *dir, struct node *n, const char *name)
{
	struct inode like = {.mode = S_IFDIR | 0755};
	const struct node *to;
	char path[TREE_PATH];

	if (n != NULL) {
		to = S_ISLNK(n->inode->mode)
		    ? tree_find(m->tree, tree_path(n, path))
		    : NULL;
		if (to != NULL && S_ISDIR(to->inode->mode))
			like = *to->inode;
		tree_remove(m->tree, n);
	}
	n = tree_add(m->tree, dir, name, NULL, like.mode);
	if (n == NULL)
		return NULL;
	n->inode->uid = like.uid;
	n->inode->gid = like.gid;
	n->layer = m->layer;
	n->implied = true;
	layers_note_first(&m->notes->implied, m->notes->implied_path,
	    &m->notes->implied_layer, n, m->layer);
	return n;
}

/* What is left of a name while its directory is looked for. */
struct rest {
	char text[2 * TARSCAN_NAME];
	unsigned int links;
};

static int
layers_follow_link(struct layers *m, struct rest *rest, const char *target,
    const char *p)
{
	char all[2 * TARSCAN_NAME];

	if (++rest->links > LINKS_MAX ||
	    strlen(target) + strlen(p) + 2 > sizeof all)
		return layers_refuse(m, m->entry->name, "too many symlinks");
	(void)stpcpy(stpcpy(stpcpy(all, target), "/"), p);
	memcpy(rest->text, all, strlen(all) + 1);
	return 0;
}

/* One component on the way to a directory: *dir moves on. */
static int
descend(struct layers *m, struct node **dir, const char *name,
    struct rest *rest)
{
	struct node *n = tree_child(m->tree, *dir, name, strlen(name));

	if (n != NULL && n->seen == m->layer && S_ISLNK(n->inode->mode)) {
		if (n->inode->target[0] == '/')
			*dir = m->tree->root;
		return layers_follow_link(m, rest, n->inode->target,
		    rest->text);
	}
	if (n != NULL && n->seen == m->layer && !S_ISDIR(n->inode->mode))
		return layers_refuse(m, m->entry->name,
		    "lies below something that is no directory");
	if (n == NULL || !S_ISDIR(n->inode->mode)) {
		n = imply(m, *dir, n, name);
	} else if (n->seen != m->layer) {
		layers_note_first(&m->notes->implied, m->notes->implied_path,
		    &m->notes->implied_layer, n, m->layer);
	}
	if (n == NULL)
		return -1;
	n->seen = m->layer;
	*dir = n;
	return 0;
}

/*
 * The directory of a cleaned name, made where the layer implies it, and the
 * last component in base.  NULL: reported.
 */
static struct node *
parent_of(struct layers *m, const char *name, char *base)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash != NULL ? slash + 1 : name;
	struct node *dir = m->tree->root;
	char part[NAME_LEN_MAX + 1];
	struct rest rest = {"", 0};
	size_t len;
	char *p;

	if (strlen(last) > NAME_LEN_MAX) {
		(void)layers_refuse(m, name, "name too long");
		return NULL;
	}
	memcpy(base, last, strlen(last) + 1);
	if (slash != NULL)
		memcpy(rest.text, name, (size_t)(slash - name));
	for (p = rest.text; *(p += strspn(p, "/")) != '\0'; p = rest.text) {
		len = strcspn(p, "/");
		if (len > NAME_LEN_MAX) {
			(void)layers_refuse(m, name, "name too long");
			return NULL;
		}
		memcpy(part, p, len);
		part[len] = '\0';
		(void)memmove(rest.text, p + len, strlen(p + len) + 1);
		if (strcmp(part, "..") == 0 && dir->parent != NULL)
			dir = dir->parent;
		if (strcmp(part, "..") == 0 || strcmp(part, ".") == 0)
			continue;
		if (descend(m, &dir, part, &rest) < 0)
			return NULL;
	}
	return dir;
}

/*
 * Remove what lower layers have below top, and keep what this one has.  Each
 * directory that stays is marked, so that no part of a tree is searched twice.
 */
static void
hide_below(struct layers *m, struct node *top)
{
	struct node *n, *next;

	if (top->opaque == m->layer)
		return;
	top->opaque = m->layer;
	for (n = top->child; n != NULL; n = next) {
		m->tree->steps++;
		if (n->seen != m->layer) {
			next = tree_skip(top, n);
			tree_remove(m->tree, n);
		} else if (n->opaque == m->layer) {
			next = tree_skip(top, n);
		} else {
			n->opaque = m->layer;
			next = tree_next(top, n);
		}
	}
}

/* ".wh.NAME" in dir */
static void
apply_whiteout(struct layers *m, struct node *dir, const char *base)
{
	const char *name = base + sizeof whiteout - 1;
	struct node *n;

	if (strcmp(base, opaque) == 0) {
		hide_below(m, dir);
		return;
	}
	n = tree_child(m->tree, dir, name, strlen(name));
	if (n == NULL)
		return;
	if (n->seen == m->layer)
		hide_below(m, n);
	else
		tree_remove(m->tree, n);
}

static mode_t
mode_of(const struct tarscan_entry *e)
{
	switch (e->type) {
	case TARSCAN_SYMLINK:
		return S_IFLNK | 0777;
	case TARSCAN_CHAR:
		return S_IFCHR | e->mode;
	case TARSCAN_BLOCK:
		return S_IFBLK | e->mode;
	case TARSCAN_DIR:
		return S_IFDIR | e->mode;
	case TARSCAN_FIFO:
		return S_IFIFO | e->mode;
	case TARSCAN_FILE:
	case TARSCAN_LINK:
		break;
	}
	return S_IFREG | e->mode;
}

/* The inode that a hard link names, or NULL, reported. */
static struct inode *
link_target(struct layers *m)
{
	struct tarscan_entry *e = m->entry;
	char base[NAME_LEN_MAX + 1];
	struct node *dir, *n;

	if (layers_clean_name(e->link) < 0) {
		(void)layers_refuse(m, e->name, "a hard link out of the image");
		return NULL;
	}
	dir = parent_of(m, e->link, base);
	if (dir == NULL)
		return NULL;
	n = tree_child(m->tree, dir, base, strlen(base));
	if (n == NULL || S_ISDIR(n->inode->mode)) {
		(void)layers_refuse(m, e->name,
		    n == NULL ? "a hard link to nothing"
		              : "a hard link to a directory");
		return NULL;
	}
	if (n->seen != m->layer)
		layers_note_first(&m->notes->far_links, m->notes->far_link_path,
		    &m->notes->far_link_layer, n, m->layer);
	return n->inode;
}

/* Attributes of the entry; a hard link leaves the mode as it is. */
static int
set_attributes(struct layers *m, struct node *n)
{
	const struct tarscan_entry *e = m->entry;
	struct inode *i = n->inode;

	n->layer = n->seen = m->layer;
	n->implied = false;
	i->uid = e->uid;
	i->gid = e->gid;
	i->mtime = e->mtime;
	if (e->type == TARSCAN_LINK)
		return 0;
	i->mode = mode_of(e);
	i->data = e->data;
	if (e->type != TARSCAN_SYMLINK)
		return 0;
	if (e->link[0] == '\0')
		return layers_refuse(m, e->name, "a symlink to nothing");
	i->target = strdup(e->link);
	if (i->target == NULL)
		msg_nomem();
	return i->target == NULL ? -1 : 0;
}

/* An entry that is no whiteout. */
static int
apply_entry(struct layers *m, struct node *dir, const char *base)
{
	struct tarscan_entry *e = m->entry;
	struct inode *shared = NULL;
	struct node *n = tree_child(m->tree, dir, base, strlen(base));

	if (n != NULL && n->layer == m->layer && !n->implied)
		layers_note_first(&m->notes->duplicates,
		    m->notes->duplicate_path, &m->notes->duplicate_layer, n,
		    m->layer);
	if (n != NULL && e->type == TARSCAN_DIR && S_ISDIR(n->inode->mode))
		return set_attributes(m, n);
	if (n != NULL)
		tree_remove(m->tree, n);
	if (e->type == TARSCAN_LINK) {
		shared = link_target(m);
		if (shared == NULL)
			return -1;
	}
	n = tree_add(m->tree, dir, base, shared, mode_of(e));
	return n == NULL ? -1 : set_attributes(m, n);
}

static int
apply(struct layers *m)
{
	struct tarscan_entry *e = m->entry;
	char base[NAME_LEN_MAX + 1];
	struct node *dir;

	if (layers_clean_name(e->name) < 0)
		return layers_refuse(m, e->name,
		    "a name that leaves the image");
	if (m->tree->steps > STEPS_MAX)
		return layers_refuse(m, e->name, "the image is too intricate");
	/* the root is the runtime's own: always 0755, of root */
	if (e->name[0] == '\0')
		return 0;
	if (strncmp(e->name, aufs, sizeof aufs - 1) == 0 &&
	    strcmp(e->name, opaque) != 0)
		return 0;
	dir = parent_of(m, e->name, base);
	if (dir == NULL)
		return -1;
	if (strncmp(base, whiteout, sizeof whiteout - 1) == 0) {
		apply_whiteout(m, dir, base);
		return 0;
	}
	return apply_entry(m, dir, base);
}

int
layers_apply(struct tree *t, const struct blob *b, unsigned int layer,
    const char *what, struct layers_notes *notes)
{
	struct tarscan scan = {b, what, 0};
	struct layers m = {t, notes, what, layer, NULL};
	int rc;

	m.entry = malloc(sizeof *m.entry);
	if (m.entry == NULL) {
		msg_nomem();
		return -1;
	}
	t->root->seen = layer;
	for (;;) {
		rc = tarscan_next(&scan, m.entry);
		if (rc <= 0 || apply(&m) < 0)
			break;
	}
	free(m.entry);
	return rc == 0 ? 0 : -1;
}
