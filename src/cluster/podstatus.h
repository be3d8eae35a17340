/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a pod's status: how far the pod is, and if it will fail, why and how to
 * fix it, in words.  Knows only JSON; all text is masked.
 */
#ifndef PODSTATUS_H
#define PODSTATUS_H

#include <stdbool.h>
#include <stddef.h>

#include "wire.h"

struct json;

enum {
	PODSTATUS_IMAGE = 512 /* bytes of a reference */
};

enum podstatus_state {
	PODSTATUS_PENDING, /* waits to be scheduled, or for its turn */
	PODSTATUS_PULLING, /* pulls `image`, or is about to start it */
	PODSTATUS_STARTED, /* the containers that print run, or have run */
	PODSTATUS_DONE, /* and all of them ended well */
	PODSTATUS_FAILED /* this will fail: see reason, text, fix */
};

/* {0} to start with, one for each pod; podstatus_free frees what it holds. */
struct podstatus {
	enum podstatus_state state;
	bool trouble; /* not over yet, but reason and text say what is wrong */
	enum wire_exit exit; /* PODSTATUS_FAILED: who is at fault */
	char reason[64]; /* Kubernetes' word for it */
	char container[64]; /* whose; "": the pod's */
	char image[PODSTATUS_IMAGE]; /* that is being pulled */
	char text[3072]; /* what is wrong */
	char fix[1024]; /* how to fix it, "" if that is not known */
	struct json *report; /* owned; `unpack` on its failure, or NULL */

	/* between looks */
	char pull_words[2048]; /* the last words about a pull that failed */
	unsigned int pulls; /* that failed */
	bool backing_off;
};

/* The element of an array of objects that has this name, or NULL. */
const struct json *podstatus_named(const struct json *array, const char *name);

/* Look at a Pod, which is `gone`: it was as this, and it was not us. */
void podstatus_look(struct podstatus *w, const struct json *pod, bool gone);

/*
 * Look at the List of events about a pod that waits, and has not said why: the
 * latest warning tells.
 */
void podstatus_events(struct podstatus *w, const struct json *list);

/*
 * The server, or kubectl, refused a request: words are what it said, masked, or
 * "" where that was reported.  The reason is "" where they give none.
 */
void podstatus_refused(struct podstatus *w, const char *words);

/* It fails: a reason and words, which are masked, and what to do. */
void podstatus_fail(struct podstatus *w, const char *reason, const char *words,
    const char *fix);

/* The pod's termination message of this container, or NULL; borrowed. */
const char *podstatus_message(const struct json *pod, const char *container);

/*
 * REPOSITORY@DIGEST, with the repository of image and the digest of ref,
 * masked; "" where there is none.
 */
void podstatus_reference(char text[static PODSTATUS_IMAGE], const char *image,
    const char *ref);

/*
 * What the node resolved the images to that the pod calls `bundle` and
 * `unpacker`, as podstatus_reference has it; "" where the node does not tell.
 */
void podstatus_images(const struct json *pod, const char *bundle,
    const char *unpacker, char resolved[static PODSTATUS_IMAGE],
    char unpacked[static PODSTATUS_IMAGE]);

void podstatus_free(struct podstatus *w);

#endif
