/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one pod of ours: create it, watch it, read its logs, delete it,
 * and never touch somebody else's.
 *
 * A pod carries a label with a random number, the run's, and the server gives
 * it a uid: by these we know it.
 */
#ifndef PODRUN_H
#define PODRUN_H

#include <signal.h>
#include <stdbool.h>

#include "log/gather.h"
#include "cluster/kubectl.h"
#include "cluster/podstatus.h"

enum {
	PODRUN_ID = 17
}; /* bytes of a run's number in hex, NUL too */

/* Called when there is something new in r->watch. */
struct podrun;
typedef void (*podrun_show)(void *arg, const struct podrun *r);

/* {0} but for what stands first. */
struct podrun {
	const struct kubectl *kubectl; /* borrowed; its namespace is set */
	const char *id; /* borrowed; from podrun_make_id */
	const volatile sig_atomic_t *stop; /* borrowed; give up */
	podrun_show show;
	void *show_arg; /* borrowed */

	char name[64];
	char uid[64]; /* "" = not created, or not known to be */
	bool tried; /* to create it */
	struct json *pod; /* owned; as it was last seen, or NULL */
	struct podstatus watch;
	struct kubectl_job job; /* that watches it */
	struct kubectl_values values;
	bool watching;
};

/* A random number for all pods of a run.  Returns 0, or -1 (reported). */
int podrun_make_id(char id[static PODRUN_ID]);

/*
 * Create the pod, a Pod with a name, after putting the label into it.  Returns
 * 0, or -1 with r->watch telling why, in words to report.
 */
int podrun_create(struct podrun *r, struct json *pod);

/*
 * Wait until the pod is as far as `state`.  Returns 0, or -1: r->watch is
 * PODSTATUS_FAILED and tells why, or we were stopped.
 */
int podrun_wait(struct podrun *r, enum podstatus_state state);

/*
 * Read the log of a container into g, to its end now or, with `follow`, the
 * container's.  Where not all of it can be read, that is reported, and g will
 * tell what is missing.  Returns 0, or -1 (reported) for a failure here.
 */
int podrun_log(struct podrun *r, const char *container, bool follow,
    struct gather *g);

/*
 * Delete the pod if it was created, and is still ours.  Works after a stop,
 * too.  Returns 0, or -1 (reported).
 */
int podrun_delete(struct podrun *r);

/* Free what r holds; the pod stays as it is. */
void podrun_free(struct podrun *r);

#endif
