/* SPDX-License-Identifier: Apache-2.0 */
/* What a runtime makes of an image's root, and who a process is in it. */
#include "image/runtime.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)

static struct tree t;

static void
again(void)
{
	tree_free(&t);
	(void)tree_init(&t);
}

static void
put_link(const char *path, const char *target)
{
	struct node *n = tree_make(&t, path, S_IFREG | 0777);

	n->inode->mode = S_IFLNK | 0777;
	(void)tree_set_target(&t, n->inode, target);
}

static void
put_text(const char *path, const char *text)
{
	struct node *n = tree_make(&t, path, S_IFREG | 0644);
	int fd = memfd_create("text", MFD_CLOEXEC);

	n->inode->data = (struct blob){fd, 0, strlen(text)};
	if (write(fd, text, strlen(text)) < 0)
		n->inode->data.fd = -1;
}

/* The mounts of the tree are refused like this; NULL: they are not. */
static void
refuses(const char *path, const char *why, bool dev_absolute)
{
	struct runtime_refusal r;

	CHECK(runtime_mount(&t, &r) == 0, path != NULL ? path : "no refusal");
	OK_STR(r.path, path != NULL ? path : "");
	CHECK(why == NULL ? r.why[0] == '\0' : strstr(r.why, why) != NULL,
	    why != NULL ? why : "... and no reason");
	OK(r.dev_absolute == dev_absolute);
}

/* Is there such a node, mounted like that? */
static void
lies(const char *path, mode_t mode, bool mounted, bool strayed, bool above)
{
	const struct node *n = tree_find(&t, path);

	CHECK(n != NULL && n->inode->mode == mode, path);
	CHECK(n != NULL && n->mounted == mounted, "... mounted or not");
	CHECK(n != NULL && n->strayed == strayed, "... in its place or not");
	CHECK(n != NULL && n->above == above, "... above a mount or not");
}

static void
mounts(void)
{
	again();
	refuses(NULL, NULL, false);
	lies("/", S_IFDIR | 0755, false, false, true);
	lies("/proc", S_IFDIR | 0755, true, false, false);
	lies("/dev", S_IFDIR | 0755, true, false, false);
	lies("/sys", S_IFDIR | 0755, true, false, false);
	lies("/etc", S_IFDIR | 0755, false, false, true);
	lies("/etc/hosts", S_IFREG | 0644, true, false, false);
	lies("/etc/hostname", S_IFREG | 0644, true, false, false);
	lies("/etc/resolv.conf", S_IFREG | 0644, true, false, false);
	/* a symlink leads them away */
	again();
	put_link("etc", "m");
	(void)tree_make(&t, "m", S_IFDIR | 0700);
	refuses(NULL, NULL, false);
	lies("/m", S_IFDIR | 0700, false, false, true);
	lies("/m/hosts", S_IFREG | 0644, true, true, false);
	/* into what is covered already: nobody sees that */
	again();
	put_link("etc", "dev/etc");
	(void)tree_make(&t, "dev/etc", S_IFDIR | 0755);
	refuses(NULL, NULL, false);
	lies("/dev", S_IFDIR | 0755, true, false, false);
	lies("/dev/etc/hosts", S_IFREG | 0644, false, false, false);
}

static void
refusals(void)
{
	again();
	put_link("proc", "m");
	put_link("sys", "m");
	refuses("proc", "/proc is a symlink: the", false);
	again();
	put_link("sys", "m");
	refuses("sys", "/sys is a symlink", false);
	/* dev may be one */
	again();
	put_link("dev", "m");
	refuses(NULL, NULL, false);
	again();
	put_link("dev", "/m");
	refuses(NULL, NULL, true);
	again();
	put_link("etc", "/m");
	(void)tree_make(&t, "m", S_IFDIR | 0755);
	refuses(NULL, NULL, false);
	again();
	put_link("dev", "dev");
	refuses("dev", "is part of a symlink loop", false);
	again();
	put_link("dev", "/");
	refuses("dev", "leads to /", true);
	again();
	(void)tree_make(&t, "dev", S_IFREG | 0644);
	refuses("dev", "/dev is not a directory", false);
	again();
	(void)tree_make(&t, "etc", S_IFREG | 0644);
	refuses("etc/hosts", "is below something that is not a directory",
	    false);
	again();
	(void)tree_make(&t, "etc/hostname", S_IFDIR | 0755);
	refuses("etc/hostname", "/etc/hostname is a directory", false);
}

/* uid has this gid, and these groups, between commas. */
static void
belongs(uid_t uid, gid_t gid, const char *groups)
{
	struct runtime_user u;
	char text[2048] = "";
	size_t i, n = 0;

	OK(runtime_user(&t, uid, &u) == 0);
	OK(u.who.uid == uid && u.who.gid == gid);
	OK(u.who.groups == u.groups);
	for (i = 0; i < u.who.n_groups; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%u",
		    i > 0 ? "," : "", u.groups[i]);
	OK_STR(text, groups);
}

static void
users(void)
{
	char text[8192] = "";
	size_t i, n = 0;

	again();
	belongs(1001, 0, "0");
	put_text("etc/passwd",
	    "root:x:0:0:root:/root:/bin/sh\n"
	    "broken\n::\n:x:77\n"
	    "op:x:1001:7\nlater:x:1001:8\n"
	    "nogid:x:1002:\n"
	    "big:x:4294967296:9\n"
	    ":x:1003:5\n");
	belongs(0, 0, "0");
	belongs(1001, 7, "7");
	belongs(1002, 0, "0");
	belongs(77, 0, "0");
	belongs(4000, 0, "0");
	put_text("etc/group",
	    "a:x:20:op\nb:x:21:x,op\nc:x:22:op,x\nd:x:23:ops,o,xop\n"
	    "e:x:20:op\nf:x:op\ng:x:7:op\nh:x:24:root\ni:x:25:\n"
	    "j:x:no:op\nk:x:26:x,,op\n");
	belongs(1001, 7, "7,20,21,22,26");
	belongs(0, 0, "0,24");
	belongs(4000, 0, "0");
	belongs(1003, 5, "5"); /* whose name is empty */
	/* more groups than are kept */
	for (i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
		    "g%zu:x:%zu:op\n", i, 100 + i);
	put_text("etc/group", text);
	n = (size_t)snprintf(text, sizeof text, "7");
	for (i = 0; i < RUNTIME_GROUPS_MAX - 1; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ",%zu",
		    100 + i);
	belongs(1001, 7, text);
	/* what is not a file, or a huge file, tells nothing */
	again();
	(void)tree_make(&t, "etc/passwd", S_IFDIR | 0755);
	belongs(1001, 0, "0");
	again();
	put_text("etc/passwd", "op:x:1001:7\n");
	belongs(1001, 7, "7");
	put_text("etc/passwd", "op:x:1001:7\n");
	(void)ftruncate(tree_find(&t, "etc/passwd")->inode->data.fd, 1 << 21);
	tree_find(&t, "etc/passwd")->inode->data.len = 1 << 20;
	belongs(1001, 7, "7");
	tree_find(&t, "etc/passwd")->inode->data.len = (1 << 20) + 1;
	belongs(1001, 0, "0");
	tree_find(&t, "etc/passwd")->inode->data.len = 12;
	tree_find(&t, "etc/passwd")->inode->data.fd = -1;
	belongs(1001, 0, "0");
}

int
main(void)
{
	mounts();
	refusals();
	users();
	tree_free(&t);
	return tap_done();
}
