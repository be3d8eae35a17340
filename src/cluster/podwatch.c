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
	AGAIN = 300, /* milliseconds before another list */
	EVENT_MAX = 8 << 20
};

#define WATCH "&watch=1&allowWatchBookmarks=true&timeoutSeconds="

/* List the pod, or watch it from a list's version on. */
static int
podwatch_ask(struct podwatch *w)
{
	char query[160] = "";

	w->watching = w->version[0] != '\0';
	w->len = 0;
	if (w->watching)
		snprintf(query, sizeof query, WATCH "%d&resourceVersion=%s",
		    WATCH_TIME, w->version);
	if (api_start(&w->call, w->api, "GET", NULL,
	        "/api/v1/namespaces/%s/pods?fieldSelector=metadata.name%%3D%s%s",
	        w->namespace, w->name, query) < 0)
		return -1;
	w->call.stream = w->watching;
	if (w->watching)
		w->call.patience = SILENCE;
	return 0;
}

/* This call is over; a list follows. */
static void
podwatch_again(struct podwatch *w)
{
	w->wake = api_again(&w->call, AGAIN);
	api_call_free(&w->call);
	w->version[0] = '\0';
}

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

/* The list has come.  Returns 1: the pod may have changed. */
static int
podwatch_take_list(struct podwatch *w)
{
	struct json *list = api_json(&w->call);
	const struct json *item = json_first(json_get_array(list, "items"));
	bool there = false;

	podwatch_set_version(w, list);
	for (; item != NULL && !there; item = json_next(item))
		there = podwatch_take(w, json_copy(item));
	w->gone = list != NULL && !there;
	json_free(list);
	if (w->version[0] == '\0')
		podwatch_again(w);
	return 1;
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
	bool good = true;
	int changed = 0;
	char *end;

	if (buf == NULL)
		return -1;
	w->buf = buf;
	memcpy(buf + w->len, h->data, h->len);
	w->len += h->len;
	while (good && (end = memchr(buf + at, '\n', w->len - at)) != NULL) {
		n = (size_t)(end - (buf + at));
		event = json_parse(buf + at, n);
		type = json_get_text(event, "type");
		good = n == 0 || (event != NULL && strcmp(type, "ERROR") != 0);
		if (good && n > 0 && strcmp(type, "BOOKMARK") != 0 &&
		    podwatch_take(w, json_take(event, "object"))) {
			changed = 1;
			w->gone = w->gone || strcmp(type, "DELETED") == 0;
		}
		json_free(event);
		at += n + 1;
	}
	w->len -= at;
	memmove(buf, buf + at, w->len);
	return good ? changed : -1;
}

int
podwatch_move(struct podwatch *w)
{
	int ret;

	if (!w->call.busy) {
		if (clock_now() < w->wake)
			return 0;
		if (podwatch_ask(w) < 0)
			return -1;
	}
	for (;;) {
		switch (api_move(&w->call)) {
		case API_DATA:
			ret = podwatch_take_data(w);
			if (ret < 0)
				podwatch_again(w);
			if (ret != 0)
				return ret > 0;
			break;
		case API_OK:
			if (!w->watching)
				return podwatch_take_list(w);
			podwatch_again(w);
			return 0;
		case API_REFUSED:
			/* 410: the list is too old to start from */
			if (!w->watching ||
			    (w->call.status != 410 && w->call.status != 404))
				return -1;
			podwatch_again(w);
			return 0;
		case API_LOST:
			podwatch_again(w);
			return 0;
		case API_WAIT:
		case API_STOPPED:
			return 0;
		}
	}
}

void
podwatch_free(struct podwatch *w)
{
	api_call_free(&w->call);
	json_free(w->pod);
	free(w->buf);
	w->pod = NULL;
	w->buf = NULL;
}
