/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths below a directory are mounts, and whose, after
 * /proc/self/mountinfo (proc(5)).
 *
 * A container's root is the image and what kubelet and the runtime mount on
 * it.  Mounts are told apart by where their file system's `root` field ends,
 * because what comes before depends on the node.
 */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

enum mounts_kind {
	MOUNTS_NONE, /* no mount point */
	MOUNTS_VOLUME, /* a VOLUME of the image, filled from the image */
	MOUNTS_FOREIGN, /* kubelet's, the runtime's, or a volume of the pod */
	MOUNTS_MISPLACED /* one that a symlink of the image has led here */
};

struct mounts_point {
	char *path; /* owned; relative to the directory, "." itself */
	enum mounts_kind kind;
	bool alien; /* MOUNTS_FOREIGN, and neither the runtime's nor ours */
};

/* {0} is a valid table without mounts. */
struct mounts {
	struct mounts_point *points; /* owned; sorted by path once loaded */
	size_t n;
	size_t room;
	bool is_image; /* the directory is an image, mounted as a volume */
	bool is_alien; /* it lies in a mount that is alien */
	/*
	 * Owned; where our own program's volume lies below the directory, if an
	 * image may have content of its own there.  NULL: nowhere, or at a path
	 * that no image can foresee (wire.h).
	 */
	char *covered;
};

/* Where this program's file is, and the path that it was started by. */
struct mounts_self {
	const char *exe; /* /proc/self/exe; NULL: not known */
	const char *started; /* AT_EXECFN of getauxval(3); likewise */
};

/*
 * Read the mountinfo file `path` and keep the mounts below `dir`, an absolute
 * path without symlinks, "." components or a trailing slash ("/" itself
 * excepted).  Where the directory is an image volume, the places that runtimes
 * mount on when an image is a container's root count as mounts as well.
 *
 * The mount that our own program lies in (self; {0}: unknown) is misplaced
 * where the program was started by a path of another directory: a symlink of
 * the image has led our volume away.  But /usr/bin for /bin is where base
 * images have it, and then it is `covered`.
 *
 * Returns 0, or -1 (reported).  Free with mounts_free in either case.
 */
int mounts_load(struct mounts *m, const char *path, const char *dir,
    const struct mounts_self *self);

/* What is mounted on `path`, which is relative to the directory. */
enum mounts_kind mounts_at(const struct mounts *m, const char *path);

/* Does a mount other than a VOLUME lie somewhere below `path`? */
bool mounts_below(const struct mounts *m, const char *path);

void mounts_free(struct mounts *m);

#endif
