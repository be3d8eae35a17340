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
#include <strings.h>
#include <unistd.h>
#include <yaml.h>

#include "base/array.h"
#include "base/io.h"
#include "base/json.h"
#include "base/base64.h"
#include "base/msg.h"

enum {
	ANCHORS_MAX = 1000, /* of one document */
	TAGS_MAX = 1000,
	NUMBER_MAX = 64,
	KEY_SIMPLE = 100 /* bytes, of which each is up to 10 when printed */
};

/* A sequence or mapping that is being converted. */
struct level {
	const yaml_node_t *node;
	struct json *json; /* borrowed from the tree */
	const yaml_node_t *key; /* of the value that comes next */
	size_t i; /* place of the next item or pair */
	size_t keys; /* so far */
	bool copied; /* by way of an alias */
	bool merges; /* it has a key "<<" that means merging */
};

struct load {
	const char *name; /* borrowed; what the file is called, masked */
	struct yaml_docs *docs;
	yaml_document_t document;
	yaml_mark_t mark; /* of what is being read */
	size_t lines_before; /* in the file, before what libyaml reads */
	size_t values; /* so far in the file */
	/*
	 * Of each node in the stream: is it a plain scalar without a tag?  A
	 * document does not tell it from one with the tag !!str.
	 */
	bool *plain; /* owned */
	size_t n_plain, plain_room;
	size_t before; /* nodes of documents before this one */
	bool *seen; /* owned; nodes of the document that were converted */
	size_t depth; /* levels in use */
	struct level stack[YAML_DEPTH_MAX];
};

static int
yaml_fail(const struct load *p, const char *what)
{
	msg_warn(0, "%s:%zu:%zu: %s", p->name, p->mark.line + 1,
	    p->mark.column + 1, what);
	return -1;
}

static int
fail_name(const struct load *p, const char *what, const char *name)
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

	if (*text == '_' || strncmp(text, "._", 2) == 0)
		return false;
	if (*text == '-' || *text == '+')
		text++;
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
typed_scalar(struct load *p, const char *tag, const char *text)
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
binary_scalar(struct load *p, const char *text, size_t len)
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

/* The place of a node in its document, from 0. */
static size_t
yaml_place(const struct load *p, const yaml_node_t *node)
{
	return (size_t)(node - p->document.nodes.start);
}

static bool
yaml_is_plain(const struct load *p, const yaml_node_t *node)
{
	return p->plain[p->before + yaml_place(p, node)];
}

/* The text of a scalar; NULL (reported). */
static const char *
yaml_text(struct load *p, const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	if (strlen(text) == node->data.scalar.length)
		return text;
	(void)yaml_fail(p, "a NUL character");
	return NULL;
}

/*
 * What the scalar means; NULL (reported).  As the YAML library of kubectl has
 * it: a tag that is not one of YAML's own types of scalars makes it a string, a
 * time too.
 */
static struct json *
scalar_node(struct load *p, const yaml_node_t *node)
{
	static const char core[] = "tag:yaml.org,2002:";
	static const char *const typed[] = {"int", "float", "bool", "null",
	    NULL};
	const char *text = yaml_text(p, node);
	const char *tag = (const char *)node->tag;
	struct json *value;

	if (text == NULL)
		return NULL;
	if (strncmp(tag, core, sizeof core - 1) == 0) {
		tag += sizeof core - 1;
		if (is_one_of(tag, typed))
			return typed_scalar(p, tag, text);
		if (strcmp(tag, "binary") == 0)
			return binary_scalar(p, text, node->data.scalar.length);
	}
	value = yaml_is_plain(p, node) ? plain_scalar(text)
	                               : json_new_string(text);
	if (value == NULL)
		msg_nomem();
	return value;
}

/* Take the key of the next value of a mapping. */
static int
take_key(struct load *p, struct level *l, const yaml_node_t *key)
{
	const char *text;

	p->mark = key->start_mark;
	if (key->type != YAML_SCALAR_NODE)
		return yaml_fail(p, "a key that is not a scalar");
	text = yaml_text(p, key);
	if (text == NULL)
		return -1;
	if (json_has(l->json, text))
		return fail_name(p, "duplicate key", text);
	if (++l->keys > YAML_KEYS_MAX)
		return yaml_fail(p, "too many keys in one mapping");
	/* "<<" in quotes is a key like others, unless a tag says otherwise */
	if (strcmp(text, "<<") == 0)
		l->merges = yaml_is_plain(p, key) ||
		    strcmp((const char *)key->tag, "tag:yaml.org,2002:merge") ==
		        0;
	l->key = key;
	return 0;
}

/* Convert a node, and add it to the level `up`, NULL: it is the root. */
static struct json *
put_node(struct load *p, struct level *up, const yaml_node_t *node)
{
	size_t place = yaml_place(p, node), line;
	bool copied = up != NULL && up->copied;
	struct json *value;

	p->mark = node->start_mark;
	if (++p->values > YAML_NODES_MAX) {
		(void)yaml_fail(p, "too large: more than 200000 values");
		return NULL;
	}
	value = node->type == YAML_SCALAR_NODE ? scalar_node(p, node)
	    : node->type == YAML_MAPPING_NODE  ? json_new_object()
	                                       : json_new_array();
	if (value == NULL && node->type != YAML_SCALAR_NODE)
		msg_nomem();
	if (value == NULL)
		return NULL;
	/* a key's line, or its own; that of an alias is not known */
	line = up != NULL && up->key != NULL ? up->key->start_mark.line
	                                     : node->start_mark.line;
	if (copied || (p->seen[place] && (up == NULL || up->key == NULL)))
		line = 0;
	else
		line += p->lines_before + 1;
	if (up != NULL &&
	    json_add(up->json,
	        up->key != NULL ? (const char *)up->key->data.scalar.value
	                        : NULL,
	        value) == NULL) {
		msg_nomem();
		return NULL;
	}
	if (lines_add(&p->docs->lines, value, line) < 0) {
		if (up == NULL)
			json_free(value);
		return NULL;
	}
	if (node->type != YAML_SCALAR_NODE) {
		if (p->depth == YAML_DEPTH_MAX) {
			(void)yaml_fail(p, "nested too deeply");
			if (up == NULL)
				json_free(value);
			return NULL;
		}
		p->stack[p->depth++] = (struct level){.node = node,
		    .json = value,
		    .copied = copied || p->seen[place]};
	}
	p->seen[place] = true;
	return value;
}

/* Move to a level what `from` has and it has not. */
static int
merge_one(struct load *p, struct level *l, struct json *from)
{
	struct json *item;
	const char *key;

	if (!json_is_object(from))
		return yaml_fail(p,
		    "'<<' merges something that is not a mapping");
	while ((item = json_first(from)) != NULL) {
		key = json_key(item);
		item = json_take(from, key);
		if (json_has(l->json, key)) {
			json_free(item);
			continue;
		}
		/* each key is compared with all that are there */
		if (++l->keys > YAML_KEYS_MAX) {
			json_free(item);
			return yaml_fail(p, "too many keys in one mapping");
		}
		if (json_add(l->json, key, item) == NULL) {
			msg_nomem();
			return -1;
		}
	}
	return 0;
}

/* Resolve "<<" (YAML's merge key type) in a mapping that is complete. */
static int
merge(struct load *p, struct level *l)
{
	struct json *from = json_take(l->json, "<<"), *item;
	int ret = 0;

	p->mark = l->node->start_mark;
	l->keys--;
	if (!json_is_array(from))
		ret = merge_one(p, l, from);
	for (item = json_is_array(from) ? json_first(from) : NULL;
	     item != NULL && ret == 0; item = json_next(item))
		ret = merge_one(p, l, item);
	json_free(from);
	return ret;
}

/* Convert what comes next in the innermost level; 0 or -1. */
static int
convert_next(struct load *p)
{
	struct level *l = &p->stack[p->depth - 1];
	const yaml_node_t *n = l->node;
	const yaml_node_pair_t *pair;
	int value;

	if (io_stopped())
		return yaml_fail(p, "stopped by a signal");
	if (n->type == YAML_SEQUENCE_NODE) {
		if (n->data.sequence.items.start + l->i ==
		    n->data.sequence.items.top) {
			p->depth--;
			return 0;
		}
		value = n->data.sequence.items.start[l->i++];
	} else {
		if (n->data.mapping.pairs.start + l->i ==
		    n->data.mapping.pairs.top) {
			p->depth--;
			return l->merges ? merge(p, l) : 0;
		}
		pair = &n->data.mapping.pairs.start[l->i++];
		if (take_key(p, l,
		        yaml_document_get_node(&p->document, pair->key)) < 0)
			return -1;
		value = pair->value;
	}
	return put_node(p, l, yaml_document_get_node(&p->document, value)) !=
	        NULL
	    ? 0
	    : -1;
}

/* -------------------------------------------------------------- documents */

/* Make room for one more document; 0 or -1. */
static int
add_document(struct yaml_docs *d)
{
	struct json **tree;
	size_t *line;

	tree = array_grow(d->tree, &d->tree_room, d->n + 1, sizeof *tree);
	if (tree != NULL)
		d->tree = tree;
	line = array_grow(d->line, &d->line_room, d->n + 1, sizeof *line);
	if (line != NULL)
		d->line = line;
	if (tree != NULL && line != NULL)
		return 0;
	msg_nomem();
	return -1;
}

/* Convert a document, and keep it unless there is nothing in it. */
static int
take_document(struct load *p, const yaml_node_t *root)
{
	struct yaml_docs *d = p->docs;
	struct json *tree;
	int ret = 0;

	p->mark = p->document.start_mark;
	if (p->before == 0 && p->lines_before == 0 &&
	    (p->document.version_directive != NULL ||
	        p->document.tag_directives.start !=
	            p->document.tag_directives.end))
		return yaml_fail(p,
		    "kubectl takes no directive before the first '---': leave the line with '%' out");
	p->depth = 0;
	p->values++;
	if (add_document(d) < 0)
		return -1;
	p->seen = calloc((size_t)(p->document.nodes.top -
	                     p->document.nodes.start),
	    sizeof *p->seen);
	if (p->seen == NULL) {
		msg_nomem();
		return -1;
	}
	d->line[d->n] = p->document.start_mark.line + p->lines_before + 1;
	tree = put_node(p, NULL, root);
	while (tree != NULL && ret == 0 && p->depth > 0)
		ret = convert_next(p);
	free(p->seen);
	if (tree == NULL)
		return -1;
	if (ret < 0 || json_is_null(tree))
		json_free(tree);
	else
		d->tree[d->n++] = tree;
	return ret;
}

/* Say what libyaml found wrong, and where. */
static int
parser_failed(struct load *p, const yaml_parser_t *y, const char *text)
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
yaml_check_tags(struct load *p, const char *text, size_t len)
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

/* Note what an event says that its document will not; 0 or -1. */
static int
scan_event(struct load *p, const yaml_event_t *e, size_t *anchors)
{
	const yaml_char_t *anchor;
	bool *plain;

	p->mark = e->start_mark;
	if (e->type == YAML_DOCUMENT_START_EVENT)
		*anchors = 0;
	if (e->type == YAML_SCALAR_EVENT)
		anchor = e->data.scalar.anchor;
	else if (e->type == YAML_SEQUENCE_START_EVENT)
		anchor = e->data.sequence_start.anchor;
	else if (e->type == YAML_MAPPING_START_EVENT)
		anchor = e->data.mapping_start.anchor;
	else
		return 0;
	if (anchor != NULL && ++*anchors > ANCHORS_MAX)
		return yaml_fail(p, "too many anchors");
	/* keys are nodes, too */
	if (p->n_plain == 2 * YAML_NODES_MAX)
		return yaml_fail(p, "too large: more than 200000 values");
	plain = array_grow(p->plain, &p->plain_room, p->n_plain + 1,
	    sizeof *plain);
	if (plain == NULL) {
		msg_nomem();
		return -1;
	}
	p->plain = plain;
	plain[p->n_plain++] = e->type == YAML_SCALAR_EVENT &&
	    e->data.scalar.tag == NULL && e->data.scalar.plain_implicit;
	return 0;
}

/* Read all events, before documents of any size are made; 0 or -1. */
static int
yaml_scan(struct load *p, yaml_parser_t *y, const char *text)
{
	yaml_event_t e;
	size_t anchors = 0;
	bool more = true;
	int ret = 0;

	p->n_plain = 0;
	while (more && ret == 0) {
		if (!yaml_parser_parse(y, &e))
			return parser_failed(p, y, text);
		more = e.type != YAML_STREAM_END_EVENT;
		ret = scan_event(p, &e, &anchors);
		yaml_event_delete(&e);
	}
	return ret;
}

/* Read all documents; 0 or -1. */
static int
yaml_load_all(struct load *p, yaml_parser_t *y, const char *text)
{
	const yaml_node_t *root;
	int ret = 0;

	p->before = 0;
	while (ret == 0) {
		if (!yaml_parser_load(y, &p->document))
			return parser_failed(p, y, text);
		root = yaml_document_get_root_node(&p->document);
		if (root != NULL)
			ret = take_document(p, root);
		p->before += (size_t)(p->document.nodes.top -
		    p->document.nodes.start);
		yaml_document_delete(&p->document);
		if (root == NULL)
			break;
	}
	return ret;
}

/* Run libyaml over text, twice; 0 or -1. */
static int
parse_text(struct load *p, const char *text, size_t len)
{
	static int (*const runs[])(struct load *, yaml_parser_t *,
	    const char *) = {yaml_scan, yaml_load_all};
	yaml_parser_t y;
	size_t i;
	int ret = yaml_check_tags(p, text, len);

	for (i = 0; i < 2 && ret == 0; i++) {
		if (!yaml_parser_initialize(&y)) {
			msg_nomem();
			return -1;
		}
		yaml_parser_set_input_string(&y, (const unsigned char *)text,
		    len);
		ret = runs[i](p, &y, text);
		yaml_parser_delete(&y);
	}
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
parse_stream(struct load *p, const char *text, size_t len)
{
	size_t blank = count_blank(text, len), one, gap, i;

	while (blank < len && text[blank] == '{') {
		one = measure_object(text + blank, len - blank) + blank;
		gap = one > blank ? count_blank(text + one, len - one) : 0;
		if (one == blank || one + gap == len ||
		    text[one + gap] != '{' ||
		    !is_json_object(text + blank, one - blank))
			break;
		if (parse_text(p, text, one) < 0)
			return -1;
		for (i = 0; i < one; i++)
			p->lines_before += text[i] == '\n';
		text += one;
		len -= one;
		blank = gap;
	}
	return parse_text(p, text, len);
}

/*
 * text with U+FFFD for each byte that is no UTF-8, as kubectl reads it, unless
 * it begins with the mark of UTF-16; owned, NULL (reported); *len follows it.
 */
static char *
mend_utf8(const char *text, size_t *len)
{
	bool is_utf16 = *len >= 2 &&
	    (memcmp(text, "\xff\xfe", 2) == 0 ||
	        memcmp(text, "\xfe\xff", 2) == 0);
	char *out = malloc(3 * *len + 1);
	size_t i, n, to = 0;

	if (out == NULL) {
		msg_nomem();
		return NULL;
	}
	for (i = 0; i < *len; i += n) {
		n = is_utf16 ? 1 : msg_utf8(text + i, *len - i);
		if (n > 0) {
			memcpy(out + to, text + i, n);
			to += n;
		} else {
			memcpy(out + to, "\xef\xbf\xbd", 3);
			to += 3;
			n = 1;
		}
	}
	out[to] = '\0';
	*len = to;
	return out;
}

int
yaml_parse(struct yaml_docs *docs, const char *name, const char *text,
    size_t len)
{
	char shown[MSG_NAME];
	struct load *p = calloc(1, sizeof *p);
	char *copy;
	size_t blank;
	int ret = -1;

	*docs = (struct yaml_docs){0};
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	copy = mend_utf8(text, &len);
	if (p == NULL)
		msg_nomem();
	if (p == NULL || copy == NULL)
		goto out;
	p->name = msg_mask(shown, sizeof shown, name);
	p->docs = docs;
	blank = count_blank(copy, len);
	if (blank < len && (copy[blank] == '{' || copy[blank] == '['))
		len = join_surrogates(copy, len);
	ret = parse_stream(p, copy, len);
	free(p->plain);
	if (ret < 0)
		yaml_docs_free(docs);
	else
		lines_sort(&docs->lines);
out:
	free(copy);
	free(p);
	return ret;
}

/* yaml_parse for what fd holds, which stays open. */
static int
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

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

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
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int ret = f != NULL ? print_tree(f, tree) : -1;

	if (f != NULL && fclose(f) == 0 && ret == 0)
		return text;
	free(text);
	msg_warn(0, "cannot print YAML");
	return NULL;
}
