/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walk a file tree in sorted order, without recursion, without PATH_MAX, and
 * with a bounded number of open descriptors.
 *
 *	struct walk w = {0};
 *	struct walk_entry e;
 *
 *	if (walk_open(&w, dirfd, "name") == 0)
 *		while (walk_next(&w, &e) > 0)
 *			...
 *	walk_close(&w);
 *
 * Each directory comes before what is in it, names in bytewise order
 * (strcmp), the top first as ".".  Memory grows with the depth and, on each
 * level, with the largest directory there, not with the tree.
 */
#ifndef WALK_H
#define WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct walk_entry {
	const char *path; /* relative to the top; borrowed until walk_next */
	size_t path_len;
	int dirfd; /* the directory it is in; borrowed until walk_next */
	const char *name; /* its name there; borrowed until walk_next */
	/*
	 * fstatat(2) without following, valid if err is 0.  Where the walk is
	 * lazy, nothing but the type of a regular file: see walk_stat.
	 */
	struct stat st;
	/*
	 * 0, or the errno that kept us from looking at the entry, or, where
	 * `unlisted`, at what is in the directory, which was returned before.
	 */
	int err;
	bool unlisted;
};

struct walk_frame; /* a directory that is being read */

struct walk {
	struct walk_frame *frames; /* owned; the way from the top to here */
	size_t n_frames;
	size_t room; /* frames that there are, in use or not */
	char *buf; /* owned; where directories are read to */
	bool lazy; /* set by the caller: no fstatat(2) of regular files */
	char *path; /* owned */
	size_t path_len;
	size_t path_room;
	struct walk_frame *again; /* owned; a directory's names, read again */
	uint64_t again_of; /* the serial number of its frame; 0: of none */
	uint64_t serial; /* of the frame pushed last */
	bool enter; /* the entry returned last is a directory to be entered */
	bool started;
};

/*
 * Start at the directory `name`, not followed, in dirfd.  Returns 0, or -1 with
 * errno set.
 */
int walk_open(struct walk *w, int dirfd, const char *name);

/*
 * Get the next entry.  Returns 1 and fills e, 0 at the end, or -1 (reported):
 * no memory, or the way back up was moved from under us.
 */
int walk_next(struct walk *w, struct walk_entry *e);

/*
 * Fill e->st, or e->err, where a lazy walk has not.  What the directory says
 * of the type is what is below a mount, so this has the last word.
 */
void walk_stat(struct walk_entry *e);

/*
 * Is the entry that walk_next returned last, and that cannot be found
 * (ENOENT), nevertheless still listed?  On overlayfs that is a whiteout in a
 * directory that is merged from nothing: the name is deleted.  A name that is
 * no longer listed has vanished.
 */
bool walk_is_whiteout(struct walk *w);

/* Do not enter the directory that walk_next returned last. */
void walk_skip(struct walk *w);

/* Free everything.  A walk that is {0} is fine. */
void walk_close(struct walk *w);

#endif
