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
#include "stream/copy.h"

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

int
install_is_self(const char *path)
{
	int self = -1, other = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char x[8192], y[8192];
	ssize_t n = 0, m = 0;
	int same = -1;

	if (other < 0)
		return -1;
	self = open_self();
	if (self >= 0)
		do {
			n = io_read(self, x, sizeof x);
			m = io_read(other, y, sizeof y);
			same = n >= 0 && n == m && memcmp(x, y, (size_t)n) == 0;
		} while (n > 0 && same == 1);
	if (self >= 0)
		(void)close(self);
	(void)close(other);
	return n < 0 || m < 0 ? -1 : same;
}

/*
 * Make the copy in a file named after the template temp (mkstemp(3)), beside
 * dest, and move it there.  Returns 0, or an errno: ENOEXEC where nobody could
 * run it there, of which the next container would only say "permission denied".
 */
static int
replace(const char *dest, char *temp)
{
	struct statvfs fs;
	char buf[16384];
	ssize_t n;
	int from, to, err = 0;

	from = open_self();
	if (from < 0)
		return errno;
	to = mkostemp(temp, O_CLOEXEC);
	if (to < 0)
		err = errno;
	else if (fstatvfs(to, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0)
		err = ENOEXEC;
	while (err == 0 && (n = io_read(from, buf, sizeof buf)) != 0)
		if (n < 0 || io_write(to, buf, (size_t)n) < 0)
			err = errno;
	if (err == 0 && fchmod(to, 0555) < 0)
		err = errno;
	if (to >= 0 && close(to) < 0 && err == 0)
		err = errno;
	if (err == 0 && rename(temp, dest) < 0)
		err = errno;
	if (to >= 0 && err != 0)
		(void)unlink(temp);
	(void)close(from);
	return err;
}

int
install_to(const char *dest, const char *name)
{
	struct stat st;
	bool into = stat(dest, &st) == 0 && S_ISDIR(st.st_mode);
	char *path = NULL, *temp = NULL, shown[MSG_NAME], *slash;
	int err = -1;

	if (asprintf(&path, "%s%s%s", dest, into ? "/" : "",
	        into ? name : "") >= 0) {
		slash = strrchr(path, '/');
		if (asprintf(&temp, "%.*s.unpack.XXXXXX",
		        slash == NULL ? 0 : (int)(slash - path) + 1, path) >= 0)
			err = replace(path, temp);
	}
	if (err < 0)
		msg_nomem();
	else if (err == ENOEXEC)
		msg_warn(0,
		    "%s: the file system is mounted noexec, so no container can run the copy; use a volume without noexec",
		    msg_mask(shown, sizeof shown, path));
	else if (err != 0) {
		errno = err;
		(void)copy_complain(path, "");
	}
	free(path);
	free(temp);
	return err == 0 ? 0 : -1;
}
