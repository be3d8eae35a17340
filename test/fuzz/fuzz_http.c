/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server answers, in pieces of a size that the first byte gives: the
 * body is never more than came, and the end of the connection is an end.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cluster/http.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http h = {.fd = -1, .state = HTTP_STATUS};
	enum http_event event = HTTP_WAIT;
	size_t at = 1, piece, body = 0;
	int pair[2];

	if (len < 2)
		return 0;
	piece = data[0] + 1u;
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	h.fd = pair[0];
	h.buf = malloc(HTTP_BUF);
	MUST(h.buf != NULL);
	while (event == HTTP_WAIT || event == HTTP_DATA) {
		if (event == HTTP_WAIT && at < len) {
			if (piece > len - at)
				piece = len - at;
			MUST(
			    write(pair[1], data + at, piece) == (ssize_t)piece);
			at += piece;
			if (at == len)
				MUST(shutdown(pair[1], SHUT_WR) == 0);
		} else {
			/* nothing more comes, and it has been told so */
			MUST(event != HTTP_WAIT);
		}
		event = http_move(&h);
		if (event == HTTP_DATA) {
			MUST(h.len > 0 && h.status >= 100 && h.status <= 999);
			body += h.len;
			MUST(body < len);
		}
	}
	http_close(&h);
	(void)close(pair[1]);
	return 0;
}
