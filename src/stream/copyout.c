/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a bundle -> files in a directory of ours.
 */
#include "stream/copyout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/msg.h"

enum {
	RANGE_MIN = 128 * 1024, /* bytes; less is written as fast */
	BLOCK_SIZE = 512 /* bytes, of st_blocks: stat(2) */
};

int
copyout_complain(const char *dest, const char *path, int err)
{
	char shown[MSG_NAME], name[MSG_NAME];
	const char *way = "";

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

static int
copyout_fail(const struct copyout *c, const char *path)
{
	return copyout_complain(c->dest, path, errno);
}

int
copyout_begin(struct copyout *c, int fd)
{
	struct stat st;

	c->file = -1;
	c->at = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (c->at < 0 || fstat(c->at, &st) < 0)
		return copyout_fail(c, "");
	c->keep = st.st_mode & S_ISGID;
	/* then files have their modes from the beginning */
	umask(0);
	c->has_acl = fgetxattr(fd, "system.posix_acl_default", NULL, 0) >= 0;
	return 0;
}

/* Give the directory that is being filled its mode and time.  0, or -1. */
static int
copyout_dress(struct copyout *c)
{
	static const struct timespec times[2];

	return fchmod(c->at, (c->modes[c->depth - 1] & 0777) | c->keep) < 0
	    ? -1
	    : futimens(c->at, times);
}

/* Leave directories until one is left of which path's parent is the last. */
static int
copyout_climb(struct copyout *c, const char *path)
{
	size_t depth = 1;
	int up;

	for (; *path != '\0'; path++)
		depth += *path == '/';
	for (; c->depth > depth; c->depth--) {
		/* nobody else has a way into these: they are 0700, and ours */
		up = openat(c->at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			return -1;
		if (copyout_dress(c) < 0) {
			(void)close(up);
			return -1;
		}
		(void)close(c->at);
		c->at = up;
	}
	return 0;
}

int
copyout_directory(struct copyout *c, const char *path, const char *name,
    const struct stat *st)
{
	mode_t *modes;
	int fd;

	if (st->st_dev == c->hidden.st_dev && st->st_ino == c->hidden.st_ino) {
		errno = EINVAL; /* as rename(2) has it */
		return copyout_fail(c, "");
	}
	modes = array_grow(c->modes, &c->room, c->depth + 1, sizeof *modes);
	if (modes == NULL) {
		msg_nomem();
		return -1;
	}
	c->modes = modes;
	if (c->depth > 0) {
		if (copyout_climb(c, path) < 0 ||
		    mkdirat(c->at, name, 0700) < 0)
			return copyout_fail(c, path);
		fd = openat(c->at, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return copyout_fail(c, path);
		(void)close(c->at);
		c->at = fd;
	}
	c->modes[c->depth++] = st->st_mode;
	return 0;
}

int
copyout_symlink(struct copyout *c, const char *path, const char *name,
    const char *target, time_t mtime)
{
	const struct timespec times[2] = {{.tv_sec = mtime}, {.tv_sec = mtime}};

	if (copyout_climb(c, path) < 0 || symlinkat(target, c->at, name) < 0 ||
	    utimensat(c->at, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return copyout_fail(c, path);
	return 0;
}

int
copyout_file(struct copyout *c, const char *path, const char *name, int fd,
    const struct stat *st)
{
	ssize_t n;
	off_t from = 0;

	if (copyout_climb(c, path) < 0)
		return copyout_fail(c, path);
	c->file = openat(c->at, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    st->st_mode & 0777);
	if (c->file < 0)
		return copyout_fail(c, path);
	c->offset = c->done = 0;
	c->sparse = st->st_blocks < st->st_size / BLOCK_SIZE;
	if (c->no_range || c->sparse || st->st_size < RANGE_MIN)
		return 0;
	/* what it does not do is written: see copyout_data */
	do {
		n = copy_file_range(fd, &from, c->file, &c->done,
		    (size_t)(st->st_size - c->done), 0);
	} while (n > 0 && c->done < st->st_size);
	c->no_range = n < 0 && c->done == 0;
	return 0;
}

int
copyout_data(struct copyout *c, const char *path, const void *buf, size_t len)
{
	const char *from = buf;
	off_t end = c->offset + (off_t)len;
	ssize_t n;

	if (c->sparse && from[0] == '\0' &&
	    memcmp(from, from + 1, len - 1) == 0)
		c->offset = end;
	if (c->offset < c->done)
		c->offset = c->done < end ? c->done : end;
	while (c->offset < end) {
		n = pwrite(c->file, from + (len - (size_t)(end - c->offset)),
		    (size_t)(end - c->offset), c->offset);
		if (n < 0 && errno != EINTR)
			return copyout_fail(c, path);
		c->offset += n > 0 ? n : 0;
	}
	return 0;
}

int
copyout_file_end(struct copyout *c, const char *path, const struct stat *st)
{
	const struct timespec times[2] = {{.tv_sec = st->st_mtim.tv_sec},
	    {.tv_sec = st->st_mtim.tv_sec}};
	int fd = c->file;

	if ((c->sparse && ftruncate(fd, st->st_size) < 0) ||
	    (c->has_acl && fchmod(fd, st->st_mode & 0777) < 0) ||
	    futimens(fd, times) < 0)
		return copyout_fail(c, path);
	c->file = -1;
	return close(fd) < 0 ? copyout_fail(c, path) : 0;
}

int
copyout_end(struct copyout *c)
{
	return copyout_climb(c, "") < 0 || copyout_dress(c) < 0
	    ? copyout_fail(c, "")
	    : 0;
}

void
copyout_free(struct copyout *c)
{
	if (c->file >= 0)
		(void)close(c->file);
	if (c->at >= 0)
		(void)close(c->at);
	free(c->modes);
}
