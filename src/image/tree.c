/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file tree in memory: names, modes, owners, and where the data is.
 */
#include "image/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/msg.h"
#include "base/path.h"

enum {
	TABLE_MIN = 1 << 10, /* slots at the beginning */
	LINKS_MAX = 40, /* symlinks on the way, as in the kernel */
	NAME_LEN_MAX = 255
};

/* The slot of a name in dir. */
static size_t
tree_slot(const struct tree *t, const struct node *dir, const char *name,
    size_t len)
{
	return hash_bytes((uintptr_t)dir, name, len) & (t->n_table - 1);
}

static void
inode_drop(struct inode *i)
{
	if (i == NULL || --i->links > 0)
		return;
	free(i->target);
	free(i->acl);
	free(i);
}

int
tree_init(struct tree *t)
{
	*t = (struct tree){0};
	t->n_table = TABLE_MIN;
	t->table = calloc(t->n_table, sizeof(struct node *));
	t->root = calloc(1, sizeof *t->root + 1);
	if (t->root != NULL)
		t->root->inode = calloc(1, sizeof *t->root->inode);
	if (t->table == NULL || t->root == NULL || t->root->inode == NULL) {
		msg_nomem();
		tree_free(t);
		return -1;
	}
	t->root->inode->mode = S_IFDIR | 0755;
	t->root->inode->links = 1;
	t->n_nodes = 1;
	return 0;
}

void
tree_free(struct tree *t)
{
	struct node *n;

	if (t->root != NULL) {
		while ((n = t->root->child) != NULL)
			tree_remove(t, n);
		inode_drop(t->root->inode);
	}
	free(t->root);
	free(t->table);
	*t = (struct tree){0};
}

struct node *
tree_child(struct tree *t, const struct node *dir, const char *name, size_t len)
{
	struct node *n = t->table[tree_slot(t, dir, name, len)];

	t->steps++;
	for (; n != NULL; n = n->chain, t->steps++)
		if (n->parent == dir && n->len == len &&
		    memcmp(n->name, name, len) == 0)
			break;
	return n;
}

/* Twice the slots.  0, or -1 (reported). */
static int
tree_grow_table(struct tree *t)
{
	size_t n = t->n_table * 2, slot;
	struct node **table = calloc(n, sizeof(struct node *)), *at;

	if (table == NULL) {
		msg_nomem();
		return -1;
	}
	free(t->table);
	t->table = table;
	t->n_table = n;
	for (at = tree_next(t->root, t->root); at != NULL;
	     at = tree_next(t->root, at)) {
		slot = tree_slot(t, at->parent, at->name, at->len);
		at->chain = table[slot];
		table[slot] = at;
	}
	return 0;
}

struct node *
tree_add(struct tree *t, struct node *dir, const char *name,
    struct inode *shared, mode_t mode)
{
	size_t len = strlen(name), slot;
	struct node *n;

	if (t->n_nodes >= TREE_NODES_MAX) {
		msg_warn(0, "the image has more than %d entries",
		    TREE_NODES_MAX);
		return NULL;
	}
	if (len > NAME_LEN_MAX || dir->path_len + len + 2 > TREE_PATH) {
		msg_warn(0,
		    "the image has a name that is too long for file systems: longer than 255 bytes, or than 4095 with its path");
		return NULL;
	}
	if (t->n_nodes >= t->n_table && tree_grow_table(t) < 0)
		return NULL;
	n = calloc(1, sizeof *n + len + 1);
	if (n != NULL)
		n->inode = shared != NULL ? shared
		                          : calloc(1, sizeof *n->inode);
	if (n == NULL || n->inode == NULL) {
		msg_nomem();
		free(n);
		return NULL;
	}
	if (shared == NULL)
		n->inode->mode = mode;
	n->inode->links++;
	n->parent = dir;
	n->len = (unsigned short)len;
	n->path_len = (unsigned short)(dir->path_len + len + 1);
	memcpy(n->name, name, len + 1);
	n->next = dir->child;
	if (n->next != NULL)
		n->next->prev = n;
	dir->child = n;
	slot = tree_slot(t, dir, name, len);
	n->chain = t->table[slot];
	t->table[slot] = n;
	t->n_nodes++;
	return n;
}

/* Take a node without children out of the tree and free it. */
static void
drop(struct tree *t, struct node *n)
{
	struct node **p = &t->table[tree_slot(t, n->parent, n->name, n->len)];

	for (; *p != n; t->steps++)
		p = &(*p)->chain;
	*p = n->chain;
	if (n->prev != NULL)
		n->prev->next = n->next;
	else
		n->parent->child = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	inode_drop(n->inode);
	free(n);
	t->n_nodes--;
}

void
tree_remove(struct tree *t, struct node *n)
{
	struct node *at = n, *up;

	for (;;) {
		while (at->child != NULL)
			at = at->child;
		up = at->parent;
		t->steps++;
		if (at == n)
			break;
		drop(t, at);
		at = up;
	}
	drop(t, n);
}

struct node *
tree_skip(const struct node *top, const struct node *n)
{
	while (n != top && n->next == NULL)
		n = n->parent;
	return n == top ? NULL : n->next;
}

struct node *
tree_next(const struct node *top, const struct node *n)
{
	return n->child != NULL ? n->child : tree_skip(top, n);
}

static int
tree_compare_nodes(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

int
tree_sort(struct tree *t)
{
	struct node **all = calloc(t->n_nodes, sizeof(struct node *));
	struct node *dir, *n;
	size_t count, i;

	if (all == NULL) {
		msg_nomem();
		return -1;
	}
	for (dir = t->root; dir != NULL; dir = tree_next(t->root, dir)) {
		count = 0;
		for (n = dir->child; n != NULL; n = n->next)
			all[count++] = n;
		qsort(all, count, sizeof(struct node *), tree_compare_nodes);
		for (i = 0; i < count; i++) {
			all[i]->prev = i > 0 ? all[i - 1] : NULL;
			all[i]->next = i + 1 < count ? all[i + 1] : NULL;
		}
		if (count > 0)
			dir->child = all[0];
	}
	free(all);
	return 0;
}

char *
tree_path(const struct node *n, char *path)
{
	size_t at = TREE_PATH - 1;

	path[at] = '\0';
	if (n->parent == NULL)
		return memcpy(path, ".", sizeof ".");
	for (; n->parent != NULL && at > n->len; n = n->parent) {
		at -= n->len;
		memcpy(path + at, n->name, n->len);
		if (n->parent->parent != NULL)
			path[--at] = '/';
	}
	return memmove(path, path + at, TREE_PATH - at);
}

void
tree_drop_whiteouts(struct tree *t, struct node *dir)
{
	struct node *n, *next;

	for (n = dir->whiteouts ? dir->child : NULL; n != NULL; n = next) {
		next = n->next;
		t->steps++;
		if (n->inode->whiteout)
			tree_remove(t, n);
	}
	dir->whiteouts = false;
}

/* Copy size bytes into *to, whose old ones are freed.  0, or -1 (reported). */
static int
tree_keep(struct tree *t, void **to, const void *from, size_t size)
{
	void *copy;

	if (size > TREE_TARGETS_MAX - t->targets) {
		msg_warn(0,
		    "the targets of the symlinks have more than %d MiB together, ACLs included: too much for a bundle",
		    TREE_TARGETS_MAX >> 20);
		return -1;
	}
	copy = malloc(size);
	if (copy == NULL) {
		msg_nomem();
		return -1;
	}
	memcpy(copy, from, size);
	free(*to);
	*to = copy;
	t->targets += size;
	return 0;
}

int
tree_set_target(struct tree *t, struct inode *i, const char *target)
{
	void *to = i->target;
	int ret = tree_keep(t, &to, target, strlen(target) + 1);

	i->target = to;
	return ret;
}

int
tree_set_acl(struct tree *t, struct inode *i, const unsigned char *acl,
    size_t len)
{
	void *to = i->acl;

	if (len > 0 && tree_keep(t, &to, acl, len) < 0)
		return -1;
	i->acl = to;
	i->acl_len = len;
	return 0;
}

/* Make what dir does not have. */
static struct node *
tree_make_child(struct tree *t, struct node *dir, const char *name, mode_t mode)
{
	struct node *n;

	/*
	 * overlayfs copies the directory and all above it up, which merges
	 * them, and their whiteouts are not listed any more
	 */
	for (n = dir; n != NULL; n = n->parent) {
		n->merged = true;
		tree_drop_whiteouts(t, n);
	}
	n = tree_add(t, dir, name, NULL, mode);
	if (n == NULL)
		errno = ENOMEM;
	return n;
}

/* tree_make; with `link` the last symlink is not followed. */
static struct node *
tree_walk(struct tree *t, const char *path, mode_t mode, bool link)
{
	char rest[2 * TREE_PATH], all[2 * TREE_PATH], name[NAME_LEN_MAX + 1];
	struct node *at = t->root, *n;
	const char *p = rest, *target;
	size_t len = strlen(path);
	unsigned int links = 0;

	errno = ENAMETOOLONG;
	if (len >= TREE_PATH)
		return NULL;
	memcpy(rest, path, len + 1);
	while (*(p += strspn(p, "/")) != '\0') {
		len = strcspn(p, "/");
		errno = ENAMETOOLONG;
		if (len > NAME_LEN_MAX)
			return NULL;
		memcpy(name, p, len);
		name[len] = '\0';
		p += len;
		t->steps++;
		if (path_is_dots(name)) {
			if (len == 2 && at->parent != NULL)
				at = at->parent;
			continue;
		}
		errno = ENOTDIR;
		if (!S_ISDIR(at->inode->mode))
			return NULL;
		n = tree_child(t, at, name, len);
		if (n != NULL && n->inode->whiteout && t->hides_whiteouts)
			n = NULL;
		errno = ENOENT;
		if (n == NULL && mode != 0)
			n = tree_make_child(t, at, name,
			    p[strspn(p, "/")] == '\0' ? mode : S_IFDIR | 0755);
		if (n == NULL)
			return NULL;
		if (!S_ISLNK(n->inode->mode) ||
		    (link && p[strspn(p, "/")] == '\0')) {
			at = n;
			continue;
		}
		target = n->inode->target;
		errno = ELOOP;
		if (target == NULL || ++links > LINKS_MAX ||
		    strlen(target) + strlen(p) + 2 > sizeof all)
			return NULL;
		if (*target == '/')
			at = t->root;
		stpcpy(stpcpy(stpcpy(all, target), "/"), p);
		p = strcpy(rest, all);
	}
	return at;
}

struct node *
tree_find(struct tree *t, const char *path)
{
	return tree_walk(t, path, 0, false);
}

struct node *
tree_find_link(struct tree *t, const char *path)
{
	return tree_walk(t, path, 0, true);
}

struct node *
tree_make(struct tree *t, const char *path, mode_t mode)
{
	return tree_walk(t, path, mode, false);
}
