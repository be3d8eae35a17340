/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of a log, undone: the same text in all pieces. */
#include "log/form.h"

#include <stdlib.h>

#include "tap.h"
#include "tarsum.h"

#define T "2026-11-23T18:54:26.334538770Z "

struct source {
	const char *at;
	size_t len, step;
	bool fails; /* at the end */
};

static ssize_t
pull(void *arg, const void **data)
{
	struct source *s = arg;
	size_t n = s->len < s->step ? s->len : s->step;

	if (n == 0 && s->fails)
		return -1;
	*data = s->at;
	s->at += n;
	s->len -= n;
	return (ssize_t)n;
}

static struct notes notes;
static char got[1 << 20];
static bool cut;

/* Read it all, step bytes in, room bytes out; how much, or -1. */
static ssize_t
run(const char *bytes, size_t len, size_t step, size_t room)
{
	struct source s = {bytes, len, step, false};
	struct form *f;
	size_t all = 0;
	ssize_t n;

	notes_free(&notes);
	memset(&notes, 0, sizeof notes);
	f = form_open(pull, &s, &notes);
	while ((n = form_read(f, got + all,
	            sizeof got - all < room ? sizeof got - all : room)) > 0)
		all += (size_t)n;
	cut = form_is_cut(f);
	form_close(f);
	got[all] = '\0';
	return n < 0 ? -1 : (ssize_t)all;
}

/* The bytes come out as `wanted`; `forms` is what was noticed. */
static void
gives_of(const char *bytes, size_t len, const char *wanted, unsigned int forms)
{
	static const size_t steps[] = {1, 2, 3, 7, 100, 1 << 20};
	static const size_t rooms[] = {1, 5, 4096};
	size_t i, wrong = 0;

	for (i = 0; i < 18 && wrong == 0; i++) {
		if (run(bytes, len, steps[i % 6], rooms[i / 6]) !=
		        (ssize_t)strlen(wanted) ||
		    strcmp(got, wanted) != 0 || notes.forms != forms)
			wrong++;
	}
	if (wrong > 0)
		printf("# forms %#x\n", notes.forms);
	OK_STR(got, wanted);
	OK(wrong == 0);
}

#define GIVES(bytes, wanted, forms) \
	gives_of(bytes, sizeof bytes - 1, wanted, forms)

static void
plain(void)
{
	GIVES("", "", 0);
	OK(notes.texts == 0 && !cut);
	GIVES("\n", "\n", 0);
	GIVES("hello\nyou\n", "hello\nyou\n", 0);
	OK(notes.texts == 2);
	GIVES("no end", "no end", 0);
	OK(notes.texts == 1 && !cut);
	GIVES("2026 is not a time\n2\n", "2026 is not a time\n2\n", 0);
	GIVES("2026", "2026", 0);
	GIVES("{\"x\":1}\n{\n", "{\"x\":1}\n{\n", 0);
	GIVES("\xef\xbb\xbf{\"x\":1}\n", "{\"x\":1}\n", NOTES_MARK);
	GIVES("a\n\xef\xbb\xbf"
	      "b\n",
	    "a\nb\n", 0);
}

static void
cri(void)
{
	GIVES(T "stdout F one\n" T "stderr F bad\n" T "stdout F two\n",
	    "one\ntwo\n", NOTES_CRI);
	OK(notes.texts == 3 && !cut);
	GIVES(T "stdout P one\n" T "stdout P -two\n" T "stdout F -three\n",
	    "one-two-three\n", NOTES_CRI);
	OK(!cut);
	GIVES(T "stdout P one\n", "one", NOTES_CRI);
	OK(cut);
	GIVES(T "stdout P one\n" T "stderr P bad\n", "one", NOTES_CRI);
	OK(cut);
	GIVES(T "stdout P one\nplain\n", "oneplain\n", NOTES_CRI);
	OK(!cut);
	GIVES(T "stdout P one\n\n", "one\n", NOTES_CRI);
	OK(!cut);
	/* made CRLF: a piece has no CR of its own */
	GIVES(T "stdout P one\r\n" T "stdout F two\r\n", "onetwo\r\n",
	    NOTES_CRI);
	/* nor has it one inside, which no stream has */
	GIVES(T "stdout P one\rtwo\r\r\n" T "stdout P \r\n" T
	        "stdout P \r\r3\r4\n" T "stdout F \r5\r\n",
	    "onetwo34\r5\r\n", NOTES_CRI);
	GIVES(T "stdout P one\r", "one", NOTES_CRI);
	GIVES(T "stdout P \rone\n\r\n", "one\r\n", NOTES_CRI);
	GIVES(T "stdout F:x y\n" T "stdout P:z y\n", "y\ny", NOTES_CRI);
	GIVES(T "stdout F\n" T "stdout P\n", "\n", NOTES_CRI);
	/* what only looks like it */
	GIVES(T "stdout X y\n", T "stdout X y\n", NOTES_STAMPS);
	GIVES(T "stdout Fx y\n", T "stdout Fx y\n", NOTES_STAMPS);
	GIVES(T "stdin F y\n", T "stdin F y\n", NOTES_STAMPS);
	GIVES(T "stdout\n", T "stdout\n", NOTES_STAMPS);
	GIVES(T, T, NOTES_STAMPS);
}

#define DOCKER(text, stream) \
	"{\"log\":\"" text "\",\"stream\":\"" stream "\",\"time\":\"x\"}\n"

static void
json(void)
{
	GIVES(DOCKER("one\\n", "stdout") DOCKER("bad\\n", "stderr")
	          DOCKER("two\\n", "stdout"),
	    "one\ntwo\n", NOTES_JSON_FILE);
	OK(notes.texts == 3 && !cut);
	GIVES(DOCKER("one", "stdout") DOCKER("two\\n", "stdout"), "onetwo\n",
	    NOTES_JSON_FILE);
	GIVES(DOCKER("one", "stdout"), "one", NOTES_JSON_FILE);
	OK(cut);
	GIVES(DOCKER("\\u0041\\u00e4\\t\\\"\\\\\\/\\b\\f\\r\\n", "stdout"),
	    "A\xc3\xa4\t\"\\/\b\f\r\n", NOTES_JSON_FILE);
	GIVES(DOCKER("\\u004a\\u004A\\n", "stdout"), "JJ\n", NOTES_JSON_FILE);
	/* blanks, other keys first, and objects inside */
	GIVES("{ \"log\" : \"one\\n\", \"attrs\": {\"stream\":[\"x\"]}, "
	      "\"stream\" : \"stderr\" }\n",
	    "", NOTES_JSON_FILE);
	GIVES("{\"log\":\"one\\n\",\"attrs\":{\"a\":\"b\"},\"stream\":"
	      "\"stderr\"}\n" DOCKER("two\\n", "stdout"),
	    "two\n", NOTES_JSON_FILE);
	GIVES("{\"log\":\"one\",\"attrs\":{\"stream\":\"x\",\"y\":[\"stream\","
	      "\"stderr\"]},\"n\":{}}\n",
	    "one", NOTES_JSON_FILE);
	OK(cut);
	/* cut, it is text: in the text, behind it, in an object inside */
	GIVES("{\"log\":\"on", "{\"log\":\"on\n", NOTES_JSON_FILE);
	OK(!cut);
	GIVES("{\"log\":\"on\n" DOCKER("two\\n", "stdout"),
	    "{\"log\":\"on\ntwo\n", NOTES_JSON_FILE);
	GIVES("{\"log\":\"one\",\"stream\":\"stdout\"\n",
	    "{\"log\":\"one\",\"stream\":\"stdout\"\n", NOTES_JSON_FILE);
	OK(!cut);
	GIVES("{\"log\":\"one\",\"attrs\":{\"a\":\"b\"}\n",
	    "{\"log\":\"one\",\"attrs\":{\"a\":\"b\"}\n", NOTES_JSON_FILE);
	OK(!cut);
	GIVES("{\"message\":\"one\"}\n", "{\"message\":\"one\"}\n", 0);
	GIVES("{\"logs\":\"one\"}\n", "{\"logs\":\"one\"}\n", 0);
	GIVES("{\"lo\n{\"log\n", "{\"lo\n{\"log\n", 0);
	GIVES("{\"log\":\"one\\n\"} \"x\"}{\n",
	    "{\"log\":\"one\\n\"} \"x\"}{\n", NOTES_JSON_FILE);
	/* nothing, of standard output and of standard error */
	GIVES(DOCKER("", "stdout") DOCKER("", "stderr"), "", NOTES_JSON_FILE);
	OK(cut);
}

/* More than docker puts in one line is text like any other. */
static void
long_text(void)
{
	static char text[400000];
	size_t n, len, i;

	for (len = 60000; len < 300000; len *= 4) {
		n = (size_t)snprintf(text, sizeof text, "{\"log\":\"");
		memset(text + n, 'x', len);
		n += len +
		    (size_t)snprintf(text + n + len, 100,
		        "\\n\",\"stream\":\"stdout\"}\n");
		for (i = 0; i < 2; i++) {
			OK(run(text, n, i == 0 ? 999 : 1 << 20, 4096) ==
			    (ssize_t)(len < 100000 ? len + 1 : n));
			OK(strcmp(got + (len < 100000 ? len : n - 1), "\n") ==
			    0);
			OK(memcmp(got, text + (len < 100000 ? 8 : 0), len) ==
			    0);
			OK(notes.texts == 1);
		}
	}
}

static void
characters(void)
{
	GIVES("\xff\xfe\x61\0\n\0", "a\n", NOTES_UTF16);
	GIVES("\xfe\xff\0a\0\n", "a\n", NOTES_UTF16);
	/* pairs, and marks and NULs in the middle */
	GIVES("\xff\xfe\x3d\xd8\x00\xde", "\xf0\x9f\x98\x80", NOTES_UTF16);
	GIVES("\xff\xfe\x3d\xd8\x61\0\x00\xde", "a\xed\xb8\x80", NOTES_UTF16);
	GIVES("\xff\xfe\x61\0\xff\xfe\0\0\x62\0", "ab",
	    NOTES_UTF16 | NOTES_NUL);
}

static void
holes(void)
{
	GIVES("one\n\0\0\0\0two\n", "one\ntwo\n", NOTES_NUL);
	/* a line that is cut by it is over */
	GIVES(T "stdout F on\0\0" T "stdout F two\n", "ontwo\n",
	    NOTES_CRI | NOTES_NUL);
	GIVES("{\"log\":\"on\0\0" DOCKER("two\\n", "stdout"),
	    "{\"log\":\"on\ntwo\n", NOTES_JSON_FILE | NOTES_NUL);
	GIVES("2026-\0\0x\n", "2026-x\n", NOTES_NUL);
	GIVES("\0\0\0hello\n", "hello\n", NOTES_NUL);
}

/* Tars come out as they are. */
static void
tars(void)
{
	static char tar[30 * 512];
	unsigned int sum;

	/* a tar of nothing is none, as NULs that a crash left */
	OK(run(tar, 1024, 100, 4096) == 0 && notes.forms == NOTES_NUL);
	OK(run(tar, 20 * 512, 100, 4096) == 0);
	OK(run(tar, 512, 100, 4096) == 0 && notes.forms == NOTES_NUL);
	OK(run(tar, 1025, 100, 4096) == 0);
	OK(run(tar, 1536, 100, 4096) == 0);
	OK(run(tar, 20 * 512 + 1, 100, 4096) == 0);
	OK(run(tar, 20 * 512 + 1, 20 * 512, 4096) == 0);
	OK(run(tar, 21 * 512, 4096, 4096) == 0);
	(void)snprintf(tar, 100, "name");
	sum = tarsum_set(tar);
	OK(run(tar, 1536, 100, 4096) == 1536);
	OK(memcmp(got, tar, 1536) == 0);
	(void)snprintf(tar + 148, 8, "  %04o", sum);
	OK(run(tar, 1536, 100, 4096) == 1536);
	(void)snprintf(tar + 148, 8, "%06o", sum + 1);
	OK(run(tar, 1536, 100, 4096) < 1536);
	(void)snprintf(tar + 148, 8, "%06o", sum);
	OK(run(tar, 511, 100, 4096) < 511);
	OK(run(tar, 512, 100, 4096) == 512);
}

/* Does it begin in the middle of a line; and what was read is not lost. */
static void
continues(const char *text, int wanted, const char *rest)
{
	struct source s = {text, strlen(text), 3, false};
	struct form *f;
	size_t all = 0;
	ssize_t n;

	memset(&notes, 0, sizeof notes);
	f = form_open(pull, &s, &notes);
	OK(form_continues(f) == wanted);
	while ((n = form_read(f, got + all, 2)) > 0)
		all += (size_t)n;
	got[all] = '\0';
	OK_STR(got, rest);
	form_close(f);
	notes_free(&notes);
}

static void
middles(void)
{
	struct source s = {"abc", 3, 3, true};
	static char many[100000];
	struct form *f;
	ssize_t n;

	continues(T "stdout F rest of it\n", 1, "rest of it\n");
	continues(T "stdout F {\"part\"\n", 0, "{\"part\"\n");
	continues(DOCKER("rest\\n", "stdout"), 1, "rest\n");
	continues("plain\n", 0, "plain\n");
	continues("", 0, "");
	/* what cannot be read is not an end, at once and later */
	memset(&notes, 0, sizeof notes);
	OK(form_open(pull, &s, &notes) == NULL);
	memset(many, '\n', sizeof many);
	s = (struct source){many, sizeof many, 500, true};
	f = form_open(pull, &s, &notes);
	while ((n = form_read(f, got, 100)) > 0)
		continue;
	OK(n < 0);
	form_close(f);
	notes_free(&notes);
}

int
main(void)
{
	plain();
	cri();
	json();
	long_text();
	characters();
	holes();
	tars();
	middles();
	notes_free(&notes);
	return tap_done();
}
