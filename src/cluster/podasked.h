/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the pod that the server made the pod that was sent?  Admission (webhooks,
 * policies) may change it, and a server may drop a field that it does not know.
 *
 * Everything must be as it was sent that matters for the security of the pod,
 * or decides what of the bundle can be read: users and groups, privileges,
 * capabilities, seccomp, namespaces, commands, images, the mounts of our
 * volume, and, where the bundle is the image of its container, all mounts of
 * that: one hides what the image has there.  What else was added is only
 * listed.
 */
#ifndef PODASKED_H
#define PODASKED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/names.h"

/* What a comparison has come to. */
struct podasked {
	const struct names *allowed; /* borrowed; absolute paths: a mount at one
	                                or below hides nothing; may be NULL */
	char why[1024]; /* which field came back otherwise, masked */
	char fix[1024]; /* what to do about it, masked */
	struct json *others; /* borrowed; an array of strings, which grows by
	                        what was added; NULL: not wanted */
};

/* Compare.  Returns true where the pod is as asked; else why and fix tell. */
bool podasked_is(struct podasked *p, const struct json *asked,
    const struct json *got);

#endif
