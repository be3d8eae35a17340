/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include "tap.h"

int
main(void)
{
	static const char *const clean[][2] = {{"", ""}, {"/", ""}, {".", ""},
	    {"a", "a"}, {"./a//b/./", "a/b"}, {"/a/../b", "a/../b"},
	    {"..", ".."}, {".a/..b", ".a/..b"}};
	/* Go 1.22: path.Clean */
	static const char *const go[][2] = {{"", "."}, {"/", "/"}, {".", "."},
	    {"a/..", "."}, {"./a//b/./", "a/b"}, {"/a/../b", "/b"},
	    {"/../a", "/a"}, {"../a", "../a"}, {"../../a", "../../a"},
	    {"a/../../b", "../b"}, {"a/b/../..", "."}, {"a/..b", "a/..b"}};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof clean / sizeof *clean; i++) {
		(void)strcpy(text, clean[i][0]);
		path_clean(text);
		OK_STR(text, clean[i][1]);
	}
	for (i = 0; i < sizeof go / sizeof *go; i++) {
		(void)strcpy(text, go[i][0]);
		path_clean_go(text);
		OK_STR(text, go[i][1]);
	}
	OK(path_clean_beneath(strcpy(text, "/a//b/.c/..d/")) == 0);
	OK_STR(text, "a/b/.c/..d");
	OK(path_clean_beneath(strcpy(text, "..")) < 0);
	OK(path_clean_beneath(strcpy(text, "a//../b")) < 0);
	OK(path_clean_beneath(strcpy(text, "a/..")) < 0);
	OK_STR(text, "a/..");
	OK(path_is_dots(".") && path_is_dots(".."));
	OK(!path_is_dots("") && !path_is_dots("...") && !path_is_dots(".a") &&
	    !path_is_dots("a.."));
	return tap_done();
}
