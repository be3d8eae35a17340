/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a bundle that was gathered to a directory or a tar, whole or not at
 * all.
 */
#ifndef DELIVER_H
#define DELIVER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "log/decompress.h"
#include "log/gather.h"
#include "log/tarin.h"
#include "log/target.h"
#include "wire.h"

#define DELIVER_SIZE_LIMIT (UINT64_C(1) << 50)

struct deliver {
	/* options; strings are borrowed */
	const char *dir; /* the directory to make; NULL: none */
	const char *tar; /* the tar to make; "-" is standard output */
	bool force; /* replace what we have made before */
	bool list; /* only list the entries */
	uint64_t max_size, max_entries;
	bool quiet; /* no progress */
	const volatile sig_atomic_t *stop; /* borrowed; give up */
	struct progress *progress; /* borrowed */

	/* work */
	struct gather *gather; /* borrowed */
	struct target target;
	bool has_target;
	struct decompress gunzip;
	struct tarin_counts counts; /* of what was delivered */
};

/* What it holds before options are read. */
#define DELIVER_DEFAULTS \
	{ \
		.max_size = UINT64_C(1) << 30, .max_entries = 100000 \
	}

/* Options that fill a struct deliver, of all commands that deliver. */
extern const struct opt deliver_rows[];

/*
 * Why the options do not go together, where standard output is for JSON too, or
 * NULL where they do.
 */
const char *deliver_conflict(const struct deliver *d, bool json);

/*
 * See that the target can be made, before any work.  Returns 0, to be followed
 * by deliver_close, or -1 (reported, nothing to close).
 */
int deliver_open(struct deliver *d);

/*
 * Make the target's temporary directory or file, and open it: d->target.fd.
 * To be followed by deliver_make; what only this needs may be given up between
 * them.  Returns 0, or -1 (reported).
 */
int deliver_begin(struct deliver *d);

/*
 * Name what deliver_make needs after deliver_begin: the temporary, to write it,
 * and names beside it; more only where the target is filled or replaced.
 */
void deliver_allow(const struct deliver *d, struct sandbox_places *p);

/* Where temporary files go; borrowed from d. */
const char *deliver_temp(const struct deliver *d);

/*
 * Make the directory or the tar out of g, which gather_judge found whole, or
 * list what is in it, after all entries were found to be good.
 * Returns what tarin_run does, and reports what it does.
 */
enum wire_exit deliver_make(struct deliver *d, struct gather *g);

/*
 * Add what was delivered: format, verified, size, digest, entries, bytes, and
 * "directory" or "tar" with its name.
 */
void deliver_describe(struct json *to, const struct deliver *d);

/* Remove what was begun and not completed. */
void deliver_close(struct deliver *d);

#endif
