/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system in a directory -> a tree.
 */
#include "image/rootdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "bundle/walk.h"

static int
rootdir_fail(const char *path, int err)
{
	char masked[MSG_NAME];

	msg_warn(err, "read %s", msg_mask(masked, sizeof masked, path));
	return -1;
}

/* Read the target of the symlink e into i.  Returns 0, or -1 (reported). */
static int
rootdir_read_target(struct tree *t, struct inode *i, const struct walk_entry *e)
{
	char target[TREE_PATH + 1];
	ssize_t n = readlinkat(e->dirfd, e->name, target, sizeof target - 1);

	if (n < 0)
		return rootdir_fail(e->path, errno);
	target[n] = '\0';
	return tree_set_target(t, i, target);
}

/* Add e below dir. */
static struct node *
rootdir_add_entry(struct tree *t, struct node *dir, const struct walk_entry *e)
{
	struct node *n = tree_add(t, dir, e->name, NULL, e->st.st_mode);

	if (n == NULL)
		return NULL;
	n->inode->uid = e->st.st_uid;
	n->inode->gid = e->st.st_gid;
	n->inode->mtime = e->st.st_mtim.tv_sec;
	n->inode->data.fd = -1;
	n->inode->whiteout = S_ISCHR(e->st.st_mode) && e->st.st_rdev == 0;
	if (S_ISREG(e->st.st_mode))
		n->inode->data.len = (uint64_t)e->st.st_size;
	if (!S_ISLNK(e->st.st_mode))
		return n;
	return rootdir_read_target(t, n->inode, e) < 0 ? NULL : n;
}

/* Small files are kept open: what names accounts is read from the tree. */
static void
keep_open(struct tree *t, int root, const char *path)
{
	struct node *n = tree_find(t, path);
	char real[TREE_PATH];

	if (n != NULL && S_ISREG(n->inode->mode))
		n->inode->data.fd = openat(root, tree_path(n, real),
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* The directory that e is in: `last` or one above it. */
static struct node *
above(struct node *last, const struct walk_entry *e)
{
	size_t depth = 0, at = 0;
	struct node *n;
	const char *p;

	for (p = e->path; (p = strchr(p, '/')) != NULL; p++)
		depth++;
	for (n = last; n->parent != NULL; n = n->parent)
		at++;
	for (n = last; at > depth; at--)
		n = n->parent;
	return n;
}

static int
read_all(struct tree *t, struct walk *w)
{
	struct node *last = t->root;
	struct walk_entry e;
	int got;

	while ((got = walk_next(w, &e)) > 0) {
		if (e.err == ENOENT && !e.unlisted && walk_is_whiteout(w))
			e.st = (struct stat){.st_mode = S_IFCHR};
		else if (e.err != 0)
			return rootdir_fail(e.path, e.err);
		if (strcmp(e.path, ".") == 0)
			continue;
		last = rootdir_add_entry(t, above(last, &e), &e);
		if (last == NULL)
			return -1;
	}
	return got;
}

int
rootdir_read(struct tree *t, const char *path)
{
	struct walk w = {0};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int copy, ret;

	if (fd < 0)
		return rootdir_fail(path, errno);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	ret = copy < 0 ? rootdir_fail(path, errno) : walk_open(&w, copy);
	if (ret == 0)
		ret = read_all(t, &w);
	walk_close(&w);
	if (ret < 0) {
		(void)close(fd);
		return -1;
	}
	keep_open(t, fd, "/etc/passwd");
	keep_open(t, fd, "/etc/group");
	keep_open(t, fd, "/product_name");
	return fd;
}
