/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings as CI services show them: SARIF 2.1.0 (OASIS), JUnit's XML, the
 * annotations of GitHub's workflow commands.
 */
#include "bundle/ci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/out.h"
#include "base/result.h"

/* ---------------------------------------------------------------- options */

const struct opt ci_rows[] = {
    {"fail-on", 0, "error|warning", "what makes an image fail (default: error)",
        OPT_SECOND(struct ci_opts, strict)},
    {"ignore", 0, "CODE", "ignore this finding (repeatable)",
        OPT_OTHER(struct ci_opts, ignore, codes_take,
            "a code that unpackctl explain lists")},
    {"output", 'o', CI_WORDS, "format of the result (default: text)",
        OPT_CHOICE(struct ci_opts, form)},
    {"quiet", 'q', NULL, "print no text, only set the exit code",
        OPT_FLAG(struct ci_opts, quiet)},
    {0},
};

/* ------------------------------------------------------------------ cases */

struct json *
ci_add_case(struct json *cases, const char *name, const char *file,
    enum ci_state state, const char *message)
{
	static const char *const states[] = {"passed", "failed", "broken"};
	struct json *one = json_add_object(cases, NULL);

	json_add_string(one, "name", name);
	if (file != NULL)
		json_add_string(one, "file", file);
	json_add_string(one, "state", states[state]);
	json_add_string(one, "message", message);
	(void)json_add_array(one, "findings");
	return one;
}

void
ci_add_finding(struct json *one, const struct ci_finding *f)
{
	struct json *o = json_add_object(json_get(one, "findings"), NULL);

	json_add_string(o, "code", f->code);
	json_add_string(o, "severity", codes_severity_name(f->severity));
	json_add_string(o, "message", f->message);
	if (f->fix != NULL)
		json_add_string(o, "fix", f->fix);
	if (f->file != NULL)
		json_add_string(o, "file", f->file);
	if (f->line > 0)
		json_add_uint(o, "line", f->line);
	if (f->where != NULL)
		json_add_string(o, "where", f->where);
}

static enum codes_severity
ci_severity(const struct json *finding)
{
	const char *name = json_get_text(finding, "severity");
	int i;

	for (i = CODES_WARNING; i <= CODES_NOTE; i++)
		if (strcmp(name, codes_severity_name((enum codes_severity)i)) ==
		    0)
			return (enum codes_severity)i;
	return CODES_ERROR;
}

/* Add the findings of a verdict's list. */
static void
ci_add_list(struct json *one, const struct json *list)
{
	const struct json *f;
	const char *path, *history;
	char *message = NULL;

	for (f = json_first(list); f != NULL; f = json_next(f)) {
		path = json_get_string(f, "path");
		history = json_get_text(f, "history");
		if (asprintf(&message, "%s%s%s%s%s%s", path != NULL ? path : "",
		        path != NULL ? ": " : "", json_get_text(f, "message"),
		        *history != '\0' ? " (" : "", history,
		        *history != '\0' ? ")" : "") < 0)
			message = NULL;
		ci_add_finding(one,
		    &(struct ci_finding){.code = json_get_text(f, "code"),
		        .severity = ci_severity(f),
		        .message = message,
		        .fix = json_get_string(f, "fix"),
		        .file = json_get_string(f, "source"),
		        .where = path});
		free(message);
	}
}

void
ci_add_verdict(struct json *cases, const char *name, const struct json *verdict)
{
	bool ok = strcmp(json_get_text(verdict, "result"), "ok") == 0;
	struct json *one = ci_add_case(cases, name, NULL,
	    ok ? CI_PASSED : CI_FAILED, json_get_text(verdict, "message"));

	ci_add_list(one, json_get(verdict, "findings"));
	ci_add_list(one, json_get(verdict, "warnings"));
}

/* ------------------------------------------------------------------- SARIF */

/*
 * A file's name as a relative or file: URI (RFC 3986); owned, NULL when out of
 * memory.
 */
static char *
ci_uri(const char *name)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	size_t size = 3 * strlen(name) + sizeof "file://", at = 0;
	char *uri = malloc(size);

	if (uri == NULL)
		return NULL;
	uri[0] = '\0';
	if (*name == '/')
		at = (size_t)snprintf(uri, size, "file://");
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	for (; *name != '\0'; name++)
		at += (size_t)snprintf(uri + at, size - at,
		    strchr(plain, *name) != NULL ? "%c" : "%%%02X",
		    (unsigned int)(unsigned char)*name);
	return uri;
}

static void
sarif_add_text(struct json *o, const char *key, const char *text)
{
	json_add_string(json_add_object(o, key), "text", text);
}

/* The place of a rule among the rules, which gets it if it is new. */
static size_t
sarif_add_rule(struct json *rules, const char *code)
{
	const struct codes_row *row = codes_find(code);
	const struct json *r;
	struct json *rule;
	char *help = NULL;
	size_t i = 0;

	for (r = json_first(rules); r != NULL; r = json_next(r), i++)
		if (strcmp(json_get_text(r, "id"), code) == 0)
			return i;
	rule = json_add_object(rules, NULL);
	json_add_string(rule, "id", code);
	if (row == NULL)
		return i;
	sarif_add_text(rule, "shortDescription", row->meaning);
	if (asprintf(&help, "In the cluster: %s.\nFix: %s.", row->seen,
	        row->fix) < 0)
		help = NULL;
	sarif_add_text(rule, "help", help);
	free(help);
	json_add_string(json_add_object(rule, "defaultConfiguration"), "level",
	    codes_severity_name(row->severity));
	return i;
}

static void
sarif_add_result(struct json *run, struct json *rules, const struct json *one,
    const struct json *f)
{
	struct json *o = json_add_object(json_get(run, "results"), NULL);
	struct json *place, *physical, *logical;
	const char *code = json_get_text(f, "code");
	const char *fix = json_get_string(f, "fix");
	const char *file = json_get_string(f, "file");
	const char *where = json_get_string(f, "where");
	char *text = NULL;
	int64_t line = 1;

	json_add_string(o, "ruleId", code);
	json_add_uint(o, "ruleIndex", sarif_add_rule(rules, code));
	json_add_string(o, "level", json_get_text(f, "severity"));
	if (asprintf(&text, "%s: %s%s%s", json_get_text(one, "name"),
	        json_get_text(f, "message"), fix != NULL ? "; fix: " : "",
	        fix != NULL ? fix : "") < 0)
		text = NULL;
	sarif_add_text(o, "message", text);
	free(text);
	place = json_add_object(json_add_array(o, "locations"), NULL);
	physical = json_add_object(place, "physicalLocation");
	if (file == NULL)
		file = json_get_string(one, "file");
	if (file == NULL)
		/* it is of no file of the sources, but of how they are built */
		file = where != NULL ? where : "Dockerfile";
	text = ci_uri(file);
	json_add_string(json_add_object(physical, "artifactLocation"), "uri",
	    text);
	free(text);
	(void)json_int(json_get(f, "line"), 1, JSON_INT_MAX, &line);
	json_add_int(json_add_object(physical, "region"), "startLine", line);
	logical = json_add_object(json_add_array(place, "logicalLocations"),
	    NULL);
	json_add_string(logical, "name",
	    where != NULL ? where : json_get_text(one, "name"));
}

/* What could not be judged: of the tool's run, not of what was looked at. */
static void
sarif_add_trouble(struct json *list, const struct json *one)
{
	struct json *o = json_add_object(list, NULL);
	char *text = NULL;

	json_add_string(o, "level", "error");
	if (asprintf(&text, "%s: %s", json_get_text(one, "name"),
	        json_get_text(one, "message")) < 0)
		text = NULL;
	sarif_add_text(o, "message", text);
	free(text);
}

static int
ci_print_sarif(const struct json *cases)
{
	struct json *log = json_new_object(), *run, *driver, *rules, *told;
	const struct json *one, *f;
	bool broken = false;

	json_add_string(log, "$schema",
	    "https://json.schemastore.org/sarif-2.1.0.json");
	json_add_string(log, "version", "2.1.0");
	run = json_add_object(json_add_array(log, "runs"), NULL);
	driver = json_add_object(json_add_object(run, "tool"), "driver");
	json_add_string(driver, "name", "unpackctl");
	json_add_string(driver, "version", VERSION);
	rules = json_add_array(driver, "rules");
	told = json_new_array();
	(void)json_add_array(run, "results");
	for (one = json_first(cases); one != NULL; one = json_next(one)) {
		if (strcmp(json_get_text(one, "state"), "broken") == 0) {
			broken = true;
			sarif_add_trouble(told, one);
		}
		for (f = json_first(json_get(one, "findings")); f != NULL;
		     f = json_next(f))
			sarif_add_result(run, rules, one, f);
	}
	run = json_add_object(json_add_array(run, "invocations"), NULL);
	json_add_bool(run, "executionSuccessful", !broken);
	(void)json_add(run, "toolExecutionNotifications", told);
	return result_print(log);
}

/* ------------------------------------------------------------------- JUnit */

/* Print text for XML 1.0: what it cannot say, and its markup, is escaped. */
static void
junit_put(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			(void)fputs("&amp;", to);
			break;
		case '<':
			(void)fputs("&lt;", to);
			break;
		case '>':
			(void)fputs("&gt;", to);
			break;
		case '"':
			(void)fputs("&quot;", to);
			break;
		default:
			(void)fputc((unsigned char)*text < ' ' && *text != '\n'
			        ? ' '
			        : *text,
			    to);
			break;
		}
	}
}

static void
junit_put_attribute(FILE *to, const char *key, const char *text)
{
	(void)fprintf(to, " %s=\"", key);
	junit_put(to, text);
	(void)fputc('"', to);
}

/* The lines of a case's findings. */
static void
junit_put_findings(FILE *to, const struct json *one)
{
	const struct json *f;
	int64_t line;

	for (f = json_first(json_get(one, "findings")); f != NULL;
	     f = json_next(f)) {
		if (json_get_string(f, "file") != NULL) {
			junit_put(to, json_get_text(f, "file"));
			if (json_int(json_get(f, "line"), 1, JSON_INT_MAX,
			        &line) == 0)
				(void)fprintf(to, ":%jd", (intmax_t)line);
			(void)fputs(": ", to);
		}
		junit_put(to, json_get_text(f, "severity"));
		(void)fputs(": ", to);
		junit_put(to, json_get_text(f, "message"));
		(void)fputs(" [", to);
		junit_put(to, json_get_text(f, "code"));
		(void)fputs("]\n", to);
		if (json_get_string(f, "fix") == NULL)
			continue;
		(void)fputs("fix: ", to);
		junit_put(to, json_get_text(f, "fix"));
		(void)fputc('\n', to);
	}
}

static void
junit_put_case(FILE *to, const char *command, const struct json *one)
{
	const char *state = json_get_text(one, "state");
	const struct json *first = json_at(json_get(one, "findings"), 0);
	const char *element = strcmp(state, "broken") == 0 ? "error"
	    : strcmp(state, "failed") == 0                 ? "failure"
	                                                   : NULL;

	(void)fputs("    <testcase", to);
	(void)fprintf(to, " classname=\"unpackctl.%s\"", command);
	junit_put_attribute(to, "name", json_get_text(one, "name"));
	(void)fputs(">\n", to);
	if (element != NULL) {
		(void)fprintf(to, "      <%s", element);
		junit_put_attribute(to, "message",
		    json_get_text(one, "message"));
		if (first != NULL)
			junit_put_attribute(to, "type",
			    json_get_text(first, "code"));
		(void)fputc('>', to);
		junit_put_findings(to, one);
		(void)fprintf(to, "</%s>\n", element);
	} else if (first != NULL) {
		(void)fputs("      <system-out>", to);
		junit_put_findings(to, one);
		(void)fputs("</system-out>\n", to);
	}
	(void)fputs("    </testcase>\n", to);
}

static size_t
ci_count(const struct json *cases, const char *state)
{
	const struct json *one;
	size_t n = 0;

	for (one = json_first(cases); one != NULL; one = json_next(one))
		n += strcmp(json_get_text(one, "state"), state) == 0;
	return n;
}

static void
ci_put_junit(FILE *to, const char *command, const struct json *cases)
{
	const struct json *one;
	char counts[128];

	(void)snprintf(counts, sizeof counts,
	    "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", json_size(cases),
	    ci_count(cases, "failed"), ci_count(cases, "broken"));
	(void)fprintf(to,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n  <testsuite name=\"unpackctl %s\" %s>\n",
	    counts, command, counts);
	for (one = json_first(cases); one != NULL; one = json_next(one))
		junit_put_case(to, command, one);
	(void)fputs("  </testsuite>\n</testsuites>\n", to);
}

/* ------------------------------------------------------------------ GitHub */

/* Print text of a workflow command; in a property, its separators, too. */
static void
github_put(FILE *to, const char *text, bool property)
{
	for (; *text != '\0'; text++)
		if (*text == '%' || *text == '\r' || *text == '\n' ||
		    (property && (*text == ':' || *text == ',')))
			(void)fprintf(to, "%%%02X", (unsigned int)*text);
		else
			(void)fputc(*text, to);
}

static void
github_put_finding(FILE *to, const struct json *one, const struct json *f)
{
	static const char *const words[] = {"error", "warning", "notice"};
	const char *file = json_get_string(f, "file");
	int64_t line;

	(void)fprintf(to, "::%s ", words[ci_severity(f)]);
	if (file != NULL) {
		(void)fputs("file=", to);
		github_put(to, file, true);
		if (json_int(json_get(f, "line"), 1, JSON_INT_MAX, &line) == 0)
			(void)fprintf(to, ",line=%jd", (intmax_t)line);
		(void)fputc(',', to);
	}
	(void)fputs("title=", to);
	github_put(to, json_get_text(f, "code"), true);
	(void)fputs("::", to);
	github_put(to, json_get_text(one, "name"), false);
	(void)fputs(": ", to);
	github_put(to, json_get_text(f, "message"), false);
	if (json_get_string(f, "fix") != NULL) {
		(void)fputs("%0Afix: ", to);
		github_put(to, json_get_text(f, "fix"), false);
	}
	(void)fputc('\n', to);
}

static void
ci_put_github(FILE *to, const struct json *cases)
{
	const struct json *one, *f;

	for (one = json_first(cases); one != NULL; one = json_next(one)) {
		if (strcmp(json_get_text(one, "state"), "broken") == 0 &&
		    json_size(json_get(one, "findings")) == 0) {
			(void)fputs("::error title=not checked::", to);
			github_put(to, json_get_text(one, "name"), false);
			(void)fputs(": ", to);
			github_put(to, json_get_text(one, "message"), false);
			(void)fputc('\n', to);
		}
		/* notes need no fix: no annotations */
		for (f = json_first(json_get(one, "findings")); f != NULL;
		     f = json_next(f))
			if (ci_severity(f) != CODES_NOTE)
				github_put_finding(to, one, f);
	}
}

/* JUnit's XML or annotations, to standard output. */
static int
ci_print_text(enum ci_form form, const char *command, const struct json *cases)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int ret = -1;

	if (f != NULL && form == CI_JUNIT)
		ci_put_junit(f, command, cases);
	else if (f != NULL)
		ci_put_github(f, cases);
	if (f == NULL || fclose(f) != 0) {
		msg_nomem();
	} else {
		out_text(text);
		ret = out_flush();
	}
	free(text);
	return ret;
}

int
ci_print(enum ci_form form, const char *command, struct json *cases)
{
	char *whole = json_print(cases, JSON_COMPACT);
	int ret = -1;

	/* it is printed only to see that nothing of it is missing */
	free(whole);
	if (whole == NULL)
		msg_nomem();
	else if (form == CI_SARIF)
		ret = ci_print_sarif(cases);
	else
		ret = ci_print_text(form, command, cases);
	json_free(cases);
	return ret;
}
