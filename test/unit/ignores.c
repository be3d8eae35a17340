/* SPDX-License-Identifier: Apache-2.0 */
/* Which paths an ignore is about, and what is one. */
#include "result/ignores.h"

#include "tap.h"

#define CODE "file-not-readable"

static bool
matches(const char *pattern, const char *path)
{
	struct ignores all = {0};
	struct ignore *by = NULL;
	char text[256];
	bool found;

	snprintf(text, sizeof text, CODE ":%s", pattern);
	OK(ignores_take(NULL, &all, text) == NULL);
	found = ignores_find(&all, CODE, path, &by);
	OK(all.all[0].count == (found ? 1 : 0));
	OK(!ignores_find(&all, "file-not-readabl", path, &by));
	OK(!ignores_find(&all, CODE "s", path, &by));
	ignores_free(&all);
	return found;
}

static void
paths(void)
{
	static const struct {
		const char *pattern, *yes, *no;
	} rows[] = {
	    /* words */
	    {"a/b.yaml", "a/b.yaml", "a/b.yam"},
	    {"a/b.yaml", "./a/b.yaml", "a/b.yaml/c"},
	    {"/a", "a", "aa"},
	    {".//a", "/a", "b/a"},
	    {"a", "a", ""},
	    /* one level */
	    {"*", "a", "a/b"},
	    {"*.yaml", ".yaml", "a/b.yaml"},
	    {"a/*", "a/b", "a/b/c"},
	    {"a/*", "a/", "a"},
	    {"*/*/c", "a/b/c", "a/c"},
	    {"a*b*c", "axbxbxc", "axbx/c"},
	    {"a*a*a*a*b", "aaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	    /* several */
	    {"**", "a/b/c", ""},
	    {"a/**", "a/b/c", "a"},
	    {"**/c", "c", "bc"},
	    {"**/c", "a/b/c", "a/b/cc"},
	    {"a/**/c", "a/c", "ac"},
	    {"a/**/c", "a/b/b/c", "a/bc"},
	    {"**/b/**", "a/b/c/d", "a/bb/c"},
	    {"**/b/*.yaml", "a/b/x/b/y.yaml", "a/b/x/y.yaml"},
	    {"**.yaml", "a/b.yaml", "a/b.yml"},
	    {"a**c", "a/b/c", "a/b/d"},
	    {"**/*/x", "a/b/x", "x"},
	    {"**", "a", NULL},
	    {"***", "a", ""},
	    /* a name is no pattern */
	    {"a[b]?", "a[b]?", "abx"},
	    {"*", "*", "a/*"},
	    {"x\\x0ay", "x\\x0ay", "xy"},
	    {"r\303\251s*", "r\303\251sum\303\251", "resume"},
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		tap_ok(matches(rows[i].pattern, rows[i].yes), rows[i].pattern,
		    rows[i].yes, __LINE__);
		if (rows[i].no != NULL)
			tap_ok(!matches(rows[i].pattern, rows[i].no),
			    rows[i].pattern, rows[i].no, __LINE__);
	}
}

/* text is no ignore. */
static void
refused(const char *text)
{
	struct ignores all = {0};

	tap_ok(ignores_take(NULL, &all, text) != NULL, "refused", __FILE__,
	    __LINE__);
	ignores_free(&all);
}

int
main(void)
{
	char longest[5000];

	paths();
	refused("");
	refused(":a");
	refused("no-such-code");
	refused("no-such-code:a");
	refused("file-not-readable ");
	refused("File-not-readable");
	refused("file-not-readable:");
	refused("file-not-readable:/");
	refused("file-not-readable:./");
	refused("file-not-readable:a\033[1m");
	refused("file-not-readable:a\nb");
	refused("file-not-readable:\342\200\256a");
	refused("file-not-readable:\377");
	memset(longest, 'a', sizeof longest);
	memcpy(longest, CODE ":", sizeof CODE);
	longest[sizeof longest - 1] = '\0';
	refused(longest);
	return tap_done();
}
