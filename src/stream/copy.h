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
 *	0, 1...	what is on its way out
 *
 * Who works there has a lock on it (flock(2)).  One without a lock was left
 * by a process that was killed, and the next one tidies it up: what was moved
 * is removed from DEST, and the hidden directory too.
 *
 * DEST gets a mark, the extended attribute user.unpack, with the digest of the
 * names in it: only what has it, and nothing else in it, is replaced.
 */
#ifndef COPY_H
#define COPY_H

#include <limits.h>
#include <stdbool.h>

#include "wire.h"

struct copy {
	const char *dest; /* borrowed, as the user wrote it */
	int dir; /* owned; DEST's parent; where it stays, DEST */
	int hidden; /* owned, locked; in dir; -1: not yet, or gone */
	int tree; /* owned; where the bundle goes, of mode 0700 */
	bool inside; /* DEST stays, and is filled */
	bool replace; /* there is an earlier copy */
	char name[NAME_MAX + 1]; /* DEST's, in dir; "" where it stays */
	char temp[NAME_MAX + 1]; /* the hidden directory's, in dir */
};

/*
 * Find out where dest would be, refuse what is there already but for an empty
 * directory, or with `force` an earlier copy, tidy up what was left, and make
 * c->tree.  `straight`: no symlink may be on the way, for in a container it is
 * the image's, and hides what it has where it leads.  Returns WIRE_OK, or
 * WIRE_USAGE (there is something) or WIRE_FAIL, reported, with nothing made.
 * copy_close in each case.
 */
enum wire_exit copy_open(struct copy *c, const char *dest, bool force,
    bool straight);

/*
 * c->tree is complete: write it to disk and put it where it belongs.  Returns
 * 0, or -1 (reported), and DEST is as it was.
 */
int copy_commit(struct copy *c);

/* Remove what is not DEST, and close. */
void copy_close(struct copy *c);

#endif
