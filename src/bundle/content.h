/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the bundle: everything below a directory, except what kubelet
 * and the container runtime put there.
 *
 * Left out are
 *   - what is mounted, except a VOLUME of the image;
 *   - a directory in which there is nothing but what is left out by these
 *     two rules, a mount among it: the runtime made it as a mount point;
 *   - at the root of the file system, files that runtimes drop without a
 *     mount: product_name and product_uuid on kind, an empty .dockerenv,
 *     podman's and CRI-O's etc/mtab -> /proc/mounts;
 *   - sockets, FIFOs, and devices, which are never opened;
 *   - whiteouts of overlayfs: names that an image's layer deletes, where no
 *     layer below has such a directory.  They are listed and cannot be found,
 *     or, where the layer is mounted alone, are character devices 0:0;
 *   - symlinks, where the format's readers do not understand them;
 *   - what is aside from opts.sub: it is not even an item.
 *
 * A mount of the runtime's, or our own volume, that a symlink in the image has
 * led away from its place covers content, so it is a finding.  /proc tells all
 * of this, so it is believed only where it is a proc file system.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "bundle/finding.h"
#include "bundle/mounts.h"
#include "bundle/walk.h"

enum content_what {
	CONTENT_ENTRY, /* in the bundle: a directory, file, or symlink */
	CONTENT_SKIPPED, /* not in the bundle */
	CONTENT_FINDING /* in the bundle, but cannot be read */
};

enum content_why { /* why it was skipped */
	CONTENT_MOUNT,
	CONTENT_RUNTIME, /* a file that the runtime left */
	CONTENT_SPECIAL, /* a socket, FIFO, or device */
	CONTENT_SYMLINK,
	CONTENT_COVERED, /* what an image may have where our own volume lies */
	CONTENT_WHITEOUT, /* a name that a layer deletes */
	CONTENT_WHYS /* how many there are */
};

struct content_item {
	enum content_what what;
	enum content_why why; /* of CONTENT_SKIPPED */
	enum finding_rule rule; /* of CONTENT_FINDING */
	const char *path; /* relative to the directory; borrowed until next */
	int dirfd; /* where it is; borrowed until next */
	const char *name; /* its name there; borrowed until next */
	/*
	 * Not followed; an image's root has mode 0755.  With opts.lazy, nothing
	 * but the type of a regular file that is in the bundle.
	 */
	struct stat st;
};

struct content_opts {
	const char *dir; /* the bundle directory; "" is the current one */
	/*
	 * Only this path, what is below it, and the directories above it; as
	 * path_clean leaves it; NULL or "": everything.
	 */
	const char *sub;
	bool skip_symlinks;
	bool probe; /* ask the kernel whether each path can be read */
	bool lazy; /* for a caller that has little use for content_item.st */
};

struct content {
	struct content_opts opts;
	int top; /* owned; the directory; 0 or -1: not open */
	struct mounts mounts;
	struct walk walk;
	bool at_root; /* the directory is the root of the file system */
	bool on_kind; /* there, kind has left its files */
	/*
	 * A hash of the paths that were returned as CONTENT_ENTRY so far: the
	 * same in two walks of a tree that stayed as it was.
	 */
	uint64_t names;
	uint64_t names_before; /* the last one */
	uint64_t names_wanted; /* at the end of the walk before */
};

/* Why a bundle directory cannot be opened. */
enum content_failure {
	CONTENT_FAILED, /* an I/O error; a warning was printed */
	CONTENT_MISSING, /* there is no such path */
	CONTENT_NO_DIRECTORY, /* it is something else */
	CONTENT_UNREADABLE /* `blocker` says which directory is in the way */
};

struct content_error {
	enum content_failure failure;
	enum finding_rule rule; /* of CONTENT_UNREADABLE */
	char *blocker; /* owned, free(3); absolute path, or NULL */
	struct stat st; /* of the blocker */
};

/*
 * Open the bundle directory and read the mount table.  Returns 0, or -1 with
 * *error telling why.  Close with content_close in either case; c must be {0}.
 * opts->dir must live as long as c.
 */
int content_open(struct content *c, const struct content_opts *opts,
    struct content_error *error);

/*
 * Get the next item, "." first, sorted as walk.h says.  Without opts.probe
 * there are no findings but FINDING_HIDDEN, and what cannot be listed is an
 * error.  Returns 1, 0 at the end, or -1 (reported).
 */
int content_next(struct content *c, struct content_item *item);

/*
 * Walk again, from the beginning, as the mounts were: without opts.probe, and
 * with opts.lazy.  At its end c->names is not c->names_wanted where there were
 * other entries than in the walk before.  Returns 0, or -1 (reported).
 */
int content_again(struct content *c);

void content_close(struct content *c);

/* By enum content_why: "mount", "runtime", and so on. */
extern const char *const content_why_names[];

/* "socket", "fifo", "block device", "character device", "symlink", ... */
const char *content_type_name(mode_t mode);

#endif
