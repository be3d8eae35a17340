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

/* Add e below dir. */
static struct node *
rootdir_add_entry(struct tree *t, struct node *dir, const struct walk_entry *e)
{
	struct node *n = tree_add(t, dir, e->name, NULL, e->st.st_mode);
	char target[TREE_PATH + 1];
	ssize_t len;

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
	len = readlinkat(e->dirfd, e->name, target, sizeof target - 1);
	if (len < 0) {
		(void)rootdir_fail(e->path, errno);
		return NULL;
	}
	target[len] = '\0';
	return tree_set_target(t, n->inode, target) < 0 ? NULL : n;
}

static int
read_all(struct tree *t, struct walk *w)
{
	struct node *last = t->root;
	size_t depth = 0, at;
	struct walk_entry e;
	const char *p;
	int got;

	while ((got = walk_next(w, &e)) > 0) {
		if (e.err == ENOENT && !e.unlisted && walk_is_whiteout(w))
			e.st = (struct stat){.st_mode = S_IFCHR};
		else if (e.err != 0)
			return rootdir_fail(e.path, e.err);
		if (strcmp(e.path, ".") == 0)
			continue;
		/* the directory that it is in: `last` or one above that */
		for (p = e.path, at = 0; (p = strchr(p, '/')) != NULL; p++)
			at++;
		for (; depth > at; depth--)
			last = last->parent;
		last = rootdir_add_entry(t, last, &e);
		if (last == NULL)
			return -1;
		depth = at + 1;
	}
	return got;
}

int
rootdir_read(struct tree *t, const char *path)
{
	/* kept open: what is in them is read from the tree */
	static const char *const files[] = {"etc/passwd", "etc/group",
	    "product_name"};
	struct walk w = {0};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char real[TREE_PATH];
	struct node *n;
	size_t i;
	int ret;

	if (fd < 0)
		return rootdir_fail(path, errno);
	ret = walk_open(&w, fd, ".");
	if (ret < 0)
		(void)rootdir_fail(path, errno);
	else
		ret = read_all(t, &w);
	walk_close(&w);
	if (ret < 0) {
		(void)close(fd);
		return -1;
	}
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		n = tree_find(t, files[i]);
		if (n != NULL && S_ISREG(n->inode->mode))
			n->inode->data.fd = openat(fd, tree_path(n, real),
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	}
	return fd;
}
