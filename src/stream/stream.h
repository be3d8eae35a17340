/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle -> standard output.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranges.h"
#include "bundle/content.h"
#include "bundle/report.h"
#include "stream/copy.h"

enum stream_format {
	STREAM_JSON,
	STREAM_JSONL,
	STREAM_TAR,
	STREAM_COPY /* files in a directory; what is digested is the tar */
};

struct stream_opts {
	/* borrowed; a walk of it has ended, as a preflight does */
	struct content *content;
	enum stream_format format;
	int fd; /* where to; -1 = only count: not for tar, for copy always */
	struct copy *copy; /* borrowed, open; of STREAM_COPY */
	uint64_t level; /* of compression, 1 to WIRE_LEVEL_MAX */
	uint64_t jobs; /* threads that compress */
	struct ranges parts; /* jsonl: those to print */
	uint64_t enough; /* end early where more than this was written; 0: no */
};

/*
 * Write the bundle.  Where io_heed says to stop, that is a failure.  What
 * cannot be read, or changes while it is read, ends the stream before its end,
 * so that no reader takes it for whole.  Returns 0 and fills *result, or -1
 * (reported).
 */
int stream_run(const struct stream_opts *opts, struct report_written *result);

#endif
