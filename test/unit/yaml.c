/* SPDX-License-Identifier: Apache-2.0 */
#include "pod/yaml.h"

#include <stdlib.h>

#include "base/json.h"
#include "tap.h"

/* The documents of text as one line of JSON; "error" if it is not one. */
static const char *
json_of_text(const char *text, size_t text_len)
{
	static char line[4096];
	struct json *docs = yaml_parse("test", text, text_len), *doc;
	size_t len = 0;
	char *one;

	if (docs == NULL)
		return "error";
	line[0] = '\0';
	for (doc = json_first(docs); doc != NULL; doc = json_next(doc)) {
		one = json_print(doc, JSON_COMPACT);
		len += (size_t)snprintf(line + len, sizeof line - len, "%s%s",
		    len > 0 ? " " : "", one);
		free(one);
	}
	json_free(docs);
	return line;
}

static const char *
json(const char *text)
{
	return json_of_text(text, strlen(text));
}

/* What kubectl makes of plain scalars. */
static void
scalars(void)
{
	OK_STR(json("[y, Yes, on, true, n, NO, off, False]"),
	    "[true,true,true,true,false,false,false,false]");
	OK_STR(json("[~, null, Null, ]"), "[null,null,null]");
	OK_STR(json("a:\nb: ''"), "{\"a\":null,\"b\":\"\"}");
	OK_STR(json("[017, 0o7, 0x1F, 0b11, 1_000, +1, -2, 08]"),
	    "[15,7,31,3,1000,1,-2,8]");
	OK_STR(json("[1e3, .5, 1., -1.5e-1]"), "[1000,0.5,1,-0.15]");
	OK_STR(json("[-0, +0, 0.0, -0.0, 0e0, -0e5, -.0, 0x0, -0x0, 0o0, -0b0, "
	            "00, -0_0]"),
	    "[0,0,0,0,0,0,0,0,0,0,0,0,0]");
	OK_STR(json("{\"a\":-0,\"b\":-0.0e1}"), "{\"a\":0,\"b\":0}");
	OK_STR(json("[1:30, 2001-01-01, 10m, 0x, 1e, ., -, .inf, 1e999]"),
	    "[\"1:30\",\"2001-01-01\",\"10m\",\"0x\",\"1e\",\".\",\"-\","
	    "\".inf\",\"1e999\"]");
	OK_STR(json("[._5, -_1, +_1, _1, 1__0, .5_0, -.5_0, 0b2, 0o8, 1_]"),
	    "[\"._5\",-1,1,\"_1\",10,0.5,-0.5,\"0b2\",\"0o8\",1]");
	OK_STR(json("[0x0x5, -0X0x5, 0x-5, 0b0b1, 0x_5]"),
	    "[\"0x0x5\",\"-0X0x5\",\"0x-5\",\"0b0b1\",5]");
	OK_STR(json("['1', \"true\", !!str 5, !!int '7']"),
	    "[\"1\",\"true\",\"5\",7]");
	OK_STR(json("1: x\ntrue: y"), "{\"1\":\"x\",\"true\":true}");
	OK_STR(json("a: |\n  x\n  y\n"), "{\"a\":\"x\\ny\\n\"}");
}

/* As kubectl has it. */
static void
tags(void)
{
	OK_STR(json("x: &a {b: 1}\ny:\n  !!merge <<: *a\n  c: 2"),
	    "{\"x\":{\"b\":1},\"y\":{\"c\":2,\"b\":1}}");
	OK_STR(json("x: &a {b: 1}\ny: {!!str <<: *a}"),
	    "{\"x\":{\"b\":1},\"y\":{\"<<\":{\"b\":1}}}");
	OK_STR(json("x: &a {b: 1}\ny: {!!merge \"<<\": *a}"),
	    "{\"x\":{\"b\":1},\"y\":{\"b\":1}}");
	OK_STR(json("x: &a {b: 1}\ny: {\"<<\": *a}"),
	    "{\"x\":{\"b\":1},\"y\":{\"<<\":{\"b\":1}}}");
	OK_STR(json("!!binary aGVsbG8="), "error"); /* nobody has it in a pod */
	OK_STR(json("[!!timestamp 2001-01-01, !!value =, !!yaml '!']"),
	    "[\"2001-01-01\",\"=\",\"!\"]");
	OK_STR(json("!!set {a, b}"), "{\"a\":null,\"b\":null}");
	OK_STR(json("!!omap [a: 1, b: 2]"), "[{\"a\":1},{\"b\":2}]");
	OK_STR(json("!!pairs [a: 1]"), "[{\"a\":1}]");
	OK_STR(json("!!map {a: !!seq [1]}"), "{\"a\":[1]}");
	OK_STR(json("[!foo 1, !!foo 2, !<x> 3, ! 4]"),
	    "[\"1\",\"2\",\"3\",\"4\"]");
	OK_STR(json("[!!str null, !!null '', !!bool 'yes', !!float 1, "
	            "!!int '0x10']"),
	    "[\"null\",null,true,1,16]");
	OK_STR(json("!!int a"), "error");
	OK_STR(json("!!int 1.5"), "error");
	OK_STR(json("!!bool 1"), "error");
	OK_STR(json("!!null 1"), "error");
	OK_STR(json("!!float x"), "error");
}

/* Text in UTF-16 with its mark, from ASCII. */
static const char *
encoded(const char *text, bool big)
{
	char buf[1024] = {0};
	size_t i;

	memcpy(buf, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (i = 0; i < strlen(text); i++)
		buf[2 + 2 * i + big] = text[i];
	return json_of_text(buf, 2 + 2 * i);
}

static void
encodings(void)
{
	static const char text[] = "a: 1\r\n---\n{\"b\": x}\n";
	static const char want[] = "{\"a\":1} {\"b\":\"x\"}";

	OK_STR(encoded(text, false), want);
	OK_STR(encoded(text, true), want);
	OK_STR(json("\xef\xbb\xbf"
	            "a: 1\n---\n\xef\xbb\xbf"
	            "b: 2\n"),
	    "{\"a\":1} {\"b\":2}");
	OK_STR(json("\xef\xbb\xbf{\"a\":\"\\ud83d\\ude00\"}"),
	    "{\"a\":\"\xf0\x9f\x98\x80\"}");
	/* what is not UTF-8, as kubectl reads it */
	OK_STR(json("# Gr\xf6\xdf"
	            "e\na: 1"),
	    "{\"a\":1}");
	OK_STR(json("a: \xff"), "{\"a\":\"\xef\xbf\xbd\"}");
	OK_STR(json("\xe9: [\"\xc3\", '\xed\xa0\x80', \xc3\xa9]"),
	    "{\"\xef\xbf\xbd\":[\"\xef\xbf\xbd\","
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"\xc3\xa9\"]}");
	OK_STR(json("{\"a\":\"\xf0\x9f\"}"),
	    "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\"}");
	OK_STR(json("\xfe"), "\"\xef\xbf\xbd\"");
}

/* Directives, as kubectl has them. */
static void
directives(void)
{
	OK_STR(json("%YAML 1.1\n---\na: 1"), "error");
	OK_STR(json("%YAML 1.2\n---\na: 1"), "error");
	OK_STR(json("\xef\xbb\xbf# x\n\n%TAG ! x:\n--- a\n"), "error");
	OK_STR(json("# %YAML 1.1\n---\na: '%'\n"), "{\"a\":\"%\"}");
	OK_STR(json("a: 1\n...\n%YAML 1.1\n---\nb: 2"), "{\"a\":1} {\"b\":2}");
}

/* JSON objects one behind the other. */
static void
streams(void)
{
	OK_STR(json("{\"a\":1}\n{\"b\":\"}{\"}\n"), "{\"a\":1} {\"b\":\"}{\"}");
	OK_STR(json("{\"a\":1}{\"b\":[{}]} {\"c\":\"\\\"{\"}"),
	    "{\"a\":1} {\"b\":[{}]} {\"c\":\"\\\"{\"}");
	OK_STR(json("\n{\n\"a\":1\n}\n\n{}\n---\nb: 2\n"),
	    "{\"a\":1} {} {\"b\":2}");
	OK_STR(json("{\"a\":1}\n---\n{\"b\":2}\n"), "{\"a\":1} {\"b\":2}");
	OK_STR(json("{a: '}{'}\n"), "{\"a\":\"}{\"}");
	OK_STR(json("{\"a\":1} {\"b\""), "error");
	OK_STR(json("{\"a\":1} x"), "error");
}

static void
documents(void)
{
	OK_STR(json(""), "");
	OK_STR(json("---\n---\na: 1\n---\n# no\n...\n---\nb: 2\n"),
	    "{\"a\":1} {\"b\":2}");
	OK_STR(json("\xef\xbb\xbf{\"a\":\t\"\\ud83d\\ude00\\\\ud83d\\ude00\"}"),
	    "error"); /* a surrogate alone */
	OK_STR(json("\n {\"a\":\t\"\\ud83d\\ude00\\\\ud83d\\/\"}"),
	    "{\"a\":\"\xf0\x9f\x98\x80\\\\ud83d/\"}");
	OK_STR(json("{\"a\":\n\t[1,\t2]}\n"), "{\"a\":[1,2]}");
}

static void
aliases(void)
{
	OK_STR(json("a: &x {k: 1}\nb: *x\n"),
	    "{\"a\":{\"k\":1},\"b\":{\"k\":1}}");
	OK_STR(json("a: &x s\n*x : 1\n"), "{\"a\":\"s\",\"s\":1}");
	OK_STR(json("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n"),
	    "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":3,\"l\":2}}");
	OK_STR(json("b: {<<: [{k: 1}, {k: 2, l: &y 4}], m: *y}\n"),
	    "{\"b\":{\"m\":4,\"k\":1,\"l\":4}}");
	OK_STR(json("a: &x {<<: 1}"), "error");
	OK_STR(json("a: &x [*x]"), "error");
	OK_STR(json("a: *x"), "error");
	OK_STR(json("--- &x a\n--- *x\n"), "error");
	OK_STR(json("[&x 1, *x, &x 2, *x, &x [3], *x]"), "[1,1,2,2,[3],[3]]");
	OK_STR(json("&x [&x 1, *x]"), "[1,1]");
	OK_STR(json("[&x 1, &x [*x]]"), "error");
	OK_STR(json("{&k a: &v 1, b: *k, *k : 2}"), "error"); /* a twice */
	OK_STR(json("{&k a: &v 1, b: [*k, *v], c: {*k : 2}}"),
	    "{\"a\":1,\"b\":[\"a\",1],\"c\":{\"a\":2}}");
	OK_STR(json("{a: &x {<<: &y {b: 1}, c: 2}, d: *y, e: *x}"),
	    "{\"a\":{\"c\":2,\"b\":1},\"d\":{\"b\":1},"
	    "\"e\":{\"c\":2,\"b\":1}}");
	OK_STR(json("a: &n ~\nb: *n"), "{\"a\":null,\"b\":null}");
	OK_STR(json("{a: &x 1, *x : 2}"), "{\"a\":1,\"1\":2}");
	/* an alias keeps what the name meant where it stands */
	OK_STR(json("[&b 1, &a [*b], &b 2, *a, *b]"), "[1,[1],2,[1],2]");
	OK_STR(json("[&a {x: &b 1}, &b 2, *a, *b]"),
	    "[{\"x\":1},2,{\"x\":1},2]");
	OK_STR(json("- &a [x,x,x,x,x,x,x,x,x,x]\n"
	            "- &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	            "- &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	            "- &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	            "- &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
	            "- &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"),
	    "error");
}

static void
errors(void)
{
	char deep[2 * YAML_DEPTH_MAX + 8];
	char chain[8192];
	size_t len = 0;
	int i;

	OK_STR(json("a: 1\na: 2\n"), "error");
	OK_STR(json("a: 1\n\"a\": 2\n"), "error");
	OK_STR(json("[1"), "error");
	OK_STR(json("a: b: c"), "error");
	OK_STR(json("a: \"\\0\""), "error");
	OK_STR(json("{[1]: 2}"), "error");
	memset(deep, '[', YAML_DEPTH_MAX);
	memset(deep + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
	deep[2 * YAML_DEPTH_MAX] = '\0';
	OK(strcmp(json(deep), "error") != 0);
	memset(deep, '[', YAML_DEPTH_MAX + 1);
	OK_STR(json(deep), "error");
	/* one level more with every alias */
	for (i = 0; i < 150; i++)
		len += (size_t)snprintf(chain + len, sizeof chain - len,
		    i == 0 ? "- &a0 [x]\n" : "- &a%d [*a%d]\n", i, i - 1);
	OK_STR(json(chain), "error");
}

/* The line of a value is its key's, or its own in a list. */
static void
lines(void)
{
	static const char text[] = "# a\n---\na:\n  - x\n  - b: &y {\n  c: 1}\n"
	                           "d:\n  *y\n---\n<<: {e: 1}\n";
	struct json *docs = yaml_parse("test", text, strlen(text));
	struct json *doc = json_first(docs), *a = json_get(doc, "a");

	OK(json_line(doc) == 3);
	OK(json_line(a) == 3);
	OK(json_line(json_at(a, 0)) == 4);
	OK(json_line(json_path(json_at(a, 1), "b", "c", NULL)) == 6);
	OK(json_line(json_get(doc, "d")) == 7);
	OK(json_line(json_path(doc, "d", "c", NULL)) == 6);
	OK(json_line(json_get(json_at(docs, 1), "e")) == 10);
	json_free(docs);
	docs = yaml_parse("test", "\n{\n} {\n\"a\":\n1}", 14);
	OK(json_size(docs) == 2);
	OK(json_line(json_at(docs, 1)) == 3);
	OK(json_line(json_get(json_at(docs, 1), "a")) == 4);
	json_free(docs);
}

/* What is printed reads back the same. */
static void
round_trip(const char *text)
{
	struct json *docs = yaml_parse("test", text, strlen(text));
	char first[4096];
	char *yaml;

	snprintf(first, sizeof first, "%s", json(text));
	OK(json_size(docs) == 1);
	yaml = yaml_print(json_first(docs));
	OK(yaml != NULL);
	OK_STR(json(yaml != NULL ? yaml : "null"), first);
	free(yaml);
	json_free(docs);
}

/* Keys that are too long to stand in one line with their value. */
static void
long_keys(size_t len, const char *value)
{
	char text[2048];

	(void)snprintf(text, sizeof text,
	    "a: [{%0*d: %s, b: 1}]\n'%*s': %s\nz: x", (int)len, 1, value,
	    (int)len, "k", value);
	round_trip(text);
}

int
main(void)
{
	size_t n;

	scalars();
	documents();
	tags();
	encodings();
	directives();
	streams();
	aliases();
	errors();
	lines();
	round_trip("[{}, [], '', ~, true, 'true', 'y', '1', 1, -1.5, '1e3']");
	round_trip("['1:30', '2001-01-01', '=', '<<', ' a ', \"a\\nb\", '~']");
	round_trip(
	    "a: {b: [{c: 1, d: [2, [3, []]]}, x]}\n'1': \"\\U0001f600\"");
	round_trip("['- a', '# b', 'c: d', '--x=y', '*a', '&b', '!c', '%d']");
	round_trip("[\"\\e[1m\", \"\\t\", \"a\\u0085b\", '0x1f', 'null', '']");
	/* what some reader takes for no string */
	round_trip(
	    "['y', 'N', 'oFF', '.inf', '-.INF', '.nan', '1_000', '0o7', "
	    "'190:20:30', '1:30.5', '+1', '-.5', '0x1F', '0b1_0', '08']");
	round_trip(
	    "['2001-01-01T00:00:00Z', '12e03', 'Null', '-', '--', '---', "
	    "'a:', 'a #b', '#', '?', '_1', '1_', '0.1.2', '@a', '`a']");
	round_trip(
	    "['{', '[', ' a', 'a ', \"\\n\", 'k:v', '--x', '--1', '10m', "
	    "'1Gi', '/', '/a:', \"\\u2028\\x7f\\uFEFF\\uFFFE\", ',']");
	for (n = 1; n < 1000; n *= 3) {
		long_keys(n, "v");
		long_keys(n, "[1, {c: [2]}]");
		long_keys(n, "{d: {e: f}, g: []}");
	}
	return tap_done();
}
