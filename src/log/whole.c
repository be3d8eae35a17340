/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are the gathered pieces a whole bundle, and the right one?
 */
#include "log/whole.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/digest.h"
#include "base/msg.h"
#include "log/decompress.h"
#include "log/reason.h"

enum {
	WHOLE_DAMAGE = 8 /* characters of a digest that damage may change */
};

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

/*
 * A json line's tar.gz is the parts in order: does part n
 * stand in it, from *at on?  Returns 1, 0, or -1 (reported).
 */
static int
whole_has_part(const struct gather *g, const char *map, size_t n, size_t *at)
{
	const struct gather_part *line = &g->line, *p = &g->parts[n];
	const char *in = map + line->at, *found;

	found = memmem(in + *at, (size_t)line->size - *at, map + p->at,
	    (size_t)p->size);
	if (found == NULL)
		return 0;
	*at = (size_t)(found - in) + (size_t)p->size;
	return 1;
}

/* Are there parts beside a line that are not of its bundle?  0, or -1. */
static int
whole_compare_parts(struct gather *g)
{
	const struct gather_whole *w = g->wholes;
	size_t i, at = 0;
	char *map;

	if (g->format == GATHER_NOTHING || g->n_parts == 0)
		return 0;
	while (w->format == GATHER_JSONL ||
	    strcmp(w->said.digest, g->said.digest) != 0)
		w++;
	if (w->bare)
		return 0;
	map = mmap(NULL, (size_t)g->end, PROT_READ, MAP_PRIVATE, g->fd, 0);
	if (map == MAP_FAILED) {
		msg_warn(errno, "read a temporary file");
		return -1;
	}
	for (i = 0; i < g->n_parts; i++)
		if (g->parts[i].size != 0 && !whole_has_part(g, map, i, &at))
			gather_note_conflict(g, w, 0, i);
	(void)munmap(map, (size_t)g->end);
	return 0;
}

/*
 * Are these digests of two bundles?  A damaged last line has a digest that is
 * wrong in a few places; those of two bundles agree in a few.
 */
static bool
whole_differ(const char *a, const char *b)
{
	size_t i, n = 0;

	for (i = 0; a[i] != '\0' && b[i] != '\0'; i++)
		n += a[i] != b[i];
	return n > WHOLE_DAMAGE;
}

static void
whole_note_pair(struct gather *g, const struct gather_whole *a,
    const struct gather_whole *b)
{
	g->conflict = true;
	memcpy(g->sides[0].what, a->said.digest, DIGEST_TEXT);
	memcpy(g->sides[0].name, a->name, GATHER_NAME);
	memcpy(g->sides[1].what, b->said.digest, DIGEST_TEXT);
	memcpy(g->sides[1].name, b->name, GATHER_NAME);
}

/* Two descriptions of different bundles: note them.  Are there such? */
static bool
whole_find_pair(struct gather *g)
{
	const struct gather_whole *a, *b, *end = g->wholes + g->n_wholes;

	for (a = g->wholes; a < end; a++)
		for (b = a + 1; b < end; b++)
			if (a->log != 0 && b->log != 0 && !a->bare &&
			    !b->bare &&
			    whole_differ(a->said.digest, b->said.digest)) {
				whole_note_pair(g, a, b);
				return true;
			}
	return false;
}

/*
 * The digest of the tar in what g->format and g->line say.  Returns 1; 0: it is
 * damaged, or larger than max_size; or -1 (reported).
 */
static int
whole_sum_tar(struct gather *g, char digest[static DIGEST_TEXT])
{
	struct decompress *z = NULL;
	struct digest sum;
	const void *data;
	uint64_t all = 0;
	ssize_t n;

	gather_rewind(g);
	if (g->format != GATHER_TAR) {
		z = malloc(sizeof *z);
		if (z == NULL || decompress_open(z, gather_pull, g) < 0) {
			free(z);
			return -1;
		}
	}
	digest_init(&sum);
	while ((n = z != NULL ? decompress_pull(z, &data) : gather_pull(g, &data)) >
	        0 &&
	    (all += (uint64_t)n) <= g->opts.max_size)
		digest_add(&sum, data, (size_t)n);
	digest_text(&sum, digest);
	if (z != NULL) {
		decompress_close(z);
		if (n < 0 && z->corrupt)
			n = 1;
	}
	free(z);
	gather_rewind(g);
	return n < 0 ? -1 : n == 0;
}

/*
 * There is a bundle: are other archives, which have no digest of their own, of
 * the same, that is of the same tar?  Returns 0, or -1 (reported).
 */
static int
whole_compare_bare(struct gather *g)
{
	const struct gather_part line = g->line;
	const enum gather_format format = g->format;
	const struct gather_whole *w, *own = NULL;
	char tar[DIGEST_TEXT], other[DIGEST_TEXT];
	size_t i;
	int known = 0, ret = 1;

	for (i = 0; i < g->n_wholes; i++)
		if (strcmp(g->wholes[i].said.digest, g->whole.digest) == 0)
			own = &g->wholes[i];
	for (i = 0; own != NULL && i < g->n_wholes && ret >= 0; i++) {
		w = &g->wholes[i];
		if (!w->bare || strcmp(w->said.digest, own->said.digest) == 0)
			continue;
		if (!known)
			known = ret = whole_sum_tar(g, tar);
		if (ret <= 0)
			break;
		g->line = (struct gather_part){.at = w->at,
		    .size = w->said.size};
		g->format = w->format;
		ret = whole_sum_tar(g, other);
		g->line = line;
		g->format = format;
		if (ret > 0 && strcmp(tar, other) != 0)
			whole_note_pair(g, own, w);
		ret = ret == 0 ? 1 : ret;
	}
	return ret < 0 ? -1 : 0;
}

/*
 * Are there logs of more than one bundle?  Notes which.  Returns 0, or -1
 * (reported).
 */
static int
whole_find_conflict(struct gather *g)
{
	const struct gather_whole *w;
	size_t i;

	if (whole_find_pair(g))
		return 0;
	for (i = 0; i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->log != 0 && w->said.parts != 0 &&
		    w->said.parts < g->n_parts)
			gather_note_conflict(g, w, 0, g->n_parts - 1);
	}
	return g->conflict ? 0 : whole_compare_parts(g);
}

/*
 * All parts are there, and do not make the whole: if that is of several logs,
 * these are of several bundles.
 */
static void
whole_blame_logs(struct gather *g)
{
	const struct gather_whole *w;
	size_t i, k;

	for (i = 0; i < g->n_parts; i++) {
		if (g->parts[i].size == 0)
			continue;
		for (k = 0; k < g->n_wholes; k++) {
			w = &g->wholes[k];
			if (w->log != 0 && w->log != g->parts[i].log)
				gather_note_conflict(g, w, 0, i);
		}
	}
}

/* Is there a last line of other parts than those of g->line? */
static bool
whole_is_open(const struct gather *g)
{
	const struct gather_whole *w;
	size_t i;

	for (i = 0; i < g->n_wholes; i++) {
		w = &g->wholes[i];
		if (w->log != 0 && w->format == GATHER_JSONL &&
		    strcmp(w->said.digest, g->said.digest) != 0)
			return true;
	}
	return false;
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
		    (w->format != GATHER_JSONL ||
		        whole_is_complete(g, &w->said, &size)))
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
	if (g->again)
		whole_blame_logs(g);
	if (g->conflict)
		return reason_say_several(g);
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
	enum gather_format line;
	bool verified;
	int status;

	progress_clear(g->opts.progress);
	if (gather_end_text(g) < 0 || whole_find_conflict(g) < 0)
		return WIRE_FAIL;
	g->why = GATHER_FINE;
	line = g->format;
	verified = g->verified;
	if (g->conflict)
		return reason_say_several(g);
	if (verified)
		return whole_judge_line(g);
	status = whole_judge_parts(g);
	if (status != 0)
		return status < 0 ? WIRE_FAIL : WIRE_OK;
	g->format = line;
	if (line != GATHER_NOTHING && g->n_parts == 0 && !whole_is_open(g))
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

	if (status == WIRE_OK && g->n_wholes > 1) {
		if (whole_compare_bare(g) < 0)
			return WIRE_FAIL;
		if (g->conflict)
			return reason_say_several(g);
	}
	return status == WIRE_OK ? whole_judge_witness(g) : status;
}
