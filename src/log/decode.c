/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the bundle in a pod log: log bytes in, verified pieces out.
 */
#include "log/decode.h"

#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "log/stamp.h"

enum {
	DEPTH_MAX = 16 /* of objects and arrays in a line */
};

void
decode_start(struct decode *d)
{
	d->state = DECODE_SEEK;
	d->pos = d->safe = d->end = d->stamp = 0;
	d->ended = false;
	d->foreign = d->damaged = 0;
	d->ours = false;
	d->blank = true;
}

char *
decode_room(struct decode *d, size_t *len)
{
	if (d->pos > 0) {
		memmove(d->in, d->in + d->pos, d->end - d->pos);
		d->end -= d->pos;
		d->safe -= d->pos;
		d->pos = 0;
	}
	*len = sizeof d->in - d->end;
	return d->in + d->end;
}

void
decode_fed(struct decode *d, size_t len)
{
	d->end += len;
	d->ended = len == 0;
}

/* ------------------------------------------------------------- timestamps */

/*
 * Move `safe` on over what cannot be the beginning of a timestamp, and set
 * `stamp` if one follows; one that was found before is passed over.  Returns
 * whether there is anything new.
 */
static bool
clear_input(struct decode *d)
{
	size_t left = d->safe - d->pos, start = d->safe + d->stamp, at, i;
	const char *dash;
	int n;

	/* what is left of a group of four goes on behind it */
	memmove(d->in + start - left, d->in + d->pos, left);
	d->pos = start - left;
	d->stamp = 0;
	for (at = start; at < d->end; at = (size_t)(dash - d->in) + 1) {
		dash = memchr(d->in + at, '-', d->end - at);
		if (dash == NULL)
			break;
		if (dash < d->in + start + 4)
			continue;
		i = (size_t)(dash - d->in) - 4;
		n = stamp_match(d->in + i, d->end - i);
		if (n < 0 || (n == 0 && d->ended))
			continue;
		d->safe = i;
		d->stamp = (size_t)n;
		return d->safe > start || n > 0;
	}
	/* up to four digits at the end may be the year of one */
	d->safe = d->end;
	for (i = 0; !d->ended && i < 4 && d->safe > start &&
	     d->in[d->safe - 1] >= '0' && d->in[d->safe - 1] <= '9';
	     i++)
		d->safe--;
	return d->safe > start;
}

/* ------------------------------------------------------------------- lines */

/* Store the whole number `key` of object; -1 where there is none. */
static int
get_number(const struct json *object, const char *key, uint64_t *number)
{
	int64_t n;

	if (json_int(json_get(object, key), 0, JSON_INT_MAX, &n) < 0)
		return -1;
	*number = (uint64_t)n;
	return 0;
}

/* Store the digest of object; -1 where there is none of a kind we know. */
static int
get_digest(const struct json *object, char digest[static DIGEST_TEXT])
{
	const char *text = json_get_string(object, "digest");

	if (text == NULL || !digest_is_text(text))
		return -1;
	memcpy(digest, text, DIGEST_TEXT);
	return 0;
}

static int
get_whole(const struct json *object, struct decode_piece *p)
{
	const char *text = json_get_string(object, "mediaType");

	/* a termination message has none */
	if (json_has(object, "mediaType") &&
	    (text == NULL || strcmp(text, WIRE_MEDIA_TYPE) != 0))
		return -1;
	if (json_has(object, "parts") &&
	    get_number(object, "parts", &p->parts) < 0)
		return -1;
	if (get_number(object, "size", &p->size) < 0 ||
	    get_number(object, "entries", &p->entries) < 0)
		return -1;
	return get_digest(object, p->digest);
}

int
decode_whole(const char *text, size_t len, struct decode_piece *whole)
{
	struct json *object;
	int status;

	object = json_parse(text, len);
	memset(whole, 0, sizeof *whole);
	status = json_is_object(object) ? get_whole(object, whole) : -1;
	json_free(object);
	return status;
}

/*
 * The object is complete: what does it say, and is it true of its content?
 * DECODE_NONE: it is not one of ours.
 */
static enum decode_event
decode_judge_object(struct decode *d)
{
	struct json *o = json_parse(d->text, d->text_len);
	enum decode_event event = DECODE_BAD;
	struct decode_piece *p = &d->piece;
	char digest[DIGEST_TEXT];

	memset(p, 0, sizeof *p);
	if (!d->content) {
		if (!json_has(o, "parts") || !json_has(o, "mediaType"))
			event = DECODE_NONE;
		else if (get_whole(o, p) == 0)
			event = DECODE_TRAILER;
		json_free(o);
		return event;
	}
	digest_text(&d->sum, digest);
	if (json_has(o, "part")) {
		if (get_number(o, "part", &p->part) == 0 &&
		    get_number(o, "size", &p->size) == 0 &&
		    get_digest(o, p->digest) == 0)
			event = DECODE_PART;
	} else if (json_has(o, "digest") || json_has(o, "size") ||
	    json_has(o, "mediaType") || json_has(o, "entries")) {
		if (json_has(o, "mediaType") && get_whole(o, p) == 0)
			event = DECODE_WHOLE;
	} else if (json_is_object(o)) {
		event = DECODE_PLAIN;
		p->size = d->size;
		memcpy(p->digest, digest, sizeof digest);
	}
	json_free(o);
	return p->size == d->size && strcmp(p->digest, digest) == 0
	    ? event
	    : DECODE_BAD;
}

/* The object under way is given up; go on from here. */
static enum decode_event
give_up(struct decode *d)
{
	static const char *const starts[] = {"{\"part", "{\"content\":"};
	size_t i, n;
	bool ours = d->content;

	for (i = 0; i < sizeof starts / sizeof *starts; i++) {
		n = strlen(starts[i]);
		if (d->text_len >= n && memcmp(d->text, starts[i], n) == 0)
			ours = true;
	}
	d->state = DECODE_SEEK;
	if (!ours)
		return DECODE_NONE;
	d->ours = true;
	d->damaged++;
	return DECODE_BAD;
}

/* Does the text end in the key of the content, at the top of the object? */
static bool
at_content(const struct decode *d)
{
	static const char key[] = "\"content\":";
	size_t n = sizeof key - 1;

	/* the byte before tells a key from the end of another string */
	return d->depth == 1 && d->text_len > n &&
	    memcmp(d->text + d->text_len - n, key, n) == 0 &&
	    strchr("{,", d->text[d->text_len - n - 1]) != NULL;
}

/*
 * Take one character.  Returns 1 where the object is complete, -1 if it cannot
 * stand there.
 */
static int
take_character(struct decode *d, char c)
{
	if (!d->quoted && (c == ' ' || c == '\t' || c == '\r'))
		return 0;
	if ((unsigned char)c < ' ')
		return -1;
	if (d->quoted) {
		d->quoted = d->escaped || c != '"';
		d->escaped = !d->escaped && c == '\\';
	} else if (c == '"' && !at_content(d)) {
		d->quoted = true;
	} else if (c == '"') {
		if (d->content)
			return -1;
		d->content = true;
		d->padded = false;
		d->size = 0;
		digest_init(&d->sum);
		d->state = DECODE_CONTENT;
	} else if (c == '{' || c == '[') {
		if (++d->depth > DEPTH_MAX)
			return -1;
	} else if (c == '}' || c == ']') {
		d->depth--;
	}
	d->text[d->text_len++] = c;
	return d->depth == 0;
}

static enum decode_event
read_object(struct decode *d)
{
	enum decode_event event;
	int status;

	while (d->pos < d->safe && d->state == DECODE_OBJECT) {
		/* two bytes of room: the content's quotes */
		status = d->text_len + 2 > sizeof d->text
		    ? -1
		    : take_character(d, d->in[d->pos]);
		if (status < 0)
			return give_up(d);
		d->pos++;
		if (status > 0) {
			event = decode_judge_object(d);
			d->state = DECODE_SEEK;
			d->ours |= event != DECODE_NONE;
			d->damaged += event == DECODE_BAD;
			return event;
		}
	}
	return DECODE_NONE;
}

/* ----------------------------------------------------------------- content */

/* Take groups of four characters, and the quote at the end. */
static enum decode_event
read_content(struct decode *d)
{
	const char *text = d->in + d->pos, *quote;
	size_t len = d->safe - d->pos;
	ssize_t n = 0;

	quote = memchr(text, '"', len);
	if (quote != NULL)
		len = (size_t)(quote - text);
	if (quote != NULL && len % 4 != 0)
		return give_up(d);
	len -= len % 4;
	if (len > 0) {
		n = d->padded ? -1 : base64_decode(d->out, text, len);
		if (n < 0)
			return give_up(d);
		d->padded = text[len - 1] == '=';
	}
	d->pos += len;
	if (quote != NULL) {
		d->text[d->text_len++] = '"';
		d->pos++;
		d->state = DECODE_OBJECT;
	}
	if (n == 0)
		return DECODE_NONE;
	d->data = d->out;
	d->data_len = (size_t)n;
	d->size += d->data_len;
	digest_add(&d->sum, d->data, d->data_len);
	return DECODE_DATA;
}

/* ------------------------------------------------------------------- lines */

/* The line, or what there is of it, is over. */
static void
end_line(struct decode *d)
{
	if (!d->ours && !d->blank)
		d->foreign++;
	d->ours = false;
	d->blank = true;
}

static enum decode_event
seek(struct decode *d)
{
	char c;

	while (d->pos < d->safe) {
		c = d->in[d->pos];
		if (c == '{') {
			d->state = DECODE_OBJECT;
			d->blank = false;
			d->text_len = 0;
			d->depth = 0;
			d->quoted = d->escaped = d->content = false;
			break;
		}
		d->pos++;
		if (c == '\n')
			end_line(d);
		else if (c != ' ' && c != '\t' && c != '\r')
			d->blank = false;
	}
	return DECODE_NONE;
}

enum decode_event
decode_next(struct decode *d)
{
	enum decode_event event = DECODE_NONE;
	size_t len;

	while (event == DECODE_NONE) {
		if (d->state == DECODE_DONE)
			return DECODE_END;
		len = d->safe - d->pos;
		if (len == 0 ||
		    (d->state == DECODE_CONTENT && len < 4 &&
		        memchr(d->in + d->pos, '"', len) == NULL)) {
			if (clear_input(d))
				continue;
			if (!d->ended)
				return DECODE_MORE;
			if (d->state == DECODE_SEEK) {
				end_line(d);
				d->state = DECODE_DONE;
				return DECODE_END;
			}
			/* what is under way is cut off */
			event = give_up(d);
		} else if (d->state == DECODE_SEEK) {
			event = seek(d);
		} else if (d->state == DECODE_OBJECT) {
			event = read_object(d);
		} else {
			event = read_content(d);
		}
	}
	return event;
}
