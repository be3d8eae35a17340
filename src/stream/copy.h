/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that a bundle is copied to, and that is whole or not there.
 *
 * A DEST that is not there is made in a hidden directory beside it,
 * .DEST.unpack-copy, and renamed.  One that is there and empty, a mount most
 * often, stays: the bundle is made in a hidden directory in it, .unpack-copy,
 * and moved entry by entry.  In the hidden directory are
 *
 *	names	what is being moved out of tree, a NUL behind each name;
 *		without it the directory is not taken for ours
 *	tree	the bundle under way
 *	old	the earlier copy that it replaces
 *
 * Who works there has a lock on it (flock(2)).  One without a lock was left
 * by a process that was killed, and the next one tidies it up: what was moved
 * goes back to tree, and the hidden directory away.
 *
 * DEST gets a mark, the extended attribute user.unpack, with the digest of the
 * names in it: only what has it, and nothing else in it, is replaced.
 *
 * Directories have mode 0700 while they are filled, so that those without a w
 * can be, and get their own mode and time when the next entry is not in them.
 * Owner and group are the process's; the set-group-ID bit of the directory
 * that all lies in stays, and its group with it.
 */
#ifndef COPY_H
#define COPY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "bundle/content.h"
#include "wire.h"

struct copy {
	const char *dest; /* borrowed, as the user wrote it */
	int dir; /* owned; DEST's parent; where it stays, DEST */
	int hidden; /* owned, locked; in dir; -1: not yet, or gone */
	bool inside; /* DEST stays, and is filled */
	bool replace; /* there is an earlier copy */
	char name[NAME_MAX + 1]; /* DEST's, in dir; "" where it stays */
	char temp[NAME_MAX + 1]; /* the hidden directory's, in dir */
	int at; /* owned; the directory that is being filled; -1: none */
	mode_t *modes; /* owned; of the directories from tree down to `at` */
	size_t depth, room;
	int file; /* owned; under way, or -1 */
	struct timespec times[2]; /* of the file or symlink; whole seconds */
};

/*
 * Find out where dest would be, refuse what is there already but for an empty
 * directory, or with `force` an earlier copy, tidy up what was left, and make
 * tree.  `straight`: no symlink may be on the way, for in a container it is
 * the image's, and hides what it has where it leads.  Returns WIRE_OK, or
 * WIRE_USAGE (there is something) or WIRE_FAIL, reported, with nothing made.
 * copy_close in each case.
 */
enum wire_exit copy_open(struct copy *c, const char *dest, bool force,
    bool straight);

/*
 * Make the entry, of which *st has mode and time, in the order in which
 * content_next has them: a directory, the first one, ".", being there, a
 * symlink to target, or a file, which has no bytes yet.  Returns 0, or -1
 * (reported), as the next two do.
 */
int copy_entry(struct copy *c, const struct content_item *item,
    const struct stat *st, const char *target);

/* The next len bytes of the file, read from the open file fd; and its end. */
int copy_bytes(struct copy *c, const char *path, int fd, const void *buf,
    size_t len);
int copy_file_end(struct copy *c, const char *path, const struct stat *st);

/*
 * The tree is complete: write it to disk and put it where it belongs.  Returns
 * 0, or -1 (reported), and DEST is as it was, or with `replace` empty.
 */
int copy_commit(struct copy *c);

/* Remove what is not DEST, and close. */
void copy_close(struct copy *c);

/*
 * Warn, by errno, that path, below dest, cannot be written, with the way out.
 * Returns -1.
 */
int copy_complain(const char *dest, const char *path);

#endif
