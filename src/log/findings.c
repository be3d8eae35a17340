/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The findings that `unpack` prints as lines (bundle/report), read back, and
 * printed again.
 */
#include "log/findings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/quote.h"
#include "bundle/finding.h"
#include "wire.h"

enum {
	LOG_MAX = 4 << 20 /* bytes of a log's lines that are looked at */
};

/* How the reason of each rule begins (finding_reason). */
static const struct {
	const char *words;
	enum finding_rule rule;
} rules[] = {
    {"not readable", FINDING_FILE_READ},
    {"directory not readable", FINDING_DIR_READ},
    {"directory not searchable", FINDING_DIR_SEARCH},
    {"hidden by a mount", FINDING_HIDDEN},
};

/* What follows `words` where text begins with them; NULL: it does not. */
static const char *
findings_skip(const char *text, const char *words)
{
	size_t len = strlen(words);

	return strncmp(text, words, len) == 0 ? text + len : NULL;
}

/*
 * text[0..len) as it is where it is fit to print, as what `unpack` masked is;
 * it may be another program that printed it.  Returns out.
 */
static char *
findings_text(char *out, size_t size, const char *text, size_t len)
{
	char unit[4];
	size_t at, used;

	for (at = 0; at < len; at += used)
		if (msg_mask_one(unit, text, len, at, &used) > 1 &&
		    unit[0] == '\\' && text[at] != '\\')
			return msg_mask_mem(out, size, text, len);
	if (len >= size)
		return msg_mask_mem(out, size, text, len);
	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

bool
findings_read_line(struct json *to, const char *text, size_t len)
{
	static const char fix[] = "; fix: ";
	char line[MSG_MAX], path[QUOTE_MAX], blocker[QUOTE_MAX];
	const char *at, *reason, *end = NULL;
	struct json *one;
	size_t i;

	if (len >= sizeof line || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(line, text, len);
	line[len] = '\0';
	at = findings_skip(line, "unpack: ");
	if (at != NULL)
		at = quote_read(at, path, sizeof path);
	reason = at != NULL ? findings_skip(at, ": ") : NULL;
	for (i = 0; reason != NULL && i < sizeof rules / sizeof *rules; i++)
		if ((end = findings_skip(reason, rules[i].words)) != NULL)
			break;
	if (end == NULL)
		return false;
	/* the one other name: behind it all is ours, up to the fix */
	at = findings_skip(end, " because of ");
	if (at != NULL)
		end = quote_read(at, blocker, sizeof blocker);
	if (at != NULL && end != NULL)
		end = findings_skip(end, ": ");
	if (end != NULL)
		end = strstr(end, fix);
	if (end == NULL || (len > 3 && strcmp(line + len - 3, "...") == 0))
		return false;
	if (to == NULL)
		return true;
	one = json_add_object(to, NULL);
	json_add_string(one, "code", finding_code(rules[i].rule));
	json_add_string(one, "path", msg_mask(blocker, MSG_NAME, path));
	json_add_string(one, "message",
	    findings_text(blocker, sizeof blocker, reason,
	        (size_t)(end - reason)));
	end += sizeof fix - 1;
	json_add_string(one, "fix",
	    findings_text(blocker, sizeof blocker, end, strlen(end)));
	return true;
}

void
findings_read_log(struct json *report, const struct tempfile *log)
{
	struct blob b = {.fd = log->fd,
	    .len = log->len < LOG_MAX ? log->len : LOG_MAX};
	char *text = blob_text(&b, LOG_MAX, "the pod's log"), *rest = text;
	struct json *all = json_get_array(report, "findings"), *read;
	const struct json *one, *first;
	size_t had = json_size(all), n = 0, i;
	int64_t more = 0;
	char *line;

	if (all != NULL)
		json_int(json_get(report, "more"), 0, JSON_INT_MAX, &more);
	while (more > 0 && n < WIRE_FINDINGS_MAX &&
	    (line = strsep(&rest, "\n")) != NULL) {
		read = json_new_array();
		n += findings_read_line(read, line, strlen(line));
		one = json_first(read);
		/* one of the report's? */
		first = json_first(all);
		for (i = 0; i < had &&
		     strcmp(json_get_text(first, "path"),
		         json_get_text(one, "path")) != 0;
		     i++)
			first = json_next(first);
		if (one != NULL && i == had) {
			json_add(all, NULL, json_copy(one));
			more--;
		}
		json_free(read);
	}
	free(text);
	if (all == NULL)
		return;
	json_free(json_take(report, "more"));
	if (more > 0)
		json_add_int(report, "more", more);
}

void
findings_tell(const struct json *object)
{
	const struct json *f = json_first(json_get_array(object, "findings"));
	char path[MSG_NAME], reason[MSG_NAME], fix[MSG_NAME];
	const char *why, *how;
	int64_t more;

	for (; f != NULL; f = json_next(f)) {
		why = json_get_text(f, "message");
		how = json_get_text(f, "fix");
		msg_line("  %s: %s; fix: %s",
		    quote_name(path, sizeof path, json_get_text(f, "path")),
		    findings_text(reason, sizeof reason, why, strlen(why)),
		    findings_text(fix, sizeof fix, how, strlen(how)));
	}
	if (json_int(json_get(object, "more"), 1, JSON_INT_MAX, &more) == 0)
		msg_line("  and %lld more", (long long)more);
}
