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
#include "base/names.h"
#include "base/quote.h"
#include "base/result.h"
#include "bundle/codes.h"
#include "image/acl.h"
#include "wire.h"

enum {
	SHOWN_MAX = 10, /* paths of one group */
	COMMAND = 4096, /* bytes of a fix */
	NAME_MAX_SHOWN = 512 /* bytes of an image's name */
};

/* -------------------------------------------------------------------- fixes */

/* The child of the root on the way to n. */
static const struct node *
top_of(const struct node *n)
{
	while (n->parent != NULL && n->parent->parent != NULL)
		n = n->parent;
	return n;
}

/* Add " PATH", as a shell wants it.  Returns 0, or -1: there is no room. */
static int
fix_add_path(char *command, const struct node *n)
{
	char path[TREE_PATH];
	size_t at = strlen(command), room = COMMAND - at - 1;

	if (room < 2 ||
	    quote_path(command + at + 1, room, tree_path(n, path)) == NULL) {
		command[at] = '\0';
		return -1;
	}
	command[at] = ' ';
	return 0;
}

/*
 * "chmod -R a+rX" of what f[0..n) have in common below each of the root's
 * children, into command[COMMAND]; of all, where that is too long to print.
 * Returns how many of them are of the bundle.
 */
static size_t
fix_make_chmod(const struct verdict *v, char *command,
    const struct verdict_finding *f, size_t n)
{
	static const char recursive[] = "chmod -R a+rX";
	/* registry+v1 and plain bundles, catalogs, charts */
	static const char *const tops[] = {"manifests", "metadata", "tests",
	    "configs", "Chart.yaml", "values.yaml", "templates", "crds",
	    "charts", NULL};
	const struct node *all = NULL, *one;
	size_t parts = 0;
	bool fits = true;

	memcpy(command, recursive, sizeof recursive);
	for (; n > 0; n--, f++) {
		one = f->node;
		/* of the bundle, rather than of a base image? */
		if (v->on_base && !names_one_of(top_of(one)->name, tops))
			continue;
		parts++;
		if (all != NULL && top_of(all) != top_of(one)) {
			fits = fits && fix_add_path(command, all) == 0;
			all = NULL;
		}
		/* the deepest that is both, or above them: of two, the one with
		 * the longer path is not above the other */
		while (all != NULL && all != one)
			if (all->path_len > one->path_len)
				all = all->parent;
			else
				one = one->parent;
		all = one;
	}
	if (all == NULL)
		return 0;
	if (parts == 1 && S_ISREG(all->inode->mode))
		strcpy(command, "chmod a+r");
	if (!fits || fix_add_path(command, all) < 0)
		snprintf(command, COMMAND, "%s .", recursive);
	return parts;
}

/* A path, and how many there are below a directory that hides them. */
static void
fix_add_line(struct json *paths, const struct verdict_finding *f)
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

/*
 * Add the fix of f[0..n), which are of one layer and of one kind; alone: all
 * are files that are copied as such, so that no directory gets their mode.
 */
static void
add_fix(struct json *all, const struct verdict *v,
    const struct verdict_finding *f, size_t n, bool alone)
{
	const struct history *h = &v->history;
	struct finding hidden = {.rule = FINDING_HIDDEN, .blocker = ""};
	struct json *o = json_add_object(all, NULL), *lines;
	unsigned int layer = f->node->layer;
	const char *chmod = alone ? "0644" : "0755";
	const char *what = "Not readable";
	char command[COMMAND], line[HISTORY_LINE];
	size_t i, step = f->step;
	bool acl = false;

	for (i = 0; i < n; i++) {
		step = f[i].step == step ? step : 0;
		acl = acl || acl_counts(f[i].node->inode);
	}
	if (f->rule == FINDING_HIDDEN) {
		what = "Covered by mounts of the runtime";
		finding_fix(command, sizeof command, &hidden);
		chmod = NULL;
	} else if (acl) {
		/* then a file has the mode that was below the mask, and
		 * COPY --chmod leaves the ACL on it */
		strcpy(command, "setfacl -R -b . && chmod -R a+rX .");
		chmod = NULL;
	} else if (fix_make_chmod(v, command, f, n) == 0) {
		strcpy(command, codes_find("full-base-image")->fix);
		chmod = NULL;
	} else if (step > 0 && h->steps[step - 1].sets_mode) {
		snprintf(command, sizeof command,
		    "change --chmod of that line so that everybody can read: COPY --chmod=%s",
		    chmod);
		chmod = NULL;
	}
	history_text(h, step, layer, line, sizeof line);
	if (layer == 0)
		json_add_string(o, "title", what);
	else if (*line == '\0')
		json_add_format(o, "title", "%s, from layer %u", what, layer);
	else
		json_add_format(o, "title", "%s, from %s%s (layer %u%s)", what,
		    step == 0 ? "one of " : "", line, layer,
		    history_count(h, layer) > 1 ? ", squashed by the builder"
		                                : "");
	lines = json_add_array(o, "lines");
	for (i = 0; i < n && i < SHOWN_MAX; i++)
		fix_add_line(lines, &f[i]);
	history_tell(h, o, step, layer);
	json_add_uint(o, "findings", n);
	json_add_string(o, "command", command);
	if (chmod != NULL)
		json_add_string(o, "chmod", chmod);
}

/* By layer, modes before hidden content, in the order of the bundle. */
static int
compare_findings(const void *a, const void *b)
{
	const struct verdict_finding *x = a, *y = b;
	bool hidden = x->rule == FINDING_HIDDEN;

	if (x->node->layer != y->node->layer)
		return x->node->layer < y->node->layer ? -1 : 1;
	if (hidden != (y->rule == FINDING_HIDDEN))
		return hidden ? 1 : -1;
	return x->number < y->number ? -1 : 1;
}

/* Put the findings into groups, each with a fix.  Owned. */
static struct json *
make_fixes(struct verdict *v)
{
	struct json *all = json_new_array();
	struct verdict_finding *f = v->findings, *end = f + v->n_findings, *g;
	char path[TREE_PATH];
	bool alone;

	if (v->n_findings > 0)
		qsort(f, v->n_findings, sizeof *f, compare_findings);
	for (; f < end; f = g) {
		alone = true;
		for (g = f; g < end && g->node->layer == f->node->layer &&
		     (g->rule == FINDING_HIDDEN) == (f->rule == FINDING_HIDDEN);
		     g++)
			alone = alone && g->rule == FINDING_FILE_READ &&
			    history_copies_file(&v->history, g->step,
			        tree_path(g->node, path));
		add_fix(all, v, f, (size_t)(g - f), alone);
		for (; f < g; f++)
			if (f->number < v->report.n_findings)
				v->report.findings[f->number]
				    .copied_alone = alone;
	}
	return all;
}

/* ------------------------------------------------------------------- object */

static void
add_size(struct json *o, const struct verdict *v)
{
	bool exact = v->n_findings == 0 && v->unread == 0;
	uint64_t need = measure_log(v->size.json);
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
	json_add_uint(size, "limit", v->opts->log_limit);
	json_add_uint(size, "need", need);
	json_add_string(size, "format",
	    need <= v->opts->log_limit ? "json" : "jsonl");
}

struct json *
verdictout_object(struct verdict *v, const char *given, const char *how)
{
	const struct image *img = &v->image;
	struct json *fixes = make_fixes(v), *o = report_object(&v->report);
	struct json *findings = json_get(o, "findings"), *warnings, *one;
	const char *name = given;
	char shown[64 + sizeof v->report.message], platform[128];
	const struct verdict_finding *f;
	size_t i;

	/* warnings alone make it a failure */
	if (v->opts->strict && v->warnings > 0 &&
	    v->report.reason == REPORT_OK) {
		(void)json_set(o, "result", json_new_string("failed"));
		(void)json_set(o, "exit", json_new_number(WIRE_BUNDLE));
		(void)json_set(o, "reason", json_new_string("Warnings"));
		snprintf(shown, sizeof shown, "%u warning%s; %s", v->warnings,
		    v->warnings == 1 ? "" : "s", v->report.message);
		(void)json_set(o, "message", json_new_string(shown));
	}
	if (img->n_images > 1)
		name = img->name;
	else if (strcmp(given, "-") == 0)
		name = img->name != NULL ? img->name : "standard input";
	json_add_string(o, "image", msg_mask(shown, NAME_MAX_SHOWN, name));
	json_add_string(o, "file", msg_mask(shown, NAME_MAX_SHOWN, given));
	if (how != NULL && *how != '\0')
		json_add_string(o, "readWith", how);
	if (img->name != NULL)
		json_add_string(o, "name",
		    msg_mask(shown, NAME_MAX_SHOWN, img->name));
	if (img->digest[0] != '\0')
		json_add_string(o, "digest", img->digest);
	if (img->id[0] != '\0')
		json_add_string(o, "imageID", img->id);
	if (img->config != NULL) {
		snprintf(platform, sizeof platform, "%s/%s", img->os,
		    img->arch);
		json_add_string(o, "platform",
		    msg_mask(shown, NAME_MAX_SHOWN, platform));
	}
	for (f = v->findings; f < v->findings + v->n_findings; f++) {
		if (f->number >= v->report.n_findings)
			continue;
		one = json_at(findings, f->number);
		json_add_string(one, "severity", "error");
		history_tell(&v->history, one, f->step, f->node->layer);
	}
	warnings = json_add_array(o, "warnings");
	/* what keeps it from starting comes first */
	for (i = v->n_notes; i > 0; i--) {
		one = v->notes[i - 1].object;
		v->notes[i - 1].object = NULL;
		json_add_uint(one, "count", v->notes[i - 1].count);
		(void)json_add_first(v->notes[i - 1].severity == CODES_ERROR
		        ? findings
		        : warnings,
		    one);
	}
	ignores_add(v->opts->ignores, o);
	json_add_uint(o, "ignoredErrors", v->ignored_errors);
	(void)json_add(o, "fixes", fixes);
	add_size(o, v);
	return o;
}
