/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as CI services show it: SARIF 2.1.0 (OASIS), JUnit's XML, the
 * annotations of GitHub's workflow commands.
 */
#include "result/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
services_add_finding(struct json *to, const struct json *item,
    const struct json *f, const char *ignored)
{
	struct json *o = json_add_object(to, NULL);
	const char *path = json_get_string(f, "path");
	const char *field = json_get_string(f, "field");
	const char *said = json_get_text(f, "message");
	const char *name = found_name(item),
	           *file = json_get_text(item, "file");
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
	if (json_get(item, "image") == NULL && *file != '\0')
		json_add_string(o, "file", file);
	if (json_get(f, "line") != NULL)
		(void)json_add(o, "line", json_copy(json_get(f, "line")));
	if (field != NULL || path != NULL)
		json_add_string(o, "where", field != NULL ? field : path);
	if (ignored != NULL)
		json_add_string(o, "ignored", ignored);
}

static void
services_add_case(struct json *cases, const struct json *item,
    enum found_form form)
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
			services_add_finding(all, item, f, NULL);
	if (state == FOUND_BROKEN && json_first(all) == NULL)
		services_add_finding(all, item, item, NULL);
	/* only SARIF has a word for it */
	by = form == FOUND_SARIF ? json_first(json_get(item, "ignored")) : NULL;
	for (; by != NULL; by = json_next(by))
		for (f = json_first(json_get(by, "findings")); f != NULL;
		     f = json_next(f))
			services_add_finding(all, item, f,
			    json_get_text(by, "reason"));
}

static enum found_state
case_state(const struct json *one)
{
	int64_t n = FOUND_BROKEN;

	(void)json_int(json_get(one, "state"), 0, FOUND_BROKEN, &n);
	return (enum found_state)n;
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
	    codes_severities[row->severity]);
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
		if (case_state(one) == FOUND_BROKEN) {
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

/* Put numbers in the member `key` for what XML or a workflow command takes. */
static void
escape(struct json *o, const char *key, bool xml)
{
	const char *special = xml      ? "&<>\""
	    : strcmp(key, "file") == 0 ? "%\r\n:,"
	                               : "%\r\n";
	const char *text = json_get_string(o, key);
	char *to = text != NULL ? malloc(5 * strlen(text) + 1) : NULL;
	char *p = to;

	if (text == NULL)
		return;
	for (; to != NULL && *text != '\0'; text++)
		if (strchr(special, *text) != NULL)
			p += sprintf(p, xml ? "&#%u;" : "%%%02X",
			    (unsigned int)(unsigned char)*text);
		else /* XML 1.0 cannot say control characters */
			*p++ = xml && (unsigned char)*text < ' ' &&
			        *text != '\n'
			    ? ' '
			    : *text;
	if (to != NULL)
		*p = '\0';
	(void)json_set(o, key, to != NULL ? json_new_string(to) : NULL);
	free(to);
}

/* "LINE" of a finding behind `before`, or "", in buf. */
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
junit_print(const char *command, const struct json *cases)
{
	static const char *const elements[] = {"system-out", "failure",
	    "error"};
	const struct json *one, *f;
	enum found_state state;
	size_t n[FOUND_BROKEN + 1] = {0};
	char counts[128], line[32];
	const char *file, *fix;
	bool told;

	for (one = json_first(cases); one != NULL; one = json_next(one))
		n[case_state(one)]++;
	snprintf(counts, sizeof counts,
	    "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", json_size(cases),
	    n[FOUND_BAD], n[FOUND_BROKEN]);
	out_printf(
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n  <testsuite name=\"unpackctl %s\" %s>\n",
	    counts, command, counts);
	for (one = json_first(cases); one != NULL; one = json_next(one)) {
		f = json_first(json_get(one, "findings"));
		state = case_state(one);
		told = state != FOUND_GOOD || f != NULL;
		out_printf(
		    "    <testcase classname=\"unpackctl.%s\" name=\"%s\">\n",
		    command, json_get_text(one, "name"));
		if (state != FOUND_GOOD)
			out_printf("      <%s message=\"%s\" type=\"%s\">",
			    elements[state], json_get_text(one, "message"),
			    json_get_text(f, "code"));
		else if (told)
			out_printf("      <%s>", elements[state]);
		for (; f != NULL; f = json_next(f)) {
			file = json_get_text(f, "file");
			fix = json_get_text(f, "fix");
			out_printf("%s%s%s%s: %s [%s]\n%s%s%s", file,
			    case_line(f, ":", line), *file != '\0' ? ": " : "",
			    json_get_text(f, "severity"),
			    json_get_text(f, "message"),
			    json_get_text(f, "code"),
			    *fix != '\0' ? "fix: " : "", fix,
			    *fix != '\0' ? "\n" : "");
		}
		if (told)
			out_printf("</%s>\n", elements[state]);
		out_text("    </testcase>\n");
	}
	out_text("  </testsuite>\n</testsuites>\n");
}

static void
github_print(const struct json *cases)
{
	const struct json *one, *f;
	const char *file, *fix, *severity;
	char line[32];

	for (one = json_first(cases); one != NULL; one = json_next(one))
		for (f = json_first(json_get(one, "findings")); f != NULL;
		     f = json_next(f)) {
			file = json_get_text(f, "file");
			fix = json_get_text(f, "fix");
			severity = json_get_text(f, "severity");
			/* notes need no fix: no annotations */
			if (strcmp(severity, "note") == 0)
				continue;
			out_printf("::%s %s%s%s%stitle=%s::%s: %s%s%s\n",
			    severity, *file != '\0' ? "file=" : "", file,
			    *file != '\0' ? case_line(f, ",line=", line) : "",
			    *file != '\0' ? "," : "", json_get_text(f, "code"),
			    json_get_text(one, "name"),
			    json_get_text(f, "message"),
			    *fix != '\0' ? "%0Afix: " : "", fix);
		}
}

int
services_print(enum found_form form, const char *command, struct json *result)
{
	static const char *const lists[] = {"images", "pods", "problems"};
	static const char *const keys[] = {"name", "message", "code", "fix",
	    "file"};
	struct json *cases, *one, *f;
	bool several = false, xml = form == FOUND_JUNIT;
	char *text;
	size_t i;
	int ret = -1;

	if (form == FOUND_JSON)
		return result_print(result);
	cases = json_new_array();
	for (i = 0; i < sizeof lists / sizeof *lists; i++) {
		several = several || json_has(result, lists[i]);
		for (one = json_first(json_get(result, lists[i])); one != NULL;
		     one = json_next(one))
			services_add_case(cases, one, form);
	}
	if (!several)
		services_add_case(cases, result, form);
	json_free(result);
	/* all names and sentences */
	one = form != FOUND_SARIF ? json_first(cases) : NULL;
	for (; one != NULL; one = json_next(one))
		for (i = 0; i < sizeof keys / sizeof *keys; i++) {
			escape(one, keys[i], xml);
			for (f = json_first(json_get(one, "findings"));
			     f != NULL; f = json_next(f))
				escape(f, keys[i], xml);
		}
	/* it is printed only to see that nothing of it is missing */
	text = json_print(cases, JSON_COMPACT);
	if (text == NULL)
		msg_nomem();
	else if (form == FOUND_SARIF)
		ret = result_print(sarif_log(cases));
	else if (form == FOUND_JUNIT)
		junit_print(command, cases);
	else
		github_print(cases);
	if (text != NULL && form != FOUND_SARIF)
		ret = out_flush();
	free(text);
	json_free(cases);
	return ret;
}
