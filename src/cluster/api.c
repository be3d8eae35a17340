/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the API server through one `kubectl proxy`, which knows how to
 * reach it and has the credentials.
 */
#include "cluster/api.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/progress.h"
#include "base/signals.h"

enum {
	PATIENCE = 20000, /* milliseconds for an answer that is not a stream */
	PAUSE = 200, /* before another try, and doubled with each */
	PAUSE_MAX = 2000,
	AGAIN = 300, /* before a stream that ended begins again */
	SETTLE = 20000, /* after an absence, until a refusal is believed */
	LOOK = 500, /* between looks whether we are to stop, at most */
	PARTING = 4000 /* for cleaning up after a signal */
};

/* ------------------------------------------------------------------- proxy */

static void
remove_socket(struct api *a)
{
	(void)unlink(a->socket);
	*strrchr(a->socket, '/') = '\0';
	(void)rmdir(a->socket);
}

int
api_open(struct api *a, const struct kubectl *k)
{
	const char *dir = getenv("TMPDIR");
	char to[API_SOCKET + 16], line[256];
	const char *args[] = {"proxy", to,
	    "--accept-paths=^/api/v1/namespaces/", NULL};
	const int max = API_SOCKET - 2;

	*a = (struct api){0};
	/* unix(7): a socket's path is short */
	if (dir == NULL || *dir != '/' ||
	    snprintf(a->socket, (size_t)max, "%s/unpackctl-XXXXXX", dir) >= max)
		strcpy(a->socket, "/tmp/unpackctl-XXXXXX");
	/* nobody else can look into it; mkdtemp(3): mode 0700 */
	if (mkdtemp(a->socket) == NULL) {
		msg_warn(errno, "make a directory for kubectl's socket");
		return -1;
	}
	strcat(a->socket, "/s");
	snprintf(to, sizeof to, "--unix-socket=%s", a->socket);
	if (kubectl_start(k, &a->proxy, args) == 0) {
		/* it prints a line when it serves */
		if (tool_read(&a->proxy, line, sizeof line) > 0)
			return 0;
		tool_finish(&a->proxy, signals_stop != 0);
		if (signals_stop == 0)
			kubectl_said(&a->proxy, a->away);
		tool_free(&a->proxy);
	}
	remove_socket(a);
	return -1;
}

void
api_close(struct api *a)
{
	tool_finish(&a->proxy, true);
	tool_free(&a->proxy);
	remove_socket(a);
}

/* ------------------------------------------------------------------- calls */

void
api_call_free(struct api_call *c)
{
	http_close(&c->http);
	free(c->target);
	free(c->body);
	free(c->text);
	*c = (struct api_call){0};
}

void
api_start(struct api_call *c, struct api *a, const char *method,
    const struct json *body, const char *format, ...)
{
	char *name = NULL;
	va_list ap;

	api_call_free(c);
	*c = (struct api_call){.api = a,
	    .busy = true,
	    .method = method,
	    .patience = PATIENCE};
	va_start(ap, format);
	if (vasprintf(&name, format, ap) < 0)
		name = NULL;
	va_end(ap);
	c->body = body != NULL ? json_print(body, JSON_COMPACT) : NULL;
	if (name == NULL || (body != NULL && c->body == NULL) ||
	    asprintf(&c->target, "/api/v1/namespaces/%s/%s", a->namespace,
	        name) < 0)
		/* api_move tells */
		c->target = NULL;
	free(name);
}

static enum api_outcome
end_call(struct api_call *c, enum api_outcome outcome)
{
	http_close(&c->http);
	c->busy = false;
	c->outcome = outcome;
	c->wake = 0;
	return outcome;
}

/* Does the answer say that we may not, or are not known? */
static bool
is_forbidden(const struct api_call *c)
{
	return c->http.status == 401 || c->http.status == 403;
}

/*
 * This try failed: again after a pause, or back to who follows.  Without words:
 * the answer broke off.
 */
static enum api_outcome
lose(struct api_call *c, const char *words)
{
	unsigned int pause = c->tries < 4 ? (unsigned int)PAUSE << c->tries
	                                  : PAUSE_MAX;

	if (c->http.retry_after > 0)
		pause = c->http.retry_after * 1000;
	if (!is_forbidden(c))
		c->api->settled = clock_now() + SETTLE;
	/* Go's words, through the proxy, where nobody was there to talk to */
	if (words == NULL || strstr(words, "dial tcp") == NULL)
		c->reached = true;
	http_close(&c->http);
	c->tries++;
	c->len = 0;
	if (words != NULL)
		snprintf(c->api->away, sizeof c->api->away, "%s", words);
	if (c->stream)
		end_call(c, API_LOST);
	c->wake = clock_now() + (int64_t)pause;
	return c->outcome;
}

/* The server has no part in this: to ask again does not help. */
static enum api_outcome
lose_for_good(struct api_call *c, const char *words)
{
	c->status = 0;
	c->exists = false;
	snprintf(c->words, sizeof c->words, "%s", words);
	return end_call(c, API_REFUSED);
}

/* ----------------------------------------------------------------- answers */

struct json *
api_json(const struct api_call *c)
{
	return c->text != NULL ? json_parse(c->text, c->len) : NULL;
}

/* The answer is whole. */
static enum api_outcome
finish_answer(struct api_call *c)
{
	/* a proxy that cannot reach the server, and never will */
	static const char *const hopeless[] = {"x509:", "no such host",
	    "getting credentials", "server gave HTTP response to HTTPS",
	    "unsupported protocol scheme", ":8080: connect"};
	struct json *status;
	const char *message;
	bool passing;
	size_t i;

	c->status = c->http.status;
	if (c->status >= 200 && c->status < 300) {
		c->api->away[0] = '\0';
		return end_call(c, API_OK);
	}
	status = api_json(c);
	c->exists = strcmp(json_get_text(status, "reason"), "AlreadyExists") ==
	    0;
	message = json_get_string(status, "message");
	if (message == NULL && c->text != NULL) {
		/* the proxy, or another one on the way */
		c->text[strcspn(c->text, "\r\n")] = '\0';
		message = c->text;
	}
	msg_mask(c->words, sizeof c->words, message != NULL ? message : "");
	if (c->words[0] == '\0')
		snprintf(c->words, sizeof c->words, "HTTP status %d",
		    c->status);
	/* will this refusal pass before long, by itself? */
	passing = c->status == 429 || c->status >= 500;
	for (i = 0; status == NULL && i < sizeof hopeless / sizeof *hopeless;
	     i++)
		passing = passing && strstr(c->words, hopeless[i]) == NULL;
	if (is_forbidden(c))
		/* the others: admission, before it has read what it needs, and
		 * where the server, which it asks, is about to go */
		passing = (!c->optional && clock_now() < c->api->settled) ||
		    strstr(c->words, "not yet ready to handle request") !=
		        NULL ||
		    strstr(c->words, "connect: connection refused") != NULL;
	json_free(status);
	if (passing)
		return lose(c, c->words);
	c->api->away[0] = '\0';
	return end_call(c, API_REFUSED);
}

static enum api_outcome
take_data(struct api_call *c)
{
	size_t need = c->len + c->http.len + 1;
	char *text;

	if (c->patience > 0)
		c->wake = clock_now() + (int64_t)c->patience;
	if (c->stream && c->http.status >= 200 && c->http.status < 300) {
		c->api->away[0] = '\0';
		c->tries = 0;
		return API_DATA;
	}
	if (need > API_TEXT_MAX)
		return lose_for_good(c,
		    "the answer of the API server is too long");
	text = array_grow(c->text, &c->room, need, 1);
	if (text == NULL)
		return lose_for_good(c, API_NO_MEMORY);
	c->text = text;
	memcpy(text + c->len, c->http.data, c->http.len);
	c->len += c->http.len;
	text[c->len] = '\0';
	return API_WAIT;
}

enum api_outcome
api_move(struct api_call *c)
{
	enum api_outcome outcome = API_WAIT;
	char words[256];

	if (!c->busy || (c->http.buf == NULL && clock_now() < c->wake))
		return API_WAIT;
	if (c->target == NULL)
		return lose_for_good(c, API_NO_MEMORY);
	if (c->http.buf == NULL) {
		if (http_open(&c->http, c->api->socket, c->method, c->target,
		        c->body) < 0) {
			/* unix(7): nobody listens there any more */
			if (errno == ECONNREFUSED || errno == ENOENT)
				return lose_for_good(c, API_PROXY_ENDED);
			if (errno == ENOMEM)
				return lose_for_good(c, API_NO_MEMORY);
			snprintf(words, sizeof words,
			    "kubectl proxy does not answer: %s",
			    strerror(errno));
			return lose(c, words);
		}
		c->wake = c->patience > 0 ? clock_now() + (int64_t)c->patience
		                          : INT64_MAX;
	}
	while (outcome == API_WAIT) {
		switch (http_move(&c->http)) {
		case HTTP_WAIT:
			if (clock_now() < c->wake)
				return API_WAIT;
			return lose(c, "no answer in time");
		case HTTP_DATA:
			outcome = take_data(c);
			break;
		case HTTP_END:
			return finish_answer(c);
		case HTTP_BROKEN:
			return lose(c,
			    c->stream ? NULL : "the connection was lost");
		}
	}
	return outcome;
}

/* -------------------------------------------------------------------- waits */

void
api_again(struct api_call *c)
{
	int64_t at = clock_now() + AGAIN;

	if (c->busy)
		end_call(c, API_LOST);
	if (c->wake < at)
		c->wake = at;
}

int
api_wait(const struct api_call *a, const struct api_call *b, int64_t wake)
{
	const struct api_call *const calls[] = {a, b};
	struct pollfd fds[2] = {{.fd = -1}, {.fd = -1}};
	struct api *api = a->api;
	int64_t left;
	size_t i;

	/* are we to stop, and is the moment for cleaning up over, too? */
	if (signals_stop != 0 && api->end == 0)
		api->end = clock_now() + PARTING;
	if (signals_stop != 0 && (!api->parting || clock_now() >= api->end))
		return -1;
	if (api->away[0] != '\0' && !api->said_away)
		progress_say(API_AWAY ", waiting for it: %s", api->away);
	api->said_away = api->away[0] != '\0';
	for (i = 0; i < 2 && calls[i] != NULL; i++) {
		if (calls[i]->wake > 0 && calls[i]->wake < wake)
			wake = calls[i]->wake;
		if (calls[i]->http.buf != NULL)
			fds[i] = (struct pollfd){.fd = calls[i]->http.fd,
			    .events = POLLIN};
	}
	left = wake - clock_now();
	if (left > LOOK)
		left = LOOK;
	/* a signal ends it: EINTR */
	if (left > 0)
		poll(fds, 2, (int)left);
	return 0;
}

enum api_outcome
api_finish(struct api_call *c)
{
	while (c->busy && api_move(c) == API_WAIT)
		if (api_wait(c, NULL, INT64_MAX) < 0)
			return API_STOPPED;
	return c->outcome;
}
