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

#include "base/clock.h"
#include "base/io.h"

enum {
	LINE = 160,
	STEP = 100 /* milliseconds from one to the next */
};

void
progress_start(struct progress *p, const char *what, bool quiet)
{
	*p = (struct progress){.what = what,
	    .on = !quiet && isatty(STDERR_FILENO) == 1};
}

void
progress_show(struct progress *p)
{
	char line[LINE], part[8] = "", entries[40] = "", parts[60] = "";
	int64_t now = p->on ? clock_now() : 0;
	int n;

	if (!p->on || now - p->shown < STEP)
		return;
	p->shown = now;
	if (p->total > 0 && p->bytes <= p->total)
		snprintf(part, sizeof part, "%d%% ",
		    (int)((double)p->bytes / (double)p->total * 100));
	if (p->entries > 0)
		snprintf(entries, sizeof entries, " %" PRIu64 " entries",
		    p->entries);
	if (p->parts_total > 0)
		snprintf(parts, sizeof parts, " %" PRIu64 "/%" PRIu64 " parts",
		    p->parts, p->parts_total);
	else if (p->parts > 0)
		snprintf(parts, sizeof parts, " %" PRIu64 " parts", p->parts);
	/* the cursor stays in the first column: a message overwrites the line
	 */
	n = snprintf(line, sizeof line, "\033[K%s %s%.1f MiB%s%s\r", p->what,
	    part, (double)p->bytes / 1048576, entries, parts);
	if (n > 0 && n < LINE)
		(void)io_write(STDERR_FILENO, line, (size_t)n);
}

void
progress_clear(struct progress *p)
{
	if (p->on && p->shown != 0)
		(void)io_write(STDERR_FILENO, "\033[K", 3);
	p->shown = 0;
}

void
progress_say(const char *format, ...)
{
	char line[2000] = "\033[K";
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + 3, sizeof line - 4, format, ap);
	va_end(ap);
	strcat(line, "\r");
	(void)io_write(STDERR_FILENO, line, strlen(line));
}
