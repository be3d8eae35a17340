/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs (kubectl, skopeo, podman, docker), and what they print.
 *
 * A tool never outlives us (PR_SET_PDEATHSIG), has a process group of its own,
 * so that Ctrl-C is for us alone, and is never waited for without an end.  Of
 * its standard error the last 64 KiB are kept, however much it is.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	TOOL_TAIL = 64 << 10 /* bytes kept of its standard error */
};

/* From tool_start to tool_finish. */
struct tool {
	pid_t pid;
	int out; /* owned; its standard output; -1 = closed */
	int err; /* owned; its standard error; -1 = closed */
	char *tail; /* owned; TOOL_TAIL bytes, and one */
	size_t n; /* bytes in it */
};

/* Is there a program of this name on PATH? */
bool tool_exists(const char *name);

/*
 * Start argv[0], looked up on PATH, with an empty standard input; argv ends
 * in NULL.  `missing` is what to do where there is no such program; NULL:
 * nothing to say.  Returns 0, to be followed by tool_finish, or -1 (reported,
 * nothing to finish).
 */
int tool_start(struct tool *t, const char *const *argv, const char *missing);

/*
 * Wait for more of its standard output, and take its standard error meanwhile.
 * Returns how many bytes came, 0 at the end, or -1 with errno: EINTR where we
 * are to stop (io_heed).
 */
ssize_t tool_read(struct tool *t, void *buf, size_t size);

/*
 * All of its standard output with a NUL after it, for the caller to free.
 * NULL (reported) where it is more than max bytes, out of memory, or we are to
 * stop.
 */
char *tool_text(struct tool *t, size_t max);

/* Take what its standard error has, without waiting: so that it never blocks.
 */
void tool_listen(struct tool *t);

/*
 * Close its output, and wait for its end: for a moment, where it should end by
 * itself, then by SIGTERM, five seconds later by SIGKILL.  `end`: by SIGTERM
 * at once.  Returns its exit code, or -1 where a signal ended it; then
 * t->tail tells what it said, until tool_free.  Again: -1.
 */
int tool_finish(struct tool *t, bool end);

/* The last line that it said, masked, in text.  Returns text. */
const char *tool_said(const struct tool *t, char *text, size_t size);

void tool_free(struct tool *t);

#endif
