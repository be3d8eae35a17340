/* SPDX-License-Identifier: Apache-2.0 */
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

enum {
	PART_MIN = 4096, /* bytes of tar we expect in a part, at the least */
	FILE_NAME = 4096
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

/* Open a file without a name in dir.  An owned descriptor, or -1 (reported) */
static int
open_unnamed(const char *dir)
{
	char name[FILE_NAME];
	int fd, n;

	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* overlayfs before Linux 6.? and NFS know no O_TMPFILE */
	n = snprintf(name, sizeof name, "%s/.unpackctl-XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof name) {
		errno = ENAMETOOLONG;
	} else {
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(name);
	}
	if (fd < 0)
		msg_warn(errno, "%s: make a temporary file",
		    msg_mask(name, sizeof name, dir));
	return fd;
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
	g->fd = open_unnamed(opts->dir);
	if (g->fd >= 0)
		return 0;
	free(g->decode);
	return -1;
}

void
gather_close(struct gather *g)
{
	free(g->parts);
	free(g->decode);
	(void)close(g->fd);
}

/* ------------------------------------------------------------------ pieces */

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
			msg_warn(errno, "write to a temporary file");
			return -1;
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

/* What is under way is a verified part: keep it.  0, or -1 (reported). */
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
	if (part->size != 0) {
		g->repeated++;
		if (strcmp(part->digest, p->digest) != 0)
			g->conflict = true;
		return 0;
	}
	part->at = g->end;
	part->size = p->size;
	memcpy(part->digest, p->digest, sizeof part->digest);
	g->end += p->size;
	if (g->end > file_max(g))
		g->over = true;
	if (g->n_parts <= p->part)
		g->n_parts = (size_t)p->part + 1;
	g->opts.progress->parts++;
	return 0;
}

/* What is under way is a log's only content: keep it if it is the best. */
static void
keep_line(struct gather *g, const struct decode_piece *p,
    enum gather_format format, bool verified)
{
	if (g->opts.expect != NULL)
		verified = strcmp(g->opts.expect, p->digest) == 0;
	if (g->under_way != p->size)
		return; /* too large */
	if (g->format != GATHER_NOTHING && (g->verified || !verified)) {
		g->repeated++;
		return;
	}
	g->line.at = g->end;
	g->line.size = p->size;
	g->said = *p;
	g->format = format;
	g->verified = verified;
	g->end += p->size;
}

/* Keep a description of all parts. */
static void
keep_whole(struct gather *g, const struct decode_piece *p)
{
	struct decode_piece *w;
	size_t i;

	for (i = 0; i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->parts == p->parts && w->size == p->size &&
		    w->entries == p->entries &&
		    strcmp(w->digest, p->digest) == 0)
			return;
	}
	if (p->parts > file_max(g) / PART_MIN || p->size > file_max(g))
		g->over = true;
	else if (g->n_wholes < GATHER_WHOLES)
		g->wholes[g->n_wholes++] = *p;
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
		keep_whole(g, p);
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

/* Read more of the log.  Returns 0, or -1 (reported). */
static int
feed(struct gather *g, int fd, const char *name)
{
	size_t room;
	char *to = decode_room(g->decode, &room);
	ssize_t n;

	do {
		if (g->opts.stop != NULL && *g->opts.stop != 0)
			return -1;
		n = read(fd, to, room);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		progress_clear(g->opts.progress);
		msg_warn(errno, "%s", name);
		return -1;
	}
	decode_fed(g->decode, (size_t)n);
	g->opts.progress->bytes += (uint64_t)n;
	progress_show(g->opts.progress);
	return 0;
}

/* Say what was odd about the log that has been read. */
static void
remark(struct gather *g, const char *name)
{
	uint64_t foreign = g->decode->foreign, damaged = g->decode->damaged;

	g->foreign += foreign;
	g->damaged += damaged;
	if (g->opts.tacit)
		return;
	if (foreign > 0 || damaged > 0)
		progress_clear(g->opts.progress);
	if (foreign > 0)
		msg_warn(0, "%s: %" PRIu64 " line%s not of the stream", name,
		    foreign, foreign == 1 ? " is" : "s are");
	if (damaged > 0)
		msg_warn(0, "%s: %" PRIu64 " damaged piece%s of the stream",
		    name, damaged, damaged == 1 ? "" : "s");
}

int
gather_log(struct gather *g, int fd, const char *name)
{
	enum decode_event event;

	g->logs++;
	g->under_way = 0;
	decode_start(g->decode);
	do {
		event = decode_next(g->decode);
		if (event == DECODE_MORE) {
			if (feed(g, fd, name) < 0)
				return -1;
		} else if (gather_take_event(g, event) < 0) {
			return -1;
		}
	} while (event != DECODE_END);
	remark(g, name);
	return 0;
}

int
gather_witness(struct gather *g, const char *text, size_t len)
{
	struct decode_piece p;

	if (decode_whole(text, len, &p) < 0)
		return -1;
	if (g->opts.expect == NULL) {
		memcpy(g->expect, p.digest, sizeof g->expect);
		g->opts.expect = g->expect;
	}
	if (p.parts > 0)
		keep_whole(g, &p);
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

/* Try whether the parts are what w describes: 1, 0, or -1 (reported). */
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

/* Find a description that the parts fit: 1, 0, or -1 (reported). */
static int
judge_parts(struct gather *g)
{
	struct decode_piece guess = {0};
	size_t i;
	int status = 0;

	for (i = 0; i < g->n_wholes && status == 0; i++)
		status = try_parts(g, &g->wholes[i]);
	if (status != 0 || g->opts.expect == NULL || g->n_wholes > 0)
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
	char list[1024];

	gather_missing_text(g, list, sizeof list);
	msg_line("fetch again: unpack --format jsonl --parts %s", list);
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
	g->again = true;
	msg_warn(0, "the bundle is %s, which is not the one that is expected",
	    g->said.digest);
	if (!g->opts.tacit)
		say_missing(g);
	return WIRE_CORRUPT;
}

/* Say what is missing. */
static enum wire_exit
gather_complain(struct gather *g)
{
	uint64_t have = 0;
	size_t i;

	for (i = 0; i < g->n_parts; i++)
		have += g->parts[i].size != 0;
	/* the one to complete: what is expected, or else the latest */
	for (i = 0; i < g->n_wholes; i++)
		if (g->opts.expect == NULL ||
		    strcmp(g->opts.expect, g->wholes[i].digest) == 0)
			g->total = g->wholes[i].parts;
	if (g->opts.tacit)
		return WIRE_CORRUPT;
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
	return WIRE_CORRUPT;
}

enum wire_exit
gather_judge(struct gather *g)
{
	enum gather_format line = g->format;
	bool verified = g->verified;
	int status;

	progress_clear(g->opts.progress);
	if (verified)
		return judge_line(g);
	status = judge_parts(g);
	if (status != 0)
		return status < 0 ? WIRE_FAIL : WIRE_OK;
	g->format = line;
	if (line != GATHER_NOTHING && g->n_parts == 0)
		return judge_line(g);
	if (g->over) {
		msg_warn(0, "the bundle is larger than --max-size allows");
		return WIRE_BUNDLE;
	}
	return gather_complain(g);
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

void
gather_missing_text(const struct gather *g, char *text, size_t len)
{
	uint64_t first = 0, last = 0;
	size_t at = 0;
	int n;

	text[0] = '\0';
	for (; gather_missing(g, &first, &last); first = last + 1) {
		n = snprintf(text + at, len - at, "%s%" PRIu64,
		    at > 0 ? "," : "", first);
		if (n > 0 && (size_t)n < len - at)
			at += (size_t)n;
		n = 0;
		if (last == GATHER_OPEN)
			n = snprintf(text + at, len - at, "-");
		else if (last > first)
			n = snprintf(text + at, len - at, "-%" PRIu64, last);
		if (n > 0 && (size_t)n < len - at)
			at += (size_t)n;
		if (last == GATHER_OPEN)
			break;
	}
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
