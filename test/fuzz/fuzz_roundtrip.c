/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree, to a stream, to a tree: they must be equal.  The input is a list of
 * entries: type and mode, length of a name, the name, length of data, data.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/deliver.h"
#include "stream/preflight.h"
#include "stream/stream.h"

static char base[] = "/dev/shm/fuzz-round-XXXXXX";
static struct gather *g;
static struct deliver d;

/* Take up to n bytes of the input. */
static const uint8_t *
take(const uint8_t **data, size_t *len, size_t *n)
{
	const uint8_t *p = *data;

	*n = *n < *len ? *n : *len;
	*data += *n;
	*len -= *n;
	return p;
}

/* Make the tree that the input describes in ./in. */
static void
plant(const uint8_t *data, size_t len)
{
	char name[256] = "", text[256] = "";
	const uint8_t *p;
	size_t n, i;
	int fd;

	for (i = 0; i < 64 && len >= 4; i++) {
		uint8_t type = data[0], mode = data[1];

		data += 2, len -= 2;
		n = data[0] % 200;
		data++, len--;
		p = take(&data, &len, &n);
		memcpy(name, p, n);
		name[n] = '\0';
		n = len > 0 ? data[0] : 0;
		p = take(&data, &len, &n);
		memcpy(text, p, n);
		text[n] = '\0';
		/* not outside: no absolute name, no ".." at all */
		if (name[0] == '/' || strstr(name, "..") != NULL)
			continue;
		if (type % 4 == 0) {
			(void)mkdir(name, 0700 | mode);
		} else if (type % 4 == 1) {
			if (text[0] != '/' && strstr(text, "..") == NULL)
				(void)symlink(text, name);
		} else {
			fd = open(name,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
			if (fd < 0)
				continue;
			/* a hole for size, now and then more than a slice */
			if (type % 4 == 3)
				MUST(ftruncate(fd, mode * 8192L) == 0);
			MUST(write(fd, p, n) == (ssize_t)n);
			MUST(fchmod(fd, 0400 | mode) == 0);
			(void)close(fd);
		}
	}
}

static void
stream(int log, enum stream_format format)
{
	struct content_opts opts = {.dir = "in"};
	struct content content = {0};
	struct report r;
	struct stream_opts o = {.content = &content,
	    .format = format,
	    .fd = log,
	    .level = 1,
	    .jobs = 1};
	struct report_written result;

	r = (struct report){0};
	MUST(preflight_run(&content, &opts, &r) == 0);
	MUST(stream_run(&o, &result) == 0);
	report_free(&r);
	content_close(&content);
	MUST(lseek(log, 0, SEEK_SET) == 0);
}

static void
extract(int log)
{
	static const volatile sig_atomic_t stop;
	struct progress progress = {0};
	struct gather_opts o = {.dir = base,
	    .max_size = 1 << 28,
	    .progress = &progress};

	memset(&d, 0, sizeof d);
	d.dir = "out";
	d.max_size = 1 << 28;
	d.max_entries = 1000;
	d.progress = &progress;
	d.stop = &stop;
	MUST((g = gather_open(&o)) != NULL);
	MUST(gather_log(g, log, "log") == 0);
	MUST(gather_judge(g, true) == WIRE_OK);
	MUST(deliver_open(&d) == 0 && deliver_begin(&d) == 0);
	MUST(deliver_make(&d, g) == WIRE_OK);
	deliver_close(&d);
	gather_close(g);
}

/* How many entries the walk has seen. */
static size_t seen;

static int
count_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path, (void)st, (void)type, (void)ftw;
	seen++;
	return 0;
}

static void
compare_data(const char *path, const char *other)
{
	static char one[1 << 16], two[1 << 16];
	int in = open(path, O_RDONLY), out = open(other, O_RDONLY);
	ssize_t n;

	MUST(in >= 0 && out >= 0);
	do {
		n = read(in, one, sizeof one);
		MUST(n >= 0 && read(out, two, sizeof two) == n);
		MUST(memcmp(one, two, (size_t)n) == 0);
	} while (n > 0);
	(void)close(in);
	(void)close(out);
}

/* What is at in/... must be at out/... as well. */
static int
compare_entry(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	char other[PATH_MAX], one[PATH_MAX], two[PATH_MAX];
	struct stat copy;
	ssize_t n;

	(void)ftw;
	seen++;
	MUST(type != FTW_NS && type != FTW_DNR);
	(void)snprintf(other, sizeof other, "out%s", path + 2);
	MUST(lstat(other, &copy) == 0);
	MUST(copy.st_mode == st->st_mode);
	if (S_ISREG(st->st_mode)) {
		MUST(copy.st_size == st->st_size);
		compare_data(path, other);
	} else if (S_ISLNK(st->st_mode)) {
		n = readlink(path, one, sizeof one);
		MUST(n > 0 && readlink(other, two, sizeof two) == n);
		MUST(memcmp(one, two, (size_t)n) == 0);
	}
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool made;
	size_t n;
	int log;

	if (!made) {
		MUST(mkdtemp(base) != NULL && chdir(base) == 0);
		made = true;
	}
	MUST(mkdir("in", 0755) == 0 && chdir("in") == 0);
	if (len > 0)
		plant(data + 1, len - 1);
	MUST(chdir(base) == 0);
	log = memfd_create("log", MFD_CLOEXEC);
	MUST(log >= 0);
	stream(log, len > 0 && data[0] % 2 ? STREAM_JSONL : STREAM_TAR);
	extract(log);
	(void)close(log);
	seen = 0;
	MUST(nftw("in", compare_entry, 20, FTW_PHYS) == 0);
	n = seen;
	seen = 0;
	MUST(nftw("out", count_entry, 20, FTW_PHYS) == 0 && seen == n);
	MUST(nftw("in", remove_entry, 20, FTW_PHYS | FTW_DEPTH) == 0);
	MUST(nftw("out", remove_entry, 20, FTW_PHYS | FTW_DEPTH) == 0);
	return 0;
}
