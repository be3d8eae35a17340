/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copy the running program to where another container will start it.
 */
#include "stream/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"

/* Open this program's file.  A descriptor, or -1 with errno set. */
static int
open_self(void)
{
	const char *path;
	int fd;

	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	/* no /proc; getauxval(3): the name we were started by */
	path = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	return path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

/* Do both hold the same, up to their ends?  1 or 0, or -1 with errno set. */
static int
install_compare_files(int a, int b)
{
	char x[8192], y[8192];
	ssize_t n, m;

	do {
		n = io_read(a, x, sizeof x);
		m = io_read(b, y, sizeof y);
		if (n < 0 || m < 0)
			return -1;
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 0;
	} while (n > 0);
	return 1;
}

int
install_is_self(const char *path)
{
	int self, other, got;

	other = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (other < 0)
		return -1;
	self = open_self();
	got = self < 0 ? -1 : install_compare_files(self, other);
	if (self >= 0)
		(void)close(self);
	(void)close(other);
	return got;
}

/* Copy all of `from` to `to`.  Returns 0, or -1 with errno set. */
static int
install_copy_bytes(int from, int to)
{
	char buf[16384];
	ssize_t n;

	while ((n = io_read(from, buf, sizeof buf)) > 0)
		if (io_write(to, buf, (size_t)n) < 0)
			return -1;
	return (int)n;
}

/* Warn that dest could not be written, with the way out. */
static void
install_complain(int err, const char *dest)
{
	char name[MSG_NAME];

	(void)msg_mask(name, sizeof name, dest);
	switch (err) {
	case EROFS:
		msg_warn(err,
		    "%s: mount an emptyDir there, not read-only, in this container",
		    name);
		break;
	case ENOSPC:
	case EDQUOT:
		msg_warn(err, "%s: give the volume a larger sizeLimit", name);
		break;
	case ENOENT:
		msg_warn(err, "%s: its directory must exist", name);
		break;
	default:
		msg_warn(err, "%s", name);
		break;
	}
}

/*
 * Make the copy in a file named after the template temp (mkstemp(3)), beside
 * dest, and move it there.  Returns 0, or -1 with errno set.
 */
static int
replace(const char *dest, char *temp)
{
	int from, to, saved;

	from = open_self();
	if (from < 0)
		return -1;
	to = mkostemp(temp, O_CLOEXEC);
	if (to < 0)
		goto fail;
	if (install_copy_bytes(from, to) < 0 || fchmod(to, 0555) < 0) {
		saved = errno;
		(void)close(to);
		errno = saved;
		goto fail_temp;
	}
	if (io_close(to) < 0 || rename(temp, dest) < 0)
		goto fail_temp;
	(void)close(from);
	return 0;

fail_temp:
	saved = errno;
	(void)unlink(temp);
	errno = saved;
fail:
	saved = errno;
	(void)close(from);
	errno = saved;
	return -1;
}

/*
 * Could nobody run a file in the directory dest[0..dir_len)?  The next
 * container would only say "permission denied".
 */
static bool
is_noexec(const char *dest, size_t dir_len)
{
	char *dir = dir_len > 0 ? strndup(dest, dir_len) : strdup(".");
	struct statvfs fs;
	bool noexec;

	noexec = dir != NULL && statvfs(dir, &fs) == 0 &&
	    (fs.f_flag & ST_NOEXEC) != 0;
	free(dir);
	return noexec;
}

/*
 * Copy to the path dest, which is not a directory.  Returns 0, or -1
 * (reported).
 */
static int
install_file(const char *dest)
{
	char name[MSG_NAME], *temp;
	const char *slash = strrchr(dest, '/');
	size_t dir_len = slash == NULL ? 0 : (size_t)(slash - dest) + 1;
	int ret = -1;

	if (asprintf(&temp, "%.*s.unpack.XXXXXX", (int)dir_len, dest) < 0) {
		msg_nomem();
		return -1;
	}
	if (is_noexec(dest, dir_len)) {
		msg_warn(0,
		    "%s: the file system is mounted noexec, so no container can run the copy; use a volume without noexec",
		    msg_mask(name, sizeof name, dest));
	} else if (replace(dest, temp) < 0) {
		install_complain(errno, dest);
	} else {
		ret = 0;
	}
	free(temp);
	return ret;
}

int
install_to(const char *dest, const char *name)
{
	struct stat st;
	char *path;
	int ret;

	if (stat(dest, &st) < 0 || !S_ISDIR(st.st_mode))
		return install_file(dest);
	if (asprintf(&path, "%s/%s", dest, name) < 0) {
		msg_nomem();
		return -1;
	}
	ret = install_file(path);
	free(path);
	return ret;
}
