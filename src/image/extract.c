/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer of an image, unpacked into a tree of its own, the way a container
 * runtime unpacks it into a directory for overlayfs: whiteouts become
 * character devices 0:0, opaque marks an attribute.
 */
#include "image/extract.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
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

/* Look-ups and removals in one layer, for both runtimes: a minute of work at
 * most. */
#define STEPS_MAX (UINT64_C(11) << 24)

/* OCI image-spec, layer.md, "Whiteouts" */
static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";

/* Which runtimes something is about: a bit for each. */
enum {
	CONTAINERD = 1 << EXTRACT_CONTAINERD,
	PODMAN = 1 << EXTRACT_PODMAN,
	BOTH = CONTAINERD | PODMAN
};

/* A path that is followed, as text from "/" on, in the end without symlinks. */
struct way {
	char text[2 * TREE_PATH];
	struct node *at; /* the last thing on it that is there */
	bool whole; /* and it is the end of it */
};

/* Has this runtime taken all so far? */
static bool
takes(const struct extract *x, enum extract_runtime runtime)
{
	return x->refusals[runtime].code == NULL;
}

bool
extract_is_over(const struct extract *x)
{
	return !takes(x, EXTRACT_CONTAINERD) && !takes(x, EXTRACT_PODMAN);
}

void
extract_note(struct extract_note *note, const char *path, unsigned int layer)
{
	if (note->n++ > 0)
		return;
	note->layer = layer;
	snprintf(note->path, sizeof note->path, "%s", path);
}

/* What is at n now, podman has not so, as long as both take the layer. */
static void
extract_differ(struct extract *x, const struct node *n)
{
	char path[TREE_PATH];

	if (takes(x, EXTRACT_CONTAINERD) && takes(x, EXTRACT_PODMAN))
		extract_note(x->differ, tree_path(n, path), x->n_lower + 1);
}

/* Runtimes do not take the entry called path. */
static void
extract_refuse(struct extract *x, unsigned int who, const char *path,
    const char *code, const char *answer)
{
	struct extract_refusal *r = x->refusals;
	int i;

	for (i = 0; i < EXTRACT_RUNTIMES; i++, r++) {
		if (!(who >> i & 1) || r->code != NULL)
			continue;
		r->code = code;
		r->answer = answer;
		r->layer = x->n_lower + 1;
		snprintf(r->path, sizeof r->path, "%s", path);
	}
}

/* The kernel answers err for a name whose path ends at n. */
static void
extract_refuse_way(struct extract *x, unsigned int who, const char *path,
    int err, const struct node *n)
{
	const char *code = "entry-below-file", *answer = "not a directory";

	if (err == ELOOP) {
		code = "symlink-loop";
		answer = "too many levels of symbolic links";
	} else if (err == ENAMETOOLONG) {
		code = "name-too-long";
		answer = "file name too long";
	} else if (n != NULL && n->inode->whiteout) {
		code = "whiteout-of-parent";
	}
	extract_refuse(x, who, path, code, answer);
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
		gone = array_grow(x->gone, &x->gone_room, x->n_gone + 1,
		    sizeof *gone);
		if (gone == NULL)
			goto nomem;
		x->gone = gone;
		gone += x->n_gone;
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

/* ------------------------------------------------------------- containerd */

/*
 * Follow path[0..len) and all links on it in t, as containerd does before it
 * touches a file (continuity's fs.RootPath): ".." goes up in the text, and what
 * is not there stays as it is.  Returns 0, or what the kernel would say.
 */
static int
way_find(struct extract *x, struct tree *t, struct way *w, const char *path,
    size_t len)
{
	char all[sizeof w->text];
	const char *target;
	unsigned int links = 0;
	struct node *n;
	size_t at = 1;

	w->at = t->root;
	w->whole = false;
	x->tree.steps += len / 2 + 1;
	if (len + 2 > sizeof w->text)
		return ENAMETOOLONG;
	snprintf(w->text, sizeof w->text, "/%.*s", (int)len, path);
	path_clean_go(w->text);
	while (w->text[at] != '\0') {
		x->tree.steps++;
		len = strcspn(w->text + at, "/");
		if (len > NAME_LEN_MAX || at + len > PATH_LEN_MAX)
			return ENAMETOOLONG;
		if (!S_ISDIR(w->at->inode->mode))
			return ENOTDIR;
		n = tree_child(t, w->at, w->text + at, len);
		if (n == NULL || n->podmans)
			return 0;
		if (!S_ISLNK(n->inode->mode)) {
			w->at = n;
			at += len + (w->text[at + len] == '/');
			continue;
		}
		if (++links > GO_LINKS_MAX)
			return ELOOP;
		/* its target in its place, and from the top again */
		target = n->inode->target;
		if ((size_t)snprintf(all, sizeof all, "/%.*s%s%s",
		        *target == '/' ? 0 : (int)at, w->text, target,
		        w->text + at + len) >= sizeof all)
			return ENAMETOOLONG;
		x->tree.steps += strlen(all) / 8;
		path_clean_go(strcpy(w->text, all));
		w->at = t->root;
		at = 1;
	}
	w->whole = true;
	return 0;
}

/*
 * The attributes of a directory that the layer has no entry for: those of the
 * first layer below that has something there.  path[0..len) is clean and has a
 * slash in front.
 */
static int
extract_inherit(struct extract *x, const struct tarscan_entry *e,
    struct node *dir, const char *path, size_t len)
{
	unsigned int i = x->n_lower;
	const struct inode *from;
	struct way w = {.whole = false};
	int err = 0;

	while (i-- > 0 && err == 0 && !w.whole)
		err = way_find(x, &x->lower[i], &w, path, len);
	if (err == ENOTDIR)
		extract_refuse(x, CONTAINERD, e->name, "implied-below-file",
		    "not a directory");
	else if (err != 0)
		extract_refuse_way(x, CONTAINERD, e->name, err, NULL);
	if (err != 0 || !w.whole || !S_ISDIR(w.at->inode->mode))
		return 0;
	from = w.at->inode;
	dir->inode->mode = from->mode;
	dir->inode->uid = from->uid;
	dir->inode->gid = from->gid;
	return tree_set_acl(&x->tree, dir->inode, from->acl, from->acl_len);
}

/* Make the directory of a path without symlinks; or NULL in *dir. */
static int
extract_make_parents(struct extract *x, const struct tarscan_entry *e,
    const char *text, struct node **dir)
{
	struct node *at = x->tree.root, *n;
	char name[NAME_LEN_MAX + 1];
	const char *p = text;
	size_t len;

	*dir = NULL;
	while (*(p += strspn(p, "/")) != '\0') {
		len = strcspn(p, "/");
		if (len > NAME_LEN_MAX || p + len - text > PATH_LEN_MAX) {
			extract_refuse_way(x, BOTH, e->name, ENAMETOOLONG,
			    NULL);
			return 0;
		}
		n = tree_child(&x->tree, at, p, len);
		if (n != NULL && n->podmans && takes(x, EXTRACT_CONTAINERD)) {
			extract_differ(x, n);
			tree_remove(&x->tree, n);
			n = NULL;
		}
		if (n != NULL && !S_ISDIR(n->inode->mode)) {
			extract_refuse_way(x, CONTAINERD, e->name, ENOTDIR, n);
			return 0;
		}
		if (n == NULL) {
			snprintf(name, sizeof name, "%.*s", (int)len, p);
			n = tree_add(&x->tree, at, name, NULL, S_IFDIR | 0755);
			if (n == NULL)
				return -1;
			n->implied = true;
			if (takes(x, EXTRACT_CONTAINERD) && x->n_lower > 0 &&
			    extract_inherit(x, e, n, text,
			        (size_t)(p + len - text)) < 0)
				return -1;
			if (extract_is_over(x))
				return 0;
		}
		at = n;
		p += len;
	}
	*dir = at;
	return 0;
}

/* Remove everything below dir for which the layer has no entry. */
static int
containerd_clear(struct extract *x, struct node *dir)
{
	struct node *n, *next;

	for (n = dir->child; n != NULL; n = next) {
		x->tree.steps++;
		if (!n->implied) {
			next = tree_next(dir, n);
			continue;
		}
		next = tree_skip(dir, n);
		extract_differ(x, n);
		if (extract_remove(x, n) < 0)
			return -1;
	}
	return 0;
}

/* ----------------------------------------------------------------- podman */

/* Is it a whiteout without a name: ".wh.", ".wh..", ".wh..."? */
static bool
is_nameless(const char *base)
{
	const char *name = base + sizeof whiteout - 1;

	return *name == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0;
}

/*
 * The storage library takes each name of a layer once.  That two have the same
 * hash is too unlikely.
 */
static int
podman_once(struct extract *x, const struct tarscan_entry *e)
{
	char name[2 * sizeof(uint64_t) + 1];
	struct node *root = x->names.root;

	snprintf(name, sizeof name, "%016" PRIx64,
	    hash_bytes(0, e->name, strlen(e->name)));
	if (tree_child(&x->names, root, name, sizeof name - 1) == NULL)
		return tree_add(&x->names, root, name, root->inode, 0) == NULL
		    ? -1
		    : 0;
	extract_refuse(x, PODMAN, e->name, "duplicate-entry",
	    "duplicates of file paths not supported");
	return 0;
}

/*
 * What podman says to the directory of e, in front of `base`, before anything
 * is made.  *dir is that, where it is there.  Returns whether nothing is made
 * of the entry.
 */
static bool
podman_judge(struct extract *x, const struct tarscan_entry *e, const char *base,
    struct node **dir)
{
	const bool is_whiteout = strncmp(base, whiteout, sizeof whiteout - 1) ==
	    0;
	const size_t len = base > e->name ? (size_t)(base - e->name) - 1 : 0;
	char text[TARSCAN_NAME + 1];
	const struct node *link;
	int err = 0;
	size_t at;

	memcpy(text, e->name, len);
	text[len] = '\0';
	link = tree_find_link(&x->tree, text);
	*dir = tree_find(&x->tree, text);
	if (*dir == NULL)
		err = errno;
	else if (!S_ISDIR((*dir)->inode->mode))
		err = ENOTDIR;
	if (err == ENOENT) {
		/* mkdir -p, unless a symlink to nothing is in the way */
		for (at = 0;; at++) {
			at += strcspn(text + at, "/");
			text[at] = '\0';
			if (tree_find(&x->tree, text) == NULL)
				break;
			text[at] = '/';
		}
		if (tree_find_link(&x->tree, text) == NULL)
			err = 0;
		else if (at < len)
			extract_refuse(x, PODMAN, e->name, "symlink-dangling",
			    "file exists");
	}
	/* ".wh.", ".wh.." and ".wh..." name the directory, or the one above */
	if (is_whiteout && is_nameless(base) && (err == 0 || link != NULL))
		extract_refuse(x, PODMAN, e->name, "whiteout-name",
		    "file exists");
	/* a file takes the attribute of an opaque directory, too */
	if (is_whiteout && err == ENOTDIR &&
	    (*dir != NULL || strcmp(base, opaque) != 0))
		return true;
	if (err != 0 && e->type == TARSCAN_GLOBAL)
		return true; /* nothing is made of it */
	if (err == ENOENT)
		extract_refuse(x, PODMAN, e->name, "symlink-dangling",
		    "no such file or directory");
	else if (err != 0)
		extract_refuse_way(x, PODMAN, e->name, err, link);
	return false;
}

/* ------------------------------------------------------------------- both */

/* ".wh.NAME": a device takes NAME's place; nothing may be there. */
static int
extract_whiteout(struct extract *x, const struct tarscan_entry *e,
    struct node *dir, const char *base)
{
	/* containerd's lowest layer is no overlay: what is there is deleted */
	const bool at_once = x->n_lower == 0 && takes(x, EXTRACT_CONTAINERD);
	const char *name = base + sizeof whiteout - 1;
	struct node *n;

	if (strcmp(base, opaque) == 0) {
		dir->opaque = true;
		return at_once ? containerd_clear(x, dir) : 0;
	}
	if (strlen(name) > NAME_LEN_MAX) {
		extract_refuse_way(x, at_once ? PODMAN : BOTH, e->name,
		    ENAMETOOLONG, NULL);
		return 0;
	}
	n = tree_child(&x->tree, dir, name, strlen(name));
	if (n != NULL) {
		extract_refuse(x, at_once ? PODMAN : BOTH, e->name,
		    "whiteout-after-entry", "file exists");
		return at_once ? extract_remove(x, n) : 0;
	}
	if (at_once && !takes(x, EXTRACT_PODMAN))
		return 0;
	n = tree_add(&x->tree, dir, name, NULL, S_IFCHR);
	if (n == NULL)
		return -1;
	n->inode->whiteout = true;
	n->podmans = at_once;
	return 0;
}

/* The target of a hard link where a runtime looks for it, or NULL and errno. */
static struct node *
find_target(struct extract *x, const char *link, enum extract_runtime runtime)
{
	const char *base = strrchr(link, '/');
	char text[2 * TREE_PATH];
	struct node *n = NULL;
	struct way w;
	int err = 0;

	base = base != NULL ? base + 1 : link;
	if (runtime == EXTRACT_CONTAINERD)
		err = way_find(x, &x->tree, &w, link, (size_t)(base - link));
	else
		w.text[0] = '\0';
	if (err == 0 &&
	    (size_t)snprintf(text, sizeof text, "%s/%s", w.text,
	        runtime == EXTRACT_CONTAINERD ? base : link) < sizeof text) {
		path_clean_go(text);
		n = tree_find_link(&x->tree, text);
	}
	if (n != NULL && n->podmans && runtime == EXTRACT_CONTAINERD)
		n = NULL;
	errno = err != 0 ? err : ENOENT;
	return n;
}

/* The file of a hard link where a runtime takes it; or NULL. */
static struct node *
extract_link(struct extract *x, const struct tarscan_entry *e)
{
	/* in a lower layer */
	const struct node *far = tree_find(x->below, e->link);
	struct node *n, *shared = NULL;
	int i;

	for (i = 0; i < EXTRACT_RUNTIMES; i++) {
		if (!takes(x, (enum extract_runtime)i))
			continue;
		n = find_target(x, e->link, (enum extract_runtime)i);
		if (n == NULL && errno != ENOENT)
			extract_refuse_way(x, 1U << i, e->name, errno, NULL);
		else if (n == NULL)
			extract_refuse(x, 1U << i, e->name,
			    far != NULL && !S_ISDIR(far->inode->mode)
			        ? "hard-link-across-layers"
			        : "hard-link-to-nothing",
			    "no such file or directory");
		else if (S_ISDIR(n->inode->mode))
			extract_refuse(x, 1U << i, e->name,
			    "hard-link-to-directory",
			    "operation not permitted");
		else if (shared == NULL)
			shared = n;
		else if (shared != n)
			extract_differ(x, n);
	}
	return shared;
}

/*
 * Owner, mode, time and what else an entry says of n, for these runtimes: a
 * hard link's are set on the file, too.
 */
static int
extract_set(struct extract *x, const struct tarscan_entry *e, struct node *n,
    unsigned int who)
{
	unsigned char bytes[ACL_MAX];
	const struct blob *acl = &e->xattrs.acl;
	struct inode *i = n->inode;

	n->implied = false;
	if (e->uid != (uid_t)-1) /* chown(2) leaves it */
		i->uid = e->uid;
	if (e->gid != (gid_t)-1)
		i->gid = e->gid;
	if (!S_ISLNK(i->mode))
		i->mode = (i->mode & S_IFMT) | e->mode;
	/* podman leaves a symlink as it is when it gets another name */
	if (e->type == TARSCAN_LINK && S_ISLNK(i->mode) && i->mtime != e->mtime)
		extract_differ(x, n);
	if (e->type != TARSCAN_LINK || !S_ISLNK(i->mode) ||
	    takes(x, EXTRACT_CONTAINERD))
		i->mtime = e->mtime;
	if (acl->len > 0 && acl->len <= sizeof bytes && !S_ISLNK(i->mode)) {
		if (blob_read(acl, 0, bytes, acl->len) != (ssize_t)acl->len) {
			msg_warn(errno, "read an ACL of a layer");
			return -1;
		}
		if (tree_set_acl(&x->tree, i, bytes, acl->len) < 0)
			return -1;
	}
	if (e->xattrs.bad)
		extract_refuse(x, who, e->name, "attribute-refused",
		    "invalid argument");
	/* containerd leaves these out; overlayfs' own have a note of theirs */
	if (e->xattrs.user && !S_ISREG(i->mode) && !S_ISDIR(i->mode))
		extract_refuse(x, PODMAN, e->name, "attribute-refused",
		    "operation not permitted");
	if (e->xattrs.opaque && S_ISDIR(i->mode) &&
	    !takes(x, EXTRACT_CONTAINERD))
		n->opaque = true;
	return 0;
}

/* An entry that is not a whiteout. */
static int
extract_put(struct extract *x, struct tarscan_entry *e, struct node *dir,
    const char *base)
{
	/* by typeflag; a symlink has all permissions */
	static const mode_t modes[] = {S_IFREG, S_IFREG, S_IFLNK | 0777,
	    S_IFCHR, S_IFBLK, S_IFDIR, S_IFIFO};
	struct node *n, *shared = NULL;
	mode_t mode;

	if (strlen(base) > NAME_LEN_MAX ||
	    dir->path_len + strlen(base) > PATH_LEN_MAX) {
		extract_refuse_way(x, BOTH, e->name, ENAMETOOLONG, NULL);
		return 0;
	}
	n = tree_child(&x->tree, dir, base, strlen(base));
	if (n != NULL && e->type == TARSCAN_DIR && S_ISDIR(n->inode->mode))
		return extract_set(x, e, n, BOTH);
	if (n != NULL && extract_remove(x, n) < 0)
		return -1;
	if (e->type == TARSCAN_GLOBAL)
		return 0;
	if (strchr("0123456", (int)e->type) == NULL)
		extract_refuse(x, BOTH, e->name, "entry-type-unknown",
		    "unhandled tar header type");
	else if (e->type == TARSCAN_SYMLINK && e->link[0] == '\0')
		extract_refuse(x, BOTH, e->name, "symlink-to-nothing",
		    "no such file or directory");
	else if (e->type == TARSCAN_SYMLINK && strlen(e->link) > TARGET_MAX)
		extract_refuse_way(x, BOTH, e->name, ENAMETOOLONG, NULL);
	else if (e->type == TARSCAN_LINK)
		shared = extract_link(x, e);
	if (extract_is_over(x))
		return 0;
	mode = modes[e->type - TARSCAN_FILE];
	n = tree_add(&x->tree, dir, base, shared != NULL ? shared->inode : NULL,
	    S_ISLNK(mode) ? mode : mode | e->mode);
	if (n == NULL)
		return -1;
	if (shared == NULL) {
		n->inode->data = e->data;
		n->inode->whiteout = e->whiteout;
		if (e->type == TARSCAN_SYMLINK &&
		    tree_set_target(&x->tree, n->inode, e->link) < 0)
			return -1;
	}
	return extract_set(x, e, n, BOTH);
}

int
extract_entry(struct extract *x, struct tarscan_entry *e)
{
	struct node *dir = NULL, *podmans = NULL;
	char masked[MSG_NAME], *base;
	bool nothing = false;
	struct way w;
	int err;

	if (x->tree.steps > STEPS_MAX) {
		msg_warn(0,
		    "%s: the layers of the image are too complex to check",
		    msg_mask(masked, sizeof masked, e->name));
		return -1;
	}
	path_clean_go(e->name);
	if (e->cut)
		extract_refuse_way(x, BOTH, e->name, ENAMETOOLONG, NULL);
	if (takes(x, EXTRACT_PODMAN) && podman_once(x, e) < 0)
		return -1;
	if (extract_is_over(x))
		return 0;
	/* as in a chroot */
	while (strncmp(e->name, "../", 3) == 0)
		memmove(e->name, e->name + 3, strlen(e->name) - 2);
	if (strcmp(e->name, ".") == 0)
		return 0;
	if (strcmp(e->name, "..") == 0 || strcmp(e->name, "/") == 0) {
		/* unlike ".", this is podman's own root, and no other's */
		if (e->type != TARSCAN_DIR || !takes(x, EXTRACT_PODMAN))
			return 0;
		x->root_set = true;
		return extract_set(x, e, x->tree.root, PODMAN);
	}
	base = strrchr(e->name, '/');
	base = base != NULL ? base + 1 : e->name;
	if (takes(x, EXTRACT_PODMAN))
		nothing = podman_judge(x, e, base, &podmans);
	err = way_find(x, &x->tree, &w, e->name, (size_t)(base - e->name));
	if (err != 0)
		extract_refuse_way(x, CONTAINERD, e->name, err, w.at);
	else if (extract_make_parents(x, e, w.text, &dir) < 0)
		return -1;
	if (dir == NULL || (nothing && !takes(x, EXTRACT_CONTAINERD)))
		return 0;
	if (!nothing && podmans != NULL && podmans != dir)
		extract_differ(x, dir);
	if (strncmp(base, whiteout, sizeof whiteout - 1) != 0)
		return extract_put(x, e, dir, base);
	if (!is_nameless(base))
		return extract_whiteout(x, e, dir, base);
	extract_refuse(x, CONTAINERD, e->name, "whiteout-name",
	    "invalid whiteout name");
	return 0;
}

/*
 * Set the times of directories that had an entry, as both runtimes do at the
 * end, by their names: if something else has taken the place of one, that gets
 * the time, or the target if it is a symlink.
 */
void
extract_finish(struct extract *x)
{
	const struct node *found[EXTRACT_RUNTIMES];
	const struct extract_gone *gone = x->gone;
	struct way w;
	size_t i;
	int r;

	for (i = 0; i < x->n_gone; i++, gone++) {
		found[EXTRACT_PODMAN] = tree_find(&x->tree, gone->path);
		found[EXTRACT_CONTAINERD] = NULL;
		if (way_find(x, &x->tree, &w, gone->path, strlen(gone->path)) ==
		        0 &&
		    w.whole)
			found[EXTRACT_CONTAINERD] = w.at;
		for (r = EXTRACT_RUNTIMES - 1; r >= 0; r--) {
			if (found[r] == NULL)
				extract_refuse(x, 1U << r, gone->path,
				    "directory-removed",
				    "no such file or directory");
			else if (takes(x, (enum extract_runtime)r))
				found[r]->inode->mtime = gone->mtime;
		}
		if (found[0] != NULL && found[1] != NULL &&
		    found[0] != found[1])
			extract_differ(x, found[0]);
	}
}

void
extract_end(struct extract *x)
{
	size_t i;

	for (i = 0; i < x->n_gone; i++)
		free(x->gone[i].path);
	free(x->gone);
	tree_free(&x->names);
}
