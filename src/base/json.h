/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259), read, built and printed; the only user of cJSON.
 *
 * A struct json is a value, which is a tree with all that is in it.  Who has
 * the tree owns it and frees it with json_free; values in it are borrowed.
 *
 * Strings are C strings: one that holds \u0000 ends there.  Nothing checks
 * that they are UTF-8; names from outside go through msg_mask before they are
 * put into a tree.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

enum {
	JSON_DEPTH_MAX = 1000 /* nested arrays and objects; cJSON's own limit */
};

/* Whole numbers are exact up to here; readers of JSON have doubles. */
#define JSON_INT_MAX ((INT64_C(1) << 53) - 1)

/* ----------------------------------------------------------------- reading */

/*
 * Parse buf[0..len), one value and white space around it.  Returns the tree, or
 * NULL with errno: ENOMEM, or EINVAL where it is not JSON, is nested deeper
 * than JSON_DEPTH_MAX, holds a NUL byte, or more follows.
 */
struct json *json_parse(const char *buf, size_t len);

/* Free a tree; NULL is fine.  Never a value that is in another. */
void json_free(struct json *tree);

/*
 * All of these accept NULL and any type, and then answer "none": so they can be
 * nested without a check.  What is returned is borrowed from the tree; it may
 * be changed where the tree may.
 *
 * A member whose value is null counts as not there, as in Kubernetes; only
 * json_has and the walk with json_first tell the two apart.  Names are
 * case-sensitive; where one stands twice, the first counts.
 */

/* The member `key` of an object; NULL: none. */
struct json *json_get(const struct json *object, const char *key);

/* The same, where it is an array; else NULL. */
struct json *json_get_array(const struct json *object, const char *key);

/* The member of a member ..., the keys end with NULL; NULL: none. */
struct json *json_path(const struct json *object, ...)
    __attribute__((sentinel));

/* Is there a member `key`?  It may be null. */
bool json_has(const struct json *object, const char *key);

/* The text of a string; NULL if it is not a string. */
const char *json_string(const struct json *value);

/* The same, but "" if it is not a string. */
const char *json_text(const struct json *value);

/* The same of the member `key`. */
const char *json_get_string(const struct json *object, const char *key);
const char *json_get_text(const struct json *object, const char *key);

/*
 * Store a number that is whole and from min to max, which are not beyond
 * JSON_INT_MAX.  Returns 0, or -1 with *n unchanged if it is not a number of
 * this kind.
 */
int json_int(const struct json *value, int64_t min, int64_t max, int64_t *n);

/* A number; NAN if it is not a number. */
double json_number(const struct json *value);

/* true or false; `otherwise` where it is neither. */
bool json_bool(const struct json *value, bool otherwise);

bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_string(const struct json *value);
bool json_is_number(const struct json *value);
bool json_is_bool(const struct json *value);
bool json_is_null(const struct json *value);

/* Are these the same values, or both NULL?  An object's order does not count.
 */
bool json_is_same(const struct json *a, const struct json *b);

/* How many items an array has, or members an object; 0 for all else. */
size_t json_size(const struct json *container);

/* Item i of an array, from 0; NULL: none. */
struct json *json_at(const struct json *array, size_t i);

/*
 * Walk the items of an array or the members of an object, in their order:
 * for (v = json_first(c); v != NULL; v = json_next(v)).  Values that are null
 * come too.  The container may grow behind v meanwhile, and v may not go.
 */
struct json *json_first(const struct json *container);
struct json *json_next(const struct json *value);

/* The name of a member; NULL for a value that is not an object's. */
const char *json_key(const struct json *member);

/*
 * Where a value stood in the text that it was read from, if who read it has
 * said so; a copy has it, too.  0: not known.  It is set of no NULL.
 */
size_t json_line(const struct json *value);
void json_set_line(struct json *value, size_t line);

/* ---------------------------------------------------------------- building */

/*
 * A tree is built without checks: if a value cannot be added, for lack of
 * memory, the value that it should be added to is marked as spoilt, and a tree
 * with a spoilt value in it cannot be printed.  All functions take NULL for a
 * value that could not be made.  So the one check is that of json_print's
 * result, and what is printed is whole.
 *
 * The values that json_new_* return are owned by the caller until they are
 * added; NULL: out of memory.
 */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *text);
struct json *json_new_number(double number);
struct json *json_new_bool(bool value);
struct json *json_new_null(void);

/* A copy of a value and all that is in it, owned; NULL: out of memory. */
struct json *json_copy(const struct json *value);

/*
 * Add item to an object as its member `key`, which is copied; or to the end of
 * an array, key being NULL.  Takes the item in any case.  Returns it, borrowed
 * now, or NULL: it is gone, and `to` is spoilt.
 */
struct json *json_add(struct json *to, const char *key, struct json *item);

/* The same for an item to come before all others of an array. */
struct json *json_add_first(struct json *array, struct json *item);

/* Add an empty object or array; returns it, borrowed, or NULL as json_add. */
struct json *json_add_object(struct json *to, const char *key);
struct json *json_add_array(struct json *to, const char *key);

/* Text that is NULL spoils `to`: it is taken for one that could not be made. */
void json_add_string(struct json *to, const char *key, const char *text);
/* The same of a text that is made. */
void json_add_format(struct json *to, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void json_add_bool(struct json *to, const char *key, bool value);

/* Whole numbers of any size print digit by digit. */
void json_add_int(struct json *to, const char *key, int64_t n);
void json_add_uint(struct json *to, const char *key, uint64_t n);

/* Put item, owned, in the place of the member `key`, or add it: as json_add. */
struct json *json_set(struct json *object, const char *key, struct json *item);

/* Take the member `key` out of an object: owned by the caller; NULL: none. */
struct json *json_take(struct json *object, const char *key);

/*
 * Apply a merge patch (RFC 7386), an object, to an object: null takes a member
 * out, objects are merged, all else is copied.
 */
void json_merge(struct json *to, const struct json *patch);

/* Spoil a value: something that belongs in it cannot be made. */
void json_spoil(struct json *value);

/* ---------------------------------------------------------------- printing */

enum json_form {
	JSON_COMPACT, /* one line, no spaces */
	JSON_PRETTY /* a line for each member, indented with tabs */
};

/*
 * The tree as text without a newline at its end, owned by the caller, who frees
 * it with free().  NULL, silently: out of memory, now or while the tree was
 * built.
 */
char *json_print(const struct json *tree, enum json_form form);

/* Print the tree and free it.  As json_print, but NULL comes with a message. */
char *json_finish(struct json *tree, enum json_form form);

#endif
