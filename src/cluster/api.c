/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the API server through one `kubectl proxy`, which knows how to
 * reach it and has the credentials.
 */
#include "cluster/api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/msg.h"

enum {
	PATIENCE = 20000, /* milliseconds for an answer that is not a stream */
	PAUSE = 200, /* before another try, and doubled with each */
	PAUSE_MAX = 2000,
	SETTLE = 20000, /* after an absence, until a refusal is believed */
	START = 100 /* between looks at *stop while the proxy starts */
};

int64_t
api_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
api_again(const struct api_call *c, int milliseconds)
{
	int64_t at = api_now() + milliseconds;

	return c->again > at ? c->again : at;
}

/* ------------------------------------------------------------------- proxy */

/* Make a directory that nobody else can look into.  Returns 0, or -1. */
static int
make_private(struct api *a)
{
	const char *dir = getenv("TMPDIR");
	int n;

	if (dir == NULL || *dir != '/')
		dir = "/tmp";
	n = snprintf(a->dir, sizeof a->dir, "%s/unpackctl-XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof a->dir)
		/* unix(7): a socket's path is short */
		(void)snprintf(a->dir, sizeof a->dir, "/tmp/unpackctl-XXXXXX");
	/* mkdtemp(3): mode 0700 */
	if (mkdtemp(a->dir) == NULL) {
		msg_warn(errno, "make a directory for kubectl's socket");
		a->dir[0] = '\0';
		return -1;
	}
	(void)snprintf(a->socket, sizeof a->socket, "%s/s", a->dir);
	return 0;
}

static void
remove_private(struct api *a)
{
	if (a->dir[0] == '\0')
		return;
	(void)unlink(a->socket);
	(void)rmdir(a->dir);
	a->dir[0] = '\0';
}

/* Wait for its first line, which it prints when it serves. */
static bool
await_proxy(struct api *a, const volatile sig_atomic_t *stop)
{
	struct pollfd p = {.fd = a->proxy.out, .events = POLLIN};
	char line[256];
	ssize_t n;

	while (*stop == 0) {
		if (poll(&p, 1, START) <= 0)
			continue;
		n = read(a->proxy.out, line, sizeof line);
		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
	return false;
}

int
api_open(struct api *a, const struct kubectl *k,
    const volatile sig_atomic_t *stop)
{
	char to[API_SOCKET + 16];
	const char *args[] = {"proxy", to,
	    "--accept-paths=^/api/v1/namespaces/", NULL};

	*a = (struct api){0};
	if (make_private(a) < 0)
		return -1;
	(void)snprintf(to, sizeof to, "--unix-socket=%s", a->socket);
	if (kubectl_start(k, &a->proxy, args) < 0) {
		remove_private(a);
		return -1;
	}
	if (await_proxy(a, stop))
		return 0;
	(void)tool_finish(&a->proxy, *stop != 0);
	if (*stop == 0)
		(void)kubectl_said(&a->proxy, a->away, KUBECTL_SILENT);
	tool_free(&a->proxy);
	remove_private(a);
	return -1;
}

void
api_close(struct api *a)
{
	(void)tool_finish(&a->proxy, true);
	tool_free(&a->proxy);
	remove_private(a);
}

/* ------------------------------------------------------------------- start */

const char *
api_escape_field(char *buf, const char *text)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	static const char hex[] = "0123456789ABCDEF";
	char *to = buf;

	for (; *text != '\0'; text++) {
		if (strchr(unreserved, *text) != NULL) {
			*to++ = *text;
			continue;
		}
		if (strchr("\\,=", *text) != NULL)
			to = stpcpy(to, "%5C");
		*to++ = '%';
		*to++ = hex[(unsigned char)*text >> 4];
		*to++ = hex[*text & 15];
	}
	*to = '\0';
	return buf;
}

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
	free(c->method);
	free(c->target);
	free(c->body);
	free(c->text);
	*c = (struct api_call){0};
}

/* Set the call up, to be tried at once.  Takes the target. */
static int
call_set(struct api_call *c, struct api *a, const char *method, char *target,
    const char *body)
{
	api_call_free(c);
	c->api = a;
	c->target = target;
	c->method = strdup(method);
	c->body = body != NULL ? strdup(body) : NULL;
	c->patience = PATIENCE;
	if (c->method != NULL && c->target != NULL &&
	    (body == NULL || c->body != NULL)) {
		c->busy = true;
		return 0;
	}
	free(c->method);
	free(c->target);
	free(c->body);
	*c = (struct api_call){0};
	msg_nomem();
	return -1;
}

int
api_start(struct api_call *c, struct api *a, const char *method,
    const char *body, const char *format, ...)
{
	char *target;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&target, format, ap) < 0)
		target = NULL;
	va_end(ap);
	return call_set(c, a, method, target, body);
}

int
api_start_stream(struct api_call *c, struct api *a, unsigned int patience,
    const char *format, ...)
{
	char *target;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&target, format, ap) < 0)
		target = NULL;
	va_end(ap);
	if (call_set(c, a, "GET", target, NULL) < 0)
		return -1;
	c->stream = true;
	c->patience = patience;
	return 0;
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
		c->api->settled = api_now() + SETTLE;
	c->again = api_now() + (int64_t)pause;
	close_try(c);
	c->http.retry_after = 0;
	c->tries++;
	c->len = 0;
	if (words != NULL)
		(void)snprintf(c->api->away, sizeof c->api->away, "%s", words);
	if (c->stream)
		return end_call(c, API_LOST);
	c->wake = c->again;
	return API_WAIT;
}

/* kubectl proxy has ended, and nothing can be started from here on. */
static enum api_outcome
lose_proxy(struct api_call *c)
{
	char said[KUBECTL_SAID];

	(void)kubectl_said(&c->api->proxy, said, "");
	c->http = (struct http){.fd = -1};
	c->status = 0;
	c->reason[0] = '\0';
	(void)snprintf(c->words, sizeof c->words,
	    "kubectl proxy has ended%s%.*s", said[0] != '\0' ? ": " : "",
	    KUBECTL_SAID / 2, said);
	return end_call(c, API_REFUSED);
}

static enum api_outcome
try_call(struct api_call *c)
{
	char words[256];

	if (http_open(&c->http, c->api->socket, c->method, c->target, c->body) <
	    0) {
		if (tool_has_ended(&c->api->proxy))
			return lose_proxy(c);
		(void)snprintf(words, sizeof words,
		    "kubectl proxy does not answer: %s", strerror(errno));
		c->http = (struct http){.fd = -1};
		return lose(c, words);
	}
	c->open = true;
	c->wake = c->patience > 0 ? api_now() + (int64_t)c->patience
	                          : INT64_MAX;
	return API_DATA;
}

/* Keep what came.  Returns 0, or -1: too much, or out of memory. */
static int
keep_text(struct api_call *c)
{
	size_t need = c->len + c->http.len + 1;
	char *text;

	if (need > API_TEXT_MAX)
		return -1;
	text = array_grow(c->text, &c->room, need, 1);
	if (text == NULL)
		return -1;
	c->text = text;
	memcpy(text + c->len, c->http.data, c->http.len);
	c->len += c->http.len;
	text[c->len] = '\0';
	return 0;
}

/* ----------------------------------------------------------------- answers */

struct json *
api_json(const struct api_call *c)
{
	return c->text != NULL ? json_parse(c->text, c->len) : NULL;
}

/* The words and the reason of an answer that is not a success. */
static void
take_words(struct api_call *c)
{
	struct json *status = c->http.json ? api_json(c) : NULL;
	const char *message = json_get_string(status, "message");
	char *end;

	(void)msg_mask(c->reason, sizeof c->reason,
	    json_get_text(status, "reason"));
	if (message == NULL && c->text != NULL) {
		/* the proxy, or another one on the way */
		end = strpbrk(c->text, "\r\n");
		if (end != NULL)
			*end = '\0';
		message = c->text;
	}
	(void)msg_mask(c->words, sizeof c->words,
	    message != NULL ? message : "");
	if (c->words[0] == '\0')
		(void)snprintf(c->words, sizeof c->words, "HTTP status %d",
		    c->status);
	json_free(status);
}

/* Will the server answer otherwise before long, by itself? */
static bool
is_passing(const struct api_call *c)
{
	if (is_forbidden(c))
		/* the second: admission, before it has read what it needs */
		return (!c->optional && api_now() < c->api->settled) ||
		    strstr(c->words, "not yet ready to handle request") != NULL;
	return c->status == 429 ||
	    (c->status >= 500 && (c->http.json || !is_hopeless(c->words)));
}

/* The answer is whole. */
static enum api_outcome
finish_answer(struct api_call *c)
{
	c->status = c->http.status;
	if (c->status >= 200 && c->status < 300) {
		c->api->away[0] = '\0';
		return end_call(c, API_OK);
	}
	take_words(c);
	if (is_passing(c))
		return lose(c, c->words);
	c->api->away[0] = '\0';
	return end_call(c, API_REFUSED);
}

static enum api_outcome
take_data(struct api_call *c)
{
	bool good = c->http.status >= 200 && c->http.status < 300;

	if (c->patience > 0)
		c->wake = api_now() + (int64_t)c->patience;
	if (c->stream && good) {
		c->api->away[0] = '\0';
		c->tries = 0;
		return API_DATA;
	}
	if (keep_text(c) == 0)
		return API_WAIT;
	(void)strcpy(c->words, "the answer of the API server is too long");
	return end_call(c, API_REFUSED);
}

enum api_outcome
api_move(struct api_call *c)
{
	enum api_outcome outcome = API_WAIT;

	if (!c->busy)
		return API_WAIT;
	if (!c->open) {
		if (api_now() < c->wake)
			return API_WAIT;
		outcome = try_call(c);
		if (outcome != API_DATA)
			return outcome;
	}
	for (;;) {
		switch (http_move(&c->http)) {
		case HTTP_WAIT:
			if (api_now() < c->wake)
				return API_WAIT;
			return lose(c, "the API server does not answer");
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

/* -------------------------------------------------------------------- poll */

void
api_poll_start(struct api_poll *p, int milliseconds)
{
	p->n = 0;
	p->wake = api_now() + milliseconds;
}

void
api_poll_by(struct api_poll *p, int64_t wake)
{
	if (wake < p->wake)
		p->wake = wake;
}

int
api_poll_add(struct api_poll *p, const struct api_call *c)
{
	struct pollfd *fds;

	if (!c->busy)
		return 0;
	api_poll_by(p, c->wake);
	if (!c->open)
		return 0;
	fds = array_grow(p->fds, &p->room, p->n + 1, sizeof *fds);
	if (fds == NULL) {
		msg_nomem();
		return -1;
	}
	p->fds = fds;
	p->fds[p->n++] = (struct pollfd){.fd = c->http.fd,
	    .events = http_events(&c->http)};
	return 0;
}

void
api_poll_wait(struct api_poll *p)
{
	int64_t left = p->wake - api_now();

	/* a signal ends it: EINTR */
	if (left > 0)
		(void)poll(p->fds, (nfds_t)p->n, (int)left);
}

void
api_poll_free(struct api_poll *p)
{
	free(p->fds);
	*p = (struct api_poll){0};
}
