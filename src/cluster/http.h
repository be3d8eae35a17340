/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange of HTTP/1.1 (RFC 9112) over a Unix socket: a request, and the
 * answer's body as it comes, which is not waited for: poll h->fd for POLLIN,
 * and call http_move.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_BUF = 1 << 16 /* bytes read at once, and of a line */
};

enum http_event {
	HTTP_WAIT, /* nothing now: poll */
	HTTP_DATA, /* data[0..len) is more of the body */
	HTTP_END, /* the answer is whole */
	HTTP_BROKEN /* the connection ended before the answer did, or that is
	               not HTTP */
};

/* What is next of an answer. */
enum http_state {
	HTTP_STATUS, /* its first line */
	HTTP_HEADER, /* the other lines of its head, up to an empty one */
	HTTP_BODY, /* `left` bytes of the body, or of a chunk of it */
	HTTP_SIZE, /* the size line of a chunk */
	HTTP_CHUNK_END, /* the line end after a chunk */
	HTTP_TRAILER, /* lines after the last chunk, up to an empty one */
	HTTP_DONE,
	HTTP_BAD
};

/* Start with http_open. */
struct http {
	int fd; /* owned; -1 = closed */
	/* valid after the first HTTP_DATA, or HTTP_END */
	int status; /* the answer's; 0 = unknown yet */
	unsigned int retry_after; /* seconds; 0 = not said */

	/* valid until the next http_move */
	const char *data;
	size_t len;

	/* work */
	enum http_state state;
	bool chunked;
	uint64_t left; /* above INT64_MAX: to the end of the connection */
	size_t pos, end; /* of what is in buf */
	char *buf; /* owned; HTTP_BUF bytes */
};

/*
 * Connect to the socket at `path` and send a request; `body` is JSON (NULL:
 * none).  Returns 0, to be followed by http_close, or -1 with errno
 * (nothing to close).
 */
int http_open(struct http *h, const char *path, const char *method,
    const char *target, const char *body);

/* Go on as far as is possible now. */
enum http_event http_move(struct http *h);

void http_close(struct http *h);

#endif
