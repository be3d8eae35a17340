/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress of the work, on one line of a terminal.  If standard error is
 * not a terminal, or with --quiet, nothing happens.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Set the counts at will and call progress_show. */
struct progress {
	bool on;
	const char *what; /* borrowed; one word */
	uint64_t bytes; /* done */
	uint64_t total; /* bytes in all, 0 = unknown */
	uint64_t entries; /* 0 = not shown */
	uint64_t parts, parts_total; /* total 0 = unknown; both 0 = not shown */
	int64_t shown; /* when, by clock_now; 0: not */
};

/* Start counting; `what` names the work. */
void progress_start(struct progress *p, const char *what, bool quiet);

/* Show how far it is, ten times a second at most. */
void progress_show(struct progress *p);

/* Say how far it is, as printf(3) does, in a line that the next one replaces.
 */
void progress_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Take the line away: before a message, and at the end. */
void progress_clear(struct progress *p);

#endif
