/* SPDX-License-Identifier: Apache-2.0 */
/* A tree in sorted order, deeper than descriptors reach, while it changes. */
#include "bundle/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static int
start(struct walk *w, const char *dir)
{
	*w = (struct walk){0};
	return walk_open(w, AT_FDCWD, dir);
}

static void
order(void)
{
	static const char *const wanted[] = {".", "a", "a/b", "a-b", "a.b", "d",
	    "d/e", "d/e/f", "z"};
	struct walk_entry e;
	struct walk w;
	size_t n = 0;
	int got;

	(void)mkdir("t", 0755);
	(void)mkdir("t/a", 0755);
	(void)mkdir("t/d", 0755);
	(void)mkdir("t/d/e", 0755);
	tap_file("t/a/b", "");
	tap_file("t/a-b", "");
	tap_file("t/a.b", "");
	tap_file("t/d/e/f", "");
	tap_file("t/z", "");
	OK(start(&w, "t") == 0);
	while ((got = walk_next(&w, &e)) > 0 && n < 9) {
		OK_STR(e.path, wanted[n]);
		OK(e.path_len == strlen(wanted[n]) && e.err == 0);
		OK(faccessat(e.dirfd, e.name, F_OK, 0) == 0);
		n++;
	}
	OK(got == 0 && n == 9);
	OK(walk_next(&w, &e) == 0); /* and stays there */
	walk_close(&w);
	/* a directory that is not entered */
	OK(start(&w, "t") == 0);
	for (n = 0; walk_next(&w, &e) > 0; n++)
		if (strcmp(e.path, "a") == 0 || strcmp(e.path, "d") == 0)
			walk_skip(&w);
	OK(n == 6);
	walk_close(&w);
}

/* A lazy walk knows the types, and the rest when it is asked. */
static void
lazy(void)
{
	struct walk_entry e;
	struct walk w;

	OK(start(&w, "t") == 0);
	w.lazy = true;
	while (walk_next(&w, &e) > 0) {
		if (strcmp(e.path, "z") == 0) {
			OK(S_ISREG(e.st.st_mode) && e.st.st_ino == 0);
			walk_stat(&e);
			OK(e.err == 0 && e.st.st_ino != 0);
		} else if (strcmp(e.path, "a") == 0) {
			OK(S_ISDIR(e.st.st_mode) && e.st.st_ino != 0);
		}
	}
	walk_close(&w);
}

/* More levels than are held open, with few descriptors, and the way back. */
static void
deep(void)
{
	struct rlimit few = {100, 100};
	struct walk_entry e;
	struct walk w;
	size_t i, n = 0, after = 0;
	int at = open(".", O_RDONLY | O_CLOEXEC);

	(void)mkdir("deep", 0755);
	(void)chdir("deep");
	for (i = 0; i < 200; i++) {
		tap_file("y", "");
		(void)mkdir("x", 0755);
		(void)chdir("x");
	}
	(void)fchdir(at);
	(void)setrlimit(RLIMIT_NOFILE, &few);
	OK(start(&w, "deep") == 0);
	while (walk_next(&w, &e) > 0) {
		n++;
		after += strcmp(e.name, "y") == 0 && e.err == 0 &&
		    faccessat(e.dirfd, "x", F_OK, 0) == 0;
	}
	OK(n == 401);
	OK(after == 200);
	walk_close(&w);
	(void)close(at);
}

/* What was moved from under us is an end, and nothing else's content. */
static void
moved(void)
{
	struct walk_entry e;
	struct walk w;
	size_t i, depth = 0;
	char path[600] = "deep";
	int got = 1;

	for (i = 0; i < 70; i++)
		(void)strcat(path, "/x");
	OK(start(&w, "deep") == 0);
	while (depth < 100 && (got = walk_next(&w, &e)) > 0)
		depth += strcmp(e.name, "x") == 0;
	OK(got > 0);
	/* level 70 is open, level 30 is not: put elsewhere what is in it */
	path[4 + 2 * 31] = '\0';
	OK(rename(path, "elsewhere") == 0);
	while ((got = walk_next(&w, &e)) > 0)
		;
	OK(got < 0);
	walk_close(&w);
	/* without a way back at all */
	OK(rename("elsewhere", path) == 0);
}

/* Names that are listed and cannot be found, and those that are gone. */
static void
gone(void)
{
	struct walk_entry e;
	struct walk w;
	int seen = 0;

	(void)mkdir("g", 0755);
	tap_file("g/a", "");
	tap_file("g/b", "");
	(void)mkdir("g/c", 0755);
	tap_file("g/d", "");
	OK(start(&w, "g") == 0);
	OK(walk_next(&w, &e) > 0);
	OK(!walk_is_whiteout(&w)); /* the top */
	OK(walk_next(&w, &e) > 0 && strcmp(e.path, "a") == 0);
	OK(walk_is_whiteout(&w)); /* still listed: not gone */
	(void)unlink("g/b");
	OK(walk_next(&w, &e) > 0 && strcmp(e.path, "b") == 0);
	OK(e.err == ENOENT && !e.unlisted);
	OK(walk_next(&w, &e) > 0 && strcmp(e.path, "c") == 0);
	(void)rmdir("g/c");
	OK(walk_next(&w, &e) > 0 && strcmp(e.path, "c") == 0);
	OK(e.err == ENOENT && e.unlisted);
	OK(walk_next(&w, &e) > 0 && strcmp(e.path, "d") == 0 && e.err == 0);
	seen = walk_next(&w, &e);
	OK(seen == 0);
	walk_close(&w);
	/* b is no longer listed where that is first asked after it went */
	tap_file("g/b", "");
	OK(start(&w, "g") == 0);
	while (walk_next(&w, &e) > 0 && strcmp(e.path, "a") != 0)
		;
	(void)unlink("g/b");
	OK(walk_next(&w, &e) > 0 && strcmp(e.path, "b") == 0);
	OK(e.err == ENOENT && !walk_is_whiteout(&w));
	walk_close(&w);
}

int
main(void)
{
	struct walk w;

	order();
	lazy();
	gone();
	deep();
	moved();
	OK(walk_open(&w, AT_FDCWD, "t/z") < 0 && errno == ENOTDIR);
	walk_close(&w);
	return tap_done();
}
