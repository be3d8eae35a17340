/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings that somebody knows of: --ignore CODE[:PATH], and --ignores-from
 * FILE.
 */
#include "result/ignores.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/msg.h"
#include "bundle/codes.h"

enum {
	IGNORES_MAX = 10000,
	IGNORES_TEXT = 4096 /* bytes of one, and of its reason */
};

/* ----------------------------------------------------------------- reading */

/* A path without what leads to it, and a colon before that. */
static const char *
ignores_path(const char *path)
{
	path += *path == ':';
	while (*path == '/' || strncmp(path, "./", 2) == 0)
		path += *path == '/' ? 1 : 2;
	return path;
}

/* Add one; line 0: of the command line.  NULL, or what is wrong with it. */
static const char *
ignores_new(struct ignores *all, const char *text, const char *reason,
    size_t line)
{
	char code[64], shown[2 * IGNORES_TEXT + 16];
	const char *path = text + strcspn(text, ":"), *p;
	size_t len = strlen(text);
	struct ignore *one;

	snprintf(code, sizeof code, "%.*s", (int)(path - text), text);
	if (codes_find(code) == NULL)
		return "no such code";
	if (*path == ':' && *ignores_path(path) == '\0')
		return "no path behind the colon";
	if (all->n == IGNORES_MAX || len >= IGNORES_TEXT)
		return "too many, or too long";
	/* what is printed has nothing else: a backslash stands for itself */
	for (p = text; *p != '\0'; p++)
		len += *p == '\\';
	if (strlen(msg_mask(shown, sizeof shown, text)) != len)
		return "it has what is never printed as it is";
	one = array_grow(all->all, &all->room, all->n + 1, sizeof *one);
	if (one == NULL)
		return "out of memory";
	all->all = one;
	one += all->n++;
	one->text = strdup(text);
	one->reason = strdup(msg_mask(shown, sizeof shown, reason));
	one->line = line;
	return one->text == NULL || one->reason == NULL ? "out of memory"
	                                                : NULL;
}

const char *
ignores_take(const struct opt *o, void *to, const char *value)
{
	(void)o;
	return ignores_new(to, value, "", 0);
}

/* Take a line: CODE[:PATH]  # REASON.  NULL, or what is wrong with it. */
static const char *
ignores_read_line(struct ignores *all, char *text, size_t line,
    const char *file)
{
	char *reason, *end, today[32], day[32];
	const char *wrong, *p;
	time_t now = time(NULL);
	struct ignore *one;
	struct tm tm;

	text += strspn(text, " \t");
	text[strcspn(text, "\r\n")] = '\0';
	if (*text == '\0' || *text == '#')
		return NULL;
	reason = strstr(text, " #");
	if (reason == NULL)
		reason = strstr(text, "\t#");
	if (reason == NULL || reason[2 + strspn(reason + 2, " \t#")] == '\0')
		return "no reason: CODE[:PATH]  # REASON";
	end = reason;
	reason += 2 + strspn(reason + 2, " \t#");
	while (end > text && strchr(" \t", end[-1]) != NULL)
		end--;
	*end = '\0';
	if (strlen(reason) >= IGNORES_TEXT)
		return "its reason is too long";
	wrong = ignores_new(all, text, reason, line);
	if (wrong != NULL)
		return wrong;
	one = &all->all[all->n - 1];
	/* "until YYYY-MM-DD": the last day of it, in UTC */
	gmtime_r(&now, &tm);
	strftime(today, sizeof today, "%Y-%m-%d", &tm);
	for (p = one->reason; (p = strstr(p, "until ")) != NULL; p++) {
		if (p > one->reason && isalnum((unsigned char)p[-1]))
			continue;
		p += strlen("until ");
		p += strspn(p, " ");
		/* until something happens */
		if (!isdigit((unsigned char)*p))
			continue;
		/* timegm makes the 30th of February a day of March */
		tm = (struct tm){0};
		if (strspn(p, "0123456789-") != 10 ||
		    strptime(p, "%Y-%m-%d", &tm) == NULL || timegm(&tm) == -1 ||
		    strftime(day, sizeof day, "%Y-%m-%d", &tm) != 10 ||
		    memcmp(day, p, 10) != 0)
			return "until takes a day such as 2027-03-01";
		if (memcmp(p, today, 10) >= 0)
			continue;
		one->over = true;
		msg_warn(0,
		    "%s:%zu: %s was ignored until %.10s, and is not any more",
		    file, one->line, one->text, p);
	}
	return NULL;
}

enum wire_exit
ignores_read(struct ignores *all)
{
	char file[MSG_NAME], *text = NULL;
	const char *wrong = NULL;
	size_t size = 0, line = 0;
	ssize_t len;
	FILE *f;

	if (all->file == NULL)
		return WIRE_OK;
	msg_mask(file, sizeof file, all->file);
	f = strcmp(all->file, "-") == 0 ? stdin : fopen(all->file, "re");
	if (f == NULL) {
		msg_warn(errno, "%s", file);
		return WIRE_FAIL;
	}
	while (wrong == NULL && (len = getline(&text, &size, f)) >= 0) {
		line++;
		wrong = strlen(text) < (size_t)len
		    ? "it has a byte that is zero"
		    : ignores_read_line(all, text, line, file);
	}
	if (wrong != NULL)
		msg_warn(0, "%s:%zu: %s", file, line, wrong);
	else if (!feof(f))
		msg_warn(errno, "%s", file);
	len = feof(f);
	if (f != stdin)
		(void)fclose(f);
	free(text);
	return wrong != NULL ? WIRE_USAGE : len != 0 ? WIRE_OK : WIRE_FAIL;
}

void
ignores_free(struct ignores *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		free(all->all[i].text);
		free(all->all[i].reason);
		json_free(all->all[i].findings);
	}
	free(all->all);
	*all = (struct ignores){0};
}

/* ---------------------------------------------------------------- ignoring */

/*
 * Does the path match?  Where it goes wrong, the last "*" takes a byte more,
 * up to a slash; then the last "**" does, or a directory more.
 */
static bool
ignores_match(const char *p, const char *path)
{
	const char *star = NULL, *star_at = NULL, *deep = NULL, *deep_at = NULL;
	const char *begin = p;
	bool whole = false; /* the last "**" is between slashes */

	for (;;) {
		if (p[0] == '*' && p[1] == '*') {
			whole = p[2] == '/' && (p == begin || p[-1] == '/');
			p += whole ? 3 : 2;
			deep = p;
			deep_at = path;
			star = NULL;
		} else if (*p == '*') {
			star = ++p;
			star_at = path;
		} else if (*p == *path) {
			if (*path == '\0')
				return true;
			p++;
			path++;
		} else if (star != NULL && *star_at != '/' &&
		    *star_at != '\0') {
			path = ++star_at;
			p = star;
		} else {
			if (deep == NULL)
				return false;
			if (whole)
				deep_at += strcspn(deep_at, "/");
			if (*deep_at == '\0')
				return false;
			path = ++deep_at;
			p = deep;
			star = NULL;
		}
	}
}

bool
ignores_find(struct ignores *all, const char *code, const char *path,
    struct ignore **by)
{
	struct ignore *one;
	const char *pattern;
	size_t i, len = strlen(code);

	while (*path == '/' || strncmp(path, "./", 2) == 0)
		path += *path == '/' ? 1 : 2;
	for (i = 0; i < all->n; i++) {
		one = &all->all[i];
		pattern = ignores_path(one->text + strcspn(one->text, ":"));
		if (one->over || strncmp(one->text, code, len) != 0 ||
		    strchr(":", one->text[len]) == NULL ||
		    (*pattern != '\0' &&
		        (*path == '\0' || !ignores_match(pattern, path))))
			continue;
		one->count++;
		*by = one;
		return true;
	}
	return false;
}

void
ignores_keep(struct ignore *by, struct json *finding)
{
	if (by->findings == NULL)
		by->findings = json_new_array();
	if (by->count <= WIRE_FINDINGS_MAX)
		(void)json_add(by->findings, NULL, finding);
	else
		json_free(finding);
}

void
ignores_add(struct ignores *all, struct json *item)
{
	struct json *list = json_add_array(item, "ignored"), *o;
	struct ignore *one;
	size_t i;

	for (i = 0; i < all->n; i++) {
		one = &all->all[i];
		if (one->count == 0)
			continue;
		o = json_add_object(list, NULL);
		json_add_string(o, "ignore", one->text);
		if (*one->reason != '\0')
			json_add_string(o, "reason", one->reason);
		json_add_uint(o, "count", one->count);
		(void)json_add(o, "findings", one->findings);
		one->findings = NULL;
		one->total += one->count;
		one->count = 0;
	}
}

void
ignores_sum(struct ignores *all, const struct json *item)
{
	const struct json *o = json_first(json_get(item, "ignored"));
	int64_t n;
	size_t i;

	for (; o != NULL; o = json_next(o))
		for (i = 0; i < all->n; i++)
			if (strcmp(all->all[i].text,
			        json_get_text(o, "ignore")) == 0 &&
			    json_int(json_get(o, "count"), 1, JSON_INT_MAX,
			        &n) == 0)
				all->all[i].total += (uint64_t)n;
}

void
ignores_tell(const struct ignores *all)
{
	const struct ignore *one;
	char where[MSG_NAME];
	size_t i;

	for (i = 0; i < all->n; i++) {
		one = &all->all[i];
		if (one->over || one->total > 0)
			continue;
		if (one->line == 0)
			msg_warn(0, "--ignore %s: it matches nothing",
			    one->text);
		else
			msg_warn(0, "%s:%zu: %s matches nothing",
			    msg_mask(where, sizeof where, all->file), one->line,
			    one->text);
	}
}
