/* SPDX-License-Identifier: Apache-2.0 */
/* An untrusted tar, taken or refused, and where its files come to lie. */
#include "log/tarin.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "tarsum.h"

static char tar[64 * 512];
static size_t tar_len, tar_at;

/* An entry (POSIX.1-1988 ustar); text is a file's data, or what it links to. */
static char *
put(char type, const char *name, const char *text)
{
	char *h = tar + tar_len;
	size_t len = type == '0' || type == 'x' ? strlen(text) : 0;

	memset(h, 0, 1536);
	(void)snprintf(h, 101, "%s", name);
	(void)snprintf(h + 100, 8, "%07o", type == '5' ? 0755U : 0644U);
	(void)snprintf(h + 108, 8, "%07o", 0U);
	(void)snprintf(h + 116, 8, "%07o", 0U);
	(void)snprintf(h + 124, 12, "%011o", (unsigned int)len);
	(void)snprintf(h + 136, 12, "%011o", 9U);
	h[156] = type;
	if (len > 0)
		memcpy(h + 512, text, len);
	else
		(void)snprintf(h + 157, 100, "%s", text);
	memcpy(h + 257, "ustar\00000", 8);
	(void)tarsum_set(h);
	tar_len += 512 + (len + 511) / 512 * 512;
	return h;
}

/* The next entry has this name, of any length (pax). */
static void
put_path(const char *name)
{
	char record[700];
	size_t n = strlen(name) + 7, all = n + 3;

	/* the length counts its own digits */
	all = n + (all > 99 ? 3 : 2);
	(void)snprintf(record, sizeof record, "%zu path=%s\n", all, name);
	(void)put('x', "pax", record);
}

static ssize_t
pull(void *arg, const void **data)
{
	size_t n = tar_len + 1024 - tar_at;

	(void)arg;
	if (n > 700)
		n = 700;
	*data = tar + tar_at;
	tar_at += n;
	return (ssize_t)n;
}

static struct tarin_counts counts;

/* Extract what was put to a new directory. */
static enum wire_exit
run(const char *dir, uint64_t max_size)
{
	struct progress quiet = {0};
	struct tarin_opts opts = {.pull = pull,
	    .progress = &quiet,
	    .max_size = max_size,
	    .max_entries = 1000};
	enum wire_exit status;

	memset(tar + tar_len, 0, 1024);
	tar_at = 0;
	(void)mkdir(dir, 0755);
	opts.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	status = tarin_run(&opts, &counts);
	(void)close(opts.dir);
	tar_len = 0;
	return status;
}

static void
refuses(const char *dir, const char *rule)
{
	OK(run(dir, 1 << 20) == WIRE_BUNDLE);
	OK_STR(counts.rule, rule);
}

static bool
is(const char *path, mode_t type)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static void
names(void)
{
	char name[302];

	/* a name that begins like the directory that is open */
	(void)put('5', "a", "");
	(void)put('0', "a/f", "1");
	(void)put('0', "ab/g", "2");
	(void)put('0', "a/h/i", "3");
	(void)put('0', "ah/i", "4");
	OK(run("n1", 1 << 20) == WIRE_OK);
	OK(counts.rule == NULL && counts.entries == 5);
	OK(is("n1/a/f", S_IFREG) && is("n1/ab/g", S_IFREG));
	OK(is("n1/a/h/i", S_IFREG) && is("n1/ah/i", S_IFREG));
	OK(!is("n1/a/g", S_IFREG) && !is("n1/a/i", S_IFREG));
	/* as long as the file system takes, and longer */
	memset(name, 'n', sizeof name);
	name[255] = '\0';
	put_path(name);
	(void)put('0', "n", "x");
	OK(run("n2", 1 << 20) == WIRE_OK);
	name[255] = 'n';
	name[256] = '\0';
	put_path(name);
	(void)put('0', "n", "x");
	refuses("n3", "name-too-long");
	(void)put('0', "/a", "x");
	refuses("n4", "absolute-name");
	(void)put('0', "a/../b", "x");
	refuses("n5", "dotdot-name");
	(void)put('0', "a", "x");
	(void)put('0', "./a", "x");
	refuses("n6", "name-twice");
	(void)put('0', "a", "x");
	(void)put('0', "a/b", "x");
	refuses("n7", "leads-through-file");
	(void)put('6', "p", "");
	refuses("n8", "special-file");
}

static void
links(void)
{
	(void)put('0', "a", "x");
	(void)put('1', "b", "a");
	(void)put('2', "c", "a");
	(void)put('2', "d/e", "../a");
	OK(run("l1", 1 << 20) == WIRE_OK);
	OK(is("l1/b", S_IFREG) && is("l1/c", S_IFLNK) && is("l1/d/e", S_IFLNK));
	(void)put('1', "b", "none");
	refuses("l2", "hard-link-to-no-file");
	(void)put('1', "b", "../a");
	refuses("l3", "hard-link-leads-out");
	(void)put('2', "c", "../a");
	OK(run("l4", 1 << 20) == WIRE_BUNDLE && counts.rule != NULL);
	(void)put('2', "c", "/a");
	OK(run("l5", 1 << 20) == WIRE_BUNDLE && counts.rule != NULL);
}

/* What is not a tar, or is cut, is corrupt, and not refused. */
static void
corrupt(void)
{
	(void)put('0', "a", "x");
	tar[0] = 'b';
	OK(run("c1", 1 << 20) == WIRE_CORRUPT && counts.rule == NULL);
	(void)put('0', "a", "x");
	(void)put('0', "b", "x");
	tar[1024] = 'c';
	OK(run("c2", 1 << 20) == WIRE_CORRUPT);
	/* bytes of the tar count, too */
	(void)put('0', "a", "x");
	OK(run("c3", 100) == WIRE_BUNDLE);
}

int
main(void)
{
	(void)umask(022);
	names();
	links();
	corrupt();
	return tap_done();
}
