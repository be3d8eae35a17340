/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle out of any number of logs: verified pieces are kept in an unlinked
 * file until they make a whole; what is missing has a name.
 */
#include "log/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/tempfile.h"
#include "log/form.h"

enum {
	PART_MIN = 4096 /* bytes of tar we expect in a part, at the least */
};

/*
 * gzip makes data that it cannot compress larger by five bytes for each
 * stored block (RFC 1951, 3.2.4) and a header for each member: 1/64 is ample.
 */
static uint64_t
file_max(const struct gather *g)
{
	uint64_t max = g->opts.max_size;

	return max + max / 64 + WIRE_SLICE;
}

int
gather_open(struct gather *g, const struct gather_opts *opts)
{
	memset(g, 0, sizeof *g);
	g->opts = *opts;
	g->decode = malloc(sizeof *g->decode);
	if (g->decode == NULL) {
		msg_nomem();
		return -1;
	}
	g->fd = tempfile_unnamed(opts->dir);
	if (g->fd >= 0)
		return 0;
	free(g->decode);
	return -1;
}

void
gather_close(struct gather *g)
{
	notes_free(&g->notes);
	free(g->names);
	free(g->parts);
	free(g->decode);
	(void)close(g->fd);
}

/* ------------------------------------------------------------------ pieces */

/* The temporary file cannot be written.  Returns -1. */
static int
gather_no_room(const struct gather *g, int err)
{
	char shown[MSG_NAME];

	progress_clear(g->opts.progress);
	msg_warn(err, "%s: a temporary file, at %" PRIu64 " bytes",
	    msg_mask(shown, sizeof shown, g->opts.dir), g->end + g->under_way);
	msg_line(
	    "it needs as much room as the bundle has when compressed; the environment's TMPDIR names a directory elsewhere");
	return -1;
}

/* Keep data[0..len) of the piece under way.  Returns 0, or -1 (reported). */
static int
keep_data(struct gather *g, const unsigned char *data, size_t len)
{
	off_t at = (off_t)(g->end + g->under_way);
	ssize_t n;

	if (g->under_way == 0)
		g->gzip = len >= 3 && memcmp(data, "\x1f\x8b\x08", 3) == 0;
	if (g->under_way + len > file_max(g))
		g->over = true;
	if (g->over)
		return 0;
	g->under_way += len;
	for (; len > 0; len -= (size_t)n, data += n, at += n) {
		n = pwrite(g->fd, data, len, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0) {
			return gather_no_room(g, errno);
		}
	}
	return 0;
}

/* Make room for part number n.  Returns 0, or -1 (reported). */
static int
grow_parts(struct gather *g, size_t n)
{
	struct gather_part *parts;

	parts = array_grow(g->parts, &g->parts_room, n + 1, sizeof *parts);
	if (parts == NULL) {
		msg_nomem();
		return -1;
	}
	g->parts = parts;
	return 0;
}

/* A part of this log is not what it was in log number `other`. */
static void
gather_note_conflict(struct gather *g, uint64_t other)
{
	if (g->conflict)
		return;
	g->conflict = true;
	memcpy(g->conflict_names[0], g->names[other - 1], GATHER_NAME);
	memcpy(g->conflict_names[1], g->names[g->logs - 1], GATHER_NAME);
}

/*
 * What is under way is a verified part: keep it.  Returns 0, or -1 (reported).
 */
static int
keep_part(struct gather *g, const struct decode_piece *p)
{
	struct gather_part *part;

	if (p->part >= file_max(g) / PART_MIN)
		g->over = true;
	/* no gzip member is empty: that would be no part */
	if (g->over || p->size == 0)
		return 0;
	if (grow_parts(g, (size_t)p->part) < 0)
		return -1;
	part = &g->parts[p->part];
	g->found++;
	if (part->size != 0 && strcmp(part->digest, p->digest) != 0) {
		gather_note_conflict(g, part->log);
		return 0;
	}
	if (part->size != 0) {
		g->repeated++;
		return 0;
	}
	part->at = g->end;
	part->size = p->size;
	part->log = g->logs;
	memcpy(part->digest, p->digest, sizeof part->digest);
	g->end += p->size;
	if (g->end > file_max(g))
		g->over = true;
	if (g->n_parts <= p->part)
		g->n_parts = (size_t)p->part + 1;
	g->opts.progress->parts++;
	return 0;
}

/* Keep a description of a bundle.  Returns whether it is a new one. */
static bool
keep_whole(struct gather *g, const struct decode_piece *p,
    enum gather_format format, bool sure)
{
	struct gather_whole *w;
	size_t i;

	for (i = 0; i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->format == format && w->said.parts == p->parts &&
		    w->said.size == p->size && w->said.entries == p->entries &&
		    strcmp(w->said.digest, p->digest) == 0)
			return false;
	}
	if (g->n_wholes == GATHER_WHOLES)
		return true;
	w = &g->wholes[g->n_wholes++];
	w->said = *p;
	w->format = format;
	w->sure = sure;
	w->log = g->logs;
	if (g->logs > 0)
		memcpy(w->name, g->names[g->logs - 1], sizeof w->name);
	return true;
}

/* What is under way is a log's only content: keep it if it is the best. */
static void
keep_line(struct gather *g, const struct decode_piece *p,
    enum gather_format format, bool verified)
{
	size_t n;

	g->found++;
	if (g->under_way != p->size)
		return; /* too large */
	n = g->n_wholes;
	if (!keep_whole(g, p, format, true))
		g->repeated++;
	if (g->n_wholes > n)
		g->wholes[n].bare = !verified;
	if (g->opts.expect != NULL)
		verified = strcmp(g->opts.expect, p->digest) == 0;
	if (g->format != GATHER_NOTHING && (g->verified || !verified))
		return;
	g->line.at = g->end;
	g->line.size = p->size;
	g->said = *p;
	g->format = format;
	g->verified = verified;
	g->end += p->size;
}

/* Keep a description of all parts. */
static void
keep_trailer(struct gather *g, const struct decode_piece *p)
{
	g->found++;
	if (p->parts > file_max(g) / PART_MIN || p->size > file_max(g))
		g->over = true;
	else
		(void)keep_whole(g, p, GATHER_JSONL, false);
	if (p->parts > g->opts.progress->parts_total)
		g->opts.progress->parts_total = p->parts;
}

/* Deal with one event other than DECODE_MORE.  Returns 0, or -1 (reported) */
static int
gather_take_event(struct gather *g, enum decode_event event)
{
	const struct decode_piece *p = &g->decode->piece;
	int status = 0;

	switch (event) {
	case DECODE_DATA:
		return keep_data(g, g->decode->data, g->decode->data_len);
	case DECODE_PART:
		status = keep_part(g, p);
		break;
	case DECODE_WHOLE:
		keep_line(g, p, GATHER_JSON, true);
		break;
	case DECODE_PLAIN:
		/* any program may log an object with a "content" */
		if (g->gzip)
			keep_line(g, p, GATHER_JSON, false);
		else
			g->foreign++;
		break;
	case DECODE_GZIP:
		keep_line(g, p, GATHER_GZIP, false);
		break;
	case DECODE_TAR:
		keep_line(g, p, GATHER_TAR, false);
		break;
	case DECODE_TRAILER:
		keep_trailer(g, p);
		return 0;
	case DECODE_NONE:
	case DECODE_MORE:
	case DECODE_BAD:
	case DECODE_END:
		break;
	}
	g->under_way = 0;
	return status;
}

/* -------------------------------------------------------------------- logs */

/* The next bytes of the log's file: an io_pull with a struct gather. */
static ssize_t
gather_pull_log(void *arg, const void **data)
{
	struct gather *g = arg;
	ssize_t n;

	do {
		if (g->opts.stop != NULL && *g->opts.stop != 0)
			return -1;
		n = read(g->log_fd, g->raw, sizeof g->raw);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		progress_clear(g->opts.progress);
		msg_warn(errno, "%s", g->log_name);
		return -1;
	}
	g->opts.progress->bytes += (uint64_t)n;
	progress_show(g->opts.progress);
	*data = g->raw;
	return n;
}

/* Say what was odd about the text that has been read. */
static void
remark(struct gather *g, const char *name)
{
	uint64_t foreign = g->decode->foreign, damaged = g->decode->damaged;

	g->foreign += foreign;
	g->damaged += damaged;
	/* where there is nothing else, the verdict says what there is */
	if (g->opts.tacit || (damaged == 0 && g->found == 0))
		return;
	if (foreign > 0 || damaged > 0)
		progress_clear(g->opts.progress);
	if (foreign > 0)
		msg_warn(0, "%s: %" PRIu64 " line%s not of the stream", name,
		    foreign, foreign == 1 ? " is" : "s are");
	if (damaged > 0)
		msg_warn(0, "%s: %" PRIu64 " corrupt line%s of the stream",
		    name, damaged, damaged == 1 ? "" : "s");
}

/*
 * Take all events of the text, which `form` gives; NULL: it is at its end.
 * Returns 0, or -1 (reported).
 */
static int
gather_take_text(struct gather *g, struct form *form)
{
	enum decode_event event;
	size_t room;
	ssize_t n = 0;
	char *to;

	do {
		event = decode_next(g->decode);
		if (event != DECODE_MORE) {
			if (gather_take_event(g, event) < 0)
				return -1;
			continue;
		}
		to = decode_room(g->decode, &room);
		if (form != NULL)
			n = form_read(form, to, room);
		if (n < 0)
			return -1;
		g->open = form != NULL && n == 0 && form_is_cut(form);
		if (g->open)
			return 0;
		decode_fed(g->decode, (size_t)n);
	} while (event != DECODE_END);
	remark(g, g->names[g->logs - 1]);
	return 0;
}

/* A line that was to go on does not.  Returns 0, or -1 (reported). */
static int
gather_end_text(struct gather *g)
{
	if (!g->open)
		return 0;
	g->open = false;
	decode_fed(g->decode, 0);
	return gather_take_text(g, NULL);
}

/* Begin with the text of a log.  Returns 0, or -1 (reported). */
static int
gather_begin_text(struct gather *g, struct form *form)
{
	int goes_on = g->open ? form_continues(form) : 0;

	if (goes_on != 0) {
		g->open = false;
		return goes_on < 0 ? -1 : 0;
	}
	if (gather_end_text(g) < 0)
		return -1;
	g->under_way = 0;
	g->found = 0;
	decode_start(g->decode);
	return 0;
}

/* A further log, of that name.  Returns 0, or -1 (reported). */
static int
gather_add_name(struct gather *g, const char *name)
{
	char(*names)[GATHER_NAME];

	names = realloc(g->names, (size_t)(g->logs + 1) * sizeof *names);
	if (names == NULL) {
		msg_nomem();
		return -1;
	}
	(void)msg_mask(names[g->logs], GATHER_NAME, name);
	g->names = names;
	return 0;
}

int
gather_log(struct gather *g, int fd, const char *name)
{
	struct form *form;
	int ret = -1;

	g->log_fd = fd;
	g->log_name = name;
	form = form_open(gather_pull_log, g, &g->notes);
	if (form == NULL)
		return -1;
	if (gather_begin_text(g, form) == 0 && gather_add_name(g, name) == 0) {
		g->logs++;
		ret = gather_take_text(g, form);
	}
	form_close(form);
	return ret;
}

int
gather_witness(struct gather *g, const char *text, size_t len)
{
	struct decode_piece p;
	size_t n;

	if (decode_whole(text, len, &p) < 0)
		return -1;
	g->witness = p;
	if (g->opts.expect == NULL) {
		memcpy(g->expect, p.digest, sizeof g->expect);
		g->opts.expect = g->expect;
	}
	n = g->n_wholes;
	if (p.parts > 0)
		(void)keep_whole(g, &p, GATHER_JSONL, false);
	if (g->n_wholes > n)
		g->wholes[n].log = 0;
	g->entries = p.entries;
	return 0;
}

/* ----------------------------------------------------------------- verdict */

/* Are all parts there that w counts?  Stores what they make up. */
static bool
is_complete(const struct gather *g, const struct decode_piece *w,
    uint64_t *size)
{
	size_t i;

	if (w->parts == 0 || w->parts > g->n_parts)
		return false;
	for (*size = 0, i = 0; i < w->parts; i++) {
		if (g->parts[i].size == 0)
			return false;
		*size += g->parts[i].size;
	}
	return true;
}

/* Read through what g->format says.  Returns 1 where its digest is `digest`,
 * 0 where it is another, or -1 (reported). */
static int
has_digest(struct gather *g, const char *digest)
{
	char text[DIGEST_TEXT];
	struct digest sum;
	const void *data;
	ssize_t n;

	digest_init(&sum);
	gather_rewind(g);
	while ((n = gather_pull(g, &data)) > 0)
		digest_add(&sum, data, (size_t)n);
	if (n < 0)
		return -1;
	digest_text(&sum, text);
	gather_rewind(g);
	return strcmp(text, digest) == 0;
}

/* Are the parts what w describes?  Returns 1, 0, or -1 (reported). */
static int
try_parts(struct gather *g, const struct decode_piece *w)
{
	const char *expect = g->opts.expect;
	uint64_t size;
	int status;

	if (!is_complete(g, w, &size))
		return 0;
	g->again = true;
	if (size != w->size ||
	    (expect != NULL && strcmp(expect, w->digest) != 0))
		return 0;
	g->format = GATHER_JSONL;
	g->total = w->parts;
	status = has_digest(g, w->digest);
	if (status > 0) {
		g->whole = *w;
		g->verified = true;
		g->again = false;
	}
	return status;
}

/* Find a description that the parts fit.  Returns 1, 0, or -1 (reported). */
static int
judge_parts(struct gather *g)
{
	struct decode_piece guess = {0};
	size_t i, trailers = 0;
	int status = 0;

	for (i = 0; i < g->n_wholes && status == 0; i++) {
		trailers += g->wholes[i].format == GATHER_JSONL;
		if (g->wholes[i].format == GATHER_JSONL)
			status = try_parts(g, &g->wholes[i].said);
	}
	if (status != 0 || g->opts.expect == NULL || trailers > 0)
		return status;
	/* the last line is lost, but the digest of the whole is known */
	guess.parts = g->n_parts;
	guess.entries = g->entries;
	for (i = 0; i < g->n_parts; i++)
		guess.size += g->parts[i].size;
	memcpy(guess.digest, g->opts.expect, sizeof guess.digest);
	status = try_parts(g, &guess);
	if (status == 0)
		g->again = false;
	return status;
}

/* Tell people how to get what is missing. */
static void
say_missing(const struct gather *g)
{
	char list[RANGES_TEXT];

	msg_line("fetch again: unpack --format jsonl --parts %s",
	    gather_missing_text(g, list));
}

/* It is another bundle than the one that is expected. */
static enum wire_exit
gather_say_other(struct gather *g, const char *digest)
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
	say_missing(g);
	return WIRE_CORRUPT;
}

static enum wire_exit
judge_line(struct gather *g)
{
	const char *expect = g->opts.expect;

	g->whole = g->said;
	if (g->whole.entries == 0)
		g->whole.entries = g->entries;
	if (expect == NULL || strcmp(expect, g->said.digest) == 0) {
		gather_rewind(g);
		return WIRE_OK;
	}
	return gather_say_other(g, g->said.digest);
}

/*
 * Are these of two bundles?  One that is not sure to be true may have been
 * corrupt, but hardly in two places.
 */
static bool
gather_differ(const struct gather_whole *a, const struct gather_whole *b)
{
	const struct decode_piece *x = &a->said, *y = &b->said;
	int n;

	if (strcmp(x->digest, y->digest) == 0 || a->bare != b->bare)
		return false;
	if (a->bare)
		return a->format == b->format;
	if (a->sure && b->sure)
		return true;
	n = x->size != y->size;
	n += x->entries != 0 && y->entries != 0 && x->entries != y->entries;
	n += x->parts != 0 && y->parts != 0 && x->parts != y->parts;
	return n > 0;
}

/* Two descriptions that are not of one bundle. */
struct gather_pair {
	const struct gather_whole *a, *b; /* NULL: there are no two */
};

static struct gather_pair
gather_find_pair(const struct gather *g)
{
	const struct gather_whole *a, *b;
	size_t i, k;

	for (i = 0; i < g->n_wholes; i++)
		for (k = i + 1; k < g->n_wholes; k++) {
			a = &g->wholes[i];
			b = &g->wholes[k];
			if (gather_differ(a, b) ||
			    (g->conflict && a->bare == b->bare &&
			        strcmp(a->said.digest, b->said.digest) != 0))
				return (struct gather_pair){a, b};
		}
	return (struct gather_pair){NULL, NULL};
}

/*
 * Where there are several descriptions, see which of them the parts agree with:
 * these are true.  Returns 0, or -1 (reported).
 */
static int
gather_confirm(struct gather *g)
{
	enum gather_format format = g->format;
	struct gather_whole *w;
	uint64_t size, total = g->total;
	int same;
	size_t i;

	for (i = 0; g->n_wholes > 1 && i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->sure || w->format != GATHER_JSONL ||
		    !is_complete(g, &w->said, &size) || size != w->said.size)
			continue;
		g->format = GATHER_JSONL;
		g->total = w->said.parts;
		same = has_digest(g, w->said.digest);
		g->format = format;
		g->total = total;
		if (same < 0)
			return -1;
		w->sure = same > 0;
	}
	return 0;
}

/* Say that the logs are of several bundles, and which of which. */
static enum wire_exit
gather_say_several(struct gather *g, const struct gather_pair *two)
{
	const struct gather_whole *w;
	size_t i;

	g->why = GATHER_SEVERAL;
	if (g->opts.tacit)
		return WIRE_CORRUPT;
	if (two->a == NULL) {
		msg_warn(0,
		    "%s and %s are logs of different bundles: they have different parts of one number",
		    g->conflict_names[0], g->conflict_names[1]);
	} else {
		msg_warn(0,
		    "these are logs of different bundles: %s is in %s, %s in %s",
		    two->a->said.digest, two->a->name, two->b->said.digest,
		    two->b->name);
		for (i = 0; i < g->n_wholes; i++) {
			w = &g->wholes[i];
			if (w != two->b && gather_differ(two->a, w))
				msg_line("  and %s in %s", w->said.digest,
				    w->name);
		}
	}
	msg_line(
	    "give the logs of one bundle only, or say with --expect-digest which one it is to be");
	return WIRE_CORRUPT;
}

/* Show the report of an `unpack` that failed. */
static void
gather_show_report(const struct gather *g)
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
gather_say_report(struct gather *g, const char *name, const char *text,
    size_t len)
{
	struct notes_line line = {.len = 0};

	notes_add_text(&g->notes, &line, text, len, false);
	notes_end_line(&g->notes, &line, false);
	if (g->notes.report == NULL)
		return -1;
	g->why = GATHER_REPORT;
	msg_warn(0, "%s: unpack has failed in the pod and says:", name);
	gather_show_report(g);
	return 0;
}

/* Nothing of a bundle was seen: say what was.  Returns whether it is known. */
static bool
gather_say_foreign(struct gather *g)
{
	const struct notes *n = &g->notes;
	const char *logs = g->logs == 1 ? g->names[0] : "these logs";
	char shown[512];

	if (n->report != NULL) {
		g->why = GATHER_REPORT;
		msg_warn(0,
		    "no bundle in %s: unpack has failed in the pod and says:",
		    logs);
		gather_show_report(g);
	} else if (n->kubectl[0] != '\0') {
		g->why = GATHER_KUBECTL;
		msg_warn(0, "no bundle in %s: it is an error of kubectl: %s",
		    logs, msg_mask(shown, sizeof shown, n->kubectl));
	} else if (n->texts == 0) {
		g->why = GATHER_EMPTY;
		msg_warn(0, "no bundle in %s: %s", logs,
		    n->forms & NOTES_NUL ? "nothing but NUL bytes"
		                         : "it is empty");
		msg_line(
		    "the container has written nothing, or this is the log of another one: kubectl logs POD -c bundle; kubectl describe pod POD tells what became of it");
	} else if (n->binary != NULL) {
		g->why = GATHER_FOREIGN;
		msg_warn(0, "no bundle in %s: it is no log but %s", logs,
		    n->binary);
	} else if (n->other_len > 0) {
		g->why = GATHER_FOREIGN;
		msg_warn(0, "no bundle in %s: it is something else: %s", logs,
		    msg_mask_mem(shown, sizeof shown, n->other, n->other_len));
	}
	return g->why != GATHER_FINE;
}

/* Say what is missing. */
static void
gather_say_missing(struct gather *g, uint64_t have)
{
	g->why = GATHER_MISSING;
	if (g->opts.tacit)
		return;
	if (g->notes.report != NULL) {
		msg_warn(0, "unpack has failed in the pod and says:");
		gather_show_report(g);
	}
	if (g->again || g->conflict)
		msg_warn(0, "the parts are of another bundle, or of several");
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
	say_missing(g);
}

/* A whole of which all parts are there, but which is not the expected one. */
static const char *
gather_unexpected(const struct gather *g)
{
	const char *expect = g->opts.expect;
	const struct gather_whole *w;
	uint64_t size;
	size_t i;

	for (i = 0; expect != NULL && i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->log > 0 && strcmp(expect, w->said.digest) == 0)
			return NULL;
	}
	for (i = 0; expect != NULL && i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->log > 0 && (w->sure || is_complete(g, &w->said, &size)))
			return w->said.digest;
	}
	return NULL;
}

/* Say why there is no bundle. */
static enum wire_exit
gather_complain(struct gather *g)
{
	const char *reason, *other = gather_unexpected(g);
	uint64_t have = 0;
	bool some;
	size_t i;

	for (i = 0; i < g->n_parts; i++)
		have += g->parts[i].size != 0;
	/* the one to complete: what is expected, or else the latest */
	for (i = 0; i < g->n_wholes; i++)
		if (g->wholes[i].format == GATHER_JSONL &&
		    (g->opts.expect == NULL ||
		        strcmp(g->opts.expect, g->wholes[i].said.digest) == 0))
			g->total = g->wholes[i].said.parts;
	if (other != NULL)
		return gather_say_other(g, other);
	some = have > 0 || g->total > 0 || g->again ||
	    (g->damaged > 0 && g->notes.binary == NULL);
	if (some || g->opts.tacit || !gather_say_foreign(g)) {
		gather_say_missing(g, have);
		return WIRE_CORRUPT;
	}
	reason = notes_report_reason(&g->notes);
	if (g->why == GATHER_REPORT && strncmp(reason, "Bundle", 6) == 0)
		return WIRE_BUNDLE;
	return WIRE_CORRUPT;
}

/* A number of the witness's and the log's: are both known, and different? */
static bool
gather_disagree(const char *what, uint64_t said, uint64_t found)
{
	if (said == 0 || found == 0 || said == found)
		return false;
	msg_warn(0,
	    "the termination message says %" PRIu64
	    " %s, but the log has %" PRIu64,
	    said, what, found);
	return true;
}

/*
 * There is a bundle, of the digest that was asked for: does the witness say
 * the same of it, in all that it says?
 */
static enum wire_exit
gather_judge_witness(struct gather *g)
{
	const struct decode_piece *said = &g->witness, *found = &g->whole;
	bool other = false;

	if (said->digest[0] == '\0')
		return WIRE_OK;
	if (found->digest[0] != '\0' &&
	    strcmp(said->digest, found->digest) != 0) {
		msg_warn(0,
		    "the bundle is %s, but the termination message says %s",
		    found->digest, said->digest);
		other = true;
	}
	other |= gather_disagree("bytes", said->size, found->size);
	other |= gather_disagree("entries", said->entries, found->entries);
	other |= gather_disagree("parts", said->parts, found->parts);
	if (!other) {
		/* what the log does not say, what comes out must have */
		if (g->whole.entries == 0)
			g->whole.entries = said->entries;
		return WIRE_OK;
	}
	g->why = GATHER_OTHER;
	return WIRE_CORRUPT;
}

static enum wire_exit
gather_judge_logs(struct gather *g)
{
	struct gather_pair two;
	enum gather_format line;
	bool verified;
	int status;

	progress_clear(g->opts.progress);
	if (gather_end_text(g) < 0 || gather_confirm(g) < 0)
		return WIRE_FAIL;
	g->why = GATHER_FINE;
	line = g->format;
	verified = g->verified;
	two = gather_find_pair(g);
	if (g->opts.expect == NULL && (two.a != NULL || g->conflict))
		return gather_say_several(g, &two);
	if (verified)
		return judge_line(g);
	status = judge_parts(g);
	if (status != 0)
		return status < 0 ? WIRE_FAIL : WIRE_OK;
	g->format = line;
	if (line != GATHER_NOTHING && g->n_parts == 0)
		return judge_line(g);
	if (g->over) {
		g->why = GATHER_TOO_LARGE;
		msg_warn(0,
		    "the bundle is larger than --max-size allows: %" PRIu64
		    " bytes",
		    g->opts.max_size);
		return WIRE_BUNDLE;
	}
	return gather_complain(g);
}

enum wire_exit
gather_judge(struct gather *g)
{
	enum wire_exit status = gather_judge_logs(g);

	return status == WIRE_OK ? gather_judge_witness(g) : status;
}

const char *
gather_reason(const struct gather *g)
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

/* ----------------------------------------------------------------- missing */

bool
gather_missing(const struct gather *g, uint64_t *first, uint64_t *last)
{
	uint64_t end = g->total != 0 ? g->total : GATHER_OPEN, i = *first;

	if (g->again || g->conflict) {
		*last = GATHER_OPEN;
		return i == 0;
	}
	while (i < g->n_parts && i < end && g->parts[i].size != 0)
		i++;
	if (i >= end)
		return false;
	*first = i;
	while (i < g->n_parts && i < end && g->parts[i].size == 0)
		i++;
	if (i < g->n_parts && i < end)
		*last = i - 1;
	else
		*last = end == GATHER_OPEN ? end : end - 1;
	return true;
}

char *
gather_missing_text(const struct gather *g, char text[static RANGES_TEXT])
{
	struct ranges all = {0};
	uint64_t first = 0, last = 0;

	for (; gather_missing(g, &first, &last); first = last + 1) {
		ranges_add(&all, first, last);
		if (last == GATHER_OPEN)
			break;
	}
	return ranges_text(&all, text);
}

/* ----------------------------------------------------------------- reading */

void
gather_rewind(struct gather *g)
{
	g->next_part = 0;
	g->next_byte = 0;
}

ssize_t
gather_pull(void *arg, const void **data)
{
	struct gather *g = arg;
	const struct gather_part *p;
	size_t want = sizeof g->buf;
	ssize_t n;

	if (g->opts.stop != NULL && *g->opts.stop != 0)
		return -1;
	p = g->format == GATHER_JSONL ? &g->parts[g->next_part] : &g->line;
	if (g->format == GATHER_JSONL ? g->next_part == g->total
	                              : g->next_byte == p->size)
		return 0;
	if (p->size - g->next_byte < want)
		want = (size_t)(p->size - g->next_byte);
	do
		n = pread(g->fd, g->buf, want, (off_t)(p->at + g->next_byte));
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		msg_warn(n < 0 ? errno : EIO, "read a temporary file");
		return -1;
	}
	g->next_byte += (uint64_t)n;
	if (g->format == GATHER_JSONL && g->next_byte == p->size) {
		g->next_part++;
		g->next_byte = 0;
	}
	*data = g->buf;
	return n;
}
