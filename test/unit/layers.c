/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layers.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "tarsum.h"

/* A tar in memory, entry by entry. */
struct tar {
	char bytes[64 * 512];
	size_t len;
};

/* The fields of a ustar header that matter (POSIX.1-1988). */
static void
put(struct tar *t, char type, const char *name, const char *link,
    unsigned int mode)
{
	char *h = t->bytes + t->len;

	memset(h, 0, 512);
	(void)snprintf(h, 100, "%s", name);
	(void)snprintf(h + 100, 8, "%07o", mode);
	(void)snprintf(h + 108, 8, "%07o", 7U);
	(void)snprintf(h + 116, 8, "%07o", 8U);
	(void)snprintf(h + 124, 12, "%011o", 0U);
	(void)snprintf(h + 136, 12, "%011o", 9U);
	h[156] = type;
	if (link != NULL)
		(void)snprintf(h + 157, 100, "%s", link);
	memcpy(h + 257, "ustar\00000", 8);
	(void)tarsum_set(h);
	t->len += 512;
}

static struct layers layers;
static struct tree *tree = &layers.sides[EXTRACT_CONTAINERD].tree;
static int fd = -1;

static void
begin(void)
{
	layers_close(&layers);
	(void)layers_open(&layers, NULL);
}

/* Apply the tar as the next layer.  1: containerd refuses it. */
static int
apply(struct tar *t)
{
	struct blob b;
	int ret;

	if (fd >= 0)
		(void)close(fd);
	fd = memfd_create("layer", MFD_CLOEXEC);
	b = (struct blob){fd, 0, t->len};
	ret = write(fd, t->bytes, t->len) == (ssize_t)t->len
	    ? layers_apply(&layers, &b, "layer")
	    : -2;
	t->len = 0;
	return ret == 0 && layers.sides[EXTRACT_CONTAINERD].refused != 0 ? 1
	                                                                 : ret;
}

/* What the runtime refused, or "". */
static const char *
code(enum extract_runtime runtime)
{
	const char *text = layers.sides[runtime].refusal.code;

	return text != NULL ? text : "";
}

/* "a/b@2 " for each path and the layer that it is from. */
static const char *
listing(void)
{
	static char text[4096];
	char path[TREE_PATH];
	const struct node *n;
	size_t len = 0;

	(void)tree_sort(tree);
	text[0] = '\0';
	for (n = tree_next(tree->root, tree->root); n != NULL;
	     n = tree_next(tree->root, n))
		len += (size_t)snprintf(text + len, sizeof text - len, "%s@%u ",
		    tree_path(n, path), n->layer);
	return text;
}

static void
whiteouts(void)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '5', "a/", NULL, 0755);
	put(&t, '0', "a/x", NULL, 0644);
	put(&t, '5', "a/d/", NULL, 0755);
	put(&t, '0', "a/d/y", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@1 a/d@1 a/d/y@1 a/x@1 ");
	/* what is in the same layer stays, in any order */
	put(&t, '5', "a/", NULL, 0755);
	put(&t, '0', "a/z", NULL, 0644);
	put(&t, '0', "a/.wh..wh..opq", NULL, 0);
	put(&t, '0', "a/w", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@2 a/w@2 a/z@2 ");
	put(&t, '5', "a/", NULL, 0755);
	put(&t, '0', "a/.wh.z", NULL, 0);
	put(&t, '0', "a/.wh.no", NULL, 0);
	put(&t, '0', "a/.wh.v", NULL, 0);
	put(&t, '0', "a/v", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@3 a/v@3 a/w@2 ");
	put(&t, '0', ".wh.a", NULL, 0);
	OK(apply(&t) == 0);
	OK_STR(listing(), "");
	OK(layers.implied == 0);
	/* a directory in its whiteout's place is not opaque */
	begin();
	put(&t, '5', "a", NULL, 0755);
	put(&t, '0', "a/x", NULL, 0644);
	OK(apply(&t) == 0);
	put(&t, '0', ".wh.a", NULL, 0);
	put(&t, '5', "a", NULL, 0711);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@2 a/x@1 ");
	/* where there is nothing to merge, the whiteout stays to be seen */
	put(&t, '5', "b", NULL, 0755);
	put(&t, '0', "b/.wh.x", NULL, 0);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@2 a/x@1 b@3 b/x@3 ");
	OK(tree_find(tree, "b/x") == NULL);
	put(&t, '5', "b", NULL, 0755);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@2 a/x@1 b@4 ");
}

static void
types(void)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '5', "a", NULL, 0755);
	put(&t, '0', "a/x", NULL, 0644);
	put(&t, '0', "b", NULL, 0644);
	OK(apply(&t) == 0);
	put(&t, '0', "a", NULL, 0644); /* a file hides a directory */
	put(&t, '5', "b", NULL, 0755);
	put(&t, '0', "b/y", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@2 b@2 b/y@2 ");
	/* below a file of the same layer there is nothing */
	put(&t, '0', "c", NULL, 0644);
	put(&t, '0', "c/x", NULL, 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), "entry-below-file");
	OK_STR(code(EXTRACT_PODMAN), "entry-below-file");
}

/* A directory's attributes change without its content. */
static void
attributes(void)
{
	struct tar t = {{0}, 0};
	struct node *n;

	begin();
	put(&t, '5', "a", NULL, 0700);
	put(&t, '0', "a/x", NULL, 0600);
	OK(apply(&t) == 0);
	put(&t, '5', "./a/", NULL, 0755);
	OK(apply(&t) == 0);
	n = tree_find(tree, "/a");
	OK(n != NULL && (n->inode->mode & 07777) == 0755 && n->layer == 2);
	n = tree_find(tree, "a/x");
	OK(n != NULL && (n->inode->mode & 07777) == 0600 && n->layer == 1);
	OK(n != NULL && n->inode->uid == 7 && n->inode->gid == 8 &&
	    n->inode->mtime == 9);
	/* two entries in one layer: the last one counts, or none does */
	put(&t, '5', "a", NULL, 0711);
	put(&t, '5', "a", NULL, 0750);
	OK(apply(&t) == 0);
	OK_STR(code(EXTRACT_PODMAN), "duplicate-entry");
	n = tree_find(tree, "a");
	OK(n != NULL && (n->inode->mode & 07777) == 0750);
}

static void
parents(void)
{
	struct tar t = {{0}, 0};
	struct node *n;

	begin();
	put(&t, '5', "real", NULL, 0700);
	put(&t, '2', "ln", "real", 0777);
	put(&t, '0', "ln/in", NULL, 0644); /* the same layer's are followed */
	put(&t, '2', "up", "../../real", 0777);
	put(&t, '0', "up/out", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "ln@1 real@1 real/in@1 real/out@1 up@1 ");
	/* a lower layer's are not: overlayfs has a directory instead */
	put(&t, '0', "ln/new", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "ln@2 ln/new@2 real@1 real/in@1 real/out@1 up@1 ");
	n = tree_find(tree, "ln");
	OK(n != NULL && (n->inode->mode & 07777) == 0700);
	OK(layers.implied == 1);
	put(&t, '2', "l1", "l2", 0777);
	put(&t, '2', "l2", "l1", 0777);
	put(&t, '0', "l1/x", NULL, 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), "symlink-loop");
}

/* Does a layer with a hard link to target get this code? */
static void
links_refused(const char *target, const char *wanted)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '0', "b", NULL, 0644);
	OK(apply(&t) == 0);
	put(&t, '5', "dir", NULL, 0755);
	put(&t, '1', "d", target, 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), wanted);
	OK_STR(code(EXTRACT_PODMAN), wanted);
}

static void
links(void)
{
	struct tar t = {{0}, 0};
	struct node *a, *b;

	begin();
	put(&t, '0', "a", NULL, 0640);
	put(&t, '1', "b", "./a", 0600);
	OK(apply(&t) == 0);
	a = tree_find(tree, "a");
	b = tree_find(tree, "b");
	OK(a != NULL && b != NULL && a->inode == b->inode);
	OK(b != NULL && (b->inode->mode & 07777) == 0600);
	/* one name replaced: the other keeps what it had */
	put(&t, '0', "a", NULL, 0644);
	put(&t, '1', "c", "../../a", 0640);
	OK(apply(&t) == 0);
	a = tree_find(tree, "a");
	b = tree_find(tree, "b");
	OK(a != NULL && (a->inode->mode & 07777) == 0640);
	OK(b != NULL && (b->inode->mode & 07777) == 0600);
	links_refused("b", "hard-link-across-layers");
	links_refused("d", "hard-link-to-nothing");
	links_refused("none", "hard-link-to-nothing");
	links_refused("dir", "hard-link-to-directory");
	links_refused("", "hard-link-to-directory");
}

static void
names(void)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '5', "./", NULL, 0700);
	put(&t, '0', "/abs", NULL, 0644);
	put(&t, '5', "./d/../e", NULL, 0755);
	put(&t, '0', "e//f", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "abs@1 e@1 e/f@1 ");
	/* above the root there is the root */
	put(&t, '0', "../x", NULL, 0644);
	put(&t, '0', "a/../../y", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "abs@1 e@1 e/f@1 x@2 y@2 ");
	put(&t, '8', "odd", NULL, 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), "entry-type-unknown");
	begin();
	put(&t, '0', "fine", NULL, 0644);
	t.bytes[0] = 'F'; /* not what the checksum says */
	OK(apply(&t) == -1);
	begin();
	put(&t, '0', "cut", NULL, 0644);
	t.len -= 12;
	OK(apply(&t) == -1);
}

static void
lookups(void)
{
	struct tar t = {{0}, 0};
	struct node *n;

	begin();
	put(&t, '5', "a", NULL, 0755);
	put(&t, '0', "a/x", NULL, 0644);
	put(&t, '2', "a/self", "/a/x", 0777);
	put(&t, '2', "a/loop", "loop", 0777);
	put(&t, '2', "top", "../../../a", 0777);
	OK(apply(&t) == 0);
	n = tree_find(tree, "/top/./../a/self");
	OK(n != NULL && strcmp(n->name, "x") == 0);
	OK(tree_find(tree, "a/loop") == NULL);
	OK(tree_find(tree, "a/none") == NULL);
	OK(tree_find(tree, "a/x/y") == NULL);
	n = tree_make(tree, "top/new/deep", 0100644);
	OK(n != NULL && n->parent->parent == tree_find(tree, "a"));
	OK(tree_find(tree, "../../a/new/deep") == n);
}

/* An extended header (POSIX.1-2001, pax) with one record. */
static void
put_record(struct tar *t, const char *key, const char *value)
{
	char *h = t->bytes + t->len;
	size_t n = strlen(key) + strlen(value) + 3;

	n += n + 2 > 99 ? 3 : 2; /* its own digits */

	put(t, 'x', "pax", NULL, 0644);
	n = (size_t)snprintf(h + 512, 512, "%zu %s=%s\n", n, key, value);
	memset(h + 512 + n, 0, 512 - n);
	(void)snprintf(h + 124, 12, "%011o", (unsigned int)n);
	(void)tarsum_set(h);
	t->len += 512;
}

/* What overlayfs reads from attributes is noted, the first place of it. */
static void
overlays(void)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '5', "a", NULL, 0755);
	OK(apply(&t) == 0);
	OK(layers.overlay == 0);
	put(&t, '5', "b", NULL, 0755);
	put_record(&t, "SCHILY.xattr.trusted.overlay.opaque", "y");
	put(&t, '5', "c", NULL, 0755);
	put_record(&t, "SCHILY.xattr.trusted.overlay.opaque", "y");
	put(&t, '5', "d", NULL, 0755);
	OK(apply(&t) == 0);
	OK(layers.overlay == 2 && layers.overlay_layer == 2);
	OK_STR(layers.overlay_path, "c");
}

/* How many names differ between the runtimes, the first, and its layer. */
static void
differs(unsigned int n, const char *path, unsigned int layer)
{
	layers_finish(&layers);
	OK(layers.differ == n);
	if (n > 0) {
		OK_STR(layers.differ_path, path);
		OK(layers.differ_layer == layer);
	}
}

static void
compare(void)
{
	struct tar t = {{0}, 0};
	struct tree to;

	begin();
	put(&t, '5', "a", NULL, 0755);
	put(&t, '0', "a/x", NULL, 0644);
	put(&t, '2', "l", "a/x", 0777);
	OK(apply(&t) == 0);
	differs(0, NULL, 0);
	/* a whiteout that is still to be seen is not a file, here or there */
	begin();
	put(&t, '5', "b", NULL, 0755);
	OK(apply(&t) == 0);
	put(&t, '5', "c", NULL, 0755);
	put(&t, '0', "c/.wh.x", NULL, 0);
	OK(apply(&t) == 0);
	differs(0, NULL, 0);
	/* an attribute that one of them takes for its own */
	begin();
	put(&t, '5', "a", NULL, 0755);
	put(&t, '0', "a/x", NULL, 0644);
	put(&t, '0', "a/y", NULL, 0644);
	OK(apply(&t) == 0);
	put_record(&t, "SCHILY.xattr.trusted.overlay.opaque", "y");
	put(&t, '5', "a", NULL, 0755);
	put(&t, '0', "a/z", NULL, 0644);
	OK(apply(&t) == 0);
	differs(2, "a/x", 1);
	layers_take_tree(&layers, &to);
	(void)tree_sort(&to);
	OK(tree_find(&to, "a/z") != NULL);
	tree_free(&to);
	/* what one of them refuses is not compared, and the other's is taken */
	begin();
	put(&t, '5', "a", NULL, 0711);
	put(&t, '5', "a", NULL, 0750);
	OK(apply(&t) == 0);
	OK_STR(code(EXTRACT_PODMAN), "duplicate-entry");
	OK(layers.sides[EXTRACT_PODMAN].refused == 1);
	OK(layers.sides[EXTRACT_CONTAINERD].refused == 0);
	put(&t, '0', "b", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(), "a@1 b@2 ");
	differs(0, NULL, 0);
	/* what both refuse ends there */
	begin();
	put(&t, '8', "odd", NULL, 0644);
	OK(apply(&t) == 1);
	put(&t, '0', "later", NULL, 0644);
	OK(apply(&t) == 1);
	OK(layers.sides[0].refused == 1 && layers.sides[1].refused == 1);
	OK_STR(listing(), "");
	OK(layers.n_layers == 1);
}

/* The root's own entry. */
static void
root(void)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '0', "a", NULL, 0644);
	OK(apply(&t) == 0);
	OK(layers.sides[EXTRACT_CONTAINERD].root_set == 0);
	put(&t, '5', "./", NULL, 0711);
	OK(apply(&t) == 0);
	OK(layers.sides[EXTRACT_PODMAN].root_set == 0);
	put(&t, '5', "../", NULL, 0711);
	OK(apply(&t) == 0);
	OK(layers.sides[EXTRACT_PODMAN].root_set == 3);
	OK((layers.sides[EXTRACT_PODMAN].root.mode & 07777) ==
	    0711);
	put(&t, '0', "b", NULL, 0644);
	OK(apply(&t) == 0);
	OK(layers.sides[EXTRACT_PODMAN].root_set == 3);
}

/* Relative links and absolute ones, below the top. */
static void
ways(void)
{
	struct tar t = {{0}, 0};

	begin();
	put(&t, '5', "d", NULL, 0755);
	put(&t, '5', "d/real", NULL, 0755);
	put(&t, '2', "d/ln", "real", 0777);
	put(&t, '2', "d/abs", "/d/real", 0777);
	put(&t, '0', "d/ln/one", NULL, 0644);
	put(&t, '0', "d/abs/two", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(listing(),
	    "d@1 d/abs@1 d/ln@1 d/real@1 d/real/one@1 d/real/two@1 ");
	/* a hard link's target may lie behind a symlink */
	begin();
	put(&t, '5', "deep", NULL, 0755);
	put(&t, '5', "deep/dir", NULL, 0755);
	put(&t, '0', "deep/a", NULL, 0644);
	put(&t, '2', "ln", "deep/dir", 0777);
	put(&t, '0', "deep/dir/b", NULL, 0644);
	put(&t, '1', "h", "ln/b", 0644);
	OK(apply(&t) == 0);
	OK_STR(code(EXTRACT_CONTAINERD), "");
	OK_STR(code(EXTRACT_PODMAN), "");
	OK(tree_find(tree, "h") != NULL &&
	    tree_find(tree, "h")->inode ==
	        tree_find(tree, "deep/dir/b")->inode);
	put(&t, '1', "i", "ln/../a", 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), "hard-link-across-layers");
	/* through a circle */
	begin();
	put(&t, '2', "l1", "l2", 0777);
	put(&t, '2', "l2", "l1", 0777);
	put(&t, '1', "h", "l1/x", 0644);
	(void)apply(&t);
	OK_STR(code(EXTRACT_CONTAINERD), "symlink-loop");
}

/* A component that is as long as a file system takes, and a longer one. */
static void
long_names(void)
{
	struct tar t = {{0}, 0};
	char name[262];

	memset(name, 'n', sizeof name);
	(void)snprintf(name + 255, 7, "/f");
	begin();
	put_record(&t, "path", name);
	put(&t, '0', "x", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(code(EXTRACT_CONTAINERD), "");
	name[255] = 'n';
	(void)snprintf(name + 256, 6, "/f");
	begin();
	put_record(&t, "path", name);
	put(&t, '0', "x", NULL, 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), "name-too-long");
	/* below a directory that is not there yet */
	memset(name, 'n', sizeof name);
	memcpy(name, "m/", 2);
	(void)snprintf(name + 258, 4, "/f");
	begin();
	put_record(&t, "path", name);
	put(&t, '0', "x", NULL, 0644);
	OK(apply(&t) == 1);
	OK_STR(code(EXTRACT_CONTAINERD), "name-too-long");
}

/* An attribute of users, which only files and directories may have. */
static void
attribute(char type, const char *podman)
{
	struct tar t = {{0}, 0};

	begin();
	put_record(&t, "SCHILY.xattr.user.x", "y");
	put(&t, type, "a", type == '2' ? "b" : NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(code(EXTRACT_CONTAINERD), "");
	OK_STR(code(EXTRACT_PODMAN), podman);
}

/* More names than a table has at first, each of them once. */
static void
many(void)
{
	static struct tar t;
	char name[32];
	int all = memfd_create("layer", MFD_CLOEXEC);
	struct blob b = {all, 0, 0};
	unsigned int i;

	begin();
	for (i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "f%u", i);
		put(&t, '0', name, NULL, 0644);
		if (write(all, t.bytes, t.len) == (ssize_t)t.len)
			b.len += t.len;
		t.len = 0;
	}
	OK(layers_apply(&layers, &b, "layer") == 0);
	OK(tree->n_nodes == 1001);
	OK_STR(code(EXTRACT_PODMAN), "");
	(void)close(all);
}

int
main(void)
{
	whiteouts();
	ways();
	long_names();
	attribute('0', "");
	attribute('5', "");
	attribute('2', "attribute-refused");
	many();
	overlays();
	compare();
	root();
	types();
	attributes();
	parents();
	links();
	names();
	lookups();
	layers_close(&layers);
	(void)close(fd);
	return tap_done();
}
