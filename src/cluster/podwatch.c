/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches one pod: every change, and a list after a watch that was lost, so
 * that nothing is missed.
 */
#include "cluster/podwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"

enum {
	WATCH_TIME = 240, /* seconds of one watch */
	SILENCE = 80000, /* milliseconds; a bookmark comes once a minute */
	EVENT_MAX = 8 << 20
};

void
podwatch_set_version(struct podwatch *w, const struct json *object)
{
	snprintf(w->version, sizeof w->version, "%s",
	    json_text(json_path(object, "metadata", "resourceVersion", NULL)));
	/* it goes into a URL */
	w->version[strspn(w->version, "0123456789")] = '\0';
}

/* Take the pod, if it is ours.  Returns whether it is. */
static bool
podwatch_take(struct podwatch *w, struct json *pod)
{
	if (strcmp(json_get_text(json_get(pod, "metadata"), "uid"), w->uid) !=
	    0) {
		json_free(pod);
		return false;
	}
	json_free(w->pod);
	w->pod = pod;
	return true;
}

/*
 * Take all events that are whole, a line each: {"type":"ADDED","object":{...}}.
 * Returns whether the pod changed, or -1 where one is an error.
 */
static int
podwatch_take_data(struct podwatch *w)
{
	const struct http *h = &w->call.http;
	char *buf = w->len + h->len <= EVENT_MAX
	    ? array_grow(w->buf, &w->room, w->len + h->len, 1)
	    : NULL;
	struct json *event;
	const char *type;
	size_t at = 0, n;
	int changed = 0;
	char *end;

	if (buf == NULL)
		return -1;
	w->buf = buf;
	memcpy(buf + w->len, h->data, h->len);
	w->len += h->len;
	while (changed >= 0 &&
	    (end = memchr(buf + at, '\n', w->len - at)) != NULL) {
		n = (size_t)(end - (buf + at));
		event = json_parse(buf + at, n);
		type = json_get_text(event, "type");
		if (n > 0 && (event == NULL || strcmp(type, "ERROR") == 0)) {
			changed = -1;
		} else if (n > 0 && strcmp(type, "BOOKMARK") != 0 &&
		    podwatch_take(w, json_take(event, "object"))) {
			changed = 1;
			w->gone = w->gone || strcmp(type, "DELETED") == 0;
		}
		json_free(event);
		at += n + 1;
	}
	w->len -= at;
	memmove(buf, buf + at, w->len);
	return changed;
}

int
podwatch_move(struct podwatch *w)
{
	struct api_call *c = &w->call;
	enum api_outcome outcome;
	char query[160] = "";
	const struct json *item;
	struct json *list;
	int changed = 0;

	if (!c->busy && clock_now() < c->wake)
		return 0;
	if (!c->busy) {
		/* a list, or a watch from a list's version on */
		if (w->version[0] != '\0')
			snprintf(query, sizeof query,
			    "&watch=1&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s",
			    WATCH_TIME, w->version);
		api_start(c, w->api, "GET", NULL,
		    "pods?fieldSelector=metadata.name%%3D%s%s", w->name, query);
		w->len = 0;
		c->stream = w->version[0] != '\0';
		if (c->stream)
			c->patience = SILENCE;
	}
	while (changed == 0) {
		outcome = api_move(c);
		if (outcome == API_WAIT)
			return 0;
		/* else it is over, or begins too far back: list again */
		changed = -1;
		if (outcome == API_DATA)
			changed = podwatch_take_data(w);
		if (outcome == API_REFUSED &&
		    (!c->stream || (c->status != 410 && c->status != 404)))
			return -1;
		if (outcome != API_OK || c->stream)
			continue;
		list = api_json(c);
		podwatch_set_version(w, list);
		w->gone = list != NULL;
		item = json_first(json_get_array(list, "items"));
		for (; item != NULL && w->gone; item = json_next(item))
			w->gone = !podwatch_take(w, json_copy(item));
		json_free(list);
		changed = w->version[0] != '\0' ? 1 : -1;
	}
	if (changed > 0)
		return 1;
	api_again(c);
	w->version[0] = '\0';
	return 0;
}

void
podwatch_free(struct podwatch *w)
{
	api_call_free(&w->call);
	json_free(w->pod);
	free(w->buf);
	*w = (struct podwatch){0};
}
