/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of bytes in open files, and an unlinked temporary file to put bytes in
 * that have to be read more than once: an archive from a pipe, a layer that is
 * compressed.  It is not a copy of an image's files: it has no name, the layers
 * lie in it as tar, and it is gone when the program ends.  As long as it is
 * small it lies in memory, and nothing is written to a disk.
 */
#ifndef TEMPFILE_H
#define TEMPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"

/* Bytes at..at+len of an open file. */
struct blob {
	int fd; /* borrowed */
	uint64_t at;
	uint64_t len;
};

/*
 * Read up to len bytes of b, starting at offset.  Returns the bytes read,
 * fewer than len only at the end of b, or -1 with errno set; a file that
 * became shorter than b is EIO, and EINTR says that we are to stop: io_heed.
 */
ssize_t blob_read(const struct blob *b, uint64_t offset, void *buf, size_t len);

/*
 * The whole of b with a NUL after it, for the caller to free; NULL (reported),
 * when it has more than max bytes or cannot be read.  `what` (masked) names it.
 */
char *blob_text(const struct blob *b, size_t max, const char *what);

/* The digest of b's bytes.  Returns 0, or -1 (reported). */
int blob_digest(const struct blob *b, const char *what,
    char text[static DIGEST_TEXT]);

/*
 * Are b's bytes those that digest ("sha256:<hex>") promises?  Returns 0, or -1
 * and reports: another digest, an algorithm that is not sha256, a read error.
 */
int blob_verify(const struct blob *b, const char *digest, const char *what);

enum {
	TEMPFILE_MEMORY = 32 << 20 /* bytes that stay in memory */
};

struct tempfile {
	int fd; /* owned; the same on disk as it was in memory */
	bool on_disk;
	uint64_t len; /* bytes put in so far */
	uint64_t max; /* tempfile_add refuses more than this */
};

/*
 * Open a file without a name in dir, for reading and writing.  An owned
 * descriptor, or -1 (reported).
 */
int tempfile_unnamed(const char *dir);

/*
 * Make an empty one, which goes to TMPDIR, or /var/tmp, when it outgrows the
 * memory it may take.  Returns 0, or -1 (reported).  tempfile_close may be
 * called on a tempfile that is all zero bytes.
 */
int tempfile_open(struct tempfile *s, uint64_t max);
void tempfile_close(struct tempfile *s);

/*
 * Append buf[0..len); a buffer of nothing but zeros becomes a hole in the file.
 * Returns 0, or -1 (reported): no space, or more than max bytes in all.
 */
int tempfile_add(struct tempfile *s, const void *buf, size_t len);

/*
 * Append all that comes from fd, which `what` names.  Returns 0 and where that
 * is, or -1 (reported).
 */
int tempfile_copy(struct tempfile *s, int fd, const char *what,
    struct blob *out);

#endif
