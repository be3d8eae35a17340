/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree, to a stream, to a tree: they must be equal.  The input is a list of
 * entries: type and mode, length of a name, the name, length of data, data.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/deliver.h"
#include "stream/stream.h"

static char base[] = "/dev/shm/fuzz-round-XXXXXX";
static struct gather g;
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
	struct stream_opts o = {.content = {.dir = "in"},
	    .format = format,
	    .fd = log,
	    .level = 1,
	    .jobs = 1};
	struct stream_result result;

	MUST(stream_run(&o, &result) == 0);
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
	MUST(gather_open(&g, &o) == 0);
	MUST(gather_log(&g, log, "log") == 0);
	MUST(gather_judge(&g) == WIRE_OK);
	MUST(deliver_open(&d) == 0);
	MUST(deliver_make(&d, &g) == WIRE_OK);
	deliver_close(&d);
	gather_close(&g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool made;
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
	/* the tools know best; it is their time that this target takes */
	MUST(system("cd in && find . -printf '%p\\0%y %m %s %l\\0' | sort -z "
	            ">../a; cd ../out && find . -printf "
	            "'%p\\0%y %m %s %l\\0' | sort -z >../b") == 0);
	MUST(system("cmp -s a b") == 0);
	MUST(system("diff -r --no-dereference in out >/dev/null") == 0);
	MUST(system("rm -rf in out a b") == 0);
	return 0;
}
