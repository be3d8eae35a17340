/* SPDX-License-Identifier: Apache-2.0 */
#include "log/decode.h"

#include "tap.h"

static struct decode d;
static char got[8192];

/*
 * Decode text, given in pieces of `step` bytes, and write what came as text:
 * data in parentheses as it is, events by a letter.
 */
static const char *
run(const char *text, size_t step)
{
	static const char letter[] = "..DBPWOT";
	size_t len = strlen(text), room, n, at = 0;
	enum decode_event event;
	bool open = false;
	char *to;

	decode_start(&d);
	while ((event = decode_next(&d)) != DECODE_END) {
		if (event == DECODE_MORE) {
			to = decode_room(&d, &room);
			n = step < room ? step : room;
			n = n < len ? n : len;
			memcpy(to, text, n);
			decode_fed(&d, n);
			text += n;
			len -= n;
			continue;
		}
		if (event == DECODE_DATA) {
			if (!open)
				got[at++] = '(';
			open = true;
			memcpy(got + at, d.data, d.data_len);
			at += d.data_len;
			continue;
		}
		if (open)
			got[at++] = ')';
		open = false;
		got[at++] = letter[event];
		if (event == DECODE_PART)
			got[at++] = (char)('0' + d.piece.part);
	}
	got[at] = '\0';
	return got;
}

#define FOOBAR \
	"sha256:c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a" \
	"3960714caef0c4f2"
#define PART(n) \
	"{\"part\":" #n ",\"size\":6,\"digest\":\"" FOOBAR \
	"\",\"content\":\"Zm9vYmFy\"}\n"
#define MEDIA "\"mediaType\":\"" WIRE_MEDIA_TYPE "\""
#define WHOLE \
	"{\"content\":\"Zm9vYmFy\"," MEDIA ",\"size\":6,\"digest\":\"" FOOBAR \
	"\",\"entries\":3}\n"
#define TRAILER \
	"{\"parts\":2," MEDIA ",\"size\":12,\"digest\":\"" FOOBAR \
	"\",\"entries\":3}\n"
#define STAMP "2026-11-23T18:54:26.334538770Z "

/* The same, but for the data of pieces that were bad: "(foo)B" is "B". */
static bool
is_same(const char *a, const char *b)
{
	char clean[2][8192];
	const char *from[2] = {a, b}, *end;
	size_t i, n;

	for (i = 0; i < 2; i++) {
		for (n = 0, a = from[i]; *a != '\0'; a++) {
			end = *a == '(' ? strchr(a, ')') : NULL;
			if (end != NULL && end[1] == 'B')
				a = end + 1;
			clean[i][n++] = *a;
		}
		clean[i][n] = '\0';
	}
	return strcmp(clean[0], clean[1]) == 0;
}

/* The same however the bytes arrive. */
static void
check(const char *text, const char *wanted, uint64_t foreign, uint64_t damaged)
{
	static const size_t steps[] = {1, 2, 3, 5, 7, 64, 100000};
	size_t i, wrong = 0;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		(void)run(text, steps[i]);
		if (!is_same(got, wanted) || d.foreign != foreign ||
		    d.damaged != damaged) {
			printf("# step %zu: %s, foreign %ju, damaged %ju\n",
			    steps[i], got, (uintmax_t)d.foreign,
			    (uintmax_t)d.damaged);
			wrong++;
			break;
		}
	}
	OK_STR(got, wanted);
	OK(wrong == 0);
}

static void
lines(void)
{
	check("", "", 0, 0);
	check(PART(0) PART(1) TRAILER, "(foobar)P0(foobar)P1T", 0, 0);
	check(WHOLE, "(foobar)W", 0, 0);
	OK(d.piece.entries == 3);
	check("{\"content\":\"Zm9vYmFy\"}\n", "(foobar)O", 0, 0);
	check("{ \"content\" : \"Zm9vYmFy\" }", "(foobar)O", 0, 0);
	check("{\"x\":{\"y\":[1,\"}\"]},\"content\":\"Zm9vYmFy\"}\r\n",
	    "(foobar)O", 0, 0);
	check("hello\n\n" WHOLE "{\"level\":\"info\"}\n", "(foobar)W", 2, 0);
	/* a prefix, stamps inside, and what only looks like a stamp */
	check("[pod/a-b/c] " STAMP WHOLE, "(foobar)W", 0, 0);
	check("{\"content\":\"Zm9v" STAMP "YmFy\"}\n", "(foobar)O", 0, 0);
	check("{\"con" STAMP "tent\":\"Zm9v2026-11-23T18:54:26+01:00 YmFy\"}",
	    "(foobar)O", 0, 0);
	check("{\"content\":\"Zm9v2026-11-23T18:54:26 YmFy\"}", "B", 0, 1);
	/* white space and other text inside */
	check("{\"content\":\"Zm9v YmFy\"}\n" WHOLE, "B(foobar)W", 0, 1);
	check("{\"content\":\"Zm9v\nYmFy\"}\n" WHOLE, "B(foobar)W", 1, 1);
	check("{\"content\":\"Zm9v" WHOLE, "B(foobar)W", 0, 1);
	/* a group of four lost; bad padding; cut ends */
	check("{\"part\":0,\"size\":6,\"digest\":\"" FOOBAR
	      "\",\"content\":\"Zm9v\"}\n",
	    "(foo)B", 0, 1);
	check("{\"content\":\"Zm8=Zm8=\"}\n", "B", 0, 1);
	check("{\"content\":\"Zm9vY\"}\n", "B", 0, 1);
	check("{\"content\":\"Zm9vYmFy\"", "(foobar)B", 0, 1);
	check("{\"part\":0,\"si", "B", 0, 1);
	check("{\"content\":\"Zm8=\",\"content\":\"Zm8=\"}\n", "(fo)B", 0, 1);
}

/* Strings in an object, escapes in them, and what cannot be in one. */
static void
strings(void)
{
	check("{\"x\":\"\\\"}\",\"content\":\"Zm9vYmFy\"}\n", "(foobar)O", 0,
	    0);
	check("{\"x\":\"\\\\\",\"content\":\"Zm9vYmFy\"}\n", "(foobar)O", 0, 0);
	check("{\"x\":\"a\001b\",\"content\":\"Zm9vYmFy\"}\n" WHOLE,
	    "(foobar)W", 1, 0);
	check("{\"x\":\"a\tb\",\"content\":\"Zm9vYmFy\"}\n" WHOLE, "(foobar)W",
	    1, 0);
	/* a value that says "content" is not a key, nor is a deeper one */
	check("{\"x\":\"\\\"content\\\":\",\"content\":\"Zm9vYmFy\"}\n",
	    "(foobar)O", 0, 0);
	check("{\"x\":{\"content\":\"Zm8=\"},\"content\":\"Zm9vYmFy\"}\n",
	    "(foobar)O", 0, 0);
	check("{\"content\":7}\n" WHOLE, "(foobar)W", 1, 0);
	/* what a line says of itself does not fit what came */
	check("{\"content\":\"Zm9vYmFy\",\"size\":6}\n", "(foobar)B", 0, 1);
	check("{\"content\":\"Zm9vYmFy\"," MEDIA
	      ",\"size\":7,\"digest\":\"" FOOBAR "\",\"entries\":3}\n",
	    "(foobar)B", 0, 1);
	check("{\"content\":\"Zm9vYmFz\"," MEDIA
	      ",\"size\":6,\"digest\":\"" FOOBAR "\",\"entries\":3}\n",
	    "(foobas)B", 0, 1);
	check("{\"content\":\"Zm9vYmFy\",\"entries\":3}\n", "(foobar)B", 0, 1);
	check("{\"content\":\"Zm9vYmFy\"," MEDIA "}\n", "(foobar)B", 0, 1);
	check("{\"content\":\"Zm9vYmFy\",\"digest\":\"" FOOBAR "\"}\n",
	    "(foobar)B", 0, 1);
	check("{\"parts\":2}\n", "", 1, 0);
	check("{" MEDIA "}\n", "", 1, 0);
	check("{\"parts\":2," MEDIA "}\n", "B", 0, 1);
}

static void
descriptors(void)
{
	struct decode_piece p;

#define READ(text) decode_whole(text, strlen(text), &p)
	OK(READ("{\"result\":\"ok\",\"format\":\"jsonl\",\"entries\":3,"
	        "\"size\":12,\"digest\":\"" FOOBAR "\",\"parts\":2}\n") == 0);
	OK(p.parts == 2 && p.size == 12 && p.entries == 3);
	OK_STR(p.digest, FOOBAR);
	p.parts = 99;
	OK(READ("{\"entries\":3,\"size\":12,\"digest\":\"" FOOBAR "\"}\n") ==
	    0);
	OK(p.parts == 0 && p.part == 0);
	OK(READ("{\"size\":1.5,\"entries\":1,\"digest\":\"" FOOBAR "\"}") < 0);
	OK(READ("{\"size\":-1,\"entries\":1,\"digest\":\"" FOOBAR "\"}") < 0);
	OK(READ("{\"size\":1e300,\"entries\":1,\"digest\":\"" FOOBAR "\"}") <
	    0);
	OK(READ("{\"size\":1,\"entries\":1,\"digest\":\"sha256:00\"}") < 0);
	OK(READ("{\"mediaType\":\"text/plain\",\"size\":1,\"entries\":1,"
	        "\"digest\":\"" FOOBAR "\"}") < 0);
	OK(READ("[]") < 0);
	OK(READ("") < 0);
}

/* A content longer than all buffers comes through. */
static void
long_line(void)
{
	enum decode_event event;
	size_t room, left = 10000000, sum = 0;
	bool started = false, closed = false;
	char *to;

	decode_start(&d);
	while ((event = decode_next(&d)) != DECODE_END) {
		if (event == DECODE_DATA)
			sum += d.data_len;
		if (event == DECODE_PLAIN)
			OK(sum == 7500000 && d.piece.size == sum);
		if (event != DECODE_MORE)
			continue;
		to = decode_room(&d, &room);
		if (!started) {
			memcpy(to, "{\"content\":\"", 12);
			decode_fed(&d, 12);
			started = true;
		} else if (left > 0) {
			room = room < left ? room : left;
			memset(to, 'A', room);
			left -= room;
			decode_fed(&d, room);
		} else {
			memcpy(to, "\"}", 2);
			decode_fed(&d, closed ? 0 : 2);
			closed = true;
		}
	}
	OK(sum == 7500000);
}

int
main(void)
{
	lines();
	strings();
	descriptors();
	long_line();
	return tap_done();
}
