/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoes the forms that a log can have: takes the bytes of a file, and gives
 * the text that the container wrote.
 */
#include "log/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/unicode.h"
#include "log/chars.h"
#include "log/logfile.h"
#include "log/stamp.h"

enum {
	FORM_HEAD = 128, /* bytes that tell how a line begins */
	FORM_DUE = 1 << 17, /* bytes of text held until its stream is known */
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
	unsigned int hex; /* digits of \uXXXX that follow */
	unsigned int code;
	unsigned int depth;
	char key[FORM_WORD], word[FORM_WORD];
	size_t word_len;
	bool done; /* the object is complete */
};

struct form {
	struct notes *notes; /* borrowed */

	struct logfile file;
	struct chars chars;

	/* text, to be read */
	const char *text;
	size_t text_len;

	/* lines */
	enum form_state state;
	char head[FORM_HEAD];
	size_t head_len;
	bool piece; /* the line of CRI's format is one (P) */
	uint64_t returns; /* CRs held back: its end may follow */
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
	static const char start[] = "{\"log\":\"";
	char bare[FORM_HEAD + 1];
	size_t i, n = 0;

	for (i = 0; i < f->head_len; i++)
		if (f->head[i] != ' ')
			bare[n++] = f->head[i];
	bare[n] = '\0';
	if (strncmp(start, bare, n) != 0)
		return -1;
	f->json = (struct form_json){.in_text = true, .depth = 1};
	return start[n] == '\0';
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
 * form_take_line for the CRs of a piece of a line: those before its end come
 * of a file that was made CRLF and are dropped, whatever the sizes of reads;
 * others are text.
 */
static size_t
form_take_returns(struct form *f, char *to, size_t room)
{
	size_t n = f->returns < room ? (size_t)f->returns : room;

	if (*f->text == '\r') {
		f->returns++;
		f->text++;
		f->text_len--;
		return 0;
	}
	if (*f->text == '\n') {
		f->returns = 0;
		return 0;
	}
	memset(to, '\r', n);
	notes_add_text(f->notes, &f->out, to, n, false);
	f->returns -= n;
	return n;
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

	if (f->state == FORM_OUT && f->piece) {
		if (*f->text == '\r' || f->returns > 0)
			return form_take_returns(f, to, room);
		end = memchr(f->text, '\r', len);
		if (end != NULL)
			len = (size_t)(end - f->text);
	}
	end = memchr(f->text, '\n', len);
	if (end != NULL)
		len = (size_t)(end - f->text) + 1;
	out = len - (end != NULL && f->state != FORM_PLAIN && f->piece);
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
	if (!ended && !j->done)
		f->due[f->due_len++] = '\n';
	notes_add_text(f->notes, j->error ? &f->err : &f->out, f->due,
	    f->due_len, j->error);
	if (j->error)
		f->due_len = 0;
	else
		f->cut = !ended && j->done;
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
	if (f->state == FORM_START)
		form_release_head(f);
	else if (f->state == FORM_JSON)
		form_finish_json(f);
	f->state = FORM_START;
}

/* Get more text, if there is some at the moment. */
static void
form_next_text(struct form *f)
{
	if (chars_skip_hole(&f->file))
		form_leave_hole(f);
	else
		f->text_len = chars_take(&f->chars, &f->file, &f->text);
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
form_read_tar(struct form *f, char *to, size_t room)
{
	struct logfile *file = &f->file;

	if (file->in_len == 0 && logfile_fill(file) < 0)
		return -1;
	if (room > file->in_len)
		room = file->in_len;
	memcpy(to, file->in, room);
	file->in += room;
	file->in_len -= room;
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

	if (!f->file.known && logfile_look(&f->file) < 0)
		return -1;
	if (f->file.is_tar)
		return form_read_tar(f, to, room);
	while (n == 0) {
		if (f->ready) {
			n = form_give_due(f, to, room);
		} else if (f->text_len > 0) {
			n = form_step(f, to, room);
		} else if (f->file.in_len > 0) {
			form_next_text(f);
		} else if (f->over) {
			break;
		} else if (logfile_fill(&f->file) < 0) {
			return -1;
		} else if (f->file.in_len == 0) {
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
	f->notes = notes;
	f->file.pull = pull;
	f->file.arg = arg;
	f->file.notes = notes;
	f->file.unit = 1;
	return f;
}

void
form_close(struct form *f)
{
	logfile_close(&f->file);
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
