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
#include "base/unicode.h"
#include "log/logfile.h"
#include "log/stamp.h"

enum {
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
	struct logfile file;

	/* characters */
	bool half; /* of UTF-16: `unit` is the first byte of one */
	uint32_t unit, high; /* high: the first half of a surrogate pair */
	char clean[FORM_CLEAN];

	/* text, to be read: in `clean`, or as it is in the file */
	const char *text;
	size_t text_len;

	/* lines */
	enum form_state state;
	enum form_state first; /* the first line's */
	bool piece; /* the line of CRI's format is one (P) */
	bool cut; /* the last piece of standard output waits for more */
	bool over; /* the end has been dealt with */
	struct notes_line out, err;

	/* a line's head, or all of a line; then text that comes out first */
	char line[FORM_LINE + 1];
	size_t line_len;
	size_t due_at, due_len;

	/* what form_continues has read */
	char ahead[FORM_HEAD];
	size_t ahead_at, ahead_len;
};

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
	if (f->first == FORM_START)
		f->first = state;
	f->state = state;
	if (state == FORM_JSON) {
		f->notes->forms |= NOTES_JSON_FILE;
		return;
	}
	if (state == FORM_PLAIN) {
		form_give(f, f->line_len, false);
		/* a line that is complete with that */
		if (c == '\n') {
			f->cut = false;
			f->state = FORM_START;
		}
		return;
	}
	f->notes->forms |= NOTES_CRI;
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
	struct logfile *file = &f->file;
	size_t len = 0;
	uint32_t c;

	for (; file->in_len > 0 && len + 4 <= sizeof f->clean;
	     file->in++, file->in_len--) {
		f->half = !f->half;
		if (f->half) {
			f->unit = *file->in;
			continue;
		}
		c = file->big ? f->unit << 8 | *file->in
		              : f->unit | (uint32_t)*file->in << 8;
		if (f->high != 0 && c >= 0xdc00 && c < 0xe000)
			c = unicode_join(f->high, c);
		f->high = 0;
		if (c >= 0xd800 && c < 0xdc00)
			f->high = c;
		else if (c == 0)
			f->notes->forms |= NOTES_NUL;
		else if (c != 0xfeff)
			len += unicode_put(f->clean + len, c);
	}
	return len;
}

/* Get more text.  Returns 0, or -1: what pull reported. */
static int
form_fill(struct form *f)
{
	struct logfile *file = &f->file;
	const unsigned char *end;
	size_t n;

	if (file->in_len == 0 && logfile_fill(file) < 0)
		return -1;
	if (file->in_len == 0) {
		f->over = true;
		form_break(f);
		notes_end_line(f->notes, &f->out);
		notes_end_line(f->notes, &f->err);
		return 0;
	}
	if (file->wide) {
		f->text_len = form_convert(f);
		f->text = f->clean;
		return 0;
	}
	end = memchr(file->in, '\0', file->in_len);
	n = end != NULL ? (size_t)(end - file->in) : file->in_len;
	if (n == 0) {
		while (n < file->in_len && file->in[n] == '\0')
			n++;
		f->notes->forms |= NOTES_NUL;
		form_break(f);
	} else {
		f->text = (const char *)file->in;
		f->text_len = n;
	}
	file->in += n;
	file->in_len -= n;
	return 0;
}

/* ------------------------------------------------------------------- whole */

/* Write some of buf[*at..*at + *len) to `to`; how much. */
static size_t
form_copy(char *to, size_t room, const char *buf, size_t *at, size_t *len)
{
	size_t n = *len < room ? *len : room;

	memcpy(to, buf + *at, n);
	*at += n;
	*len -= n;
	return n;
}

/* form_read, but for what was read ahead. */
static ssize_t
form_read_on(struct form *f, char *to, size_t room)
{
	struct logfile *file = &f->file;
	size_t n = 0;

	if (file->kind != LOGFILE_TEXT) {
		if (file->in_len == 0 && logfile_fill(file) < 0)
			return -1;
		n = room < file->in_len ? room : file->in_len;
		memcpy(to, file->in, n);
		file->in += n;
		file->in_len -= n;
		return (ssize_t)n;
	}
	while (n == 0) {
		if (f->due_len > 0)
			n = form_copy(to, room, f->line, &f->due_at,
			    &f->due_len);
		else if (f->text_len > 0 && f->state == FORM_START)
			form_take_head(f);
		else if (f->text_len > 0 && f->state == FORM_JSON)
			form_take_json(f);
		else if (f->text_len > 0)
			n = form_take_line(f, to, room);
		else if (f->over)
			break;
		else if (form_fill(f) < 0)
			return -1;
	}
	return (ssize_t)n;
}

ssize_t
form_read(struct form *f, char *to, size_t room)
{
	if (f->ahead_len == 0)
		return form_read_on(f, to, room);
	return (
	    ssize_t)form_copy(to, room, f->ahead, &f->ahead_at, &f->ahead_len);
}

struct form *
form_open(io_pull pull, void *arg, struct notes *notes)
{
	struct form *f = calloc(1, sizeof *f);

	if (f == NULL) {
		msg_nomem();
		return NULL;
	}
	f->notes = notes;
	f->file = (struct logfile){.pull = pull, .arg = arg, .notes = notes};
	if (logfile_look(&f->file) == 0)
		return f;
	form_close(f);
	return NULL;
}

void
form_close(struct form *f)
{
	logfile_close(&f->file);
	free(f);
}

enum logfile_kind
form_kind(const struct form *f)
{
	return f->file.kind;
}

int
form_continues(struct form *f)
{
	ssize_t n = form_read_on(f, f->ahead, sizeof f->ahead);

	if (n < 0)
		return -1;
	f->ahead_len = (size_t)n;
	f->ahead_at = 0;
	return f->first > FORM_PLAIN && n > 0 && f->ahead[0] != '{';
}

bool
form_is_cut(const struct form *f)
{
	return f->cut;
}
