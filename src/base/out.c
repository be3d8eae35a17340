/* SPDX-License-Identifier: Apache-2.0 */
#include "base/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/msg.h"

static char waiting[8192];
static size_t n_waiting;
static int failure; /* errno of the first one; 0: none */
static int told; /* it was reported */

/* Write the buffer. */
static void
out_drain(void)
{
	size_t n = n_waiting;

	n_waiting = 0;
	if (failure == 0 && n > 0 && io_write(OUT_FD, waiting, n) < 0)
		failure = errno;
}

void
out_write(const void *buf, size_t len)
{
	if (len > sizeof waiting - n_waiting)
		out_drain();
	if (len > sizeof waiting) {
		if (failure == 0 && io_write(OUT_FD, buf, len) < 0)
			failure = errno;
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

int
out_flush(void)
{
	out_drain();
	if (failure == 0)
		return 0;
	if (!told)
		msg_warn(failure, "standard output");
	told = 1;
	return -1;
}
