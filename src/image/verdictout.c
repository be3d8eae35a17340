/* SPDX-License-Identifier: Apache-2.0 */
#include "image/verdictout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/result.h"
#include "wire.h"

enum {
	SHOWN_MAX = 10, /* paths of one group, in text */
	COMMAND_MAX = 4096, /* bytes of a fix */
	HISTORY_MAX = 160 /* bytes of a history line */
};

/* ------------------------------------------------------------------- fixes */

/* The findings of one layer, and what mends them together. */
struct group {
	unsigned int layer;
	bool hidden; /* of FINDING_HIDDEN; else of modes */
	size_t n; /* findings */
	char command[COMMAND_MAX];
};

/* The child of the root on the way to n. */
static const struct node *
top_of(const struct node *n)
{
	while (n->parent != NULL && n->parent->parent != NULL)
		n = n->parent;
	return n;
}

/* The deepest directory, or else node, that is both, or above them. */
static const struct node *
common(const struct node *a, const struct node *b)
{
	const struct node *n;

	for (; a != NULL; a = a->parent)
		for (n = b; n != NULL; n = n->parent)
			if (n == a)
				return a;
	return NULL;
}

static bool
is_in(const struct verdict *v, size_t i, const struct group *g)
{
	const struct verdict_finding *f = &v->findings[i];

	return f->node->layer == g->layer &&
	    (f->rule == FINDING_HIDDEN) == g->hidden;
}

/* Is it of the bundle, rather than of a base image? */
static bool
is_part(struct verdict *v, const struct node *n)
{
	const char *part, *top = top_of(n)->name;
	size_t i;

	if (!v->on_base)
		return true;
	for (i = 0; (part = verdict_part(v, i)) != NULL; i++)
		if (strcmp(part, top) == 0)
			return true;
	return false;
}

/* " 'PATH'", with the quotes that a shell wants. */
static void
add_path(char *command, const struct node *n)
{
	char path[TREE_PATH], masked[MSG_NAME], *p;
	size_t at = strlen(command);

	(void)msg_mask(masked, sizeof masked, tree_path(n, path));
	if (at + 4 * strlen(masked) + 32 > COMMAND_MAX)
		return;
	if (strspn(masked,
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") ==
	    strlen(masked)) {
		(void)sprintf(command + at, " %s%s",
		    masked[0] == '-' ? "./" : "", masked);
		return;
	}
	at += (size_t)sprintf(command + at, " '");
	for (p = masked; *p != '\0'; p++)
		at += (size_t)sprintf(command + at, "%s%c",
		    *p == '\'' ? "'\\'" : "", *p);
	command[at++] = '\'';
	command[at] = '\0';
}

/*
 * "chmod -R a+rX" of what the group's findings have in common below each of
 * the root's children.
 */
static void
make_chmod(struct verdict *v, struct group *g)
{
	const struct node *n, *all = NULL;
	const char *verb;
	bool one = false;
	size_t i, len;

	g->command[0] = '\0';
	for (i = 0; i < v->n_findings; i++) {
		n = v->findings[i].node;
		if (!is_in(v, i, g) || !is_part(v, n))
			continue;
		one = all == NULL && g->command[0] == '\0';
		if (all != NULL && top_of(all) != top_of(n)) {
			add_path(g->command, all);
			all = NULL;
		}
		all = all == NULL ? n : common(all, n);
	}
	if (all == NULL)
		return;
	add_path(g->command, all);
	verb = one && S_ISREG(all->inode->mode) ? "chmod a+r" : "chmod -R a+rX";
	len = strlen(verb);
	(void)memmove(g->command + len, g->command, strlen(g->command) + 1);
	memcpy(g->command, verb, len);
}

/* "FROM scratch ..." with what there is of a bundle. */
static void
make_scratch(struct verdict *v, struct group *g)
{
	const char *part;
	size_t i, at;

	at = (size_t)sprintf(g->command, "build FROM scratch");
	for (i = 0; (part = verdict_part(v, i)) != NULL; i++)
		at += (size_t)sprintf(g->command + at,
		    "%s COPY --from=... /%s /%s", i > 0 ? ";" : ", with", part,
		    part);
}

static void
make_fix(struct verdict *v, struct group *g)
{
	struct finding f = {.rule = FINDING_HIDDEN, .blocker = ""};

	if (g->hidden)
		(void)finding_fix(g->command, sizeof g->command, &f);
	else
		make_chmod(v, g);
	if (g->command[0] == '\0')
		make_scratch(v, g);
}

/*
 * The next group after *g: by layer, modes before hidden content; start with
 * layer 0, hidden false and n 0.  Returns whether there is one.
 */
static bool
next_group(struct verdict *v, struct group *g, bool first)
{
	size_t i;

	for (;;) {
		if (!first) {
			g->layer += g->hidden;
			g->hidden = !g->hidden;
		}
		first = false;
		if (g->layer > v->image.n_layers)
			return false;
		g->n = 0;
		for (i = 0; i < v->n_findings; i++)
			g->n += is_in(v, i, g);
		if (g->n > 0) {
			make_fix(v, g);
			return true;
		}
	}
}

static const char *
history(const struct verdict *v, unsigned int layer, char *to)
{
	return msg_mask(to, HISTORY_MAX, verdict_history(v, layer));
}

/* -------------------------------------------------------------------- text */

enum colour {
	PLAIN,
	RED,
	GREEN,
	YELLOW,
	BOLD
};

/* ECMA-48, SGR */
static const char *
sgr(const struct verdictout_opts *opts, enum colour colour)
{
	static const char *const codes[] = {"\033[0m", "\033[31m", "\033[32m",
	    "\033[33m", "\033[1m"};

	return opts->colour ? codes[colour] : "";
}

static void
tell_verdict(FILE *to, struct verdict *v, const struct verdictout_opts *opts)
{
	bool good = verdict_is_good(v);
	char name[512], who[256];

	(void)msg_mask(name, sizeof name, opts->name);
	(void)fprintf(to, "%s%s%s: ", sgr(opts, good ? GREEN : RED),
	    good ? "compatible" : "not compatible", sgr(opts, PLAIN));
	if (good)
		(void)fprintf(to, "%s can be read by %s\n", name,
		    finding_who_text(who, sizeof who, &v->user.who));
	else
		(void)fprintf(to, "%s: %s\n", name, v->report.message);
}

static void
tell_layer(FILE *to, struct verdict *v, const struct group *g,
    const struct verdictout_opts *opts)
{
	char text[HISTORY_MAX];

	if (g->layer == 0) {
		(void)fprintf(to, "\n%s:\n",
		    g->hidden ? "Covered by mounts of the container runtime"
		              : "Not readable");
		return;
	}
	(void)history(v, g->layer, text);
	(void)fprintf(to, "\n%s%s layer %u%s%s%s%s:\n", sgr(opts, BOLD),
	    g->hidden ? "Covered by mounts, from" : "Not readable, from",
	    g->layer, sgr(opts, PLAIN), *text != '\0' ? " (" : "", text,
	    *text != '\0' ? ")" : "");
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

	(void)msg_mask(masked, sizeof masked, tree_path(f->node, path));
	if (f->rule == FINDING_HIDDEN) {
		(void)fprintf(to, "  %s: led here by a symlink in the image\n",
		    masked);
		return;
	}
	(void)fprintf(to, "  %s%s: mode %04o, owner %ju:%ju", masked,
	    dir ? "/" : "", (unsigned int)(i->mode & 07777), (uintmax_t)i->uid,
	    (uintmax_t)i->gid);
	if (dir && below > 0)
		(void)fprintf(to, "; hides %" PRIu64 " more below", below);
	(void)fputc('\n', to);
}

static void
tell_group(FILE *to, struct verdict *v, const struct group *g,
    const struct verdictout_opts *opts)
{
	size_t i, shown = 0;

	tell_layer(to, v, g, opts);
	for (i = 0; i < v->n_findings && shown < SHOWN_MAX; i++) {
		if (!is_in(v, i, g))
			continue;
		tell_finding(to, &v->findings[i]);
		shown++;
	}
	if (g->n > shown)
		(void)fprintf(to, "  and %zu more\n", g->n - shown);
	(void)fprintf(to, "%sfix:%s %s\n", sgr(opts, BOLD), sgr(opts, PLAIN),
	    g->command);
	if (strncmp(g->command, "chmod", 5) == 0)
		(void)fputs(
		    "     before the image is built, or COPY --chmod=0755 in its Dockerfile\n",
		    to);
}

static void
tell_note(FILE *to, struct verdict *v, const struct verdict_note *n,
    const struct verdictout_opts *opts)
{
	enum colour colour = n->severity == CODES_ERROR ? RED
	    : n->severity == CODES_WARNING              ? YELLOW
	                                                : BOLD;
	char text[HISTORY_MAX];

	(void)fprintf(to, "\n%s%s%s: %s", sgr(opts, colour),
	    codes_severity_name(n->severity), sgr(opts, PLAIN), n->message);
	if (n->count > 1)
		(void)fprintf(to, " (and %" PRIu64 " more)", n->count - 1);
	if (n->layer > 0)
		(void)fprintf(to, "; layer %u: %s", n->layer,
		    history(v, n->layer, text));
	(void)fprintf(to, " [%s]\n", n->code);
	if (n->fix != NULL)
		(void)fprintf(to, "%sfix:%s %s\n", sgr(opts, BOLD),
		    sgr(opts, PLAIN), n->fix);
}

static void
tell_notes(FILE *to, struct verdict *v, enum codes_severity severity,
    const struct verdictout_opts *opts)
{
	size_t i;

	for (i = 0; i < v->n_notes; i++)
		if (v->notes[i].severity == severity)
			tell_note(to, v, &v->notes[i], opts);
}

/* Does all of it fit into a log as one line? */
static bool
fits(const struct verdict *v, const struct verdictout_opts *opts)
{
	return measure_log(v->skip.json, 1) <= opts->log_limit;
}

static void
tell_size(FILE *to, const struct verdict *v, const struct verdictout_opts *opts)
{
	const struct report *r = &v->report;

	(void)fputc('\n', to);
	if (v->n_findings == 0)
		(void)fprintf(to,
		    "%" PRIu64 " entries: %" PRIu64 " files of %" PRIu64
		    " bytes, %" PRIu64 " directories; %" PRIu64 " symlinks\n",
		    r->entries, r->files, r->bytes, r->directories,
		    r->skipped[CONTENT_SYMLINK]);
	if (!v->measured)
		return;
	(void)fprintf(to,
	    "stream%s: json %" PRIu64 " bytes, jsonl %" PRIu64
	    " bytes in %" PRIu64 " parts; use --format=%s\n",
	    v->n_findings > 0 ? " (once all can be read, about)" : "",
	    v->skip.json, v->keep.jsonl, v->keep.parts,
	    fits(v, opts) ? "json" : "jsonl");
}

static int
verdictout_finish(FILE *to)
{
	if (fflush(to) == 0 && !ferror(to))
		return 0;
	msg_warn(errno, "standard output");
	return -1;
}

int
verdictout_text(FILE *to, struct verdict *v, const struct verdictout_opts *opts)
{
	struct group *g = calloc(1, sizeof *g);
	bool more;

	if (g == NULL) {
		msg_nomem();
		return -1;
	}
	tell_verdict(to, v, opts);
	tell_notes(to, v, CODES_ERROR, opts);
	for (more = next_group(v, g, true); more;
	     more = next_group(v, g, false))
		tell_group(to, v, g, opts);
	tell_notes(to, v, CODES_WARNING, opts);
	tell_notes(to, v, CODES_NOTE, opts);
	tell_size(to, v, opts);
	free(g);
	return verdictout_finish(to);
}

/* -------------------------------------------------------------------- JSON */

static void
add_layer(struct json *o, const struct verdict *v, unsigned int layer)
{
	char text[HISTORY_MAX];

	if (layer == 0)
		return;
	json_add_uint(o, "layer", layer);
	json_add_string(o, "history", history(v, layer, text));
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
	add_layer(o, v, n->layer);
	return o;
}

/* Give the findings their layers, and put the other errors before them. */
static void
verdictout_add_findings(struct json *o, const struct verdict *v)
{
	struct json *all = json_get(o, "findings"), *one;
	size_t i = 0;

	for (one = json_first(all); one != NULL && i < v->n_findings;
	     one = json_next(one)) {
		json_add_string(one, "severity", "error");
		add_layer(one, v, v->findings[i++].node->layer);
	}
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
}

static void
add_fixes(struct json *o, struct verdict *v)
{
	struct json *all = json_add_array(o, "fixes"), *one;
	struct group *g = calloc(1, sizeof *g);
	bool more;

	if (g == NULL) {
		json_spoil(o);
		return;
	}
	for (more = next_group(v, g, true); more;
	     more = next_group(v, g, false)) {
		one = json_add_object(all, NULL);
		add_layer(one, v, g->layer);
		json_add_uint(one, "findings", g->n);
		json_add_string(one, "command", g->command);
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
	json_add_uint(size, "json", v->skip.json);
	json_add_uint(size, "jsonl", v->keep.jsonl);
	json_add_uint(size, "tar", v->keep.tar);
	json_add_uint(size, "targz", v->keep.targz);
	json_add_uint(size, "parts", v->keep.parts);
	json_add_uint(size, "jsonTargz", v->skip.targz);
	json_add_bool(size, "exact", v->n_findings == 0);
	size = json_add_object(o, "logLimit");
	json_add_uint(size, "limit", opts->log_limit);
	json_add_uint(size, "need", measure_log(v->skip.json, 1));
	json_add_string(size, "format", fits(v, opts) ? "json" : "jsonl");
}

int
verdictout_json(struct verdict *v, const struct verdictout_opts *opts)
{
	struct json *o = report_object(&v->report);

	verdictout_add_findings(o, v);
	add_notes(o, v);
	add_fixes(o, v);
	add_size(o, v, opts);
	return result_print(o);
}
