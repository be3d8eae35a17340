/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/msg.h"
#include "tap.h"
#include "wire.h"

enum colour {
	RED,
	GREEN,
	BLUE
};

struct inner {
	const char *dir;
};

struct all {
	bool quiet;
	int json;
	uint64_t jobs, size, seconds;
	const char *format, *file;
	enum colour colour;
	struct inner inner;
	int seen; /* how often --also was given */
};

static const char *
take_also(const struct opt *o, void *to, const char *value)
{
	(void)o;
	++*(int *)to;
	return strcmp(value, "bad") == 0 ? "it is bad" : NULL;
}

static const struct opt rows[] = {
    {"quiet", 'q', NULL, "say nothing", OPT_FLAG(struct all, quiet)},
    {"jobs", 'j', "N", "threads", OPT_NUMBER(struct all, jobs, 1, 64)},
    {"max-size", 0, "SIZE", "bytes", OPT_SIZE(struct all, size, 1, 1 << 30)},
    {"timeout", 0, "TIME", "for all", OPT_TIME(struct all, seconds)},
    {"format", 0, "json|jsonl|tar", "what to write",
        OPT_WORD(struct all, format)},
    {"colour", 0, "red|green|blue", "of what", OPT_CHOICE(struct all, colour)},
    {"output", 'o', "text|json", "how to tell", OPT_CHOICE(struct all, json)},
    {"file", 'f', "FILE", "one that exists", OPT_TEXT(struct all, file)},
    {"also", 0, "THIS", "again",
        OPT_OTHER(struct all, seen, take_also, "this or that")},
    {NULL, 'x', NULL, "no long name", OPT_FLAG(struct all, quiet)},
    {0},
};
static const struct opt inner_rows[] = {
    {"bundle-dir", 0, "DIR",
        "where the bundle is, in a sentence that is long enough to be broken by the printer of this help, which must not be wider than a terminal",
        OPT_TEXT(struct inner, dir)},
    {0},
};
static const struct opt_group groups[] = {
    {NULL, rows, 0},
    {"Inside", inner_rows, offsetof(struct all, inner)},
    {0},
};
static struct opt_command command = {.name = "do",
    .groups = groups,
    .operands = "up to two FILEs",
    .most = 2};

static struct all got;
static char *words[16];
static int n_words, code;

/* Parse the words of text.  Returns what opt_parse does. */
static int
parse(const char *text)
{
	static char copy[512];
	char *rest = copy, *word;

	(void)snprintf(copy, sizeof copy, "prog %s", text);
	for (n_words = 0; (word = strsep(&rest, " ")) != NULL;)
		words[n_words++] = word;
	words[n_words] = NULL;
	memset(&got, 0, sizeof got);
	code = -1;
	return opt_parse(&command, &got, n_words, words, &code);
}

static void
wrong(const char *text, const char *complaint)
{
	char whole[512];

	(void)snprintf(whole, sizeof whole, "%s (see test do --help)",
	    complaint);
	OK(parse(text) < 0 && code == WIRE_USAGE);
	OK_STR(msg_last(), whole);
}

static void
forms(void)
{
	OK(parse("--jobs 7 --quiet") == 0 && got.jobs == 7 && got.quiet);
	OK(parse("--jobs=7") == 0 && got.jobs == 7 && !got.quiet);
	OK(parse("-j7") == 0 && got.jobs == 7);
	OK(parse("-j=7") == 0 && got.jobs == 7);
	OK(parse("-j 7 -j 8") == 0 && got.jobs == 8);
	OK(parse("-qj 9") == 0 && got.quiet && got.jobs == 9);
	OK(parse("-x") == 0 && got.quiet);
	OK(parse("--file=") == 0 && strcmp(got.file, "") == 0);
	OK(parse("--file --quiet") == 0 && strcmp(got.file, "--quiet") == 0 &&
	    !got.quiet);
	OK(parse("-f -") == 0 && strcmp(got.file, "-") == 0);
	OK(parse("--bundle-dir x") == 0 && strcmp(got.inner.dir, "x") == 0);
	OK(parse("a --quiet b") == 2 && got.quiet &&
	    strcmp(words[1], "a") == 0 && strcmp(words[2], "b") == 0 &&
	    words[3] == NULL);
	OK(parse("-- --quiet -") == 2 && !got.quiet &&
	    strcmp(words[1], "--quiet") == 0 && strcmp(words[2], "-") == 0);
}

static void
values(void)
{
	OK(parse("--max-size 10Mi") == 0 && got.size == 10 << 20);
	OK(parse("--timeout 90") == 0 && got.seconds == 90);
	OK(parse("--timeout 90s") == 0 && got.seconds == 90);
	OK(parse("--timeout 1h30m") == 0 && got.seconds == 5400);
	OK(parse("--format jsonl") == 0 && strcmp(got.format, "jsonl") == 0);
	OK(parse("--colour blue") == 0 && got.colour == BLUE);
	OK(parse("-o text") == 0 && !got.json);
	OK(parse("-ojson") == 0 && got.json);
	OK(parse("--also x --also=y") == 0 && got.seen == 2);
}

static void
complaints(void)
{
	wrong("--jobs x", "--jobs takes a number from 1 to 64, not 'x'");
	wrong("-j 65", "--jobs takes a number from 1 to 64, not '65'");
	wrong("--jobs", "--jobs takes a number from 1 to 64, but none follows");
	wrong("--format zip", "--format takes json|jsonl|tar, not 'zip'");
	wrong("--format json|jsonl",
	    "--format takes json|jsonl|tar, not 'json|jsonl'");
	wrong("--output=", "--output takes text|json, not ''");
	wrong("--quiet=yes", "--quiet takes no value, not 'yes'");
	wrong("--help=yes", "--help takes no value, not 'yes'");
	wrong("--file", "--file takes FILE, but none follows");
	wrong("--max-size 0",
	    "--max-size takes a size of at least 1 byte, such as 512Ki, 10Mi or 1Gi, not '0'");
	wrong("--timeout 5x",
	    "--timeout takes a time of at least 1s, such as 90s, 10m or 1h30m, not '5x'");
	OK(parse("--timeout 1m1h") < 0 && parse("--timeout 0s") < 0 &&
	    parse("--timeout h") < 0 && parse("--timeout 1h1") < 0 &&
	    parse("--timeout 999999999h") < 0);
	wrong("--also bad", "--also takes this or that, not 'bad': it is bad");
	wrong("a b c", "do takes up to two FILEs, not 'c' as well");
	/* one complaint, and the rest counts */
	wrong("--jobs x --nope -o json a b c",
	    "--jobs takes a number from 1 to 64, not 'x'");
	OK(got.json);
	wrong("--nope --help", "unknown option '--nope'");
}

static void
unknown(void)
{
	wrong("--bundel-dir x", "unknown option '--bundel-dir'");
	wrong("--bundle=x", "unknown option '--bundle'");
	wrong("--max 7", "unknown option '--max'");
	wrong("-jobs 7", "--jobs takes a number from 1 to 64, not 'obs'");
	wrong("-quiet", "unknown option '-quiet'");
	wrong("-k", "unknown option '-k'");
	wrong("--\033", "unknown option '--\\x1b'");
	command.one_dash = true;
	OK(parse("-jobs 7 -bundle-dir=x -j8") == -1);
	OK(parse("-jobs 7 -bundle-dir=x -q") == 0 && got.jobs == 7 &&
	    got.quiet && strcmp(got.inner.dir, "x") == 0);
	wrong("-bundle x", "unknown option '-bundle'");
	command.one_dash = false;
}

static void
operands(void)
{
	command.operands = "one IMAGE";
	command.least = command.most = 1;
	words[1] = NULL;
	OK(opt_parse(&command, &got, 1, words, &code) < 0);
	OK_STR(msg_last(),
	    "do takes one IMAGE, but none was given (see test do --help)");
	command.operands = NULL;
	command.least = command.most = 0;
	wrong("a", "do takes options only, not 'a'");
	command.most = OPT_ANY;
	OK(parse("a b c d") == 4);
}

/* --help fits a terminal and names every option. */
static void
help(void)
{
	char line[256];
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO);
	size_t widest = 0, seen = 0;

	OK(out != NULL && saved >= 0);
	(void)fflush(stdout);
	(void)dup2(fileno(out), STDOUT_FILENO);
	(void)parse("-q --help");
	(void)dup2(saved, STDOUT_FILENO);
	(void)close(saved);
	OK(code == WIRE_OK);
	rewind(out);
	while (fgets(line, sizeof line, out) != NULL) {
		if (strlen(line) - 1 > widest)
			widest = strlen(line) - 1;
		seen += strncmp(line, "  -", 3) == 0 ||
		    strncmp(line, "      --", 8) == 0;
	}
	(void)fclose(out);
	OK(widest <= 79);
	OK(seen == 12);
}

int
main(void)
{
	msg_name("test");
	forms();
	values();
	complaints();
	unknown();
	operands();
	help();
	return tap_done();
}
