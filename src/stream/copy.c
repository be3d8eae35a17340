/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that a bundle is copied to, and that is whole or not there.
 */
#include "stream/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/remove.h"
#include "bundle/walk.h"

static const char suffix[] = ".unpack-copy";
static const char mark[] = "user.unpack";

enum {
	RANGE_MIN = 128 * 1024, /* bytes; less is written as fast */
	COPY_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

int
copy_complain(const char *dest, const char *path)
{
	char shown[MSG_NAME], name[MSG_NAME];
	const char *way = "";
	int err = errno;

	if (err == EROFS)
		way = ": mount a volume there, not read-only";
	else if (err == ENOSPC || err == EDQUOT)
		way = ": give the volume more room (sizeLimit)";
	else if (err == ENOENT)
		way = ": its directory must exist";
	else if (err == EINVAL)
		way = ": lies in the bundle itself";
	else if (err == ELOOP)
		way = ": a symlink leads elsewhere";
	else if (err == EACCES || err == EPERM)
		way = ": this user may not write there (fsGroup)";
	msg_warn(err, "%s%s%s%s", msg_mask(shown, sizeof shown, dest),
	    path[0] != '\0' ? "/" : "", msg_mask(name, sizeof name, path), way);
	return -1;
}

/* ------------------------------------------------------------------- moves */

/* Make a directory, of mode 0700, and open it.  -1: errno. */
static int
copy_make(int dir, const char *name)
{
	return mkdirat(dir, name, 0700) < 0 ? -1 : openat(dir, name, COPY_DIR);
}

/* Is there a `name` in the directory? */
static bool
copy_has(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * Move `name` to another directory, in which `as` must not be.  A directory
 * that is moved must be ours to write to.  Returns 0, or -1 with errno set.
 */
static int
copy_move(int from, const char *name, int to, const char *as)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	errno = EEXIST;
	if (copy_has(to, as))
		return -1;
	if (S_ISDIR(st.st_mode))
		(void)fchmodat(from, name, st.st_mode | 0200, 0);
	if (renameat(from, name, to, as) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		(void)fchmodat(to, as, st.st_mode & 07777, 0);
	return 0;
}

/*
 * Go over what is in the directory, which is borrowed; where it is DEST, but
 * for the hidden one, and a file system's own lost+found.  Write the names,
 * each with its NUL, to the file `names`, and move all `to` another directory;
 * -1: do not.  Their digest, but of those two, is of use where digest is not
 * NULL.  Returns how many there are, or -1 with errno set.
 */
static int
copy_each(int dir, bool dest, int names, int to, char *digest)
{
	struct walk w = {0};
	struct walk_entry e;
	struct digest sum;
	int got = walk_open(&w, dir, "."), n = -1;
	bool own;

	digest_init(&sum);
	w.lazy = true;
	while (got >= 0 && (got = walk_next(&w, &e)) > 0) {
		walk_skip(&w);
		own = strcmp(e.path, suffix) == 0 ||
		    strcmp(e.path, "lost+found") == 0;
		/* "." is the first */
		if ((own && dest) || n++ < 0)
			continue;
		if (!own)
			digest_add(&sum, e.path, e.path_len + 1);
		if ((names >= 0 &&
		        io_write(names, e.path, e.path_len + 1) < 0) ||
		    (to >= 0 && copy_move(dir, e.path, to, e.path) < 0))
			got = -1;
	}
	walk_close(&w);
	if (digest != NULL)
		digest_text(&sum, digest);
	return got < 0 ? -1 : n;
}

/*
 * Take back what was moved to DEST, that is what is in `names` and not in the
 * tree, and remove all that is hidden; `names` last, by which it is known.
 * Returns 0, or -1 with errno set.
 */
static int
copy_undo(const struct copy *c, int hidden)
{
	int tree = openat(hidden, "tree", COPY_DIR);
	int fd = openat(hidden, "names", O_RDONLY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	size_t n = 0;

	while (tree >= 0 && n < sizeof name && read(fd, name + n, 1) == 1) {
		if (name[n++] != '\0')
			continue;
		n = 0;
		if (strchr(name, '/') == NULL)
			(void)copy_move(c->dir, name, tree, name);
	}
	if (fd >= 0)
		(void)close(fd);
	if (tree >= 0)
		(void)close(tree);
	(void)remove_tree(hidden, "tree");
	(void)remove_tree(hidden, "old");
	(void)unlinkat(hidden, "names", 0);
	return unlinkat(c->dir, c->temp, AT_REMOVEDIR);
}

/* --------------------------------------------------------------- beginning */

/* Say what is wrong with DEST; NULL: as errno says.  Returns code. */
static enum wire_exit
copy_refuse(const struct copy *c, enum wire_exit code, const char *why)
{
	char shown[MSG_NAME];

	if (why != NULL)
		msg_warn(0, "%s: %s", msg_mask(shown, sizeof shown, c->dest),
		    why);
	else
		(void)copy_complain(c->dest, "");
	return code;
}

/*
 * Make and lock the hidden directory, and tidy up one that was left.  Returns
 * WIRE_OK, or WIRE_FAIL (reported).
 */
static enum wire_exit
copy_hide(struct copy *c)
{
	const char *why = NULL;
	bool made, same;
	int fd, ret = 0;

	while (why == NULL && ret == 0) {
		fd = copy_make(c->dir, c->temp);
		made = fd >= 0;
		if (!made && errno == EEXIST)
			fd = openat(c->dir, c->temp, COPY_DIR);
		if (fd < 0)
			break;
		same = remove_lock(c->dir, c->temp, fd) == 0;
		if (!same && errno == EWOULDBLOCK)
			why = "another copy to it is under way";
		if (same && made) {
			c->hidden = fd;
			return WIRE_OK;
		}
		if (same && copy_has(fd, "names"))
			ret = copy_undo(c, fd);
		else if (same && unlinkat(c->dir, c->temp, AT_REMOVEDIR) < 0)
			why = "its .unpack-copy is not ours; remove it";
		(void)close(fd);
	}
	return copy_refuse(c, WIRE_FAIL, why);
}

/*
 * DEST is there, as the directory c->dir: may it be filled?  Returns WIRE_OK
 * or another (reported).
 */
static enum wire_exit
copy_judge(struct copy *c, bool force)
{
	char digest[DIGEST_TEXT], marked[DIGEST_TEXT] = "";
	int n = copy_each(c->dir, true, -1, -1, digest);

	if (n < 0)
		return copy_refuse(c, WIRE_FAIL, NULL);
	(void)fgetxattr(c->dir, mark, marked, sizeof marked - 1);
	c->replace = n > 0 && strcmp(marked, digest) == 0;
	if (n == 0 || (c->replace && force))
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
	char text[PATH_MAX], *name;
	enum wire_exit code = WIRE_OK;
	struct stat st;
	int i;

	*c = (struct copy){.dest = dest, .hidden = -1, .at = -1, .file = -1};
	stpcpy(c->temp, suffix);
	/* openat2(2), which musl does not have, with RESOLVE_NO_SYMLINKS */
	c->dir = (int)syscall(SYS_openat2, AT_FDCWD, dest, how, sizeof how);
	if (c->dir < 0 && (errno == ENOSYS || errno == EPERM))
		c->dir = open(dest, (int)how[0]);
	c->inside = c->dir >= 0;
	if (!c->inside &&
	    (errno == ENOTDIR || (errno == ENOENT && lstat(dest, &st) == 0)))
		return copy_refuse(c, WIRE_USAGE, "is not a directory");
	if (!c->inside && errno == ENOENT) {
		/* it was looked for, so it is not too long */
		snprintf(text, sizeof text, "%s", dest);
		name = basename(text);
		errno = ENAMETOOLONG;
		if (snprintf(c->temp, sizeof c->temp, ".%s%s", name, suffix) <
		    (int)sizeof c->temp) {
			stpcpy(c->name, name);
			c->dir = open(dirname(text), (int)how[0]);
		}
	}
	if (c->dir < 0)
		return copy_refuse(c, WIRE_FAIL, NULL);
	/* twice: another may have come before we had the lock */
	for (i = 0; code == WIRE_OK && i < 2; i++) {
		/* what is there may be ours */
		if (c->hidden < 0 && (i > 0 || copy_has(c->dir, c->temp)))
			code = copy_hide(c);
		if (code == WIRE_OK && c->inside)
			code = copy_judge(c, force);
	}
	if (code != WIRE_OK)
		return code;
	if (mknodat(c->hidden, "names", S_IFREG | 0600, 0) == 0)
		c->at = copy_make(c->hidden, "tree");
	return c->at < 0 ? copy_refuse(c, WIRE_FAIL, NULL) : WIRE_OK;
}

/* ----------------------------------------------------------------- entries */

/* Give a directory its mode, and its time, which is no bundle's.  0, or -1. */
static int
copy_dress(int fd, mode_t mode)
{
	static const struct timespec times[2];
	struct stat st;

	return fstat(fd, &st) == 0 &&
	        fchmod(fd, (mode & 0777) | (st.st_mode & S_ISGID)) == 0
	    ? futimens(fd, times)
	    : -1;
}

/* Leave directories until one is left of which path's parent is the last. */
static int
copy_climb(struct copy *c, const char *path)
{
	size_t depth = 1;
	int fd, ret = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/';
	while (ret == 0 && c->depth > depth) {
		/* nobody else has a way into these: they are 0700, and ours */
		fd = c->at;
		c->at = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ret = c->at < 0 ? -1 : copy_dress(fd, c->modes[--c->depth]);
		(void)close(fd);
	}
	return ret;
}

int
copy_entry(struct copy *c, const struct content_item *item,
    const struct stat *st, const char *target)
{
	struct stat own;
	mode_t *modes;
	int ret = copy_climb(c, item->path), fd;

	c->times[0].tv_sec = c->times[1].tv_sec = st->st_mtim.tv_sec;
	if (S_ISDIR(st->st_mode) && fstat(c->hidden, &own) == 0 &&
	    st->st_dev == own.st_dev && st->st_ino == own.st_ino) {
		errno = EINVAL; /* as rename(2) has it */
		return copy_complain(c->dest, "");
	}
	if (ret == 0 && S_ISREG(st->st_mode)) {
		ret = c->file = openat(c->at, item->name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	} else if (ret == 0 && S_ISLNK(st->st_mode)) {
		ret = symlinkat(target, c->at, item->name);
		if (ret == 0)
			ret = utimensat(c->at, item->name, c->times,
			    AT_SYMLINK_NOFOLLOW);
	} else if (ret == 0) {
		modes = array_grow(c->modes, &c->room, c->depth + 1,
		    sizeof *modes);
		if (modes == NULL)
			return copy_complain(c->dest, item->path);
		c->modes = modes;
		c->modes[c->depth++] = st->st_mode;
		if (c->depth == 1) /* "." is there */
			return 0;
		fd = c->at;
		ret = c->at = copy_make(fd, item->name);
		(void)close(fd);
	}
	return ret < 0 ? copy_complain(c->dest, item->path) : 0;
}

int
copy_bytes(struct copy *c, const char *path, int fd, const void *buf,
    size_t len)
{
	const char *from = buf;
	/* where these bytes are, in both files */
	off_t at = lseek(c->file, 0, SEEK_CUR);
	ssize_t n = 0;

	/* zeros are left out */
	if (from[0] == '\0' && memcmp(from, from + 1, len - 1) == 0 &&
	    ftruncate(c->file, at + (off_t)len) == 0)
		n = lseek(c->file, (off_t)len, SEEK_CUR) < 0 ? 0 : (ssize_t)len;
	else if (len >= RANGE_MIN)
		n = copy_file_range(fd, &at, c->file, NULL, len, 0);
	if (n < 0)
		n = 0;
	return io_write(c->file, from + n, len - (size_t)n) < 0
	    ? copy_complain(c->dest, path)
	    : 0;
}

int
copy_file_end(struct copy *c, const char *path, const struct stat *st)
{
	int fd = c->file;

	/* here, as a umask and an ACL have a say in a new file's mode */
	if (fchmod(fd, st->st_mode & 0777) < 0 || futimens(fd, c->times) < 0)
		return copy_complain(c->dest, path);
	c->file = -1;
	return close(fd) < 0 ? copy_complain(c->dest, path) : 0;
}

/* ------------------------------------------------------------------ ending */

/*
 * Fill the directory that stays: note on disk what is going to be moved, do it,
 * and mark it.  Returns 0, or -1 with errno set, for copy_undo to clear away.
 */
static int
copy_fill(const struct copy *c, const char *digest)
{
	int fd = openat(c->hidden, "names", O_WRONLY | O_CLOEXEC);
	int old = copy_make(c->hidden, "old"), ret = -1;

	/* what came meanwhile is in the way, and stays */
	if (fd >= 0 && old >= 0 && copy_each(c->at, false, fd, -1, NULL) >= 0 &&
	    fsync(fd) == 0 &&
	    (!c->replace || copy_each(c->dir, true, -1, old, NULL) >= 0) &&
	    copy_each(c->at, false, -1, c->dir, NULL) >= 0) {
		(void)fsetxattr(c->dir, mark, digest, DIGEST_TEXT - 1, 0);
		/* from here on nothing is taken back */
		ret = ftruncate(fd, 0);
	}
	if (fd >= 0)
		(void)close(fd);
	if (old >= 0)
		(void)close(old);
	return ret;
}

int
copy_commit(struct copy *c)
{
	char digest[DIGEST_TEXT];

	if (copy_climb(c, "") < 0 ||
	    copy_each(c->at, false, -1, -1, digest) < 0)
		return copy_complain(c->dest, "");
	/* not each file system has such: then --force knows nothing of it */
	(void)fsetxattr(c->at, mark, digest, sizeof digest - 1, 0);
	if ((!c->inside && copy_dress(c->at, c->modes[0]) < 0) ||
	    /* one call for all in it; since Linux 5.8 it reports errors */
	    syncfs(c->at) < 0 ||
	    (c->inside ? copy_fill(c, digest)
	               : copy_move(c->hidden, "tree", c->dir, c->name)) < 0)
		return copy_complain(c->dest, "");
	/* it is no part of the bundle: twice, as a moment may be a bad one */
	if (copy_undo(c, c->hidden) < 0 && copy_undo(c, c->hidden) < 0)
		return copy_complain(c->dest, "");
	(void)close(c->hidden);
	c->hidden = -1;
	/* where it is ours: a volume's root is the node's */
	if (c->inside)
		(void)copy_dress(c->dir, c->modes[0]);
	(void)fsync(c->dir);
	return 0;
}

void
copy_close(struct copy *c)
{
	if (c->hidden >= 0) {
		(void)copy_undo(c, c->hidden);
		(void)close(c->hidden);
	}
	if (c->file >= 0)
		(void)close(c->file);
	if (c->at >= 0)
		(void)close(c->at);
	if (c->dir >= 0)
		(void)close(c->dir);
	free(c->modes);
}
