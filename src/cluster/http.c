/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange of HTTP/1.1 (RFC 9112) over a Unix socket: a request, and the
 * answer's body as it comes.
 */
#include "cluster/http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"

#define CHUNK_MAX (UINT64_C(1) << 40) /* no server sends a larger one */

/* ----------------------------------------------------------------- request */

/* A socket connected to the one at path.  Owned, or -1 with errno. */
static int
http_connect(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, err;

	if (strlen(path) >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* only then nonblocking: a full backlog is waited for */
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
	    fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	err = errno;
	(void)close(fd);
	errno = err;
	return -1;
}

int
http_open(struct http *h, const char *path, const char *method,
    const char *target, const char *body)
{
	int n;

	*h = (struct http){.fd = -1, .state = HTTP_SEND};
	n = asprintf(&h->request,
	    "%s %s HTTP/1.1\r\n"
	    "Host: localhost\r\n"
	    "Connection: close\r\n"
	    "Accept: application/json, */*\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    method, target, body != NULL ? strlen(body) : 0,
	    body != NULL ? body : "");
	if (n < 0) {
		h->request = NULL;
		errno = ENOMEM;
		return -1;
	}
	h->request_len = (size_t)n;
	h->buf = malloc(HTTP_BUF);
	if (h->buf != NULL)
		h->fd = http_connect(path);
	if (h->fd >= 0)
		return 0;
	n = errno;
	http_close(h);
	errno = n;
	return -1;
}

short
http_events(const struct http *h)
{
	return h->state == HTTP_SEND ? POLLOUT : POLLIN;
}

void
http_close(struct http *h)
{
	if (h->fd >= 0)
		(void)close(h->fd);
	free(h->request);
	free(h->buf);
	h->fd = -1;
	h->request = NULL;
	h->buf = NULL;
}

/* Send more of the request.  Returns false where the socket takes no more. */
static bool
http_send(struct http *h)
{
	ssize_t n = send(h->fd, h->request + h->sent, h->request_len - h->sent,
	    MSG_NOSIGNAL);

	if (n < 0)
		/* after a reset there may be an answer to read all the same */
		return errno == EPIPE || errno == ECONNRESET
		    ? (h->state = HTTP_HEAD, true)
		    : false;
	h->sent += (size_t)n;
	if (h->sent == h->request_len)
		h->state = HTTP_HEAD;
	return true;
}

/* -------------------------------------------------------------------- head */

/* The line that begins at h->pos, its end cut off; NULL: not all is here. */
static char *
take_line(struct http *h)
{
	char *line = h->buf + h->pos;
	char *end = memchr(line, '\n', h->end - h->pos);

	if (end == NULL)
		return NULL;
	h->pos = (size_t)(end + 1 - h->buf);
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

/* The value of the header `name` (with its colon), or NULL: another one. */
static const char *
header_value(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0)
		return NULL;
	return line + len + strspn(line + len, " \t");
}

static void
take_header(struct http *h, const char *line)
{
	const char *value;
	uint64_t n;

	value = header_value(line, "Content-Type:");
	if (value != NULL)
		h->json = strncasecmp(value, "application/json", 16) == 0;
	value = header_value(line, "Transfer-Encoding:");
	if (value != NULL && strcasecmp(value, "chunked") == 0)
		h->state = HTTP_SIZE;
	value = header_value(line, "Content-Length:");
	if (value != NULL && h->state == HTTP_HEAD) {
		/* RFC 9112, 6.3: what is not a number must not be guessed */
		if (number_parse(value, 0, INT64_MAX, &n) < 0)
			h->state = HTTP_BAD;
		else
			h->left = n;
		h->until_close = false;
	}
	value = header_value(line, "Retry-After:");
	if (value != NULL && number_parse(value, 0, 3600, &n) == 0)
		h->retry_after = (unsigned int)n;
}

/*
 * Take the status line (RFC 9112, 4): "HTTP/1.1 200 OK".  Returns 0, or -1 if
 * it is not one.
 */
static int
take_status(struct http *h, const char *line)
{
	static const char start[] = "HTTP/1.";
	char code[4] = "";
	uint64_t n;

	if (line == NULL || strncmp(line, start, sizeof start - 1) != 0)
		return -1;
	line += sizeof start - 1;
	if ((line[0] != '0' && line[0] != '1') || line[1] != ' ')
		return -1;
	line += 2;
	memcpy(code, line, strnlen(line, sizeof code - 1));
	if (number_parse(code, 100, 999, &n) < 0)
		return -1;
	h->status = (int)n;
	return 0;
}

/* Take the head, if all of it is here. */
static bool
take_head(struct http *h)
{
	size_t begin = h->pos;
	char *line;

	/* the lines are cut only when the empty one is here */
	if (memmem(h->buf + begin, h->end - begin, "\r\n\r\n", 4) == NULL) {
		if (h->end - begin == HTTP_BUF)
			h->state = HTTP_BAD;
		return false;
	}
	if (take_status(h, take_line(h)) < 0) {
		h->state = HTTP_BAD;
		return true;
	}
	h->until_close = true;
	while ((line = take_line(h)) != NULL && *line != '\0')
		take_header(h, line);
	if (h->state == HTTP_BAD)
		return true;
	if (h->status < 200)
		/* RFC 9110, 15.2: an interim answer; the real one follows */
		h->state = HTTP_HEAD;
	else if (h->state == HTTP_HEAD)
		h->state = HTTP_PLAIN;
	return true;
}

/* -------------------------------------------------------------------- body */

/* Give out what is here of a span of h->left bytes. */
static bool
take_span(struct http *h)
{
	size_t n = h->end - h->pos;

	if (!h->until_close && n > h->left)
		n = (size_t)h->left;
	if (n == 0)
		return false;
	h->data = h->buf + h->pos;
	h->len = n;
	h->pos += n;
	if (!h->until_close)
		h->left -= n;
	return true;
}

static bool
take_size(struct http *h)
{
	char *line = take_line(h), *end;

	if (line == NULL) {
		if (h->end - h->pos == HTTP_BUF)
			h->state = HTTP_BAD;
		return false;
	}
	h->until_close = false;
	h->left = strtoull(line, &end, 16);
	if (end == line || *line == '-' || h->left > CHUNK_MAX)
		h->state = HTTP_BAD;
	else
		h->state = h->left == 0 ? HTTP_TRAILER : HTTP_CHUNK;
	return true;
}

/* Take what is next in buf; false: more must be read. */
static bool
take_next(struct http *h)
{
	const char *line;

	switch (h->state) {
	case HTTP_SEND:
		return http_send(h);
	case HTTP_HEAD:
		return take_head(h);
	case HTTP_PLAIN:
		if (!h->until_close && h->left == 0) {
			h->state = HTTP_DONE;
			return true;
		}
		return take_span(h);
	case HTTP_SIZE:
		return take_size(h);
	case HTTP_CHUNK:
		if (h->left == 0) {
			h->state = HTTP_CHUNK_END;
			return true;
		}
		return take_span(h);
	case HTTP_CHUNK_END:
	case HTTP_TRAILER:
		line = take_line(h);
		if (line == NULL)
			return false;
		if (h->state == HTTP_CHUNK_END)
			h->state = *line == '\0' ? HTTP_SIZE : HTTP_BAD;
		else if (*line == '\0')
			h->state = HTTP_DONE;
		return true;
	case HTTP_DONE:
	case HTTP_BAD:
		break;
	}
	return true;
}

/* Read more.  Returns false where nothing is there now. */
static bool
http_read(struct http *h)
{
	ssize_t n;

	if (h->pos > 0) {
		memmove(h->buf, h->buf + h->pos, h->end - h->pos);
		h->end -= h->pos;
		h->pos = 0;
	}
	do
		n = read(h->fd, h->buf + h->end, HTTP_BUF - h->end);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		h->end += (size_t)n;
		return true;
	}
	if (n < 0 && errno == EAGAIN)
		return false;
	h->state = n == 0 && h->state == HTTP_PLAIN && h->until_close
	    ? HTTP_DONE
	    : HTTP_BAD;
	return true;
}

enum http_event
http_move(struct http *h)
{
	h->len = 0;
	for (;;) {
		if (h->state == HTTP_DONE)
			return HTTP_END;
		if (h->state == HTTP_BAD)
			return HTTP_BROKEN;
		if (take_next(h)) {
			if (h->len > 0)
				return HTTP_DATA;
		} else if (h->state == HTTP_SEND || !http_read(h)) {
			return HTTP_WAIT;
		}
	}
}
