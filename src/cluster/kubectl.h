/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that starts kubectl.
 *
 * Which one: $KUBECTL, or else the first `kubectl` on PATH.  It ends when this
 * process ends, in any way.
 */
#ifndef KUBECTL_H
#define KUBECTL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	KUBECTL_SAID = 4096, /* bytes kept of what it says, NUL included */
	KUBECTL_OUT = 1 << 20 /* bytes of what kubectl_read takes */
};

/* How to reach the cluster; strings are borrowed, NULL: kubectl's default. */
struct kubectl {
	const char *context;
	const char *kubeconfig;
};

/* One kubectl; from kubectl_start to kubectl_finish. */
struct kubectl_job {
	pid_t pid;
	int out; /* owned; its standard output; -1 = closed */
	int err; /* owned; a file with its standard error */
	char said[KUBECTL_SAID]; /* see kubectl_hear */
};

/*
 * Start kubectl with args, which ends in NULL; its standard input is empty.
 * Returns 0, to be followed by kubectl_finish, or -1 (reported; nothing to
 * finish).
 */
int kubectl_start(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args);

/* Has it ended by itself?  Then job->said tells why. */
bool kubectl_has_ended(struct kubectl_job *job);

/*
 * Wait for it to end, and close everything.  With `kill` it is ended, at once
 * if it does not end within five seconds, and no failure is one.  Returns 0,
 * or -1 where it failed: job->said tells why.
 */
int kubectl_finish(struct kubectl_job *job, bool kill);

/*
 * Read all that it prints, at most KUBECTL_OUT bytes, until *stop is set.
 * Returns the text, with a NUL after it, for the caller to free; NULL
 * (reported): out of memory.
 */
char *kubectl_read(struct kubectl_job *job, const volatile sig_atomic_t *stop);

#endif
