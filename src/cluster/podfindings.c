/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that `unpack` found wrong with a bundle.
 */
#include "cluster/podfindings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "bundle/finding.h"
#include "wire.h"

enum {
	LOG_MAX = 4 << 20 /* bytes of lines that are looked at */
};

/* How the message of each rule begins (finding_reason). */
static const struct {
	const char *words;
	enum finding_rule rule;
} rules[] = {
    {": not readable", FINDING_FILE_READ},
    {": directory not readable", FINDING_DIR_READ},
    {": directory not searchable", FINDING_DIR_SEARCH},
    {": hidden by a mount", FINDING_HIDDEN},
};

bool
podfindings_more(const struct json *report)
{
	int64_t more;

	return json_int(json_get(report, "more"), 1, JSON_INT_MAX, &more) == 0;
}

/*
 * text as JSON can have it: `unpack` masks what it prints, but it may be
 * another program that printed this.
 */
static const char *
fit(char *masked, size_t size, const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '\x7f')
			break;
	if (i == len && len < size && msg_is_utf8(text, len))
		return text;
	return msg_mask(masked, size, text);
}

/*
 * Take "unpack: PATH: MESSAGE; fix: FIX", as report_print has it; PATH is
 * masked there.  Other lines are not ours.
 */
static void
podfindings_take_line(struct json *to, char *line)
{
	static const char name[] = "unpack: ", fix[] = "; fix: ";
	char *end = strstr(line, fix), *at = NULL, *p;
	char text[MSG_MAX];
	struct json *one;
	size_t i, rule = 0;

	if (strncmp(line, name, strlen(name)) != 0 || end == NULL)
		return;
	line += strlen(name);
	*end = '\0';
	for (i = 0; i < sizeof rules / sizeof *rules; i++) {
		p = strstr(line, rules[i].words);
		if (p != NULL && (at == NULL || p < at)) {
			at = p;
			rule = i;
		}
	}
	if (at == NULL)
		return;
	*at = '\0';
	one = json_add_object(to, NULL);
	json_add_string(one, "code", finding_code(rules[rule].rule));
	json_add_string(one, "path", fit(text, sizeof text, line));
	json_add_string(one, "message", fit(text, sizeof text, at + 2));
	json_add_string(one, "fix", fit(text, sizeof text, end + strlen(fix)));
}

void
podfindings_read(struct json *report, const struct tempfile *log)
{
	struct blob b = {.fd = log->fd,
	    .len = log->len < LOG_MAX ? log->len : LOG_MAX};
	char *text = blob_text(&b, LOG_MAX, "the pod's log"), *rest = text;
	struct json *all = json_new_array(), *copy;
	size_t had = json_size(json_get(report, "findings")), n;
	char *line;
	int64_t more = 0;

	while (json_size(all) < WIRE_FINDINGS_MAX &&
	    (line = strsep(&rest, "\n")) != NULL)
		podfindings_take_line(all, line);
	free(text);
	(void)json_int(json_get(report, "more"), 0, JSON_INT_MAX, &more);
	n = json_size(all);
	if (n < had) {
		json_free(all);
		return;
	}
	copy = json_take(report, "more");
	json_free(copy);
	(void)json_set(report, "findings", all);
	if ((uint64_t)more + had > n)
		json_add_int(report, "more", more + (int64_t)(had - n));
}
