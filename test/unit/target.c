/* SPDX-License-Identifier: Apache-2.0 */
/* A directory or file that appears whole or not at all, and where it may. */
#include "log/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/msg.h"
#include "tap.h"

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)

static const struct target_opts a_dir = {false, false}, a_file = {true, false},
                                force_dir = {false, true},
                                force_file = {true, true};

static void
put_file(int dir, const char *path)
{
	int fd = openat(dir, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd >= 0)
		(void)close(fd);
}

/* The path is split into these. */
static void
splits(const char *path, const char *dir, const char *name)
{
	struct target t;
	int ret = target_open(&t, path, &a_dir);

	CHECK((ret == 0) == (dir != NULL), path);
	if (ret < 0)
		return;
	OK_STR(t.dir, dir);
	OK_STR(t.name, name);
	OK(t.inside == NULL && !t.replace);
	target_close(&t);
}

static void
names(void)
{
	char name[NAME_MAX + 2], path[PATH_MAX + 10];
	size_t fits = 0;

	(void)mkdir("d", 0755);
	splits("new", ".", "new");
	splits("new//", ".", "new");
	splits("./new", ".", "new");
	splits("d/new/", "d", "new");
	splits("d//new", "d", "new");
	splits("...", ".", "...");
	splits(".x", ".", ".x");
	splits("..x", ".", "..x");
	splits("/new-at-the-top", "/", "new-at-the-top");
	splits("//new-at-the-top", "/", "new-at-the-top");
	splits("", NULL, NULL);
	splits("d/..", NULL, NULL);
	splits("absent/new", NULL, NULL);
	/* the temporary's name is longer, and must fit */
	for (fits = 1; fits <= NAME_MAX; fits++) {
		struct target t;

		memset(name, 'n', fits);
		name[fits] = '\0';
		if (target_open(&t, name, &a_dir) < 0)
			break;
		if (target_begin(&t) < 0)
			fits = NAME_MAX + 1;
		target_close(&t);
	}
	OK(fits > 230 && fits <= NAME_MAX);
	/* and so must the directory's */
	memset(path, '/', sizeof path);
	path[0] = 'd';
	(void)snprintf(path + PATH_MAX, 10, "name");
	splits(path, NULL, NULL);
}

/* Make one, with a file in it, as far as `end`: 0 opens, 1 begins, 2 commits.
 */
static int
make(const char *path, const struct target_opts *opts, int end)
{
	struct target t;
	int ret;

	if (target_open(&t, path, opts) < 0)
		return -1;
	ret = end > 0 ? target_begin(&t) : 0;
	if (ret == 0 && end > 0 && !opts->file)
		put_file(t.fd, "f");
	if (ret == 0 && end > 1)
		ret = target_commit(&t);
	target_close(&t);
	return ret;
}

static bool
is(const char *path, mode_t type)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/* How many names the directory has. */
static unsigned int
count(const char *path)
{
	char command[300];
	unsigned int n = 1000;
	FILE *f;

	(void)snprintf(command, sizeof command, "ls -A %s | wc -l", path);
	f = popen(command, "r");
	if (f == NULL || fscanf(f, "%u", &n) != 1)
		n = 1000;
	if (f != NULL)
		(void)pclose(f);
	return n;
}

static void
appear(void)
{
	(void)mkdir("a", 0755);
	OK(make("a/x", &a_dir, 0) == 0 && count("a") == 0);
	OK(make("a/x", &a_dir, 1) == 0 && count("a") == 0);
	OK(make("a/x", &a_dir, 2) == 0 && count("a") == 1);
	OK(is("a/x", S_IFDIR) && is("a/x/f", S_IFREG));
	OK(make("a/y", &a_file, 1) == 0 && count("a") == 1);
	OK(make("a/y", &a_file, 2) == 0 && is("a/y", S_IFREG));
	/* what is there stays; only of a directory is it said what it has */
	OK(make("a/x", &a_dir, 0) < 0);
	OK(strstr(msg_last(), "not empty") != NULL);
	OK(make("a/y", &a_dir, 0) < 0);
	OK(strstr(msg_last(), "empty") == NULL);
	OK(make("a/y", &a_file, 0) < 0);
	OK(strstr(msg_last(), "empty") == NULL);
	OK(make("a/x", &a_file, 0) < 0);
	OK(strstr(msg_last(), "empty") == NULL);
	OK(is("a/x/f", S_IFREG) && count("a") == 2);
	/* what is ours may be replaced, where it is asked for */
	if (setxattr("a", "user.test", "1", 1, 0) < 0) {
		printf("# this file system has no attributes to mark it\n");
		return;
	}
	put_file(AT_FDCWD, "a/x/old");
	OK(make("a/x", &force_dir, 1) == 0 && is("a/x/old", S_IFREG));
	OK(make("a/x", &force_dir, 2) == 0 && !is("a/x/old", S_IFREG));
	OK(is("a/x/f", S_IFREG) && count("a") == 2);
	OK(make("a/y", &force_file, 2) == 0 && count("a") == 2);
	/* but not by another kind, and not what somebody else made */
	OK(make("a/y", &force_dir, 2) < 0 && is("a/y", S_IFREG));
	OK(make("a/x", &force_file, 2) < 0 && is("a/x/f", S_IFREG));
	(void)mkdir("a/theirs", 0755);
	put_file(AT_FDCWD, "a/theirs/f");
	put_file(AT_FDCWD, "a/file");
	OK(make("a/theirs", &force_dir, 2) < 0 && is("a/theirs/f", S_IFREG));
	OK(make("a/file", &force_file, 2) < 0);
	(void)symlink("x", "a/link");
	OK(make("a/link", &force_dir, 2) < 0 && is("a/link", S_IFLNK));
	OK(make("a/link", &a_file, 2) < 0 && is("a/link", S_IFLNK));
}

/* An empty directory is replaced, or filled where it has to stay. */
static void
inside(void)
{
	struct target t;
	struct stat before, after;
	char name[16];
	int i, home = open(".", O_RDONLY | O_CLOEXEC);

	(void)mkdir("e", 0751);
	(void)mkdir("e/empty", 0755);
	(void)stat("e/empty", &before);
	OK(make("e/empty", &a_dir, 2) == 0 && is("e/empty/f", S_IFREG));
	(void)stat("e/empty", &after);
	OK(before.st_ino != after.st_ino);
	(void)unlink("e/empty/f");
	/* by a symlink it is filled */
	(void)rmdir("e/empty");
	(void)mkdir("e/real", 0750);
	(void)symlink("real", "e/link");
	OK(target_open(&t, "e/link", &a_dir) == 0);
	OK(t.inside != NULL && strstr(t.inside, "symlink") != NULL);
	OK_STR(t.dir, "e/link");
	OK_STR(t.name, "");
	OK(target_begin(&t) == 0);
	put_file(t.fd, "one");
	(void)mkdirat(t.fd, "two", 0755);
	put_file(t.fd, "two/deep");
	OK(count("e/real") == 1); /* what is under way */
	OK(fchmod(t.fd, 0705) == 0);
	(void)stat("e/real", &before);
	OK(target_commit(&t) == 0);
	target_close(&t);
	OK(count("e/real") == 2);
	OK(is("e/real/one", S_IFREG) && is("e/real/two/deep", S_IFREG));
	(void)stat("e/real", &after);
	OK(before.st_ino == after.st_ino && (after.st_mode & 07777) == 0705);
	/* now it is not empty */
	OK(make("e/link", &a_dir, 0) < 0);
	/* given up: nothing of it is left */
	(void)mkdir("e/other", 0755);
	(void)symlink("other", "e/link2");
	OK(make("e/link2", &a_dir, 1) == 0 && count("e/other") == 0);
	/* a name that came meanwhile stays, and what was moved goes back */
	OK(target_open(&t, "e/link2", &a_dir) == 0 && target_begin(&t) == 0);
	for (i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		put_file(t.fd, name);
	}
	put_file(t.fd, "b");
	put_file(AT_FDCWD, "e/other/b");
	OK(target_commit(&t) < 0);
	target_close(&t);
	OK(count("e/other") == 1 && is("e/other/b", S_IFREG));
	/* the working directory stays, too */
	(void)mkdir("e/work", 0755);
	(void)chdir("e/work");
	OK(target_open(&t, ".", &a_dir) == 0);
	OK(t.inside != NULL && strstr(t.inside, "working") != NULL);
	target_close(&t);
	OK(target_open(&t, "../work", &a_dir) == 0 && t.inside != NULL);
	target_close(&t);
	/* a file is never made inside of one */
	OK(target_open(&t, "../work", &a_file) < 0);
	(void)fchdir(home);
	(void)close(home);
}

static void
make_marked(const char *path)
{
	(void)mkdir(path, 0755);
	OK(setxattr(path, "user.unpack", "1", 1, 0) == 0);
}

/* What a maker that was killed left goes, what one is at work on stays. */
static void
leftovers(void)
{
	struct target t;
	int fd;

	(void)mkdir("l", 0755);
	make_marked("l/.x.unpack-aaaaaa");
	put_file(AT_FDCWD, "l/.x.unpack-aaaaaa/f");
	make_marked("l/.x.unpack-bbbbbb");
	make_marked("l/.y.unpack-cccccc");
	make_marked("l/.x.unpack-ddddddd");
	make_marked("l/.x.unpacked-eeeee");
	/* who made this one did not mark it */
	(void)mkdir("l/.x.unpack-backup", 0755);
	fd = open("l/.x.unpack-bbbbbb", O_RDONLY | O_CLOEXEC);
	OK(flock(fd, LOCK_EX) == 0);
	OK(target_open(&t, "l/x", &a_dir) == 0 && count("l") == 6);
	OK(target_begin(&t) == 0);
	OK(!is("l/.x.unpack-aaaaaa", S_IFDIR));
	OK(is("l/.x.unpack-bbbbbb", S_IFDIR));
	OK(is("l/.y.unpack-cccccc", S_IFDIR));
	OK(is("l/.x.unpack-ddddddd", S_IFDIR));
	OK(is("l/.x.unpacked-eeeee", S_IFDIR));
	OK(is("l/.x.unpack-backup", S_IFDIR));
	OK(count("l") == 6);
	/* while one is at work, so may be another one */
	OK(make("l/x", &a_dir, 2) == 0);
	OK(target_commit(&t) < 0); /* the name is taken now */
	target_close(&t);
	OK(is("l/x/f", S_IFREG) && count("l") == 6);
	(void)close(fd);
}

/* Somebody who may not write there. */
static void
without_rights(void)
{
	struct target t;

	(void)mkdir("r", 0755);
	(void)mkdir("r/mine", 0755);
	if (geteuid() == 0 &&
	    (chown("r/mine", 65532, 65532) < 0 ||
	        setresgid(65532, 65532, 65532) < 0 ||
	        setresuid(65532, 65532, 65532) < 0)) {
		printf("# no other users here\n");
		return;
	}
	(void)chmod("r", 0555);
	OK(make("r/new", &a_dir, 1) < 0);
	OK(target_open(&t, "r/mine", &a_dir) == 0);
	OK(t.inside != NULL && strstr(t.inside, "writable") != NULL);
	OK(target_begin(&t) == 0);
	put_file(t.fd, "f");
	OK(target_commit(&t) == 0);
	target_close(&t);
	OK(is("r/mine/f", S_IFREG) && count("r/mine") == 1);
}

int
main(void)
{
	(void)umask(022);
	names();
	appear();
	inside();
	leftovers();
	without_rights();
	return tap_done();
}
