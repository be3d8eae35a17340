/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletes the pods of this run, and no others: the server compares the uid.
 */
#include "cluster/podreap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"

enum {
	GRACE = 2 /* seconds the containers have to end */
};

/* ------------------------------------------------------------------- start */

/* Ask for its deletion, on the condition that it is the one. */
static void
start_delete(struct podreap *r, struct podreap_pod *p)
{
	struct json *o = json_new_object(), *only;
	char *options;

	json_add_string(o, "kind", "DeleteOptions");
	json_add_string(o, "apiVersion", "v1");
	json_add_int(o, "gracePeriodSeconds", p->now ? 0 : GRACE);
	only = json_add_object(o, "preconditions");
	json_add_string(only, "uid", p->uid);
	options = json_finish(o, JSON_COMPACT);
	p->deleting = true;
	if (options == NULL ||
	    api_start(&p->call, r->api, "DELETE", options,
	        "/api/v1/namespaces/%s/pods/%s", r->namespace, p->name) < 0)
		(void)strcpy(p->words, "out of memory");
	free(options);
}

/* Look for it, and whether it is ours. */
static void
start_find(struct podreap *r, struct podreap_pod *p)
{
	if (api_start(&p->call, r->api, "GET", NULL,
	        "/api/v1/namespaces/%s/pods/%s", r->namespace, p->name) < 0)
		(void)strcpy(p->words, "out of memory");
}

/* -------------------------------------------------------------------- moves */

/* The answer to a creation or a search has come. */
static void
podreap_take_found(struct podreap *r, struct podreap_pod *p, bool refused)
{
	bool created = strcmp(p->call.method, "POST") == 0;
	struct json *pod = refused ? NULL : api_json(&p->call);
	struct json *metadata = json_get(pod, "metadata");
	const char *label = json_text(
	    json_path(metadata, "labels", PODREAP_LABEL, NULL));

	if (pod != NULL && strcmp(label, r->id) == 0) {
		(void)snprintf(p->uid, sizeof p->uid, "%s",
		    json_get_text(metadata, "uid"));
		start_delete(r, p);
	} else if (created) {
		start_find(r, p);
	}
	/* else it is not there, or not ours */
	json_free(pod);
}

/* Go on with one.  Is it over? */
static bool
move_pod(struct podreap *r, struct podreap_pod *p)
{
	if (p->words[0] != '\0')
		return true;
	for (;;) {
		switch (api_move(&p->call)) {
		case API_WAIT:
			return !p->call.busy;
		case API_REFUSED:
			if (!p->deleting && p->call.status != 0) {
				podreap_take_found(r, p, true);
				break;
			}
			/* 404, 409: it is gone, or another one has its name */
			if (p->call.status != 404 && p->call.status != 409)
				(void)snprintf(p->words, sizeof p->words, "%s",
				    p->call.words);
			return true;
		case API_OK:
			if (p->deleting)
				return true;
			podreap_take_found(r, p, false);
			break;
		case API_DATA:
		case API_LOST:
			return true;
		}
	}
}

int
podreap_add(struct podreap *r, const char *name, const char *uid, bool now,
    struct api_call *create)
{
	struct podreap_pod *p = calloc(1, sizeof *p);
	void *pods = array_grow(r->pods, &r->room, r->n + 1, sizeof(void *));

	if (pods != NULL)
		r->pods = pods;
	if (p == NULL || pods == NULL) {
		free(p);
		msg_nomem();
		return -1;
	}
	(void)snprintf(p->name, sizeof p->name, "%s", name);
	(void)snprintf(p->uid, sizeof p->uid, "%s", uid);
	p->now = now;
	r->pods[r->n++] = p;
	if (uid[0] != '\0') {
		start_delete(r, p);
	} else if (create != NULL && create->busy && create->open) {
		p->call = *create;
		*create = (struct api_call){0};
	} else {
		start_find(r, p);
	}
	/* off it goes, before anybody does something that takes long */
	(void)move_pod(r, p);
	return 0;
}

static void
free_pod(struct podreap_pod *p)
{
	api_call_free(&p->call);
	free(p);
}

bool
podreap_move(struct podreap *r)
{
	struct podreap_pod *p;
	bool idle = true;
	size_t i, n = 0;

	for (i = 0; i < r->n; i++) {
		p = r->pods[i];
		if (!move_pod(r, p))
			idle = false;
		else if (p->words[0] == '\0') {
			free_pod(p);
			continue;
		}
		r->pods[n++] = p;
	}
	r->n = n;
	return idle;
}

int
podreap_poll(const struct podreap *r, struct api_poll *p)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (api_poll_add(p, &r->pods[i]->call) < 0)
			return -1;
	return 0;
}

void
podreap_free(struct podreap *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		free_pod(r->pods[i]);
	free(r->pods);
	r->pods = NULL;
	r->n = r->room = 0;
}
