/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets any number of bundles out of a cluster at once: one kubectl, one watch,
 * and a job for each bundle.  What a provisioner does.
 */
#ifndef PROVISION_H
#define PROVISION_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/sandbox.h"
#include "cluster/api.h"
#include "cluster/kubectl.h"
#include "cluster/podjob.h"
#include "cluster/podreap.h"
#include "cluster/podwatch.h"
#include "pod/pod.h"

/* Whom to tell; `arg` is borrowed. */
struct provision_hooks {
	/* a job begins: set its pod, gather and log_max.  Returns 0, or -1
	 * (reported) */
	int (*begin)(void *arg, struct podjob *j);
	/* it is PODJOB_WHOLE or PODJOB_FAILED, and its pod on its way out */
	void (*end)(void *arg, struct podjob *j, bool whole);
	/* how far it is, masked; j is NULL where it is about all */
	void (*say)(void *arg, const struct podjob *j, const char *text);
	void *arg;
};

struct provision {
	/* options */
	struct kubectl kubectl;
	const char *namespace; /* borrowed; NULL: kubectl's default */
	bool user_set; /* the user gave the uid: keep it */
	bool keep; /* delete no pod */
	bool check; /* nothing is streamed: see podjob_run */
	size_t parallel; /* jobs at once, at most */
	const volatile sig_atomic_t *stop; /* borrowed; give up */
	struct provision_hooks hooks;
	size_t n_jobs;
	struct sandbox_places places; /* what the hooks need of files, but for
	                                 temporary ones; given up with the rest
	                                 once kubectl runs */

	/* work */
	char id[PODJOB_ID];
	char namespace_name[POD_NAME];
	struct api api;
	struct api_call call; /* about the namespace */
	struct podwatch watch;
	struct podreap reap;
	struct podjob_run run;
	struct podjob *jobs; /* owned; n_jobs */
	size_t next; /* job to begin */
	size_t active;
	bool ready; /* the namespace is known: jobs may begin */
	bool shift; /* the namespace chooses who runs its pods */
	bool said_away; /* that the server is */
	struct podstatus failure; /* of all: its text is "" where reported */
};

/*
 * Do it all.  The hooks report every job.  A failure that concerns all of them
 * is p->failure, and then `end` is called for those that did not begin, too.
 * Pods that could not be deleted are in p->reap, n of them.  Returns 0, or -1
 * (reported): nothing was begun.  Call provision_free.
 */
int provision_run(struct provision *p);

/*
 * Say on standard error which pods could not be deleted, why, and the command
 * that does it.  With `left`, an array, an object for each is added to it, as
 * unpack-json(5) has it.
 */
void provision_tell_left(const struct provision *p, struct json *left);

void provision_free(struct provision *p);

#endif
