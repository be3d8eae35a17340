/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of an uncompressed tar, with the places of their data: ustar,
 * pax and GNU long names, and pax's sparse files, read the way container
 * runtimes read layers, which is that of Go's archive/tar.
 *
 * This is not libarchive because a layer's data is needed twice and out of
 * order, so it matters where it is.
 */
#ifndef TARSCAN_H
#define TARSCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/tempfile.h"

enum {
	TARSCAN_NAME = 4096 /* longer names fit no file system (PATH_MAX) */
};

/*
 * What an entry is: its typeflag in ustar, where old ones have become '0'.
 * Others may be there, too: those of tars that no layer should be.
 */
enum tarscan_type {
	TARSCAN_FILE = '0',
	TARSCAN_LINK = '1', /* hard link */
	TARSCAN_SYMLINK = '2',
	TARSCAN_CHAR = '3',
	TARSCAN_BLOCK = '4',
	TARSCAN_DIR = '5',
	TARSCAN_FIFO = '6',
	TARSCAN_GLOBAL = 'g' /* a pax header for all; runtimes see its name */
};

/* What extended attributes an entry has ("SCHILY.xattr.*" of pax). */
struct tarscan_xattrs {
	bool opaque; /* trusted.overlay.opaque is "y" */
	bool overlay; /* another one of trusted.overlay.* */
	bool user; /* one of user.* */
	bool bad; /* one that the kernel does not take */
	struct blob acl; /* system.posix_acl_access; valid; len 0: none */
};

struct tarscan_entry {
	enum tarscan_type type;
	char name[TARSCAN_NAME]; /* as in the archive */
	char link[TARSCAN_NAME]; /* of links; else "" */
	struct blob data; /* of files; else its len is 0 */
	mode_t mode; /* permission bits */
	uid_t uid;
	gid_t gid;
	int64_t mtime; /* seconds; what a file system gets, from 1970 to 2262 */
	bool cut; /* a name was longer, which no file system takes */
	bool
	    whiteout; /* a character device 0:0, as overlayfs marks deletions */
	struct tarscan_xattrs xattrs;
};

struct tarscan {
	const struct blob *blob; /* borrowed */
	const char *what; /* borrowed; names the tar in messages, masked */
	uint64_t at; /* of the next header */
	struct tempfile *tempfile; /* borrowed; takes sparse files; or NULL */
};

/*
 * The next entry; start with at 0.  Returns 1 and fills e, 0 at the end, or -1
 * (reported): damaged, truncated, or beyond a limit.
 */
int tarscan_next(struct tarscan *t, struct tarscan_entry *e);

/*
 * Does the blob begin as a tar does, with a header or the zeros of an empty
 * one?  A blob that cannot be read or is shorter than a header does not.
 */
bool tarscan_is_tar(const struct blob *blob);

#endif
