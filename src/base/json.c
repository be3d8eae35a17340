/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259), read, built and printed; the only user of cJSON.
 */
#include "base/json.h"

/* so that a struct json is what cJSON calls by its own name */
#define cJSON json
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

#if CJSON_NESTING_LIMIT != 1000
#error "JSON_DEPTH_MAX is not cJSON's limit"
#endif

/* From here on cJSON prints digits as zeros, with an exponent. */
#define EXACT_MAX UINT64_C(1000000000000000)

/* ----------------------------------------------------------------- reading */

struct json *
json_parse(const char *buf, size_t len)
{
	const char *end;
	struct json *tree;

	/* cJSON takes a NUL byte for white space */
	if (len == 0 || memchr(buf, '\0', len) != NULL) {
		errno = EINVAL;
		return NULL;
	}
	errno = 0;
	tree = cJSON_ParseWithLengthOpts(buf, len, &end, false);
	if (tree == NULL) {
		/* cJSON does not say why; malloc does */
		if (errno != ENOMEM)
			errno = EINVAL;
		return NULL;
	}
	/* nothing but white space may follow: RFC 8259, 2 */
	while (end < buf + len && strchr(" \t\r\n", *end) != NULL)
		end++;
	if (end == buf + len)
		return tree;
	cJSON_Delete(tree);
	errno = EINVAL;
	return NULL;
}

void
json_free(struct json *tree)
{
	cJSON_Delete(tree);
}

static struct json *
json_find(const struct json *object, const char *key)
{
	if (!json_is_object(object))
		return NULL;
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

struct json *
json_get(const struct json *object, const char *key)
{
	struct json *value = json_find(object, key);

	return cJSON_IsNull(value) ? NULL : value;
}

struct json *
json_get_array(const struct json *object, const char *key)
{
	struct json *value = json_get(object, key);

	return json_is_array(value) ? value : NULL;
}

struct json *
json_path(const struct json *object, ...)
{
	struct json *value = NULL;
	const char *key;
	va_list keys;

	va_start(keys, object);
	for (key = va_arg(keys, const char *); key != NULL;
	     key = va_arg(keys, const char *)) {
		value = json_get(object, key);
		object = value;
	}
	va_end(keys);
	return value;
}

bool
json_has(const struct json *object, const char *key)
{
	return json_find(object, key) != NULL;
}

const char *
json_string(const struct json *value)
{
	return cJSON_GetStringValue(value);
}

const char *
json_text(const struct json *value)
{
	const char *text = json_string(value);

	return text != NULL ? text : "";
}

const char *
json_get_string(const struct json *object, const char *key)
{
	return json_string(json_get(object, key));
}

const char *
json_get_text(const struct json *object, const char *key)
{
	return json_text(json_get(object, key));
}

int
json_int(const struct json *value, int64_t min, int64_t max, int64_t *n)
{
	double number = json_number(value);

	/* not the other way round: NAN is neither */
	if (!(number >= (double)min && number <= (double)max))
		return -1;
	if ((double)(int64_t)number < number ||
	    (double)(int64_t)number > number)
		return -1;
	*n = (int64_t)number;
	return 0;
}

double
json_number(const struct json *value)
{
	return cJSON_GetNumberValue(value);
}

bool
json_bool(const struct json *value, bool otherwise)
{
	return json_is_bool(value) ? cJSON_IsTrue(value) : otherwise;
}

bool
json_is_object(const struct json *value)
{
	return cJSON_IsObject(value);
}

bool
json_is_array(const struct json *value)
{
	return cJSON_IsArray(value);
}

bool
json_is_string(const struct json *value)
{
	return cJSON_IsString(value);
}

bool
json_is_number(const struct json *value)
{
	return cJSON_IsNumber(value);
}

bool
json_is_bool(const struct json *value)
{
	return cJSON_IsBool(value);
}

bool
json_is_null(const struct json *value)
{
	return cJSON_IsNull(value);
}

bool
json_is_same(const struct json *a, const struct json *b)
{
	return a == b || cJSON_Compare(a, b, true);
}

size_t
json_size(const struct json *container)
{
	return (size_t)cJSON_GetArraySize(container);
}

struct json *
json_at(const struct json *array, size_t i)
{
	struct json *value = json_is_array(array) ? json_first(array) : NULL;

	while (value != NULL && i-- > 0)
		value = json_next(value);
	return value;
}

struct json *
json_first(const struct json *container)
{
	return container != NULL ? container->child : NULL;
}

struct json *
json_next(const struct json *value)
{
	return value != NULL ? value->next : NULL;
}

const char *
json_key(const struct json *member)
{
	return member != NULL ? member->string : NULL;
}

/* cJSON prints and compares numbers by their valuedouble. */
size_t
json_line(const struct json *value)
{
	return value != NULL ? (size_t)value->valueint : 0;
}

void
json_set_line(struct json *value, size_t line)
{
	value->valueint = (int)line;
}

/* ---------------------------------------------------------------- building */

struct json *
json_new_object(void)
{
	return cJSON_CreateObject();
}

struct json *
json_new_array(void)
{
	return cJSON_CreateArray();
}

struct json *
json_new_string(const char *text)
{
	return text != NULL ? cJSON_CreateString(text) : NULL;
}

struct json *
json_new_number(double number)
{
	return cJSON_CreateNumber(number);
}

struct json *
json_new_bool(bool value)
{
	return cJSON_CreateBool(value);
}

struct json *
json_new_null(void)
{
	return cJSON_CreateNull();
}

struct json *
json_copy(const struct json *value)
{
	return cJSON_Duplicate(value, true);
}

/*
 * A value of no type is what cJSON prints for no caller; what is in it stays
 * and is freed with it.
 */
void
json_spoil(struct json *value)
{
	if (value != NULL)
		value->type = cJSON_Invalid;
}

/* Spoil `to` for the item that does not get there. */
static struct json *
json_refuse(struct json *to, struct json *item)
{
	json_free(item);
	json_spoil(to);
	return NULL;
}

struct json *
json_add(struct json *to, const char *key, struct json *item)
{
	/* what is spoilt already takes more, so that callers go on */
	bool fits = cJSON_IsInvalid(to) ||
	    (key != NULL ? json_is_object(to) : json_is_array(to));
	bool added = fits &&
	    (key != NULL ? cJSON_AddItemToObject(to, key, item)
	                 : cJSON_AddItemToArray(to, item));

	return added ? item : json_refuse(to, item);
}

struct json *
json_add_first(struct json *array, struct json *item)
{
	bool fits = cJSON_IsInvalid(array) || json_is_array(array);
	bool added = fits && cJSON_InsertItemInArray(array, 0, item);

	return added ? item : json_refuse(array, item);
}

struct json *
json_add_object(struct json *to, const char *key)
{
	return json_add(to, key, json_new_object());
}

struct json *
json_add_array(struct json *to, const char *key)
{
	return json_add(to, key, json_new_array());
}

void
json_add_string(struct json *to, const char *key, const char *text)
{
	(void)json_add(to, key, json_new_string(text));
}

void
json_add_format(struct json *to, const char *key, const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	json_add_string(to, key, n < 0 ? NULL : text);
	if (n >= 0)
		free(text);
}

void
json_add_bool(struct json *to, const char *key, bool value)
{
	(void)json_add(to, key, json_new_bool(value));
}

/* Add the number of these digits. */
static void
json_add_digits(struct json *to, const char *key, bool minus, uint64_t n)
{
	char text[sizeof "-18446744073709551615"];

	if (n < EXACT_MAX) {
		(void)json_add(to, key,
		    json_new_number(minus ? -(double)n : (double)n));
		return;
	}
	snprintf(text, sizeof text, "%s%" PRIu64, minus ? "-" : "", n);
	(void)json_add(to, key, cJSON_CreateRaw(text));
}

void
json_add_int(struct json *to, const char *key, int64_t n)
{
	/* the negation of INT64_MIN is not an int64_t */
	json_add_digits(to, key, n < 0, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

void
json_add_uint(struct json *to, const char *key, uint64_t n)
{
	json_add_digits(to, key, false, n);
}

struct json *
json_set(struct json *object, const char *key, struct json *item)
{
	if (json_find(object, key) == NULL)
		return json_add(object, key, item);
	if (item == NULL ||
	    !cJSON_ReplaceItemInObjectCaseSensitive(object, key, item))
		return json_refuse(object, item);
	/* cJSON does not look whether it could copy the key */
	if (json_key(item) == NULL)
		json_spoil(object);
	return item;
}

struct json *
json_take(struct json *object, const char *key)
{
	if (!json_is_object(object))
		return NULL;
	return cJSON_DetachItemFromObjectCaseSensitive(object, key);
}

void
json_merge(struct json *to, const struct json *patch)
{
	struct {
		struct json *to;
		const struct json *next; /* NULL: none */
	} stack[JSON_DEPTH_MAX], *top = stack;
	const struct json *item;
	struct json *inner;

	top->to = to;
	top->next = json_first(patch);
	while (top->next != NULL || top > stack) {
		item = top->next;
		if (item == NULL) {
			top--;
			continue;
		}
		top->next = json_next(item);
		if (json_is_null(item)) {
			json_free(json_take(top->to, json_key(item)));
		} else if (json_is_object(item) &&
		    top < &stack[JSON_DEPTH_MAX - 1]) {
			inner = json_get(top->to, json_key(item));
			if (!json_is_object(inner))
				inner = json_set(top->to, json_key(item),
				    json_new_object());
			top++;
			top->to = inner;
			top->next = json_first(item);
		} else {
			(void)json_set(top->to, json_key(item),
			    json_copy(item));
		}
	}
}

/* ---------------------------------------------------------------- printing */

char *
json_print(const struct json *tree, enum json_form form)
{
	return form == JSON_PRETTY ? cJSON_Print(tree)
	                           : cJSON_PrintUnformatted(tree);
}

char *
json_finish(struct json *tree, enum json_form form)
{
	char *text = json_print(tree, form);

	json_free(tree);
	if (text == NULL)
		msg_nomem();
	return text;
}
