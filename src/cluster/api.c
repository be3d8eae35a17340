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
	SETTLE = 20000, /* after an absence, until a refusal is believed */
	LOOK = 500, /* between looks whether we are to stop, at most */
	PARTING = 4000 /* for cleaning up after a signal */
};

int64_t
api_again(const struct api_call *c, int milliseconds)
{
	int64_t at = clock_now() + milliseconds;

	return c->again > at ? c->again : at;
}

/* ------------------------------------------------------------------- proxy */

static void
remove_private(struct api *a)
{
	(void)unlink(a->socket);
	(void)rmdir(a->dir);
}

int
api_open(struct api *a, const struct kubectl *k)
{
	const char *dir = getenv("TMPDIR");
	char to[API_SOCKET + 16], line[256];
	const char *args[] = {"proxy", to,
	    "--accept-paths=^/api/v1/namespaces/", NULL};

	*a = (struct api){0};
	/* unix(7): a socket's path is short */
	if (dir == NULL || *dir != '/' ||
	    (size_t)snprintf(a->dir, sizeof a->dir, "%s/unpackctl-XXXXXX",
	        dir) >= sizeof a->dir)
		strcpy(a->dir, "/tmp/unpackctl-XXXXXX");
	/* nobody else can look into it; mkdtemp(3): mode 0700 */
	if (mkdtemp(a->dir) == NULL) {
		msg_warn(errno, "make a directory for kubectl's socket");
		return -1;
	}
	snprintf(a->socket, sizeof a->socket, "%s/s", a->dir);
	snprintf(to, sizeof to, "--unix-socket=%s", a->socket);
	if (kubectl_start(k, &a->proxy, args) < 0) {
		remove_private(a);
		return -1;
	}
	/* it prints a line when it serves */
	if (tool_read(&a->proxy, line, sizeof line) > 0)
		return 0;
	tool_finish(&a->proxy, signals_stop != 0);
	if (signals_stop == 0)
		kubectl_said(&a->proxy, a->away, KUBECTL_SILENT);
	tool_free(&a->proxy);
	remove_private(a);
	return -1;
}

void
api_close(struct api *a)
{
	tool_finish(&a->proxy, true);
	tool_free(&a->proxy);
	remove_private(a);
}

/* ------------------------------------------------------------------- start */

static void
close_try(struct api_call *c)
{
	if (c->open)
		http_close(&c->http);
	c->open = false;
}

void
api_call_free(struct api_call *c)
{
	close_try(c);
	free(c->target);
	free(c->body);
	free(c->text);
	*c = (struct api_call){0};
}

int
api_start(struct api_call *c, struct api *a, const char *method,
    const char *body, const char *format, ...)
{
	va_list ap;

	api_call_free(c);
	va_start(ap, format);
	if (vasprintf(&c->target, format, ap) < 0)
		c->target = NULL;
	va_end(ap);
	c->api = a;
	c->method = method;
	c->body = body != NULL ? strdup(body) : NULL;
	c->patience = PATIENCE;
	c->busy = c->target != NULL && (body == NULL || c->body != NULL);
	if (c->busy)
		return 0;
	api_call_free(c);
	msg_nomem();
	return -1;
}

/* -------------------------------------------------------------------- tries */

/* Words of a proxy that cannot reach the server, and never will. */
static bool
is_hopeless(const char *words)
{
	static const char *const parts[] = {"x509:", "no such host",
	    "getting credentials", "server gave HTTP response to HTTPS",
	    "unsupported protocol scheme", ":8080: connect", NULL};
	const char *const *p;

	for (p = parts; *p != NULL; p++)
		if (strstr(words, *p) != NULL)
			return true;
	return false;
}

static enum api_outcome
end_call(struct api_call *c, enum api_outcome outcome)
{
	close_try(c);
	c->busy = false;
	return outcome;
}

/* Does the answer say that we may not, or are not known? */
static bool
is_forbidden(const struct api_call *c)
{
	return c->http.status == 401 || c->http.status == 403;
}

/* This try failed: again after a pause, or back to who follows. */
static enum api_outcome
lose(struct api_call *c, const char *words)
{
	unsigned int pause = (unsigned int)PAUSE
	    << (c->tries < 4 ? c->tries : 4);

	if (pause > PAUSE_MAX)
		pause = PAUSE_MAX;
	if (c->http.retry_after > 0)
		pause = c->http.retry_after * 1000;
	if (!is_forbidden(c))
		c->api->settled = clock_now() + SETTLE;
	c->again = clock_now() + (int64_t)pause;
	/* Go's words, through the proxy, where nobody was there to talk to */
	if (words == NULL || strstr(words, "dial tcp") == NULL)
		c->reached = true;
	close_try(c);
	c->http.retry_after = 0;
	c->tries++;
	c->len = 0;
	if (words != NULL)
		snprintf(c->api->away, sizeof c->api->away, "%s", words);
	if (c->stream)
		return end_call(c, API_LOST);
	c->wake = c->again;
	return API_WAIT;
}

/* The server has no part in this: to ask again does not help. */
static enum api_outcome
lose_for_good(struct api_call *c, const char *words)
{
	c->status = 0;
	c->reason[0] = '\0';
	snprintf(c->words, sizeof c->words, "%s", words);
	return end_call(c, API_REFUSED);
}

static enum api_outcome
try_call(struct api_call *c)
{
	char words[256];

	if (http_open(&c->http, c->api->socket, c->method, c->target, c->body) <
	    0) {
		c->http = (struct http){.fd = -1};
		if (errno == ENOMEM)
			return lose_for_good(c, API_NO_MEMORY);
		/* unix(7): nobody listens there any more */
		if (errno == ECONNREFUSED || errno == ENOENT)
			return lose_for_good(c, API_PROXY_ENDED);
		snprintf(words, sizeof words,
		    "kubectl proxy does not answer: %s", strerror(errno));
		return lose(c, words);
	}
	c->open = true;
	c->wake = c->patience > 0 ? clock_now() + (int64_t)c->patience
	                          : INT64_MAX;
	return API_DATA;
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
	struct json *status = NULL;
	const char *message;
	bool passing;

	c->status = c->http.status;
	if (c->status >= 200 && c->status < 300) {
		c->api->away[0] = '\0';
		return end_call(c, API_OK);
	}
	/* its words, and the reason */
	if (c->http.json)
		status = api_json(c);
	msg_mask(c->reason, sizeof c->reason, json_get_text(status, "reason"));
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
	json_free(status);
	/* will it answer otherwise before long, by itself? */
	if (is_forbidden(c))
		/* the others: admission, before it has read what it needs, and
		 * where the server, which it asks, is about to go */
		passing = (!c->optional && clock_now() < c->api->settled) ||
		    strstr(c->words, "not yet ready to handle request") !=
		        NULL ||
		    strstr(c->words, "connect: connection refused") != NULL;
	else
		passing = c->status == 429 ||
		    (c->status >= 500 &&
		        (c->http.json || !is_hopeless(c->words)));
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

	if (!c->busy)
		return API_WAIT;
	if (!c->open) {
		if (clock_now() < c->wake)
			return API_WAIT;
		outcome = try_call(c);
		if (outcome != API_DATA)
			return outcome;
	}
	for (;;) {
		switch (http_move(&c->http)) {
		case HTTP_WAIT:
			if (clock_now() < c->wake)
				return API_WAIT;
			return lose(c, "no answer in time");
		case HTTP_DATA:
			outcome = take_data(c);
			if (outcome != API_WAIT)
				return outcome;
			break;
		case HTTP_END:
			return finish_answer(c);
		case HTTP_BROKEN:
			return lose(c,
			    c->stream ? NULL : "the connection was lost");
		}
	}
}

/* -------------------------------------------------------------------- wait */

/* Are we to stop, and is the moment for cleaning up over, too? */
static bool
is_over(struct api *a)
{
	if (signals_stop == 0)
		return false;
	if (a->end == 0)
		a->end = clock_now() + PARTING;
	return !a->parting || clock_now() >= a->end;
}

int
api_wait(struct api *a, struct api_call *const *calls, size_t n, int64_t wake)
{
	struct pollfd fds[4] = {{0}};
	char text[KUBECTL_SAID + 64];
	int64_t left;
	size_t i;

	if (is_over(a))
		return -1;
	if (a->away[0] != '\0' && !a->said_away) {
		snprintf(text, sizeof text, API_AWAY ", waiting for it: %s",
		    a->away);
		progress_say(text);
	}
	a->said_away = a->away[0] != '\0';
	for (i = 0; i < n && i < sizeof fds / sizeof *fds; i++) {
		fds[i].fd = -1;
		if (calls[i] == NULL || !calls[i]->busy)
			continue;
		if (calls[i]->wake < wake)
			wake = calls[i]->wake;
		if (calls[i]->open)
			fds[i] = (struct pollfd){.fd = calls[i]->http.fd,
			    .events = http_events(&calls[i]->http)};
	}
	left = wake - clock_now();
	if (left > LOOK)
		left = LOOK;
	/* a signal ends it: EINTR */
	if (left > 0)
		poll(fds, (nfds_t)i, (int)left);
	return is_over(a) ? -1 : 0;
}

enum api_outcome
api_finish(struct api_call *c)
{
	enum api_outcome outcome;

	while ((outcome = api_move(c)) == API_WAIT && c->busy)
		if (api_wait(c->api, &c, 1, INT64_MAX) < 0)
			return API_STOPPED;
	return outcome;
}
