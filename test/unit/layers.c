/* SPDX-License-Identifier: Apache-2.0 */
/* What layers merge into, and which entries a runtime refuses. */
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

/*
 * Put an entry that is written so: "dir/", "file", "link>target",
 * "hard=target", "name!T" of typeflag T, each with ":0700" for a mode; "@KEY"
 * is a record of the next one with the value "y".
 */
static void
put_text(struct tar *t, char *text)
{
	char *mode = strchr(text, ':'), *at = strpbrk(text, ">=!");
	char type = text[strlen(text) - 1] == '/' ? '5' : '0';
	unsigned int bits = type == '5' ? 0755 : 0644;

	if (*text == '@') {
		put_record(t, text + 1, "y");
		return;
	}
	if (mode != NULL) {
		*mode = '\0';
		bits = (unsigned int)strtoul(mode + 1, NULL, 8);
		type = mode[-1] == '/' ? '5' : '0';
	}
	if (at != NULL) {
		type = *at == '>' ? '2' : *at == '=' ? '1' : at[1];
		*at++ = '\0';
	}
	put(t, type, text, type == '1' || type == '2' ? at : NULL, bits);
}

static struct layers layers;
static int fd = -1;

/* Apply the tar as the next layer. */
static int
apply(const struct tar *t)
{
	struct blob b;

	if (fd >= 0)
		(void)close(fd);
	fd = memfd_create("layer", MFD_CLOEXEC);
	b = (struct blob){fd, 0, t->len};
	return write(fd, t->bytes, t->len) == (ssize_t)t->len
	    ? layers_apply(&layers, &b, "layer")
	    : -2;
}

/* An image of the layers in text, between bars; entries between blanks. */
static int
build(const char *text)
{
	char copy[1024], *rest = copy, *layer, *entry;
	struct tar t;
	int ret = 0;

	layers_close(&layers);
	(void)layers_open(&layers, NULL);
	(void)snprintf(copy, sizeof copy, "%s", text);
	while (ret == 0 && (layer = strsep(&rest, "|")) != NULL) {
		t.len = 0;
		while ((entry = strsep(&layer, " ")) != NULL)
			if (*entry != '\0')
				put_text(&t, entry);
		ret = apply(&t);
	}
	return ret;
}

/* What the runtime refused, or "". */
static const char *
code(enum extract_runtime runtime)
{
	const char *text = layers.refusals[runtime].code;

	return text != NULL ? text : "";
}

/* "a/b@2 " for each path and the layer that it is from; takes the tree. */
static const char *
listing(struct tree *tree)
{
	static char text[4096];
	char path[TREE_PATH];
	const struct node *n;
	size_t len = 0;

	layers_take_tree(&layers, tree);
	(void)tree_sort(tree);
	text[0] = '\0';
	for (n = tree_next(tree->root, tree->root); n != NULL;
	     n = tree_next(tree->root, n))
		len += (size_t)snprintf(text + len, sizeof text - len, "%s@%u ",
		    tree_path(n, path), n->layer);
	return text;
}

/* What the image is, and what the runtimes say; implied directories, paths
 * that differ. */
static const struct {
	const char *image;
	const char *listing;
	const char *containerd, *podman;
	unsigned int implied, differ;
} rows[] = {
    /* whiteouts */
    {"a/ a/x a/d/ a/d/y", "a@1 a/d@1 a/d/y@1 a/x@1 ", "", "", 0, 0},
    /* what is in the same layer stays, in any order */
    {"a/ a/x a/d/ a/d/y|a/ a/z a/.wh..wh..opq a/w", "a@2 a/w@2 a/z@2 ", "", "",
        0, 0},
    {"a/ a/w a/z|a/ a/.wh.z a/.wh.no a/.wh.v a/v", "a@2 a/v@2 a/w@1 ", "", "",
        0, 0},
    {"a/ a/w|.wh.a", "", "", "", 0, 0},
    /* a directory in its whiteout's place is not opaque */
    {"a/ a/x|.wh.a a/:0711", "a@2 a/x@1 ", "", "", 0, 0},
    /* where there is nothing to merge, the whiteout stays to be seen */
    {"a/ a/x|b/ b/.wh.x", "a@1 a/x@1 b@2 b/x@2 ", "", "", 0, 0},
    {"a/ a/x|b/ b/.wh.x|b/", "a@1 a/x@1 b@3 ", "", "", 0, 0},
    /* the lowest layer is no overlay in containerd */
    {"a/ a/x a/.wh.x", "a@1 ", "", "whiteout-after-entry", 0, 0},
    {"a/ a/.wh.x", "a@1 ", "", "", 0, 0},
    {".wh.a a/x", "a@1 a/x@1 ", "", "whiteout-of-parent", 1, 0},
    {".wh.a a/.wh.x", "a@1 ", "", "", 1, 1},
    {".wh.a a/", "a@1 ", "", "", 0, 0},
    {".wh.x .wh.x", "", "", "duplicate-entry", 0, 0},
    {".wh.x h=x", "", "hard-link-to-nothing", "", 0, 0},
    {"a/b/c a/.wh..wh..opq", "a@1 ", "", "", 1, 1},
    {".wh.x|a!8", "", "entry-type-unknown", "entry-type-unknown", 0, 0},
    /* files and directories in each other's place */
    {"a/ a/x b|a b/ b/y", "a@2 b@2 b/y@2 ", "", "", 0, 0},
    {"c c/x", "", "entry-below-file", "entry-below-file", 0, 0},
    {"c c/.wh.x d", "c@1 d@1 ", "entry-below-file", "", 0, 0},
    {"c|c/x", "c@2 c/x@2 ", "", "", 1, 0},
    {"c|c/x/y", "c@2 c/x@2 c/x/y@2 ", "implied-below-file", "", 2, 0},
    /* symlinks of the same layer are followed */
    {"real/ ln>real ln/in up>../../real up/out",
        "ln@1 real@1 real/in@1 real/out@1 up@1 ", "", "", 0, 0},
    /* a lower layer's are not: overlayfs has a directory instead */
    {"real/ ln>real|ln/new", "ln@2 ln/new@2 real@1 ", "", "", 1, 0},
    {"d/ d/real/ d/ln>real d/abs>/d/real d/ln/one d/abs/two",
        "d@1 d/abs@1 d/ln@1 d/real@1 d/real/one@1 d/real/two@1 ", "", "", 0, 0},
    {"l1>l2 l2>l1 l1/x", "", "symlink-loop", "symlink-loop", 0, 0},
    {"l1>l2 l2>l1 h=l1/x", "", "symlink-loop", "hard-link-to-nothing", 0, 0},
    {"l>new l/x", "l@1 new@1 new/x@1 ", "", "symlink-dangling", 1, 0},
    /* ".." goes up in the text, or from where the symlink led */
    {"d/ d/e/ x/ l>d/e m>l/../x m/f", "d@1 d/e@1 l@1 m@1 x@1 x/f@1 ", "",
        "symlink-dangling", 0, 0},
    {"d/ d/e/ d/x/ x/ l>d/e m>l/../x m/f", "d@1 d/e@1 d/x@1 l@1 m@1 x@1 x/f@1 ",
        "", "", 0, 1},
    /* hard links */
    {"a b=./a:0600", "a@1 b@1 ", "", "", 0, 0},
    {"a b=a|a c=../../a", "a@2 b@1 c@2 ", "", "", 0, 0},
    {"b|dir/ d=b", "b@1 ", "hard-link-across-layers", "hard-link-across-layers",
        0, 0},
    {"b|dir/ d=d", "b@1 ", "hard-link-to-nothing", "hard-link-to-nothing", 0,
        0},
    {"b|dir/ d=none", "b@1 ", "hard-link-to-nothing", "hard-link-to-nothing", 0,
        0},
    {"b|dir/ d=dir", "b@1 ", "hard-link-to-directory", "hard-link-to-directory",
        0, 0},
    {"b|dir/ d=", "b@1 ", "hard-link-to-directory", "hard-link-to-directory", 0,
        0},
    /* a target may lie behind a symlink */
    {"deep/ deep/dir/ deep/a ln>deep/dir deep/dir/b h=ln/b",
        "deep@1 deep/a@1 deep/dir@1 deep/dir/b@1 h@1 ln@1 ", "", "", 0, 0},
    {"deep/ deep/dir/ deep/a ln>deep/dir|i=ln/../a",
        "deep@1 deep/a@1 deep/dir@1 ln@1 ", "hard-link-across-layers",
        "hard-link-across-layers", 0, 0},
    /* names */
    {"./:0700 /abs ./d/../e/ e//f", "abs@1 e@1 e/f@1 ", "", "", 0, 0},
    {"../x a/../../y", "x@1 y@1 ", "", "", 0, 0},
    {"odd!8", "", "entry-type-unknown", "entry-type-unknown", 0, 0},
    /* what one of them refuses, the other takes */
    {"a/:0711 a/:0750|b", "a@1 b@2 ", "", "duplicate-entry", 0, 0},
    /* what both refuse ends there */
    {"a|odd!8|later", "a@1 ", "entry-type-unknown", "entry-type-unknown", 0, 0},
    /* attributes: a user's, and overlayfs' */
    {"@SCHILY.xattr.user.x a", "a@1 ", "", "", 0, 0},
    {"@SCHILY.xattr.user.x a/", "a@1 ", "", "", 0, 0},
    {"@SCHILY.xattr.user.x a>b", "a@1 ", "", "attribute-refused", 0, 0},
    {"a/ a/x|@SCHILY.xattr.trusted.overlay.opaque a/ a/z", "a@2 a/x@1 a/z@2 ",
        "", "", 0, 0},
};

static void
merged(void)
{
	struct tree tree;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		OK(build(rows[i].image) == 0);
		OK_STR(code(EXTRACT_CONTAINERD), rows[i].containerd);
		OK_STR(code(EXTRACT_PODMAN), rows[i].podman);
		OK(layers.implied.n == rows[i].implied);
		OK(layers.differ.n == rows[i].differ);
		OK_STR(listing(&tree), rows[i].listing);
		tree_free(&tree);
	}
}

/* The permission bits of a path, and the layer that set them. */
static void
has_mode(const char *path, mode_t mode, unsigned int layer)
{
	const struct node *n = tree_find(&layers.tree, path);

	OK(n != NULL && (n->inode->mode & 07777) == mode);
	OK(n != NULL && n->layer == layer);
}

/* A directory's attributes change without its content. */
static void
attributes(void)
{
	struct node *a, *b;

	OK(build("a/:0700 a/x:0600|./a/:0755") == 0);
	has_mode("/a", 0755, 2);
	has_mode("a/x", 0600, 1);
	a = tree_find(&layers.tree, "a/x");
	OK(a != NULL && a->inode->uid == 7 && a->inode->gid == 8 &&
	    a->inode->mtime == 9);
	/* two entries in one layer: the last one counts, or none does */
	OK(build("a/:0711 a/:0750") == 0);
	has_mode("a", 0750, 1);
	/* that of an implied one is that of the first layer below */
	OK(build("real/:0700 ln>real|ln/new") == 0);
	has_mode("ln", 0700, 2);
	OK(layers.implied.layer == 2);
	OK_STR(layers.implied.path, "ln");
	/* a hard link's is the file's */
	OK(build("a:0640 b=./a:0600") == 0);
	a = tree_find(&layers.tree, "a");
	b = tree_find(&layers.tree, "b");
	OK(a != NULL && b != NULL && a->inode == b->inode);
	has_mode("a", 0600, 1);
	/* one name replaced: the other keeps what it had */
	OK(build("a:0640 b=./a:0600|a c=../../a:0640") == 0);
	has_mode("a", 0640, 2);
	has_mode("b", 0600, 1);
}

static void
lookups(void)
{
	struct node *n;

	OK(build(
	       "a/ a/x a/self>/a/x a/loop>loop top>../../../a b/ b/.wh.x|c/ c/.wh.x") ==
	    0);
	n = tree_find(&layers.tree, "/top/./../a/self");
	OK(n != NULL && strcmp(n->name, "x") == 0);
	OK(tree_find(&layers.tree, "a/loop") == NULL);
	OK(tree_find(&layers.tree, "a/none") == NULL);
	OK(tree_find(&layers.tree, "a/x/y") == NULL);
	OK(tree_find(&layers.tree, "b/x") == NULL);
	OK(tree_find(&layers.tree, "c/x") == NULL);
	n = tree_make(&layers.tree, "top/new/deep", 0100644);
	OK(n != NULL && n->parent->parent == tree_find(&layers.tree, "a"));
	OK(tree_find(&layers.tree, "../../a/new/deep") == n);
}

/* What overlayfs reads from attributes is noted, the first place of it. */
static void
overlays(void)
{
	OK(build("a/") == 0 && layers.overlay.n == 0);
	OK(build("a/|b/ @SCHILY.xattr.trusted.overlay.opaque c/ "
	         "@SCHILY.xattr.trusted.overlay.redirect d/") == 0);
	OK(layers.overlay.n == 2 && layers.overlay.layer == 2);
	OK_STR(layers.overlay.path, "c/");
	/* where containerd has refused the image, the tree is podman's */
	OK(build("a/ a/x f f/.wh.x|@SCHILY.xattr.trusted.overlay.opaque a/") ==
	    0);
	OK(tree_find(&layers.tree, "a") != NULL);
	OK(tree_find(&layers.tree, "a/x") == NULL);
}

/* The root's own entry. */
static void
root(void)
{
	OK(build("a|./:0711") == 0 && layers.root_set == 0);
	OK(build("a|./|../:0711|b") == 0 && layers.root_set == 3);
	OK((layers.root.mode & 07777) == 0711);
	has_mode("/", 0755, 0);
}

/* What is no layer. */
static void
damage(void)
{
	struct tar t = {{0}, 0};

	put(&t, '0', "fine", NULL, 0644);
	t.bytes[0] = 'F'; /* not what the checksum says */
	OK(apply(&t) == -1);
	t.len = 0;
	put(&t, '0', "cut", NULL, 0644);
	t.len -= 12;
	OK(apply(&t) == -1);
}

/* The codes of a layer with a file below n components of len bytes each. */
static void
long_name(size_t n, size_t len, const char *wanted)
{
	static char path[8192];
	static struct tar t;
	char number[80];
	size_t i;

	memset(path, 'n', sizeof path);
	for (i = 1; i <= n; i++)
		path[i * (len + 1) - 1] = '/';
	path[n * (len + 1)] = 'f';
	path[n * (len + 1) + 1] = '\0';
	(void)build("");
	t.len = 0;
	put(&t, 'x', "pax", NULL, 0644);
	i = strlen(path) + 7;
	i += (size_t)snprintf(number, sizeof number, "%zu", i);
	i += (size_t)snprintf(number, sizeof number, "%zu", i) > 9;
	memset(t.bytes + t.len, 0, 16 * 512);
	i = (size_t)snprintf(t.bytes + t.len, 16 * 512, "%zu path=%s\n", i,
	    path);
	(void)snprintf(t.bytes + 124, 12, "%011o", (unsigned int)i);
	(void)tarsum_set(t.bytes);
	t.len += (i + 511) / 512 * 512;
	put(&t, '0', "x", NULL, 0644);
	OK(apply(&t) == 0);
	OK_STR(code(EXTRACT_CONTAINERD), wanted);
	OK_STR(code(EXTRACT_PODMAN), wanted);
}

/* More names than a table has at first, each of them once. */
static void
many(void)
{
	struct tar t = {{0}, 0};
	char name[32];
	int all = memfd_create("layer", MFD_CLOEXEC);
	struct blob b = {all, 0, 0};
	unsigned int i;

	(void)build("");
	for (i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "f%u", i);
		put(&t, '0', name, NULL, 0644);
		if (write(all, t.bytes, t.len) == (ssize_t)t.len)
			b.len += t.len;
		t.len = 0;
	}
	OK(layers_apply(&layers, &b, "layer") == 0);
	OK(layers.tree.n_nodes == 1001);
	OK_STR(code(EXTRACT_PODMAN), "");
	(void)close(all);
}

int
main(void)
{
	merged();
	attributes();
	lookups();
	overlays();
	root();
	damage();
	long_name(1, 255, "");
	long_name(2, 255, "");
	long_name(1, 256, "name-too-long");
	long_name(2, 256, "name-too-long");
	long_name(19, 200, "");
	long_name(20, 200, "name-too-long");
	many();
	layers_close(&layers);
	(void)close(fd);
	return tap_done();
}
