/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that a bundle is copied to, and that is whole or not there.
 */
#include "stream/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/io.h"
#include "base/msg.h"
#include "bundle/walk.h"
#include "stream/copyout.h"

static const char suffix[] = ".unpack-copy";
static const char mark[] = "user.unpack";

enum {
	COPY_NOREPLACE = 1, /* RENAME_NOREPLACE of <linux/fs.h> */
	COPY_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

/* ------------------------------------------------------------------- names */

/* Names in a directory, sorted, each with its NUL. */
struct copy_names {
	char *text; /* owned */
	size_t len, room;
};

/*
 * List the directory fd, which is borrowed; where it is DEST, without the
 * hidden one, and a file system's own lost+found.  0, or -1 with errno set.
 */
static int
copy_list(struct copy_names *l, int fd, bool dest)
{
	struct walk w = {0};
	struct walk_entry e;
	char *text;
	int got = -1;

	*l = (struct copy_names){0};
	if (walk_open(&w, fd, ".") < 0)
		goto out;
	w.lazy = true;
	while ((got = walk_next(&w, &e)) > 0) {
		if (strcmp(e.path, ".") == 0)
			continue;
		walk_skip(&w);
		if (dest &&
		    (strcmp(e.path, suffix) == 0 ||
		        strcmp(e.path, "lost+found") == 0))
			continue;
		text = array_grow(l->text, &l->room, l->len + e.path_len + 1,
		    1);
		if (text == NULL) {
			got = -1;
			break;
		}
		l->text = text;
		memcpy(text + l->len, e.path, e.path_len + 1);
		l->len += e.path_len + 1;
	}
out:
	walk_close(&w);
	return got;
}

/* ----------------------------------------------------------------- removal */

/* Is there a `name` in the directory?  If not: errno. */
static bool
copy_has(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * Remove `name`, or move it into top, under a number, where it is a directory
 * that is not empty.  Returns 0, or -1.
 */
static int
copy_take(int from, const char *name, int top)
{
	static unsigned long number;
	char up[32];

	if (unlinkat(from, name, 0) == 0 ||
	    unlinkat(from, name, AT_REMOVEDIR) == 0)
		return 0;
	/* what is moved must be writable, for its ".." */
	(void)fchmodat(from, name, 0700, AT_SYMLINK_NOFOLLOW);
	do {
		snprintf(up, sizeof up, "%lu", number++);
		if (renameat(from, name, top, up) == 0)
			return 0;
	} while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
	return -1;
}

/*
 * Remove all that is in the hidden directory: what is in directories there
 * comes up, so no depth is too much.  Without a word: what stays is in the way
 * of what comes next, which says so.
 */
static void
copy_empty(int top)
{
	struct copy_names l, below;
	size_t i, k, went;
	int fd;

	do {
		went = 0;
		(void)copy_list(&l, top, false);
		for (i = 0; i < l.len; i += strlen(l.text + i) + 1) {
			(void)fchmodat(top, l.text + i, 0700,
			    AT_SYMLINK_NOFOLLOW);
			fd = openat(top, l.text + i, COPY_DIR);
			if (fd >= 0) {
				(void)copy_list(&below, fd, false);
				for (k = 0; k < below.len;
				     k += strlen(below.text + k) + 1)
					went += copy_take(fd, below.text + k,
					            top) == 0;
				free(below.text);
				(void)close(fd);
			}
			went += unlinkat(top, l.text + i,
			            fd < 0 ? 0 : AT_REMOVEDIR) == 0;
		}
		free(l.text);
	} while (went > 0);
}

/*
 * Take back what was moved to DEST, that is what is in `names` and no longer
 * in the tree, and remove all that is hidden.
 */
static void
copy_undo(const struct copy *c)
{
	int tree = openat(c->hidden, "tree", COPY_DIR);
	int fd = openat(c->hidden, "names", O_RDONLY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	size_t n = 0;

	while (fd >= 0 && tree >= 0 && n < sizeof name &&
	    read(fd, name + n, 1) == 1) {
		if (name[n++] != '\0')
			continue;
		n = 0;
		if (!copy_has(tree, name) && errno == ENOENT)
			(void)copy_take(c->dir, name, c->hidden);
	}
	if (fd >= 0)
		(void)close(fd);
	if (tree >= 0)
		(void)close(tree);
	copy_empty(c->hidden);
}

/* --------------------------------------------------------------- beginning */

/* Say what is wrong with DEST.  Returns code. */
static enum wire_exit
copy_refuse(const struct copy *c, enum wire_exit code, const char *why)
{
	char shown[MSG_NAME];

	msg_warn(0, "%s: %s", msg_mask(shown, sizeof shown, c->dest), why);
	return code;
}

/* Open DEST's parent, and give DEST and what is hidden their names.  0, or -1.
 */
static int
copy_open_parent(struct copy *c)
{
	char *copy = strdup(c->dest), *name;

	if (copy == NULL) {
		msg_nomem();
		return -1;
	}
	name = basename(copy);
	errno = ENAMETOOLONG;
	if (strlen(name) + sizeof suffix < sizeof c->temp) {
		snprintf(c->temp, sizeof c->temp, ".%s%s", name, suffix);
		stpcpy(c->name, name);
		c->dir = open(dirname(strcpy(copy, c->dest)),
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (c->dir < 0)
		(void)copyout_complain(copy, "", errno);
	free(copy);
	return c->dir < 0 ? -1 : 0;
}

/*
 * Make and lock the hidden directory, and tidy up what was left in it.
 * Returns WIRE_OK, or WIRE_FAIL (reported).
 */
static enum wire_exit
copy_hide(struct copy *c)
{
	struct stat st, now;
	struct copy_names l;
	int fd;

	for (;;) {
		if (mkdirat(c->dir, c->temp, 0700) < 0 && errno != EEXIST)
			break;
		fd = openat(c->dir, c->temp, COPY_DIR);
		if (fd < 0)
			break;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
			(void)close(fd);
			return copy_refuse(c, WIRE_FAIL,
			    "another copy to it is under way");
		}
		/* its maker may have removed it before we had the lock */
		if (fstat(fd, &st) < 0 ||
		    fstatat(c->dir, c->temp, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_dev != now.st_dev || st.st_ino != now.st_ino) {
			(void)close(fd);
			continue;
		}
		if (copy_list(&l, fd, false) < 0) {
			(void)copyout_complain(c->dest, "", errno);
			(void)unlinkat(c->dir, c->temp, AT_REMOVEDIR);
			(void)close(fd);
			return WIRE_FAIL;
		}
		free(l.text);
		if (l.len > 0 && !copy_has(fd, "names")) {
			(void)close(fd);
			return copy_refuse(c, WIRE_FAIL,
			    "its .unpack-copy is not ours; remove it");
		}
		c->hidden = fd;
		copy_undo(c);
		fd = openat(fd, "names", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		(void)close(fd);
		return WIRE_OK;
	}
	(void)copyout_complain(c->dest, "", errno);
	return WIRE_FAIL;
}

/*
 * DEST is there, as the directory c->dir: may it be filled?  Returns WIRE_OK
 * or another (reported).
 */
static enum wire_exit
copy_judge(struct copy *c, bool force)
{
	char digest[DIGEST_TEXT], marked[DIGEST_TEXT] = "";
	struct copy_names l;
	int got = copy_list(&l, c->dir, true);

	digest_of(l.text != NULL ? l.text : "", l.len, digest);
	free(l.text);
	if (got < 0)
		return WIRE_FAIL;
	if (l.len == 0)
		return WIRE_OK;
	c->replace = fgetxattr(c->dir, mark, marked, sizeof marked - 1) ==
	        DIGEST_TEXT - 1 &&
	    strcmp(marked, digest) == 0;
	if (c->replace && force)
		return WIRE_OK;
	return copy_refuse(c, WIRE_USAGE,
	    c->replace ? "is not empty; --force replaces it, an earlier copy"
	        : force
	        ? "is not empty, and not as an earlier copy left it: --force does not replace it"
	        : "is not empty");
}

enum wire_exit
copy_open(struct copy *c, const char *dest, bool force, bool straight)
{
	const uint64_t how[3] = {O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
	    straight ? 4 : 0};
	enum wire_exit code = WIRE_OK;
	struct stat st;

	*c = (struct copy){.dest = dest, .hidden = -1, .tree = -1};
	/* openat2(2), which musl does not have, with RESOLVE_NO_SYMLINKS */
	c->dir = (int)syscall(SYS_openat2, AT_FDCWD, dest, how, sizeof how);
	if (c->dir < 0 && (errno == ENOSYS || errno == EPERM))
		c->dir = open(dest, (int)how[0]);
	if (c->dir >= 0) {
		c->inside = true;
		stpcpy(c->temp, suffix);
		/* before it is judged: what is there may be ours */
		if (copy_has(c->dir, suffix))
			code = copy_hide(c);
		if (code == WIRE_OK)
			code = copy_judge(c, force);
		/* and again: another may have come before we had the lock */
		if (code == WIRE_OK && c->hidden < 0) {
			code = copy_hide(c);
			if (code == WIRE_OK)
				code = copy_judge(c, force);
		}
	} else if (errno == ENOENT && lstat(dest, &st) < 0) {
		code = copy_open_parent(c) < 0 ? WIRE_FAIL : WIRE_OK;
	} else if (errno == ENOTDIR || errno == ENOENT) {
		code = copy_refuse(c, WIRE_USAGE, "is not a directory");
	} else {
		(void)copyout_complain(dest, "", errno);
		code = WIRE_FAIL;
	}
	if (code == WIRE_OK && !c->inside)
		code = copy_hide(c);
	if (code != WIRE_OK)
		return code;
	if (mkdirat(c->hidden, "tree", 0700) == 0)
		c->tree = openat(c->hidden, "tree", COPY_DIR);
	if (c->tree >= 0)
		return WIRE_OK;
	(void)copyout_complain(dest, "", errno);
	return WIRE_FAIL;
}

/* ------------------------------------------------------------------ ending */

/*
 * Move `name`, as `to`, to c->dir, where it must not be.  A directory that is
 * moved must be ours to write to.  Returns 0, or -1 with errno set.
 */
static int
copy_move(const struct copy *c, int from, const char *name, const char *to)
{
	struct stat st;
	bool closed;
	int ret;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	closed = S_ISDIR(st.st_mode) && (st.st_mode & 0200) == 0;
	if (closed)
		(void)fchmodat(from, name, st.st_mode | 0200, 0);
	/* renameat2(2), which musl has since 1.2.5 only */
	ret = (int)syscall(SYS_renameat2, from, name, c->dir, to,
	    COPY_NOREPLACE);
	/* nor has each file system its flags */
	if (ret < 0 && errno == EINVAL) {
		if (copy_has(c->dir, to))
			errno = EEXIST;
		else
			ret = renameat(from, name, c->dir, to);
	}
	if (ret == 0 && closed)
		(void)fchmodat(c->dir, to, st.st_mode & 07777, 0);
	return ret;
}

/*
 * Fill the directory that stays: note on disk what is going to be moved, and
 * do it.  Returns 0, or -1 with errno set, for copy_undo to clear away.
 */
static int
copy_fill(const struct copy *c, const struct copy_names *l)
{
	struct copy_names gone = {0};
	size_t i = 0;
	int fd, ret = -1;

	fd = openat(c->hidden, "names", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (io_write(fd, l->text, l->len) == 0 && fsync(fd) == 0 &&
	    copy_list(&gone, c->dir, true) == 0)
		ret = 0;
	(void)close(fd);
	/* what came meanwhile is in the way, and stays */
	for (; c->replace && ret == 0 && i < gone.len;
	     i += strlen(gone.text + i) + 1)
		ret = copy_take(c->dir, gone.text + i, c->hidden);
	free(gone.text);
	for (i = 0; ret == 0 && i < l->len; i += strlen(l->text + i) + 1)
		ret = copy_move(c, c->tree, l->text + i, l->text + i);
	return ret;
}

int
copy_commit(struct copy *c)
{
	char digest[DIGEST_TEXT];
	struct copy_names l = {0}, all = {0};
	struct timespec times[2];
	struct stat st;
	int ret = -1, fd = c->inside ? c->dir : c->tree;

	/* one call for all that is in it; since Linux 5.8 it reports errors */
	if (syncfs(c->tree) < 0 || fstat(c->tree, &st) < 0 ||
	    copy_list(&l, c->tree, true) < 0 ||
	    copy_list(&all, c->tree, false) < 0)
		goto out;
	/* to be moved, and marked, it must be ours to write to */
	(void)fchmod(c->tree, st.st_mode | 0700);
	ret = c->inside ? copy_fill(c, &all)
	                : copy_move(c, c->hidden, "tree", c->name);
	if (ret < 0)
		goto out;
	/* not each file system has such: then --force knows nothing of it */
	digest_of(l.text != NULL ? l.text : "", l.len, digest);
	(void)fsetxattr(fd, mark, digest, sizeof digest - 1, 0);
	(void)unlinkat(c->hidden, "names", 0);
	/* it is no part of the bundle: twice, as a moment may be a bad one */
	copy_empty(c->hidden);
	if (unlinkat(c->dir, c->temp, AT_REMOVEDIR) < 0) {
		copy_empty(c->hidden);
		ret = unlinkat(c->dir, c->temp, AT_REMOVEDIR);
	}
	(void)close(c->hidden);
	c->hidden = -1;
	/* where it is ours: a volume's root is the node's */
	times[0] = times[1] = st.st_mtim;
	(void)futimens(fd, times);
	(void)fchmod(fd, st.st_mode & 07777);
	(void)fsync(c->dir);
out:
	if (ret < 0)
		(void)copyout_complain(c->dest, "", errno);
	free(l.text);
	free(all.text);
	return ret;
}

void
copy_close(struct copy *c)
{
	if (c->hidden >= 0) {
		copy_undo(c);
		(void)unlinkat(c->dir, c->temp, AT_REMOVEDIR);
		(void)close(c->hidden);
	}
	if (c->tree >= 0)
		(void)close(c->tree);
	if (c->dir >= 0)
		(void)close(c->dir);
}
