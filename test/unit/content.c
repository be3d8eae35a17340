/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the bundle, of a directory that is taken for the root of a file
 * system with a mount table of ours.
 */
#include "bundle/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static const struct mounts_self nobody;

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)
#define MOUNT(place) "2 1 0:2 / /" place " ro - tmpfs tmpfs ro\n"

/* Open dir and believe this mount table; it is the root of it all. */
static int
open_as_root(struct content *c, const char *dir, bool probe, const char *table)
{
	struct content_opts opts = {.dir = dir, .probe = probe};
	struct content_error error;
	int ret;

	tap_file("mountinfo", table);
	*c = (struct content){0};
	ret = content_open(c, &opts, &error);
	mounts_free(&c->mounts);
	c->at_root = true;
	return ret < 0 ? -1
	               : mounts_load(&c->mounts, "mountinfo", "/", &nobody);
}

/* "path" of what is in the bundle, "path=why" of what is not. */
static char *
list(struct content *c, char *text, size_t size)
{
	struct content_item item;
	size_t n = 0;
	int got;

	text[0] = '\0';
	while ((got = content_next(c, &item)) > 0)
		n += (size_t)snprintf(text + n, size - n, "%s%s%s%s",
		    n > 0 ? " " : "", item.path,
		    item.what == CONTENT_SKIPPED       ? "="
		        : item.what == CONTENT_FINDING ? "!"
		                                       : "",
		    item.what == CONTENT_SKIPPED ? content_why_names[item.why]
		                                 : "");
	return got < 0 ? NULL : text;
}

static void
lists(const char *dir, bool kind, const char *table, const char *wanted)
{
	struct content c;
	char text[1024];

	OK(open_as_root(&c, dir, true, table) == 0);
	c.on_kind = kind;
	OK_STR(list(&c, text, sizeof text), wanted);
	content_close(&c);
}

#define NOTHING "1 0 0:1 / / rw - overlay overlay rw\n"

static void
strays(void)
{
	(void)mkdir("stray", 0755);
	(void)mkdir("stray/etc", 0755);
	tap_file("stray/.dockerenv", "");
	tap_file("stray/product_name", "kind\n");
	tap_file("stray/product_uuid", "x\n");
	(void)symlink("/proc/mounts", "stray/etc/mtab");
	lists("stray", true, NOTHING,
	    ". .dockerenv=runtime etc etc/mtab=runtime product_name=runtime "
	    "product_uuid=runtime");
	/* an image's own, where kind is not; and what only looks like it */
	(void)unlink("stray/etc/mtab");
	(void)symlink("/proc/mountsx", "stray/etc/mtab");
	tap_file("stray/.dockerenv", "not empty");
	lists("stray", false, NOTHING,
	    ". .dockerenv etc etc/mtab product_name product_uuid");
	(void)unlink("stray/etc/mtab");
	(void)symlink("/proc/mountz", "stray/etc/mtab");
	(void)unlink("stray/.dockerenv");
	(void)mkdir("stray/.dockerenv", 0755);
	(void)unlink("stray/product_uuid");
	(void)mkdir("stray/product_uuid", 0755);
	lists("stray", true, NOTHING,
	    ". .dockerenv etc etc/mtab product_name=runtime product_uuid");
}

/* Directories that are there for mounts alone. */
static void
hollow(void)
{
	(void)mkdir("hollow", 0755);
	(void)mkdir("hollow/a", 0755);
	(void)mkdir("hollow/a/b", 0755);
	(void)mkdir("hollow/a/b/c", 0755);
	(void)mkdir("hollow/empty", 0755);
	lists("hollow", false, NOTHING MOUNT("a/b/c"), ". a=mount empty");
	/* something else in it */
	tap_file("hollow/a/f", "");
	lists("hollow", false, NOTHING MOUNT("a/b/c"),
	    ". a a/b=mount a/f empty");
	(void)unlink("hollow/a/f");
	/* an empty one beside it, which no mount is below */
	(void)mkdir("hollow/a/own", 0755);
	lists("hollow", false, NOTHING MOUNT("a/b/c"),
	    ". a a/b=mount a/own empty");
	(void)rmdir("hollow/a/own");
	/* a symlink is something */
	(void)symlink("x", "hollow/a/b/l");
	lists("hollow", false, NOTHING MOUNT("a/b/c"),
	    ". a a/b a/b/c=mount a/b/l empty");
	(void)unlink("hollow/a/b/l");
	/* what the runtime dropped is nothing */
	(void)mkdir("hollow/run", 0755);
	(void)mkdir("hollow/run/secrets", 0755);
	tap_file("hollow/run/.containerenv", "");
	lists("hollow", false, NOTHING MOUNT("run/secrets"),
	    ". a a/b a/b/c empty run=mount");
	tap_file("hollow/run/.containerenv", "podman");
	lists("hollow", false, NOTHING MOUNT("run/secrets"),
	    ". a a/b a/b/c empty run run/.containerenv run/secrets=mount");
}

/* Neither files, directories nor symlinks; and what they are called. */
static void
special(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "special/s"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)mkdir("special", 0755);
	(void)mkfifo("special/p", 0644);
	(void)bind(fd, (struct sockaddr *)&a, sizeof a);
	(void)close(fd);
	lists("special", false, NOTHING, ". p=special s=special");
	OK_STR(content_type_name(S_IFSOCK | 0644), "socket");
	OK_STR(content_type_name(S_IFIFO), "fifo");
	OK_STR(content_type_name(S_IFBLK), "block device");
	OK_STR(content_type_name(S_IFCHR), "character device");
	OK_STR(content_type_name(S_IFLNK), "symlink");
	OK_STR(content_type_name(S_IFDIR), "directory");
	OK_STR(content_type_name(S_IFREG), "file");
	OK_STR(content_why_names[CONTENT_COVERED], "covered");
	OK_STR(content_why_names[CONTENT_SYMLINK], "symlink");
	OK_STR(content_why_names[CONTENT_WHITEOUT], "whiteout");
}

/* What a layer deletes, mounted alone, is a character device 0:0. */
static void
whiteout(void)
{
	struct content c;
	struct content_item item;

	(void)mkdir("white", 0755);
	(void)mkdir("white/hung", 0755);
	(void)mkdir("white/hung/m", 0755);
	if (mknod("white/w", S_IFCHR | 0644, 0) < 0) {
		printf("# no devices without privileges\n");
		return;
	}
	(void)mknod("white/hung/w", S_IFCHR | 0644, 0);
	lists("white", false, NOTHING MOUNT("hung/m"),
	    ". hung=mount w=whiteout");
	/* a device that is none */
	(void)unlink("white/w");
	(void)mknod("white/w", S_IFCHR | 0644, 1 << 8 | 3);
	OK(open_as_root(&c, "white", false, NOTHING) == 0);
	while (content_next(&c, &item) > 0)
		if (strcmp(item.path, "w") == 0)
			OK(item.why == CONTENT_SPECIAL);
	content_close(&c);
}

/* The hash of names: the same for the same, another one for others. */
static void
names(void)
{
	struct content c;
	char text[256];
	uint64_t first;

	(void)mkdir("names", 0755);
	tap_file("names/a", "");
	OK(open_as_root(&c, "names", false, NOTHING) == 0);
	OK_STR(list(&c, text, sizeof text), ". a");
	first = c.names;
	/* it is listed: no whiteout; the hash is that of the one before */
	content_close(&c);
	OK(open_as_root(&c, "names", false, NOTHING) == 0);
	(void)list(&c, text, sizeof text);
	OK(c.names == first);
	content_close(&c);
	(void)mkdir("names/b", 0755);
	OK(open_as_root(&c, "names", false, NOTHING) == 0);
	(void)list(&c, text, sizeof text);
	OK(c.names != first);
	OK(c.names_before == first);
	content_close(&c);
	/* what is not in the bundle does not count */
	OK(open_as_root(&c, "names", false, NOTHING MOUNT("b")) == 0);
	OK_STR(list(&c, text, sizeof text), ". a b=mount");
	OK(c.names == first);
	content_close(&c);
}

/* A file that went while it was looked at is an error, and no entry. */
static void
vanished(void)
{
	struct content_opts opts = {.dir = "gone", .probe = true, .lazy = true};
	struct content_error error;
	struct content_item item;
	struct content c = {0};

	(void)mkdir("gone", 0755);
	tap_file("gone/a", "");
	tap_file("gone/b", "");
	OK(content_open(&c, &opts, &error) == 0);
	OK(content_next(&c, &item) > 0);
	OK(content_next(&c, &item) > 0 && strcmp(item.path, "a") == 0);
	(void)unlink("gone/b");
	OK(content_next(&c, &item) < 0);
	content_close(&c);
}

/* Why a bundle directory cannot be opened. */
static void
failures(void)
{
	struct content_opts opts = {.dir = "absent"};
	struct content_error error;
	struct content c = {0};

	OK(content_open(&c, &opts, &error) < 0);
	OK(error.failure == CONTENT_MISSING && error.blocker == NULL);
	content_close(&c);
	tap_file("plain", "");
	opts.dir = "plain";
	OK(content_open(&c, &opts, &error) < 0);
	OK(error.failure == CONTENT_NO_DIRECTORY);
	content_close(&c);
	(void)symlink("loop", "loop");
	opts.dir = "loop";
	OK(content_open(&c, &opts, &error) < 0);
	OK(error.failure == CONTENT_FAILED);
	content_close(&c);
	/* "" is the current directory; its mode is its own */
	opts.dir = "";
	OK(content_open(&c, &opts, &error) == 0);
	OK(!c.at_root && !c.on_kind);
	content_close(&c);
}

/* Of a directory below, by somebody who may not do everything. */
static void
blocker(const char *dir, const char *shut, mode_t mode, enum finding_rule rule)
{
	struct content_opts opts = {.dir = dir};
	struct content_error error = {0};
	struct content c = {0};
	size_t len = strlen(shut);

	if (chmod(shut, mode) < 0)
		return;
	CHECK(content_open(&c, &opts, &error) < 0, dir);
	CHECK(error.failure == CONTENT_UNREADABLE, "... is out of reach");
	CHECK(error.rule == rule, "... by this rule");
	CHECK(error.blocker != NULL && strlen(error.blocker) > len &&
	        strcmp(error.blocker + strlen(error.blocker) - len, shut) == 0,
	    "... for this directory");
	free(error.blocker);
	content_close(&c);
	(void)chmod(shut, 0755);
}

static void
without_rights(void)
{
	char cwd[4000], *absolute = NULL;

	(void)mkdir("in", 0755);
	(void)mkdir("in/the", 0755);
	(void)mkdir("in/the/way", 0755);
	if (geteuid() == 0 &&
	    (chown("in", 65532, 65532) < 0 ||
	        chown("in/the", 65532, 65532) < 0 ||
	        chown("in/the/way", 65532, 65532) < 0 ||
	        setresgid(65532, 65532, 65532) < 0 ||
	        setresuid(65532, 65532, 65532) < 0)) {
		printf("# no other users here\n");
		return;
	}
	blocker("in/the/way", "in/the", 0644, FINDING_DIR_SEARCH);
	blocker("in/the/way", "in/the", 0600, FINDING_DIR_SEARCH);
	blocker("in/the/way", "in", 0, FINDING_DIR_READ);
	blocker("in/the/way", "in/the/way", 0300, FINDING_DIR_READ);
	/* it can be listed, but not looked into */
	blocker("in/the/way", "in/the/way", 0400, FINDING_DIR_SEARCH);
	/* on the way only the right to search counts */
	(void)chmod("in", 0100);
	blocker("in/the/way", "in/the", 0, FINDING_DIR_READ);
	if (getcwd(cwd, sizeof cwd) != NULL &&
	    asprintf(&absolute, "%s//in/the/way", cwd) > 0)
		blocker(absolute, "in/the", 0, FINDING_DIR_READ);
	free(absolute);
}

int
main(void)
{
	strays();
	hollow();
	special();
	whiteout();
	names();
	vanished();
	failures();
	without_rights();
	return tap_done();
}
