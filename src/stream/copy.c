/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that a bundle is copied to, and that is whole or not there.
 */
#include "stream/copy.h"

#include <errno.h>
#include <fcntl.h>
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
	COPY_NOREPLACE = 1, /* <linux/fs.h>: RENAME_ with these names */
	COPY_EXCHANGE = 2,
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
	fd = openat(fd, ".", COPY_DIR);
	if (fd < 0 || walk_open(&w, fd) < 0)
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

static void
copy_digest_names(const struct copy_names *l, char text[static DIGEST_TEXT])
{
	digest_of(l->text != NULL ? l->text : "", l->len, text);
}

/* ----------------------------------------------------------------- removal */

/* Remove what is no directory, or an empty one.  0, or -1. */
static int
copy_unlink(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0 ? 0
	                                   : unlinkat(dir, name, AT_REMOVEDIR);
}

/*
 * Move `name` into top, under the next number that is no name there.  Returns
 * 0, or -1.
 */
static int
copy_bring_up(int from, const char *name, int top, unsigned long *number)
{
	char up[32];

	/* what is moved must be writable, for its ".." */
	(void)fchmodat(from, name, 0700, 0);
	do {
		(void)snprintf(up, sizeof up, "%lu", (*number)++);
		if (renameat(from, name, top, up) == 0)
			return 0;
	} while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
	return -1;
}

/*
 * Remove the directory `name` in top: those in it that are not empty are moved
 * up into top, so no depth is too much.  Without a word: what stays is in the
 * way of what comes next, which says so.  Returns how many went.
 */
static size_t
copy_flatten(int top, const char *name, unsigned long *number)
{
	struct copy_names l = {0};
	size_t i, went = 0;
	int fd;

	(void)fchmodat(top, name, 0700, 0);
	fd = openat(top, name, COPY_DIR);
	if (fd < 0)
		return 0;
	(void)copy_list(&l, fd, false);
	for (i = 0; i < l.len; i += strlen(l.text + i) + 1)
		went += copy_unlink(fd, l.text + i) == 0 ||
		    copy_bring_up(fd, l.text + i, top, number) == 0;
	free(l.text);
	(void)close(fd);
	return went + (unlinkat(top, name, AT_REMOVEDIR) == 0);
}

/* Remove all that is in the hidden directory. */
static void
copy_empty(int top)
{
	struct copy_names l;
	unsigned long number = 0;
	size_t i, went;

	do {
		went = 0;
		(void)copy_list(&l, top, false);
		for (i = 0; i < l.len; i += strlen(l.text + i) + 1)
			went += copy_unlink(top, l.text + i) == 0
			    ? 1
			    : copy_flatten(top, l.text + i, &number);
		free(l.text);
	} while (went > 0);
}

/* ------------------------------------------------------------------ moving */

/* renameat2(2), which musl has since 1.2.5 only, and not each file system. */
static int
copy_rename(int from, const char *name, int to, const char *name_to,
    unsigned int flags)
{
	if (syscall(SYS_renameat2, from, name, to, name_to, flags) == 0)
		return 0;
	if (errno != EINVAL || flags == COPY_EXCHANGE)
		return -1;
	if (faccessat(to, name_to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from, name, to, name_to);
}

/*
 * Move `name` to another directory, where it must not be, or be exchanged.  A
 * directory that is moved must be ours to write to.  0, or -1 with errno set.
 */
static int
copy_move(int from, const char *name, int to, const char *name_to,
    unsigned int flags)
{
	struct stat st;
	bool closed;
	int ret, err;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	closed = S_ISDIR(st.st_mode) && (st.st_mode & 0200) == 0;
	if (closed)
		(void)fchmodat(from, name, st.st_mode | 0200, 0);
	ret = copy_rename(from, name, to, name_to, flags);
	err = errno;
	if (closed)
		(void)fchmodat(ret == 0 ? to : from, ret == 0 ? name_to : name,
		    st.st_mode & 07777, 0);
	errno = err;
	return ret;
}

/*
 * Move all that is in the list; where that fails, move it back.  Returns 0, or
 * -1 with errno set.
 */
static int
copy_move_all(int from, int to, const struct copy_names *l)
{
	size_t i, done;
	int err;

	for (done = 0; done < l->len; done += strlen(l->text + done) + 1)
		if (copy_move(from, l->text + done, to, l->text + done,
		        COPY_NOREPLACE) < 0)
			break;
	if (done == l->len)
		return 0;
	err = errno;
	for (i = 0; i < done; i += strlen(l->text + i) + 1)
		(void)copy_move(to, l->text + i, from, l->text + i,
		    COPY_NOREPLACE);
	errno = err;
	return -1;
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

/* Split dest into c->dir and c->name.  WIRE_OK, or another (reported). */
static enum wire_exit
copy_open_parent(struct copy *c)
{
	size_t len = strlen(c->dest), at;
	char *parent;

	while (len > 1 && c->dest[len - 1] == '/')
		len--;
	for (at = len; at > 0 && c->dest[at - 1] != '/'; at--)
		continue;
	if (len == at || len - at + sizeof suffix > NAME_MAX) {
		errno = len == at ? ENOENT : ENAMETOOLONG;
		(void)copyout_complain(c->dest, "", errno);
		return WIRE_FAIL;
	}
	memcpy(c->name, c->dest + at, len - at);
	c->temp[0] = '.';
	(void)stpcpy(stpcpy(c->temp + 1, c->name), suffix);
	parent = at > 0 ? strndup(c->dest, at) : strdup(".");
	if (parent == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	c->dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		(void)copyout_complain(parent, "", errno);
	free(parent);
	return c->dir < 0 ? WIRE_FAIL : WIRE_OK;
}

/*
 * What was left in the hidden directory: remove what was moved to DEST, that
 * is what is in `names` and no longer in the tree, and all else.
 */
static void
copy_tidy(const struct copy *c)
{
	int names = openat(c->hidden, "names", O_RDONLY | O_CLOEXEC);
	int tree = openat(c->hidden, "tree", COPY_DIR);
	char name[NAME_MAX + 1];
	struct stat st;
	unsigned long number = 0;
	size_t n = 0;

	while (c->inside && names >= 0 && tree >= 0 && n <= NAME_MAX &&
	    io_read(names, name + n, 1) == 1) {
		if (name[n++] != '\0')
			continue;
		n = 0;
		if (fstatat(tree, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno == ENOENT)
			(void)copy_bring_up(c->dir, name, c->hidden, &number);
	}
	if (names >= 0)
		(void)close(names);
	if (tree >= 0)
		(void)close(tree);
	copy_empty(c->hidden);
}

/* Is the hidden directory, open and locked, one that we can have made? */
static bool
copy_is_ours(const struct copy *c)
{
	static const char *const known[] = {"tree", "names", "old", NULL};
	struct copy_names l;
	struct stat st;
	bool ours;
	size_t i, k;

	ours = fstat(c->hidden, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 0777) == 0700 && copy_list(&l, c->hidden, false) == 0;
	if (!ours)
		return false;
	for (i = 0; i < l.len; i += strlen(l.text + i) + 1) {
		for (k = 0; known[k] != NULL; k++)
			if (strcmp(l.text + i, known[k]) == 0)
				break;
		/* a number: a directory that was being removed */
		ours = ours &&
		    (known[k] != NULL ||
		        strspn(l.text + i, "0123456789") == strlen(l.text + i));
	}
	free(l.text);
	return ours;
}

/*
 * Open the hidden directory, made where `make`, lock it, and tidy it up.
 * Returns WIRE_OK, with c->hidden -1 where there is none, or another
 * (reported).
 */
static enum wire_exit
copy_take_hidden(struct copy *c, bool make)
{
	struct stat st, now;
	int fd;

	for (;;) {
		if (make && mkdirat(c->dir, c->temp, 0700) < 0 &&
		    errno != EEXIST)
			break;
		fd = openat(c->dir, c->temp, COPY_DIR);
		if (fd < 0 && errno == ENOENT && !make)
			return WIRE_OK;
		if (fd < 0)
			break;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
			(void)close(fd);
			return copy_refuse(c, WIRE_FAIL,
			    "another copy to it is under way");
		}
		/* its maker may have removed it before we had the lock */
		if (fstat(fd, &st) == 0 &&
		    fstatat(c->dir, c->temp, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_dev == now.st_dev && st.st_ino == now.st_ino) {
			c->hidden = fd;
			if (copy_is_ours(c)) {
				copy_tidy(c);
				return WIRE_OK;
			}
			c->hidden = -1;
			(void)close(fd);
			return copy_refuse(c, WIRE_FAIL,
			    c->inside
			        ? "the .unpack-copy in it is not ours; remove it"
			        : "the .unpack-copy beside it is not ours; remove it");
		}
		(void)close(fd);
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

	if (copy_list(&l, c->dir, true) < 0) {
		free(l.text);
		return WIRE_FAIL;
	}
	copy_digest_names(&l, digest);
	free(l.text);
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
	        ? "is not empty, and not as an earlier copy left it, so --force does not replace it"
	        : "is not empty");
}

/* Is DEST, which c->dir is, no mount, in a directory that we can write to? */
static bool
copy_can_exchange(const struct copy *c)
{
	struct stat st, up;

	return fstat(c->dir, &st) == 0 && fstatat(c->dir, "..", &up, 0) == 0 &&
	    st.st_dev == up.st_dev && st.st_ino != up.st_ino &&
	    faccessat(c->dir, "..", W_OK | X_OK, AT_EACCESS) == 0;
}

enum wire_exit
copy_open(struct copy *c, const char *dest, bool force)
{
	enum wire_exit code = WIRE_OK;
	struct stat st;

	*c = (struct copy){.dest = dest, .hidden = -1, .tree = -1};
	c->dir = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir >= 0) {
		c->inside = true;
		memcpy(c->temp, suffix, sizeof suffix);
		code = copy_take_hidden(c, false);
		if (code == WIRE_OK)
			code = copy_judge(c, force);
		if (code == WIRE_OK && c->replace && copy_can_exchange(c) &&
		    lstat(dest, &st) == 0 && S_ISDIR(st.st_mode)) {
			copy_close(c);
			c->inside = false;
			code = copy_open_parent(c);
		}
	} else if (errno == ENOENT && lstat(dest, &st) < 0) {
		code = copy_open_parent(c);
	} else if (errno == ENOTDIR || errno == ENOENT) {
		return copy_refuse(c, WIRE_USAGE, "is not a directory");
	} else {
		(void)copyout_complain(dest, "", errno);
		return WIRE_FAIL;
	}
	if (code == WIRE_OK && c->hidden < 0)
		code = copy_take_hidden(c, true);
	if (code != WIRE_OK)
		return code;
	if (mkdirat(c->hidden, "tree", 0700) == 0)
		c->tree = openat(c->hidden, "tree", COPY_DIR);
	if (c->tree < 0)
		(void)copyout_complain(dest, c->temp, errno);
	return c->tree < 0 ? WIRE_FAIL : WIRE_OK;
}

/* ------------------------------------------------------------------ ending */

/* Note on disk what is about to be moved.  Returns 0, or -1 with errno set. */
static int
copy_note(const struct copy *c, const struct copy_names *l)
{
	int fd = openat(c->hidden, "names",
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return -1;
	ret = io_write(fd, l->text, l->len) < 0 ? -1 : fsync(fd);
	return io_close(fd) < 0 ? -1 : ret;
}

/* Fill the directory that stays.  Returns 0, or -1 with errno set. */
static int
copy_fill(const struct copy *c, const struct copy_names *new)
{
	struct copy_names gone = {0};
	struct timespec times[2];
	struct stat st;
	int old = -1, ret = -1, err;

	if (fstat(c->tree, &st) < 0 || fchmod(c->tree, 0700) < 0 ||
	    copy_note(c, new) < 0 || copy_list(&gone, c->dir, true) < 0)
		goto out;
	if (c->replace &&
	    (mkdirat(c->hidden, "old", 0700) < 0 ||
	        (old = openat(c->hidden, "old", COPY_DIR)) < 0))
		goto out;
	/* who filled it meanwhile is not to be mixed with us */
	errno = ENOTEMPTY;
	if (!c->replace && gone.len > 0)
		goto out;
	if (c->replace && copy_move_all(c->dir, old, &gone) < 0)
		goto out;
	ret = copy_move_all(c->tree, c->dir, new);
	err = errno;
	if (ret < 0 && c->replace)
		(void)copy_move_all(old, c->dir, &gone);
	errno = err;
	if (ret == 0) {
		times[0] = times[1] = st.st_mtim;
		/* where it is ours: a volume's root is the node's most often */
		(void)futimens(c->dir, times);
		(void)fchmod(c->dir, st.st_mode & 07777);
	}
out:
	err = errno;
	if (old >= 0)
		(void)close(old);
	free(gone.text);
	errno = err;
	return ret;
}

int
copy_commit(struct copy *c)
{
	char digest[DIGEST_TEXT];
	struct copy_names new;
	int ret = -1;

	/* one call for all that is in it; since Linux 5.8 it reports errors */
	if (copy_list(&new, c->tree, false) < 0 || syncfs(c->tree) < 0)
		goto out;
	copy_digest_names(&new, digest);
	/* not each file system has such; then --force does not know it */
	if (c->inside) {
		ret = copy_fill(c, &new);
		if (ret == 0)
			(void)fsetxattr(c->dir, mark, digest, sizeof digest - 1,
			    0);
	} else {
		(void)fsetxattr(c->tree, mark, digest, sizeof digest - 1, 0);
		ret = copy_move(c->hidden, "tree", c->dir, c->name,
		    c->replace ? COPY_EXCHANGE : COPY_NOREPLACE);
	}
out:
	if (ret < 0)
		(void)copyout_complain(c->dest, "", errno);
	else
		(void)fsync(c->dir);
	free(new.text);
	return ret;
}

void
copy_close(struct copy *c)
{
	if (c->hidden >= 0) {
		/* first this: without it nothing is taken from DEST */
		(void)unlinkat(c->hidden, "names", 0);
		copy_empty(c->hidden);
		(void)unlinkat(c->dir, c->temp, AT_REMOVEDIR);
		(void)close(c->hidden);
	}
	if (c->tree >= 0)
		(void)close(c->tree);
	if (c->dir >= 0)
		(void)close(c->dir);
	c->hidden = c->tree = c->dir = -1;
}
