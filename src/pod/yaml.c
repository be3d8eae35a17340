/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 and JSON text to JSON trees, and trees to YAML: the only user of
 * libyaml.
 */
#include "pod/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <yaml.h>

#include "base/io.h"
#include "base/json.h"
#include "base/memfile.h"
#include "base/msg.h"
#include "base/names.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"

enum {
	ANCHORS_MAX = 1000, /* of one document */
	ANCHOR_NAME = 128, /* with its NUL */
	TAGS_MAX = 10000,
	NUMBER_MAX = 64,
	KEY_SIMPLE = 100 /* bytes, of which each is up to 10 when printed */
};

struct anchor {
	char name[ANCHOR_NAME];
	struct json *value; /* owned, a copy; NULL: it is not complete */
	size_t values; /* in it, itself included */
	size_t height; /* of nested sequences and mappings in it */
};

/* A sequence or mapping that is being read. */
struct level {
	struct json *json; /* borrowed from the tree */
	const char *key; /* of the value that comes next; borrowed, too */
	size_t line; /* of that key */
	size_t before; /* values in the file before this one */
	size_t height; /* of what is complete in it */
	struct anchor *anchor; /* of this one; NULL: none */
	bool merges; /* it has a key "<<" that means merging */
};

struct load {
	const char *name; /* borrowed; what the file is called, masked */
	struct json *docs;
	yaml_mark_t mark; /* of what is being read */
	size_t values; /* so far in the file, copies included */
	bool begun; /* a document has begun */
	size_t n_anchors;
	struct anchor anchors[ANCHORS_MAX];
	size_t depth; /* levels in use */
	struct level stack[YAML_DEPTH_MAX];
};

/* Say what is wrong, with the name that it is about unless that is NULL. */
static int
yaml_fail(const struct load *p, const char *what, const char *name)
{
	char shown[128];

	msg_warn(0, name != NULL ? "%s:%zu:%zu: %s '%s'" : "%s:%zu:%zu: %s",
	    p->name, p->mark.line + 1, p->mark.column + 1, what,
	    name != NULL ? msg_mask(shown, sizeof shown, name) : "");
	return -1;
}

/* ---------------------------------------------------------------- scalars */

/*
 * Does a plain scalar of this text mean a number: 0x1f, 0b1, 0o17, 017, or a
 * decimal one, with or without a fraction?
 */
static bool
is_number(const char *text, double *number)
{
	char plain[NUMBER_MAX], *end = plain;
	const char *digits;
	size_t n = 0;
	bool minus = *text == '-', found = false;

	if (*text == '_' || strncmp(text, "._", 2) == 0)
		return false;
	if (*text == '-' || *text == '+')
		text++;
	for (; *text != '\0'; text++) {
		if (n + 1 == sizeof plain)
			return false;
		if (*text != '_')
			plain[n++] = *text;
	}
	plain[n] = '\0';
	if (plain[0] == '0' && n > 1) {
		digits = plain + 1 + (strchr("xXbBoO", plain[1]) != NULL);
		errno = 0;
		*number = (double)strtoull(digits, &end,
		    strchr("xX", plain[1]) != NULL       ? 16
		        : strchr("bB", plain[1]) != NULL ? 2
		                                         : 8);
		found = strspn(digits, HEX) > 0 && *end == '\0' && errno == 0;
	}
	if (!found) {
		if (strspn(plain, DIGITS ".") == 0 ||
		    strspn(plain, DIGITS ".eE+-") != n)
			return false;
		*number = strtod(plain, &end);
		if (end == plain || *end != '\0')
			return false;
	}
	if (minus)
		*number = 0 - *number; /* -0 is 0 */
	return *number - *number == 0; /* not infinite */
}

/* What a plain scalar of this text means; NULL when out of memory. */
static struct json *
plain_scalar(const char *text)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL",
	    NULL};
	static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "on",
	    "On", "ON", "true", "True", "TRUE", NULL};
	static const char *const no[] = {"n", "N", "no", "No", "NO", "off",
	    "Off", "OFF", "false", "False", "FALSE", NULL};
	double number;

	if (names_one_of(text, nulls))
		return json_new_null();
	if (names_one_of(text, yes))
		return json_new_bool(true);
	if (names_one_of(text, no))
		return json_new_bool(false);
	if (is_number(text, &number))
		return json_new_number(number);
	return json_new_string(text);
}

/* Is it a plain scalar without a tag? */
static bool
yaml_is_plain(const yaml_event_t *e)
{
	return e->data.scalar.tag == NULL && e->data.scalar.plain_implicit;
}

/* The text of a scalar; NULL (reported). */
static const char *
yaml_text(struct load *p, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;

	if (strlen(text) == e->data.scalar.length)
		return text;
	(void)yaml_fail(p, "a NUL character", NULL);
	return NULL;
}

/*
 * What the scalar means; NULL (reported).  As the YAML library of kubectl has
 * it: a tag that is not one of YAML's own types of scalars makes it a string, a
 * time too.
 */
static struct json *
scalar_value(struct load *p, const yaml_event_t *e)
{
	static const char core[] = "tag:yaml.org,2002:";
	static const char *const typed[] = {"int", "float", "bool", "null",
	    NULL};
	const char *text = yaml_text(p, e);
	const char *tag = (const char *)e->data.scalar.tag;
	struct json *value;
	int64_t n;
	bool fits;

	if (text == NULL)
		return NULL;
	tag = tag != NULL && strncmp(tag, core, sizeof core - 1) == 0
	    ? tag + sizeof core - 1
	    : "";
	if (strcmp(tag, "binary") == 0) {
		(void)yaml_fail(p, "!!binary, write the text itself", NULL);
		return NULL;
	}
	value = yaml_is_plain(e) || names_one_of(tag, typed)
	    ? plain_scalar(text)
	    : json_new_string(text);
	if (value == NULL)
		msg_nomem();
	if (value == NULL || !names_one_of(tag, typed))
		return value;
	fits = tag[0] == 'i'
	    ? json_int(value, -JSON_INT_MAX, JSON_INT_MAX, &n) == 0
	    : tag[0] == 'f' ? json_is_number(value)
	    : tag[0] == 'b' ? json_is_bool(value)
	                    : json_is_null(value);
	if (fits)
		return value;
	json_free(value);
	(void)yaml_fail(p, "the value does not have the type of its tag", tag);
	return NULL;
}

/* ------------------------------------------------------------------- tree */

/* Count n values more; 0 or -1. */
static int
count_values(struct load *p, size_t n)
{
	p->values += n;
	if (p->values <= YAML_NODES_MAX)
		return 0;
	return yaml_fail(p, "too large: more than 200000 values", NULL);
}

/*
 * Put a value, owned, where it belongs; NULL: out of memory.  There are n
 * values in it, itself included.  Returns 0, or -1 (reported).
 */
static int
put_value(struct load *p, struct json *value, size_t n)
{
	struct level *up = p->depth > 0 ? &p->stack[p->depth - 1] : NULL;
	size_t line = p->mark.line + 1;

	if (value == NULL) {
		msg_nomem();
		return -1;
	}
	if (count_values(p, n) < 0) {
		json_free(value);
		return -1;
	}
	json_set_line(value, up != NULL && up->key != NULL ? up->line : line);
	if (up == NULL && json_is_null(value)) {
		json_free(value); /* nothing is in the document */
		return 0;
	}
	if (up != NULL && up->key != NULL) {
		value = json_set(up->json, up->key, value);
		up->key = NULL;
	} else {
		value = json_add(up != NULL ? up->json : p->docs, NULL, value);
	}
	if (value != NULL)
		return 0;
	msg_nomem();
	return -1;
}

/* Begin an anchor's value; 0 or -1. */
static int
anchor_begin(struct load *p, const yaml_char_t *name, struct anchor **a)
{
	*a = NULL;
	if (name == NULL)
		return 0;
	if (p->n_anchors == ANCHORS_MAX)
		return yaml_fail(p, "too many anchors", NULL);
	if (strlen((const char *)name) >= ANCHOR_NAME)
		return yaml_fail(p, "a long anchor", (const char *)name);
	*a = &p->anchors[p->n_anchors++];
	**a = (struct anchor){0};
	memcpy((*a)->name, name, strlen((const char *)name));
	return 0;
}

/* The anchor's value is complete, with so many values in it; 0 or -1. */
static int
anchor_end(struct load *p, struct anchor *a, const struct json *value,
    size_t values, size_t height)
{
	if (a == NULL)
		return 0;
	if (count_values(p, values) < 0)
		return -1;
	a->values = values;
	a->height = height;
	a->value = json_copy(value);
	if (a->value != NULL)
		return 0;
	msg_nomem();
	return -1;
}

/* Add a member that is not there yet; item is taken.  NULL (reported). */
static struct json *
yaml_add_member(struct load *p, struct json *to, const char *key,
    struct json *item)
{
	/* each key is compared with all that are there */
	if (json_size(to) == YAML_KEYS_MAX) {
		json_free(item);
		(void)yaml_fail(p, "too many keys in one mapping", NULL);
		return NULL;
	}
	item = json_add(to, key, item);
	if (item == NULL)
		msg_nomem();
	return item;
}

/*
 * Take the key of the next value, which is there as null until that comes;
 * text is NULL: it was refused.  Returns 0 or -1.
 */
static int
take_key(struct load *p, const char *text)
{
	struct level *l = &p->stack[p->depth - 1];
	struct json *value;

	if (text == NULL)
		return -1;
	if (json_has(l->json, text))
		return yaml_fail(p, "duplicate key", text);
	value = yaml_add_member(p, l->json, text, json_new_null());
	if (value == NULL)
		return -1;
	l->key = json_key(value);
	l->line = p->mark.line + 1;
	return 0;
}

/* Does a key come next? */
static bool
wants_key(const struct load *p)
{
	const struct level *l = p->depth > 0 ? &p->stack[p->depth - 1] : NULL;

	return l != NULL && json_is_object(l->json) && l->key == NULL;
}

static int
take_scalar(struct load *p, const yaml_event_t *e)
{
	const char *tag = (const char *)e->data.scalar.tag;
	struct json *value;
	struct anchor *a;
	bool is_key = wants_key(p);
	int ret;

	if (anchor_begin(p, e->data.scalar.anchor, &a) < 0)
		return -1;
	if (is_key && take_key(p, yaml_text(p, e)) < 0)
		return -1;
	/* "<<" in quotes is a key like others, unless a tag says otherwise */
	if (is_key && strcmp((char *)e->data.scalar.value, "<<") == 0)
		p->stack[p->depth - 1].merges = yaml_is_plain(e) ||
		    (tag != NULL &&
		        strcmp(tag, "tag:yaml.org,2002:merge") == 0);
	if (is_key && a == NULL)
		return 0;
	value = is_key ? json_new_string((char *)e->data.scalar.value)
	               : scalar_value(p, e);
	if (value == NULL && !is_key)
		return -1;
	ret = anchor_end(p, a, value, 1, 0);
	if (ret < 0 || is_key)
		json_free(value);
	return ret < 0 || is_key ? ret : put_value(p, value, 1);
}

/* An alias stands for a copy of its anchor's value. */
static int
take_alias(struct load *p, const yaml_char_t *name)
{
	const char *wrong = "an alias without its anchor";
	const struct anchor *a = NULL;
	size_t i = p->n_anchors;
	struct level *l;

	/* a name may be used again: the last one counts */
	while (a == NULL && i-- > 0)
		if (strcmp(p->anchors[i].name, (const char *)name) == 0)
			a = &p->anchors[i];
	if (a != NULL)
		wrong = "an alias in its own anchor";
	if (a == NULL || a->value == NULL)
		return yaml_fail(p, wrong, (const char *)name);
	if (wants_key(p) && json_is_string(a->value))
		return take_key(p, json_string(a->value));
	if (wants_key(p))
		return yaml_fail(p, "a key that is not a scalar", NULL);
	if (p->depth + a->height > YAML_DEPTH_MAX)
		return yaml_fail(p, "nested too deeply", NULL);
	l = &p->stack[p->depth - 1]; /* an anchor came before, in a level */
	if (l->height < a->height)
		l->height = a->height;
	return put_value(p, json_copy(a->value), a->values);
}

/* A sequence or mapping, owned, begins; 0 or -1. */
static int
begin_level(struct load *p, struct json *value, const yaml_char_t *name)
{
	struct level l = {.json = value, .before = p->values};
	int ret = -1;

	if (wants_key(p))
		ret = yaml_fail(p, "a key that is not a scalar", NULL);
	else if (p->depth == YAML_DEPTH_MAX)
		ret = yaml_fail(p, "nested too deeply", NULL);
	else
		ret = anchor_begin(p, name, &l.anchor);
	if (ret < 0) {
		json_free(value);
		return -1;
	}
	if (put_value(p, value, 1) < 0)
		return -1;
	p->stack[p->depth++] = l;
	return 0;
}

/*
 * The innermost level is complete: resolve "<<" (YAML's merge key type) in it.
 * Returns 0 or -1.
 */
static int
end_level(struct load *p)
{
	struct level *l = &p->stack[--p->depth];
	struct json *merged, *from, *item;
	bool good = true;

	merged = l->merges ? json_take(l->json, "<<") : NULL;
	from = json_is_array(merged) ? json_first(merged) : merged;
	for (; from != NULL && good; from = json_next(from)) {
		good = json_is_object(from);
		if (!good)
			(void)yaml_fail(p,
			    "'<<' merges something that is not a mapping",
			    NULL);
		/* what it has and the mapping has not */
		while (good && (item = json_first(from)) != NULL) {
			item = json_take(from, json_key(item));
			if (json_has(l->json, json_key(item)))
				json_free(item);
			else
				good = yaml_add_member(p, l->json,
				           json_key(item), item) != NULL;
		}
	}
	json_free(merged);
	if (p->depth > 0 && l[-1].height < l->height + 1)
		l[-1].height = l->height + 1;
	if (!good)
		return -1;
	return anchor_end(p, l->anchor, l->json, p->values - l->before,
	    l->height + 1);
}

/* The anchors of a document are not those of the next. */
static void
forget_anchors(struct load *p)
{
	while (p->n_anchors > 0)
		json_free(p->anchors[--p->n_anchors].value);
}

static int
take_event(struct load *p, const yaml_event_t *e)
{
	p->mark = e->start_mark;
	if (io_stopped())
		return yaml_fail(p, "stopped by a signal", NULL);
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		forget_anchors(p);
		if (!p->begun &&
		    (e->data.document_start.version_directive != NULL ||
		        e->data.document_start.tag_directives.start !=
		            e->data.document_start.tag_directives.end))
			return yaml_fail(p,
			    "kubectl takes no directive before the first '---': leave the line with '%' out",
			    NULL);
		p->begun = true;
		break;
	case YAML_ALIAS_EVENT:
		return take_alias(p, e->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		return take_scalar(p, e);
	case YAML_SEQUENCE_START_EVENT:
		return begin_level(p, json_new_array(),
		    e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return begin_level(p, json_new_object(),
		    e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_level(p);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

/* ------------------------------------------------------------------- text */

/* Say what libyaml found wrong, and where. */
static int
parser_failed(struct load *p, const yaml_parser_t *y, const char *text)
{
	const char *c;
	char what[256];

	if (y->error == YAML_MEMORY_ERROR) {
		msg_nomem();
		return -1;
	}
	p->mark = y->problem_mark;
	if (y->error == YAML_READER_ERROR) {
		/* knows the offset of the byte only */
		p->mark.line = 0;
		p->mark.column = 0;
		for (c = text; c < text + y->problem_offset; c++) {
			p->mark.column = *c == '\n' ? 0 : p->mark.column + 1;
			p->mark.line += *c == '\n';
		}
	}
	snprintf(what, sizeof what, "%s%s%s",
	    y->problem != NULL ? y->problem : "not YAML",
	    y->context != NULL ? " " : "",
	    y->context != NULL ? y->context : "");
	return yaml_fail(p, what, NULL);
}

/*
 * Parse text[0..len).  If it is JSON, an object that follows another is a
 * document, as for kubectl, which YAML wants a "---" for.  Returns 0 or -1.
 */
static int
parse_text(struct load *p, const char *text, size_t len, bool json)
{
	yaml_parser_t y;
	yaml_event_t e;
	bool more = true;
	int ret = 0;

	if (!yaml_parser_initialize(&y)) {
		msg_nomem();
		return -1;
	}
	yaml_parser_set_input_string(&y, (const unsigned char *)text, len);
	while (ret == 0 && more) {
		if (!yaml_parser_parse(&y, &e)) {
			ret = parser_failed(p, &y, text);
			break;
		}
		more = e.type != YAML_STREAM_END_EVENT;
		ret = take_event(p, &e);
		if (json && e.type == YAML_DOCUMENT_END_EVENT &&
		    y.tokens.head->type == YAML_FLOW_MAPPING_START_TOKEN)
			y.state = YAML_PARSE_IMPLICIT_DOCUMENT_START_STATE;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&y);
	return ret;
}

/*
 * JSON is YAML with one exception: it writes characters beyond U+FFFF as two
 * escapes, \ud83d\ude00, where YAML has \U0001f600.  Rewrite these in
 * text[0..len), behind which is a NUL; returns the new length.
 */
static size_t
join_surrogates(char *text, size_t len)
{
	size_t from = 0, to = 0;
	unsigned int high, low;
	char joined[11];

	while (from < len) {
		if (text[from] == '\\' &&
		    sscanf(text + from, "\\u%4x\\u%4x", &high, &low) == 2 &&
		    high >> 10 == 0xd800 >> 10 && low >> 10 == 0xdc00 >> 10) {
			snprintf(joined, sizeof joined, "\\U%08x",
			    0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff)));
			memcpy(text + to, joined, 10);
			to += 10;
			from += 12;
			continue;
		}
		if (text[from] == '\\' && from + 1 < len)
			text[to++] = text[from++];
		text[to++] = text[from++];
	}
	text[to] = '\0';
	return to;
}

/*
 * text with U+FFFD for each byte that is no UTF-8, as kubectl reads it, unless
 * it begins with the mark of UTF-16, which libyaml reads.  Two NULs follow.
 * Owned, NULL: out of memory; *len follows it.
 */
static char *
mend_utf8(const char *text, size_t *len)
{
	bool is_utf16 = *len >= 2 &&
	    (memcmp(text, "\xff\xfe", 2) == 0 ||
	        memcmp(text, "\xfe\xff", 2) == 0);
	char *out = malloc(3 * *len + 2);
	size_t i, n, to = 0;

	if (out == NULL)
		return NULL;
	for (i = 0; i < *len; i += n) {
		n = is_utf16 ? 1 : msg_utf8(text + i, *len - i);
		memcpy(out + to, n > 0 ? text + i : "\xef\xbf\xbd",
		    n > 0 ? n : 3);
		to += n > 0 ? n : 3;
		n += n == 0;
	}
	out[to] = out[to + 1] = '\0';
	*len = to;
	return out;
}

struct json *
yaml_parse(const char *name, const char *text, size_t len)
{
	struct load *p = calloc(1, sizeof *p);
	char shown[MSG_NAME], *copy;
	const char *at, *end;
	struct json *docs;
	size_t tags = 0;
	bool json;
	int ret = -1;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	copy = mend_utf8(text, &len);
	if (p == NULL || copy == NULL) {
		free(p);
		free(copy);
		msg_nomem();
		return NULL;
	}
	p->name = msg_mask(shown, sizeof shown, name);
	p->docs = json_new_array();
	at = copy + strspn(copy, " \t\r\n");
	json = *at == '{' || *at == '[';
	if (json)
		len = join_surrogates(copy, len);
	/* libyaml compares each %TAG with all before it; UTF-16 has NULs */
	end = copy + len;
	for (at = copy; at < end; at++)
		tags += at[0] == '%' && (at[1] == 'T' || at[2] == 'T');
	if (tags > TAGS_MAX)
		(void)yaml_fail(p, "too many %TAG directives", NULL);
	else if (p->docs == NULL)
		msg_nomem();
	else
		ret = 0;
	if (ret == 0)
		ret = parse_text(p, copy, len, json);
	forget_anchors(p);
	docs = p->docs;
	if (ret < 0) {
		json_free(docs);
		docs = NULL;
	}
	free(copy);
	free(p);
	return docs;
}

struct json *
yaml_load(const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	const char *name = standard ? "standard input" : path;
	char shown[MSG_NAME], *text = malloc(YAML_TEXT_MAX + 1);
	struct json *docs = NULL;
	ssize_t len = -1;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && text != NULL)
		len = io_read(fd, text, YAML_TEXT_MAX + 1);
	msg_mask(shown, sizeof shown, name);
	if (text == NULL)
		msg_nomem();
	else if (len < 0)
		msg_warn(errno, "%s", shown);
	else if (len > YAML_TEXT_MAX)
		msg_warn(0, "%s: larger than %d bytes", shown, YAML_TEXT_MAX);
	else
		docs = yaml_parse(name, text, (size_t)len);
	if (fd >= 0 && !standard)
		(void)close(fd);
	free(text);
	return docs;
}

/* --------------------------------------------------------------- printing */

/*
 * Does each reader of YAML 1.1 and 1.2 take this text for a string where it
 * stands without quotes?  A reader of 1.1 takes 1:30 for a number, 1_000 too,
 * and 2001-01-01 for a date.
 */
static bool
is_plain_string(const char *text)
{
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off",
	    "true", "false", "null"};
	size_t len = strlen(text), i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	if (len == 0 || strspn(text, LETTERS DIGITS "/._-=:@") != len ||
	    text[len - 1] == ':')
		return false;
	if (strspn(text, DIGITS) > 0)
		return text[strspn(text, DIGITS "abcdefxoABCDEFTZtz:.-_")] !=
		    '\0';
	if (strncmp(text, "--", 2) == 0)
		text += 2;
	return *text == '/' || strspn(text, LETTERS) > 0;
}

static void
print_string(FILE *f, const char *text)
{
	size_t len = strlen(text), n, i;
	unsigned int c;

	if (is_plain_string(text)) {
		(void)fputs(text, f);
		return;
	}
	(void)fputc('"', f);
	for (; len > 0; len -= n, text += n) {
		n = msg_utf8(text, len);
		c = (unsigned char)text[0];
		if (n > 1)
			c &= 0xffU >> (n + 1);
		for (i = 1; i < n; i++)
			c = c << 6 | ((unsigned char)text[i] & 0x3f);
		if (n == 0) {
			n = 1;
			c = 0xfffd;
		}
		if (c >= ' ' && c < 0x7f)
			fprintf(f, "%s%c", c == '"' || c == '\\' ? "\\" : "",
			    (int)c);
		else if (c == '\n')
			fputs("\\n", f);
		else
			fprintf(f, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
	}
	(void)fputc('"', f);
}

/* Print a scalar, or what is empty.  Returns 0, or -1 without memory. */
static int
print_scalar(FILE *f, const struct json *node)
{
	char *text;

	if (json_is_string(node)) {
		print_string(f, json_string(node));
		return 0;
	}
	text = json_print(node, JSON_COMPACT);
	if (text == NULL)
		return -1;
	fputs(text, f);
	free(text);
	return 0;
}

/* Print the whole tree in one walk, with a stack of its own; 0 or -1. */
static int
print_tree(FILE *f, const struct json *node)
{
	struct {
		const struct json *next; /* NULL: none */
		int indent;
		bool list;
	} stack[YAML_DEPTH_MAX + 1] = {{NULL, -2, true}}, *up = stack;
	bool fresh = true; /* at the beginning of a line */
	bool explicit;

	for (;;) {
		if (json_first(node) != NULL) {
			if (up == &stack[YAML_DEPTH_MAX])
				return -1;
			if (!up->list) {
				fputc('\n', f);
				fresh = true;
			}
			/* a list stands below its key, all else to the right */
			up[1].list = json_is_array(node);
			up[1].indent = up->indent +
			    (up[1].list && !up->list ? 0 : 2);
			up[1].next = json_first(node);
			up++;
		} else {
			if (!up->list)
				fputc(' ', f);
			if (print_scalar(f, node) < 0)
				return -1;
			fputc('\n', f);
			fresh = true;
		}
		while (up > stack && up->next == NULL)
			up--;
		if (up == stack)
			return 0;
		node = up->next;
		up->next = json_next(node);
		if (fresh)
			fprintf(f, "%*s", up->indent, "");
		if (up->list) {
			fputs("- ", f);
		} else {
			/* one without "?" has 1024 characters at the most */
			explicit = strlen(json_key(node)) > KEY_SIMPLE;
			fputs(explicit ? "? " : "", f);
			print_string(f, json_key(node));
			if (explicit)
				fprintf(f, "\n%*s", up->indent, "");
			fputc(':', f);
		}
		fresh = false;
	}
}

char *
yaml_print(const struct json *tree)
{
	/* whether memory ran out while it was built, only JSON tells */
	char *text, *whole = json_print(tree, JSON_COMPACT);
	struct memfile m;
	int ret;

	if (whole == NULL)
		msg_nomem();
	free(whole);
	if (whole == NULL || memfile_open(&m) < 0)
		return NULL;
	ret = print_tree(m.to, tree);
	text = memfile_close(&m);
	if (text != NULL && ret < 0) {
		msg_warn(0, "cannot print YAML");
		free(text);
		text = NULL;
	}
	return text;
}
