/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the pod that the server made the pod that was sent?  Admission (webhooks,
 * policies) may change it, and a server may drop a field that it does not know.
 *
 * Everything that matters for the security of the pod must be as it was sent:
 * users, privileges, capabilities, seccomp, namespaces, commands, images, and
 * the mounts of our volume.  What else was added is only listed.
 */
#ifndef PODASKED_H
#define PODASKED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

enum {
	PODASKED_WHY = 1024 /* bytes of a reason */
};

/*
 * Compare.  Returns true where the pod is as asked; else why[] says, masked,
 * which field came back otherwise.  What was added is appended to `others`, an
 * array of strings (NULL: not wanted).
 */
bool podasked_is(const struct json *asked, const struct json *got,
    char why[static PODASKED_WHY], struct json *others);

#endif
