/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one unpack pod, from its creation to its deletion: create it,
 * wait for it, follow its log, verify, fetch what a rotation lost by another
 * pod, delete it.
 */
#ifndef PODLIFE_H
#define PODLIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/names.h"
#include "base/tempfile.h"
#include "cluster/api.h"
#include "cluster/podstatus.h"
#include "cluster/podwatch.h"
#include "log/gather.h"
#include "pod/pod.h"
#include "wire.h"

/* The label by which we know the pods of a run: its random number. */
#define PODLIFE_LABEL "app.kubernetes.io/instance"

/* {0} except for the first fields. */
struct podlife {
	struct api *api; /* borrowed */
	const char *id; /* borrowed; of the run */
	const char *suffix; /* borrowed; what tells its pods' names apart */
	struct pod_opts *pod; /* borrowed; its user may change */
	struct progress *progress; /* borrowed; of the gather */
	struct gather *gather; /* borrowed; open; NULL: nothing is streamed,
	                          the pod's message is all */
	const struct names *allowed; /* borrowed; podasked's */
	uint64_t log_max; /* bytes of a log that are too many */
	uint64_t max_entries; /* of the bundle; more are refused */
	bool keep; /* delete no pod */
	bool patient; /* wait for its end even if its log is whole */
	struct json *left; /* borrowed; an array: pods that may still be there,
	                      as unpack-json(5) has them, without a fix */

	/* the pod that is */
	char name[POD_NAME];
	char uid[64]; /* "" = not created, or not known to be */
	bool unsure; /* its creation was not answered */
	struct podwatch watch;
	struct api_call call; /* the one that is waited for */
	int64_t news; /* clock_now() when something was heard of it */

	/* its log */
	struct tempfile log;
	bool logged; /* it was read to the end */
	unsigned int rounds; /* repair pods so far */
	uint64_t size; /* of the whole, as the pod says; 0 = unknown */

	/* result */
	struct podstatus status; /* the pod's; in the end, why it failed: its
	                            text is "" where that was reported */
	bool common; /* the failure is not one of this pod */
	char resolved[PODSTATUS_IMAGE]; /* REPOSITORY@DIGEST, "" = unknown */
	char unpacker[PODSTATUS_IMAGE]; /* the same of the unpack image */
	uint64_t repaired; /* parts that repair pods brought */
	struct json *others; /* owned; strings: what admission added */
	struct json *report; /* owned; what `unpack` said of a success */
};

/*
 * Create the pod and do all up to a bundle that is verified, or, without a
 * gather, up to the pod's end.  Its deletion is on its way then, and
 * podlife_leave must follow.  Returns WIRE_OK: the gather holds the bundle;
 * else l->status tells why not, or, where a signal stopped it, how far it was.
 */
enum wire_exit podlife_run(struct podlife *l);

/* Wait until the pod is deleted, and free all. */
void podlife_leave(struct podlife *l);

/*
 * Delete all pods of a run: some children could not do it.  What may still be
 * there is added to `left`.
 */
void podlife_reap(struct api *a, const char *id, struct json *left);

#endif
