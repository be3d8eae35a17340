/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watch for all pods that have a label: a list, then every change, then a
 * list again if the watch was lost, so that nothing is missed.
 */
#include "cluster/podwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum {
	WATCH_TIME = 240, /* seconds of one watch */
	SILENCE = 80000, /* milliseconds; a bookmark comes once a minute */
	AGAIN = 300, /* milliseconds before another list */
	EVENT_MAX = 8 << 20
};

/* -------------------------------------------------------------------- list */

static int
start_list(struct podwatch *w)
{
	w->watching = false;
	w->len = 0;
	w->hooks.begin(w->hooks.arg);
	return api_start(&w->call, w->api, "GET", NULL,
	    "/api/v1/namespaces/%s/pods?labelSelector=%s", w->namespace,
	    w->selector);
}

static int
start_events(struct podwatch *w)
{
	w->watching = true;
	w->len = 0;
	return api_start_stream(&w->call, w->api, SILENCE,
	    "/api/v1/namespaces/%s/pods?labelSelector=%s&watch=1&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s",
	    w->namespace, w->selector, WATCH_TIME, w->version);
}

/* The list has come. */
static int
take_list(struct podwatch *w)
{
	struct json *list = api_json(&w->call), *items, *item, *pod;

	(void)snprintf(w->version, sizeof w->version, "%s",
	    json_text(json_path(list, "metadata", "resourceVersion", NULL)));
	/* it goes into a URL */
	w->version[strspn(w->version, "0123456789")] = '\0';
	items = json_get_array(list, "items");
	for (item = json_first(items); item != NULL; item = json_next(item)) {
		pod = json_copy(item);
		if (pod != NULL)
			w->hooks.seen(w->hooks.arg, pod, false);
	}
	if (list != NULL)
		w->hooks.end(w->hooks.arg);
	json_free(list);
	return start_events(w);
}

/* ------------------------------------------------------------------ events */

/* How long the first object of text[0..len) is; 0: it has not ended. */
static size_t
object_len(const char *text, size_t len)
{
	bool quoted = false, escaped = false;
	unsigned int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (escaped)
			escaped = false;
		else if (text[i] == '\\')
			escaped = quoted;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == '{')
			depth++;
		else if (!quoted && text[i] == '}' && depth > 0 && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Take {"type":"ADDED","object":{...}}.  Returns false where it is an error. */
static bool
podwatch_take_event(struct podwatch *w, const char *text, size_t len)
{
	struct json *event = json_parse(text, len), *pod;
	const char *type = json_get_text(event, "type");
	bool good = event != NULL && strcmp(type, "ERROR") != 0;

	if (good && strcmp(type, "BOOKMARK") != 0) {
		pod = json_take(event, "object");
		if (pod != NULL)
			w->hooks.seen(w->hooks.arg, pod,
			    strcmp(type, "DELETED") == 0);
	}
	json_free(event);
	return good;
}

/* Append more of the stream.  Returns 0, or -1: too much. */
static int
append(struct podwatch *w)
{
	const struct http *h = &w->call.http;
	char *buf = w->len + h->len <= EVENT_MAX
	    ? array_grow(w->buf, &w->room, w->len + h->len, 1)
	    : NULL;

	if (buf == NULL)
		return -1;
	w->buf = buf;
	memcpy(w->buf + w->len, h->data, h->len);
	w->len += h->len;
	return 0;
}

/* Take all events that are whole.  Returns false: list again. */
static bool
take_events(struct podwatch *w)
{
	size_t at = 0, n;
	bool good;

	good = append(w) == 0;
	while (good && memchr(w->buf + at, '\n', w->len - at) != NULL &&
	    (n = object_len(w->buf + at, w->len - at)) > 0) {
		good = podwatch_take_event(w, w->buf + at, n);
		at += n;
	}
	if (good) {
		w->len -= at;
		memmove(w->buf, w->buf + at, w->len);
	}
	return good;
}

/* -------------------------------------------------------------------- moves */

int
podwatch_start(struct podwatch *w)
{
	return start_list(w);
}

/* The watch is over, or was never more than a list: what now? */
static int
podwatch_end_call(struct podwatch *w)
{
	w->wake = api_again(&w->call, AGAIN);
	api_call_free(&w->call);
	w->watching = false;
	return 0;
}

int
podwatch_move(struct podwatch *w)
{
	if (!w->call.busy)
		return api_now() >= w->wake ? start_list(w) : 0;
	for (;;) {
		switch (api_move(&w->call)) {
		case API_WAIT:
			return 0;
		case API_DATA:
			if (!take_events(w))
				return podwatch_end_call(w);
			break;
		case API_OK:
			if (w->watching)
				return podwatch_end_call(w);
			if (take_list(w) < 0)
				return -1;
			break;
		case API_LOST:
			return podwatch_end_call(w);
		case API_REFUSED:
			/* 410: the list is too old to start from */
			if (w->watching &&
			    (w->call.status == 410 || w->call.status == 404))
				return podwatch_end_call(w);
			return -1;
		}
	}
}

void
podwatch_free(struct podwatch *w)
{
	api_call_free(&w->call);
	free(w->buf);
	w->buf = NULL;
}
