/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are the gathered pieces a whole bundle, and the right one?  If not, why: in
 * words, and as a code.
 */
#include "log/gather.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/digest.h"
#include "base/msg.h"
#include "log/decompress.h"
#include "log/pieces.h"

enum {
	WHOLE_DAMAGE = 8 /* characters of a digest that damage may change */
};

/* ------------------------------------------------------------------- words */

/* Tell people how to get what is missing. */
static void
whole_say_fetch(const struct gather *g)
{
	char list[RANGES_TEXT];

	msg_line(
	    "fetch again in a pod of the image, and give both logs: unpack --format jsonl --parts %s",
	    gather_missing_text(g, list));
}

/* Show the report of an `unpack` that failed. */
static void
whole_show_report(const struct notes *n)
{
	const char *at = n->report, *end;
	char shown[MSG_NAME];

	for (; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		msg_line("  %s",
		    msg_mask_mem(shown, sizeof shown, at, (size_t)(end - at)));
	}
	if (n->report_more > 0)
		msg_line("  and %" PRIu64 " more lines", n->report_more);
}

int
gather_report(struct gather *g, const char *name, const char *text, size_t len)
{
	struct notes_line line = {.len = 0};

	notes_add_text(&g->is.notes, &line, text, len);
	notes_end_line(&g->is.notes, &line);
	if (g->is.notes.report == NULL)
		return -1;
	g->is.why = GATHER_REPORT;
	msg_warn(0, "%s: unpack failed in the pod, and reported:", name);
	whole_show_report(&g->is.notes);
	return 0;
}

const char *
gather_reason(const struct gather *g)
{
	static const char *const codes[] = {
	    [GATHER_EMPTY] = "LogEmpty",
	    [GATHER_KUBECTL] = "KubectlError",
	    [GATHER_FOREIGN] = "NotABundle",
	    [GATHER_MISSING] = "PartsMissing",
	    [GATHER_SEVERAL] = "SeveralBundles",
	    [GATHER_OTHER] = "DigestMismatch",
	    [GATHER_TOO_LARGE] = "BundleTooLarge",
	};

	return g->is.why == GATHER_REPORT ? notes_report_reason(&g->is.notes)
	                                  : codes[g->is.why];
}

/* The bundle is another one than the one that is expected. */
static enum wire_exit
whole_say_other(struct gather *g, const char *digest)
{
	g->is.why = GATHER_OTHER;
	g->is.again = true;
	if (!g->tell)
		return WIRE_CORRUPT;
	msg_warn(0, "the bundle is %s, but %s says %s", digest,
	    g->opts.expect == g->witness.digest ? "the termination message"
	                                        : "--expect-digest",
	    g->opts.expect);
	/* of the right one: the log of another pod, or of an image before */
	whole_say_fetch(g);
	return WIRE_CORRUPT;
}

/* The logs are of several bundles. */
static enum wire_exit
whole_say_several(struct gather *g)
{
	const char *log = g->names[g->conflict[0] - 1], *digest;
	bool two = g->conflict[0] != g->conflict[1];
	size_t i;

	g->is.why = GATHER_SEVERAL;
	if (!g->tell)
		return WIRE_CORRUPT;
	msg_warn(0,
	    "logs of more than one bundle: %s%s%s; give those of one bundle",
	    log, two ? " and " : "", two ? g->names[g->conflict[1] - 1] : "");
	for (i = 0; (digest = gather_bundle(g, i, &log)) != NULL; i++)
		msg_line("  %s in %s", digest, log);
	/* it may be that only the last line is damaged */
	if (g->is.again)
		whole_say_fetch(g);
	return WIRE_CORRUPT;
}

/*
 * Nothing of a bundle was seen: say what was, and note it.  Is that known?
 */
static bool
whole_say_foreign(struct gather *g)
{
	const struct notes *n = &g->is.notes;
	const char *logs = g->logs == 1 ? g->names[0] : "these logs";
	char shown[512];

	if (n->report != NULL) {
		g->is.why = GATHER_REPORT;
		msg_warn(0,
		    "no bundle in %s: unpack failed in the pod, and reported:",
		    logs);
		whole_show_report(n);
	} else if (n->kubectl[0] != '\0') {
		g->is.why = GATHER_KUBECTL;
		msg_warn(0, "no bundle in %s: it has an error of kubectl: %s",
		    logs, msg_mask(shown, sizeof shown, n->kubectl));
	} else if (n->texts == 0) {
		g->is.why = GATHER_EMPTY;
		msg_warn(0, "no bundle in %s: %s", logs,
		    n->nul ? "nothing but NUL bytes" : "it is empty");
		msg_line(
		    "the container has written nothing, or this is the log of another container; try: kubectl logs POD -c bundle; kubectl describe pod POD shows what happened to the pod");
	} else if (n->binary != NULL) {
		g->is.why = GATHER_FOREIGN;
		msg_warn(0, "no bundle in %s: it is not a log, but %s", logs,
		    n->binary);
	} else if (n->other[0] != '\0') {
		g->is.why = GATHER_FOREIGN;
		msg_warn(0, "no bundle in %s: it is something else: %s", logs,
		    msg_mask(shown, sizeof shown, n->other));
	}
	return g->is.why != GATHER_FINE;
}

/* Parts are missing: say which. */
static enum wire_exit
whole_say_missing(struct gather *g)
{
	const struct gather_result *is = &g->is;

	g->is.why = GATHER_MISSING;
	if (!g->tell)
		return WIRE_CORRUPT;
	if (is->notes.report != NULL) {
		msg_warn(0, "unpack failed in the pod, and reported:");
		whole_show_report(&is->notes);
	}
	if (is->again)
		msg_warn(0,
		    "the parts belong to another bundle, or to several bundles");
	else if (is->have == 0 && is->total == 0)
		msg_warn(0, "there is no whole bundle in %s",
		    g->logs == 1 ? "this log" : "these logs");
	else if (is->total == 0)
		msg_warn(0,
		    "%" PRIu64 " part%s there, the last line is missing",
		    is->have, is->have == 1 ? " is" : "s are");
	else
		msg_warn(0, "%" PRIu64 " of %" PRIu64 " parts are missing",
		    is->total - is->have, is->total);
	whole_say_fetch(g);
	return WIRE_CORRUPT;
}

/* ------------------------------------------------------------------- parts */

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

/*
 * The digest of what g->is.format, g->line and g->is.total say, or of the tar
 * in it.  Returns 1; 0: it is damaged, or larger than max_size; or -1
 * (reported).
 */
static int
whole_sum(struct gather *g, bool tar, char digest[static DIGEST_TEXT])
{
	struct decompress *z = NULL;
	struct digest sum;
	const void *data;
	uint64_t all = 0;
	ssize_t n;

	gather_rewind(g);
	if (tar && g->is.format != GATHER_TAR) {
		z = malloc(sizeof *z);
		if (z == NULL || decompress_open(z, gather_pull, g) < 0) {
			free(z);
			return -1;
		}
	}
	digest_init(&sum);
	while ((n = z != NULL ? decompress_pull(z, &data)
	                      : gather_pull(g, &data)) > 0) {
		all += (uint64_t)n;
		if (tar && all > g->opts.max_size)
			break;
		digest_add(&sum, data, (size_t)n);
	}
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

/* Are the parts what w describes?  Returns 1, 0, or -1 (reported). */
static int
whole_try_parts(struct gather *g, const struct decode_piece *w)
{
	const char *expect = g->opts.expect;
	char digest[DIGEST_TEXT];
	uint64_t size;

	if (!whole_is_complete(g, w, &size))
		return 0;
	g->is.again = true;
	if (size != w->size ||
	    (expect != NULL && strcmp(expect, w->digest) != 0))
		return 0;
	g->is.format = GATHER_JSONL;
	g->is.total = w->parts;
	if (whole_sum(g, false, digest) < 0)
		return -1;
	if (strcmp(digest, w->digest) != 0)
		return 0;
	g->is.whole = *w;
	g->is.verified = true;
	g->is.again = false;
	return 1;
}

/* Find a description that the parts fit.  Returns 1, 0, or -1 (reported). */
static int
whole_judge_parts(struct gather *g)
{
	struct decode_piece guess = {.parts = g->n_parts, .size = g->is.bytes};
	size_t i, trailers = 0;
	int status = 0;

	for (i = 0; i < g->n_wholes && status == 0; i++)
		if (g->wholes[i].format == GATHER_JSONL) {
			trailers++;
			status = whole_try_parts(g, &g->wholes[i].said);
		}
	if (status != 0 || g->opts.expect == NULL || trailers > 0)
		return status;
	/* the last line is lost, but the digest of the whole is known */
	guess.entries = g->witness.entries;
	memcpy(guess.digest, g->opts.expect, sizeof guess.digest);
	status = whole_try_parts(g, &guess);
	if (status == 0)
		g->is.again = false;
	return status;
}

/* --------------------------------------------------------- several bundles */

/*
 * A json line's tar.gz is the parts in order: are there parts beside one that
 * do not stand in it?  Returns 0, or -1 (reported).
 */
static int
whole_compare_parts(struct gather *g)
{
	const struct pieces_whole *line = g->line;
	const struct pieces_part *p = g->parts, *end;
	const char *map, *at, *found;

	if (line == NULL || line->bare || g->n_parts == 0)
		return 0;
	end = p + g->n_parts;
	map = mmap(NULL, (size_t)g->end, PROT_READ, MAP_PRIVATE, g->fd, 0);
	if (map == MAP_FAILED) {
		msg_warn(errno, "read a temporary file");
		return -1;
	}
	for (at = map + line->at; p < end; p++) {
		if (p->size == 0)
			continue;
		found = memmem(at,
		    (size_t)(map + line->at + line->said.size - at),
		    map + p->at, (size_t)p->size);
		if (found != NULL)
			at = found + p->size;
		else
			gather_note_conflict(g, line->log, p->log);
	}
	(void)munmap((void *)(uintptr_t)map, (size_t)g->end);
	return 0;
}

/*
 * Are there logs of more than one bundle?  Notes which.  Returns 0, or -1
 * (reported).
 */
static int
whole_find_conflict(struct gather *g)
{
	const struct pieces_whole *a, *b, *end = g->wholes + g->n_wholes;
	size_t i, n;

	for (a = g->wholes; a < end; a++) {
		if (a->log == 0)
			continue;
		/*
		 * A damaged last line has a digest that is wrong in a few
		 * places; those of two bundles agree in a few.
		 */
		for (b = a + 1; b < end; b++) {
			for (i = n = 0; i < DIGEST_TEXT; i++)
				n += a->said.digest[i] != b->said.digest[i];
			if (b->log != 0 && !a->bare && !b->bare &&
			    n > WHOLE_DAMAGE)
				gather_note_conflict(g, a->log, b->log);
		}
		if (a->said.parts != 0 && a->said.parts < g->n_parts)
			gather_note_conflict(g, a->log,
			    g->parts[g->n_parts - 1].log);
	}
	return g->conflict[0] != 0 ? 0 : whole_compare_parts(g);
}

/*
 * There is a bundle: are other archives, which have no digest of their own, of
 * the same, that is of the same tar?  Returns 0, or -1 (reported).
 */
static int
whole_compare_bare(struct gather *g)
{
	const struct pieces_whole *const line = g->line;
	const enum gather_format format = g->is.format;
	const struct pieces_whole *w, *own = NULL, *end;
	char tar[DIGEST_TEXT] = "", other[DIGEST_TEXT];
	int ret = 1;

	end = g->wholes + g->n_wholes;
	for (w = g->wholes; w < end; w++)
		if (strcmp(w->said.digest, g->is.whole.digest) == 0)
			own = w;
	for (w = g->wholes; own != NULL && w < end && ret >= 0; w++) {
		if (!w->bare || strcmp(w->said.digest, own->said.digest) == 0)
			continue;
		if (tar[0] == '\0')
			ret = whole_sum(g, true, tar);
		if (ret <= 0)
			break;
		g->line = w;
		g->is.format = w->format;
		ret = whole_sum(g, true, other);
		g->line = line;
		g->is.format = format;
		if (ret > 0 && strcmp(tar, other) != 0)
			gather_note_conflict(g, own->log, w->log);
		ret = ret == 0 ? 1 : ret;
	}
	return ret < 0 ? -1 : 0;
}

/* ----------------------------------------------------------------- verdict */

/* Say why there is no bundle. */
static enum wire_exit
whole_complain(struct gather *g)
{
	const char *expect = g->opts.expect, *other = NULL;
	const struct pieces_whole *w, *end = g->wholes + g->n_wholes;
	bool wanted = expect == NULL;
	uint64_t size;
	size_t i;

	for (w = g->wholes; w < end; w++) {
		/* the one to complete: what is expected, or else the latest */
		if (w->format == GATHER_JSONL &&
		    (expect == NULL || strcmp(expect, w->said.digest) == 0))
			g->is.total = w->said.parts;
		if (w->log == 0 || expect == NULL)
			continue;
		if (strcmp(expect, w->said.digest) == 0)
			wanted = true;
		else if (other == NULL &&
		    (w->format != GATHER_JSONL ||
		        whole_is_complete(g, &w->said, &size)))
			other = w->said.digest;
	}
	if (!wanted && other != NULL)
		return whole_say_other(g, other);
	/* all parts are there: if of several logs, then of several bundles */
	for (i = 0; g->is.again && i < g->n_parts; i++)
		for (w = g->wholes; w < end; w++)
			if (g->parts[i].size != 0 && w->log != 0 &&
			    w->log != g->parts[i].log)
				gather_note_conflict(g, w->log,
				    g->parts[i].log);
	if (g->conflict[0] != 0)
		return whole_say_several(g);
	if (g->is.have > 0 || g->is.total > 0 || g->is.again ||
	    (g->is.damaged > 0 && g->is.notes.binary == NULL) || !g->tell ||
	    !whole_say_foreign(g))
		return whole_say_missing(g);
	return g->is.why == GATHER_REPORT &&
	        strncmp(gather_reason(g), "Bundle", 6) == 0
	    ? WIRE_BUNDLE
	    : WIRE_CORRUPT;
}

/* Is there a last line of other parts than those of g->line? */
static bool
whole_is_open(const struct gather *g)
{
	const struct pieces_whole *w = g->wholes, *end = w + g->n_wholes;

	for (; w < end; w++)
		if (w->log != 0 && w->format == GATHER_JSONL &&
		    strcmp(w->said.digest, g->line->said.digest) != 0)
			return true;
	return false;
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
	const struct decode_piece *said = &g->witness, *found = &g->is.whole;
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
	if (other) {
		g->is.why = GATHER_OTHER;
		return WIRE_CORRUPT;
	}
	/* what the log does not say, what comes out must have */
	if (g->is.whole.entries == 0)
		g->is.whole.entries = said->entries;
	return WIRE_OK;
}

enum wire_exit
gather_judge(struct gather *g, bool tell)
{
	const struct pieces_whole *line = g->line;
	const char *expect = g->opts.expect;
	int parts = 0;

	progress_clear(g->opts.progress);
	g->tell = tell;
	if (gather_end_text(g) < 0 || whole_find_conflict(g) < 0)
		return WIRE_FAIL;
	g->is.why = GATHER_FINE;
	if (g->conflict[0] != 0)
		return whole_say_several(g);
	g->is.verified = line != NULL && line->verified;
	if (!g->is.verified)
		parts = whole_judge_parts(g);
	if (parts < 0)
		return WIRE_FAIL;
	if (parts == 0 && !g->is.verified &&
	    (line == NULL || g->n_parts > 0 || whole_is_open(g))) {
		if (!g->over)
			return whole_complain(g);
		g->is.why = GATHER_TOO_LARGE;
		msg_warn(0,
		    "the bundle is larger than --max-size allows: %" PRIu64
		    " bytes",
		    g->opts.max_size);
		return WIRE_BUNDLE;
	}
	if (parts == 0) {
		/* a json line, or an archive: is it what is expected? */
		g->is.format = line->format;
		g->is.whole = line->said;
		if (expect != NULL && strcmp(expect, line->said.digest) != 0)
			return whole_say_other(g, line->said.digest);
		gather_rewind(g);
	}
	if (g->n_wholes > 1 && whole_compare_bare(g) < 0)
		return WIRE_FAIL;
	return g->conflict[0] != 0 ? whole_say_several(g)
	                           : whole_judge_witness(g);
}
