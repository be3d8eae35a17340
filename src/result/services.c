/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as CI services show it: SARIF 2.1.0 (OASIS), JUnit's XML, the
 * annotations of GitHub's workflow commands.
 */
#include "result/services.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memfile.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/result.h"
#include "bundle/codes.h"

/* ------------------------------------------------------------------ cases */

/*
 * The writers have it from a list of cases, one for each item:
 *
 *	{"name":"...","state":N,		enum found_state
 *	 "message":"...",
 *	 "findings":[{"code":"...","severity":"...","message":"...",
 *	   "fix":"...","file":"...","line":N,	to be changed, where known
 *	   "where":"...",			a field, a path in the image
 *	   "ignored":"REASON"}]}		of one that does not count
 */

static void
services_add_finding(struct json *one, const struct json *item,
    const struct json *f, const struct json *ignored)
{
	struct json *o = json_add_object(json_get(one, "findings"), NULL);
	const char *path = json_get_string(f, "path");
	const char *field = json_get_string(f, "field");
	const char *said = json_get_text(f, "message");
	const char *name = found_name(item);
	const char *history = json_get_text(f, "history");
	const char *check = json_get_string(f, "check");
	const char *code = check != NULL ? check : json_get_text(f, "code");
	const struct codes_row *row = codes_find(code);
	const char *severity = json_get_string(f, "severity");
	const char *fix = json_get_string(f, "fix");
	bool again;

	/* some say themselves what they are about */
	if (strncmp(said, name, strlen(name)) == 0 &&
	    strncmp(said + strlen(name), ": ", 2) == 0)
		said += strlen(name) + 2;
	again = path == NULL || strncmp(said, path, strlen(path)) == 0;
	json_add_string(o, "code", code);
	json_add_string(o, "severity", severity != NULL ? severity : "error");
	json_add_format(o, "message", "%s%s%s%s%s%s", again ? "" : path,
	    again ? "" : ": ", said, *history != '\0' ? " (" : "", history,
	    *history != '\0' ? ")" : "");
	if (fix == NULL && row != NULL && check != NULL)
		fix = row->fix;
	if (fix != NULL)
		json_add_string(o, "fix", fix);
	/* of an image the file is how it was given */
	if (json_get(item, "image") == NULL &&
	    *json_get_text(item, "file") != '\0')
		json_add_string(o, "file", json_get_text(item, "file"));
	if (json_get(f, "line") != NULL)
		(void)json_add(o, "line", json_copy(json_get(f, "line")));
	if (field != NULL || path != NULL)
		json_add_string(o, "where", field != NULL ? field : path);
	if (ignored != NULL)
		json_add_string(o, "ignored", json_get_text(ignored, "reason"));
}

static void
services_add_case(struct json *cases, const struct json *item)
{
	static const char *const lists[] = {"findings", "warnings",
	    "violations"};
	struct json *one = json_add_object(cases, NULL);
	struct json *all;
	const struct json *f, *by;
	enum found_state state = found_state(item);
	size_t i;

	json_add_string(one, "name", found_name(item));
	json_add_int(one, "state", state);
	json_add_string(one, "message", json_get_text(item, "message"));
	all = json_add_array(one, "findings");
	for (i = 0; i < sizeof lists / sizeof *lists; i++)
		for (f = json_first(json_get(item, lists[i])); f != NULL;
		     f = json_next(f))
			services_add_finding(one, item, f, NULL);
	if (state == FOUND_BROKEN && json_first(all) == NULL)
		services_add_finding(one, item, item, NULL);
	for (by = json_first(json_get(item, "ignored")); by != NULL;
	     by = json_next(by))
		for (f = json_first(json_get(by, "findings")); f != NULL;
		     f = json_next(f))
			services_add_finding(one, item, f, by);
}

/* Owned. */
static struct json *
services_cases(const struct json *result)
{
	static const char *const lists[] = {"images", "pods", "problems"};
	struct json *cases = json_new_array();
	const struct json *item;
	bool several = false;
	size_t i;

	for (i = 0; i < sizeof lists / sizeof *lists; i++) {
		several = several || json_has(result, lists[i]);
		for (item = json_first(json_get(result, lists[i]));
		     item != NULL; item = json_next(item))
			services_add_case(cases, item);
	}
	if (!several)
		services_add_case(cases, result);
	return cases;
}

static bool
case_is(const struct json *one, enum found_state state)
{
	int64_t n;

	return json_int(json_get(one, "state"), 0, FOUND_BROKEN, &n) == 0 &&
	    n == (int64_t)state;
}

/* ------------------------------------------------------------------- SARIF */

/* A file's name as a relative or file: URI (RFC 3986). */
static void
sarif_add_uri(struct json *o, const char *name)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	size_t size = 3 * strlen(name) + sizeof "file://", at = 0;
	char *uri = calloc(1, size);

	if (uri != NULL && *name == '/')
		at = (size_t)snprintf(uri, size, "file://");
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	for (; uri != NULL && *name != '\0'; name++)
		at += (size_t)snprintf(uri + at, size - at,
		    strchr(plain, *name) != NULL ? "%c" : "%%%02X",
		    (unsigned int)(unsigned char)*name);
	json_add_string(o, "uri", uri);
	free(uri);
}

/* The place of a rule among the rules, which gets it if it is new. */
static size_t
sarif_add_rule(struct json *rules, const char *code)
{
	const struct codes_row *row = codes_find(code);
	const struct json *r;
	struct json *rule;
	size_t i = 0;

	for (r = json_first(rules); r != NULL; r = json_next(r), i++)
		if (strcmp(json_get_text(r, "id"), code) == 0)
			return i;
	rule = json_add_object(rules, NULL);
	json_add_string(rule, "id", code);
	if (row == NULL)
		return i;
	json_add_string(json_add_object(rule, "shortDescription"), "text",
	    row->meaning);
	json_add_format(json_add_object(rule, "help"), "text",
	    "In the cluster: %s.\nFix: %s.", row->seen, row->fix);
	json_add_string(json_add_object(rule, "defaultConfiguration"), "level",
	    codes_severity_name(row->severity));
	return i;
}

static void
sarif_add_result(struct json *run, struct json *rules, const struct json *one,
    const struct json *f)
{
	struct json *o = json_add_object(json_get(run, "results"), NULL);
	struct json *place, *physical;
	const char *code = json_get_text(f, "code");
	const char *name = json_get_text(one, "name"), *reason;
	const char *fix = json_get_text(f, "fix");
	const char *file = json_get_string(f, "file");
	const char *where = json_get_string(f, "where");
	int64_t line = 1;

	json_add_string(o, "ruleId", code);
	json_add_uint(o, "ruleIndex", sarif_add_rule(rules, code));
	json_add_string(o, "level", json_get_text(f, "severity"));
	json_add_format(json_add_object(o, "message"), "text", "%s: %s%s%s",
	    name, json_get_text(f, "message"), *fix != '\0' ? "; fix: " : "",
	    fix);
	place = json_add_object(json_add_array(o, "locations"), NULL);
	physical = json_add_object(place, "physicalLocation");
	/* it is of no file of the sources, but of how they are built */
	if (file == NULL)
		file = where != NULL ? where : "Dockerfile";
	sarif_add_uri(json_add_object(physical, "artifactLocation"), file);
	(void)json_int(json_get(f, "line"), 1, JSON_INT_MAX, &line);
	json_add_int(json_add_object(physical, "region"), "startLine", line);
	json_add_string(json_add_object(json_add_array(place,
	                                    "logicalLocations"),
	                    NULL),
	    "name", where != NULL ? where : name);
	reason = json_get_string(f, "ignored");
	if (reason == NULL)
		return;
	o = json_add_object(json_add_array(o, "suppressions"), NULL);
	json_add_string(o, "kind", "external");
	if (*reason != '\0')
		json_add_string(o, "justification", reason);
}

/* Owned. */
static struct json *
sarif_log(const struct json *cases)
{
	struct json *log = json_new_object(), *run, *driver, *rules;
	struct json *told = json_new_array(), *trouble;
	const struct json *one, *f;

	json_add_string(log, "$schema",
	    "https://json.schemastore.org/sarif-2.1.0.json");
	json_add_string(log, "version", "2.1.0");
	run = json_add_object(json_add_array(log, "runs"), NULL);
	driver = json_add_object(json_add_object(run, "tool"), "driver");
	json_add_string(driver, "name", "unpackctl");
	json_add_string(driver, "version", VERSION);
	rules = json_add_array(driver, "rules");
	(void)json_add_array(run, "results");
	for (one = json_first(cases); one != NULL; one = json_next(one)) {
		/* of the tool's run, not of what was looked at */
		if (case_is(one, FOUND_BROKEN)) {
			trouble = json_add_object(told, NULL);
			json_add_string(trouble, "level", "error");
			json_add_format(json_add_object(trouble, "message"),
			    "text", "%s: %s", json_get_text(one, "name"),
			    json_get_text(one, "message"));
		}
		for (f = json_first(json_get(one, "findings")); f != NULL;
		     f = json_next(f))
			sarif_add_result(run, rules, one, f);
	}
	run = json_add_object(json_add_array(run, "invocations"), NULL);
	json_add_bool(run, "executionSuccessful", json_first(told) == NULL);
	(void)json_add(run, "toolExecutionNotifications", told);
	return log;
}

/* -------------------------------------------------------------------- text */

enum escape {
	ESCAPE_XML, /* XML 1.0: markup, and what it cannot say */
	ESCAPE_MESSAGE, /* of a workflow command */
	ESCAPE_PROPERTY /* the same, and its separators */
};

/* Print texts, up to a NULL, so escaped. */
static void services_put(FILE *to, enum escape how, ...)
    __attribute__((sentinel));

static void
services_put(FILE *to, enum escape how, ...)
{
	static const char *const special[] = {"&<>\"", "%\r\n", "%\r\n:,"};
	const char *text;
	unsigned int c;
	va_list ap;

	va_start(ap, how);
	while ((text = va_arg(ap, const char *)) != NULL)
		for (; *text != '\0'; text++) {
			c = (unsigned char)*text;
			if (how == ESCAPE_XML && c < ' ' && c != '\n')
				fputc(' ', to);
			else if (strchr(special[how], *text) == NULL)
				fputc(*text, to);
			else
				fprintf(to,
				    how == ESCAPE_XML ? "&#%u;" : "%%%02X", c);
		}
	va_end(ap);
}

/* The first finding of a case that counts, or the one after f; NULL: none. */
static const struct json *
case_next(const struct json *one, const struct json *f)
{
	f = f == NULL ? json_first(json_get(one, "findings")) : json_next(f);
	while (f != NULL && json_has(f, "ignored"))
		f = json_next(f);
	return f;
}

/* ":LINE" of a finding, or "", in buf. */
static const char *
case_line(const struct json *f, const char *before, char buf[static 32])
{
	int64_t line;

	buf[0] = '\0';
	if (json_int(json_get(f, "line"), 1, JSON_INT_MAX, &line) == 0)
		snprintf(buf, 32, "%s%jd", before, (intmax_t)line);
	return buf;
}

static void
junit_put_case(FILE *to, const char *command, const struct json *one)
{
	const struct json *f = case_next(one, NULL);
	const char *element = case_is(one, FOUND_BROKEN) ? "error"
	    : case_is(one, FOUND_BAD)                    ? "failure"
	    : f != NULL                                  ? "system-out"
	                                                 : NULL;
	const char *file, *fix;
	char line[32];

	fprintf(to, "    <testcase classname=\"unpackctl.%s\" name=\"",
	    command);
	services_put(to, ESCAPE_XML, json_get_text(one, "name"), NULL);
	fputs("\">\n", to);
	if (element != NULL)
		fprintf(to, "      <%s", element);
	if (element != NULL && *element != 's') {
		fputs(" message=\"", to);
		services_put(to, ESCAPE_XML, json_get_text(one, "message"),
		    NULL);
		fputs("\" type=\"", to);
		services_put(to, ESCAPE_XML, json_get_text(f, "code"), NULL);
		fputc('"', to);
	}
	if (element != NULL)
		fputc('>', to);
	for (; f != NULL; f = case_next(one, f)) {
		file = json_get_text(f, "file");
		fix = json_get_text(f, "fix");
		services_put(to, ESCAPE_XML, file, case_line(f, ":", line),
		    *file != '\0' ? ": " : "", json_get_text(f, "severity"),
		    ": ", json_get_text(f, "message"), " [",
		    json_get_text(f, "code"), "]\n",
		    *fix != '\0' ? "fix: " : "", fix, *fix != '\0' ? "\n" : "",
		    NULL);
	}
	if (element != NULL)
		fprintf(to, "</%s>\n", element);
	fputs("    </testcase>\n", to);
}

static void
junit_put_all(FILE *to, const char *command, const struct json *cases)
{
	const struct json *one;
	size_t n[FOUND_BROKEN + 1] = {0};
	char counts[128];
	int i;

	for (one = json_first(cases); one != NULL; one = json_next(one))
		for (i = FOUND_GOOD; i <= FOUND_BROKEN; i++)
			n[i] += case_is(one, (enum found_state)i);
	snprintf(counts, sizeof counts,
	    "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", json_size(cases),
	    n[FOUND_BAD], n[FOUND_BROKEN]);
	fprintf(to,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n  <testsuite name=\"unpackctl %s\" %s>\n",
	    counts, command, counts);
	for (one = json_first(cases); one != NULL; one = json_next(one))
		junit_put_case(to, command, one);
	fputs("  </testsuite>\n</testsuites>\n", to);
}

/* Notes need no fix: no annotations. */
static void
github_put_all(FILE *to, const struct json *cases)
{
	const struct json *one, *f;
	const char *file, *fix;
	char line[32];

	for (one = json_first(cases); one != NULL; one = json_next(one))
		for (f = case_next(one, NULL); f != NULL;
		     f = case_next(one, f)) {
			file = json_get_string(f, "file");
			fix = json_get_text(f, "fix");
			if (strcmp(json_get_text(f, "severity"), "note") == 0)
				continue;
			fprintf(to, "::%s ",
			    strcmp(json_get_text(f, "severity"), "error") == 0
			        ? "error"
			        : "warning");
			if (file != NULL) {
				fputs("file=", to);
				services_put(to, ESCAPE_PROPERTY, file, NULL);
				fprintf(to, "%s,",
				    case_line(f, ",line=", line));
			}
			fputs("title=", to);
			services_put(to, ESCAPE_PROPERTY,
			    json_get_text(f, "code"), NULL);
			fputs("::", to);
			services_put(to, ESCAPE_MESSAGE,
			    json_get_text(one, "name"), ": ",
			    json_get_text(f, "message"),
			    *fix != '\0' ? "\nfix: " : "", fix, NULL);
			fputc('\n', to);
		}
}

int
services_print(enum found_form form, const char *command, struct json *result)
{
	struct json *cases;
	char *text = NULL;
	struct memfile m;
	int ret = -1;

	if (form == FOUND_JSON)
		return result_print(result);
	cases = services_cases(result);
	/* it is printed only to see that nothing of it is missing */
	text = json_print(cases, JSON_COMPACT);
	json_free(result);
	if (text == NULL) {
		msg_nomem();
	} else if (form == FOUND_SARIF) {
		ret = result_print(sarif_log(cases));
	} else if (memfile_open(&m) == 0) {
		if (form == FOUND_JUNIT)
			junit_put_all(m.to, command, cases);
		else
			github_put_all(m.to, cases);
		free(text);
		text = memfile_close(&m);
		if (text != NULL) {
			out_text(text);
			ret = out_flush();
		}
	}
	free(text);
	json_free(cases);
	return ret;
}
