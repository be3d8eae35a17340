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
from(void *arg, void *to, size_t room)
{
	struct source *s = arg;
	size_t n = s->len < s->step ? s->len : s->step;

	if (n > room)
		n = room;
	if (n == 0 && s->fails)
		return -1;
	memcpy(to, s->at, n);
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
	f = form_open(from, &s, &notes);
	while ((n = form_read(f, got + all,
	            sizeof got - all < room ? sizeof got - all : room)) > 0)
		all += (size_t)n;
	cut = form_is_cut(f);
	form_close(f);
	got[all] = '\0';
	return n < 0 ? -1 : (ssize_t)all;
}

/* The bytes come out as `wanted`; were there NULs? */
static void
gives_of(const char *bytes, size_t len, const char *wanted, bool nul)
{
	static const size_t steps[] = {1, 2, 3, 7, 100, 1 << 20};
	static const size_t rooms[] = {1, 5, 4096};
	size_t i, wrong = 0;

	for (i = 0; i < 18 && wrong == 0; i++) {
		if (run(bytes, len, steps[i % 6], rooms[i / 6]) !=
		        (ssize_t)strlen(wanted) ||
		    strcmp(got, wanted) != 0 || notes.nul != nul)
			wrong++;
	}
	OK_STR(got, wanted);
	OK(wrong == 0);
}

#define GIVES(bytes, wanted) gives_of(bytes, sizeof bytes - 1, wanted, false)
#define GIVES_NUL(bytes, wanted) gives_of(bytes, sizeof bytes - 1, wanted, true)

static void
plain(void)
{
	GIVES("", "");
	OK(notes.texts == 0 && !cut);
	GIVES("\n", "\n");
	GIVES("hello\nyou\n", "hello\nyou\n");
	OK(notes.texts == 2);
	GIVES("no end", "no end");
	OK(notes.texts == 1 && !cut);
	GIVES("2026 is not a time\n2\n", "2026 is not a time\n2\n");
	GIVES("2026", "2026");
	GIVES("{\"x\":1}\n{\n", "{\"x\":1}\n{\n");
	GIVES("\xef\xbb\xbf{\"x\":1}\n", "{\"x\":1}\n");
	GIVES("a\n\xef\xbb\xbf"
	      "b\n",
	    "a\nb\n");
}

static void
cri(void)
{
	GIVES(T "stdout F one\n" T "stderr F bad\n" T "stdout F two\n",
	    "one\ntwo\n");
	OK(notes.texts == 3 && !cut);
	GIVES(T "stdout P one\n" T "stdout P -two\n" T "stdout F -three\n",
	    "one-two-three\n");
	OK(!cut);
	GIVES(T "stdout P one\n", "one");
	OK(cut);
	GIVES(T "stdout P one\n" T "stderr P bad\n", "one");
	OK(cut);
	GIVES(T "stdout P one\nplain\n", "oneplain\n");
	OK(!cut);
	GIVES(T "stdout P one\n\n", "one\n");
	OK(!cut);
	/* made CRLF: a piece has no CR of its own */
	GIVES(T "stdout P one\r\n" T "stdout F two\r\n", "onetwo\r\n");
	/* nor has it one inside, which no stream has */
	GIVES(T "stdout P one\rtwo\r\r\n" T "stdout P \r\n" T
	        "stdout P \r\r3\r4\n" T "stdout F \r5\r\n",
	    "onetwo34\r5\r\n");
	GIVES(T "stdout P one\r", "one");
	GIVES(T "stdout P \rone\n\r\n", "one\r\n");
	GIVES(T "stdout F:x y\n" T "stdout P:z y\n", "y\ny");
	GIVES(T "stdout F\n" T "stdout P\n", "\n");
	/* what only looks like it */
	GIVES(T "stdout X y\n", T "stdout X y\n");
	GIVES(T "stdout Fx y\n", T "stdout Fx y\n");
	GIVES(T "stdin F y\n", T "stdin F y\n");
	GIVES(T "stdout\n", T "stdout\n");
	GIVES(T, T);
}

#define DOCKER(text, stream) \
	"{\"log\":\"" text "\",\"stream\":\"" stream "\",\"time\":\"x\"}\n"

static void
json(void)
{
	GIVES(DOCKER("one\\n", "stdout") DOCKER("bad\\n", "stderr")
	          DOCKER("two\\n", "stdout"),
	    "one\ntwo\n");
	OK(notes.texts == 3 && !cut);
	GIVES(DOCKER("one", "stdout") DOCKER("two\\n", "stdout"), "onetwo\n");
	GIVES(DOCKER("one", "stdout"), "one");
	OK(cut);
	GIVES(DOCKER("\\u0041\\u00e4\\t\\\"\\\\\\/\\b\\f\\r\\n", "stdout"),
	    "A\xc3\xa4\t\"\\/\b\f\r\n");
	GIVES(DOCKER("\\u004a\\u004A\\n", "stdout"), "JJ\n");
	/* blanks, other keys first, and objects inside */
	GIVES("{ \"log\" : \"one\\n\", \"attrs\": {\"stream\":[\"x\"]}, "
	      "\"stream\" : \"stderr\" }\n",
	    "");
	GIVES("{\"log\":\"one\\n\",\"attrs\":{\"a\":\"b\"},\"stream\":"
	      "\"stderr\"}\n" DOCKER("two\\n", "stdout"),
	    "two\n");
	GIVES("{\"log\":\"one\",\"attrs\":{\"stream\":\"x\",\"y\":[\"stream\","
	      "\"stderr\"]},\"n\":{}}\n",
	    "one");
	OK(cut);
	/* cut, it is text: in the text, behind it, in an object inside */
	GIVES("{\"log\":\"on", "{\"log\":\"on\n");
	OK(!cut);
	GIVES("{\"log\":\"on\n" DOCKER("two\\n", "stdout"),
	    "{\"log\":\"on\ntwo\n");
	GIVES("{\"log\":\"one\",\"stream\":\"stdout\"\n",
	    "{\"log\":\"one\",\"stream\":\"stdout\"\n");
	OK(!cut);
	GIVES("{\"log\":\"one\",\"attrs\":{\"a\":\"b\"}\n",
	    "{\"log\":\"one\",\"attrs\":{\"a\":\"b\"}\n");
	OK(!cut);
	GIVES("{\"message\":\"one\"}\n", "{\"message\":\"one\"}\n");
	GIVES("{\"logs\":\"one\"}\n", "{\"logs\":\"one\"}\n");
	GIVES("{\"lo\n{\"log\n", "{\"lo\n{\"log\n");
	GIVES("{\"log\":\"one\\n\"} \"x\"}{\n",
	    "{\"log\":\"one\\n\"} \"x\"}{\n");
	/* nothing, of standard output and of standard error */
	GIVES(DOCKER("", "stdout") DOCKER("", "stderr"), "");
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
	GIVES("\xff\xfe\x61\0\n\0", "a\n");
	GIVES("\xfe\xff\0a\0\n", "a\n");
	/* what is not ASCII, of one unit and of two */
	GIVES("\xff\xfe\xe9\0\x61\0\x3d\xd8\x00\xde", "?a??");
	/* marks and NULs in the middle */
	GIVES_NUL("\xff\xfe\x61\0\xff\xfe\0\0\x62\0", "ab");
}

static void
holes(void)
{
	GIVES_NUL("one\n\0\0\0\0two\n", "one\ntwo\n");
	/* a line that is cut by it is over */
	GIVES_NUL(T "stdout F on\0\0" T "stdout F two\n", "ontwo\n");
	GIVES_NUL("{\"log\":\"on\0\0" DOCKER("two\\n", "stdout"),
	    "{\"log\":\"on\ntwo\n");
	GIVES_NUL("2026-\0\0x\n", "2026-x\n");
	GIVES_NUL("\0\0\0hello\n", "hello\n");
}

/* Tars come out as they are. */
static void
tars(void)
{
	static char tar[30 * 512];
	unsigned int sum;

	/* a tar of nothing is none, as NULs that a crash left */
	OK(run(tar, 1024, 100, 4096) == 0 && notes.nul);
	OK(run(tar, 20 * 512, 100, 4096) == 0);
	OK(run(tar, 512, 100, 4096) == 0 && notes.nul);
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

/* What cannot be read is not an end, at once and later. */
static void
fails(void)
{
	struct source s = {"abc", 3, 3, true};
	static char many[100000];
	struct form *f;
	ssize_t n;

	memset(&notes, 0, sizeof notes);
	OK(form_open(from, &s, &notes) == NULL);
	memset(many, '\n', sizeof many);
	s = (struct source){many, sizeof many, 500, true};
	f = form_open(from, &s, &notes);
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
	fails();
	notes_free(&notes);
	return tap_done();
}
