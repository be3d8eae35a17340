/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why there is no whole bundle in the logs: in words, and as a code.
 */
#include "log/reason.h"

#include <inttypes.h>
#include <string.h>

#include "base/msg.h"
#include "base/ranges.h"
#include "log/missing.h"

/* Tell people how to get what is missing. */
static void
reason_say_parts(const struct gather *g)
{
	char list[RANGES_TEXT];

	msg_line("fetch again in a pod of the image, and give both logs: unpack --format jsonl --parts %s",
	    missing_text(g, list));
}

/* It is another bundle than the one that is expected. */
enum wire_exit
reason_say_other(struct gather *g, const char *digest)
{
	g->why = GATHER_OTHER;
	g->again = true;
	if (g->opts.tacit)
		return WIRE_CORRUPT;
	msg_warn(0, "the bundle is %s, but %s says %s", digest,
	    g->expect[0] != '\0' ? "the termination message"
	                         : "--expect-digest",
	    g->opts.expect);
	/* of the right one: the log of another pod, or of an image before */
	reason_say_parts(g);
	return WIRE_CORRUPT;
}

/* Say that the logs are of several bundles, and which of which. */
enum wire_exit
reason_say_several(struct gather *g)
{
	const struct gather_side *a = &g->sides[0], *b = &g->sides[1];
	const struct gather_whole *w;
	size_t i;

	g->why = GATHER_SEVERAL;
	if (g->opts.tacit)
		return WIRE_CORRUPT;
	msg_warn(0,
	    "logs of more than one bundle: %s is in %s, %s in %s; give those of one bundle",
	    a->what, a->name, b->what, b->name);
	for (i = 0; i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->log != 0 && strcmp(w->said.digest, a->what) != 0 &&
		    strcmp(w->said.digest, b->what) != 0)
			msg_line("  and %s in %s", w->said.digest, w->name);
	}
	/* it may be that only the last line is damaged */
	if (g->again)
		reason_say_parts(g);
	return WIRE_CORRUPT;
}

/* Show the report of an `unpack` that failed. */
static void
reason_show_report(const struct gather *g)
{
	const char *at = g->notes.report, *end;
	char shown[MSG_NAME];

	for (; at != NULL && *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		msg_line("  %s",
		    msg_mask_mem(shown, sizeof shown, at, (size_t)(end - at)));
	}
	if (g->notes.report_more > 0)
		msg_line("  and %" PRIu64 " more lines", g->notes.report_more);
}

int
reason_say_report(struct gather *g, const char *name, const char *text,
    size_t len)
{
	struct notes_line line = {.len = 0};

	notes_add_text(&g->notes, &line, text, len, false);
	notes_end_line(&g->notes, &line, false);
	if (g->notes.report == NULL)
		return -1;
	g->why = GATHER_REPORT;
	msg_warn(0, "%s: unpack failed in the pod, and reported:", name);
	reason_show_report(g);
	return 0;
}

/* Nothing of a bundle was seen: say what was.  Returns whether it is known. */
bool
reason_say_foreign(struct gather *g)
{
	const struct notes *n = &g->notes;
	const char *logs = g->logs == 1 ? g->names[0] : "these logs";
	char shown[512];

	if (n->report != NULL) {
		g->why = GATHER_REPORT;
		msg_warn(0,
		    "no bundle in %s: unpack failed in the pod, and reported:",
		    logs);
		reason_show_report(g);
	} else if (n->kubectl[0] != '\0') {
		g->why = GATHER_KUBECTL;
		msg_warn(0, "no bundle in %s: it has an error of kubectl: %s",
		    logs, msg_mask(shown, sizeof shown, n->kubectl));
	} else if (n->texts == 0) {
		g->why = GATHER_EMPTY;
		msg_warn(0, "no bundle in %s: %s", logs,
		    n->forms & NOTES_NUL ? "nothing but NUL bytes"
		                         : "it is empty");
		msg_line(
		    "the container has written nothing, or this is the log of another container; try: kubectl logs POD -c bundle; kubectl describe pod POD shows what happened to the pod");
	} else if (n->binary != NULL) {
		g->why = GATHER_FOREIGN;
		msg_warn(0, "no bundle in %s: it is not a log, but %s", logs,
		    n->binary);
	} else if (n->other_len > 0) {
		g->why = GATHER_FOREIGN;
		msg_warn(0, "no bundle in %s: it is something else: %s", logs,
		    msg_mask_mem(shown, sizeof shown, n->other, n->other_len));
	}
	return g->why != GATHER_FINE;
}

/* Say what is missing. */
void
reason_say_missing(struct gather *g, uint64_t have)
{
	g->why = GATHER_MISSING;
	if (g->opts.tacit)
		return;
	if (g->notes.report != NULL) {
		msg_warn(0, "unpack failed in the pod, and reported:");
		reason_show_report(g);
	}
	if (g->again)
		msg_warn(0,
		    "the parts belong to another bundle, or to several bundles");
	else if (have == 0 && g->total == 0)
		msg_warn(0, "there is no whole bundle in %s",
		    g->logs == 1 ? "this log" : "these logs");
	else if (g->total == 0)
		msg_warn(0,
		    "%" PRIu64 " part%s there, the last line is missing", have,
		    have == 1 ? " is" : "s are");
	else
		msg_warn(0, "%" PRIu64 " of %" PRIu64 " parts are missing",
		    g->total - have, g->total);
	reason_say_parts(g);
}

const char *
reason_code(const struct gather *g)
{
	switch (g->why) {
	case GATHER_FINE:
		return NULL;
	case GATHER_EMPTY:
		return "LogEmpty";
	case GATHER_REPORT:
		return notes_report_reason(&g->notes);
	case GATHER_KUBECTL:
		return "KubectlError";
	case GATHER_FOREIGN:
		return "NotABundle";
	case GATHER_MISSING:
		return "PartsMissing";
	case GATHER_SEVERAL:
		return "SeveralBundles";
	case GATHER_OTHER:
		return "DigestMismatch";
	case GATHER_TOO_LARGE:
		return "BundleTooLarge";
	}
	return NULL;
}
