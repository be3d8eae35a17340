/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as text for people.
 */
#include "result/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memfile.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/term.h"
#include "result/found.h"
#include "wire.h"

/* Print it; control characters go, but for lines and colours. */
static int
text_end(struct memfile *x)
{
	char *buf = memfile_close(x), *p;

	if (buf == NULL)
		return -1;
	for (p = buf; *p != '\0'; p++) {
		if (*p == '\033' && p[1] == '[' &&
		    p[2 + strspn(p + 2, "0123456789;")] == 'm')
			continue;
		if ((unsigned char)*p == 0x7f ||
		    ((unsigned char)*p < ' ' && *p != '\n'))
			*p = '?';
	}
	out_text(buf);
	free(buf);
	return out_flush();
}

/* A number of the item's; 0 where there is none. */
static uint64_t
text_number(const struct json *o, const char *key)
{
	int64_t n = 0;

	(void)json_int(json_get(o, key), 0, JSON_INT_MAX, &n);
	return (uint64_t)n;
}

static const char *
text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* What was ignored, and why. */
static void
text_put_ignored(FILE *to, const struct json *item)
{
	const struct json *o = json_first(json_get(item, "ignored"));
	const char *reason;
	uint64_t n;

	for (; o != NULL; o = json_next(o)) {
		n = text_number(o, "count");
		reason = json_get_text(o, "reason");
		fprintf(to, "%ju finding%s ignored: %s%s%s\n", (uintmax_t)n,
		    text_plural(n), json_get_text(o, "ignore"),
		    *reason != '\0' ? "  # " : "", reason);
	}
}

/* ----------------------------------------------------------------- verdicts */

static bool
text_is_note(const struct json *f)
{
	return strcmp(json_get_text(f, "severity"), "note") == 0;
}

/* A finding that is not one of many paths. */
static void
text_put_note(FILE *to, const struct json *f)
{
	const char *severity = json_get_text(f, "severity");
	const char *history = json_get_text(f, "history");
	const char *fix = json_get_string(f, "fix");
	uint64_t n = text_number(f, "count"), layer = text_number(f, "layer");

	fprintf(to, "\n%s%s%s: %s",
	    term_sgr(strcmp(severity, "error") == 0 ? TERM_RED : TERM_YELLOW),
	    severity, term_sgr(TERM_PLAIN), json_get_text(f, "message"));
	if (n > 1)
		fprintf(to, " (and %ju more)", (uintmax_t)n - 1);
	if (layer > 0)
		fprintf(to, "; layer %ju%s%s", (uintmax_t)layer,
		    *history != '\0' ? ": " : "", history);
	fprintf(to, " [%s]\n", json_get_text(f, "code"));
	if (fix != NULL)
		fprintf(to, "%sfix:%s %s\n", term_sgr(TERM_BOLD),
		    term_sgr(TERM_PLAIN), fix);
}

/* Paths that cannot be read, with one fix. */
static void
text_put_group(FILE *to, const struct json *group)
{
	const struct json *line = json_first(json_get(group, "lines"));
	const char *chmod = json_get_string(group, "chmod");
	uint64_t n = text_number(group, "findings");

	fprintf(to, "\n%s%s%s:\n", term_sgr(TERM_BOLD),
	    json_get_text(group, "title"), term_sgr(TERM_PLAIN));
	for (; line != NULL; line = json_next(line), n -= n > 0)
		fprintf(to, "  %s\n", json_text(line));
	if (n > 0)
		fprintf(to, "  and %ju more\n", (uintmax_t)n);
	fprintf(to, "%sfix:%s %s\n", term_sgr(TERM_BOLD), term_sgr(TERM_PLAIN),
	    json_get_text(group, "command"));
	if (chmod != NULL)
		fprintf(to,
		    "     run this on the source files and rebuild, or use COPY --chmod=%s\n",
		    chmod);
}

/* How large it is; `works`: the message says who can read it. */
static void
text_put_size(FILE *to, const struct json *item, bool works)
{
	const struct json *size = json_get(item, "size");
	bool exact = json_bool(json_get(size, "exact"), false);
	uint64_t entries = text_number(item, "entries");
	uint64_t files = text_number(item, "files");
	uint64_t bytes = text_number(item, "bytes");
	uint64_t directories = text_number(item, "directories");
	uint64_t links = text_number(json_get(item, "skipped"), "symlink");
	uint64_t parts = text_number(size, "parts");

	fputc('\n', to);
	if (strcmp(json_get_text(item, "reason"), "BundleUnreadable") != 0)
		fprintf(to,
		    "%ju %s: %ju file%s of %ju byte%s, %ju director%s, %ju symlink%s%s%s\n",
		    (uintmax_t)entries, entries == 1 ? "entry" : "entries",
		    (uintmax_t)files, text_plural(files), (uintmax_t)bytes,
		    text_plural(bytes), (uintmax_t)directories,
		    directories == 1 ? "y" : "ies", (uintmax_t)links,
		    text_plural(links), works ? "; " : "",
		    works ? json_get_text(item, "message") : "");
	if (size != NULL)
		fprintf(to,
		    "stream%s: json %s%ju bytes, jsonl %ju bytes in %ju part%s%s\n",
		    exact ? "" : " (once all can be read, about)",
		    links > 0 && exact ? "about " : "",
		    (uintmax_t)text_number(size, "json"),
		    (uintmax_t)text_number(size, "jsonl"), (uintmax_t)parts,
		    text_plural(parts),
		    strcmp(json_get_text(json_get(item, "logLimit"), "format"),
		        "jsonl") == 0
		        ? "; json is longer than a log may be: use --format=jsonl"
		        : "");
}

/* The first line. */
static void
text_put_head(FILE *to, const struct json *item, bool works)
{
	bool good = found_state(item) == FOUND_GOOD;
	const char *message = json_get_text(item, "message");
	uint64_t ignored = text_number(item, "ignoredErrors");

	fprintf(to, "%s%scompatible%s with restricted namespaces",
	    term_sgr(!works            ? TERM_RED
	            : good && !ignored ? TERM_GREEN
	                               : TERM_YELLOW),
	    works ? "" : "not ", term_sgr(TERM_PLAIN));
	/* "2 warnings; all of ..." */
	if (works && !good)
		fprintf(to, ", but with %.*s", (int)strcspn(message, ";"),
		    message);
	if (works && ignored > 0)
		fprintf(to, ", but for %ju ignored error%s", (uintmax_t)ignored,
		    text_plural(ignored));
	fprintf(to, ": %s%s%s\n", json_get_text(item, "image"),
	    works ? "" : ": ", works ? "" : message);
}

int
text_print_verdict(const struct json *item, bool verbose)
{
	struct memfile x;
	const char *reason = json_get_text(item, "reason"), *how;
	bool works = found_state(item) == FOUND_GOOD ||
	    strcmp(reason, "Warnings") == 0;
	const struct json *f;

	if (memfile_open(&x) < 0)
		return -1;
	if (found_state(item) == FOUND_BROKEN) {
		fprintf(x.to, "cannot be checked: %s: %s\n",
		    json_get_text(item, "image"),
		    json_get_text(item, "message"));
		return text_end(&x);
	}
	text_put_head(x.to, item, works);
	for (f = json_first(json_get(item, "findings")); f != NULL;
	     f = json_next(f))
		if (json_has(f, "count"))
			text_put_note(x.to, f);
	for (f = json_first(json_get(item, "fixes")); f != NULL;
	     f = json_next(f))
		text_put_group(x.to, f);
	verbose = verbose || !works;
	for (f = json_first(json_get(item, "warnings")); f != NULL;
	     f = json_next(f))
		if (!text_is_note(f)) {
			text_put_note(x.to, f);
			verbose = true;
		}
	/* where all is well that is all */
	if (verbose && text_number(item, "entries") > 0)
		text_put_size(x.to, item, works);
	how = json_get_string(item, "readWith");
	if (verbose && how != NULL)
		fprintf(x.to, "read with: %s\n", how);
	for (f = json_first(json_get(item, "warnings")); verbose && f != NULL;
	     f = json_next(f))
		if (text_is_note(f))
			fprintf(x.to, "%snote: %s [%s]%s\n", term_sgr(TERM_DIM),
			    json_get_text(f, "message"),
			    json_get_text(f, "code"), term_sgr(TERM_PLAIN));
	text_put_ignored(x.to, item);
	return text_end(&x);
}

/* -------------------------------------------------------------------- lists */

static const char *const text_words[] = {"compatible", "not compatible",
    "not tested"};
static const enum term_colour text_colours[] = {TERM_GREEN, TERM_RED,
    TERM_YELLOW};

void
text_print_row(const char *name, int width, enum found_state state,
    const char *broken)
{
	out_printf("%-*s  %s%-14s%s  ", width, name,
	    term_sgr(text_colours[state]),
	    state == FOUND_BROKEN ? broken : text_words[state],
	    term_sgr(TERM_PLAIN));
}

static void
text_put_findings(FILE *to, const struct json *item, const struct json *f)
{
	const char *path, *fix, *check;

	for (; f != NULL; f = json_next(f)) {
		path = json_get_text(f, "path");
		fix = json_get_text(f, "fix");
		check = json_get_text(f, "check");
		fputs("  ", to);
		if (*check != '\0')
			fprintf(to, "%s:%ju: ", json_get_text(item, "file"),
			    (uintmax_t)text_number(f, "line"));
		fprintf(to, "%s%s%s%s%s [%s%s]\n", path,
		    *path != '\0' ? ": " : "", json_get_text(f, "message"),
		    *fix != '\0' ? "; fix: " : "", fix, check,
		    json_get_text(f, "code"));
	}
}

int
text_print_list(const struct json *item)
{
	struct memfile x;
	enum found_state state = found_state(item);
	const char *message = json_get_text(item, "message");
	bool pod = json_has(item, "where");
	size_t word = strcspn(message, " ");

	if (memfile_open(&x) < 0)
		return -1;
	if (pod)
		fprintf(x.to, "%s: %s%.*s%s%s\n", found_name(item),
		    term_sgr(text_colours[state]), (int)word, message,
		    term_sgr(TERM_PLAIN), message + word);
	else
		fprintf(x.to, "%s%s%s: %s%s%s\n", term_sgr(text_colours[state]),
		    text_words[state], term_sgr(TERM_PLAIN), found_name(item),
		    state == FOUND_BROKEN ? ": " : "",
		    state == FOUND_BROKEN ? message : "");
	text_put_findings(x.to, item, json_first(json_get(item, "findings")));
	text_put_findings(x.to, item, json_first(json_get(item, "violations")));
	if (state == FOUND_BROKEN)
		fprintf(x.to, "  fix: %s [%s]\n", json_get_text(item, "fix"),
		    json_get_text(item, "code"));
	if (json_has(item, "more"))
		fputs("  and perhaps more\n", x.to);
	text_put_ignored(x.to, item);
	return text_end(&x);
}
