/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watch for all pods that have a label: a list, then every change, then a
 * list again if the watch was lost, so that nothing is missed.
 */
#ifndef PODWATCH_H
#define PODWATCH_H

#include <stdbool.h>

#include "base/json.h"
#include "cluster/api.h"

/* Whom to tell. */
struct podwatch_hooks {
	/* a list was asked for: who exists before it must be in it */
	void (*begin)(void *arg);
	/* this is how a pod is now, or was when it was deleted; takes pod */
	void (*seen)(void *arg, struct json *pod, bool deleted);
	/* the list is over: who was not seen since `begin` is gone */
	void (*end)(void *arg);
	void *arg; /* borrowed */
};

/* Start with podwatch_start. */
struct podwatch {
	struct api *api; /* borrowed */
	const char *namespace; /* borrowed */
	char selector[128]; /* label=value */
	struct podwatch_hooks hooks;
	struct api_call call;
	bool watching; /* not listing */
	int64_t wake; /* api_now() when to list again */
	char version[64]; /* of the list */
	char *buf; /* owned; what came of an event */
	size_t len, room;
};

/* Begin: the first list is asked for.  Returns 0, or -1 (reported). */
int podwatch_start(struct podwatch *w);

/*
 * Go on as far as is possible now.  Returns 0, or -1: w->call.words tells why
 * the server will not have it, or it is "" and was reported.
 */
int podwatch_move(struct podwatch *w);

void podwatch_free(struct podwatch *w);

#endif
