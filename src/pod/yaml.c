/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 and JSON text to JSON trees, and trees to YAML: the only user of
 * libyaml.
 */
#include "pod/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "base/array.h"
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
	TAGS_MAX = 10000,
	NUMBER_MAX = 64
};

/* An event of libyaml's: a scalar, or where a sequence or mapping begins. */
struct event {
	yaml_event_t yaml; /* owned */
	size_t stands_for; /* of an alias: the event with its anchor */
};

/* A sequence or mapping that is being read, or the list of documents. */
struct level {
	struct json *json; /* borrowed from the tree */
	const char *key; /* of the value that comes next; borrowed, too */
	size_t line; /* of that key */
	size_t back; /* after an alias for it: the next event; else 0 */
	bool merges; /* it has a key "<<" that means merging */
};

/*
 * The events of a document are kept: an alias is replaced by playing those of
 * its anchor once more.
 */
struct load {
	const char *name; /* borrowed; what the file is called, masked */
	yaml_mark_t mark; /* of what is being read */
	size_t values; /* so far in the file, copies included */
	bool begun; /* a document has begun */
	struct event *events; /* owned */
	size_t n, room, at; /* the next one to be played */
	size_t n_anchors, anchors[ANCHORS_MAX]; /* events that have one */
	struct level stack[YAML_DEPTH_MAX + 1], *up; /* the innermost */
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

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "on", "On",
    "ON", "true", "True", "TRUE", NULL};
static const char *const no[] = {"n", "N", "no", "No", "NO", "off", "Off",
    "OFF", "false", "False", "FALSE", NULL};

/*
 * Does a plain scalar of this text mean a number: 0x1f, 0b1, 0o17, 017, or a
 * decimal one, with or without a fraction?
 */
static bool
is_number(const char *text, double *number)
{
	const char *c = text + (*text == '-' || *text == '+'), *digits;
	char plain[NUMBER_MAX], *end;
	size_t n = 0;
	bool found = false;

	if (*text == '_' || strncmp(text, "._", 2) == 0)
		return false;
	for (; *c != '\0' && n < sizeof plain; c++)
		if (*c != '_')
			plain[n++] = *c;
	if (n == sizeof plain)
		return false;
	plain[n] = '\0';
	if (plain[0] == '0' && n > 1) {
		digits = plain + 1 + (strchr("xXbBoO", plain[1]) != NULL);
		errno = 0;
		*number = (double)strtoull(digits, &end,
		    strchr("xX", plain[1]) != NULL       ? 16
		        : strchr("bB", plain[1]) != NULL ? 2
		                                         : 8);
		found = *digits != '\0' && *end == '\0' && errno == 0 &&
		    digits[strspn(digits, HEX)] == '\0';
	}
	if (!found) {
		*number = strtod(plain, &end);
		if (end == plain || *end != '\0' || strchr("+-", *plain) ||
		    strspn(plain, DIGITS ".eE+-") != n)
			return false;
	}
	if (*text == '-')
		*number = 0 - *number; /* -0 is 0 */
	return *number - *number == 0; /* not infinite */
}

/* What a plain scalar of this text means; NULL when out of memory. */
static struct json *
plain_scalar(const char *text)
{
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

/*
 * What the scalar means; NULL (reported).  As the YAML library of kubectl has
 * it: a tag that is not one of YAML's own types of scalars makes it a string, a
 * time too.  Nobody has !!binary in a manifest.
 */
static struct json *
scalar_value(struct load *p, const yaml_event_t *e)
{
	static const char core[] = "tag:yaml.org,2002:";
	static const char *const typed[] = {"int", "float", "bool", "null",
	    "binary", NULL};
	const char *text = (const char *)e->data.scalar.value;
	const char *tag = (const char *)e->data.scalar.tag;
	struct json *value;
	int64_t n;

	tag = tag != NULL && strncmp(tag, core, sizeof core - 1) == 0
	    ? tag + sizeof core - 1
	    : "";
	value = yaml_is_plain(e) || names_one_of(tag, typed)
	    ? plain_scalar(text)
	    : json_new_string(text);
	if (value == NULL) {
		msg_nomem();
		return NULL;
	}
	if (!names_one_of(tag, typed) ||
	    (tag[0] == 'i' &&
	        json_int(value, -JSON_INT_MAX, JSON_INT_MAX, &n) == 0) ||
	    (tag[0] == 'f' && json_is_number(value)) ||
	    (strcmp(tag, "bool") == 0 && json_is_bool(value)) ||
	    (tag[0] == 'n' && json_is_null(value)))
		return value;
	json_free(value);
	(void)yaml_fail(p, "write the text itself, it cannot have the tag",
	    tag);
	return NULL;
}

/* ------------------------------------------------------------------- tree */

/* Put a value, owned, where it belongs; NULL: out of memory.  0 or -1. */
static int
put_value(struct load *p, struct json *value)
{
	struct level *up = p->up;

	if (value != NULL && ++p->values > YAML_NODES_MAX) {
		json_free(value);
		return yaml_fail(p, "too large: more than 200000 values", NULL);
	}
	if (value != NULL && up == p->stack && json_is_null(value)) {
		json_free(value); /* nothing is in the document */
		return 0;
	}
	if (value != NULL)
		json_set_line(value,
		    up->key != NULL ? up->line : p->mark.line + 1);
	value = json_add(up->json, up->key, value);
	up->key = NULL;
	if (value != NULL)
		return 0;
	msg_nomem();
	return -1;
}

/* A scalar, which is a key or a value; a key that comes again is good. */
static int
take_scalar(struct load *p, const yaml_event_t *e, bool again)
{
	const char *tag = (const char *)e->data.scalar.tag;
	const char *text = (const char *)e->data.scalar.value;
	struct level *up = p->up;
	struct json *value;

	if (!json_is_object(up->json) || up->key != NULL) {
		value = scalar_value(p, e);
		return value != NULL ? put_value(p, value) : -1;
	}
	if (!again && json_has(up->json, text))
		return yaml_fail(p, "duplicate key", text);
	/* each key is compared with all that are there */
	if (!again && json_size(up->json) == YAML_KEYS_MAX)
		return yaml_fail(p, "too many keys in one mapping", NULL);
	up->key = text;
	up->line = p->mark.line + 1;
	/* "<<" in quotes is a key like others, unless a tag says otherwise */
	if (strcmp(text, "<<") == 0)
		up->merges = yaml_is_plain(e) ||
		    (tag != NULL &&
		        strcmp(tag, "tag:yaml.org,2002:merge") == 0);
	return 0;
}

/* A sequence or mapping, owned, begins; 0 or -1. */
static int
begin_level(struct load *p, struct json *value, size_t back)
{
	bool is_key = json_is_object(p->up->json) && p->up->key == NULL;

	if (is_key || p->up == &p->stack[YAML_DEPTH_MAX]) {
		json_free(value);
		return yaml_fail(p,
		    is_key ? "a key that is not a scalar"
		           : "nested too deeply, or in itself by an alias",
		    NULL);
	}
	if (put_value(p, value) < 0)
		return -1;
	*++p->up = (struct level){.json = value, .back = back};
	return 0;
}

/*
 * The innermost level is complete: resolve "<<" (YAML's merge key type) in it.
 * Returns 0 or -1.
 */
static int
end_level(struct load *p)
{
	struct level *l = p->up--;
	struct json *merged, *from, *item;
	const char *wrong = NULL;

	if (l->back != 0)
		p->at = l->back;
	merged = l->merges ? json_take(l->json, "<<") : NULL;
	from = json_is_array(merged) ? json_first(merged) : merged;
	for (; from != NULL && wrong == NULL; from = json_next(from)) {
		if (!json_is_object(from))
			wrong = "'<<' merges something that is not a mapping";
		/* what it has and the mapping has not */
		while (wrong == NULL && (item = json_first(from)) != NULL) {
			item = json_take(from, json_key(item));
			if (json_has(l->json, json_key(item)))
				json_free(item);
			else if (json_add(l->json, json_key(item), item) ==
			    NULL)
				wrong = "out of memory";
		}
		if (json_size(l->json) > YAML_KEYS_MAX)
			wrong = "too many keys in one mapping";
	}
	json_free(merged);
	return wrong != NULL ? yaml_fail(p, wrong, NULL) : 0;
}

/* ----------------------------------------------------------------- events */

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

/* The events of a document are not those of the next. */
static void
forget_events(struct load *p)
{
	while (p->n > 0)
		yaml_event_delete(&p->events[--p->n].yaml);
	p->at = p->n_anchors = 0;
}

/* Read the next event behind those that are there; 0 or -1. */
static int
read_event(struct load *p, yaml_parser_t *y, const char *text)
{
	struct event *event = array_grow(p->events, &p->room, p->n + 1,
	    sizeof *event);
	const yaml_event_t *e;
	const char *name;
	size_t i = p->n_anchors;

	if (event == NULL) {
		msg_nomem();
		return -1;
	}
	p->events = event;
	event += p->n;
	e = &event->yaml;
	if (!yaml_parser_parse(y, &event->yaml))
		return parser_failed(p, y, text);
	p->n++;
	p->mark = e->start_mark;
	if (e->type == YAML_SCALAR_EVENT &&
	    strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
		return yaml_fail(p, "a NUL character", NULL);
	if (e->type != YAML_ALIAS_EVENT && e->type != YAML_SCALAR_EVENT &&
	    e->type != YAML_SEQUENCE_START_EVENT &&
	    e->type != YAML_MAPPING_START_EVENT)
		return 0;
	/* each of these has it as its first member */
	name = (const char *)e->data.alias.anchor;
	if (name != NULL && e->type != YAML_ALIAS_EVENT) {
		if (p->n_anchors == ANCHORS_MAX)
			return yaml_fail(p, "too many anchors", NULL);
		p->anchors[p->n_anchors++] = p->n - 1;
	} else if (name != NULL) {
		/* a name may be used again: the last one counts */
		while (i > 0 &&
		    strcmp(name,
		        (char *)p->events[p->anchors[i - 1]]
		            .yaml.data.alias.anchor) != 0)
			i--;
		if (i == 0)
			return yaml_fail(p, "an alias without its anchor",
			    name);
		event->stands_for = p->anchors[i - 1];
	}
	return 0;
}

/* Play the next event, which may be one that is played again; 0 or -1. */
static int
play_event(struct load *p)
{
	const struct event *event = &p->events[p->at++];
	const yaml_event_t *e = &event->yaml;
	bool again = p->at < p->n;
	size_t back = 0;

	p->mark = e->start_mark;
	if (io_stopped())
		return yaml_fail(p, "stopped by a signal", NULL);
	if (e->type == YAML_ALIAS_EVENT) {
		e = &p->events[event->stands_for].yaml;
		back = p->at;
	}
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (!p->begun &&
		    (e->data.document_start.version_directive != NULL ||
		        e->data.document_start.tag_directives.start !=
		            e->data.document_start.tag_directives.end))
			return yaml_fail(p,
			    "kubectl takes no directive before the first '---': leave the line with '%' out",
			    NULL);
		p->begun = true;
		break;
	case YAML_DOCUMENT_END_EVENT:
		forget_events(p);
		break;
	case YAML_SCALAR_EVENT:
		return take_scalar(p, e, again);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (back != 0)
			p->at = event->stands_for + 1;
		return begin_level(p,
		    e->type == YAML_MAPPING_START_EVENT ? json_new_object()
		                                        : json_new_array(),
		    back);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_level(p);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_ALIAS_EVENT:
		break;
	}
	return 0;
}

/* ------------------------------------------------------------------- text */

/*
 * JSON is YAML with one exception: it writes characters beyond U+FFFF as two
 * escapes, \ud83d\ude00, where YAML has \U0001f600.  Rewrite these in
 * text[0..len), behind which is a NUL; returns the new length.
 */
static size_t
join_surrogates(char *text, size_t len)
{
	char *from = text, *to = text;
	unsigned int high, low;

	while (from < text + len) {
		if (*from == '\\' &&
		    sscanf(from, "\\u%4x\\u%4x", &high, &low) == 2 &&
		    high >> 10 == 0xd800 >> 10 && low >> 10 == 0xdc00 >> 10) {
			to += sprintf(to, "\\U%08x",
			    0x10000 + ((high - 0xd800) << 10) + low - 0xdc00);
			from += 12;
			continue;
		}
		if (*from == '\\' && from + 1 < text + len)
			*to++ = *from++;
		*to++ = *from++;
	}
	*to = '\0';
	return (size_t)(to - text);
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

/*
 * If it is JSON, an object that follows another is a document, as for kubectl,
 * which YAML wants a "---" for.
 */
struct json *
yaml_parse(const char *name, const char *text, size_t len)
{
	struct load *p = calloc(1, sizeof *p);
	struct json *docs = json_new_array();
	char shown[MSG_NAME], *copy = mend_utf8(text, &len);
	const char *at;
	yaml_parser_t y = {0};
	yaml_event_type_t type = YAML_NO_EVENT;
	size_t tags = 0;
	bool json;
	int ret = -1;

	if (p == NULL || docs == NULL || copy == NULL ||
	    !yaml_parser_initialize(&y)) {
		msg_nomem();
		goto out;
	}
	p->name = msg_mask(shown, sizeof shown, name);
	p->up = p->stack;
	p->up->json = docs;
	at = copy + strspn(copy, "\xef\xbb\xbf \t\r\n");
	json = *at == '{' || *at == '[';
	if (json)
		len = join_surrogates(copy, len);
	/* libyaml compares each %TAG with all before it; UTF-16 has NULs */
	for (at = copy; at < copy + len; at++)
		tags += at[0] == '%' && (at[1] == 'T' || at[2] == 'T');
	ret = tags > TAGS_MAX ? yaml_fail(p, "too many %TAG directives", NULL)
	                      : 0;
	yaml_parser_set_input_string(&y, (unsigned char *)copy, len);
	while (ret == 0 && type != YAML_STREAM_END_EVENT) {
		ret = read_event(p, &y, copy);
		if (ret < 0)
			break;
		type = p->events[p->n - 1].yaml.type;
		while (ret == 0 && p->at < p->n)
			ret = play_event(p);
		if (json && type == YAML_DOCUMENT_END_EVENT &&
		    y.tokens.head->type == YAML_FLOW_MAPPING_START_TOKEN)
			y.state = YAML_PARSE_IMPLICIT_DOCUMENT_START_STATE;
	}
	forget_events(p);
	free(p->events);
out:
	yaml_parser_delete(&y);
	free(copy);
	free(p);
	if (ret < 0) {
		json_free(docs);
		docs = NULL;
	}
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
	size_t len = strlen(text);

	if (names_one_of(text, nulls) || names_one_of(text, yes) ||
	    names_one_of(text, no) || text[len - 1] == ':' ||
	    strspn(text, LETTERS DIGITS "/._-=:@") != len)
		return false;
	if (strspn(text, DIGITS) > 0)
		return text[strspn(text, DIGITS "abcdefxoABCDEFTZtz:.-_")] !=
		    '\0';
	if (strncmp(text, "--", 2) == 0)
		text += 2;
	return *text == '/' || strspn(text, LETTERS) > 0;
}

/* Hand over an event, if it could be made. */
static bool
emit(yaml_emitter_t *y, yaml_event_t *e, int made)
{
	return made && yaml_emitter_emit(y, e);
}

static bool
emit_text(yaml_emitter_t *y, const char *text, bool string)
{
	yaml_event_t e;

	return emit(y, &e,
	    yaml_scalar_event_initialize(&e, NULL, NULL,
	        (const yaml_char_t *)text, (int)strlen(text), 1, 1,
	        string && !is_plain_string(text)
	            ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
	            : YAML_PLAIN_SCALAR_STYLE));
}

/* Hand over the events of the whole tree. */
static bool
emit_tree(yaml_emitter_t *y, const struct json *node)
{
	const struct json *stack[YAML_DEPTH_MAX];
	size_t depth = 0;
	yaml_event_t e;
	bool good = true;
	char *text;

	do {
		if (node == NULL) {
			node = stack[--depth];
			good = emit(y, &e,
			    json_is_object(node)
			        ? yaml_mapping_end_event_initialize(&e)
			        : yaml_sequence_end_event_initialize(&e));
			node = json_next(node);
			continue;
		}
		if (depth > 0 && json_is_object(stack[depth - 1]))
			good = emit_text(y, json_key(node), true);
		if (json_is_object(node) || json_is_array(node)) {
			good = good && depth < YAML_DEPTH_MAX &&
			    emit(y, &e,
			        json_is_object(node)
			            ? yaml_mapping_start_event_initialize(&e,
			                  NULL, NULL, 1,
			                  YAML_BLOCK_MAPPING_STYLE)
			            : yaml_sequence_start_event_initialize(&e,
			                  NULL, NULL, 1,
			                  YAML_BLOCK_SEQUENCE_STYLE));
			if (good)
				stack[depth++] = node;
			node = json_first(node);
			continue;
		}
		text = json_is_string(node) ? NULL
		                            : json_print(node, JSON_COMPACT);
		good = good && (text != NULL || json_is_string(node)) &&
		    emit_text(y, text != NULL ? text : json_string(node),
		        text == NULL);
		free(text);
		node = json_next(node);
	} while (good && depth > 0);
	return good;
}

char *
yaml_print(const struct json *tree)
{
	/* whether memory ran out while it was built, only JSON tells */
	char *text, *whole = json_print(tree, JSON_COMPACT);
	struct memfile m;
	yaml_emitter_t y;
	yaml_event_t e;
	bool good;

	if (whole == NULL)
		msg_nomem();
	free(whole);
	if (whole == NULL || memfile_open(&m) < 0)
		return NULL;
	good = yaml_emitter_initialize(&y);
	yaml_emitter_set_output_file(&y, m.to);
	yaml_emitter_set_width(&y, -1);
	good = good &&
	    emit(&y, &e,
	        yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING)) &&
	    emit(&y, &e,
	        yaml_document_start_event_initialize(&e, NULL, NULL, NULL,
	            1)) &&
	    emit_tree(&y, tree) &&
	    emit(&y, &e, yaml_document_end_event_initialize(&e, 1)) &&
	    emit(&y, &e, yaml_stream_end_event_initialize(&e));
	yaml_emitter_delete(&y);
	text = memfile_close(&m);
	if (text != NULL && !good) {
		msg_warn(0,
		    "cannot print YAML: a text is not UTF-8, or nested too deeply");
		free(text);
		text = NULL;
	}
	return text;
}
