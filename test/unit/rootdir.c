/* SPDX-License-Identifier: Apache-2.0 */
/* A root file system in a directory, as a tree. */
#include "image/rootdir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static void
put_file(const char *path, const char *text, mode_t mode)
{
	tap_file(path, text);
	(void)chmod(path, mode);
}

int
main(void)
{
	static const char *const paths[] = {".", "a", "a/b", "a/b/c", "a/d",
	    "etc", "etc/group", "etc/passwd", "l"};
	const struct timespec times[2] = {{1000, 0}, {1234567, 5}};
	char path[TREE_PATH], text[32];
	struct tree t = {0};
	const struct node *n;
	size_t i = 0;
	int fd;

	(void)umask(022);
	(void)mkdir("r", 0755);
	(void)mkdir("r/a", 0755);
	(void)mkdir("r/a/b", 0700);
	(void)mkdir("r/etc", 0755);
	put_file("r/a/b/c", "hello", 0640);
	put_file("r/a/d", "", 0644);
	put_file("r/passwd", "op:x:5:6\n", 0644);
	put_file("r/etc/group", "g:x:7:op\n", 0644);
	(void)rename("r/passwd", "r/etc/passwd");
	(void)symlink("../elsewhere", "r/l");
	(void)utimensat(AT_FDCWD, "r/a/d", times, 0);

	OK(tree_init(&t) == 0);
	fd = rootdir_read(&t, "r");
	OK(fd >= 0);
	OK(tree_sort(&t) == 0);
	for (n = t.root; n != NULL && i < 9; n = tree_next(t.root, n))
		OK_STR(tree_path(n, path), paths[i++]);
	OK(n == NULL && i == 9);
	n = tree_find(&t, "a/b/c");
	OK(n->inode->mode == (S_IFREG | 0640) && n->inode->data.len == 5);
	OK(n->inode->uid == getuid() && n->inode->gid == getgid());
	OK(n->inode->data.fd == -1 && !n->inode->whiteout);
	OK(tree_find(&t, "a/b")->inode->mode == (S_IFDIR | 0700));
	OK(tree_find(&t, "a/d")->inode->mtime == 1234567);
	n = tree_child(&t, t.root, "l", 1);
	OK(S_ISLNK(n->inode->mode));
	OK_STR(n->inode->target, "../elsewhere");
	/* these are read later */
	n = tree_find(&t, "etc/passwd");
	OK(n->inode->data.fd >= 0 &&
	    blob_read(&n->inode->data, 0, text, sizeof text) == 9);
	OK(memcmp(text, "op:x:5:6\n", 9) == 0);
	OK(tree_find(&t, "etc/group")->inode->data.fd >= 0);
	(void)close(fd);
	tree_free(&t);

	OK(tree_init(&t) == 0);
	OK(rootdir_read(&t, "absent") < 0);
	OK(rootdir_read(&t, "r/a/d") < 0);
	tree_free(&t);
	/* whiteouts of a layer that is mounted alone */
	if (mknod("r/w", S_IFCHR, 0) == 0) {
		OK(tree_init(&t) == 0);
		fd = rootdir_read(&t, "r");
		OK(fd >= 0 && tree_child(&t, t.root, "w", 1)->inode->whiteout);
		(void)close(fd);
		tree_free(&t);
	}
	/* what cannot be listed is an error */
	if (geteuid() == 0 &&
	    (chown("r/a/b", 65532, 65532) < 0 ||
	        chown("r/a", 65532, 65532) < 0 ||
	        setresuid(65532, 65532, 65532) < 0))
		return tap_done();
	(void)chmod("r/a/b", 0);
	OK(tree_init(&t) == 0);
	OK(rootdir_read(&t, "r") < 0);
	tree_free(&t);
	return tap_done();
}
