/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange of HTTP/1.1 (RFC 9112) over a Unix socket: a request, and the
 * answer's body as it comes.
 */
#include "cluster/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"

#define CHUNK_MAX (UINT64_C(1) << 40) /* no server sends a larger one */

int
http_open(struct http *h, const char *path, const char *method,
    const char *target, const char *body)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char *request = NULL;
	ssize_t sent;
	int n;

	*h = (struct http){.fd = -1, .buf = malloc(HTTP_BUF)};
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	n = asprintf(&request,
	    "%s %s HTTP/1.1\r\n"
	    "Host: localhost\r\n"
	    "Connection: close\r\n"
	    "Accept: application/json, */*\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    method, target, body != NULL ? strlen(body) : 0,
	    body != NULL ? body : "");
	if (n < 0 || h->buf == NULL)
		errno = ENOMEM;
	else
		h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (h->fd < 0 ||
	    connect(h->fd, (struct sockaddr *)&to, sizeof to) < 0) {
		http_close(h);
		n = -1;
	} else {
		do
			sent = send(h->fd, request, (size_t)n, MSG_NOSIGNAL);
		while (sent < 0 && errno == EINTR);
		if (sent != n)
			h->state = HTTP_BAD;
		n = fcntl(h->fd, F_SETFL, O_NONBLOCK);
	}
	free(request);
	return n;
}

void
http_close(struct http *h)
{
	int err = errno;

	if (h->buf != NULL && h->fd >= 0)
		(void)close(h->fd);
	free(h->buf);
	h->fd = -1;
	h->buf = NULL;
	errno = err;
}

/* -------------------------------------------------------------------- lines */

/* The value of the header `name` (with its colon), or NULL: another one. */
static const char *
header_value(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0)
		return NULL;
	return line + len + strspn(line + len, " \t");
}

/* What follows a line that is not of the body. */
static enum http_state
take_line(struct http *h, const char *line)
{
	const char *value;
	char *end;
	long status;
	uint64_t n;

	switch (h->state) {
	case HTTP_STATUS:
		/* RFC 9112, 4: "HTTP/1.1 200 OK" */
		if (strncmp(line, "HTTP/1.", 7) != 0 || line[7] == '\0' ||
		    line[8] != ' ')
			return HTTP_BAD;
		status = strtol(line + 9, NULL, 10);
		h->status = (int)status;
		h->left = UINT64_MAX;
		h->chunked = false;
		return status >= 100 && status <= 999 ? HTTP_HEADER : HTTP_BAD;
	case HTTP_HEADER:
		/* RFC 9110, 15.2: an interim answer; the real one follows */
		if (*line == '\0' && h->status < 200)
			return HTTP_STATUS;
		if (*line == '\0')
			return h->chunked ? HTTP_SIZE : HTTP_BODY;
		value = header_value(line, "Transfer-Encoding:");
		if (value != NULL && strcasecmp(value, "chunked") == 0)
			h->chunked = true;
		value = header_value(line, "Retry-After:");
		if (value != NULL && number_parse(value, 0, 3600, &n) == 0)
			h->retry_after = (unsigned int)n;
		value = header_value(line, "Content-Length:");
		/* RFC 9112, 6.3: what is not a number must not be guessed */
		return value != NULL &&
		        number_parse(value, 0, INT64_MAX, &h->left) < 0
		    ? HTTP_BAD
		    : HTTP_HEADER;
	case HTTP_SIZE:
		h->left = strtoull(line, &end, 16);
		if (end == line || h->left > CHUNK_MAX)
			return HTTP_BAD;
		return h->left == 0 ? HTTP_TRAILER : HTTP_BODY;
	case HTTP_CHUNK_END:
		return *line == '\0' ? HTTP_SIZE : HTTP_BAD;
	case HTTP_TRAILER:
	case HTTP_BODY:
	case HTTP_DONE:
	case HTTP_BAD:
		break;
	}
	return *line == '\0' ? HTTP_DONE : HTTP_TRAILER;
}

/* ----------------------------------------------------------------- exchange */

/* Take what is next in buf; false: more must be read. */
static bool
take_next(struct http *h)
{
	char *line = h->buf + h->pos, *end;
	size_t n = h->end - h->pos;

	if (h->state == HTTP_BODY && h->left == 0) {
		h->state = h->chunked ? HTTP_CHUNK_END : HTTP_DONE;
	} else if (h->state == HTTP_BODY) {
		h->data = line;
		h->len = n < h->left ? n : (size_t)h->left;
		h->pos += h->len;
		h->left -= h->len;
		return h->len > 0;
	} else {
		end = memchr(line, '\n', n);
		if (end == NULL && n == HTTP_BUF)
			h->state = HTTP_BAD;
		if (end == NULL)
			return n == HTTP_BUF;
		h->pos += (size_t)(end + 1 - line);
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		h->state = take_line(h, line);
	}
	return true;
}

enum http_event
http_move(struct http *h)
{
	ssize_t n;

	for (h->len = 0; h->state < HTTP_DONE;) {
		if (take_next(h)) {
			if (h->len > 0)
				return HTTP_DATA;
			continue;
		}
		memmove(h->buf, h->buf + h->pos, h->end - h->pos);
		h->end -= h->pos;
		h->pos = 0;
		n = read(h->fd, h->buf + h->end, HTTP_BUF - h->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return HTTP_WAIT;
		if (n > 0)
			h->end += (size_t)n;
		else
			h->state = n == 0 && h->state == HTTP_BODY &&
			        h->left > INT64_MAX
			    ? HTTP_DONE
			    : HTTP_BAD;
	}
	return h->state == HTTP_DONE ? HTTP_END : HTTP_BROKEN;
}
