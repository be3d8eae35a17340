/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 and JSON text to JSON trees, and trees to YAML: the only user of
 * libyaml.
 */
#include "pod/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "base/array.h"
#include "base/io.h"
#include "base/json.h"
#include "base/base64.h"
#include "base/msg.h"
#include "base/unicode.h"

enum {
	ANCHORS_MAX = 1000,
	TAGS_MAX = 1000,
	NUMBER_MAX = 64
};

/* A sequence or mapping that is still open. */
struct frame {
	struct json *node; /* borrowed from the tree */
	char *key; /* owned; the next value's, NULL: a key comes next */
	size_t key_line; /* where it stands, from 0 */
	size_t keys; /* keys so far */
	size_t before; /* nodes in the file when this one began */
	size_t height; /* levels below this one, so far */
	size_t anchor; /* place in anchors, ANCHORS_MAX: none */
	bool merges; /* it has a key "<<" that means merging */
};

struct anchor {
	char *name; /* owned */
	const struct json *node; /* borrowed from the tree */
	size_t nodes; /* in it, itself too; 0 while it is open */
	size_t height;
};

struct parse {
	const char *name; /* borrowed; what the file is called, masked */
	struct yaml_docs *docs;
	yaml_mark_t mark; /* where the event began */
	size_t lines_before; /* in the file, before what libyaml reads */
	struct json *root; /* owned, until it goes to docs */
	struct json *attic; /* owned; merged, but an alias may still name it */
	size_t nodes;
	size_t depth; /* frames in use */
	size_t n_anchors;
	struct frame stack[YAML_DEPTH_MAX];
	struct anchor anchors[ANCHORS_MAX];
};

static int
yaml_fail(const struct parse *p, const char *what)
{
	msg_warn(0, "%s:%zu:%zu: %s", p->name, p->mark.line + 1,
	    p->mark.column + 1, what);
	return -1;
}

static int
fail_name(const struct parse *p, const char *what, const char *name)
{
	char shown[128];

	msg_warn(0, "%s:%zu:%zu: %s '%s'", p->name, p->mark.line + 1,
	    p->mark.column + 1, what, msg_mask(shown, sizeof shown, name));
	return -1;
}

/* ---------------------------------------------------------------- scalars */

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static const char *
skip_digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Is text, without a sign, a decimal number, with or without fraction? */
static bool
is_decimal(const char *text)
{
	const char *p = skip_digits(text), *fraction;
	bool digits = p != text;

	if (*p == '.') {
		fraction = p + 1;
		p = skip_digits(fraction);
		digits = digits || p != fraction;
	}
	if (!digits)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		fraction = p;
		p = skip_digits(p);
		if (p == fraction)
			return false;
	}
	return *p == '\0';
}

/* Parse text, without a sign, as 0x1f, 0b1, 0o17 or 017. */
static bool
is_based(const char *text, double *number)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int base, d;
	double n = 0;
	const char *at;

	if (text[0] != '0' || text[1] == '\0')
		return false;
	switch (text[1]) {
	case 'x':
	case 'X':
		base = 16;
		break;
	case 'b':
	case 'B':
		base = 2;
		break;
	default:
		base = 8;
		break;
	}
	text += base != 8 || text[1] == 'o' || text[1] == 'O' ? 2 : 1;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		at = strchr(digits,
		    *text >= 'A' && *text <= 'F' ? *text | 0x20 : *text);
		if (at == NULL)
			return false;
		d = (unsigned int)(at - digits);
		if (d >= base)
			return false;
		n = n * base + d;
	}
	*number = n;
	return true;
}

/* Does a plain scalar of this text mean a number? */
static bool
is_number(const char *text, double *number)
{
	char plain[NUMBER_MAX];
	size_t n = 0;
	bool minus = *text == '-';

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '_')
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '_')
			continue;
		if (n + 1 == sizeof plain)
			return false;
		plain[n++] = *text;
	}
	plain[n] = '\0';
	if (!is_based(plain, number)) {
		if (!is_decimal(plain))
			return false;
		*number = strtod(plain, NULL);
	}
	if (minus)
		*number = -*number;
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

	if (is_one_of(text, nulls))
		return json_new_null();
	if (is_one_of(text, yes))
		return json_new_bool(true);
	if (is_one_of(text, no))
		return json_new_bool(false);
	if (is_number(text, &number))
		return json_new_number(number);
	return json_new_string(text);
}

/* ------------------------------------------------------------------- tree */

/* Note a new node: `nodes` of them at once, bounded. */
static int
yaml_count_nodes(struct parse *p, size_t nodes)
{
	if (nodes > YAML_NODES_MAX - p->nodes)
		return yaml_fail(p, "too large: more than 200000 values");
	p->nodes += nodes;
	return 0;
}

/* Remember that `name` means node; its place goes to *place. */
static int
add_anchor(struct parse *p, const char *name, const struct json *node,
    size_t *place)
{
	struct anchor *a;
	size_t i;

	for (i = 0; i < p->n_anchors; i++)
		if (strcmp(p->anchors[i].name, name) == 0)
			break;
	if (i == ANCHORS_MAX)
		return yaml_fail(p, "too many anchors");
	a = &p->anchors[i];
	if (i == p->n_anchors) {
		a->name = strdup(name);
		if (a->name == NULL) {
			msg_nomem();
			return -1;
		}
		p->n_anchors++;
	}
	a->node = node;
	a->nodes = 0;
	a->height = 0;
	*place = i;
	return 0;
}

/* Take text as the key of the open mapping. */
static int
set_key(struct parse *p, struct frame *f, const char *text)
{
	if (json_has(f->node, text))
		return fail_name(p, "duplicate key", text);
	if (++f->keys > YAML_KEYS_MAX)
		return yaml_fail(p, "too many keys in one mapping");
	f->key = strdup(text);
	f->key_line = p->mark.line;
	if (f->key == NULL) {
		msg_nomem();
		return -1;
	}
	return 0;
}

/* Is the next node a key? */
static bool
wants_key(const struct parse *p)
{
	return p->depth > 0 && json_is_object(p->stack[p->depth - 1].node) &&
	    p->stack[p->depth - 1].key == NULL;
}

/* Add node, owned, to the open sequence or mapping; frees it on -1. */
static int
yaml_put_node(struct parse *p, struct json *node)
{
	struct frame *f;
	size_t line;
	bool added;

	if (node == NULL) {
		msg_nomem();
		return -1;
	}
	if (p->depth == 0) {
		p->root = node;
		return lines_add(&p->docs->lines, node, p->mark.line + 1);
	}
	f = &p->stack[p->depth - 1];
	line = f->key != NULL ? f->key_line : p->mark.line;
	added = json_add(f->node, f->key, node) != NULL;
	free(f->key);
	f->key = NULL;
	if (!added) {
		msg_nomem();
		return -1;
	}
	return lines_add(&p->docs->lines, node, line + 1);
}

/* Is the number whole? */
static bool
is_whole(const struct json *node)
{
	double n = json_number(node);

	return n >= -9.2e18 && n <= 9.2e18 && (double)(int64_t)n <= n &&
	    (double)(int64_t)n >= n;
}

/* A scalar with one of the tags that stand for a plain one's types. */
static struct json *
typed_scalar(struct parse *p, const char *tag, const char *text)
{
	struct json *node = plain_scalar(text);
	bool fits = node == NULL;

	if (strcmp(tag, "int") == 0)
		fits = fits || (json_is_number(node) && is_whole(node));
	else if (strcmp(tag, "float") == 0)
		fits = fits || json_is_number(node);
	else if (strcmp(tag, "bool") == 0)
		fits = fits || json_is_bool(node);
	else
		fits = fits || json_is_null(node);
	if (node == NULL)
		msg_nomem();
	if (fits)
		return node;
	json_free(node);
	(void)fail_name(p, "the value does not have the type of its tag", tag);
	return NULL;
}

/*
 * Decode base64 that may have white space in it, len characters; text gets what
 * it means, which is cut where a NUL stands.  Returns 0, or -1.
 */
static int
decode_binary(char *text, size_t len)
{
	size_t i, n = 0;
	ssize_t got;

	for (i = 0; i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL)
			text[n++] = text[i];
	/* in place: what is read is never behind what is written */
	got = n % 4 == 0 ? base64_decode(text, text, n) : -1;
	if (got < 0 || memchr(text, '\0', (size_t)got) != NULL)
		return -1;
	text[got] = '\0';
	return msg_is_utf8(text, (size_t)got) ? 0 : -1;
}

/* A scalar tagged !!binary: base64 of a string. */
static struct json *
binary_scalar(struct parse *p, const char *text, size_t len)
{
	char *copy = strdup(text);
	struct json *node = NULL;

	if (copy == NULL) {
		msg_nomem();
		return NULL;
	}
	if (decode_binary(copy, len) < 0) {
		(void)yaml_fail(p, "!!binary that is not the base64 of a text");
	} else {
		node = json_new_string(copy);
		if (node == NULL)
			msg_nomem();
	}
	free(copy);
	return node;
}

/*
 * What the scalar means; NULL (reported).  As the YAML library of kubectl has
 * it: a tag that is not one of YAML's own types of scalars makes it a string, a
 * time too.
 */
static struct json *
scalar_node(struct parse *p, const yaml_event_t *e)
{
	static const char core[] = "tag:yaml.org,2002:";
	static const char *const typed[] = {"int", "float", "bool", "null",
	    NULL};
	const char *text = (const char *)e->data.scalar.value;
	const char *tag = (const char *)e->data.scalar.tag;
	struct json *node;

	if (tag != NULL && strncmp(tag, core, sizeof core - 1) == 0) {
		tag += sizeof core - 1;
		if (is_one_of(tag, typed))
			return typed_scalar(p, tag, text);
		if (strcmp(tag, "binary") == 0)
			return binary_scalar(p, text, e->data.scalar.length);
	}
	node = tag == NULL && e->data.scalar.plain_implicit
	    ? plain_scalar(text)
	    : json_new_string(text);
	if (node == NULL)
		msg_nomem();
	return node;
}

/* Take a scalar as the key of the open mapping. */
static int
take_key(struct parse *p, const yaml_event_t *e)
{
	struct frame *f = &p->stack[p->depth - 1];
	const char *text = (const char *)e->data.scalar.value;
	const char *tag = (const char *)e->data.scalar.tag;

	if (e->data.scalar.anchor != NULL)
		return yaml_fail(p, "an anchor on a key");
	/* "<<" in quotes is a key like others, unless a tag says otherwise */
	if (strcmp(text, "<<") == 0)
		f->merges = (tag == NULL && e->data.scalar.plain_implicit) ||
		    (tag != NULL &&
		        strcmp(tag, "tag:yaml.org,2002:merge") == 0);
	return set_key(p, f, text);
}

static int
on_scalar(struct parse *p, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	struct json *node;
	size_t place;

	if (strlen(text) != e->data.scalar.length)
		return yaml_fail(p, "a NUL character");
	if (wants_key(p))
		return take_key(p, e);
	if (yaml_count_nodes(p, 1) < 0)
		return -1;
	node = scalar_node(p, e);
	if (node == NULL || yaml_put_node(p, node) < 0)
		return -1;
	if (e->data.scalar.anchor == NULL)
		return 0;
	if (add_anchor(p, (const char *)e->data.scalar.anchor, node, &place) <
	    0)
		return -1;
	p->anchors[place].nodes = 1;
	return 0;
}

/* Open a sequence or mapping. */
static int
on_start(struct parse *p, struct json *node, const yaml_char_t *anchor)
{
	struct frame *f;
	size_t before = p->nodes;

	if (wants_key(p)) {
		json_free(node);
		return yaml_fail(p, "a key that is not a scalar");
	}
	if (p->depth == YAML_DEPTH_MAX) {
		json_free(node);
		return yaml_fail(p, "nested too deeply");
	}
	if (yaml_count_nodes(p, 1) < 0) {
		json_free(node);
		return -1;
	}
	if (yaml_put_node(p, node) < 0)
		return -1;
	f = &p->stack[p->depth++];
	*f = (struct frame){.node = node,
	    .before = before,
	    .anchor = ANCHORS_MAX};
	if (anchor == NULL)
		return 0;
	return add_anchor(p, (const char *)anchor, node, &f->anchor);
}

/* Copy into `to`, which has *keys, the keys of `from` that it does not have. */
static int
merge_one(struct parse *p, struct json *to, const struct json *from,
    size_t *keys)
{
	const struct json *item;

	if (!json_is_object(from))
		return yaml_fail(p,
		    "'<<' merges something that is not a mapping");
	for (item = json_first(from); item != NULL; item = json_next(item)) {
		if (json_has(to, json_key(item)))
			continue;
		/* each key is compared with all that are there */
		if (++*keys > YAML_KEYS_MAX)
			return yaml_fail(p, "too many keys in one mapping");
		if (json_add(to, json_key(item), json_copy(item)) == NULL) {
			msg_nomem();
			return -1;
		}
	}
	return 0;
}

/*
 * Resolve "<<" (YAML's merge key type) in a mapping that is complete.  The
 * copies need no counting: what "<<" held was counted and goes away.
 */
static int
merge(struct parse *p, struct json *node)
{
	struct json *from = json_take(node, "<<");
	const struct json *item;
	size_t keys = json_size(node);

	if (from == NULL)
		return 0;
	if (json_add(p->attic, NULL, from) == NULL) {
		msg_nomem();
		return -1;
	}
	if (!json_is_array(from))
		return merge_one(p, node, from, &keys);
	for (item = json_first(from); item != NULL; item = json_next(item)) {
		if (merge_one(p, node, item, &keys) < 0)
			return -1;
	}
	return 0;
}

/* Close a sequence or mapping. */
static int
on_end(struct parse *p)
{
	struct frame *f = &p->stack[--p->depth];
	struct frame *up = p->depth > 0 ? f - 1 : NULL;

	if (f->anchor < ANCHORS_MAX) {
		p->anchors[f->anchor].nodes = p->nodes - f->before;
		p->anchors[f->anchor].height = f->height + 1;
	}
	if (up != NULL && up->height < f->height + 1)
		up->height = f->height + 1;
	return f->merges ? merge(p, f->node) : 0;
}

static int
on_alias(struct parse *p, const char *name)
{
	const struct anchor *a = NULL;
	struct frame *f = p->depth > 0 ? &p->stack[p->depth - 1] : NULL;
	size_t i;

	for (i = 0; i < p->n_anchors; i++)
		if (strcmp(p->anchors[i].name, name) == 0)
			a = &p->anchors[i];
	if (a == NULL)
		return fail_name(p, "no anchor for alias", name);
	if (a->nodes == 0)
		return fail_name(p, "a value that contains itself:", name);
	if (f != NULL && wants_key(p)) {
		if (!json_is_string(a->node))
			return yaml_fail(p, "a key that is not a scalar");
		return set_key(p, f, json_string(a->node));
	}
	if (p->depth + a->height > YAML_DEPTH_MAX)
		return yaml_fail(p, "nested too deeply");
	if (yaml_count_nodes(p, a->nodes) < 0)
		return -1;
	if (f != NULL && f->height < a->height)
		f->height = a->height;
	return yaml_put_node(p, json_copy(a->node));
}

/* -------------------------------------------------------------- documents */

/* Forget what belongs to one document only. */
static void
document_reset(struct parse *p)
{
	size_t i;

	for (i = 0; i < p->depth; i++)
		free(p->stack[i].key);
	p->depth = 0;
	for (i = 0; i < p->n_anchors; i++)
		free(p->anchors[i].name);
	p->n_anchors = 0;
	json_free(p->attic);
	p->attic = NULL;
	json_free(p->root);
	p->root = NULL;
}

/* A document begins: make room for it. */
static int
document_start(struct parse *p)
{
	struct yaml_docs *d = p->docs;
	struct json **tree;
	size_t *line;

	tree = array_grow(d->tree, &d->tree_room, d->n + 1, sizeof *tree);
	if (tree != NULL)
		d->tree = tree;
	line = array_grow(d->line, &d->line_room, d->n + 1, sizeof *line);
	if (line != NULL)
		d->line = line;
	p->attic = json_new_array();
	if (tree == NULL || line == NULL || p->attic == NULL) {
		msg_nomem();
		return -1;
	}
	d->line[d->n] = p->mark.line + 1;
	return yaml_count_nodes(p, 1);
}

/* A document is complete: keep it, unless there is nothing in it. */
static void
document_end(struct parse *p)
{
	if (p->root != NULL && !json_is_null(p->root)) {
		p->docs->tree[p->docs->n++] = p->root;
		p->root = NULL;
	}
	document_reset(p);
}

static int
on_event(struct parse *p, const yaml_event_t *e)
{
	p->mark = e->start_mark;
	p->mark.line += p->lines_before;
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return document_start(p);
	case YAML_DOCUMENT_END_EVENT:
		document_end(p);
		return 0;
	case YAML_ALIAS_EVENT:
		return on_alias(p, (const char *)e->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		return on_scalar(p, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(p, json_new_array(),
		    e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(p, json_new_object(),
		    e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(p);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		break;
	}
	return 0;
}

/* Say what libyaml found wrong, and where. */
static int
parser_failed(struct parse *p, const yaml_parser_t *y, const char *text)
{
	const char *c, *what = y->problem != NULL ? y->problem : "not YAML";

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
	p->mark.line += p->lines_before;
	if (y->context == NULL)
		return yaml_fail(p, what);
	msg_warn(0, "%s:%zu:%zu: %s %s", p->name, p->mark.line + 1,
	    p->mark.column + 1, what, y->context);
	return -1;
}

/*
 * libyaml compares each %TAG line with all before it, so that a text may have
 * TAGS_MAX of them, in any position.  Returns 0 or -1.
 */
static int
yaml_check_tags(struct parse *p, const char *text, size_t len)
{
	static const char tag[] = "%TAG";
	const char *end = text + len, *at = text;
	unsigned int n = 0;

	while ((at = memmem(at, (size_t)(end - at), tag, sizeof tag - 1)) !=
	    NULL) {
		if (++n > TAGS_MAX)
			return yaml_fail(p, "too many %TAG directives");
		at += sizeof tag - 1;
	}
	return 0;
}

/* Run libyaml over text; 0 or -1. */
static int
parse_events(struct parse *p, const char *text, size_t len)
{
	yaml_parser_t y;
	yaml_event_t e;
	bool more = true;
	int ret = yaml_check_tags(p, text, len);

	if (ret < 0)
		return ret;
	if (!yaml_parser_initialize(&y)) {
		msg_nomem();
		return -1;
	}
	yaml_parser_set_encoding(&y, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y, (const unsigned char *)text, len);
	while (more && ret == 0) {
		if (!yaml_parser_parse(&y, &e)) {
			ret = parser_failed(p, &y, text);
			break;
		}
		more = e.type != YAML_STREAM_END_EVENT;
		ret = on_event(p, &e);
		yaml_event_delete(&e);
		if (ret == 0 && io_stopped())
			ret = yaml_fail(p, "stopped by a signal");
	}
	yaml_parser_delete(&y);
	document_reset(p);
	return ret;
}

/* The value of four hex digits at s, or 0. */
static unsigned int
hex4(const char *s)
{
	char digits[5] = {s[0], s[1], s[2], s[3], '\0'};

	return strspn(digits, "0123456789abcdefABCDEF") == 4
	    ? (unsigned int)strtoul(digits, NULL, 16)
	    : 0;
}

/*
 * JSON is YAML with one exception: it writes characters beyond U+FFFF as two
 * escapes, \ud83d\ude00, where YAML has \U0001f600.  Rewrite these in
 * text[0..len); returns the new length.
 */
static size_t
join_surrogates(char *text, size_t len)
{
	size_t from = 0, to = 0;
	unsigned int high, low;
	char joined[11];

	while (from < len) {
		if (text[from] != '\\' || len - from < 2) {
			text[to++] = text[from++];
			continue;
		}
		high = low = 0;
		if (len - from >= 12 && text[from + 1] == 'u' &&
		    text[from + 6] == '\\' && text[from + 7] == 'u') {
			high = hex4(text + from + 2);
			low = hex4(text + from + 8);
		}
		if (high >> 10 != 0xd800 >> 10 || low >> 10 != 0xdc00 >> 10) {
			text[to++] = text[from++];
			text[to++] = text[from++];
			continue;
		}
		(void)snprintf(joined, sizeof joined, "\\U%08x",
		    0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff)));
		memcpy(text + to, joined, 10);
		to += 10;
		from += 12;
	}
	return to;
}

/* How much of text[0..len) is white space (RFC 8259, 2). */
static size_t
count_blank(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != '\0' && strchr(" \t\r\n", text[n]) != NULL)
		n++;
	return n;
}

/*
 * The length of the JSON object that text[0..len) begins with, by its brackets
 * alone; 0 where it does not end.
 */
static size_t
measure_object(const char *text, size_t len)
{
	size_t i, depth = 0;
	bool quoted = false;

	for (i = 0; i < len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!quoted && (text[i] == '}' || text[i] == ']') &&
		    --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Is text[0..len) an object in JSON? */
static bool
is_json_object(const char *text, size_t len)
{
	struct json *tree = json_parse(text, len);
	bool is = json_is_object(tree);

	json_free(tree);
	return is;
}

/*
 * Parse text[0..len).  JSON objects one behind the other, which YAML does not
 * have, are documents each, as kubectl reads them.
 */
static int
parse_stream(struct parse *p, const char *text, size_t len)
{
	size_t blank = count_blank(text, len), one, gap, i;

	while (blank < len && text[blank] == '{') {
		one = measure_object(text + blank, len - blank) + blank;
		gap = one > blank ? count_blank(text + one, len - one) : 0;
		if (one == blank || one + gap == len ||
		    text[one + gap] != '{' ||
		    !is_json_object(text + blank, one - blank))
			break;
		if (parse_events(p, text, one) < 0)
			return -1;
		for (i = 0; i < one; i++)
			p->lines_before += text[i] == '\n';
		text += one;
		len -= one;
		blank = gap;
	}
	return parse_events(p, text, len);
}

int
yaml_parse(struct yaml_docs *docs, const char *name, const char *text,
    size_t len)
{
	char shown[MSG_NAME];
	struct parse *p;
	char *copy;
	size_t blank;
	int ret = -1;

	*docs = (struct yaml_docs){0};
	p = calloc(1, sizeof *p);
	copy = unicode_to_utf8(text, len, &len);
	if (p == NULL || copy == NULL) {
		msg_nomem();
		goto out;
	}
	p->name = msg_mask(shown, sizeof shown, name);
	p->docs = docs;
	blank = count_blank(copy, len);
	if (blank < len && (copy[blank] == '{' || copy[blank] == '['))
		len = join_surrogates(copy, len);
	ret = parse_stream(p, copy, len);
	if (ret < 0)
		yaml_docs_free(docs);
	else
		lines_sort(&docs->lines);
out:
	free(copy);
	free(p);
	return ret;
}

int
yaml_read(struct yaml_docs *docs, const char *name, int fd)
{
	char *text = malloc(YAML_TEXT_MAX + 1);
	char shown[MSG_NAME];
	ssize_t len;
	int ret = -1;

	*docs = (struct yaml_docs){0};
	(void)msg_mask(shown, sizeof shown, name);
	if (text == NULL) {
		msg_nomem();
		return -1;
	}
	len = io_read(fd, text, YAML_TEXT_MAX + 1);
	if (len < 0)
		msg_warn(errno, "%s", shown);
	else if (len > YAML_TEXT_MAX)
		msg_warn(0, "%s: larger than %d bytes", shown, YAML_TEXT_MAX);
	else
		ret = yaml_parse(docs, name, text, (size_t)len);
	free(text);
	return ret;
}

int
yaml_load(struct yaml_docs *docs, const char *path)
{
	char shown[MSG_NAME];
	int fd, ret;

	if (strcmp(path, "-") == 0)
		return yaml_read(docs, "standard input", STDIN_FILENO);
	*docs = (struct yaml_docs){0};
	(void)msg_mask(shown, sizeof shown, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		msg_warn(errno, "%s", shown);
		return -1;
	}
	ret = yaml_read(docs, path, fd);
	(void)close(fd);
	return ret;
}

void
yaml_docs_free(struct yaml_docs *docs)
{
	size_t i;

	for (i = 0; i < docs->n; i++)
		json_free(docs->tree[i]);
	free(docs->tree);
	free(docs->line);
	lines_free(&docs->lines);
	*docs = (struct yaml_docs){0};
}

/* --------------------------------------------------------------- printing */

struct text {
	char *buf; /* owned; ends in a NUL */
	size_t len, size;
};

static int
text_add(void *data, unsigned char *buffer, size_t len)
{
	struct text *t = data;
	char *buf = array_grow(t->buf, &t->size, t->len + len + 1, 1);

	if (buf == NULL)
		return 0;
	t->buf = buf;
	memcpy(t->buf + t->len, buffer, len);
	t->len += len;
	t->buf[t->len] = '\0';
	return 1;
}

/*
 * Would some reader of YAML take this plain text for anything but a string?
 * A reader of YAML 1.1 takes 1:30 for a number and 2001-01-01 for a date.
 */
static bool
needs_quotes(const char *text)
{
	static const char *const special[] = {"=", "<<", NULL};
	struct json *meaning;
	bool is_string;

	if (is_one_of(text, special) || strchr(text, '\n') != NULL ||
	    (strpbrk(text, "0123456789") != NULL &&
	        text[strspn(text, "0123456789abcdefxoABCDEFTZtz:.+-_ ")] ==
	            '\0'))
		return true;
	meaning = plain_scalar(text);
	is_string = meaning != NULL && json_is_string(meaning);
	json_free(meaning);
	return !is_string;
}

static int
emit_scalar(yaml_emitter_t *y, const char *text, bool quoted)
{
	union {
		const char *text;
		yaml_char_t *value; /* libyaml does not write to it */
	} u = {.text = text};
	yaml_event_t e;

	return yaml_scalar_event_initialize(&e, NULL, NULL, u.value, -1,
	           !quoted, 1,
	           quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
	                  : YAML_PLAIN_SCALAR_STYLE) &&
	    yaml_emitter_emit(y, &e);
}

static int
emit_string(yaml_emitter_t *y, const char *text)
{
	return emit_scalar(y, text, needs_quotes(text));
}

/* Emit a scalar, or the beginning of a mapping or sequence. */
static int
emit_begin(yaml_emitter_t *y, const struct json *node)
{
	yaml_event_t e;
	char *number;
	int ok;

	if (json_is_object(node))
		return yaml_mapping_start_event_initialize(&e, NULL, NULL, 1,
		           YAML_BLOCK_MAPPING_STYLE) &&
		    yaml_emitter_emit(y, &e);
	if (json_is_array(node))
		return yaml_sequence_start_event_initialize(&e, NULL, NULL, 1,
		           YAML_BLOCK_SEQUENCE_STYLE) &&
		    yaml_emitter_emit(y, &e);
	if (json_is_string(node))
		return emit_string(y, json_string(node));
	number = json_print(node, JSON_COMPACT);
	if (number == NULL)
		return 0;
	ok = emit_scalar(y, number, false);
	free(number);
	return ok;
}

static int
emit_end(yaml_emitter_t *y, const struct json *node)
{
	yaml_event_t e;

	if (json_is_object(node))
		return yaml_mapping_end_event_initialize(&e) &&
		    yaml_emitter_emit(y, &e);
	if (json_is_array(node))
		return yaml_sequence_end_event_initialize(&e) &&
		    yaml_emitter_emit(y, &e);
	return 1;
}

/* Emit the whole tree in one walk, with a stack of its own. */
static int
emit_tree(yaml_emitter_t *y, const struct json *tree)
{
	const struct json *stack[YAML_DEPTH_MAX];
	const struct json *node = tree, *child;
	size_t depth = 0;

	while (node != NULL) {
		if (depth > 0 && json_is_object(stack[depth - 1]) &&
		    !emit_string(y, json_key(node)))
			return 0;
		if (!emit_begin(y, node))
			return 0;
		child = json_first(node);
		if (child != NULL) {
			if (depth == YAML_DEPTH_MAX)
				return 0;
			stack[depth++] = node;
			node = child;
			continue;
		}
		if (!emit_end(y, node))
			return 0;
		while (depth > 0 && json_next(node) == NULL) {
			node = stack[--depth];
			if (!emit_end(y, node))
				return 0;
		}
		node = depth > 0 ? json_next(node) : NULL;
	}
	return 1;
}

char *
yaml_print(const struct json *tree)
{
	struct text t = {0};
	yaml_emitter_t y;
	yaml_event_t e;
	int ok;

	if (!yaml_emitter_initialize(&y)) {
		msg_nomem();
		return NULL;
	}
	yaml_emitter_set_output(&y, text_add, &t);
	yaml_emitter_set_encoding(&y, YAML_UTF8_ENCODING);
	yaml_emitter_set_unicode(&y, 1);
	yaml_emitter_set_width(&y, -1);
	ok = yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING) &&
	    yaml_emitter_emit(&y, &e) &&
	    yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 1) &&
	    yaml_emitter_emit(&y, &e) && emit_tree(&y, tree) &&
	    yaml_document_end_event_initialize(&e, 1) &&
	    yaml_emitter_emit(&y, &e) && yaml_stream_end_event_initialize(&e) &&
	    yaml_emitter_emit(&y, &e);
	yaml_emitter_delete(&y);
	if (!ok || t.buf == NULL) {
		free(t.buf);
		msg_warn(0, "cannot print YAML");
		return NULL;
	}
	return t.buf;
}
