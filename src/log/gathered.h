/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gather is asked for, and what it found.
 */
#ifndef GATHERED_H
#define GATHERED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/ranges.h"
#include "log/decode.h"
#include "log/notes.h"

enum gather_format {
	GATHER_NOTHING,
	GATHER_JSON,
	GATHER_JSONL,
	GATHER_GZIP,
	GATHER_TAR
};

/* Why there is no bundle; the names are part of the contract. */
enum gather_why {
	GATHER_FINE,
	GATHER_EMPTY, /* "LogEmpty": nothing was in it */
	GATHER_REPORT, /* of an `unpack` that failed: gather_reason */
	GATHER_KUBECTL, /* "KubectlError": what kubectl said instead */
	GATHER_FOREIGN, /* "NotABundle": something else */
	GATHER_MISSING, /* "PartsMissing" */
	GATHER_SEVERAL, /* "SeveralBundles": logs that do not go together */
	GATHER_OTHER, /* "DigestMismatch": not the one that is expected */
	GATHER_TOO_LARGE /* "BundleTooLarge": over max_size */
};

/* The last part of a range of parts to the end, which is not known. */
#define GATHER_OPEN RANGES_OPEN

struct gather_opts {
	const char *dir; /* borrowed; directory for the unlinked file */
	uint64_t max_size; /* the largest tar that is accepted, in bytes */
	const char *expect; /* borrowed; digest of the whole, or NULL */
	const volatile sig_atomic_t *stop; /* borrowed, or NULL: give up */
	struct progress *progress; /* borrowed */
	bool tacit; /* say nothing of what is odd in a log */
};

/* What was found. */
struct gather_result {
	struct notes notes;
	uint64_t foreign, damaged, repeated; /* lines, lines, pieces */
	uint64_t have, bytes; /* parts that are there, and what they hold */

	/* after gather_judge */
	enum gather_why why;
	enum gather_format format;
	bool verified; /* it is what its digest says */
	bool again; /* all is there, but makes no whole: fetch all again */
	struct decode_piece whole; /* size, digest; entries where known */
	uint64_t total; /* parts in all; 0 = unknown */
};

#endif
