/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What will be found in a container, of trees in memory: mounts, what runtimes
 * drop, and who may read what.
 */
#include "image/predict.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/runtime.h"
#include "tap.h"

static struct tree t;

/* Add what is missing of a path; the last part has this mode. */
static struct node *
put(const char *path, mode_t mode)
{
	struct node *n = tree_make(&t, path, mode);

	if (n != NULL && S_ISREG(mode))
		n->inode->data.fd = -1;
	return n;
}

static struct node *
put_text(const char *path, mode_t mode, const char *text)
{
	struct node *n = put(path, S_IFREG | mode);
	int fd = memfd_create("text", MFD_CLOEXEC);

	if (n == NULL || fd < 0 ||
	    write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return NULL;
	n->inode->data = (struct blob){fd, 0, strlen(text)};
	return n;
}

static void
put_link(const char *path, const char *target)
{
	struct node *n = put(path, S_IFREG | 0777);

	n->inode->mode = S_IFLNK | 0777;
	(void)tree_set_target(&t, n->inode, target);
}

static void
again(void)
{
	tree_free(&t);
	(void)tree_init(&t);
}

/* "path", "path=why" of what is left out, "path!" of findings. */
static void
finds(const struct finding_who *who, bool skip_symlinks, const char *wanted)
{
	struct predict j;
	struct predict_item item;
	char text[1024] = "", path[TREE_PATH];
	size_t n = 0;
	int more;

	(void)tree_sort(&t);
	predict_begin(&j, &t, who, skip_symlinks);
	while ((more = predict_next(&j, &item)) > 0)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s%s",
		    n > 0 ? " " : "", tree_path(item.node, path),
		    item.what == CONTENT_SKIPPED       ? "="
		        : item.what == CONTENT_FINDING ? "!"
		                                       : "",
		    item.what == CONTENT_SKIPPED ? content_why_names[item.why]
		                                 : "");
	OK(more == 0);
	OK_STR(text, wanted);
}

static void
kind(void)
{
	again();
	(void)put_text("product_name", 0644, "kind\n");
	(void)put_text("product_uuid", 0644, "x\n");
	finds(NULL, false, ". product_name=runtime product_uuid=runtime");
	again();
	(void)put_text("product_name", 0644, "kinds");
	(void)put_text("product_uuid", 0644, "x\n");
	finds(NULL, false, ". product_name product_uuid");
	again();
	(void)put_text("product_name", 0644, "kind\n\n");
	finds(NULL, false, ". product_name");
	again();
	(void)put("product_name", S_IFDIR | 0755);
	(void)put_text("product_uuid", 0644, "x\n");
	finds(NULL, false, ". product_name product_uuid");
	again();
	(void)put_text("product_uuid", 0644, "x\n");
	finds(NULL, false, ". product_uuid");
}

static void
strays(void)
{
	static const struct finding_who who = {.uid = 65532, .gid = 65532};

	again();
	(void)put(".dockerenv", S_IFREG | 0644);
	(void)put("run/.containerenv", S_IFREG | 0644);
	put_link("etc/mtab", "/proc/mounts");
	finds(NULL, true,
	    ". .dockerenv=runtime etc etc/mtab=runtime run "
	    "run/.containerenv=runtime");
	again();
	(void)put_text(".dockerenv", 0644, "x");
	(void)put("run/.containerenv", S_IFDIR | 0755);
	put_link("etc/mtab", "/proc/mount");
	finds(NULL, false, ". .dockerenv etc etc/mtab run run/.containerenv");
	finds(NULL, true,
	    ". .dockerenv etc etc/mtab=symlink run run/.containerenv");
	/* what kind left, and who may not read it: it is not seen to be kind */
	again();
	(void)put_text("product_name", 0600, "kind\n");
	(void)put_text("product_uuid", 0644, "x\n");
	finds(&who, false, ". product_name! product_uuid");
	again();
	(void)put("f", S_IFIFO | 0644);
	(void)put("s", S_IFSOCK | 0644);
	finds(&who, false, ". f=special s=special");
	again();
	(void)put("gone", S_IFCHR);
	tree_child(&t, t.root, "gone", 4)->inode->whiteout = true;
	finds(&who, false, ". gone=whiteout");
}

static void
rights(void)
{
	static const struct finding_who who = {.uid = 65532, .gid = 65532};
	struct runtime_refusal refusal;

	again();
	t.root->inode->mode = S_IFDIR; /* a runtime shows it as 0755 */
	(void)put("a", S_IFDIR | 0700);
	(void)put("a/b", S_IFREG | 0644);
	(void)put("c", S_IFREG | 0640);
	(void)put("d", S_IFREG | 0644);
	finds(&who, false, ". a! c! d");
	finds(NULL, false, ". a a/b c d");
	/* only mounts are in it, as far as who can see */
	again();
	(void)put("etc", S_IFDIR | 0755);
	OK(runtime_mount(&t, &refusal) == 0 && refusal.why[0] == '\0');
	finds(&who, false, ". dev=mount etc=mount proc=mount sys=mount");
	(void)put("etc/gone", S_IFCHR);
	tree_find(&t, "etc/gone")->inode->whiteout = true;
	finds(&who, false, ". dev=mount etc=mount proc=mount sys=mount");
	tree_find(&t, "etc")->inode->mode = S_IFDIR | 0744;
	finds(&who, false, ". dev=mount etc! proc=mount sys=mount");
	tree_find(&t, "etc")->inode->mode = S_IFDIR | 0711;
	finds(&who, false, ". dev=mount etc! proc=mount sys=mount");
	finds(NULL, false, ". dev=mount etc=mount proc=mount sys=mount");
	tree_find(&t, "etc")->inode->mode = S_IFDIR | 0755;
	(void)put("etc/own", S_IFDIR | 0755);
	finds(&who, false,
	    ". dev=mount etc etc/gone=whiteout etc/hostname=mount "
	    "etc/hosts=mount etc/own etc/resolv.conf=mount proc=mount sys=mount");
}

/* A directory in which mounts, and directories for them, are all there is. */
static void
hollow(void)
{
	static const struct finding_who who = {.uid = 65532, .gid = 65532};
	struct runtime_refusal refusal;
	struct node *n;

	again();
	put_link("etc", "x/y/etc");
	(void)put("x/y/etc", S_IFDIR | 0755);
	OK(runtime_mount(&t, &refusal) == 0 && refusal.why[0] == '\0');
	/* mounts that a symlink led away hide content */
	finds(NULL, false,
	    ". dev=mount etc proc=mount sys=mount x x/y x/y/etc "
	    "x/y/etc/hostname! x/y/etc/hosts! x/y/etc/resolv.conf!");
	/* as if it were their place */
	for (n = t.root; n != NULL; n = tree_next(t.root, n))
		n->strayed = false;
	/* what who cannot see may be something */
	tree_find(&t, "x")->inode->mode = S_IFDIR | 0744;
	finds(&who, false, ". dev=mount etc proc=mount sys=mount x!");
	tree_find(&t, "x")->inode->mode = S_IFDIR | 0755;
	tree_find(&t, "x/y")->inode->mode = S_IFDIR | 0711;
	finds(&who, false, ". dev=mount etc proc=mount sys=mount x x/y!");
	tree_find(&t, "x/y")->inode->mode = S_IFDIR | 0755;
	tree_find(&t, "x/y/etc")->inode->mode = S_IFDIR | 0711;
	finds(&who, false,
	    ". dev=mount etc proc=mount sys=mount x x/y x/y/etc!");
	tree_find(&t, "x/y/etc")->inode->mode = S_IFDIR | 0755;
	finds(&who, false, ". dev=mount etc proc=mount sys=mount x=mount");
	finds(NULL, false, ". dev=mount etc proc=mount sys=mount x=mount");
	n = put("x/y/f", S_IFREG | 0644);
	finds(NULL, false,
	    ". dev=mount etc proc=mount sys=mount x x/y x/y/etc=mount x/y/f");
	tree_remove(&t, n);
	n = put("x/v", S_IFDIR | 0755);
	finds(NULL, false,
	    ". dev=mount etc proc=mount sys=mount x x/v x/y=mount");
	n->above = n->volume = true;
	finds(NULL, false,
	    ". dev=mount etc proc=mount sys=mount x x/v=mount x/y=mount");
}

int
main(void)
{
	kind();
	strays();
	rights();
	hollow();
	tree_free(&t);
	return tap_done();
}
