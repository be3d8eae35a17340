/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a bundle -> files in a directory of ours, in the order in
 * which content_next has them.
 *
 * Directories have mode 0700 while they are filled, so that those without a w
 * can be, and get their own mode and time when the next entry is not in them.
 * Owner and group are the process's; the set-group-ID bit of the directory
 * that all lies in stays, and its group with it.
 */
#ifndef COPYOUT_H
#define COPYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct copyout {
	const char *dest; /* borrowed; what messages call it */
	struct stat hidden; /* what must not be met in the bundle */
	int at; /* owned; the directory that is being filled, or -1 */
	mode_t keep; /* S_ISGID, or 0 */
	bool has_acl; /* a default one, which changes the modes of new files */
	mode_t *modes; /* owned; of the directories from the top down to `at` */
	size_t depth, room;
	int file; /* owned; under way, or -1 */
	off_t offset; /* of the next byte of its data */
	off_t done; /* up to here the kernel has copied it */
	bool sparse; /* blocks of zeros are left out */
	bool no_range; /* copy_file_range(2) does not work here */
};

/*
 * Begin in the empty directory fd, which is borrowed.  Returns 0, or -1
 * (reported), as all of these do.  copyout_free in either case.
 */
int copyout_begin(struct copyout *c, int fd);

/*
 * Make a directory, the first one of path "." being there, or a symlink.  The
 * time is in seconds.
 */
int copyout_directory(struct copyout *c, const char *path, const char *name,
    const struct stat *st);
int copyout_symlink(struct copyout *c, const char *path, const char *name,
    const char *target, time_t mtime);

/*
 * Make the file that is open as fd and looks like *st: begin it, bring all of
 * its bytes, end it.
 */
int copyout_file(struct copyout *c, const char *path, const char *name, int fd,
    const struct stat *st);
int copyout_data(struct copyout *c, const char *path, const void *buf,
    size_t len);
int copyout_file_end(struct copyout *c, const char *path,
    const struct stat *st);

/* Give the directories that are still open their modes and times. */
int copyout_end(struct copyout *c);

void copyout_free(struct copyout *c);

/* Warn that path, below dest, cannot be written, with the way out.  -1. */
int copyout_complain(const char *dest, const char *path, int err);

#endif
