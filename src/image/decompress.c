/* SPDX-License-Identifier: Apache-2.0 */
#include "image/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/msg.h"

enum {
	BUFFER = 128 * 1024
};

/* One decompression under way. */
struct job {
	struct tempfile *tempfile; /* borrowed */
	const struct blob *blob; /* borrowed */
	const char *what; /* borrowed */
	uint64_t at; /* bytes of blob read */
	bool digests; /* is the digest wanted? */
	struct digest digest; /* of the output */
	unsigned char in[BUFFER], out[BUFFER];
};

/* RFC 1952, section 2.3.1; RFC 8878, section 3.1.1 */
static const unsigned char gzip_magic[] = {0x1f, 0x8b};
static const unsigned char zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

static bool
begins(const struct blob *b, const unsigned char *magic, size_t len)
{
	unsigned char head[4];

	return blob_read(b, 0, head, len) == (ssize_t)len &&
	    memcmp(head, magic, len) == 0;
}

bool
decompress_needed(const struct blob *b)
{
	return begins(b, gzip_magic, sizeof gzip_magic) ||
	    begins(b, zstd_magic, sizeof zstd_magic);
}

/* The next input: bytes in job->in, 0 at the end, -1 reported. */
static ssize_t
decompress_fill_input(struct job *j)
{
	ssize_t got = blob_read(j->blob, j->at, j->in, sizeof j->in);

	if (got < 0)
		msg_warn(errno, "read %s", j->what);
	else
		j->at += (uint64_t)got;
	return got;
}

static int
flush(struct job *j, size_t len)
{
	if (j->digests)
		digest_add(&j->digest, j->out, len);
	return tempfile_add(j->tempfile, j->out, len);
}

/* Decompress what z has as input; *end tells that a member has ended. */
static int
gunzip_some(struct job *j, z_stream *z, bool *end)
{
	int rc;

	do {
		if (*end && inflateReset(z) != Z_OK)
			return -1;
		*end = false;
		z->next_out = j->out;
		z->avail_out = sizeof j->out;
		rc = inflate(z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
			msg_warn(0, "%s: damaged gzip data", j->what);
			return -1;
		}
		*end = rc == Z_STREAM_END;
		if (flush(j, sizeof j->out - z->avail_out) < 0)
			return -1;
	} while (z->avail_in > 0 || (z->avail_out == 0 && !*end));
	return 0;
}

static int
gunzip(struct job *j)
{
	z_stream z = {0};
	bool end = false;
	ssize_t got;
	int bad = 0;

	if (inflateInit2(&z, 15 + 16) != Z_OK) {
		msg_nomem();
		return -1;
	}
	for (got = decompress_fill_input(j); got > 0 && !bad;
	     got = bad ? -1 : decompress_fill_input(j)) {
		z.next_in = j->in;
		z.avail_in = (uInt)got;
		bad = gunzip_some(j, &z, &end);
	}
	(void)inflateEnd(&z);
	if (got < 0 || bad)
		return -1;
	if (!end) {
		msg_warn(0, "%s: gzip data ends too early", j->what);
		return -1;
	}
	return 0;
}

/* Decompress in's bytes; *more is what ZSTD_decompressStream said last. */
static int
unzstd_some(struct job *j, ZSTD_DStream *z, ZSTD_inBuffer *in, size_t *more)
{
	ZSTD_outBuffer out;

	do {
		out = (ZSTD_outBuffer){j->out, sizeof j->out, 0};
		*more = ZSTD_decompressStream(z, &out, in);
		if (ZSTD_isError(*more)) {
			msg_warn(0, "%s: damaged zstd data: %s", j->what,
			    ZSTD_getErrorName(*more));
			return -1;
		}
		if (flush(j, out.pos) < 0)
			return -1;
	} while (in->pos < in->size || (out.pos == out.size && *more != 0));
	return 0;
}

static int
unzstd(struct job *j)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer in;
	size_t more = 1;
	ssize_t got;
	int bad = 0;

	if (z == NULL) {
		msg_nomem();
		return -1;
	}
	for (got = decompress_fill_input(j); got > 0 && !bad;
	     got = bad ? -1 : decompress_fill_input(j)) {
		in = (ZSTD_inBuffer){j->in, (size_t)got, 0};
		bad = unzstd_some(j, z, &in, &more);
	}
	(void)ZSTD_freeDStream(z);
	if (got < 0 || bad)
		return -1;
	if (more != 0) {
		msg_warn(0, "%s: zstd data ends too early", j->what);
		return -1;
	}
	return 0;
}

int
decompress_blob(struct tempfile *s, const struct blob *b, const char *what,
    struct blob *out, char *text)
{
	struct job *j = malloc(sizeof *j);
	int rc;

	if (j == NULL) {
		msg_nomem();
		return -1;
	}
	j->tempfile = s;
	j->blob = b;
	j->what = what;
	j->at = 0;
	j->digests = text != NULL;
	digest_init(&j->digest);
	*out = (struct blob){s->fd, s->len, 0};
	rc = begins(b, gzip_magic, sizeof gzip_magic) ? gunzip(j) : unzstd(j);
	out->len = s->len - out->at;
	if (text != NULL)
		digest_text(&j->digest, text);
	free(j);
	return rc;
}
