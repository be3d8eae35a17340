/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict, told: to people as text, to machines as JSON.
 *
 * The JSON is that of `unpack check` (report.h).  A finding has besides
 *
 *	"severity":"error","layer":N,"history":"COPY ..."
 *
 * "findings" begins with what keeps the container from starting, and the
 * object has besides
 *
 *	"warnings":[{"severity":"warning","code":"log-limit","message":"...",
 *	  "fix":"...","count":N, and where they are known "path", "layer",
 *	  "history"}],				severity "warning" or "note"
 *	"fixes":[{"layer":N,"history":"...","command":"chmod ..."}],
 *	"size":{"json":N,"jsonl":N,		bytes of the log, as written
 *	  "tar":N,"targz":N,"parts":N,		targz, parts: of jsonl
 *	  "jsonTargz":N,"exact":true},		false: some of it is unreadable
 *	"logLimit":{"limit":N,"need":N,"format":"json"}
 */
#ifndef VERDICTOUT_H
#define VERDICTOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "image/verdict.h"

struct verdictout_opts {
	const char *name; /* of the image, as the user said it */
	uint64_t log_limit;
	bool colour;
};

/* Write it to `to`.  Returns 0, or -1, reported. */
int verdictout_text(FILE *to, struct verdict *v,
    const struct verdictout_opts *opts);

/* The same for programs, to standard output (base/result.h). */
int verdictout_json(struct verdict *v, const struct verdictout_opts *opts);

#endif
