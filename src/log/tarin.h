/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read an untrusted tar, and extract it where it can do no harm.
 * The only reader of streams that uses libarchive.
 *
 * Only directories, regular files, symlinks and hard links are taken.
 * An entry is refused, and with it the whole, where
 * - its name is absolute, has "..", is longer than the file system takes, or
 *   came before (also where the file system takes two names for one);
 * - its name leads through something that is not a directory of the archive's;
 * - it is a symlink that is absolute, or has ".." anywhere but in front,
 *   or more of them than lead up to the root: such a link could lead out, by
 *   itself or with others;
 * - it is a hard link to what is not a regular file of the archive's;
 * - it is set-user-ID or set-group-ID, a device, FIFO or socket.
 */
#ifndef TARIN_H
#define TARIN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/io.h"
#include "base/progress.h"
#include "wire.h"

struct tarin_opts {
	io_pull pull; /* the tar */
	void *arg; /* borrowed; pull's */
	int dir; /* where to extract to, an empty directory; -1 = nowhere */
	uint64_t max_size; /* bytes of tar, and of the files together */
	uint64_t max_entries; /* and directories that their names imply */
	uint64_t promised; /* entries that there are to be; 0: unknown */
	bool list; /* print a line for each entry, to standard output */
	struct progress *progress; /* borrowed */
	/* borrowed, or NULL: give up where it is not 0, with WIRE_FAIL */
	const volatile sig_atomic_t *stop;
};

enum {
	TARIN_PATH = 4100 /* a buffer that shows any name: MSG_NAME */
};

/* What there was. */
struct tarin_counts {
	uint64_t entries; /* of the tar, "." included */
	uint64_t bytes; /* of the tar */
	bool is_image; /* it is the archive of an image, by its entries */
	/* of the entry that was refused */
	const char *rule; /* a code such as "symlink-leads-out"; NULL: none */
	char path[TARIN_PATH]; /* its name, masked; "" where it has none */
};

/*
 * Read the whole tar and, with opts->dir, extract it there, as the user who we
 * are: permission bits and times are set, owners are not.
 *
 * Returns WIRE_OK; WIRE_BUNDLE (reported) where an entry is refused or the tar
 * is over a limit; WIRE_CORRUPT (reported) where it is not a whole tar;
 * WIRE_FAIL (reported) for a failure here, also of pull.  What has been
 * extracted then stays, for the caller to remove.
 */
enum wire_exit tarin_run(const struct tarin_opts *opts,
    struct tarin_counts *counts);

/*
 * Can a symlink at path, clean and relative, with this target lead out?
 * Not where ".." only stand in front and no more of them than directories lead
 * to path: then it starts from a real directory within, and what else is on
 * the way are names in the archive, for which the same holds.  An absolute
 * target always can.  tarin_run refuses such links.
 */
bool tarin_leads_out(const char *path, const char *target);

#endif
