/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets one bundle out of a cluster: creates its pod, follows it, reads its log,
 * verifies the log, and fetches the parts that a rotation lost with a second
 * pod.  Never waits: podjob_move goes on as far as it can.
 */
#ifndef PODJOB_H
#define PODJOB_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/tempfile.h"
#include "cluster/api.h"
#include "cluster/podreap.h"
#include "cluster/podstatus.h"
#include "log/gather.h"
#include "pod/pod.h"
#include "wire.h"

enum {
	PODJOB_ID = 17, /* bytes of a run's number in hex, NUL too */
	PODJOB_RANGES = 16 /* containers of a repair pod */
};

struct podjob;

/* What all jobs of a run have in common. */
struct podjob_run {
	struct api *api; /* borrowed */
	struct podreap *reap; /* borrowed */
	const char *namespace; /* borrowed */
	const char *id; /* borrowed; the run's random number */
	const volatile sig_atomic_t *stop; /* borrowed; give up */
	bool keep; /* delete no pod */
	bool user_set; /* the user gave the uid: keep it */
	bool several; /* jobs */
	bool check; /* nothing is streamed: the pod's message is all */
	/* says how far a job is; text is masked */
	void (*say)(void *arg, const struct podjob *j, const char *text);
	void *arg; /* borrowed */
};

enum podjob_step {
	PODJOB_IDLE, /* not begun */
	PODJOB_TRY, /* asks the server what would become of the pod */
	PODJOB_CREATE,
	PODJOB_FIND, /* there is a pod of that name: is it ours? */
	PODJOB_WAIT, /* for the pod's status to change */
	PODJOB_EVENTS, /* looks why it does not */
	PODJOB_FOLLOW, /* reads the log while it is written */
	PODJOB_READ, /* reads a log that is complete */
	PODJOB_WHOLE, /* the gather holds the bundle: see podjob_finish */
	PODJOB_FAILED, /* see failure: its text is "" where it was reported */
	PODJOB_OVER /* finished */
};

/* {0} except for the first fields. */
struct podjob {
	const struct podjob_run *run; /* borrowed */
	struct pod_opts *pod; /* borrowed; its user may change */
	struct gather *gather; /* borrowed; open; NULL where run->check */
	size_t number; /* of the job, from 0 */
	uint64_t log_max; /* bytes of a log that are too many */

	enum podjob_step step;
	struct api_call call;

	/* the pod */
	char name[POD_NAME];
	char uid[64]; /* "" = not created, or not known to be */
	struct json *asked; /* owned; as it was asked for */
	struct json *seen; /* owned; as it was last seen; may be NULL */
	struct podstatus status;
	bool expected; /* a list that is under way must have it */
	int64_t news; /* api_now() when something was heard of it */

	/* its log */
	struct tempfile log;
	bool log_open;
	bool logged; /* it was read to the end */
	bool again; /* the whole of it was read once more */
	int64_t log_wake; /* api_now() when it may be read (again) */
	unsigned int log_tries; /* that the server refused */
	struct pod_parts ranges[PODJOB_RANGES];
	size_t n_ranges; /* containers of a repair pod; 0 = the first pod */
	size_t range; /* whose log is read */
	uint64_t before; /* parts that were there before the repair pod */
	unsigned int rounds; /* repair pods so far */
	uint64_t size; /* of the whole, as the pod says; 0 = unknown */

	/* result */
	char first_name[POD_NAME]; /* of the pod, not of a repair pod */
	char resolved[512]; /* REPOSITORY@DIGEST, "" = unknown */
	char unpacker[512]; /* the same of the unpack image */
	uint64_t repaired; /* parts that repair pods brought */
	struct json *others; /* owned; strings: what admission added */
	struct json *report; /* owned; of run->check: what a success said */
	struct podstatus failure;
	enum wire_exit exit;
};

/* Begin.  Failures show as PODJOB_FAILED. */
void podjob_start(struct podjob *j);

/* Go on as far as possible. */
void podjob_move(struct podjob *j);

/* The pod is now like this; takes pod. */
void podjob_see(struct podjob *j, struct json *pod, bool deleted);

/* A list is over in which a pod that was expected was not: it is gone. */
void podjob_miss(struct podjob *j);

/* Wait for it too.  Returns 0, or -1 (reported). */
int podjob_poll(const struct podjob *j, struct api_poll *p);

/* Give up, where it is: the pod's status is the failure. */
void podjob_stop(struct podjob *j);

/*
 * It is whole, or failed: hand the pod over to be deleted, and free what the
 * work needed.  The result stays until podjob_free.
 */
void podjob_finish(struct podjob *j);
void podjob_free(struct podjob *j);

#endif
