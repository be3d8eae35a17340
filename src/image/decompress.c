/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip and zstd, as archives and layers are compressed; the only user of
 * libzstd.
 */
#include "image/decompress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/msg.h"
#include "log/gunzip.h"

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

/* A frame to be passed over, in front of the others (RFC 8878, 3.1.2)? */
bool
decompress_skips(const struct blob *b)
{
	static const unsigned char magic[] = {0x2a, 0x4d, 0x18};
	unsigned char head[8];

	return blob_read(b, 0, head, sizeof head) == (ssize_t)sizeof head &&
	    head[0] >> 4 == 5 && memcmp(head + 1, magic, sizeof magic) == 0;
}

bool
decompress_needed(const struct blob *b)
{
	return begins(b, gzip_magic, sizeof gzip_magic) ||
	    begins(b, zstd_magic, sizeof zstd_magic) || decompress_skips(b);
}

/* file(1)'s magic numbers */
static const struct {
	const char *name;
	unsigned char len;
	unsigned char magic[6];
} unread[] = {
    {"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
    {"bzip2", 3, {'B', 'Z', 'h'}},
    {"lz4", 4, {0x04, 0x22, 0x4d, 0x18}},
    {"lzip", 4, {'L', 'Z', 'I', 'P'}},
    {"lzop", 4, {0x89, 'L', 'Z', 'O'}},
    {"lzma", 3, {0x5d, 0, 0}},
    {"compress", 2, {0x1f, 0x9d}},
    {"zip", 4, {'P', 'K', 3, 4}},
    {"7z", 6, {'7', 'z', 0xbc, 0xaf, 0x27, 0x1c}},
};

const char *
decompress_unread(const struct blob *b)
{
	unsigned char head[6];
	ssize_t got = blob_read(b, 0, head, sizeof head);
	size_t i;

	for (i = 0; i < sizeof unread / sizeof *unread; i++)
		if (got >= (ssize_t)unread[i].len &&
		    memcmp(head, unread[i].magic, unread[i].len) == 0)
			return unread[i].name;
	return NULL;
}

/* The next input: bytes in job->in, 0 at the end, -1 (reported). */
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
flush(struct job *j, const void *out, size_t len)
{
	if (j->digests)
		digest_add(&j->digest, out, len);
	return tempfile_add(j->tempfile, out, len);
}

/* An io_pull of the input. */
static ssize_t
decompress_pull(void *arg, const void **data)
{
	struct job *j = arg;

	*data = j->in;
	return decompress_fill_input(j);
}

static int
decompress_gzip(struct job *j)
{
	struct gunzip *g = malloc(sizeof *g);
	char name[256];
	const void *data;
	ssize_t got = -1;

	if (g == NULL) {
		msg_nomem();
		return -1;
	}
	if (gunzip_open(g, decompress_pull, j) < 0)
		goto out;
	(void)snprintf(name, sizeof name, "%s: gzip", j->what);
	g->name = name;
	do
		got = gunzip_pull(g, &data);
	while (got > 0 && flush(j, data, (size_t)got) == 0);
	gunzip_close(g);
out:
	free(g);
	return got == 0 ? 0 : -1;
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
		if (flush(j, j->out, out.pos) < 0)
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
	int ret;

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
	ret = begins(b, gzip_magic, sizeof gzip_magic) ? decompress_gzip(j)
	                                               : unzstd(j);
	out->len = s->len - out->at;
	if (text != NULL)
		digest_text(&j->digest, text);
	free(j);
	return ret;
}
