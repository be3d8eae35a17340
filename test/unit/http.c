/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of HTTP/1.1, whole, in pieces, cut off and hostile. */
#include "cluster/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"

enum {
	BODY = 4096
};

static char path[64];
static int listener;
static struct http h;
static char body[BODY + 1];
static size_t body_len;

/* Take what is there.  What comes of it, HTTP_DATA left out. */
static enum http_event
take(void)
{
	enum http_event e;

	while ((e = http_move(&h)) == HTTP_DATA) {
		if (body_len + h.len <= BODY)
			memcpy(body + body_len, h.data, h.len);
		body_len += h.len;
	}
	body[body_len < BODY ? body_len : BODY] = '\0';
	return e;
}

/* Send a request.  Returns the server's end. */
static int
ask(void)
{
	char request[1024];
	int fd;

	body_len = 0;
	if (http_open(&h, path, "GET", "/x", NULL) < 0)
		return -1;
	fd = accept(listener, NULL, NULL);
	(void)take();
	if (read(fd, request, sizeof request) <= 0)
		(void)puts("# no request came");
	return fd;
}

/*
 * The server sends this, `piece` bytes at a time, and closes.  What comes of
 * it.
 */
static enum http_event
answer(const char *text, size_t len, size_t piece)
{
	enum http_event e = HTTP_WAIT;
	int fd = ask();
	size_t at, n;

	for (at = 0; at < len && e == HTTP_WAIT; at += n) {
		n = len - at < piece ? len - at : piece;
		if (write(fd, text + at, n) != (ssize_t)n)
			break;
		e = take();
	}
	(void)close(fd);
	if (e == HTTP_WAIT)
		e = take();
	http_close(&h);
	return e;
}

/* Does it come out so, at once and byte by byte? */
static void
comes(const char *what, const char *text, enum http_event e, const char *want)
{
	static const size_t pieces[] = {1 << 20, 1};
	bool good;
	size_t i;

	for (i = 0; i < 2; i++) {
		good = answer(text, strlen(text), pieces[i]) == e &&
		    strcmp(body, want) == 0;
		tap_ok(good, what, __FILE__, __LINE__);
		if (!good)
			printf("# body: %s\n", body);
	}
}

static void
test_whole(void)
{
	comes("a length", HEAD "Content-Length: 3\r\n\r\nabc", HTTP_END, "abc");
	comes("no more than the length", HEAD "Content-Length: 3\r\n\r\nabcdef",
	    HTTP_END, "abc");
	comes("nothing", HEAD "Content-Length: 0\r\n\r\n", HTTP_END, "");
	comes("to the end of the connection", HEAD "\r\nabc", HTTP_END, "abc");
	comes("chunks",
	    CHUNKED "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
	    HTTP_END, "abc0123456789");
	comes("chunks count, not a length beside them",
	    HEAD
	    "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
	    HTTP_END, "ab");
	comes("an interim answer before it",
	    "HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 1\r\n\r\nx",
	    HTTP_END, "x");
	comes("what is told in the head",
	    "HTTP/1.1 429 Too Many\r\nretry-after:7\r\ncontent-length: 2\r\n\r\n{}",
	    HTTP_END, "{}");
	OK(h.status == 429 && h.retry_after == 7);
	comes("a wait that nobody would wait",
	    HEAD "Retry-After: 99999999999999999999\r\n"
	         "Content-Length: 0\r\n\r\n",
	    HTTP_END, "");
	OK(h.status == 200 && h.retry_after == 0);
}

static void
test_cut(void)
{
	comes("no answer", "", HTTP_BROKEN, "");
	comes("cut in the head", "HTTP/1.1 200 OK\r\nX", HTTP_BROKEN, "");
	comes("cut in the body", HEAD "Content-Length: 9\r\n\r\nabc",
	    HTTP_BROKEN, "abc");
	comes("cut in a size", CHUNKED "3", HTTP_BROKEN, "");
	comes("cut in a chunk", CHUNKED "3\r\nab", HTTP_BROKEN, "ab");
	comes("cut after a chunk", CHUNKED "3\r\nabc\r\n", HTTP_BROKEN, "abc");
	comes("cut before the last line", CHUNKED "1\r\nx\r\n0\r\n",
	    HTTP_BROKEN, "x");
}

static void
test_hostile(void)
{
	static char large[3 * HTTP_BUF];

	comes("no HTTP", "SSH-2.0-x\r\n\r\n", HTTP_BROKEN, "");
	comes("another HTTP", "HTTP/2 200\r\n\r\n", HTTP_BROKEN, "");
	comes("no status", "HTTP/1.1 OK\r\n\r\n", HTTP_BROKEN, "");
	comes("a length that is not a number",
	    HEAD "Content-Length: -1\r\n\r\nabc", HTTP_BROKEN, "");
	comes("a length too large for a number",
	    HEAD "Content-Length: 99999999999999999999\r\n\r\nabc", HTTP_BROKEN,
	    "");
	comes("a size that is not a number", CHUNKED "x\r\nabc\r\n",
	    HTTP_BROKEN, "");
	comes("an empty size", CHUNKED "\r\nabc\r\n", HTTP_BROKEN, "");
	comes("a size below nothing", CHUNKED "-3\r\nabc\r\n", HTTP_BROKEN, "");
	comes("... after a space", CHUNKED " -3\r\nabc\r\n", HTTP_BROKEN, "");
	comes("a size too large for a number",
	    CHUNKED "fffffffffffffffffff\r\nabc\r\n", HTTP_BROKEN, "");
	comes("a chunk longer than its size", CHUNKED "2\r\nabc\r\n",
	    HTTP_BROKEN, "ab");

	memset(large, 'x', sizeof large);
	memcpy(large, HEAD, strlen(HEAD));
	OK(answer(large, sizeof large, HTTP_BUF) == HTTP_BROKEN);
	OK(body_len == 0);
	memset(large, '1', sizeof large);
	memcpy(large, CHUNKED, strlen(CHUNKED));
	OK(answer(large, sizeof large, HTTP_BUF) == HTTP_BROKEN);
	memset(large, 'x', sizeof large);
	memcpy(large, CHUNKED "0\r\n", strlen(CHUNKED "0\r\n"));
	OK(answer(large, sizeof large, HTTP_BUF) == HTTP_BROKEN);
	OK(body_len == 0);
}

int
main(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/http-XXXXXX";

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/s", dir);
	OK(http_open(&h, path, "GET", "/", NULL) < 0 && h.fd < 0);
	(void)strcpy(at.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(listener, 8) < 0)
		return 1;
	test_whole();
	test_cut();
	test_hostile();
	(void)close(listener);
	(void)unlink(path);
	(void)rmdir(dir);
	return tap_done();
}
