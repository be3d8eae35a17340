/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoes the forms that a log can have: takes the bytes of a file, and gives
 * the text that the container wrote.
 */
#include "log/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "log/decompress.h"
#include "log/stamp.h"

enum {
	FORM_RAW = 1 << 16, /* bytes looked at before it is known what they are
	                     */
	FORM_BLOCK = 512, /* bytes of a tar's header */
	FORM_HEAD = 128, /* bytes that tell how a line begins */
	/* bytes of a line of JSON: docker puts up to 16 KiB of text in one, of
	 * which a byte can be \u0000 */
	FORM_LINE = 1 << 17,
	FORM_CLEAN = 1 << 16 /* bytes of text that is converted */
};

/* What a line is. */
enum form_state {
	FORM_START, /* it begins: f->line tells */
	FORM_PLAIN, /* text */
	FORM_OUT, /* text behind the header of CRI's format */
	FORM_ERR, /* the same of standard error */
	FORM_JSON /* text in JSON, held in f->line up to its end */
};

struct form {
	struct notes *notes; /* borrowed */
	enum form_kind kind;

	/* the file */
	form_source read;
	void *arg; /* borrowed; of read */
	unsigned char raw[FORM_RAW];
	size_t raw_len; /* of what was looked at, and is to be read */
	bool ended;
	struct decompress *gunzip; /* owned; NULL: it is not compressed */
	const unsigned char *in; /* bytes, decompressed, to be read */
	size_t in_len;

	/* characters */
	bool wide, big; /* UTF-16, big endian */
	bool half; /* `unit` is the first byte of a character of it */
	unsigned char unit;
	char clean[FORM_CLEAN];

	/* text, to be read: in `clean`, or as it is in the file */
	const char *text;
	size_t text_len;

	/* lines */
	enum form_state state;
	bool piece; /* the line of CRI's format is one (P) */
	bool cut; /* the last piece of standard output waits for more */
	bool over; /* the end has been dealt with */
	struct notes_line out, err;

	/* a line's head, or all of a line; then text that comes out first */
	char line[FORM_LINE + 1];
	size_t line_len;
	size_t due_at, due_len;
};

/* ---------------------------------------------------------------- the file */

/* The next bytes of the file: an io_pull with a struct form. */
static ssize_t
form_pull(void *arg, const void **data)
{
	struct form *f = arg;
	ssize_t n = (ssize_t)f->raw_len;

	if (n == 0 && !f->ended) {
		n = f->read(f->arg, f->raw, sizeof f->raw);
		f->ended = n == 0;
	}
	f->raw_len = 0;
	*data = f->raw;
	return n;
}

/*
 * Get more bytes to read into f->in; none at the end, or where gzip breaks off.
 * Returns 0, or -1: what the source reported.
 */
static int
form_fill_bytes(struct form *f)
{
	const void *data;
	ssize_t n;

	n = f->gunzip != NULL ? decompress_pull(f->gunzip, &data)
	                      : form_pull(f, &data);
	/* a cut file: what there is of it may do */
	if (n < 0 && f->gunzip != NULL && f->gunzip->corrupt)
		n = 0;
	if (n < 0)
		return -1;
	f->in = data;
	f->in_len = (size_t)n;
	return 0;
}

/*
 * Does a tar begin with s[0..len)?  Its first block is the header of an entry
 * (POSIX.1-1988, 10.1.1: the checksum is the sum of all bytes with its own
 * eight taken as blanks, in octal).
 */
static bool
form_is_tar(const unsigned char *s, size_t len)
{
	char said[9] = "";
	unsigned long sum = 0;
	size_t i;

	if (len < FORM_BLOCK)
		return false;
	for (i = 0; i < FORM_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : s[i];
	memcpy(said, s + 148, 8);
	/* zeros are none */
	return sum == strtoul(said, NULL, 8) && sum != ' ' * 8UL;
}

/* Look at the beginning: what is it?  Returns 0, or -1 (reported). */
static int
form_look(struct form *f)
{
	unsigned char inside[FORM_BLOCK];
	const unsigned char *s = f->raw;
	bool packed;
	ssize_t n;
	size_t len;

	while (f->raw_len < sizeof f->raw && !f->ended) {
		n = f->read(f->arg, f->raw + f->raw_len,
		    sizeof f->raw - f->raw_len);
		if (n < 0)
			return -1;
		f->ended = n == 0;
		f->raw_len += (size_t)n;
	}
	len = f->raw_len;
	packed = len >= 3 && memcmp(s, "\x1f\x8b\x08", 3) == 0;
	if (packed) {
		len = decompress_peek(s, len, inside, sizeof inside);
		s = inside;
	}
	if (form_is_tar(s, len)) {
		f->kind = packed ? FORM_GZIP : FORM_TAR;
		return 0;
	}
	f->big = len >= 2 && memcmp(s, "\376\377", 2) == 0;
	f->wide = f->big || (len >= 2 && memcmp(s, "\377\376", 2) == 0);
	if (len > FORM_BLOCK)
		len = FORM_BLOCK;
	for (; len > 0 && *s == '\0'; len--)
		s++;
	if (len > 0 && !f->wide)
		notes_judge_file(f->notes, s, len);
	if (!packed)
		return 0;
	f->gunzip = malloc(sizeof *f->gunzip);
	if (f->gunzip == NULL) {
		msg_nomem();
		return -1;
	}
	if (decompress_open(f->gunzip, form_pull, f) < 0) {
		free(f->gunzip);
		return -1;
	}
	/* a signal must be heard where it is waited */
	f->gunzip->alone = true;
	return 0;
}

/* ------------------------------------------------------------------- lines */

/* line[0..len) is text. */
static void
form_give(struct form *f, size_t len, bool error)
{
	notes_add_text(f->notes, error ? &f->err : &f->out, f->line, len);
	f->due_at = 0;
	f->due_len = error ? 0 : len;
	f->line_len = 0;
}

/* A line of JSON is over: its text comes out; broken, all of it is text. */
static void
form_end_json(struct form *f)
{
	struct json *o = json_parse(f->line, f->line_len);
	const char *text = json_get_string(o, "log");
	bool error = strcmp(json_get_text(o, "stream"), "stderr") == 0;
	size_t len = f->line_len;

	if (text != NULL) {
		len = strlen(text);
		memcpy(f->line, text, len);
	} else {
		f->line[len++] = '\n';
	}
	json_free(o);
	if (!error)
		f->cut = len == 0 || f->line[len - 1] != '\n';
	form_give(f, len, error);
	f->state = FORM_START;
}

/* The text breaks off: a line may begin behind it. */
static void
form_break(struct form *f)
{
	if (f->state == FORM_START)
		form_give(f, f->line_len, false);
	else if (f->state == FORM_JSON)
		form_end_json(f);
	f->state = FORM_START;
}

/*
 * What is the line that begins with f->line?  FORM_START where that is too
 * short to say.
 */
static enum form_state
form_judge_head(struct form *f)
{
	static const char json[] = "{\"log\":\"";
	const char *at = f->line, *end = at + f->line_len;
	enum form_state state = FORM_OUT;
	size_t n = 0;
	int stamp;

	if (*at == '{') {
		for (; at < end && n < sizeof json - 1; at++)
			if (*at != ' ' && *at != json[n++])
				return FORM_PLAIN;
		return n == sizeof json - 1 ? FORM_JSON : FORM_START;
	}
	stamp = stamp_match(at, f->line_len);
	if (stamp <= 0)
		return stamp < 0 ? FORM_PLAIN : FORM_START;
	at += stamp;
	/* a name, and the tag: P or F, and more behind a colon */
	n = sizeof "stdout " - 1;
	if ((size_t)(end - at) < n + 2)
		return FORM_START;
	if (memcmp(at, "stderr ", n) == 0)
		state = FORM_ERR;
	else if (memcmp(at, "stdout ", n) != 0)
		return FORM_PLAIN;
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
form_take_head(struct form *f)
{
	static const char mark[] = "\357\273\277";
	enum form_state state;
	char c = *f->text;

	f->text++;
	f->text_len--;
	f->line[f->line_len++] = c;
	if (f->line_len < sizeof mark &&
	    memcmp(f->line, mark, f->line_len) == 0) {
		/* a byte order mark, also of a file in the middle of others */
		if (f->line_len == sizeof mark - 1)
			f->line_len = 0;
		return;
	}
	state = form_judge_head(f);
	if (state == FORM_START && (f->line_len == FORM_HEAD || c == '\n'))
		state = FORM_PLAIN;
	if (state == FORM_START)
		return;
	f->state = state;
	if (state == FORM_JSON)
		return;
	if (state == FORM_PLAIN) {
		form_give(f, f->line_len, false);
		/* a line that is complete with that */
		if (c == '\n') {
			f->cut = false;
			f->state = FORM_START;
		}
		return;
	}
	f->line_len = 0;
	if (c == '\n') {
		f->text--;
		f->text_len++;
	}
}

/* Take text of JSON: up to its line's end, if that is there. */
static void
form_take_json(struct form *f)
{
	const char *end = memchr(f->text, '\n', f->text_len);
	size_t n = end != NULL ? (size_t)(end - f->text) : f->text_len;

	if (f->line_len + n > FORM_LINE) {
		/* not docker's */
		form_give(f, f->line_len, false);
		f->state = FORM_PLAIN;
		return;
	}
	memcpy(f->line + f->line_len, f->text, n);
	f->line_len += n;
	n += end != NULL;
	f->text += n;
	f->text_len -= n;
	if (end != NULL)
		form_end_json(f);
}

/*
 * Take text of a line up to its end, at most `room` bytes, and write what
 * comes out to `to`.  Returns how much that was.
 */
static size_t
form_take_line(struct form *f, char *to, size_t room)
{
	size_t len = f->text_len < room ? f->text_len : room, out;
	const char *end;

	if (f->state == FORM_OUT && f->piece) {
		/* nothing that unpack writes has a CR: the file was made CRLF
		 */
		if (*f->text == '\r') {
			f->text++;
			f->text_len--;
			return 0;
		}
		end = memchr(f->text, '\r', len);
		if (end != NULL)
			len = (size_t)(end - f->text);
	}
	end = memchr(f->text, '\n', len);
	if (end != NULL)
		len = (size_t)(end - f->text) + 1;
	out = len - (end != NULL && f->state != FORM_PLAIN && f->piece);
	if (f->state == FORM_ERR) {
		notes_add_text(f->notes, &f->err, f->text, out);
		out = 0;
	} else {
		memcpy(to, f->text, out);
		notes_add_text(f->notes, &f->out, to, out);
		if (end != NULL)
			f->cut = f->state == FORM_OUT && f->piece;
	}
	if (end != NULL)
		f->state = FORM_START;
	f->text += len;
	f->text_len -= len;
	return out;
}

/* -------------------------------------------------------------- characters */

/* Convert some of the file's UTF-16 to `clean`; how many bytes. */
static size_t
form_convert(struct form *f)
{
	size_t len = 0;
	unsigned int c;

	for (; f->in_len > 0 && len < sizeof f->clean; f->in++, f->in_len--) {
		f->half = !f->half;
		if (f->half) {
			f->unit = *f->in;
			continue;
		}
		c = f->big ? f->unit * 256U + *f->in : f->unit + *f->in * 256U;
		if (c == 0)
			f->notes->nul = true;
		else if (c != 0xfeff)
			f->clean[len++] = c < 0x80 ? (char)c : '?';
	}
	return len;
}

/* Get more text.  Returns 0, or -1: what the source reported. */
static int
form_fill(struct form *f)
{
	const unsigned char *end;
	size_t n;

	if (f->in_len == 0 && form_fill_bytes(f) < 0)
		return -1;
	if (f->in_len == 0) {
		f->over = true;
		form_break(f);
		notes_end_line(f->notes, &f->out);
		notes_end_line(f->notes, &f->err);
		return 0;
	}
	if (f->wide) {
		f->text_len = form_convert(f);
		f->text = f->clean;
		return 0;
	}
	end = memchr(f->in, '\0', f->in_len);
	n = end != NULL ? (size_t)(end - f->in) : f->in_len;
	f->text = (const char *)f->in;
	f->text_len = n;
	if (n == 0) {
		while (n < f->in_len && f->in[n] == '\0')
			n++;
		f->notes->nul = true;
		form_break(f);
	}
	f->in += n;
	f->in_len -= n;
	return 0;
}

/* ------------------------------------------------------------------- whole */

ssize_t
form_read(struct form *f, char *to, size_t room)
{
	size_t n = 0;

	if (f->kind != FORM_LOG) {
		if (f->in_len == 0 && form_fill_bytes(f) < 0)
			return -1;
		n = room < f->in_len ? room : f->in_len;
		memcpy(to, f->in, n);
		f->in += n;
		f->in_len -= n;
		return (ssize_t)n;
	}
	while (n == 0) {
		if (f->due_len > 0) {
			n = f->due_len < room ? f->due_len : room;
			memcpy(to, f->line + f->due_at, n);
			f->due_at += n;
			f->due_len -= n;
		} else if (f->text_len > 0 && f->state == FORM_START) {
			form_take_head(f);
		} else if (f->text_len > 0 && f->state == FORM_JSON) {
			form_take_json(f);
		} else if (f->text_len > 0) {
			n = form_take_line(f, to, room);
		} else if (f->over) {
			break;
		} else if (form_fill(f) < 0) {
			return -1;
		}
	}
	return (ssize_t)n;
}

struct form *
form_open(form_source from, void *arg, struct notes *notes)
{
	struct form *f = calloc(1, sizeof *f);

	if (f == NULL) {
		msg_nomem();
		return NULL;
	}
	f->notes = notes;
	f->read = from;
	f->arg = arg;
	if (form_look(f) == 0)
		return f;
	free(f);
	return NULL;
}

void
form_close(struct form *f)
{
	if (f->gunzip != NULL)
		decompress_close(f->gunzip);
	free(f->gunzip);
	free(f);
}

enum form_kind
form_kind(const struct form *f)
{
	return f->kind;
}

bool
form_is_cut(const struct form *f)
{
	return f->cut;
}
