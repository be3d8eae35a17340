/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that a log comes in, undone: bytes of a file in, the text that the
 * container wrote out.
 */
#include "log/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/unicode.h"
#include "log/gunzip.h"
#include "log/stamp.h"

enum {
	FORM_TAR = 512, /* bytes of a tar's header */
	FORM_EMPTY = 20 * 512, /* of a tar of nothing, as tar(1) writes it */
	FORM_EMPTY_LEAST = 2 * 512, /* and at the least: POSIX.1, pax */
	FORM_FIRST = 1 << 16, /* bytes looked at before the form is known */
	FORM_CLEAN = 1 << 14, /* characters converted at once */
	FORM_HEAD = 128, /* bytes that tell how a line begins */
	FORM_DUE = 1 << 17, /* bytes of text held until its stream is known */
	FORM_SEQUENCE = 64, /* bytes of a terminal's control sequence */
	FORM_WORD = 16 /* bytes of a key or a short value */
};

/* What a line is. */
enum form_state {
	FORM_START, /* it begins: head tells */
	FORM_PLAIN, /* text */
	FORM_OUT, /* text behind the header of CRI's format */
	FORM_ERR, /* the same of standard error */
	FORM_JSON /* text in JSON */
};

/* Inside JSON around text. */
struct form_json {
	bool in_text; /* in the string that holds it */
	bool quoted, escaped; /* in a string; after a backslash */
	bool is_value; /* the string is one, not a key */
	bool error; /* "stream":"stderr" */
	bool lines; /* each text is a line: nothing is said of pieces */
	unsigned int hex; /* digits of \uXXXX that follow */
	unsigned int code;
	unsigned int depth;
	char key[FORM_WORD], word[FORM_WORD];
	size_t word_len;
	bool done; /* the object is complete */
};

struct form {
	struct notes *notes; /* borrowed */

	/* bytes, as they are in the file */
	io_pull pull;
	void *arg; /* borrowed; pull's */
	char first[FORM_FIRST];
	size_t first_len, first_at;
	const unsigned char *raw; /* what follows them; pull's */
	size_t raw_len;
	bool known; /* what follows is */
	bool is_file; /* a tar or tar.gz, not text */
	bool ended;
	struct gunzip *gunzip; /* owned; NULL: the log is not compressed */

	/* bytes, decompressed, to be read */
	const unsigned char *in;
	size_t in_len;

	/* text of that, to be read */
	const char *text;
	size_t text_len;

	/* characters */
	unsigned int unit; /* bytes of one; 1 is UTF-8 */
	bool big; /* big endian */
	unsigned char part[4]; /* bytes of a cut one */
	size_t part_len;
	uint32_t high; /* the first half of a surrogate pair */
	unsigned int sequence; /* bytes of a control sequence, or 0 */
	char kind; /* of that: its second byte */
	char clean[FORM_CLEAN * 4];

	/* lines */
	enum form_state state;
	char head[FORM_HEAD];
	size_t head_len;
	bool piece; /* the line of CRI's format is one (P) */
	bool cut; /* the last piece of standard output waits for more */
	bool any; /* there was a line */
	bool framed; /* the first one was CRI's or JSON */
	struct form_json json;
	struct notes_line out, err;

	/* text that comes out before all else, once it is ready */
	char due[FORM_DUE];
	size_t due_len, due_at;
	bool ready;
	bool over; /* the end has been dealt with */

	/* what form_continues has read */
	char ahead[FORM_HEAD];
	size_t ahead_len, ahead_at;
};

/* -------------------------------------------------------------------- file */

/* Read more of the file; *len is 0 at the end.  Returns 0, or -1. */
static int
form_pull_raw(struct form *f, const unsigned char **data, size_t *len)
{
	const void *from;
	ssize_t n = f->pull(f->arg, &from);

	if (n < 0)
		return -1;
	*data = from;
	*len = (size_t)n;
	f->notes->bytes += *len;
	f->ended = n == 0;
	return 0;
}

/* Fill `first` with up to `want` bytes.  Returns 0, or -1. */
static int
form_fill_first(struct form *f, size_t want)
{
	size_t n;

	while (f->first_len < want && !f->ended) {
		if (form_pull_raw(f, &f->raw, &f->raw_len) < 0)
			return -1;
		n = sizeof f->first - f->first_len;
		if (n > f->raw_len)
			n = f->raw_len;
		memcpy(f->first + f->first_len, f->raw, n);
		f->first_len += n;
		f->raw += n;
		f->raw_len -= n;
	}
	return 0;
}

/* The next bytes of the file: an io_pull, for gunzip and for us. */
static ssize_t
form_pull_file(void *arg, const void **data)
{
	struct form *f = arg;
	size_t n;

	if (f->first_at < f->first_len) {
		n = f->first_len - f->first_at;
		*data = f->first + f->first_at;
		f->first_at += n;
		return (ssize_t)n;
	}
	if (f->raw_len == 0 && !f->ended &&
	    form_pull_raw(f, &f->raw, &f->raw_len) < 0)
		return -1;
	n = f->raw_len;
	*data = f->raw;
	f->raw_len = 0;
	return (ssize_t)n;
}

/*
 * Is this the header of a tar entry?  POSIX.1-1988, 10.1.1: the checksum is
 * the sum of all bytes with its own eight taken as blanks, in octal.
 */
static bool
form_is_tar(const char *block, size_t len)
{
	unsigned long sum = 0, said = 0;
	size_t i;

	if (len < FORM_TAR)
		return false;
	for (i = 0; i < FORM_TAR; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
	for (i = 148; i < 156 && block[i] == ' '; i++)
		continue;
	for (; i < 156 && block[i] >= '0' && block[i] <= '7'; i++)
		said = said * 8 + (unsigned long)(block[i] - '0');
	return sum == said && sum != ' ' * 8UL;
}

/*
 * Is that all of a tar with nothing in it?  A log of which a crash left only
 * NULs has hardly that size.
 */
static bool
form_is_empty_tar(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && s[i] == '\0'; i++)
		continue;
	return i == len && (len == FORM_EMPTY || len == FORM_EMPTY_LEAST);
}

/* How the characters of text that begins with s[0..len) are encoded. */
static void
form_judge_encoding(struct form *f, const unsigned char *s, size_t len)
{
	static const struct {
		const char *mark;
		size_t len;
		unsigned int unit;
		bool big;
	} marks[] = {{"\377\376\0\0", 4, 4, false},
	    {"\0\0\376\377", 4, 4, true}, {"\377\376", 2, 2, false},
	    {"\376\377", 2, 2, true}, {"\357\273\277", 3, 1, false},
	    {"{\0\"\0", 4, 2, false}, {"\0{\0\"", 4, 2, true}};
	size_t i;

	f->unit = 1;
	for (i = 0; i < sizeof marks / sizeof *marks; i++)
		if (len >= marks[i].len &&
		    memcmp(s, marks[i].mark, marks[i].len) == 0)
			break;
	if (i == sizeof marks / sizeof *marks)
		return;
	f->unit = marks[i].unit;
	f->big = marks[i].big;
	f->notes->forms |= f->unit == 4 ? NOTES_UTF32
	    : f->unit == 2              ? NOTES_UTF16
	                                : NOTES_MARK;
}

/* Say what of text that is not in Unicode's wider forms is no text. */
static void
form_judge_text(struct form *f, const char *s, size_t len)
{
	if (len > FORM_TAR)
		len = FORM_TAR;
	while (len > 0 && *s == '\0') {
		s++;
		len--;
	}
	if (f->unit == 1 && len > 0)
		notes_judge_file(f->notes, s, len);
}

/* Look at the beginning: what is it?  Returns 0, or -1. */
static int
form_look(struct form *f)
{
	static const char gzip[] = "\x1f\x8b\x08";
	char inside[FORM_EMPTY + 1];
	const char *s = f->first;
	size_t len;
	bool packed;

	f->known = true;
	if (form_fill_first(f, FORM_TAR) < 0)
		return -1;
	packed = f->first_len >= 3 && memcmp(f->first, gzip, 3) == 0;
	if (packed && form_fill_first(f, FORM_FIRST) < 0)
		return -1;
	if (f->first_len > 0 && f->first[0] == '\0' &&
	    form_fill_first(f, FORM_EMPTY + 1) < 0)
		return -1;
	len = f->first_len;
	if (packed) {
		len = gunzip_peek(f->first, len, inside, sizeof inside);
		s = inside;
	}
	f->is_file = form_is_tar(s, len) || form_is_empty_tar(s, len);
	if (f->is_file)
		return 0;
	form_judge_encoding(f, (const unsigned char *)s, len);
	form_judge_text(f, s, len);
	if (!packed)
		return 0;
	f->notes->forms |= NOTES_GZIP;
	f->gunzip = malloc(sizeof *f->gunzip);
	if (f->gunzip == NULL) {
		msg_nomem();
		return -1;
	}
	if (gunzip_open(f->gunzip, form_pull_file, f) == 0) {
		/* a signal must be heard where it is waited */
		f->gunzip->alone = true;
		return 0;
	}
	free(f->gunzip);
	f->gunzip = NULL;
	return -1;
}

/* Get more bytes to read into f->in.  Returns 0, or -1. */
static int
form_fill(struct form *f)
{
	const void *data;
	ssize_t n;

	if (f->gunzip == NULL) {
		n = form_pull_file(f, &data);
	} else {
		n = gunzip_pull(f->gunzip, &data);
		/* a cut file: what there is of it may do */
		if (n < 0 && f->gunzip->corrupt)
			n = 0;
	}
	if (n < 0)
		return -1;
	f->in = data;
	f->in_len = (size_t)n;
	return 0;
}

/* -------------------------------------------------------------- characters */

/* Put the bytes of one unit together. */
static uint32_t
form_unit(const struct form *f, const unsigned char *s)
{
	uint32_t c = 0;
	unsigned int i;

	for (i = 0; i < f->unit; i++)
		c = c << 8 | s[f->big ? i : f->unit - 1 - i];
	return c;
}

/* Take a unit of UTF-16 or UTF-32; how many bytes it made at out. */
static size_t
form_take_unit(struct form *f, uint32_t c, char *out)
{
	uint32_t high = f->high;

	f->high = 0;
	if (f->unit == 2 && c >= 0xd800 && c < 0xdc00) {
		f->high = c;
		return 0;
	}
	if (high != 0 && c >= 0xdc00 && c < 0xe000)
		c = unicode_join(high, c);
	if (c == 0)
		f->notes->forms |= NOTES_NUL;
	if (c == 0 || c == 0xfeff)
		return 0;
	return unicode_put(out, c > 0x10ffff ? '?' : c);
}

/* Convert some of `in` to clean[0..); how many bytes. */
static size_t
form_convert(struct form *f)
{
	size_t len = 0;

	while (f->in_len > 0 && len + 4 <= sizeof f->clean) {
		f->part[f->part_len++] = *f->in++;
		f->in_len--;
		if (f->part_len < f->unit)
			continue;
		f->part_len = 0;
		len += form_take_unit(f, form_unit(f, f->part), f->clean + len);
	}
	return len;
}

/*
 * Is c the last byte of a terminal's control sequence (ECMA-48, 5.4; of a
 * string, 5.6, as xterm ends it)?
 */
static bool
form_ends_sequence(const struct form *f, char c)
{
	if (f->sequence == 2)
		return c != '[' && c != ']';
	if (f->sequence > FORM_SEQUENCE)
		return true;
	if (f->kind == '[')
		return c >= '@' && c <= '~';
	return c == '\a' || c == '\\';
}

/* Leave control sequences out of text[0..len), in place; how much is left. */
static size_t
form_strip(struct form *f, char *text, size_t len)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = text[i];
		if (c == '\033') {
			f->notes->forms |= NOTES_ANSI;
			f->sequence = 1;
		} else if (f->sequence > 0) {
			if (++f->sequence == 2)
				f->kind = c;
			if (form_ends_sequence(f, c))
				f->sequence = 0;
		} else {
			text[n++] = c;
		}
	}
	return n;
}

/* ------------------------------------------------------------------- lines */

/* What head holds is text like any other. */
static void
form_release_head(struct form *f)
{
	memcpy(f->due, f->head, f->head_len);
	f->due_len = f->head_len;
	f->head_len = 0;
	f->ready = f->due_len > 0;
	notes_add_text(f->notes, &f->out, f->due, f->due_len, false);
}

/* A line of that kind begins behind head. */
static void
form_begin_line(struct form *f, enum form_state state)
{
	if (!f->any)
		f->framed = state != FORM_PLAIN;
	f->any = true;
	f->state = state;
	if (state == FORM_PLAIN)
		form_release_head(f);
	f->head_len = 0;
}

/*
 * Does head begin like JSON around text?  1, 0 where it is too short to say,
 * or -1.
 */
static int
form_is_json(struct form *f)
{
	static const char *const starts[] = {"{\"log\":\"", "{\"message\":\"",
	    "{\"MESSAGE\":\""};
	char bare[FORM_HEAD + 1];
	size_t i, n = 0;

	for (i = 0; i < f->head_len; i++)
		if (f->head[i] != ' ')
			bare[n++] = f->head[i];
	bare[n] = '\0';
	for (i = 0; i < sizeof starts / sizeof *starts; i++) {
		if (strncmp(starts[i], bare, n) != 0)
			continue;
		f->json = (struct form_json){.lines = i > 0,
		    .in_text = true,
		    .depth = 1};
		return starts[i][n] == '\0';
	}
	return -1;
}

/*
 * Does head begin like a line of CRI's format?  The state that it is, with
 * f->piece; FORM_START where it is too short to say, FORM_PLAIN where not.
 */
static enum form_state
form_is_cri(struct form *f)
{
	static const char out[] = "stdout ", err[] = "stderr ";
	const char *at = f->head, *end = f->head + f->head_len;
	size_t n = sizeof out - 1, left;
	int stamp = stamp_match(at, f->head_len);
	enum form_state state;

	if (stamp <= 0)
		return stamp < 0 ? FORM_PLAIN : FORM_START;
	at += stamp;
	left = (size_t)(end - at);
	if (memcmp(at, out, left < n ? left : n) == 0)
		state = FORM_OUT;
	else if (memcmp(at, err, left < n ? left : n) == 0)
		state = FORM_ERR;
	else
		return FORM_PLAIN;
	/* the tag: P or F, and more behind a colon */
	if (left <= n + 1)
		return FORM_START;
	at += n;
	if ((*at != 'P' && *at != 'F') || strchr(" :\n", at[1]) == NULL)
		return FORM_PLAIN;
	if (end[-1] != ' ' && end[-1] != '\n')
		return FORM_START;
	f->piece = *at == 'P';
	return state;
}

/* Take the next character of how a line begins. */
static void
form_take_head(struct form *f, char c)
{
	static const char mark[] = "\357\273\277";
	enum form_state state = FORM_PLAIN;
	int json;

	f->head[f->head_len++] = c;
	if (f->head_len < sizeof mark &&
	    memcmp(f->head, mark, f->head_len) == 0) {
		/* a byte order mark, also of a file in the middle of others */
		if (f->head_len == sizeof mark - 1)
			f->head_len = 0;
		return;
	}
	if (f->head[0] == '{') {
		json = form_is_json(f);
		state = json > 0 ? FORM_JSON
		    : json == 0  ? FORM_START
		                 : FORM_PLAIN;
	} else if (f->head[0] >= '0' && f->head[0] <= '9') {
		state = form_is_cri(f);
	}
	if (state == FORM_START && (f->head_len == sizeof f->head || c == '\n'))
		state = FORM_PLAIN;
	if (state == FORM_START)
		return;
	if (state == FORM_OUT || state == FORM_ERR)
		f->notes->forms |= NOTES_CRI;
	if (state == FORM_JSON)
		f->notes->forms |= NOTES_JSON_FILE;
	form_begin_line(f, state);
	/* a line that is complete with that */
	if (c != '\n')
		return;
	if (state == FORM_PLAIN) {
		f->cut = false;
		f->state = FORM_START;
	} else {
		f->text--;
		f->text_len++;
	}
}

/*
 * Take text of a line up to its end, at most `room` bytes, and write what
 * comes out to `to`.  Returns how much that was.
 */
static size_t
form_take_line(struct form *f, char *to, size_t room)
{
	const char *end;
	size_t len = f->text_len < room ? f->text_len : room, out;

	end = memchr(f->text, '\n', len);
	if (end != NULL)
		len = (size_t)(end - f->text) + 1;
	out = len - (end != NULL && f->state != FORM_PLAIN && f->piece);
	/* a file that was made CRLF: no text of ours ends in a CR */
	if (f->state == FORM_OUT && f->piece)
		while (out > 0 && f->text[out - 1] == '\r')
			out--;
	if (f->state == FORM_ERR) {
		notes_add_text(f->notes, &f->err, f->text, out, true);
		out = 0;
	} else {
		memcpy(to, f->text, out);
		notes_add_text(f->notes, &f->out, to, out, false);
		if (end != NULL)
			f->cut = f->state == FORM_OUT && f->piece;
	}
	if (end != NULL)
		f->state = FORM_START;
	f->text += len;
	f->text_len -= len;
	return out;
}

/* ------------------------------------------------------- JSON around text */

/* A character of a string. */
static void
form_json_put(struct form *f, uint32_t c, bool is_byte)
{
	struct form_json *j = &f->json;

	if (j->in_text) {
		if (is_byte)
			f->due[f->due_len++] = (char)c;
		else
			f->due_len += unicode_put(f->due + f->due_len, c);
		/* too much to be held until the stream is known */
		f->ready = f->due_len + 8 > sizeof f->due;
		if (f->ready)
			notes_add_text(f->notes, &f->out, f->due, f->due_len,
			    false);
	} else if (j->word_len + 1 < sizeof j->word) {
		j->word[j->word_len++] = (char)c;
	}
}

/* A character behind a backslash. */
static void
form_json_escape(struct form *f, char c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at = strchr(from, c);

	f->json.escaped = false;
	if (c == 'u') {
		f->json.hex = 4;
		f->json.code = 0;
	} else {
		form_json_put(f,
		    (unsigned char)(at != NULL && c != '\0' ? to[at - from]
		                                            : c),
		    true);
	}
}

static void
form_json_hex(struct form *f, char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = strchr(digits, c);

	if (at != NULL && c != '\0')
		f->json.code = f->json.code << 4 |
		    (unsigned int)((at - digits) & 15);
	if (--f->json.hex == 0)
		form_json_put(f, f->json.code, false);
}

/* The string is at its end. */
static void
form_json_end_string(struct form_json *j)
{
	j->word[j->word_len] = '\0';
	if (j->in_text)
		j->in_text = false;
	else if (!j->is_value)
		memcpy(j->key, j->word, sizeof j->key);
	else if (strcmp(j->key, "stream") == 0)
		j->error = strcmp(j->word, "stderr") == 0;
	j->quoted = false;
}

/* A character outside of strings. */
static void
form_json_plain(struct form_json *j, char c)
{
	if (c == '"') {
		j->quoted = true;
		j->word_len = 0;
	} else if (c == ':' || c == ',') {
		j->is_value = c == ':';
	} else if (c == '{' || c == '[') {
		j->depth++;
		j->is_value = false;
	} else if ((c == '}' || c == ']') && --j->depth == 0) {
		j->done = true;
	}
}

/* The line is over: what is held of its text comes out. */
static void
form_finish_json(struct form *f)
{
	const struct form_json *j = &f->json;
	bool ended = f->due_len > 0 && f->due[f->due_len - 1] == '\n';

	f->state = FORM_START;
	/* what broke in the middle of a line does not go on */
	if (!ended && (j->lines || !j->done))
		f->due[f->due_len++] = '\n';
	notes_add_text(f->notes, j->error ? &f->err : &f->out, f->due,
	    f->due_len, j->error);
	if (j->error)
		f->due_len = 0;
	else
		f->cut = !ended && !j->lines && j->done;
	f->ready = f->due_len > 0;
}

/* Take text of JSON until something is ready. */
static void
form_take_json(struct form *f)
{
	struct form_json *j = &f->json;
	char c;

	while (f->text_len > 0 && !f->ready && f->state == FORM_JSON) {
		c = *f->text++;
		f->text_len--;
		if (c == '\n')
			form_finish_json(f);
		else if (j->done)
			continue;
		else if (j->hex > 0)
			form_json_hex(f, c);
		else if (j->escaped)
			form_json_escape(f, c);
		else if (!j->in_text && !j->quoted)
			form_json_plain(j, c);
		else if (c == '\\')
			j->escaped = true;
		else if (c == '"')
			form_json_end_string(j);
		else
			form_json_put(f, (unsigned char)c, true);
	}
}

/* -------------------------------------------------------------------- text */

/* NULs were left out: a line may begin here. */
static void
form_leave_hole(struct form *f)
{
	f->notes->forms |= NOTES_NUL;
	if (f->state == FORM_START)
		form_release_head(f);
	else if (f->state == FORM_JSON)
		form_finish_json(f);
	f->state = FORM_START;
}

/* Get more text.  Returns 1, 0 where there is none at the moment, or -1. */
static int
form_next_text(struct form *f)
{
	const char *in = (const char *)f->in, *end;
	size_t n;

	if (f->unit > 1) {
		f->text = f->clean;
		f->text_len = form_strip(f, f->clean, form_convert(f));
		return f->text_len > 0;
	}
	for (n = 0; n < f->in_len && in[n] == '\0'; n++)
		continue;
	f->in += n;
	f->in_len -= n;
	if (n > 0) {
		form_leave_hole(f);
		return 0;
	}
	end = memchr(in, '\0', f->in_len);
	n = end != NULL ? (size_t)(end - in) : f->in_len;
	f->text = in;
	f->text_len = n;
	if (f->sequence > 0 || memchr(in, '\033', n) != NULL) {
		if (n > sizeof f->clean)
			n = sizeof f->clean;
		memcpy(f->clean, in, n);
		f->text = f->clean;
		f->text_len = form_strip(f, f->clean, n);
	}
	f->in += n;
	f->in_len -= n;
	return f->text_len > 0;
}

/* All is read: what is held comes out. */
static void
form_end(struct form *f)
{
	f->over = true;
	if (f->state == FORM_JSON)
		form_finish_json(f);
	else if (f->state == FORM_START)
		form_release_head(f);
	notes_end_line(f->notes, &f->out, false);
	notes_end_line(f->notes, &f->err, true);
}

/* Write what is due; how much. */
static size_t
form_give_due(struct form *f, char *to, size_t room)
{
	size_t n = f->due_len - f->due_at;

	if (n > room)
		n = room;
	memcpy(to, f->due + f->due_at, n);
	f->due_at += n;
	if (f->due_at == f->due_len) {
		f->due_at = f->due_len = 0;
		f->ready = false;
	}
	return n;
}

/* The next bytes of a tar. */
static ssize_t
form_read_file(struct form *f, char *to, size_t room)
{
	if (f->in_len == 0 && form_fill(f) < 0)
		return -1;
	if (room > f->in_len)
		room = f->in_len;
	memcpy(to, f->in, room);
	f->in += room;
	f->in_len -= room;
	return (ssize_t)room;
}

/* Go on with a line; how much it gave. */
static size_t
form_step(struct form *f, char *to, size_t room)
{
	switch (f->state) {
	case FORM_START:
		f->text_len--;
		form_take_head(f, *f->text++);
		return 0;
	case FORM_JSON:
		form_take_json(f);
		return 0;
	case FORM_PLAIN:
	case FORM_OUT:
	case FORM_ERR:
		break;
	}
	return form_take_line(f, to, room);
}

/* form_read, but for what was read ahead. */
static ssize_t
form_read_on(struct form *f, char *to, size_t room)
{
	size_t n = 0;

	if (!f->known && form_look(f) < 0)
		return -1;
	if (f->is_file)
		return form_read_file(f, to, room);
	while (n == 0) {
		if (f->ready) {
			n = form_give_due(f, to, room);
		} else if (f->text_len > 0) {
			n = form_step(f, to, room);
		} else if (f->in_len > 0) {
			(void)form_next_text(f);
		} else if (f->over) {
			break;
		} else if (form_fill(f) < 0) {
			return -1;
		} else if (f->in_len == 0) {
			form_end(f);
		}
	}
	return (ssize_t)n;
}

ssize_t
form_read(struct form *f, char *to, size_t room)
{
	size_t n = f->ahead_len - f->ahead_at;

	if (n == 0)
		return form_read_on(f, to, room);
	if (n > room)
		n = room;
	memcpy(to, f->ahead + f->ahead_at, n);
	f->ahead_at += n;
	return (ssize_t)n;
}

/* ------------------------------------------------------------------- whole */

struct form *
form_open(io_pull pull, void *arg, struct notes *notes)
{
	struct form *f = calloc(1, sizeof *f);

	if (f == NULL) {
		msg_nomem();
		return NULL;
	}
	f->pull = pull;
	f->arg = arg;
	f->notes = notes;
	f->unit = 1;
	return f;
}

void
form_close(struct form *f)
{
	if (f->gunzip != NULL)
		gunzip_close(f->gunzip);
	free(f->gunzip);
	free(f);
}

int
form_continues(struct form *f)
{
	ssize_t n = form_read_on(f, f->ahead, sizeof f->ahead);

	if (n < 0)
		return -1;
	f->ahead_len = (size_t)n;
	f->ahead_at = 0;
	return f->framed && n > 0 && f->ahead[0] != '{';
}

bool
form_is_cut(const struct form *f)
{
	return f->cut;
}
