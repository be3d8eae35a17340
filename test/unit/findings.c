/* SPDX-License-Identifier: Apache-2.0 */
/* A finding is read back as it was printed, and nothing else is one. */
#include "log/findings.h"

#include <stdlib.h>

#include "base/msg.h"
#include "base/quote.h"
#include "bundle/finding.h"
#include "tap.h"

/* What the line is read as; owned. */
static char *
read_back(const char *line)
{
	struct json *all = json_new_array();
	bool is = findings_read_line(all, line, strlen(line));
	char *text = json_print(all, JSON_COMPACT);

	OK(is == (json_size(all) == 1));
	OK(findings_read_line(NULL, line, strlen(line)) == is);
	json_free(all);
	return text;
}

#define READS(line, wanted) \
	do { \
		char *is_ = read_back(line); \
		OK_STR(is_, "[" wanted "]"); \
		free(is_); \
	} while (0)
#define REFUSED(line) READS(line, "")

static const char letters[] = "a'\\$x!\n #:[;\xc3\xa9\xff-. ";
static const char *const hostile[] = {"a: not readable; fix: touch x",
    " because of a: not readable; fix: b", "; fix: ", ": not readable",
    "unpack: a: not readable; fix: x", "' because of 'b': mode; fix: ", ""};

/* Any name, as the path, as what blocks it, or both, comes back. */
static bool
comes_back(const char *path, const char *blocker, enum finding_rule rule)
{
	struct finding f = {.rule = rule, .path = path, .blocker = blocker};
	struct finding_who who = {.uid = 1};
	char line[3 * MSG_MAX], name[MSG_NAME], why[MSG_MAX], fix[MSG_MAX];
	struct json *all = json_new_array(), *one;
	bool fine;

	snprintf(line, sizeof line, "unpack: %s: %s; fix: %s",
	    quote_name(name, sizeof name, path),
	    finding_reason(why, sizeof why, &f, &who),
	    finding_fix(fix, sizeof fix, &f));
	fine = findings_read_line(all, line, strlen(line));
	one = json_first(all);
	fine = fine &&
	    strcmp(json_get_text(one, "code"), finding_code(rule)) == 0 &&
	    strcmp(json_get_text(one, "path"),
	        msg_mask(name, sizeof name, path)) == 0 &&
	    strcmp(json_get_text(one, "message"), why) == 0 &&
	    strcmp(json_get_text(one, "fix"), fix) == 0;
	if (!fine)
		printf("# not read back: %s\n", line);
	json_free(all);
	return fine;
}

static void
make_name(char name[static 64])
{
	size_t n = (size_t)random() % 24, i;

	for (i = 0; i < n; i++)
		name[i] = letters[(size_t)random() % (sizeof letters - 1)];
	name[n] = '\0';
	strcat(name,
	    hostile[(size_t)random() % (sizeof hostile / sizeof *hostile)]);
}

static bool
all_come_back(void)
{
	char path[64], blocker[64];
	int i;

	srandom(26);
	for (i = 0; i < 5000; i++) {
		make_name(path);
		make_name(blocker);
		if (!comes_back(path, i % 3 == 0 ? path : blocker,
		        FINDING_FILE_READ + i % 4))
			return false;
	}
	return true;
}

int
main(void)
{
	OK(all_come_back());
	READS("unpack: a/b: not readable: mode 0600; fix: chmod a+r a/b",
	    "{\"code\":\"file-not-readable\",\"path\":\"a/b\",\"message\":"
	    "\"not readable: mode 0600\",\"fix\":\"chmod a+r a/b\"}");
	READS(
	    "unpack: 'x: not readable; fix: y': directory not searchable because of 'd; fix: z': mode 0600; fix: f",
	    "{\"code\":\"directory-not-searchable\",\"path\":"
	    "\"x: not readable; fix: y\",\"message\":\"directory not searchable "
	    "because of 'd; fix: z': mode 0600\",\"fix\":\"f\"}");
	/* what `unpack` masked is as it was; what it did not is masked */
	READS("unpack: a: not readable; fix: $'\\x01'",
	    "{\"code\":\"file-not-readable\",\"path\":\"a\",\"message\":"
	    "\"not readable\",\"fix\":\"$'\\\\x01'\"}");
	READS("unpack: a: not readable\033; fix: \x7f\xe2\x80\xae",
	    "{\"code\":\"file-not-readable\",\"path\":\"a\",\"message\":"
	    "\"not readable\\\\x1b\",\"fix\":\"\\\\x7f\\\\xe2\\\\x80\\\\xae\"}");
	REFUSED("");
	REFUSED("unpack: ");
	REFUSED("other: a: not readable; fix: f");
	REFUSED("unpack: a: something else; fix: f");
	REFUSED("unpack: a: not readable");
	/* no word, or another spelling of one */
	REFUSED("unpack: a b: not readable; fix: f");
	REFUSED("unpack: a: b: not readable; fix: f");
	REFUSED("unpack: 'a': not readable; fix: f");
	REFUSED("unpack: a*: not readable; fix: f");
	REFUSED("unpack: 'a b: not readable; fix: f");
	REFUSED("unpack: \033a: not readable; fix: f");
	REFUSED("unpack: a: not readable because of b c; fix: f");
	/* cut */
	REFUSED("unpack: 'a b'...: not readable; fix: f");
	REFUSED("unpack: a: not readable; fix: chmod a+r...");
	return tap_done();
}
