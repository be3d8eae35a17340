/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pod's status to where it stands, and if it will come to nothing, why and
 * what mends it, in words.  Knows only JSON; all text is masked.
 */
#ifndef PODWATCH_H
#define PODWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "wire.h"

enum podwatch_state {
	PODWATCH_PENDING, /* waits to be scheduled, or for its turn */
	PODWATCH_PULLING, /* pulls `image`, or is about to start it */
	PODWATCH_STARTED, /* the containers that print run, or have run */
	PODWATCH_DONE, /* and all of them ended well */
	PODWATCH_FAILED /* this will come to nothing: see reason, text, fix */
};

/* {0} to start with, one for each pod; podwatch_free frees what it holds. */
struct podwatch {
	enum podwatch_state state;
	bool trouble; /* not over yet, but reason and text say what is wrong */
	enum wire_exit exit; /* PODWATCH_FAILED: who is at fault */
	char reason[64]; /* Kubernetes' word for it */
	char container[64]; /* whose; "": the pod's */
	char image[512]; /* that is being pulled */
	char text[3072]; /* what is wrong */
	char fix[1024]; /* what mends it, "" where nothing is known */
	cJSON *report; /* owned; what `unpack` said of a failure, or NULL */

	/* between looks */
	char pull_words[2048]; /* the last words about a pull that failed */
	unsigned int pulls; /* that failed */
	bool backing_off;
};

/* Look at a Pod. */
void podwatch_look(struct podwatch *w, const cJSON *pod);

/*
 * Look at the List of events about a pod that waits, and has not said why: the
 * latest warning tells.
 */
void podwatch_events(struct podwatch *w, const cJSON *list);

/* The pod is gone, or going, and it was not us. */
void podwatch_gone(struct podwatch *w);

/*
 * The server, or kubectl, did not do what it was told: words are what it said,
 * masked, or "" where that was reported.  The reason is "" where they give
 * none.
 */
void podwatch_refused(struct podwatch *w, const char *words);

/* The pod's termination message of this container, or NULL; borrowed. */
const char *podwatch_message(const cJSON *pod, const char *container);

/*
 * The reference REPOSITORY@DIGEST that the node resolved the bundle's image
 * to, masked; "" where the node does not tell.  `image` is how the pod names
 * it.
 */
void podwatch_resolved(char *text, size_t size, const cJSON *pod,
    const char *container, const char *image);

void podwatch_free(struct podwatch *w);

#endif
