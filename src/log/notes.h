/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes about logs, made while they are read, to say afterwards why there is no
 * bundle in them, and what they are instead.  Keeps the first few things of
 * each kind: memory does not depend on the logs.
 */
#ifndef NOTES_H
#define NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NOTES_LINE = 2048, /* bytes kept of a line */
	NOTES_BASE64 = 256, /* of base64 in a row: the middle of a stream's line
	                     */
	NOTES_REPORT = 1 << 16 /* bytes kept of a report */
};

/* The beginning of a line that is being read. */
struct notes_line {
	char text[NOTES_LINE];
	size_t len; /* bytes of it that are kept */
	bool any; /* there is something on the line */
};

/* Start with zeros and end with notes_free. */
struct notes {
	bool nul; /* there were NULs */
	uint64_t texts; /* lines that were not blank, of both streams */

	/* lines of an `unpack` that failed, each with a newline; not masked */
	char *report; /* owned */
	size_t report_len;
	uint64_t report_more; /* lines that did not fit */

	/* the first line of kubectl's, or of kubelet's, that is an error */
	char kubectl[NOTES_LINE];
	/* the first line of something else; not masked */
	char other[NOTES_LINE];
	const char *binary; /* "an ELF program": a log was not text */
};

void notes_free(struct notes *n);

/* text[0..len) is on the line; it may hold newlines. */
void notes_add_text(struct notes *n, struct notes_line *line, const char *text,
    size_t len);

/* The line, if there is one, is at its end. */
void notes_end_line(struct notes *n, struct notes_line *line);

/* Look what kind of file begins with data[0..len): it may be no log at all. */
void notes_judge_file(struct notes *n, const void *data, size_t len);

/*
 * What the report says went wrong: a reason as `unpack` has it in its
 * termination message, or NULL where there is no report.
 */
const char *notes_report_reason(const struct notes *n);

#endif
