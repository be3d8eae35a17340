/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets any number of bundles out of a cluster at once, as a provisioner does:
 * starts one kubectl, and a child for the life of each bundle's pod; collects
 * their results, and what they could not delete.
 */
#ifndef PROVISION_H
#define PROVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/child.h"
#include "base/names.h"
#include "base/opt.h"
#include "cluster/api.h"
#include "cluster/kubectl.h"
#include "cluster/podlife.h"
#include "pod/pod.h"

struct provision {
	/* options */
	struct kubectl kubectl;
	uint64_t timeout; /* seconds */
	uint64_t parallel; /* bundles at once, at most */
	bool keep; /* delete no pod */
	bool patient; /* podlife's */
	struct names allowed; /* owned; podasked's */

	/* what to do */
	struct pod_opts *pods; /* borrowed; one for each bundle */
	size_t n;
	const char *namespace; /* borrowed; NULL: kubectl's default, which
	                          it is then */
	const char *what; /* borrowed; child's */
	bool keeps_output; /* child's */
	bool quiet; /* nothing of how far it is */
	void *arg; /* borrowed; of the functions */
	/*
	 * In a child: the whole of bundle i, with l ready for podlife_run. Give
	 * up files and the like (sandbox.h) before that; leave and free l.
	 * Returns the result, owned; NULL (reported).
	 */
	struct json *(*work)(void *arg, size_t i, struct podlife *l);
	/*
	 * Bundle i is over: `result` is what work returned, owned; NULL:
	 * `failure` tells what became of it.
	 */
	void (*end)(void *arg, size_t i, struct json *result,
	    const struct podstatus *failure);

	/* work */
	char id[17]; /* the run's random number in hex */
	char namespace_name[POD_NAME];
	struct api api;
	struct json *left; /* owned; of pods that may still be there */
	bool lost; /* a child ended without having cleaned up */
	bool terminal; /* standard error is one, and not quiet */
	int64_t said_away; /* clock_now() when it was said last */
	struct podstatus failure; /* of all: its text is "" where reported */
};

/* What it holds before options are read; and the options, of all commands. */
#define PROVISION_DEFAULTS \
	{ \
		.timeout = 600, .parallel = 20 \
	}
extern const struct opt provision_rows[];

/* Do it all: `end` is called for each bundle. */
void provision_run(struct provision *p);

/*
 * The time is over, or somebody pressed Ctrl-C: make that the failure, where w
 * tells how far it was.  For a work hook, too.
 */
void provision_explain_stop(const struct provision *p, struct podstatus *w);

/*
 * Say on standard error which pods could not be deleted, why, and the command
 * that does it; and add them, with that, to an object as unpack-json(5) has
 * them in "left", where there are any, or always; `to` may be NULL.
 */
void provision_tell_left(struct provision *p, struct json *to, bool always);

#endif
