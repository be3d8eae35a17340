/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress of the work, on one line of a terminal.
 */
#include "base/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

enum {
	LINE = 120,
	BAR = 20
};

void
progress_start(struct progress *p, const char *what, bool quiet)
{
	memset(p, 0, sizeof *p);
	p->what = what;
	p->on = !quiet && isatty(STDERR_FILENO) == 1;
	if (p->on)
		(void)clock_gettime(CLOCK_MONOTONIC, &p->begin);
}

static double
seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	    (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

/* Append to line; what does not fit is cut. */
static void __attribute__((format(printf, 3, 4)))
progress_append(char line[static LINE], size_t *len, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line + *len, LINE - *len, format, ap);
	va_end(ap);
	if (n > 0)
		*len += (size_t)n;
	if (*len > LINE - 1)
		*len = LINE - 1;
}

static void
add_bar(const struct progress *p, char line[static LINE], size_t *len)
{
	double part = (double)p->bytes / (double)p->total;
	int full;

	part = part > 1 ? 1 : part;
	full = (int)(part * BAR);
	progress_append(line, len, "[%.*s%*s] %3d%% ", full,
	    "####################", BAR - full, "", (int)(part * 100));
}

void
progress_show(struct progress *p)
{
	char line[LINE];
	struct timespec now;
	double age;
	size_t len = 0;

	if (!p->on)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds(&p->shown, &now) < 0.1)
		return;
	p->shown = now;
	age = seconds(&p->begin, &now);
	/* the cursor stays in the first column: a message overwrites the line
	 */
	progress_append(line, &len, "\033[K%s ", p->what);
	if (p->total > 0)
		add_bar(p, line, &len);
	progress_append(line, &len, "%.1f MiB", (double)p->bytes / 1048576);
	if (age > 0.2)
		progress_append(line, &len, " %.1f MiB/s",
		    (double)p->bytes / 1048576 / age);
	if (p->entries > 0)
		progress_append(line, &len, " %" PRIu64 " entries", p->entries);
	if (p->parts_total > 0)
		progress_append(line, &len, " %" PRIu64 "/%" PRIu64 " parts",
		    p->parts, p->parts_total);
	else if (p->parts > 0)
		progress_append(line, &len, " %" PRIu64 " parts", p->parts);
	progress_append(line, &len, "\r");
	(void)io_write(STDERR_FILENO, line, len);
}

void
progress_clear(struct progress *p)
{
	if (p->on && (p->shown.tv_sec != 0 || p->shown.tv_nsec != 0))
		(void)io_write(STDERR_FILENO, "\033[K", 3);
	p->shown = (struct timespec){0};
}

void
progress_say(const char *text)
{
	char line[LINE * 16];
	int n = snprintf(line, sizeof line - 1, "\033[K%s", text);

	if (n > (int)sizeof line - 2)
		n = (int)sizeof line - 2;
	line[n++] = '\r';
	(void)io_write(STDERR_FILENO, line, (size_t)n);
}
