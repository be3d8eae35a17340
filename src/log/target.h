/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory or file that appears whole or not at all: it is made under a
 * name beside the target's and renamed when it is complete and on disk.
 *
 * While TARGET is made, it is called .TARGET.unpack-XXXXXX, in the same
 * directory, and its maker has a lock on it (flock(2)).  One with our mark and
 * without a lock was left by a process that was killed, and the next process
 * that makes the same target removes it.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <limits.h>

struct target_opts {
	bool file; /* a file, not a directory */
	bool force; /* replace what we have made */
};

struct target {
	struct target_opts opts;
	int parent; /* owned; the directory it will be in */
	int fd; /* owned; the directory or file under way */
	/*
	 * The directory is there, empty, and stays: it is `parent`, and `name`
	 * is "".  Why; NULL: it is made, or replaced.
	 */
	const char *inside;
	bool replace; /* there is one, of ours */
	char dir[PATH_MAX]; /* parent's name, as the user wrote it */
	char name[NAME_MAX + 1]; /* in parent */
	char temp[NAME_MAX + 1]; /* likewise, while it is under way */
};

/*
 * Find out where `path` would be, and refuse what is there already, except an
 * empty directory where a directory is to be made, and what has our mark
 * where opts->force.  Makes nothing.  Returns 0, to be followed by
 * target_close, or -1 (reported, nothing to close).
 *
 * An empty directory is replaced in one step, where it can be; where it is the
 * working directory, a mount point, or in a directory that we cannot write to,
 * it is filled, and t->inside says why.
 */
int target_open(struct target *t, const char *path,
    const struct target_opts *opts);

/*
 * Remove leftovers, and make a directory of mode 0700 or an empty file for
 * writing, of mode 0666 less the umask: t->fd.  It gets a mark, the extended
 * attribute user.unpack, where the file system has such.  Returns 0 or -1
 * (reported).
 */
int target_begin(struct target *t);

/*
 * Write it to disk and give it its name, which must still be free, or still
 * have our mark; then write the directory it is in.  With t->inside: move all
 * that is in it to where it belongs; where that fails, move it back.  Returns
 * 0, or -1 (reported) where it did not appear.
 */
int target_commit(struct target *t);

/*
 * Close; remove what was begun and not committed.  A second signal
 * (base/signals.h) ends the removal, and what is left is named.
 */
void target_close(struct target *t);

#endif
