/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gathers a bundle from any number of logs: verified pieces are kept in an
 * unlinked file until the bundle is whole; missing parts can be named.
 */
#ifndef GATHER_H
#define GATHER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "log/decode.h"
#include "log/notes.h"
#include "base/progress.h"
#include "base/ranges.h"
#include "wire.h"

enum gather_format {
	GATHER_NOTHING,
	GATHER_JSON,
	GATHER_JSONL,
	GATHER_GZIP,
	GATHER_TAR
};

enum {
	GATHER_WHOLES = 8, /* different descriptions kept */
	GATHER_NAME = 256 /* bytes kept of a log's name */
};

/* Why there is no bundle; the names are part of the contract. */
enum gather_why {
	GATHER_FINE,
	GATHER_EMPTY, /* "LogEmpty": nothing was in it */
	GATHER_REPORT, /* of an `unpack` that failed: reason_code */
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
	bool tacit; /* say nothing of what is odd or missing */
};

struct gather_part {
	uint64_t at; /* offset in the file */
	uint64_t size; /* bytes of gzip; 0 = not there */
	uint64_t log; /* number of the one it was in, from 1 */
	char digest[DIGEST_TEXT];
};

/* A description of a bundle. */
struct gather_whole {
	struct decode_piece said;
	enum gather_format format;
	bool bare; /* it has no digest of its own, and is not of one way to
	              compress; it may be damaged */
	uint64_t at; /* where a line's content is, in the file */
	uint64_t log; /* number of the first log it was in; 0: a witness */
	char name[GATHER_NAME]; /* of that log, masked */
};

/* What a log has, where another has something of another bundle. */
struct gather_side {
	char what[DIGEST_TEXT + 32]; /* "sha256:...", "part 3 (sha256:...)" */
	char name[GATHER_NAME]; /* of the log, masked */
};

struct gather {
	struct gather_opts opts;
	int fd; /* owned; the file */
	struct decode *decode; /* owned */

	uint64_t end; /* bytes of the file that are kept */
	uint64_t under_way; /* bytes behind them, of a piece */
	bool gzip; /* that begins like gzip */
	bool over; /* more came than max_size can need */
	bool conflict; /* there are two bundles; sides */
	struct gather_side sides[2];
	char (*names)[GATHER_NAME]; /* owned; of the logs, masked */

	struct gather_part *parts; /* owned */
	size_t parts_room; /* allocated */
	size_t n_parts; /* number of the last one there is, plus one */
	struct gather_whole wholes[GATHER_WHOLES];
	size_t n_wholes;
	struct gather_part line; /* content of a json line */
	struct decode_piece said; /* by that line */
	char expect[DIGEST_TEXT]; /* by a witness */
	uint64_t entries; /* by a witness; 0 = unknown */
	struct decode_piece witness; /* all that it says; 0 and "": nothing */
	enum gather_format format; /* of what `line` holds */
	bool verified; /* it is what its digest says */

	/* counts */
	uint64_t logs, foreign, damaged, repeated;
	uint64_t found; /* pieces of a stream in the text under way */
	struct notes notes;

	/* the log under way */
	int log_fd;
	const char *log_name; /* borrowed */
	bool open; /* the line at its end goes on in another */
	unsigned char raw[1 << 16];

	/* the verdict; see whole_judge */
	struct decode_piece whole; /* size, digest; entries where known */
	uint64_t total; /* parts in all; 0 = unknown */
	bool again; /* all parts are there, but they make no whole */
	enum gather_why why;

	/* reading: part or byte that is next */
	size_t next_part;
	uint64_t next_byte;
	unsigned char buf[1 << 16];
};

/*
 * Start with nothing.  Returns 0, to be followed by gather_close, or -1
 * (reported, nothing to close).
 */
int gather_open(struct gather *g, const struct gather_opts *opts);
void gather_close(struct gather *g);

/*
 * Take in all of the log on fd, called `name` (masked) in messages.  Returns
 * 0, also where it holds nothing of use, or -1 (reported): a failure here.
 *
 * A line that a container runtime's file breaks off goes on in the next one
 * that begins in the middle of a line: give files of one log in the order of
 * time (order.h).
 */
int gather_log(struct gather *g, int fd, const char *name);

/*
 * Take what another witness says of the whole: a pod's termination message,
 * text[0..len).  Returns 0, or -1 where it describes no bundle.
 */
int gather_witness(struct gather *g, const char *text, size_t len);

/*
 * A line that was to go on in another log does not: there is none.  Returns 0,
 * or -1 (reported).
 */
int gather_end_text(struct gather *g);

/*
 * Note that w's log and that of part n, or those of parts m and n, are of two
 * bundles, unless two were noted before.
 */
void gather_note_conflict(struct gather *g, const struct gather_whole *w,
    uint64_t m, uint64_t n);

/*
 * How many entries the bundle is to have, as its log or a witness says; 0:
 * nobody does.
 */
uint64_t gather_promised(const struct gather *g);

/* Read from the beginning (again). */
void gather_rewind(struct gather *g);

/* The next bytes of the tar.gz, or tar; an io_pull with a struct gather. */
ssize_t gather_pull(void *arg, const void **data);

#endif
