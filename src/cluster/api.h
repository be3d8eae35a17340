/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the API server through one `kubectl proxy`, which knows how to
 * reach it and has the credentials.
 *
 * A server that is away (it restarts, refuses, hangs, is overloaded: 429 and
 * 5xx) is asked again until it answers, or we are told to stop.  A server that
 * has just come back may answer 401 or 403 for a moment, until it has read its
 * permissions: it is asked again, too.
 */
#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "cluster/http.h"
#include "cluster/kubectl.h"

enum {
	API_TEXT_MAX = 64 << 20, /* bytes of one answer */
	API_SOCKET = 104 /* bytes of a socket's path: unix(7) */
};

/* Words of a failure. */
#define API_PROXY_ENDED "kubectl proxy has ended"
/* Likewise; who has memory can try again. */
#define API_NO_MEMORY "out of memory"
/* How a line begins that is about the server, and not about one pod. */
#define API_AWAY "the API server does not answer"

/* Start with api_open; a child has a copy. */
struct api {
	struct tool proxy;
	const char *namespace; /* borrowed; set before the first call */
	char socket[API_SOCKET]; /* in a directory that is private to us */
	char away[KUBECTL_SAID]; /* why it does not answer, masked; "" = it
	                            does, as far as known */
	bool said_away;
	int64_t settled; /* clock_now() when it is over its last absence: until
	                    then it may forbid what it will allow */
	bool parting; /* we have been told to stop, and still clean up */
	int64_t end; /* then: until this clock_now(); 0: no signal came yet */
};

enum api_outcome {
	API_WAIT, /* nothing yet */
	API_DATA, /* of a stream: call->http.data and len are more of it */
	API_OK, /* done; call->text is what came, if it is not a stream */
	API_LOST, /* of a stream: it broke off, or the server is away */
	API_REFUSED, /* the server said no: status, exists, words; status 0:
	                not the server, but we: API_PROXY_ENDED,
	                API_NO_MEMORY, or an answer that is too long */
	API_STOPPED /* api_finish: we were told to stop; the call is still on
	               its way, and may be finished later */
};

/* {0} to start with; api_call_free frees what it holds. */
struct api_call {
	struct api *api; /* borrowed */
	bool busy; /* between api_start and its outcome */
	enum api_outcome outcome; /* then; API_WAIT until then */
	const char *method; /* borrowed; a literal */
	char *target, *body; /* owned; NULL: none, or out of memory */
	struct http http; /* open where it has a buf */
	int64_t wake; /* clock_now() when to try again, or to give this try up;
	                 of a call that is not busy: when it may begin again,
	                 if it is to */
	unsigned int tries; /* without an answer */
	bool reached; /* one of these may have come to the server */

	/* to be set after api_start */
	bool stream; /* the answer comes bit by bit */
	bool optional; /* a refusal is not a failure, and is believed at any
	                  time */
	unsigned int patience; /* milliseconds of silence; 0 = any */

	/* the answer */
	int status;
	bool exists; /* it was refused as AlreadyExists */
	char words[KUBECTL_SAID]; /* masked */
	char *text; /* owned; NUL-terminated, may be NULL */
	size_t len, room;
};

/*
 * Start the proxy, and wait until it serves, or we are told to stop.  Returns
 * 0, to be followed by api_close, or -1 with a->away telling why ("" where that
 * was reported, or it was stopped).
 */
int api_open(struct api *a, const struct kubectl *k);
void api_close(struct api *a);

/*
 * Begin a call; the format makes the target, below the namespace; body is
 * borrowed, or NULL.  A call under way is given up.
 */
void api_start(struct api_call *c, struct api *a, const char *method,
    const struct json *body, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Go on.  Until API_WAIT is returned there may be more; after an outcome other
 * than these first two the call is no longer busy.
 */
enum api_outcome api_move(struct api_call *c);

/*
 * Set c->wake of a stream, which ends if it has not: it is to begin again after
 * a moment, or later, if it was lost and the server asked for that.
 */
void api_again(struct api_call *c);

/*
 * Wait until one of the calls can go on; b may be NULL; or until `wake`
 * (clock_now()).  Says once that the server is away.  Returns 0, or -1: we are
 * told to stop, and the moment to clean up is over, too.
 */
int api_wait(const struct api_call *a, const struct api_call *b, int64_t wake);

/* Wait for the end of a call that is not a stream: its outcome. */
enum api_outcome api_finish(struct api_call *c);

/* The answer as JSON, owned by the caller; NULL: it is not JSON. */
struct json *api_json(const struct api_call *c);

void api_call_free(struct api_call *c);

#endif
