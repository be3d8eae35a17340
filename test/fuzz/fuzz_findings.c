/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings, read back from lines.  What is printed for any name, as the path
 * and as what blocks it, is read back as that name, with what else the finding
 * says; and what is read of any line is a word that was printed so.  The input:
 * a byte for the rule, two names that end in a NUL; then all of it is a line.
 */
#include "fuzz.h"

#include <string.h>

#include "base/msg.h"
#include "base/quote.h"
#include "bundle/finding.h"
#include "log/findings.h"

/* Print it as bundle/report does, and read the line. */
static void
there_and_back(const struct finding *f)
{
	struct finding_who who = {.uid = 1};
	char why[MSG_MAX], fix[MSG_MAX], name[MSG_NAME], line[3 * MSG_MAX];
	struct json *all = json_new_array(), *one;

	(void)snprintf(line, sizeof line, "unpack: %s: %s; fix: %s",
	    quote_name(name, sizeof name, f->path),
	    finding_reason(why, sizeof why, f, &who),
	    finding_fix(fix, sizeof fix, f));
	MUST(findings_read_line(all, line, strlen(line)));
	MUST(json_size(all) == 1);
	one = json_first(all);
	MUST(strcmp(json_get_text(one, "code"), finding_code(f->rule)) == 0);
	MUST(strcmp(json_get_text(one, "path"),
	         msg_mask(name, sizeof name, f->path)) == 0);
	MUST(strcmp(json_get_text(one, "message"), why) == 0);
	MUST(strcmp(json_get_text(one, "fix"), fix) == 0);
	json_free(all);
}

/* A line of anybody's. */
static void
any_line(const char *line, size_t len)
{
	struct json *all = json_new_array();
	bool is = findings_read_line(all, line, len);
	char name[QUOTE_MAX], again[QUOTE_MAX];
	const char *end;

	MUST(is == (json_size(all) == 1));
	MUST(is == findings_read_line(NULL, line, len));
	json_free(all);
	if (!is)
		return;
	end = quote_read(line + strlen("unpack: "), name, sizeof name);
	MUST(end != NULL);
	quote_name(again, sizeof again, name);
	MUST(strlen(again) == (size_t)(end - line) - strlen("unpack: "));
	MUST(memcmp(again, line + strlen("unpack: "), strlen(again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + 1);
	const char *end;
	struct finding f = {0};

	MUST(copy != NULL);
	if (len > 0) /* or libFuzzer gives NULL */
		memcpy(copy, data, len);
	copy[len] = '\0';
	any_line(copy, len);
	end = len > 0 ? memchr(copy + 1, '\0', len - 1) : NULL;
	if (end != NULL) {
		f.path = copy + 1;
		f.rule = FINDING_FILE_READ + data[0] % 4;
		f.acl = (data[0] & 4) != 0;
		f.copied_alone = (data[0] & 8) != 0;
		f.blocker = (data[0] & 16) != 0 ? f.path : end + 1;
		f.mode = data[0];
		there_and_back(&f);
	}
	free(copy);
	return 0;
}
