/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletes the pods of this run, and no others: the server compares the uid.  A
 * server that is away is asked again; pods that could not be deleted are named.
 */
#ifndef PODREAP_H
#define PODREAP_H

#include <stdbool.h>
#include <stddef.h>

#include "cluster/api.h"

/* The label by which we know the pods of a run. */
#define PODREAP_LABEL "app.kubernetes.io/instance"

struct podreap_pod {
	char name[64];
	char uid[64]; /* "" = its creation was not answered */
	bool now; /* without any grace */
	bool deleting; /* the call deletes; before that it looks for the uid */
	struct api_call call;
	char words[KUBECTL_SAID]; /* why it is still there, "" = it is gone */
};

/* {0} except for the first fields. */
struct podreap {
	struct api *api; /* borrowed */
	const char *namespace; /* borrowed */
	const char *id; /* borrowed; value of the label */
	struct podreap_pod **pods; /* owned; those under way, and those left */
	size_t n, room;
};

/*
 * Delete this pod.  Without a uid (""), `create` is the call that makes it, if
 * it is not answered yet; it is taken over.  Returns 0, or -1 (reported).
 */
int podreap_add(struct podreap *r, const char *name, const char *uid, bool now,
    struct api_call *create);

/* Go on; is nothing under way any more? */
bool podreap_move(struct podreap *r);

/* Wait for all calls too.  Returns 0, or -1 (reported). */
int podreap_poll(const struct podreap *r, struct api_poll *p);

void podreap_free(struct podreap *r);

#endif
