/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are the gathered pieces a whole bundle, and the right one?
 */
#include "log/whole.h"

#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/msg.h"
#include "log/reason.h"

/* Are all parts there that w counts?  Stores what they make up. */
static bool
whole_is_complete(const struct gather *g, const struct decode_piece *w,
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
whole_has_digest(struct gather *g, const char *digest)
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
whole_try_parts(struct gather *g, const struct decode_piece *w)
{
	const char *expect = g->opts.expect;
	uint64_t size;
	int status;

	if (!whole_is_complete(g, w, &size))
		return 0;
	g->again = true;
	if (size != w->size ||
	    (expect != NULL && strcmp(expect, w->digest) != 0))
		return 0;
	g->format = GATHER_JSONL;
	g->total = w->parts;
	status = whole_has_digest(g, w->digest);
	if (status > 0) {
		g->whole = *w;
		g->verified = true;
		g->again = false;
	}
	return status;
}

/* Find a description that the parts fit.  Returns 1, 0, or -1 (reported). */
static int
whole_judge_parts(struct gather *g)
{
	struct decode_piece guess = {0};
	size_t i, trailers = 0;
	int status = 0;

	for (i = 0; i < g->n_wholes && status == 0; i++) {
		trailers += g->wholes[i].format == GATHER_JSONL;
		if (g->wholes[i].format == GATHER_JSONL)
			status = whole_try_parts(g, &g->wholes[i].said);
	}
	if (status != 0 || g->opts.expect == NULL || trailers > 0)
		return status;
	/* the last line is lost, but the digest of the whole is known */
	guess.parts = g->n_parts;
	guess.entries = g->entries;
	for (i = 0; i < g->n_parts; i++)
		guess.size += g->parts[i].size;
	memcpy(guess.digest, g->opts.expect, sizeof guess.digest);
	status = whole_try_parts(g, &guess);
	if (status == 0)
		g->again = false;
	return status;
}

static enum wire_exit
whole_judge_line(struct gather *g)
{
	const char *expect = g->opts.expect;

	g->whole = g->said;
	if (g->whole.entries == 0)
		g->whole.entries = g->entries;
	if (expect == NULL || strcmp(expect, g->said.digest) == 0) {
		gather_rewind(g);
		return WIRE_OK;
	}
	return reason_say_other(g, g->said.digest);
}

/* Two descriptions that are not of one bundle. */
struct whole_pair {
	const struct gather_whole *a, *b; /* NULL: there are no two */
};

static struct whole_pair
whole_find_pair(const struct gather *g)
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
				return (struct whole_pair){a, b};
		}
	return (struct whole_pair){NULL, NULL};
}

/*
 * Where there are several descriptions, see which of them the parts agree with:
 * these are true.  Returns 0, or -1 (reported).
 */
static int
whole_confirm(struct gather *g)
{
	enum gather_format format = g->format;
	struct gather_whole *w;
	uint64_t size, total = g->total;
	int same;
	size_t i;

	for (i = 0; g->n_wholes > 1 && i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->sure || w->format != GATHER_JSONL ||
		    !whole_is_complete(g, &w->said, &size) ||
		    size != w->said.size)
			continue;
		g->format = GATHER_JSONL;
		g->total = w->said.parts;
		same = whole_has_digest(g, w->said.digest);
		g->format = format;
		g->total = total;
		if (same < 0)
			return -1;
		w->sure = same > 0;
	}
	return 0;
}

/* A whole of which all parts are there, but which is not the expected one. */
static const char *
whole_find_unexpected(const struct gather *g)
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
		if (w->log > 0 &&
		    (w->sure || whole_is_complete(g, &w->said, &size)))
			return w->said.digest;
	}
	return NULL;
}

/* Say why there is no bundle. */
static enum wire_exit
whole_complain(struct gather *g)
{
	const char *reason, *other = whole_find_unexpected(g);
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
		return reason_say_other(g, other);
	some = have > 0 || g->total > 0 || g->again ||
	    (g->damaged > 0 && g->notes.binary == NULL);
	if (some || g->opts.tacit || !reason_say_foreign(g)) {
		reason_say_missing(g, have);
		return WIRE_CORRUPT;
	}
	reason = notes_report_reason(&g->notes);
	if (g->why == GATHER_REPORT && strncmp(reason, "Bundle", 6) == 0)
		return WIRE_BUNDLE;
	return WIRE_CORRUPT;
}

/* A number of the witness's and the log's: are both known, and different? */
static bool
whole_disagree(const char *what, uint64_t said, uint64_t found)
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
whole_judge_witness(struct gather *g)
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
	other |= whole_disagree("bytes", said->size, found->size);
	other |= whole_disagree("entries", said->entries, found->entries);
	other |= whole_disagree("parts", said->parts, found->parts);
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
whole_judge_logs(struct gather *g)
{
	struct whole_pair two;
	enum gather_format line;
	bool verified;
	int status;

	progress_clear(g->opts.progress);
	if (gather_end_text(g) < 0 || whole_confirm(g) < 0)
		return WIRE_FAIL;
	g->why = GATHER_FINE;
	line = g->format;
	verified = g->verified;
	two = whole_find_pair(g);
	if (g->opts.expect == NULL && (two.a != NULL || g->conflict))
		return reason_say_several(g, two.a, two.b);
	if (verified)
		return whole_judge_line(g);
	status = whole_judge_parts(g);
	if (status != 0)
		return status < 0 ? WIRE_FAIL : WIRE_OK;
	g->format = line;
	if (line != GATHER_NOTHING && g->n_parts == 0)
		return whole_judge_line(g);
	if (g->over) {
		g->why = GATHER_TOO_LARGE;
		msg_warn(0,
		    "the bundle is larger than --max-size allows: %" PRIu64
		    " bytes",
		    g->opts.max_size);
		return WIRE_BUNDLE;
	}
	return whole_complain(g);
}

enum wire_exit
whole_judge(struct gather *g)
{
	enum wire_exit status = whole_judge_logs(g);

	return status == WIRE_OK ? whole_judge_witness(g) : status;
}
