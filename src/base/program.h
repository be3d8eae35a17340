/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs other programs, and reads what they print.  kubectl has a module of its
 * own.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	PROGRAM_SAID = 1024 /* bytes kept of what it says, NUL included */
};

/* One program; from program_start to program_finish. */
struct program {
	pid_t pid;
	int out; /* owned; its standard output, to be read */
	int err; /* owned; a file with its standard error */
	char said[PROGRAM_SAID]; /* after program_finish: its last line, masked
	                          */
};

/* Is there a program of this name on PATH? */
bool program_exists(const char *name);

/*
 * Start argv[0], looked up on PATH, with an empty standard input.  argv ends in
 * NULL.  Returns 0, to be followed by program_finish, or -1 (reported).
 */
int program_start(struct program *p, const char *const *argv);

/*
 * Close its output, wait for its end.  Returns its exit code, or -1 where a
 * signal ended it, with p->said.
 */
int program_finish(struct program *p);

/* Run it, and forget what it prints.  As program_finish; -1, too: no start. */
int program_run(struct program *p, const char *const *argv);

#endif
