/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory or file that appears whole or not at all: it is made under a
 * name beside the target's and renamed when it is complete and on disk.
 */
#include "log/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/path.h"
#include "base/remove.h"
#include "base/signals.h"
#include "pod/name.h"

static const char infix[] = ".unpack-";
static const char mark[] = "user.unpack";

enum {
	TARGET_NOREPLACE = 1, /* <linux/fs.h>: RENAME_ with these names */
	TARGET_EXCHANGE = 2,
	RANDOM_LEN = 6,
	ATTEMPTS = 100
};

/* A stream of what is in the directory fd, which stays; NULL: errno. */
static DIR *
target_open_dir(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (dir == NULL && again >= 0)
		(void)close(again);
	return dir;
}

/* Is what is there, opened as fd, of our making? */
static bool
target_is_ours(int fd)
{
	return fgetxattr(fd, mark, NULL, 0) >= 0;
}

/* Remove the temporary `name` in t->parent; what is left is named. */
static void
remove_temp(const struct target *t, const char *name)
{
	char dir[PATH_MAX], shown[NAME_MAX * 4 + 1];
	int err;

	if (remove_tree(t->parent, name) == 0)
		return;
	err = errno;
	msg_mask(dir, sizeof dir, t->dir);
	msg_mask(shown, sizeof shown, name);
	if (signals_count > 1)
		msg_warn(0,
		    "%s/%s is still there: a second signal ended its removal; remove it with rm -r",
		    dir, shown);
	else
		msg_warn(err, "%s/%s cannot be removed", dir, shown);
}

/* --------------------------------------------------------------- leftovers */

/* Is nothing in it, as in one whose maker was killed before it had its mark? */
static bool
target_is_empty(int fd, const struct stat *st)
{
	DIR *dir = S_ISDIR(st->st_mode) ? target_open_dir(fd) : NULL;
	struct dirent *e;

	if (dir == NULL)
		return S_ISREG(st->st_mode) && st->st_size == 0;
	while ((e = readdir(dir)) != NULL && path_is_dots(e->d_name))
		continue;
	(void)closedir(dir);
	return e == NULL;
}

/*
 * Open the temporary `name`, of ours: it has a name that target_begin gives for
 * our target, and the mark, or nothing in it.  Returns it, or -1.
 */
static int
target_open_temp(const struct target *t, const char *name)
{
	char start[NAME_MAX + 1];
	struct stat st;
	int fd, n;

	n = snprintf(start, sizeof start, ".%s%s", t->name, infix);
	if (strncmp(name, start, (size_t)n) != 0 ||
	    strspn(name + n, "0123456789abcdef") != RANDOM_LEN ||
	    name[n + RANDOM_LEN] != '\0')
		return -1;
	fd = openat(t->parent, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)) &&
	    (target_is_ours(fd) || target_is_empty(fd, &st)))
		return fd;
	(void)close(fd);
	return -1;
}

/* Are these one file? */
static bool
target_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* ------------------------------------------------------------------ target */

/* Report what is wrong with the target; returns -1. */
static int
target_complain(const struct target *t, int err, const char *what)
{
	char dir[PATH_MAX], name[NAME_MAX * 4 + 1];

	msg_mask(dir, sizeof dir, t->dir);
	if (t->inside != NULL)
		msg_warn(err, "%s: %s", dir, what);
	else
		msg_warn(err, "%s/%s: %s", dir,
		    msg_mask(name, sizeof name, t->name), what);
	return -1;
}

/* Split path into t->dir and t->name.  Returns 0, or -1 (reported). */
static int
target_split_path(struct target *t, const char *path)
{
	char text[MSG_NAME], copy[PATH_MAX] = "";
	const char *name;

	while (path[0] == '/' && path[1] == '/')
		path++;
	if (strlen(path) < sizeof copy)
		strcpy(copy, path);
	name = basename(copy);
	/* the temporary's name must fit, too */
	if (path_is_dots(name) || *name == '/' ||
	    strlen(name) + sizeof infix + RANDOM_LEN > NAME_MAX) {
		msg_warn(0,
		    "'%s': cannot be made; give a new name in a directory that exists",
		    msg_mask(text, sizeof text, path));
		return -1;
	}
	strcpy(t->name, name);
	strcpy(t->dir, dirname(strcpy(copy, path)));
	return 0;
}

/*
 * Is there anything in the directory fd but leftovers of ours?  True also
 * where it cannot be read.
 */
static bool
is_occupied(const struct target *t, int fd)
{
	DIR *dir = target_open_dir(fd);
	struct dirent *e;
	bool occupied = dir == NULL;
	int temp;

	while (!occupied && (e = readdir(dir)) != NULL) {
		if (path_is_dots(e->d_name))
			continue;
		temp = t->inside != NULL ? target_open_temp(t, e->d_name) : -1;
		occupied = temp < 0;
		if (temp >= 0)
			(void)close(temp);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return occupied;
}

/* Why the empty directory fd cannot be replaced by another; NULL: it can. */
static const char *
target_cannot_replace(int fd, const char *path)
{
	struct stat st, other;

	if (fstat(fd, &st) < 0)
		return "cannot be examined";
	if (stat(".", &other) == 0 && target_is_same(&st, &other))
		return "is the working directory";
	if (lstat(path, &other) == 0 && S_ISLNK(other.st_mode))
		return "was reached by a symlink";
	if (fstatat(fd, "..", &other, 0) < 0 || st.st_dev != other.st_dev ||
	    target_is_same(&st, &other))
		return "is a mount point";
	if (faccessat(fd, "..", W_OK | X_OK, AT_EACCESS) < 0)
		return "is in a directory that is not writable";
	return NULL;
}

/*
 * There is something of that name: may it be replaced?  Returns 0, or -1
 * (reported).
 */
static int
target_judge_old(struct target *t, const struct stat *st)
{
	bool dir = S_ISDIR(st->st_mode), ours;
	char why[64];
	int fd = openat(t->parent, t->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && dir && !t->opts.file && !is_occupied(t, fd)) {
		(void)close(fd);
		return 0;
	}
	ours = fd >= 0 && target_is_ours(fd) && dir == !t->opts.file;
	if (fd >= 0)
		(void)close(fd);
	t->replace = t->opts.force && ours;
	if (t->replace)
		return 0;
	if (t->opts.force)
		return target_complain(t, 0,
		    "exists and was not made by unpackctl (it has no extended attribute user.unpack), so --force does not replace it");
	snprintf(why, sizeof why, "exists%s%s",
	    dir && !t->opts.file ? " and is not empty" : "",
	    ours ? "; --force replaces it" : "");
	return target_complain(t, 0, why);
}

int
target_open(struct target *t, const char *path, const struct target_opts *opts)
{
	size_t len = strlen(path);
	struct stat st;
	char text[MSG_NAME];
	int fd = -1;

	*t = (struct target){.parent = -1, .fd = -1, .opts = *opts};
	/* is it an empty directory that has to stay?  Then it is where we work
	 */
	if (!opts->file && len < sizeof t->dir)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		t->inside = target_cannot_replace(fd, path);
	if (t->inside != NULL) {
		memcpy(t->dir, path, len + 1);
		t->parent = fd;
		if (!is_occupied(t, fd))
			return 0;
		(void)close(fd);
		return target_complain(t, 0,
		    "exists and is not empty; give with -C a directory that does not exist, or an empty one");
	}
	if (fd >= 0)
		(void)close(fd);
	if (target_split_path(t, path) < 0)
		return -1;
	t->parent = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->parent < 0) {
		msg_warn(errno, "%s: the directory in which '%s' would be made",
		    msg_mask(text, sizeof text, t->dir), t->name);
		return -1;
	}
	if (fstatat(t->parent, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (target_judge_old(t, &st) == 0)
			return 0;
	} else if (errno == ENOENT) {
		return 0;
	} else {
		(void)target_complain(t, errno, "examine");
	}
	(void)close(t->parent);
	return -1;
}

/*
 * Make the temporary, under a random name: t->temp.  Returns 0, or -1 with
 * errno set.
 */
static int
make_temp(struct target *t)
{
	int n = snprintf(t->temp, sizeof t->temp, ".%s%s", t->name, infix);

	if (name_random(t->temp + n, RANDOM_LEN) < 0)
		return -1;
	if (!t->opts.file && mkdirat(t->parent, t->temp, 0700) < 0)
		return -1;
	t->fd = openat(t->parent, t->temp,
	    t->opts.file ? O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
	                 : O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	    0666);
	if (t->fd < 0 && !t->opts.file)
		(void)unlinkat(t->parent, t->temp, AT_REMOVEDIR);
	return t->fd < 0 ? -1 : 0;
}

int
target_begin(struct target *t)
{
	DIR *dir = target_open_dir(t->parent);
	struct dirent *e;
	int i, fd;

	/*
	 * Remove what was left by others, whose lock nobody holds.  By the time
	 * we have that, it may have been given its final name: then it is not
	 * ours to remove.
	 */
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		fd = target_open_temp(t, e->d_name);
		if (fd < 0)
			continue;
		if (remove_lock(t->parent, e->d_name, fd) == 0)
			remove_temp(t, e->d_name);
		(void)close(fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
	for (i = 0; i < ATTEMPTS; i++) {
		if (make_temp(t) < 0) {
			if (errno == EEXIST || errno == ENOENT)
				continue;
			return target_complain(t, errno,
			    "cannot make it there");
		}
		/* before we had the lock somebody may have tidied it away */
		if (remove_lock(t->parent, t->temp, t->fd) == 0) {
			(void)fsetxattr(t->fd, mark, "1", 1, 0);
			return 0;
		}
		(void)close(t->fd);
		t->fd = -1;
	}
	t->temp[0] = '\0';
	return target_complain(t, EEXIST, "make");
}

/* renameat2(2), which musl has since 1.2.5 only. */
static int
target_rename(int from, const char *name, int to, const char *name_to,
    unsigned int flags)
{
	return (int)syscall(SYS_renameat2, from, name, to, name_to, flags);
}

/*
 * Exchange it for the one that is there, and remove that, which somebody else
 * may have made since we have looked: what is not ours comes back.  Returns 0,
 * or -1 with errno set.
 */
static int
target_exchange(struct target *t)
{
	int fd;

	if (target_rename(t->parent, t->temp, t->parent, t->name,
	        TARGET_EXCHANGE) < 0)
		return -1;
	fd = openat(t->parent, t->temp,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	/* gone already: others have removed it as a leftover */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || !target_is_ours(fd)) {
		if (fd >= 0)
			(void)close(fd);
		(void)target_rename(t->parent, t->temp, t->parent, t->name,
		    TARGET_EXCHANGE);
		errno = EEXIST;
		return -1;
	}
	/* its maker may be about to let it go, or somebody may remove it */
	if (flock(fd, LOCK_EX) == 0 && remove_lock(t->parent, t->temp, fd) == 0)
		remove_temp(t, t->temp);
	(void)close(fd);
	return 0;
}

/* --------------------------------------------------------- piece by piece */

/*
 * Move `name` from one directory to another, where it must not be.  A directory
 * that is moved must be ours to write to.  Returns 0, or -1 with errno set.
 */
static int
target_move(int from, int to, const char *name)
{
	struct stat st;
	int ret, err;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		(void)fchmodat(from, name, 0700, 0);
	ret = target_rename(from, name, to, name, TARGET_NOREPLACE);
	err = errno;
	if (S_ISDIR(st.st_mode))
		(void)fchmodat(ret == 0 ? to : from, name, st.st_mode & 07777,
		    0);
	errno = err;
	return ret;
}

/*
 * Fill the directory that stays: move everything out of t->fd.  Returns 0, or
 * -1 with errno set.
 */
static int
target_fill(struct target *t)
{
	struct timespec times[2];
	char *names = NULL, *grown; /* each with its NUL */
	size_t len = 0, room = 0, at, n;
	struct dirent *e;
	struct stat st;
	int ret = 0, err;
	DIR *dir;

	if (fstat(t->fd, &st) < 0 || fchmod(t->fd, 0700) < 0 ||
	    (dir = target_open_dir(t->fd)) == NULL)
		return -1;
	while (ret == 0 && (e = readdir(dir)) != NULL) {
		if (path_is_dots(e->d_name))
			continue;
		n = strlen(e->d_name) + 1;
		grown = array_grow(names, &room, len + n, 1);
		if (grown == NULL) {
			ret = -1;
			break;
		}
		names = grown;
		memcpy(names + len, e->d_name, n);
		len += n;
	}
	(void)closedir(dir);
	for (at = 0; ret == 0 && at < len; at += strlen(names + at) + 1)
		ret = target_move(t->fd, t->parent, names + at);
	if (ret == 0)
		ret = unlinkat(t->parent, t->temp, AT_REMOVEDIR);
	err = errno;
	/* what was not moved is still there, and stays */
	for (len = ret < 0 ? at : 0, at = 0; at < len;
	     at += strlen(names + at) + 1)
		(void)target_move(t->parent, t->fd, names + at);
	free(names);
	errno = err;
	if (ret < 0)
		return -1;
	times[0] = times[1] = st.st_mtim;
	(void)fsetxattr(t->parent, mark, "1", 1, 0);
	(void)futimens(t->parent, times);
	(void)fchmod(t->parent, st.st_mode & 07777);
	return 0;
}

int
target_commit(struct target *t)
{
	int ret;

	/* one call for all that is in a directory; Linux 5.8 reports errors */
	if ((t->opts.file ? fsync(t->fd) : syncfs(t->fd)) < 0)
		return target_complain(t, errno, "write to disk");
	/*
	 * Of what is there already, rename(2) replaces a directory only with a
	 * directory and only if it is empty, but any file: link(2) does not.
	 * A temporary name that stays behind is a leftover like others.
	 */
	if (t->inside != NULL)
		ret = target_fill(t);
	else if (t->replace)
		ret = target_exchange(t);
	else if (!t->opts.file)
		ret = renameat(t->parent, t->temp, t->parent, t->name);
	else
		ret = linkat(t->parent, t->temp, t->parent, t->name, 0);
	if (ret < 0)
		return target_complain(t, errno,
		    t->inside != NULL ? "move into it; nothing was left there"
		        : t->replace  ? "exchange for it"
		                      : "rename to it");
	if (t->inside == NULL && !t->replace && t->opts.file)
		(void)unlinkat(t->parent, t->temp, 0);
	/* from now on others may replace it */
	(void)flock(t->fd, LOCK_UN);
	t->temp[0] = '\0';
	if (fsync(t->parent) < 0)
		(void)target_complain(t, errno, "write its directory to disk");
	return 0;
}

void
target_close(struct target *t)
{
	if (t->fd >= 0 && t->temp[0] != '\0')
		remove_temp(t, t->temp);
	if (t->fd >= 0)
		(void)close(t->fd);
	(void)close(t->parent);
}
