/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output: the only module that writes to it.  Only a stream of unpack,
 * or a tar, goes to OUT_FD by io_write.
 */
#include "base/out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/msg.h"

enum {
	OUT_PATIENCE = 1000 /* milliseconds to wait, when we are to stop */
};

static char waiting[8192];
static size_t n_waiting;
static int failure; /* errno of the first one; 0: none */
static bool told; /* it was reported */
static bool expects_head; /* EPIPE is none to report */

/*
 * Write buf[0..len) for good; where we were told to stop, what a reader takes
 * without making us wait for longer than a moment.
 */
static void
out_send(const char *buf, size_t len)
{
	struct pollfd p = {.fd = OUT_FD, .events = POLLOUT};
	size_t done = 0;
	bool again = true;
	ssize_t n;
	int ready;

	if (failure == 0 && !io_stopped())
		done = io_write_most(OUT_FD, buf, len);
	if (done < len && failure == 0 && !io_stopped())
		failure = errno;
	while (done < len && failure == 0) {
		ready = poll(&p, 1, OUT_PATIENCE);
		/* SIGALRM comes each second: base/signals.h */
		if (ready < 0 && errno == EINTR && again) {
			again = false;
			continue;
		}
		if (ready <= 0) {
			failure = EINTR;
			return;
		}
		again = true;
		/* a pipe that is ready takes as much as this at once: pipe(7)
		 */
		n = write(OUT_FD, buf + done,
		    len - done < PIPE_BUF ? len - done : PIPE_BUF);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			failure = errno;
		done += n > 0 ? (size_t)n : 0;
	}
}

/* Write the buffer. */
static void
out_drain(void)
{
	size_t n = n_waiting;

	n_waiting = 0;
	out_send(waiting, n);
}

void
out_write(const void *buf, size_t len)
{
	if (len > sizeof waiting - n_waiting)
		out_drain();
	if (len > sizeof waiting) {
		out_send(buf, len);
		return;
	}
	memcpy(waiting + n_waiting, buf, len);
	n_waiting += len;
}

void
out_text(const char *text)
{
	out_write(text, strlen(text));
}

void
out_line(const char *text)
{
	out_text(text);
	out_write("\n", 1);
}

void
out_printf(const char *format, ...)
{
	char line[1024], *longer;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof line) {
		out_write(line, (size_t)n);
		return;
	}
	va_start(ap, format);
	n = vasprintf(&longer, format, ap);
	va_end(ap);
	if (n < 0) {
		failure = failure != 0 ? failure : ENOMEM;
		return;
	}
	out_write(longer, (size_t)n);
	free(longer);
}

void
out_expect_head(void)
{
	expects_head = true;
}

int
out_flush(void)
{
	out_drain();
	if (failure == 0)
		return 0;
	if (!told && !(failure == EPIPE && expects_head))
		msg_warn(failure, "standard output");
	told = true;
	return -1;
}
