/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that starts kubectl.
 *
 * Which one: $KUBECTL, or else the first `kubectl` on PATH.  What it prints is
 * bounded here; what it says on standard error is kept for kubectl_warn.
 */
#ifndef KUBECTL_H
#define KUBECTL_H

#include <stdbool.h>
#include <sys/types.h>

struct json;

enum {
	KUBECTL_SAID = 4096, /* bytes kept of what it says, NUL included */
	KUBECTL_JSON_MAX = 8 << 20, /* bytes of one JSON value */
	KUBECTL_JOBS_MAX = 4 /* under way at once */
};

/* How to reach the cluster; strings are borrowed, NULL: kubectl's default. */
struct kubectl {
	const char *context;
	const char *kubeconfig;
	const char *namespace;
};

/* One kubectl; from kubectl_start to kubectl_finish. */
struct kubectl_job {
	pid_t pid;
	int out; /* owned; its standard output; -1 = closed */
	int err; /* owned; a file with its standard error */
	size_t slot; /* in the list of those under way */
	char said[KUBECTL_SAID]; /* after kubectl_finish: one masked line */
};

/*
 * Start kubectl with args, which ends in NULL, and `input` as its standard
 * input (NULL: empty).  Returns 0, to be followed by kubectl_finish, or -1
 * (reported, unless kubectl_stop was called; nothing to finish).
 */
int kubectl_start(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args, const char *input);

/*
 * Wait for it to end, and close everything.  With `kill` it is ended, and no
 * failure is one.  Returns 0, or -1 where it failed: job->said tells why.
 */
int kubectl_finish(struct kubectl_job *job, bool kill);

/*
 * Run kubectl, and forget what it prints.  Returns 0, or -1 with job->said,
 * which is "" where it could not be started (reported).
 */
int kubectl_do(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args, const char *input);

/*
 * The same for a kubectl that prints one JSON value, owned by the caller
 * (json_free).  NULL like -1 above.
 */
struct json *kubectl_json(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args, const char *input);

/* Reads one JSON value after the other from a job; {0} to start with. */
struct kubectl_values {
	char *buf; /* owned; free it with kubectl_values_free */
	size_t len, room;
};

/*
 * The next value that the job prints, waiting `seconds` for it at most (-1: no
 * limit).  Returns it, owned by the caller, or NULL with *ended telling whether
 * there will be no more.  A value that is too long or no JSON is an end.
 */
struct json *kubectl_next(struct kubectl_job *job,
    struct kubectl_values *values, int seconds, bool *ended);

void kubectl_values_free(struct kubectl_values *values);

/* Did it say that the server's reason is this, as in "NotFound"? */
bool kubectl_is(const struct kubectl_job *job, const char *reason);

/* What it said, without the "Error from server (REASON): " in front. */
const char *kubectl_words(const struct kubectl_job *job);

/*
 * End every kubectl under way, so that reads from them come to an end, and
 * start no more.  Async-signal-safe.
 */
void kubectl_stop(void);

/* Start them again: for cleaning up after kubectl_stop. */
void kubectl_resume(void);

#endif
