/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer of an image, unpacked into a tree of its own, the way a container
 * runtime unpacks it into a directory for overlayfs: whiteouts become
 * character devices 0:0, opaque marks an attribute.
 */
#include "image/extract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/msg.h"
#include "base/path.h"
#include "image/acl.h"

enum {
	GO_LINKS_MAX = 255, /* symlinks that containerd follows in one name */
	NAME_LEN_MAX = 255,
	TARGET_MAX = 4095, /* bytes of a symlink's target, symlink(2) */
	/*
	 * Of a path in a layer.  The store's own path is in front of it:
	 * /var/lib/containers/storage/overlay/<64>/diff has 104 bytes.
	 */
	PATH_LEN_MAX = 4095 - 104
};

/* Look-ups and removals in one layer: a minute of work at most. */
#define STEPS_MAX (UINT64_C(1) << 27)

/* OCI image-spec, layer.md, "Whiteouts" */
static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";

/* A name, split: its directory, and its name there. */
struct place {
	struct node *dir; /* NULL: refused, or nothing to do */
	const char *base;
	bool in_file; /* its parent exists, but is not a directory */
};

/* A path that is followed, as text from "/" on, in the end without symlinks. */
struct way {
	char text[2 * TREE_PATH];
	const struct node *at; /* the last thing on it that is there */
	bool whole; /* and it is the end of it */
	uint64_t steps; /* work done on it */
};

static int
extract_refuse_path(struct extract *x, const char *path, const char *code,
    const char *answer)
{
	size_t len = strlen(path);

	if (x->refusal->code != NULL)
		return 0;
	x->refusal->code = code;
	x->refusal->answer = answer;
	if (len >= TREE_PATH)
		len = TREE_PATH - 1;
	memcpy(x->refusal->path, path, len);
	x->refusal->path[len] = '\0';
	return 0;
}

static int
extract_refuse(struct extract *x, const struct tarscan_entry *e,
    const char *code, const char *answer)
{
	return extract_refuse_path(x, e->name, code, answer);
}

/* The kernel answers err for a name whose path ends at n. */
static int
extract_refuse_way(struct extract *x, const struct tarscan_entry *e, int err,
    const struct node *n)
{
	if (err == ELOOP)
		return extract_refuse(x, e, "symlink-loop",
		    "too many levels of symbolic links");
	if (err == ENAMETOOLONG)
		return extract_refuse(x, e, "name-too-long",
		    "file name too long");
	if (n != NULL && n->inode->whiteout)
		return extract_refuse(x, e, "whiteout-of-parent",
		    "not a directory");
	return extract_refuse(x, e, "entry-below-file", "not a directory");
}

/* Remove n; its directories with an entry get their times in the end. */
static int
extract_remove(struct extract *x, struct node *n)
{
	struct extract_gone *gone;
	struct node *d;
	char path[TREE_PATH];

	for (d = n; d != NULL; d = tree_next(n, d)) {
		if (!S_ISDIR(d->inode->mode) || d->implied)
			continue;
		if ((x->n_gone & (x->n_gone - 1)) == 0) {
			gone = reallocarray(x->gone,
			    x->n_gone > 0 ? 2 * x->n_gone : 1, sizeof *gone);
			if (gone == NULL)
				goto nomem;
			x->gone = gone;
		}
		gone = &x->gone[x->n_gone];
		gone->mtime = d->inode->mtime;
		gone->path = strdup(tree_path(d, path));
		if (gone->path == NULL)
			goto nomem;
		x->n_gone++;
	}
	tree_remove(&x->tree, n);
	return 0;

nomem:
	msg_nomem();
	return -1;
}

/* ------------------------------------------------------------------ names */

/* Make text of n[0..len) as an absolute, clean path.  0, or ENAMETOOLONG. */
static int
way_set(struct way *w, const char *name, size_t len)
{
	if (len + 2 > sizeof w->text)
		return ENAMETOOLONG;
	w->text[0] = '/';
	memcpy(w->text + 1, name, len);
	w->text[len + 1] = '\0';
	path_clean_go(w->text);
	return 0;
}

/* Put the target of the link n where it is, at..at+len of the text. */
static int
way_replace(struct way *w, const struct node *n, size_t at, size_t len)
{
	const char *target = n->inode->target;
	char all[2 * TREE_PATH];
	size_t prefix = target[0] == '/' ? 0 : at;
	size_t rest = strlen(w->text + at + len);

	if (prefix + strlen(target) + rest + 2 > sizeof all)
		return ENAMETOOLONG;
	memcpy(all, w->text, prefix);
	(void)stpcpy(stpcpy(all + prefix, target), w->text + at + len);
	w->steps += (prefix + strlen(target) + rest) / 8;
	return way_set(w, all, strlen(all));
}

/*
 * Follow all links on the way in t, as containerd does before it touches a
 * file (continuity's fs.RootPath): ".." goes up in the text, and what is not
 * there stays as it is.  Returns 0, or what the kernel would say.
 */
static int
way_follow(struct tree *t, struct way *w)
{
	unsigned int links = 0;
	const struct node *n;
	size_t at = 1, len;
	int err;

	w->at = t->root;
	w->whole = false;
	while (w->text[at] != '\0') {
		w->steps++;
		len = strcspn(w->text + at, "/");
		if (len > NAME_LEN_MAX || at + len > PATH_LEN_MAX)
			return ENAMETOOLONG;
		if (!S_ISDIR(w->at->inode->mode))
			return ENOTDIR;
		n = tree_child(t, w->at, w->text + at, len);
		if (n == NULL)
			return 0;
		if (S_ISLNK(n->inode->mode)) {
			if (++links > GO_LINKS_MAX)
				return ELOOP;
			err = way_replace(w, n, at, len);
			if (err != 0)
				return err;
			w->at = t->root;
			at = 1;
			continue;
		}
		w->at = n;
		at += len + (w->text[at + len] == '/');
	}
	w->whole = true;
	return 0;
}

/* ------------------------------------------------------------- containerd */

/* A directory that the layer has no entry for.  NULL (reported): no memory. */
static struct node *
extract_imply(struct extract *x, struct node *dir, const char *name, size_t len)
{
	char text[NAME_LEN_MAX + 1];
	struct node *n;

	memcpy(text, name, len);
	text[len] = '\0';
	n = tree_add(&x->tree, dir, text, NULL, S_IFDIR | 0755);
	if (n != NULL)
		n->implied = true;
	return n;
}

/*
 * The attributes of an implied directory: those of the first layer below that
 * has something there.  path[0..len) is clean and has a slash in front.
 */
static int
extract_inherit(struct extract *x, const struct tarscan_entry *e,
    struct node *dir, const char *path, size_t len)
{
	struct way *w = calloc(1, sizeof *w);
	unsigned int i = x->n_lower;
	struct tree *t;
	int err = 0, ret = 0;

	if (w == NULL) {
		msg_nomem();
		return -1;
	}
	while (i-- > 0) {
		t = &x->lower[i];
		err = way_set(w, path, len);
		if (err == 0)
			err = way_follow(t, w);
		x->tree.steps += len / 2 + 1 + w->steps;
		w->steps = 0;
		if (err != 0 || w->whole)
			break;
	}
	if (err == ENOTDIR) {
		(void)extract_refuse(x, e, "implied-below-file",
		    "not a directory");
	} else if (err != 0) {
		(void)extract_refuse_way(x, e, err, NULL);
	} else if (i < x->n_lower && S_ISDIR(w->at->inode->mode)) {
		dir->inode->mode = w->at->inode->mode;
		dir->inode->uid = w->at->inode->uid;
		dir->inode->gid = w->at->inode->gid;
		ret = tree_set_acl(&x->tree, dir->inode, w->at->inode->acl,
		    w->at->inode->acl_len);
	}
	free(w);
	return ret;
}

/* Make the directory of a path without symlinks; or NULL in *dir. */
static int
containerd_parent(struct extract *x, const struct tarscan_entry *e,
    const char *text, struct node **dir)
{
	struct node *at = x->tree.root, *n;
	const char *p = text;
	size_t len;

	*dir = NULL;
	while (*(p += strspn(p, "/")) != '\0') {
		len = strcspn(p, "/");
		if (len > NAME_LEN_MAX || p + len - text > PATH_LEN_MAX)
			return extract_refuse_way(x, e, ENAMETOOLONG, NULL);
		n = tree_child(&x->tree, at, p, len);
		if (n != NULL && !S_ISDIR(n->inode->mode))
			return extract_refuse_way(x, e, ENOTDIR, n);
		if (n == NULL) {
			n = extract_imply(x, at, p, len);
			if (n == NULL)
				return -1;
			if (x->n_lower > 0 &&
			    extract_inherit(x, e, n, text,
			        (size_t)(p + len - text)) < 0)
				return -1;
			if (x->refusal->code != NULL)
				return 0;
		}
		at = n;
		p += len;
	}
	*dir = at;
	return 0;
}

static int
containerd_place(struct extract *x, struct tarscan_entry *e,
    struct place *place)
{
	const char *slash = strrchr(e->name, '/');
	struct way *w;
	int err, ret = 0;

	place->dir = NULL;
	place->base = slash != NULL ? slash + 1 : e->name;
	/* the root is the runtime's own, and stays as it is */
	if (strcmp(place->base, "") == 0 || strcmp(place->base, ".") == 0 ||
	    strcmp(place->base, "..") == 0)
		return 0;
	w = calloc(1, sizeof *w);
	if (w == NULL) {
		msg_nomem();
		return -1;
	}
	err = way_set(w, e->name, (size_t)(place->base - e->name));
	if (err == 0)
		err = way_follow(&x->tree, w);
	x->tree.steps += w->steps;
	if (err != 0)
		(void)extract_refuse_way(x, e, err, w->at);
	else
		ret = containerd_parent(x, e, w->text, &place->dir);
	free(w);
	return ret;
}

/* Remove everything below dir for which the layer has no entry. */
static int
containerd_clear(struct extract *x, struct node *dir)
{
	struct node *n, *next;

	for (n = dir->child; n != NULL; n = next) {
		x->tree.steps++;
		if (n->implied) {
			next = tree_skip(dir, n);
			if (extract_remove(x, n) < 0)
				return -1;
		} else {
			next = tree_next(dir, n);
		}
	}
	return 0;
}

/* The lowest layer is not an overlay: a whiteout there deletes at once. */
static int
containerd_delete(struct extract *x, const struct place *p)
{
	const char *name = p->base + sizeof whiteout - 1;
	struct node *n;

	if (strcmp(p->base, opaque) == 0)
		return containerd_clear(x, p->dir);
	n = tree_child(&x->tree, p->dir, name, strlen(name));
	return n != NULL ? extract_remove(x, n) : 0;
}

/* ----------------------------------------------------------------- podman */

/* The link or file that path[0..len) names, without following its last link. */
static struct node *
podman_lstat(struct extract *x, const char *path, size_t len)
{
	char text[TARSCAN_NAME + 1];
	const char *base;
	struct node *dir;

	if (len >= sizeof text)
		return NULL;
	memcpy(text, path, len);
	text[len] = '\0';
	base = strrchr(text, '/');
	if (base == NULL) {
		base = text;
		dir = x->tree.root;
	} else {
		text[base - text] = '\0';
		dir = tree_find(&x->tree, text);
		base++;
	}
	if (dir == NULL || !S_ISDIR(dir->inode->mode))
		return NULL;
	return tree_child(&x->tree, dir, base, strlen(base));
}

/* mkdir -p path[0..len).  The node, or NULL, refused; -1: no memory. */
static int
podman_mkdir(struct extract *x, const struct tarscan_entry *e, const char *path,
    struct node **dir)
{
	char text[TARSCAN_NAME + 1];
	struct node *at = x->tree.root, *n;
	const char *p = path;
	size_t len;

	*dir = NULL;
	while (*p != '\0') {
		len = strcspn(p, "/");
		memcpy(text, path, (size_t)(p + len - path));
		text[p + len - path] = '\0';
		n = tree_find(&x->tree, text);
		if (n == NULL && errno != ENOENT)
			return extract_refuse_way(x, e, errno, NULL);
		if (n != NULL && !S_ISDIR(n->inode->mode))
			return extract_refuse_way(x, e, ENOTDIR, n);
		if (n == NULL &&
		    podman_lstat(x, path, (size_t)(p + len - path)) != NULL)
			return extract_refuse(x, e, "symlink-dangling",
			    "file exists");
		if (n == NULL)
			n = extract_imply(x, at, p, len);
		if (n == NULL)
			return -1;
		at = n;
		p += len + (p[len] == '/');
	}
	*dir = at;
	return 0;
}

/*
 * Where the kernel puts a clean name in a chroot.  *err is what it says where
 * place->dir is NULL and nothing was refused.
 */
static int
podman_place(struct extract *x, struct tarscan_entry *e, struct place *place,
    int *err)
{
	char text[TARSCAN_NAME + 1];
	const char *base = strrchr(e->name, '/');
	struct node *dir;

	*err = 0;
	place->in_file = false;
	place->dir = x->tree.root;
	place->base = base != NULL ? base + 1 : e->name;
	if (base == NULL || base == e->name)
		return 0;
	memcpy(text, e->name, (size_t)(base - e->name));
	text[base - e->name] = '\0';
	dir = tree_find(&x->tree, text);
	place->dir = NULL;
	if (dir != NULL && S_ISDIR(dir->inode->mode)) {
		place->dir = dir;
	} else if (dir != NULL) {
		*err = ENOTDIR;
		place->in_file = true;
	} else if (errno != ENOENT) {
		*err = errno;
	} else if (podman_lstat(x, text, strlen(text)) != NULL) {
		*err = ENOENT;
	} else {
		return podman_mkdir(x, e, text, &place->dir);
	}
	return 0;
}

static int
grow_names(struct extract *x)
{
	size_t room = x->room == 0 ? 256 : 2 * x->room, i, at;
	uint64_t *names = calloc(room, sizeof *names);

	if (names == NULL) {
		msg_nomem();
		return -1;
	}
	for (i = 0; i < x->room; i++) {
		if (x->names[i] == 0)
			continue;
		for (at = x->names[i] >> 8 & (room - 1); names[at] != 0;)
			at = (at + 1) & (room - 1);
		names[at] = x->names[i];
	}
	free(x->names);
	x->names = names;
	x->room = room;
	return 0;
}

/*
 * The storage library keeps the names of a layer, and takes each of them once.
 * That two have the same hash is too unlikely.
 */
static int
podman_once(struct extract *x, const struct tarscan_entry *e)
{
	uint64_t h = hash_bytes(0, e->name, strlen(e->name)) | 1;
	size_t at;

	if (x->n_names >= x->room / 2 && grow_names(x) < 0)
		return -1;
	for (at = h >> 8 & (x->room - 1); x->names[at] != 0;
	     at = (at + 1) & (x->room - 1), x->tree.steps++)
		if (x->names[at] == h)
			return extract_refuse(x, e, "duplicate-entry",
			    "duplicates of file paths not supported");
	x->names[at] = h;
	x->n_names++;
	return 0;
}

/* ------------------------------------------------------------------- both */

/* ".wh.NAME": a device takes NAME's place; nothing may be there. */
static int
extract_whiteout(struct extract *x, const struct tarscan_entry *e,
    const struct place *p)
{
	const char *name = p->base + sizeof whiteout - 1;
	struct node *n;

	if (strcmp(p->base, opaque) == 0) {
		p->dir->opaque = true;
		return 0;
	}
	if (strlen(name) > NAME_LEN_MAX)
		return extract_refuse_way(x, e, ENAMETOOLONG, NULL);
	if (tree_child(&x->tree, p->dir, name, strlen(name)) != NULL)
		return extract_refuse(x, e, "whiteout-after-entry",
		    "file exists");
	n = tree_add(&x->tree, p->dir, name, NULL, S_IFCHR);
	if (n == NULL)
		return -1;
	n->inode->whiteout = true;
	return 0;
}

/* Is it a whiteout without a name: ".wh.", ".wh..", ".wh..."? */
static bool
is_nameless(const char *base)
{
	const char *name = base + sizeof whiteout - 1;

	return *name == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0;
}

/* The target of a hard link where a runtime looks for it, or NULL and errno. */
static struct node *
find_target(struct extract *x, struct tree *t, const char *link)
{
	const char *slash = strrchr(link, '/');
	size_t len = slash != NULL ? (size_t)(slash + 1 - link) : 0;
	struct node *dir = NULL;
	struct way *w = calloc(1, sizeof *w);
	int err;

	if (w == NULL) {
		msg_nomem();
		errno = ENOMEM;
		return NULL;
	}
	if (x->runtime == EXTRACT_PODMAN) {
		err = way_set(w, link, strlen(link));
		if (err == 0 && strlen(w->text) < TARSCAN_NAME)
			dir = strcmp(w->text, "/") == 0
			    ? t->root
			    : podman_lstat(x, w->text + 1, strlen(w->text + 1));
		free(w);
		errno = ENOENT;
		return dir;
	}
	err = way_set(w, link, len);
	if (err == 0)
		err = way_follow(t, w);
	x->tree.steps += w->steps;
	len = strlen(w->text);
	if (err == 0 && len + strlen(link) + 2 < sizeof w->text) {
		w->text[len] = '/';
		memcpy(w->text + len + 1, slash != NULL ? slash + 1 : link,
		    strlen(slash != NULL ? slash + 1 : link) + 1);
		path_clean_go(w->text);
		dir = strcmp(w->text, "/") == 0
		    ? t->root
		    : podman_lstat(x, w->text + 1, strlen(w->text + 1));
	}
	free(w);
	errno = err != 0 ? err : ENOENT;
	return dir;
}

/* Is there a file of the link's target in a lower layer? */
static bool
is_far(struct extract *x, const char *link)
{
	const struct node *n = x->below == NULL || strlen(link) >= TREE_PATH
	    ? NULL
	    : tree_find(x->below, link);

	return n != NULL && !S_ISDIR(n->inode->mode);
}

static int
extract_link(struct extract *x, const struct tarscan_entry *e,
    struct inode **shared)
{
	const struct node *n = find_target(x, &x->tree, e->link);

	if (n == NULL && errno == ENOMEM)
		return -1;
	if (n == NULL && errno != ENOENT)
		return extract_refuse_way(x, e, errno, NULL);
	if (n == NULL)
		return extract_refuse(x, e,
		    is_far(x, e->link) ? "hard-link-across-layers"
		                       : "hard-link-to-nothing",
		    "no such file or directory");
	if (S_ISDIR(n->inode->mode))
		return extract_refuse(x, e, "hard-link-to-directory",
		    "operation not permitted");
	*shared = n->inode;
	return 0;
}

static mode_t
extract_mode(const struct tarscan_entry *e)
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
	case TARSCAN_GLOBAL:
		break;
	}
	return S_IFREG | e->mode;
}

/* What is wrong with the extended attributes, for an inode of this type. */
static int
extract_xattrs(struct extract *x, const struct tarscan_entry *e, struct node *n)
{
	bool plain = S_ISREG(n->inode->mode) || S_ISDIR(n->inode->mode);

	if (e->xattrs.bad)
		return extract_refuse(x, e, "attribute-refused",
		    "invalid argument");
	if (x->runtime != EXTRACT_PODMAN)
		return 0;
	/* containerd leaves both out */
	if (e->xattrs.user && !plain)
		return extract_refuse(x, e, "attribute-refused",
		    "operation not permitted");
	n->opaque = n->opaque || (e->xattrs.opaque && S_ISDIR(n->inode->mode));
	return 0;
}

static int
extract_acl(struct extract *x, const struct tarscan_entry *e, struct inode *i)
{
	unsigned char bytes[ACL_MAX];
	const struct blob *b = &e->xattrs.acl;

	if (b->len == 0 || b->len > sizeof bytes || S_ISLNK(i->mode))
		return 0;
	if (blob_read(b, 0, bytes, b->len) != (ssize_t)b->len) {
		msg_warn(errno, "read an ACL of a layer");
		return -1;
	}
	return tree_set_acl(&x->tree, i, bytes, b->len);
}

/* Owner, mode and time: a hard link's are set on the file, too. */
static int
extract_set(struct extract *x, const struct tarscan_entry *e, struct node *n)
{
	struct inode *i = n->inode;
	bool link = e->type == TARSCAN_LINK;

	n->implied = false;
	if (e->uid != (uid_t)-1) /* chown(2) leaves it */
		i->uid = e->uid;
	if (e->gid != (gid_t)-1)
		i->gid = e->gid;
	if (!S_ISLNK(i->mode))
		i->mode = (i->mode & S_IFMT) | e->mode;
	/* podman leaves a symlink as it is when it gets another name */
	if (!link || !S_ISLNK(i->mode) || x->runtime != EXTRACT_PODMAN)
		i->mtime = e->mtime;
	if (extract_acl(x, e, i) < 0)
		return -1;
	return extract_xattrs(x, e, n);
}

/* A new name that is not a hard link. */
static int
extract_fill(struct extract *x, const struct tarscan_entry *e, struct node *n)
{
	n->inode->data = e->data;
	n->inode->whiteout = e->whiteout;
	if (e->type != TARSCAN_SYMLINK)
		return 0;
	return tree_set_target(&x->tree, n->inode, e->link);
}

/* May an entry of this kind be made at all?  Refuses, or returns true. */
static bool
is_known(struct extract *x, const struct tarscan_entry *e)
{
	static const char known[] = "0123456";

	if (e->type != TARSCAN_GLOBAL && strchr(known, (int)e->type) == NULL)
		(void)extract_refuse(x, e, "entry-type-unknown",
		    "unhandled tar header type");
	else if (e->type == TARSCAN_SYMLINK && e->link[0] == '\0')
		(void)extract_refuse(x, e, "symlink-to-nothing",
		    "no such file or directory");
	else if (e->type == TARSCAN_SYMLINK && strlen(e->link) > TARGET_MAX)
		(void)extract_refuse_way(x, e, ENAMETOOLONG, NULL);
	return x->refusal->code == NULL;
}

/* An entry that is not a whiteout. */
static int
extract_put(struct extract *x, struct tarscan_entry *e, const struct place *p)
{
	struct inode *shared = NULL;
	struct node *n;

	if (strlen(p->base) > NAME_LEN_MAX ||
	    p->dir->path_len + strlen(p->base) > PATH_LEN_MAX)
		return extract_refuse_way(x, e, ENAMETOOLONG, NULL);
	n = tree_child(&x->tree, p->dir, p->base, strlen(p->base));
	if (n != NULL && e->type == TARSCAN_DIR && S_ISDIR(n->inode->mode))
		return extract_set(x, e, n);
	if (n != NULL && extract_remove(x, n) < 0)
		return -1;
	if (!is_known(x, e) || e->type == TARSCAN_GLOBAL)
		return 0;
	if (e->type == TARSCAN_LINK && extract_link(x, e, &shared) < 0)
		return -1;
	if (x->refusal->code != NULL)
		return 0;
	n = tree_add(&x->tree, p->dir, p->base, shared, extract_mode(e));
	if (n == NULL)
		return -1;
	if (shared == NULL && extract_fill(x, e, n) < 0)
		return -1;
	return extract_set(x, e, n);
}

static int
containerd_entry(struct extract *x, struct tarscan_entry *e)
{
	struct place p;

	if (containerd_place(x, e, &p) < 0)
		return -1;
	if (p.dir == NULL)
		return 0;
	if (strncmp(p.base, whiteout, sizeof whiteout - 1) != 0)
		return extract_put(x, e, &p);
	if (is_nameless(p.base))
		return extract_refuse(x, e, "whiteout-name",
		    "invalid whiteout name");
	if (x->n_lower > 0)
		return extract_whiteout(x, e, &p);
	return containerd_delete(x, &p);
}

/* The place that ".wh.", ".wh.." or ".wh..." names: the directory, or above. */
static bool
nameless_is_there(struct extract *x, const struct tarscan_entry *e,
    const struct place *p)
{
	size_t len = p->base > e->name ? (size_t)(p->base - e->name - 1) : 0;

	if (strcmp(p->base + sizeof whiteout - 1, "..") == 0)
		while (len > 0 && e->name[--len] != '/')
			;
	return len == 0 || podman_lstat(x, e->name, len) != NULL;
}

static int
podman_entry(struct extract *x, struct tarscan_entry *e)
{
	bool is_whiteout;
	struct place p;
	int err;

	if (podman_once(x, e) < 0)
		return -1;
	if (x->refusal->code != NULL)
		return 0;
	/* as in a chroot */
	while (strncmp(e->name, "../", 3) == 0)
		(void)memmove(e->name, e->name + 3, strlen(e->name) - 2);
	if (strcmp(e->name, ".") == 0)
		return 0;
	if (strcmp(e->name, "..") == 0 || strcmp(e->name, "/") == 0) {
		/* unlike ".", this is the root's own */
		x->root_set = x->root_set || e->type == TARSCAN_DIR;
		return e->type == TARSCAN_DIR ? extract_set(x, e, x->tree.root)
		                              : 0;
	}
	if (podman_place(x, e, &p, &err) < 0)
		return -1;
	if (p.dir == NULL && err == 0)
		return 0; /* refused */
	is_whiteout = strncmp(p.base, whiteout, sizeof whiteout - 1) == 0;
	if (is_whiteout && is_nameless(p.base) && nameless_is_there(x, e, &p))
		return extract_refuse(x, e, "whiteout-name", "file exists");
	/* a file takes the attribute of an opaque directory, too */
	if (is_whiteout && err == ENOTDIR &&
	    (p.in_file || strcmp(p.base, opaque) != 0))
		return 0;
	if (err != 0 && e->type == TARSCAN_GLOBAL)
		return 0; /* nothing is made of it */
	if (err == ENOENT)
		return extract_refuse(x, e, "symlink-dangling",
		    "no such file or directory");
	if (err != 0)
		return extract_refuse_way(x, e, err,
		    podman_lstat(x, e->name, (size_t)(p.base - e->name - 1)));
	if (!is_whiteout)
		return extract_put(x, e, &p);
	return extract_whiteout(x, e, &p);
}

int
extract_begin(struct extract *x)
{
	x->names = NULL;
	x->n_names = x->room = 0;
	return tree_init(&x->tree);
}

int
extract_entry(struct extract *x, struct tarscan_entry *e)
{
	char masked[MSG_NAME];

	if (x->tree.steps > STEPS_MAX) {
		msg_warn(0,
		    "%s: the layers of the image are too complex to check",
		    msg_mask(masked, sizeof masked, e->name));
		return -1;
	}
	if (x->refusal->code != NULL)
		return 0;
	path_clean_go(e->name);
	if (e->cut)
		return extract_refuse_way(x, e, ENAMETOOLONG, NULL);
	return x->runtime == EXTRACT_PODMAN ? podman_entry(x, e)
	                                    : containerd_entry(x, e);
}

/*
 * Set the time of a directory that had an entry, as both runtimes do at the
 * end, by its name: if something else has taken its place, that gets the time,
 * or the target if it is a symlink.  Returns 0, or -1, reported, like
 * extract_entry.
 */
static int
extract_set_gone(struct extract *x, const struct extract_gone *gone)
{
	const struct node *n = NULL;
	struct way *w;

	if (x->runtime == EXTRACT_PODMAN) {
		n = tree_find(&x->tree, gone->path);
	} else {
		w = malloc(sizeof *w);
		if (w == NULL) {
			msg_nomem();
			return -1;
		}
		w->steps = 0;
		if (way_set(w, gone->path, strlen(gone->path)) == 0 &&
		    way_follow(&x->tree, w) == 0 && w->whole)
			n = w->at;
		free(w);
	}
	if (n == NULL)
		return extract_refuse_path(x, gone->path, "directory-removed",
		    "no such file or directory");
	n->inode->mtime = gone->mtime;
	return 0;
}

int
extract_finish(struct extract *x)
{
	size_t i;

	for (i = 0; i < x->n_gone && x->refusal->code == NULL; i++)
		if (extract_set_gone(x, &x->gone[i]) < 0)
			return -1;
	return 0;
}

void
extract_end(struct extract *x)
{
	size_t i;

	for (i = 0; i < x->n_gone; i++)
		free(x->gone[i].path);
	free(x->gone);
	x->gone = NULL;
	x->n_gone = 0;
	free(x->names);
	x->names = NULL;
	x->room = 0;
}
