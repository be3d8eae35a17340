/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are read more than once: in memory, on a disk, in parts. */
#include "base/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"

static char mib[1 << 20];
static volatile sig_atomic_t stop;

/* sha256sum(1) of "hello" */
#define HELLO \
	"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void
blobs(void)
{
	int fd = open("b", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	struct blob b = {fd, 2, 5}, beyond = {fd, 2, 8};
	char buf[16] = "", *text;

	OK(write(fd, "xxhelloyy", 9) == 9);
	OK(blob_read(&b, 0, buf, sizeof buf) == 5);
	OK_STR(buf, "hello");
	OK(blob_read(&b, 3, buf, 1) == 1 && buf[0] == 'l');
	OK(blob_read(&b, 4, buf, 9) == 1 && buf[0] == 'o');
	OK(blob_read(&b, 5, buf, 9) == 0);
	OK(blob_read(&b, 6, buf, 9) == 0);
	/* a file that became shorter */
	errno = 0;
	OK(blob_read(&beyond, 0, buf, 8) < 0 && errno == EIO);
	text = blob_text(&b, 5, "b");
	OK_STR(text, "hello");
	free(text);
	OK(blob_text(&b, 4, "b") == NULL);
	OK(blob_text(&beyond, 99, "b") == NULL);
	OK(blob_verify(&b, HELLO, "b") == 0);
	b.len--;
	OK(blob_verify(&b, HELLO, "b") < 0);
	OK(blob_verify(&beyond, HELLO, "b") < 0);
	OK(blob_verify(&b, "sha512:00", "b") < 0);
	/* who is told to stop reads no more */
	io_heed(&stop);
	OK(blob_read(&b, 0, buf, 4) == 4);
	stop = 1;
	errno = 0;
	OK(blob_read(&b, 0, buf, 4) < 0 && errno == EINTR);
	io_heed(NULL);
	(void)close(fd);
	OK(blob_read(&b, 0, buf, 4) < 0);
}

static bool
holds(const struct tempfile *s, uint64_t at, const char *text)
{
	struct blob b = {s->fd, at, s->len - at};
	char buf[16];

	return blob_read(&b, 0, buf, strlen(text)) == (ssize_t)strlen(text) &&
	    memcmp(buf, text, strlen(text)) == 0;
}

/* What outgrows memory moves to TMPDIR, under the same descriptor. */
static void
grows(void)
{
	struct tempfile s;
	struct stat before, after;
	uint64_t i;
	int fd;

	(void)mkdir("tmp", 0755);
	(void)setenv("TMPDIR", "tmp", 1);
	OK(tempfile_open(&s, TEMPFILE_MEMORY + 20) == 0);
	fd = s.fd;
	OK(tempfile_add(&s, "begin", 5) == 0);
	OK(tempfile_add(&s, mib, 0) == 0);
	for (i = 0; i < TEMPFILE_MEMORY / sizeof mib - 1; i++)
		if (tempfile_add(&s, mib, sizeof mib) < 0)
			break;
	OK(tempfile_add(&s, mib, sizeof mib - 5) == 0);
	OK(s.len == TEMPFILE_MEMORY && !s.on_disk);
	OK(fstat(s.fd, &before) == 0);
	OK(tempfile_add(&s, "the end", 7) == 0);
	OK(s.on_disk && s.fd == fd && s.len == TEMPFILE_MEMORY + 7);
	OK(fstat(s.fd, &after) == 0 && after.st_dev != before.st_dev);
	OK(after.st_size == TEMPFILE_MEMORY + 7 && after.st_nlink == 0);
	OK(holds(&s, 0, "begin") && holds(&s, TEMPFILE_MEMORY, "the end"));
	/* no more than was allowed */
	OK(tempfile_add(&s, "0123456789abc", 13) == 0);
	OK(s.len == s.max);
	OK(tempfile_add(&s, "x", 1) < 0);
	tempfile_close(&s);
	OK(s.fd < 0);
}

/* No directory to move to. */
static void
fails(void)
{
	struct tempfile s;

	(void)setenv("TMPDIR", "absent", 1);
	OK(tempfile_unnamed("absent") < 0);
	OK(tempfile_open(&s, UINT64_MAX) == 0);
	mib[0] = 1;
	while (s.len < TEMPFILE_MEMORY)
		if (tempfile_add(&s, mib, sizeof mib) < 0)
			break;
	OK(s.len == TEMPFILE_MEMORY);
	OK(tempfile_add(&s, mib, 1) < 0 && !s.on_disk);
	tempfile_close(&s);
	mib[0] = 0;
}

/* All that comes from a descriptor, behind what is there already. */
static void
copies(void)
{
	struct tempfile s;
	struct blob b;
	int fd = open("c", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	char buf[8];

	OK(ftruncate(fd, 2 * 65536) == 0 && pwrite(fd, "end", 3, 131000) == 3);
	OK(tempfile_open(&s, 1 << 20) == 0);
	OK(tempfile_add(&s, "first", 5) == 0);
	OK(tempfile_copy(&s, fd, "c", &b) == 0);
	OK(b.fd == s.fd && b.at == 5 && b.len == 131072);
	OK(blob_read(&b, 131000, buf, 3) == 3 && memcmp(buf, "end", 3) == 0);
	OK(tempfile_copy(&s, fd, "c", &b) == 0 && b.len == 0);
	OK(lseek(fd, 0, SEEK_SET) == 0);
	s.max = s.len + 65536;
	OK(tempfile_copy(&s, fd, "c", &b) < 0);
	(void)close(fd);
	OK(tempfile_copy(&s, fd, "c", &b) < 0);
	tempfile_close(&s);
}

int
main(void)
{
	struct tempfile none = {0};

	blobs();
	grows();
	fails();
	copies();
	tempfile_close(&none);
	return tap_done();
}
