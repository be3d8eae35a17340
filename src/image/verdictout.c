/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints a verdict: for people as text, for programs as JSON.
 */
#include "image/verdictout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "base/quote.h"
#include "base/result.h"
#include "image/fixes.h"
#include "wire.h"

enum {
	SHOWN_MAX = 10, /* paths of one group, in text */
	NAME_MAX_SHOWN = 512 /* bytes of an image's name */
};

/* What the image is called, masked, in buf[NAME_MAX_SHOWN]. */
static const char *
verdictout_name(char *buf, const struct verdict *v,
    const struct verdictout_opts *opts)
{
	const char *name = opts->name;

	if (name == NULL && strcmp(opts->given, "-") == 0)
		name = v->image.name != NULL ? v->image.name : "standard input";
	return msg_mask(buf, NAME_MAX_SHOWN, name != NULL ? name : opts->given);
}

/* The line that made the layer, or all its lines where it is not known which.
 */
static const char *
verdictout_line(const struct verdict *v, size_t step, unsigned int layer,
    char to[static FIXES_LINE])
{
	return history_text(&v->history, step, layer, to, FIXES_LINE);
}

/* The step that made a note's path. */
static size_t
verdictout_step(const struct verdict *v, const struct verdict_note *n)
{
	return n->path != NULL ? history_find(&v->history, n->layer, n->path)
	                       : 0;
}

/* Does all of it fit into a log as one line? */
static bool
fits(const struct verdict *v, const struct verdictout_opts *opts)
{
	return measure_log(v->size.json, 1) <= opts->log_limit;
}

/* -------------------------------------------------------------------- text */

/* What a text is being written to. */
struct telling {
	FILE *to;
	struct verdict *v;
	const struct verdictout_opts *opts;
};

static const char *
sgr(const struct telling *t, enum term_colour colour)
{
	return term_sgr(&t->opts->term, colour);
}

static void
tell_verdict(const struct telling *t)
{
	const struct verdict *v = t->v;
	bool good = verdict_is_good(v), works = v->report.reason == REPORT_OK;
	char name[NAME_MAX_SHOWN];

	(void)fprintf(t->to, "%s%s%s with restricted namespaces",
	    sgr(t,
	        good        ? TERM_GREEN
	            : works ? TERM_YELLOW
	                    : TERM_RED),
	    works ? "compatible" : "not compatible", sgr(t, TERM_PLAIN));
	if (!good && works)
		(void)fprintf(t->to, ", but with %u warning%s", v->warnings,
		    v->warnings == 1 ? "" : "s");
	(void)fprintf(t->to, ": %s", verdictout_name(name, v, t->opts));
	if (!works)
		(void)fprintf(t->to, ": %s", v->report.message);
	(void)fputc('\n', t->to);
}

static void
tell_layer(const struct telling *t, const struct fixes_group *g)
{
	const struct verdict *v = t->v;
	char text[FIXES_LINE];
	const char *what = g->hidden ? "Covered by mounts of the runtime"
	                             : "Not readable";

	if (g->layer == 0) {
		(void)fprintf(t->to, "\n%s%s%s:\n", sgr(t, TERM_BOLD), what,
		    sgr(t, TERM_PLAIN));
		return;
	}
	(void)verdictout_line(v, g->step, g->layer, text);
	if (*text == '\0')
		(void)fprintf(t->to, "\n%s%s%s, from layer %u:\n",
		    sgr(t, TERM_BOLD), what, sgr(t, TERM_PLAIN), g->layer);
	else
		(void)fprintf(t->to, "\n%s%s%s, from %s%s (layer %u%s):\n",
		    sgr(t, TERM_BOLD), what, sgr(t, TERM_PLAIN),
		    g->step == 0 ? "one of " : "", text, g->layer,
		    history_count(&v->history, g->layer) > 1
		        ? ", squashed by the builder"
		        : "");
}

/* How many there are below a directory that will not be seen. */
static uint64_t
count_below(const struct node *top)
{
	const struct node *n;
	uint64_t count = 0;

	for (n = top->child; n != NULL; n = tree_next(top, n))
		count++;
	return count;
}

static void
tell_finding(FILE *to, const struct verdict_finding *f)
{
	const struct inode *i = f->node->inode;
	char path[TREE_PATH], masked[MSG_NAME];
	uint64_t below = count_below(f->node);
	bool dir = S_ISDIR(i->mode);

	quote_name(masked, sizeof masked, tree_path(f->node, path));
	if (f->rule == FINDING_HIDDEN) {
		(void)fprintf(to,
		    "  %s: a symlink in the image moves a mount here\n",
		    masked);
		return;
	}
	(void)fprintf(to, "  %s%s: mode %04o, owner %ju:%ju", masked,
	    dir ? "/" : "", (unsigned int)(i->mode & 07777), (uintmax_t)i->uid,
	    (uintmax_t)i->gid);
	if (dir && below > 0)
		(void)fprintf(to, "; hides %" PRIu64 " more path%s below",
		    below, below == 1 ? "" : "s");
	(void)fputc('\n', to);
}

static void
tell_group(const struct telling *t, const struct fixes_group *g)
{
	const struct verdict *v = t->v;
	size_t i, shown = 0;

	tell_layer(t, g);
	for (i = g->first; i != VERDICT_NONE && shown < SHOWN_MAX;
	     i = v->findings[i].next, shown++)
		tell_finding(t->to, &v->findings[i]);
	if (g->n > shown)
		(void)fprintf(t->to, "  and %zu more\n", g->n - shown);
	(void)fprintf(t->to, "%sfix:%s %s\n", sgr(t, TERM_BOLD),
	    sgr(t, TERM_PLAIN), g->command);
	if (g->chmod != NULL)
		fprintf(t->to,
		    "     run this on the source files and rebuild, or use COPY --chmod=%s\n",
		    g->chmod);
}

static void
tell_note(const struct telling *t, const struct verdict_note *n)
{
	char text[FIXES_LINE];

	(void)fprintf(t->to, "\n%s%s%s: %s",
	    sgr(t, n->severity == CODES_ERROR ? TERM_RED : TERM_YELLOW),
	    codes_severity_name(n->severity), sgr(t, TERM_PLAIN), n->message);
	if (n->count > 1)
		(void)fprintf(t->to, " (and %" PRIu64 " more)", n->count - 1);
	if (n->layer > 0) {
		(void)verdictout_line(t->v, verdictout_step(t->v, n), n->layer,
		    text);
		(void)fprintf(t->to, "; layer %u%s%s", n->layer,
		    *text != '\0' ? ": " : "", text);
	}
	(void)fprintf(t->to, " [%s]\n", n->code);
	if (n->fix != NULL)
		(void)fprintf(t->to, "%sfix:%s %s\n", sgr(t, TERM_BOLD),
		    sgr(t, TERM_PLAIN), n->fix);
}

static void
tell_notes(const struct telling *t, enum codes_severity severity)
{
	const struct verdict *v = t->v;
	size_t i;

	for (i = 0; i < v->n_notes; i++)
		if (v->notes[i].severity == severity)
			tell_note(t, &v->notes[i]);
}

/* What needs no fix, in as few lines. */
static void
tell_quietly(const struct telling *t)
{
	const struct verdict *v = t->v;
	size_t i;

	for (i = 0; i < v->n_notes; i++)
		if (v->notes[i].severity == CODES_NOTE)
			(void)fprintf(t->to, "%snote: %s [%s]%s\n",
			    sgr(t, TERM_DIM), v->notes[i].message,
			    v->notes[i].code, sgr(t, TERM_PLAIN));
}

static const char *
verdictout_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void
tell_size(const struct telling *t)
{
	const struct verdict *v = t->v;
	const struct report *r = &v->report;
	uint64_t links = r->skipped[CONTENT_SYMLINK];
	char who[256];

	if (v->refused)
		return;
	(void)fputc('\n', t->to);
	if (v->n_findings == 0)
		(void)fprintf(t->to,
		    "%" PRIu64 " %s: %" PRIu64 " file%s of %" PRIu64
		    " byte%s, %" PRIu64 " director%s, %" PRIu64
		    " symlink%s; all can be read by %s\n",
		    r->entries, r->entries == 1 ? "entry" : "entries", r->files,
		    verdictout_plural(r->files), r->bytes,
		    verdictout_plural(r->bytes), r->directories,
		    r->directories == 1 ? "y" : "ies", links,
		    verdictout_plural(links),
		    finding_who_text(who, sizeof who, &v->user.who));
	if (!v->measured)
		return;
	(void)fprintf(t->to,
	    "stream%s: json %s%" PRIu64 " bytes, jsonl %" PRIu64
	    " bytes in %" PRIu64 " part%s; use --format=%s\n",
	    v->n_findings > 0 ? " (once all can be read, about)" : "",
	    links > 0 && v->n_findings == 0 ? "about " : "", v->size.json,
	    v->size.jsonl, v->size.parts, verdictout_plural(v->size.parts),
	    fits(v, t->opts) ? "json" : "jsonl");
}

/* All of it; lines are not wrapped. */
static void
tell_all(const struct telling *t, struct fixes_group *g)
{
	bool more = t->opts->verbose || t->v->warnings > 0 ||
	    t->v->report.reason != REPORT_OK;

	tell_verdict(t);
	tell_notes(t, CODES_ERROR);
	while (fixes_next(t->v, g))
		tell_group(t, g);
	tell_notes(t, CODES_WARNING);
	/* all is well: that is all */
	if (more)
		tell_size(t);
	if (more && t->opts->how != NULL && *t->opts->how != '\0')
		fprintf(t->to, "read with: %s\n", t->opts->how);
	if (more)
		tell_quietly(t);
	if (t->v->ignored > 0)
		(void)fprintf(t->to, "%" PRIu64 " finding%s ignored\n",
		    t->v->ignored, verdictout_plural(t->v->ignored));
}

char *
verdictout_text(struct verdict *v, const struct verdictout_opts *opts)
{
	struct fixes_group *g = calloc(1, sizeof *g);
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct telling t = {f, v, opts};
	bool whole = g != NULL && f != NULL;

	if (whole)
		tell_all(&t, g);
	if (f != NULL && fclose(f) != 0)
		whole = false;
	free(g);
	if (whole)
		return text;
	free(text);
	msg_nomem();
	return NULL;
}

/* -------------------------------------------------------------------- JSON */

static void
add_layer(struct json *o, const struct verdict *v, size_t step,
    unsigned int layer)
{
	char text[FIXES_LINE];

	if (layer == 0)
		return;
	json_add_uint(o, "layer", layer);
	json_add_string(o, "history", verdictout_line(v, step, layer, text));
}

/* What the runtimes say to an entry that one of them refuses. */
static void
add_answers(struct json *o, const struct verdict_note *n)
{
	static const char *const names[] = {"containerd", "podman"};
	struct json *runtimes;
	int i;

	if (n->answers[0] == NULL && n->answers[1] == NULL)
		return;
	runtimes = json_add_object(o, "runtimes");
	for (i = 0; i < EXTRACT_RUNTIMES; i++)
		if (n->answers[i] != NULL)
			json_add_string(runtimes, names[i],
			    *n->answers[i] != '\0' ? n->answers[i] : "ok");
}

static struct json *
note_object(const struct verdict *v, const struct verdict_note *n)
{
	struct json *o = json_new_object();
	char masked[MSG_NAME];

	json_add_string(o, "severity", codes_severity_name(n->severity));
	json_add_string(o, "code", n->code);
	if (n->path != NULL)
		json_add_string(o, "path",
		    msg_mask(masked, sizeof masked, n->path));
	json_add_string(o, "message", n->message);
	if (n->fix != NULL)
		json_add_string(o, "fix", n->fix);
	json_add_uint(o, "count", n->count);
	add_answers(o, n);
	add_layer(o, v, verdictout_step(v, n), n->layer);
	return o;
}

/* Add what the image's history knows of a finding. */
static void
add_origin(struct json *o, const struct verdict *v,
    const struct verdict_finding *f)
{
	char path[TREE_PATH], fix[MSG_NAME + 128];
	struct finding alone = {.rule = f->rule,
	    .blocker = path,
	    .copied_alone = true};

	json_add_string(o, "severity", "error");
	add_layer(o, v, f->step, f->node->layer);
	if (v->groups[f->node->layer][f->rule == FINDING_HIDDEN].directories)
		return;
	tree_path(f->node, path);
	(void)json_set(o, "fix",
	    json_new_string(finding_fix(fix, sizeof fix, &alone)));
}

/* Give the findings their layers, and put the other errors before them. */
static void
verdictout_add_findings(struct json *o, const struct verdict *v)
{
	struct json *all = json_get(o, "findings"), *one;
	size_t i = 0;

	for (one = json_first(all); one != NULL && i < v->n_findings;
	     one = json_next(one))
		add_origin(one, v, &v->findings[i++]);
	for (i = v->n_notes; i > 0; i--)
		if (v->notes[i - 1].severity == CODES_ERROR)
			(void)json_add_first(all,
			    note_object(v, &v->notes[i - 1]));
}

static void
add_notes(struct json *o, const struct verdict *v)
{
	struct json *all = json_add_array(o, "warnings");
	size_t i;

	for (i = 0; i < v->n_notes; i++)
		if (v->notes[i].severity != CODES_ERROR)
			(void)json_add(all, NULL, note_object(v, &v->notes[i]));
	json_add_uint(o, "ignored", v->ignored);
}

static void
add_fixes(struct json *o, struct verdict *v)
{
	struct json *all = json_add_array(o, "fixes"), *one;
	struct fixes_group *g = calloc(1, sizeof *g);

	if (g == NULL) {
		json_spoil(o);
		return;
	}
	while (fixes_next(v, g)) {
		one = json_add_object(all, NULL);
		add_layer(one, v, g->step, g->layer);
		json_add_uint(one, "findings", g->n);
		json_add_string(one, "command", g->command);
		if (g->chmod != NULL)
			json_add_string(one, "chmod", g->chmod);
	}
	free(g);
}

static void
add_size(struct json *o, const struct verdict *v,
    const struct verdictout_opts *opts)
{
	struct json *size;

	if (!v->measured)
		return;
	size = json_add_object(o, "size");
	json_add_uint(size, "json", v->size.json);
	json_add_uint(size, "jsonl", v->size.jsonl);
	json_add_uint(size, "tar", v->size.tar);
	json_add_uint(size, "targz", v->size.targz);
	json_add_uint(size, "parts", v->size.parts);
	json_add_uint(size, "jsonTargz", v->size.targz);
	if (v->n_findings == 0) {
		json_add_string(size, "digest", v->size.digest);
		/* json leaves symlinks out */
		if (v->report.skipped[CONTENT_SYMLINK] == 0)
			json_add_string(size, "jsonDigest", v->size.digest);
	}
	json_add_bool(size, "exact", v->n_findings == 0);
	size = json_add_object(o, "logLimit");
	json_add_uint(size, "limit", opts->log_limit);
	json_add_uint(size, "need", measure_log(v->size.json, 1));
	json_add_string(size, "format", fits(v, opts) ? "json" : "jsonl");
}

/* Warnings alone make it a failure: say so where the report says ok. */
static void
add_strictness(struct json *o, const struct verdict *v)
{
	char text[64];

	if (verdict_is_good(v) || v->report.reason != REPORT_OK)
		return;
	(void)snprintf(text, sizeof text, "%u warning%s", v->warnings,
	    verdictout_plural(v->warnings));
	(void)json_set(o, "result", json_new_string("failed"));
	(void)json_set(o, "exit", json_new_number(WIRE_BUNDLE));
	(void)json_set(o, "reason", json_new_string("Warnings"));
	(void)json_set(o, "message", json_new_string(text));
}

/* Which image it is, where it says. */
static void
add_identity(struct json *o, const struct image *img)
{
	char platform[128], shown[NAME_MAX_SHOWN];

	if (img->name != NULL)
		json_add_string(o, "name",
		    msg_mask(shown, sizeof shown, img->name));
	if (img->digest[0] != '\0')
		json_add_string(o, "digest", img->digest);
	if (img->id[0] != '\0')
		json_add_string(o, "imageID", img->id);
	if (img->config == NULL)
		return;
	(void)snprintf(platform, sizeof platform, "%s/%s", img->os, img->arch);
	json_add_string(o, "platform", msg_mask(shown, sizeof shown, platform));
}

struct json *
verdictout_object(struct verdict *v, const struct verdictout_opts *opts)
{
	struct json *o = report_object(&v->report);
	char name[NAME_MAX_SHOWN];

	add_strictness(o, v);
	json_add_string(o, "image", verdictout_name(name, v, opts));
	json_add_string(o, "file", msg_mask(name, sizeof name, opts->given));
	if (opts->how != NULL && *opts->how != '\0')
		json_add_string(o, "readWith", opts->how);
	add_identity(o, &v->image);
	verdictout_add_findings(o, v);
	add_notes(o, v);
	add_fixes(o, v);
	add_size(o, v, opts);
	return o;
}
