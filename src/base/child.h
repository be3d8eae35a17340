/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children: processes of this program that do one thing each.  The parent
 * starts them, so many at a time, and collects.
 *
 * A child does its work from top to bottom, in blocking calls, and gives back
 * one JSON object through a pipe; what it says on standard error the parent
 * prints as it comes.  It dies with the parent.  One that crashes, hangs, runs
 * out of memory or is killed costs its own result, and no other.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/tool.h"

enum {
	CHILD_RESULT_MAX = 64 << 20, /* bytes of a result */
	CHILD_SAID_MAX = 1 << 20, /* bytes of messages that are passed on */
	CHILD_TEXT = 1024 /* bytes of a line that tells how one ended */
};

/* How one ended; each has a reason for a result. */
enum child_how {
	CHILD_DONE, /* there is a result */
	CHILD_CRASHED, /* "Crashed": by a signal that a fault raises */
	CHILD_KILLED, /* "Killed": by SIGKILL, of the kernel's or somebody's */
	CHILD_DIED, /* "IOError": without a result; message: its last one */
	CHILD_LATE, /* "Timeout": its time was over */
	CHILD_STOPPED /* "Interrupted": we were told to stop */
};

struct child_end {
	size_t number;
	bool begun; /* its work may have */
	enum child_how how;
	const char *reason; /* static; "" for CHILD_DONE */
	char message[CHILD_TEXT]; /* masked; "" for CHILD_DONE */
	struct json
	    *result; /* borrowed, to take from; NULL but for CHILD_DONE */
};

struct child_opts {
	size_t n; /* children in all */
	size_t parallel; /* at once, at most; 0: all */
	uint64_t memory; /* bytes that each may allocate; 0: any */
	unsigned int seconds; /* that each may take; 0: any */
	/*
	 * Seconds that a child has to end by itself after a signal, which it is
	 * sent: it looks at signals_stop.  0: the signal ends it.
	 */
	unsigned int grace;
	bool last; /* cleans up: begins after a signal, too */
	bool keeps_output; /* else standard output is closed to it */
	const char *what; /* what it reads: "the image"; borrowed */
	struct tool *tool; /* borrowed; serves them all; or NULL */
	void *arg; /* borrowed; of the functions */

	/* In child number i: do it.  Owned, sent to the parent; NULL: failed */
	struct json *(*work)(void *arg, size_t i);
	/* In the parent: one has ended, in the order in which they do. */
	void (*end)(void *arg, const struct child_end *e);
	/* How far it is, a line that it has ended with "\r"; or NULL. */
	void (*status)(void *arg, size_t i, const char *text);
	/* Before a message of a child's is printed; or NULL. */
	void (*clear)(void *arg);
};

/*
 * Run them all.  Heeds signals_stop, which is passed on to all children; those
 * that have not begun then end as CHILD_STOPPED.  Returns 0 when `end` was
 * called for each; -1 (reported): out of memory, and it was called for none.
 */
int child_run(const struct child_opts *opts);

#endif
