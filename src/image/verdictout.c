/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict as the object of check.
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
	SHOWN_MAX = 10, /* paths of one group */
	NAME_MAX_SHOWN = 512 /* bytes of an image's name */
};

/* With the line that made it, or all its lines where it is not known which. */
static void
add_layer(struct json *o, const struct verdict *v, size_t step,
    unsigned int layer)
{
	char text[FIXES_LINE];

	if (layer == 0)
		return;
	json_add_uint(o, "layer", layer);
	json_add_string(o, "history",
	    history_text(&v->history, step, layer, text, sizeof text));
}

/* -------------------------------------------------------------------- fixes */

/* What is wrong with the paths of a group, and which line made them. */
static void
add_title(struct json *o, const struct verdict *v, const struct fixes_group *g)
{
	const char *what = g->hidden ? "Covered by mounts of the runtime"
	                             : "Not readable";
	char line[FIXES_LINE];

	history_text(&v->history, g->step, g->layer, line, sizeof line);
	if (g->layer == 0)
		json_add_string(o, "title", what);
	else if (*line == '\0')
		json_add_format(o, "title", "%s, from layer %u", what,
		    g->layer);
	else
		json_add_format(o, "title", "%s, from %s%s (layer %u%s)", what,
		    g->step == 0 ? "one of " : "", line, g->layer,
		    history_count(&v->history, g->layer) > 1
		        ? ", squashed by the builder"
		        : "");
}

/* One of them, and how many there are below a directory that hides them. */
static void
add_path(struct json *paths, const struct verdict_finding *f)
{
	const struct node *n;
	const struct inode *i = f->node->inode;
	char path[TREE_PATH], masked[MSG_NAME], below[64] = "";
	uint64_t count = 0;
	bool dir = S_ISDIR(i->mode);

	quote_name(masked, sizeof masked, tree_path(f->node, path));
	for (n = f->node->child; n != NULL; n = tree_next(f->node, n))
		count++;
	if (dir && count > 0)
		snprintf(below, sizeof below,
		    "; hides %" PRIu64 " more path%s below", count,
		    count == 1 ? "" : "s");
	if (f->rule == FINDING_HIDDEN)
		json_add_format(paths, NULL,
		    "%s: a symlink in the image moves a mount here [%s]",
		    masked, finding_code(f->rule));
	else
		json_add_format(paths, NULL,
		    "%s%s: mode %04o, owner %ju:%ju%s [%s]", masked,
		    dir ? "/" : "", (unsigned int)(i->mode & 07777),
		    (uintmax_t)i->uid, (uintmax_t)i->gid, below,
		    finding_code(f->rule));
}

static struct json *
note_object(const struct verdict *v, const struct verdict_note *n)
{
	static const char *const names[] = {"containerd", "podman"};
	struct json *o = json_new_object(), *runtimes = NULL;
	char masked[MSG_NAME];
	int i;

	json_add_string(o, "severity", codes_severity_name(n->severity));
	json_add_string(o, "code", n->code);
	if (n->path != NULL)
		json_add_string(o, "path",
		    msg_mask(masked, sizeof masked, n->path));
	json_add_string(o, "message", n->message);
	if (n->fix != NULL)
		json_add_string(o, "fix", n->fix);
	json_add_uint(o, "count", n->count);
	/* what they say to an entry that one of them refuses */
	if (n->answers[0] != NULL || n->answers[1] != NULL)
		runtimes = json_add_object(o, "runtimes");
	for (i = 0; i < EXTRACT_RUNTIMES; i++)
		if (n->answers[i] != NULL)
			json_add_string(runtimes, names[i],
			    *n->answers[i] != '\0' ? n->answers[i] : "ok");
	/* the step that made its path */
	add_layer(o, v,
	    n->path != NULL ? history_find(&v->history, n->layer, n->path) : 0,
	    n->layer);
	return o;
}

/*
 * Add what the image's history knows of the findings, and put the other errors
 * before them.
 */
static void
verdictout_add_findings(struct json *o, const struct verdict *v)
{
	struct json *all = json_get(o, "findings"), *one = json_first(all);
	char path[TREE_PATH], fix[MSG_NAME + 128];
	const struct verdict_finding *f = v->findings;
	struct finding alone = {.blocker = path, .copied_alone = true};
	size_t i;

	for (i = 0; one != NULL && i < v->n_findings;
	     one = json_next(one), f++, i++) {
		json_add_string(one, "severity", "error");
		add_layer(one, v, f->step, f->node->layer);
		alone.rule = f->rule;
		if (v->groups[f->node->layer][f->rule == FINDING_HIDDEN]
		        .directories)
			continue;
		tree_path(f->node, path);
		finding_fix(fix, sizeof fix, &alone);
		(void)json_set(one, "fix", json_new_string(fix));
	}
	for (i = v->n_notes; i > 0; i--)
		if (v->notes[i - 1].severity == CODES_ERROR)
			(void)json_add_first(all,
			    note_object(v, &v->notes[i - 1]));
}

static void
add_fixes(struct json *o, struct verdict *v)
{
	struct json *all = json_add_array(o, "fixes"), *one, *paths;
	struct fixes_group *g = calloc(1, sizeof *g);
	size_t i, n;

	if (g == NULL) {
		json_spoil(o);
		return;
	}
	while (fixes_next(v, g)) {
		one = json_add_object(all, NULL);
		add_title(one, v, g);
		paths = json_add_array(one, "lines");
		for (i = g->first, n = 0; i != VERDICT_NONE && n < SHOWN_MAX;
		     i = v->findings[i].next, n++)
			add_path(paths, &v->findings[i]);
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
	bool exact = v->n_findings == 0 && v->unread == 0;
	uint64_t need = measure_log(v->size.json, 1);
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
	if (exact) {
		json_add_string(size, "digest", v->size.digest);
		/* json leaves symlinks out */
		if (v->report.skipped[CONTENT_SYMLINK] == 0)
			json_add_string(size, "jsonDigest", v->size.digest);
	}
	json_add_bool(size, "exact", exact);
	size = json_add_object(o, "logLimit");
	json_add_uint(size, "limit", opts->log_limit);
	json_add_uint(size, "need", need);
	json_add_string(size, "format",
	    need <= opts->log_limit ? "json" : "jsonl");
}

/* Warnings alone make it a failure: say so where the report says ok. */
static void
add_strictness(struct json *o, const struct verdict *v)
{
	char text[64 + sizeof v->report.message];

	if (!v->strict || v->warnings == 0 || v->report.reason != REPORT_OK)
		return;
	snprintf(text, sizeof text, "%u warning%s; %s", v->warnings,
	    v->warnings == 1 ? "" : "s", v->report.message);
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
	snprintf(platform, sizeof platform, "%s/%s", img->os, img->arch);
	json_add_string(o, "platform", msg_mask(shown, sizeof shown, platform));
}

struct json *
verdictout_object(struct verdict *v, const struct verdictout_opts *opts)
{
	struct json *o = report_object(&v->report), *warnings;
	char shown[NAME_MAX_SHOWN];
	const char *name = opts->name;
	size_t i;

	add_strictness(o, v);
	if (name == NULL && strcmp(opts->given, "-") == 0)
		name = v->image.name != NULL ? v->image.name : "standard input";
	json_add_string(o, "image",
	    msg_mask(shown, sizeof shown, name != NULL ? name : opts->given));
	json_add_string(o, "file", msg_mask(shown, sizeof shown, opts->given));
	if (opts->how != NULL && *opts->how != '\0')
		json_add_string(o, "readWith", opts->how);
	add_identity(o, &v->image);
	verdictout_add_findings(o, v);
	warnings = json_add_array(o, "warnings");
	for (i = 0; i < v->n_notes; i++)
		if (v->notes[i].severity != CODES_ERROR)
			(void)json_add(warnings, NULL,
			    note_object(v, &v->notes[i]));
	if (v->ignores != NULL)
		ignores_add(v->ignores, o);
	json_add_uint(o, "ignoredErrors", v->ignored_errors);
	add_fixes(o, v);
	add_size(o, v, opts);
	return o;
}
