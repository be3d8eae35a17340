/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made beside its place, and under a lock.
 */
#include "base/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/signals.h"

enum {
	REMOVE_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

int
remove_lock(int dir, const char *name, int fd)
{
	struct stat st, now;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return -1;
	/* somebody may have removed it before we had the lock */
	if (fstat(fd, &st) == 0 &&
	    fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == now.st_dev && st.st_ino == now.st_ino)
		return 0;
	errno = ESTALE;
	return -1;
}

/*
 * Empty the directory fd, which is closed, but for directories that are not
 * empty: these go `up`, each under the next number that is not a name there;
 * where that is -1, what they have comes up to fd.  Returns how many went.
 */
static int
remove_pass(int fd, int up)
{
	static unsigned long number;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	char name[32];
	int gone = 0;

	if (dir == NULL && fd >= 0)
		(void)close(fd);
	/* who asks a second time does not want to wait */
	while (dir != NULL && signals_count < 2 && (e = readdir(dir)) != NULL) {
		if (path_is_dots(e->d_name))
			continue;
		if (unlinkat(fd, e->d_name, 0) == 0 ||
		    unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0) {
			gone++;
			continue;
		}
		if (errno != ENOTEMPTY && errno != EEXIST)
			continue;
		/* for what it has, and when it moves, for its ".." */
		(void)fchmodat(fd, e->d_name, 0700, 0);
		if (up < 0) {
			(void)remove_pass(openat(fd, e->d_name, REMOVE_DIR),
			    fd);
			gone += unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0;
			continue;
		}
		do
			snprintf(name, sizeof name, "%lu", number++);
		while (renameat(fd, e->d_name, up, name) < 0 &&
		    (errno == ENOTEMPTY || errno == EEXIST ||
		        errno == ENOTDIR));
	}
	if (dir != NULL)
		(void)closedir(dir);
	return gone;
}

int
remove_tree(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -1;
	(void)fchmodat(dir, name, 0700, 0);
	while (remove_pass(openat(dir, name, REMOVE_DIR), -1) > 0)
		continue;
	return unlinkat(dir, name, AT_REMOVEDIR);
}
