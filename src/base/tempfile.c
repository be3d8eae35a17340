/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of bytes in open files, and an unlinked temporary file to put bytes in
 * that have to be read more than once: an archive from a pipe, a layer that is
 * compressed.
 */
#include "base/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/msg.h"

enum {
	BUFFER = 64 * 1024
};

ssize_t
blob_read(const struct blob *b, uint64_t offset, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t got;

	if (io_stopped()) {
		errno = EINTR;
		return -1;
	}
	if (offset >= b->len)
		return 0;
	if (len > b->len - offset)
		len = (size_t)(b->len - offset);
	while (done < len) {
		got = pread(b->fd, (char *)buf + done, len - done,
		    (off_t)(b->at + offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EIO;
		if (got <= 0)
			return -1;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

char *
blob_text(const struct blob *b, size_t max, const char *what)
{
	char *text;

	if (b->len > max) {
		msg_warn(0, "%s: larger than %zu bytes", what, max);
		return NULL;
	}
	text = malloc((size_t)b->len + 1);
	if (text == NULL) {
		msg_nomem();
		return NULL;
	}
	if (blob_read(b, 0, text, (size_t)b->len) < 0) {
		msg_warn(errno, "read %s", what);
		free(text);
		return NULL;
	}
	text[b->len] = '\0';
	return text;
}

int
blob_digest(const struct blob *b, const char *what,
    char text[static DIGEST_TEXT])
{
	char buf[BUFFER];
	struct digest d;
	uint64_t at;
	ssize_t got;

	digest_init(&d);
	for (at = 0; at < b->len; at += (uint64_t)got) {
		got = blob_read(b, at, buf, sizeof buf);
		if (got < 0) {
			msg_warn(errno, "read %s", what);
			return -1;
		}
		digest_add(&d, buf, (size_t)got);
	}
	digest_text(&d, text);
	return 0;
}

int
blob_verify(const struct blob *b, const char *digest, const char *what)
{
	char text[DIGEST_TEXT], name[160];

	if (strncmp(digest, "sha256:", 7) != 0) {
		msg_warn(0,
		    "%s: cannot verify the digest '%s': only sha256 is supported",
		    what, msg_mask(name, sizeof name, digest));
		return -1;
	}
	if (blob_digest(b, what, text) < 0)
		return -1;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return 0;
#endif
	if (strcmp(text, digest) == 0)
		return 0;
	msg_warn(0, "%s: digest is %s, not %s", what, text,
	    msg_mask(name, sizeof name, digest));
	return -1;
}

int
tempfile_open(struct tempfile *s, uint64_t max)
{
	*s = (struct tempfile){.max = max};
	s->fd = memfd_create("unpackctl", MFD_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	msg_warn(errno, "make a temporary file in memory");
	return -1;
}

int
tempfile_unnamed(const char *dir)
{
	char path[4096];
	int fd;

	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* NFS and the overlayfs of older kernels know no O_TMPFILE */
	if (snprintf(path, sizeof path, "%s/.unpackctl-XXXXXX", dir) >=
	    (int)sizeof path)
		errno = ENAMETOOLONG;
	else
		fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	else
		msg_warn(errno,
		    "%s: cannot make a temporary file there; set the environment variable TMPDIR to another directory",
		    msg_mask(path, sizeof path, dir));
	return fd;
}

/*
 * Move it from memory to disk.  The descriptor stays what it is: blobs that lie
 * in it name it.  Returns 0, or -1 (reported).
 */
static int
tempfile_move(struct tempfile *s)
{
	struct blob b = {s->fd, 0, s->len};
	char buf[BUFFER];
	uint64_t at;
	ssize_t got = 0;
	const char *dir = getenv("TMPDIR");
	int fd;

	fd = tempfile_unnamed(dir != NULL && *dir != '\0' ? dir : "/var/tmp");
	if (fd < 0)
		return -1;
	for (at = 0; at < s->len; at += (uint64_t)got) {
		got = blob_read(&b, at, buf, sizeof buf);
		if (got < 0 || io_write(fd, buf, (size_t)got) < 0)
			break;
	}
	if (at < s->len || dup3(fd, s->fd, O_CLOEXEC) < 0) {
		msg_warn(errno, "write a temporary file");
		(void)close(fd);
		return -1;
	}
	(void)close(fd);
	s->on_disk = true;
	return 0;
}

void
tempfile_close(struct tempfile *s)
{
	if (s->fd > 0)
		(void)close(s->fd);
	s->fd = -1;
}

int
tempfile_add(struct tempfile *s, const void *buf, size_t len)
{
	const char *from = buf;
	int bad;

	if (len > s->max - s->len) {
		msg_warn(0,
		    "more than %ju MiB when unpacked; raise --max-size to read it",
		    (uintmax_t)(s->max >> 20));
		return -1;
	}
	if (!s->on_disk && s->len + len > TEMPFILE_MEMORY &&
	    tempfile_move(s) < 0)
		return -1;
	s->len += len;
	if (len > 0 && from[0] == '\0' && memcmp(from, from + 1, len - 1) == 0)
		bad = ftruncate(s->fd, (off_t)s->len);
	else
		bad = lseek(s->fd, (off_t)(s->len - len), SEEK_SET) < 0 ||
		    io_write(s->fd, buf, len) < 0;
	if (bad)
		msg_warn(errno, "write a temporary file");
	return bad ? -1 : 0;
}

int
tempfile_copy(struct tempfile *s, int fd, const char *what, struct blob *out)
{
	char buf[BUFFER];
	ssize_t got;

	*out = (struct blob){s->fd, s->len, 0};
	do {
		got = io_read(fd, buf, sizeof buf);
		if (got < 0) {
			msg_warn(errno, "read %s", what);
			return -1;
		}
		if (tempfile_add(s, buf, (size_t)got) < 0)
			return -1;
	} while (got == (ssize_t)sizeof buf);
	out->len = s->len - out->at;
	return 0;
}
