/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle out of a cluster: an unpack pod, its log, and what a rotation lost
 * out of a second one.  What a provisioner does.
 */
#ifndef PROVISION_H
#define PROVISION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "log/gather.h"
#include "cluster/kubectl.h"
#include "pod/pod.h"
#include "cluster/podrun.h"
#include "cluster/podstatus.h"
#include "base/progress.h"
#include "wire.h"

/* Says how far it is; text is masked. */
typedef void (*provision_say)(void *arg, const char *text);

struct provision {
	/* options */
	struct pod_opts *pod; /* borrowed; its namespace and user may change */
	bool user_set; /* who runs the pod was said: leave it */
	bool keep; /* delete no pod */
	bool quiet; /* no progress */
	const volatile sig_atomic_t *stop; /* borrowed; give up */
	provision_say say;
	void *say_arg; /* borrowed */
	struct gather *gather; /* borrowed; open */
	struct progress *progress; /* borrowed */

	/* work */
	struct kubectl kubectl; /* context and kubeconfig are options */
	char id[PODRUN_ID];
	char namespace_name[POD_NAME];
	uint64_t size; /* of the whole, as the pod says; 0 = unknown */

	/* result */
	char name[POD_NAME]; /* of the pod */
	char resolved[512]; /* REPOSITORY@DIGEST, "" = unknown */
	uint64_t repaired; /* parts that a second pod brought */
	uint64_t repair_pods;
	struct podstatus failure; /* its text is "" where it was reported */
};

/*
 * Do it all.  WIRE_OK: the gather holds a whole bundle.  Anything else: it was
 * reported, or p->failure tells.  Pods are deleted then, unless kept.  Call
 * provision_free in every case.
 */
enum wire_exit provision_run(struct provision *p);

void provision_free(struct provision *p);

#endif
