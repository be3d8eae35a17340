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
#include "base/digest.h"
#include "stream/copyout.h"

enum stream_format {
	STREAM_JSON,
	STREAM_JSONL,
	STREAM_TAR,
	STREAM_COPY /* files in a directory; what is digested is the tar */
};

struct stream_opts {
	struct content_opts content;
	enum stream_format format;
	int fd; /* where to; -1 = only count: not for tar, for copy always */
	struct copyout *copy; /* borrowed, begun; of STREAM_COPY */
	int level; /* of compression, 1 to WIRE_LEVEL_MAX */
	unsigned int jobs; /* threads that compress */
	struct ranges parts; /* jsonl: those to print */
	bool checked; /* `names` is what the preflight saw: struct report's */
	uint64_t names;
	uint64_t enough; /* end early where more than this was written; 0: no */
};

struct stream_result {
	uint64_t entries;
	uint64_t size; /* bytes of the tar.gz; of tar and copy, of the tar */
	uint64_t parts; /* gzip members; 0 for tar and copy */
	uint64_t written; /* bytes for fd, counted also without one */
	bool more; /* it ended early, and there would be more of all this */
	/* of the tar.gz; of copy, of the tar; "" for tar */
	char digest[DIGEST_TEXT];
};

/* "json", "jsonl", "tar", "copy" */
const char *stream_format_name(enum stream_format format);

/*
 * Write the bundle.  Where io_heed says to stop, that is a failure.  What
 * cannot be read, or changes while it is read, ends the stream before its end,
 * so that no reader takes it for whole.  Returns 0 and fills *result, or -1
 * (reported).
 */
int stream_run(const struct stream_opts *opts, struct stream_result *result);

#endif
