/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: getters that answer "none" to everything wrong, trees that are printed
 * whole or not at all, for each allocation that fails.
 */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tap.h"

/* ------------------------------------------------- memory that runs short */

static size_t n_allocs, fail_at = SIZE_MAX;

static void *
alloc_or_fail(size_t size)
{
	if (n_allocs++ == fail_at) {
		errno = ENOMEM;
		return NULL;
	}
	return malloc(size);
}

/* Let the allocation number `at` fail, SIZE_MAX: none. */
static void
let_fail(size_t at)
{
	n_allocs = 0;
	fail_at = at;
}

/* ----------------------------------------------------------------- helpers */

static struct json *
parse(const char *text)
{
	return json_parse(text, strlen(text));
}

/* Is text no JSON, and is that what errno says? */
static bool
is_refused(const char *text, size_t len)
{
	struct json *tree;

	errno = 0;
	tree = json_parse(text, len);
	if (tree == NULL)
		return errno == EINVAL;
	json_free(tree);
	return false;
}

/* The number n as the only member of an object, printed; owned. */
static char *
print_int(int64_t n)
{
	struct json *o = json_new_object();

	json_add_int(o, "n", n);
	return json_finish(o, JSON_COMPACT);
}

static char *
print_uint(uint64_t n)
{
	struct json *o = json_new_object();

	json_add_uint(o, "n", n);
	return json_finish(o, JSON_COMPACT);
}

#define PRINTS(text, wanted) \
	do { \
		char *got_ = (text); \
		OK_STR(got_, wanted); \
		free(got_); \
	} while (0)

/* ------------------------------------------------------------------- tests */

static void
test_parse(void)
{
	static const char nul[] = "{\"a\":\0 1}", in_string[] = "\"a\0b\"";
	struct json *t;

	t = parse(" \t\r\n{\"a\":[1,{}]} \t\r\n");
	OK(json_is_object(t));
	json_free(t);
	t = parse("\xEF\xBB\xBF[]");
	OK(json_is_array(t));
	json_free(t);

	OK(is_refused("", 0));
	OK(is_refused("  ", 2));
	OK(is_refused("{}x", 3));
	OK(is_refused("{} {}", 5));
	OK(is_refused("{}\v", 3));
	OK(is_refused("{\"a\":1", 6));
	OK(is_refused("\"abc", 4));
	OK(is_refused("{}", 1));
	OK(is_refused("{a:1}", 5));
	OK(is_refused(nul, sizeof nul - 1));
	OK(is_refused(in_string, sizeof in_string - 1));
	OK(is_refused("{}\0", 3));
	/* a number that overflows sets errno, and is no reason */
	OK(is_refused("[1e999,x]", 9));

	t = json_parse("[1]]]", 3);
	OK(json_size(t) == 1);
	json_free(t);
	t = parse("\"a\\u0000b\"");
	OK_STR(json_string(t), "a");
	json_free(t);
	json_free(NULL);
}

static void
test_depth(void)
{
	static char deep[200000];
	struct json *t;
	size_t n = JSON_DEPTH_MAX;

	memset(deep, '[', n);
	memset(deep + n, ']', n);
	t = json_parse(deep, 2 * n);
	OK(json_is_array(t));
	json_free(t);
	memset(deep, '[', n + 1);
	memset(deep + n + 1, ']', n + 1);
	OK(is_refused(deep, 2 * (n + 1)));
	memset(deep, '[', sizeof deep);
	OK(is_refused(deep, sizeof deep));
	for (n = 0; n + 5 <= sizeof deep; n += 5)
		memcpy(deep + n, "{\"a\":", 5);
	OK(is_refused(deep, n));
}

static void
test_none(void)
{
	static const char *const values[] = {"null", "true", "1", "\"s\"",
	    "[{\"k\":1}]", "{\"K\":1}"};
	struct json *t;
	int64_t n = 7;
	size_t i;
	int none = 0;

	OK(json_get(NULL, "k") == NULL);
	OK(json_path(NULL, "k", "k", NULL) == NULL);
	OK(!json_has(NULL, "k"));
	OK(json_string(NULL) == NULL);
	OK_STR(json_text(NULL), "");
	OK_STR(json_get_text(NULL, "k"), "");
	OK(json_int(NULL, 0, 9, &n) < 0);
	OK(isnan(json_number(NULL)));
	OK(json_bool(NULL, true) && !json_bool(NULL, false));
	OK(json_size(NULL) == 0 && json_at(NULL, 0) == NULL);
	OK(json_first(NULL) == NULL && json_next(NULL) == NULL);
	OK(json_key(NULL) == NULL);
	OK(!json_is_object(NULL) && !json_is_array(NULL) &&
	    !json_is_string(NULL) && !json_is_number(NULL) &&
	    !json_is_bool(NULL) && !json_is_null(NULL));

	/* no such member, of all kinds of values */
	for (i = 0; i < sizeof values / sizeof *values; i++) {
		t = parse(values[i]);
		none += json_get(t, "k") == NULL && !json_has(t, "k") &&
		    json_get_string(t, "k") == NULL &&
		    *json_get_text(t, "k") == '\0' &&
		    json_get_array(t, "k") == NULL &&
		    json_path(t, "k", "k", NULL) == NULL;
		json_free(t);
	}
	OK(none == 6);
	OK(n == 7);
}

static void
test_get(void)
{
	struct json *t = parse("{\"s\":\"text\",\"e\":\"\",\"n\":12,\"z\":null,"
	                       "\"f\":false,\"a\":[\"x\",null,\"y\"],"
	                       "\"o\":{\"p\":{\"q\":\"deep\"}},"
	                       "\"S\":\"other\",\"s\":\"twice\"}");
	struct json *v;
	int64_t n = 0;
	size_t i = 0;

	OK_STR(json_get_string(t, "s"), "text");
	OK_STR(json_get_text(t, "S"), "other");
	OK_STR(json_get_string(t, "e"), "");
	OK(json_get_string(t, "n") == NULL);
	OK_STR(json_get_text(t, "n"), "");
	OK(json_int(json_get(t, "n"), 0, 12, &n) == 0 && n == 12);
	OK(json_number(json_get(t, "n")) > 11);
	OK(json_int(json_get(t, "s"), 0, 12, &n) < 0);
	OK(isnan(json_number(json_get(t, "s"))));
	OK(json_get(t, "z") == NULL && json_has(t, "z"));
	OK(!json_bool(json_get(t, "f"), true));
	OK(json_bool(json_get(t, "n"), true));
	OK_STR(json_string(json_path(t, "o", "p", "q", NULL)), "deep");
	OK(json_path(t, "o", "x", "q", NULL) == NULL);
	OK(json_path(t, "s", "p", NULL) == NULL);
	OK(json_get_array(t, "a") != NULL && json_get_array(t, "o") == NULL);

	v = json_get(t, "a");
	OK(json_size(v) == 3 && json_size(t) == 9);
	OK(json_is_null(json_at(v, 1)) && json_at(v, 3) == NULL);
	OK_STR(json_string(json_at(v, 2)), "y");
	OK(json_at(t, 0) == NULL);
	OK(json_key(json_first(v)) == NULL);
	OK_STR(json_key(json_first(t)), "s");
	for (v = json_first(t); v != NULL; v = json_next(v))
		i++;
	OK(i == 9);
	OK(json_first(json_get(t, "n")) == NULL);
	json_free(t);
}

static void
test_int(void)
{
	static const struct {
		const char *text;
		int64_t n; /* 7: refused */
	} cases[] = {{"0", 0}, {"-0", 0}, {"1e3", 1000}, {"1.0", 1},
	    {"-9007199254740991", -JSON_INT_MAX},
	    {"9007199254740991", JSON_INT_MAX}, {"9007199254740992", 7},
	    {"-9007199254740992", 7}, {"1.5", 7}, {"-0.1", 7}, {"1e400", 7},
	    {"-1e400", 7}, {"18446744073709551616", 7}, {"\"1\"", 7},
	    {"true", 7}, {"[1]", 7}};
	struct json *t;
	size_t i;
	int64_t n;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		n = 7;
		t = parse(cases[i].text);
		tap_ok((json_int(t, -JSON_INT_MAX, JSON_INT_MAX, &n) == 0) ==
		            (cases[i].n != 7) &&
		        n == cases[i].n,
		    cases[i].text, __FILE__, __LINE__);
		json_free(t);
	}
	t = parse("5");
	OK(json_int(t, 5, 5, &n) == 0 && json_int(t, 6, 9, &n) < 0 &&
	    json_int(t, 0, 4, &n) < 0);
	json_free(t);

	PRINTS(print_int(0), "{\"n\":0}");
	PRINTS(print_int(-1), "{\"n\":-1}");
	PRINTS(print_int(999999999999999), "{\"n\":999999999999999}");
	PRINTS(print_int(1000000000000000), "{\"n\":1000000000000000}");
	PRINTS(print_int(JSON_INT_MAX), "{\"n\":9007199254740991}");
	PRINTS(print_int(-JSON_INT_MAX), "{\"n\":-9007199254740991}");
	PRINTS(print_int(INT64_MAX), "{\"n\":9223372036854775807}");
	PRINTS(print_int(INT64_MIN), "{\"n\":-9223372036854775808}");
	PRINTS(print_uint(UINT64_MAX), "{\"n\":18446744073709551615}");
}

/* A tree with all that can be added; fed with what may not have been made. */
static struct json *
build(void)
{
	struct json *o = json_new_object(), *a, *sub, *gone;

	json_add_string(o, "s", "a\"\n");
	json_add_int(o, "i", -1);
	json_add_uint(o, "u", JSON_INT_MAX);
	json_add_bool(o, "b", true);
	(void)json_add(o, "z", json_new_null());
	json_add_uint(o, "r", UINT64_MAX);
	a = json_add_array(o, "a");
	json_add_int(a, NULL, 2);
	json_add_string(a, NULL, "x");
	sub = json_add_object(a, NULL);
	json_add_bool(sub, "deep", false);
	(void)json_add_first(a, json_new_number(0.5));
	(void)json_add(o, "c", json_copy(a));
	(void)json_set(o, "s", json_new_string("new"));
	(void)json_set(o, "t", json_new_null());
	gone = json_take(o, "z");
	(void)json_add(o, "y", gone != NULL ? gone : json_new_null());
	return o;
}

static void
test_build(void)
{
	static const char wanted
	    [] = "{\"s\":\"new\",\"i\":-1,\"u\":9007199254740991,\"b\":true,"
	         "\"r\":18446744073709551615,"
	         "\"a\":[0.5,2,\"x\",{\"deep\":false}],"
	         "\"c\":[0.5,2,\"x\",{\"deep\":false}],\"t\":null,\"y\":null}";
	struct json *t;
	char *text;

	PRINTS(json_finish(build(), JSON_COMPACT), wanted);
	t = json_new_object();
	json_add_int(t, "a", 1);
	text = json_print(t, JSON_PRETTY);
	OK(text != NULL && strcmp(text, "{\n\t\"a\":\t1\n}") == 0);
	free(text);
	PRINTS(json_print(t, JSON_COMPACT), "{\"a\":1}");
	OK(json_take(t, "b") == NULL && json_take(NULL, "b") == NULL);
	json_free(t);
	/* what outgrows cJSON's first buffer */
	t = parse("[\"0123456789012345678901234567890123456789\"]");
	while (json_size(t) < 100)
		(void)json_add(t, NULL, json_copy(json_first(t)));
	text = json_finish(t, JSON_COMPACT);
	OK(text != NULL && strlen(text) == 100 * 43 + 1);
	free(text);
}

/* Is it spoilt?  Frees it. */
static bool
is_spoilt(struct json *tree)
{
	char *text = json_print(tree, JSON_COMPACT);
	bool spoilt = text == NULL;

	free(text);
	json_free(tree);
	return spoilt;
}

static void
test_spoil(void)
{
	struct json *t = json_new_object(), *sub;

	sub = json_add_array(json_add_object(t, "a"), "b");
	OK(!is_spoilt(json_copy(t)));
	json_spoil(sub);
	OK(is_spoilt(json_copy(t)));
	/* more can be added, and it stays */
	json_add_int(sub, NULL, 1);
	json_add_int(t, "c", 1);
	OK(is_spoilt(t));

	t = json_new_object();
	json_add_string(t, "a", NULL);
	OK(is_spoilt(t));
	t = json_new_object();
	OK(json_add(t, "a", NULL) == NULL);
	OK(is_spoilt(t));
	t = json_new_array();
	OK(json_add(t, "key", json_new_null()) == NULL);
	OK(is_spoilt(t));
	t = json_new_object();
	OK(json_add(t, NULL, json_new_null()) == NULL);
	OK(is_spoilt(t));
	t = json_new_string("no container");
	json_add_int(t, "a", 1);
	OK(is_spoilt(t));
	t = json_new_object();
	OK(json_add_first(t, json_new_null()) == NULL);
	OK(is_spoilt(t));
	OK(json_add(NULL, "a", json_new_null()) == NULL);
	OK(json_add_first(NULL, json_new_null()) == NULL);
	OK(json_set(NULL, "a", json_new_null()) == NULL);
	OK(json_print(NULL, JSON_COMPACT) == NULL);
	json_spoil(NULL);
}

static void
test_memory(void)
{
	static const char text[] = "{\"a\":[1,\"x\"],\"b\":null}";
	cJSON_Hooks hooks = {alloc_or_fail, free};
	struct json *t;
	size_t i, n, whole = 0, absent = 0;
	char *got, *wanted = json_finish(build(), JSON_COMPACT);

	cJSON_InitHooks(&hooks);
	let_fail(SIZE_MAX);
	free(json_finish(build(), JSON_COMPACT));
	n = n_allocs;
	OK(n > 40);
	for (i = 0; i <= n; i++) {
		let_fail(i);
		t = build();
		got = json_print(t, JSON_COMPACT);
		absent += got == NULL;
		whole += got != NULL && strcmp(got, wanted) == 0;
		free(got);
		json_free(t);
	}
	OK(absent == n);
	OK(whole == 1);
	free(wanted);

	let_fail(SIZE_MAX);
	json_free(json_parse(text, sizeof text - 1));
	n = n_allocs;
	for (i = absent = 0; i < n; i++) {
		let_fail(i);
		errno = 0;
		t = json_parse(text, sizeof text - 1);
		absent += t == NULL && errno == ENOMEM;
		json_free(t);
	}
	OK(n > 5 && absent == n);
	cJSON_InitHooks(NULL);
}

int
main(void)
{
	test_parse();
	test_depth();
	test_none();
	test_get();
	test_int();
	test_build();
	test_spoil();
	test_memory();
	return tap_done();
}
