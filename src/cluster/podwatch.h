/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches one pod: every change, and a list after a watch that was lost, so
 * that nothing is missed.
 */
#ifndef PODWATCH_H
#define PODWATCH_H

#include <stdbool.h>

#include "base/json.h"
#include "cluster/api.h"

/* {0} except for the first fields. */
struct podwatch {
	struct api *api; /* borrowed */
	const char *name, *uid; /* borrowed */
	struct json *pod; /* owned; as it was last seen */
	bool gone; /* it was deleted */

	struct api_call call; /* a stream is a watch, else it lists */
	char version[64]; /* to watch from; "" = list first */
	char *buf; /* owned; what came of an event */
	size_t len, room;
};

/* Watch from this object on, a pod or a list. */
void podwatch_set_version(struct podwatch *w, const struct json *object);

/*
 * Go on as far as is possible now.  Returns 1 where the pod has changed, 0
 * where not, or -1: the server will not have it, and w->call.words tells why.
 */
int podwatch_move(struct podwatch *w);

void podwatch_free(struct podwatch *w);

#endif
