/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gathers a bundle from any number of logs: verified pieces are kept in an
 * unlinked file until the bundle is whole; missing parts can be named.
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
#include "log/pieces.h"

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

struct gather *
gather_open(const struct gather_opts *opts)
{
	struct gather *g = calloc(1, sizeof *g);

	if (g == NULL) {
		msg_nomem();
		return NULL;
	}
	g->opts = *opts;
	g->fd = tempfile_unnamed(opts->dir);
	if (g->fd >= 0)
		return g;
	free(g);
	return NULL;
}

void
gather_close(struct gather *g)
{
	if (g == NULL)
		return;
	notes_free(&g->is.notes);
	free(g->names);
	free(g->parts);
	(void)close(g->fd);
	free(g);
}

/* ------------------------------------------------------------------ pieces */

/* Keep data[0..len) of the piece under way.  Returns 0, or -1 (reported). */
static int
keep_data(struct gather *g, const unsigned char *data, size_t len)
{
	uint64_t at = g->end + g->under_way;
	char shown[MSG_NAME];

	if (g->under_way == 0)
		g->gzip = len >= 3 && memcmp(data, "\x1f\x8b\x08", 3) == 0;
	if (g->under_way + len > file_max(g))
		g->over = true;
	if (g->over)
		return 0;
	g->under_way += len;
	if (lseek(g->fd, (off_t)at, SEEK_SET) >= 0 &&
	    io_write(g->fd, data, len) == 0)
		return 0;
	progress_clear(g->opts.progress);
	msg_warn(errno, "%s: a temporary file, at %" PRIu64 " bytes",
	    msg_mask(shown, sizeof shown, g->opts.dir), at);
	msg_line(
	    "it needs as much room as the compressed bundle; set the environment variable TMPDIR to a directory on another disk");
	return -1;
}

void
gather_note_conflict(struct gather *g, uint64_t log, uint64_t other)
{
	if (g->conflict[0] != 0)
		return;
	g->conflict[0] = log < other ? log : other;
	g->conflict[1] = log < other ? other : log;
}

/*
 * What is under way is a verified part: keep it.  Returns 0, or -1 (reported).
 */
static int
keep_part(struct gather *g, const struct decode_piece *p)
{
	struct pieces_part *part;

	if (p->part >= file_max(g) / PART_MIN)
		g->over = true;
	/* no gzip member is empty: that would be no part */
	if (g->over || p->size == 0)
		return 0;
	part = array_grow(g->parts, &g->parts_room, (size_t)p->part + 1,
	    sizeof *part);
	if (part == NULL) {
		msg_nomem();
		return -1;
	}
	g->parts = part;
	part += p->part;
	g->found++;
	if (part->size != 0) {
		if (strcmp(part->digest, p->digest) != 0)
			gather_note_conflict(g, part->log, g->logs);
		else
			g->is.repeated++;
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
	g->is.have++;
	g->is.bytes += p->size;
	g->opts.progress->parts++;
	return 0;
}

/*
 * Keep a description of a bundle, in that log.  Returns where it is now, or
 * NULL where it was there, or there are too many.
 */
static struct pieces_whole *
keep_whole(struct gather *g, const struct decode_piece *p,
    enum gather_format format, uint64_t log)
{
	struct pieces_whole *w = g->wholes, *end = w + g->n_wholes;

	for (; w < end; w++)
		if (w->format == format && w->said.parts == p->parts &&
		    w->said.size == p->size && w->said.entries == p->entries &&
		    strcmp(w->said.digest, p->digest) == 0)
			return NULL;
	if (g->n_wholes == PIECES_WHOLES)
		return NULL;
	g->n_wholes++;
	*w = (struct pieces_whole){.said = *p, .format = format, .log = log};
	return w;
}

/* What is under way is a log's only content: keep it. */
static void
keep_line(struct gather *g, const struct decode_piece *p,
    enum gather_format format, bool verified)
{
	struct pieces_whole *w;

	g->found++;
	if (g->under_way != p->size)
		return; /* too large */
	w = keep_whole(g, p, format, g->logs);
	if (w == NULL) {
		g->is.repeated++;
		return;
	}
	w->bare = !verified;
	w->verified = g->opts.expect != NULL
	    ? strcmp(g->opts.expect, p->digest) == 0
	    : verified;
	w->at = g->end;
	g->end += p->size;
	if (g->line == NULL || (w->verified && !g->line->verified))
		g->line = w;
}

/* Deal with one event other than DECODE_MORE.  Returns 0, or -1 (reported) */
static int
gather_take_event(struct gather *g, enum decode_event event)
{
	const struct decode_piece *p = &g->decode.piece;
	int status = 0;

	switch (event) {
	case DECODE_DATA:
		return keep_data(g, g->decode.data, g->decode.data_len);
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
			g->is.foreign++;
		break;
	case DECODE_TRAILER:
		g->found++;
		if (p->parts > file_max(g) / PART_MIN || p->size > file_max(g))
			g->over = true;
		else
			(void)keep_whole(g, p, GATHER_JSONL, g->logs);
		if (p->parts > g->opts.progress->parts_total)
			g->opts.progress->parts_total = p->parts;
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

/* The next bytes of the log's file: a form_source with a struct gather. */
static ssize_t
gather_read_log(void *arg, void *to, size_t room)
{
	struct gather *g = arg;
	ssize_t n;

	if (g->opts.stop != NULL && *g->opts.stop != 0)
		return -1;
	n = io_read(g->log_fd, to, room);
	if (n < 0 && io_stopped())
		return -1;
	if (n < 0) {
		progress_clear(g->opts.progress);
		msg_warn(errno, "%s", g->log_name);
		return -1;
	}
	g->opts.progress->bytes += (uint64_t)n;
	progress_show(g->opts.progress);
	return n;
}

/*
 * Take all events of the text, which `form` gives; NULL: it is at its end.
 * Says what is odd about it.  Returns 0, or -1 (reported).
 */
static int
gather_take_text(struct gather *g, struct form *form)
{
	const char *name = g->names[g->logs - 1];
	uint64_t foreign, damaged;
	enum decode_event event;
	size_t room;
	ssize_t n = 0;
	char *to;

	do {
		event = decode_next(&g->decode);
		if (event != DECODE_MORE) {
			if (gather_take_event(g, event) < 0)
				return -1;
			continue;
		}
		to = decode_room(&g->decode, &room);
		if (form != NULL)
			n = form_read(form, to, room);
		if (n < 0)
			return -1;
		g->open = form != NULL && n == 0 && form_is_cut(form);
		if (g->open)
			return 0;
		decode_fed(&g->decode, (size_t)n);
	} while (event != DECODE_END);
	foreign = g->decode.foreign;
	damaged = g->decode.damaged;
	g->is.foreign += foreign;
	g->is.damaged += damaged;
	/* if there is nothing else, the result says what there is */
	if (g->opts.tacit || (damaged == 0 && g->found == 0))
		return 0;
	progress_clear(g->opts.progress);
	if (foreign > 0)
		msg_warn(0, "%s: %" PRIu64 " line%s not part of the stream",
		    name, foreign, foreign == 1 ? " is" : "s are");
	if (damaged > 0)
		msg_warn(0, "%s: %" PRIu64 " corrupt line%s of the stream",
		    name, damaged, damaged == 1 ? "" : "s");
	return 0;
}

/* Keep an archive, which `form` gives.  Returns 0, or -1 (reported). */
static int
gather_take_archive(struct gather *g, struct form *form)
{
	struct decode_piece p = {.size = 0};
	struct digest sum;
	ssize_t n;

	digest_init(&sum);
	while ((n = form_read(form, (char *)g->buf, sizeof g->buf)) > 0) {
		digest_add(&sum, g->buf, (size_t)n);
		p.size += (uint64_t)n;
		if (keep_data(g, g->buf, (size_t)n) < 0)
			return -1;
	}
	digest_text(&sum, p.digest);
	if (n == 0)
		keep_line(g, &p,
		    form_kind(form) == FORM_TAR ? GATHER_TAR : GATHER_GZIP,
		    false);
	g->under_way = 0;
	return (int)n;
}

/* A line that should continue does not.  Returns 0, or -1 (reported). */
int
gather_end_text(struct gather *g)
{
	if (!g->open)
		return 0;
	g->open = false;
	decode_fed(&g->decode, 0);
	return gather_take_text(g, NULL);
}

int
gather_log(struct gather *g, int fd, const char *name)
{
	char(*names)[PIECES_NAME];
	struct form *form;
	int ret = -1;

	g->log_fd = fd;
	g->log_name = name;
	form = form_open(gather_read_log, g, &g->is.notes);
	if (form == NULL)
		return -1;
	/* no archive is the rest of a line */
	if (form_kind(form) != FORM_LOG && gather_end_text(g) < 0)
		goto out;
	if (!g->open) {
		g->under_way = 0;
		g->found = 0;
		decode_start(&g->decode);
	}
	g->open = false;
	names = realloc(g->names, (size_t)(g->logs + 1) * sizeof *names);
	if (names == NULL) {
		msg_nomem();
		goto out;
	}
	msg_mask(names[g->logs++], PIECES_NAME, name);
	g->names = names;
	ret = form_kind(form) == FORM_LOG ? gather_take_text(g, form)
	                                  : gather_take_archive(g, form);
out:
	form_close(form);
	return ret;
}

int
gather_witness(struct gather *g, const char *text, size_t len)
{
	struct decode_piece p;

	if (decode_whole(text, len, &p) < 0)
		return -1;
	g->witness = p;
	if (g->opts.expect == NULL)
		g->opts.expect = g->witness.digest;
	if (p.parts > 0)
		(void)keep_whole(g, &p, GATHER_JSONL, 0);
	return 0;
}

/* -------------------------------------------------------------- what it is */

const char *
gather_format_name(enum gather_format format)
{
	static const char *const names[] = {"nothing", "json", "jsonl",
	    "tar.gz", "tar"};

	return names[format];
}

const struct gather_result *
gather_result(const struct gather *g)
{
	return &g->is;
}

uint64_t
gather_promised(const struct gather *g)
{
	uint64_t n = g->is.whole.entries;

	if (n == 0)
		n = g->witness.entries;
	return n > 0 || g->n_wholes == 0 ? n : g->wholes[0].said.entries;
}

void
gather_doubt(struct gather *g)
{
	g->is.again = !g->is.verified;
}

const char *
gather_bundle(const struct gather *g, size_t i, const char **log)
{
	const struct pieces_whole *w = g->wholes, *end = w + g->n_wholes;

	for (; w < end; w++)
		if (w->log != 0 && i-- == 0) {
			*log = g->names[w->log - 1];
			return w->said.digest;
		}
	return NULL;
}

bool
gather_missing(const struct gather *g, uint64_t *first, uint64_t *last)
{
	uint64_t end = g->is.total != 0 ? g->is.total : GATHER_OPEN, i = *first;

	if (g->is.again || g->conflict[0] != 0) {
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
	const bool parts = g->is.format == GATHER_JSONL;
	struct blob blob = {.fd = g->fd};
	ssize_t n;

	if (parts && g->next_part == g->is.total)
		return 0;
	blob.at = parts ? g->parts[g->next_part].at : g->line->at;
	blob.len = parts ? g->parts[g->next_part].size : g->line->said.size;
	n = blob_read(&blob, g->next_byte, g->buf, sizeof g->buf);
	if (n < 0 && !io_stopped())
		msg_warn(errno, "read a temporary file");
	if (n < 0)
		return -1;
	g->next_byte += (uint64_t)n;
	if (parts && g->next_byte == blob.len) {
		g->next_part++;
		g->next_byte = 0;
	}
	*data = g->buf;
	return n;
}
