/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found out about a bundle, and how it is reported: to people as lines
 * on standard error, to programs as JSON.
 *
 * `unpackctl check` prints the same JSON as `unpack check`:
 *
 *	{"apiVersion":"unpack/v1",		as base/result.h has it
 *	 "kind":"UnpackCheckResult",
 *	 "result":"ok","exit":0,		or "failed"
 *	 "reason":"BundleUnreadable",		enum report_reason, or "OK"
 *	 "message":"2 paths cannot be read ...",
 *	 "as":{"uid":N,"gid":N,"groups":[N]},
 *	 "entries":N,"directories":N,"files":N,"symlinks":N,"bytes":N,
 *	 "skipped":{"mount":N,"runtime":N,"special":N,"symlink":N,
 *	   "whiteout":N},
 *	 "skippedPaths":[{"path":"run/x","why":"special","type":"socket"}],
 *	 "findings":[{"code":"file-not-readable","path":"a/b","message":"...",
 *	   "mode":"0600","uid":0,"gid":0,"blockedBy":"a/b","fix":"..."}],
 *	 "more":N,				findings beyond the list
 *	 "mounts":["etc/ssl/certs"],		what else is mounted in the
 *image "moreMounts":N,			likewise "volumes":["data"],
 *VOLUMEs in which there is something "moreVolumes":N}
 *
 * The last five are left out where there is nothing to say.
 *
 * Paths are masked (msg_mask), so any name is valid JSON.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "bundle/content.h"
#include "bundle/finding.h"
#include "wire.h"

enum report_reason { /* of a failure; the names are part of the contract */
	REPORT_OK,
	REPORT_IO, /* "IOError" */
	REPORT_UNREADABLE, /* "BundleUnreadable" */
	REPORT_MISSING, /* "BundleMissing": no such path, or nothing in it */
	REPORT_TOO_LARGE, /* "BundleTooLarge": over --log-limit */
	REPORT_TERMINATED, /* "Terminated": by a signal */
	/* unpackctl check only */
	REPORT_NO_START, /* "ContainerCannotStart" */
	REPORT_REFUSED /* "EntryRefused": the pod succeeds, and nobody takes it
	                */
};

struct json;

struct report_skipped {
	char *path; /* owned */
	enum content_why why;
	mode_t mode;
};

struct report_paths {
	char *list[WIRE_FINDINGS_MAX]; /* owned; the first ones */
	size_t n;
	uint64_t all;
};

/* {0} is an empty one. */
struct report {
	enum report_reason reason;
	char message[512]; /* one line; "" where all is well */
	struct finding_who who; /* groups owned */
	uint64_t entries; /* directories + files + symlinks */
	uint64_t directories;
	uint64_t files;
	uint64_t symlinks;
	uint64_t bytes; /* the files' sizes added up */
	uint64_t skipped[CONTENT_WHYS];
	/* the first ones */
	struct report_skipped skipped_paths[WIRE_FINDINGS_MAX];
	size_t n_skipped_paths;
	struct finding findings[WIRE_FINDINGS_MAX]; /* their paths: owned */
	size_t n_findings;
	uint64_t all_findings;
	struct report_paths mounts; /* alien ones: bundle/mounts.h */
	struct report_paths volumes; /* the image's, that hold something */
};

/* What was written. */
struct report_written {
	const char *format; /* "json", "jsonl", "tar", "copy" */
	uint64_t entries;
	uint64_t size; /* bytes of the tar.gz; of tar and copy, of the tar */
	char digest[DIGEST_TEXT]; /* of the same; "" for tar */
	uint64_t parts; /* gzip members; 0 for tar and copy */
	bool filled; /* copy: DEST is a mount point, so not replaced by one
	                rename */
	uint64_t log; /* bytes for standard output, counted also without it */
	bool more; /* it ended early, and there would be more of all this */
};

/* Fill r->who with this process's ids.  Returns 0, or -1 (reported). */
int report_whoami(struct report *r);

/*
 * Add to the report, and keep the first WIRE_FINDINGS_MAX of each in full; a
 * path over MSG_NAME bytes is kept shortened.  The strings are copied.  Return
 * 0, or -1 (reported).
 */
int report_add_finding(struct report *r, const struct finding *f);
int report_add_skipped(struct report *r, const char *path, enum content_why why,
    mode_t mode);

/* Add to r->mounts or r->volumes; likewise. */
int report_add_path(struct report_paths *p, const char *path);

void report_free(struct report *r);

/*
 * The report as an object in the common shape (base/result.h), owned by the
 * caller, who may have more to say.
 */
struct json *report_object(const struct report *r);

/* Write the findings to standard error, a line and its fix each. */
void report_print(const struct report *r);

/*
 * Write the termination message: one JSON object of at most WIRE_TERM_MAX
 * bytes, with `written` after a success (NULL otherwise) and as many findings,
 * then mounts, then volumes as fit.  A message file that is missing, or is not
 * ours to write, is not an error.
 */
void report_terminate(const struct report *r,
    const struct report_written *written);

/*
 * The same where memory ran out, or after a signal: nothing is allocated, and
 * it is async-signal-safe (signal-safety(7)).
 */
void report_terminate_now(bool memory);

#endif
