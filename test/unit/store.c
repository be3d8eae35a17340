/* SPDX-License-Identifier: Apache-2.0 */
/* An image's files: in a directory, in an archive, in one from a pipe. */
#include "image/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "tarsum.h"

static char tar[64 * 512];
static size_t tar_len;

/* A member (POSIX.1-1988 ustar); text is its data, or what it links to. */
static void
put(char type, const char *name, const char *text)
{
	char *h = tar + tar_len;
	size_t len = type == '0' ? strlen(text) : 0;

	memset(h, 0, 1024);
	(void)snprintf(h, 100, "%s", name);
	(void)snprintf(h + 100, 8, "%07o", 0644U);
	(void)snprintf(h + 108, 8, "%07o", 0U);
	(void)snprintf(h + 116, 8, "%07o", 0U);
	(void)snprintf(h + 124, 12, "%011o", (unsigned int)len);
	(void)snprintf(h + 136, 12, "%011o", 0U);
	h[156] = type;
	if (type == '0')
		memcpy(h + 512, text, len);
	else
		(void)snprintf(h + 157, 100, "%s", text);
	memcpy(h + 257, "ustar\00000", 8);
	(void)tarsum_set(h);
	tar_len += len > 0 ? 1024 : 512;
}

static void
save(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	if (f != NULL) {
		(void)fwrite(data, 1, len, f);
		(void)fclose(f);
	}
}

/* The file of this name has this text; NULL: there is none. */
static void
has(struct store *s, const char *name, const char *wanted)
{
	struct blob b;
	char *text = NULL;
	int got = store_get(s, name, &b);

	if (got > 0)
		text = blob_text(&b, 1 << 20, name);
	if (wanted == NULL) {
		tap_ok(got == 0, name, __FILE__, __LINE__);
	} else {
		tap_ok(got == 1, name, __FILE__, __LINE__);
		OK_STR(text, wanted);
	}
	free(text);
}

static void
archive(struct store *s)
{
	has(s, "index.json", "second");
	has(s, "blobs/sha256/a", "blob");
	has(s, "hard", "blob");
	has(s, "blobs/soft", "blob");
	has(s, "blobs/sha256/up", "second");
	has(s, "blobs/sha256/top", NULL); /* above the top */
	has(s, "round", NULL);
	has(s, "dangling", NULL);
	has(s, "absent", NULL);
	has(s, "blobs", NULL);
	has(s, "l2", "blob");
	has(s, "l1", NULL); /* one link too many */
}

static void
archives(void)
{
	struct tempfile temp = {0};
	struct store s;
	char name[16], next[16];
	int fd, i, p[2];

	put('0', "index.json", "first");
	put('5', "blobs/", "");
	put('0', "./blobs/sha256/a", "blob");
	put('0', "./index.json", "second");
	put('1', "hard", "blobs/sha256/a");
	put('2', "blobs/soft", "sha256/a");
	put('2', "blobs/sha256/up", "../../index.json");
	put('2', "blobs/sha256/top", "../../../../index.json");
	put('2', "round", "round");
	put('2', "dangling", "nowhere");
	for (i = 0; i < 9; i++) {
		(void)snprintf(name, sizeof name, "l%d", i);
		(void)snprintf(next, sizeof next, "l%d", i + 1);
		put('1', name, i == 8 ? "hard" : next);
	}
	tar_len += 1024;
	save("a.tar", tar, tar_len);
	OK(tempfile_open(&temp, 1 << 20) == 0);
	OK(store_open(&s, "a.tar", -1, &temp) == 0);
	OK(!s.is_dir && temp.len == 0); /* read where it is */
	archive(&s);
	store_close(&s);
	OK(s.fd == -1);
	/* from a pipe */
	OK(pipe(p) == 0 && write(p[1], tar, tar_len) == (ssize_t)tar_len);
	(void)close(p[1]);
	OK(store_open(&s, "-", p[0], &temp) == 0);
	OK(temp.len == tar_len);
	archive(&s);
	store_close(&s);
	OK(fcntl(p[0], F_GETFD) >= 0); /* it was borrowed */
	(void)close(p[0]);
	/* compressed */
	OK(system("gzip -c a.tar >a.tar.gz") == 0);
	OK(store_open(&s, "a.tar.gz", -1, &temp) == 0);
	archive(&s);
	store_close(&s);
	tempfile_close(&temp);
	/* what is none */
	OK(tempfile_open(&temp, 1 << 20) == 0);
	OK(store_open(&s, "absent", -1, &temp) < 0);
	store_close(&s);
	save("empty", "", 0);
	OK(store_open(&s, "empty", -1, &temp) < 0);
	store_close(&s);
	save("a.zip", "PK\003\004 and so on, for long enough to look at", 42);
	OK(store_open(&s, "a.zip", -1, &temp) < 0);
	store_close(&s);
	fd = open("a.tar", O_WRONLY | O_CLOEXEC);
	OK(ftruncate(fd, 515) == 0);
	(void)close(fd);
	OK(store_open(&s, "a.tar", -1, &temp) < 0);
	store_close(&s);
	tempfile_close(&temp);
}

static void
directory(void)
{
	struct tempfile temp = {0};
	struct store s;
	struct blob b;
	size_t i;

	(void)mkdir("d", 0755);
	(void)mkdir("d/blobs", 0755);
	save("d/index.json", "index", 5);
	save("d/blobs/x", "x", 1);
	(void)mkfifo("d/pipe", 0644);
	OK(store_open(&s, "d", -1, &temp) == 0);
	OK(s.is_dir);
	has(&s, "index.json", "index");
	has(&s, "blobs/x", "x");
	has(&s, "absent", NULL);
	has(&s, "index.json/below", NULL);
	OK(store_get(&s, "blobs", &b) < 0);
	OK(store_get(&s, "pipe", &b) < 0);
	for (i = 2; i < STORE_FILES_MAX; i++)
		if (store_get(&s, "blobs/x", &b) < 1)
			break;
	/* this many are open, or as many as we may */
	OK(s.n_files == i);
	while (store_get(&s, "blobs/x", &b) > 0)
		OK(s.n_files <= STORE_FILES_MAX);
	store_close(&s);
}

int
main(void)
{
	archives();
	directory();
	return tap_done();
}
