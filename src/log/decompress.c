/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompresses gzip (RFC 1952), any number of members, and zstd (RFC 8878), any
 * number of frames, as the caller pulls, in constant memory.
 */
#include "log/decompress.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zconf.h: input is not written to */
#include <zlib.h>
#include <zstd.h>

#include "base/cpus.h"
#include "base/digest.h"
#include "base/msg.h"
#include "base/workers.h"

enum {
	GZIP_ID1 = 0x1f, /* the first byte of a member */
	/* zlib.h: this much window, and a gzip header, not a zlib one */
	GZIP_WINDOW = 15 + 16,
	/* RFC 1952, 2.3: of a member's header; what follows them is optional */
	GZIP_FLAGS = 3,
	GZIP_HEADER = 10,
	BUFFER = 128 * 1024 /* bytes of a blob at once */
};

/* ----------------------------------------------------------------- members */

/*
 * See that all of the next member is in `in`, if it is one for libdeflate, or
 * all that there is.  Returns 0, or -1 (reported).
 */
static int
decompress_fill_input(struct decompress *d)
{
	const void *data;
	ssize_t got;
	size_t n;

	if (d->ended || d->end - d->pos >= DECOMPRESS_MEMBER)
		return 0;
	memmove(d->in, d->in + d->pos, d->end - d->pos);
	d->end -= d->pos;
	d->pos = 0;
	while (!d->ended && d->end < sizeof d->in) {
		if (d->piece_len == 0) {
			got = d->pull(d->arg, &data);
			if (got < 0)
				return -1;
			d->ended = got == 0;
			d->piece = data;
			d->piece_len = (size_t)got;
		}
		n = sizeof d->in - d->end;
		if (n > d->piece_len)
			n = d->piece_len;
		memcpy(d->in + d->end, d->piece, n);
		d->end += n;
		d->piece += n;
		d->piece_len -= n;
	}
	return 0;
}

/*
 * Decompress the member that begins here, if it is whole and small.  Returns
 * whether it was.  Each member is tried once, and no more is made of it in
 * vain than zlib then makes of it, so that this never costs much.
 */
static bool
take_whole(struct decompress *d, struct decompress_slot *s)
{
	const unsigned char *in = d->in + d->pos;
	size_t len = d->end - d->pos, used, made;

	/* libdeflate would not verify the checksum of a header */
	if (len < GZIP_HEADER || in[GZIP_FLAGS] != 0)
		return false;
	if (libdeflate_gzip_decompress_ex(d->whole, in, len, s->out,
	        sizeof s->out, &used, &made) != LIBDEFLATE_SUCCESS)
		return false;
	d->pos += used;
	s->len = (ssize_t)made;
	return true;
}

/* Inflate what input there is.  Returns 0, or -1. */
static int
take_some(struct decompress *d, struct decompress_slot *s)
{
	int status;

	d->z->next_in = d->in + d->pos;
	d->z->avail_in = (uInt)(d->end - d->pos);
	d->z->next_out = s->out;
	d->z->avail_out = sizeof s->out;
	status = inflate(d->z, Z_NO_FLUSH);
	d->pos = d->end - d->z->avail_in;
	s->len = (ssize_t)(sizeof s->out - d->z->avail_out);
	d->inside = status != Z_STREAM_END;
	if (status == Z_STREAM_END)
		(void)inflateReset(d->z);
	if (status == Z_STREAM_END || status == Z_OK || status == Z_BUF_ERROR)
		return 0;
	if (status == Z_MEM_ERROR)
		msg_nomem();
	else
		s->why = "invalid gzip data";
	return -1;
}

/* The same of zstd. */
static int
take_frame(struct decompress *d, struct decompress_slot *s)
{
	ZSTD_inBuffer in = {d->in + d->pos, d->end - d->pos, 0};
	ZSTD_outBuffer out = {s->out, sizeof s->out, 0};
	size_t more;

	if (d->frames == NULL)
		d->frames = ZSTD_createDStream();
	if (d->frames == NULL) {
		msg_nomem();
		return -1;
	}
	more = ZSTD_decompressStream(d->frames, &out, &in);
	d->pos += in.pos;
	s->len = (ssize_t)out.pos;
	d->inside = more != 0;
	d->held = out.pos == out.size && d->inside;
	if (!ZSTD_isError(more))
		return 0;
	s->why = ZSTD_getErrorName(more);
	return -1;
}

/* Fill the slot, or leave it empty at the end.  Returns 0, or -1. */
static int
read_slot(struct decompress *d, struct decompress_slot *s)
{
	int ret = 0;

	while (ret == 0 && s->len == 0) {
		if (decompress_fill_input(d) < 0)
			return -1;
		if (d->pos == d->end && d->any && !d->inside)
			return 0;
		if (d->pos == d->end && !d->held) {
			s->why = "the end is missing";
			return -1;
		}
		if (d->zstd) {
			ret = take_frame(d, s);
		} else if (d->any && !d->inside && d->in[d->pos] != GZIP_ID1) {
			s->why =
			    "followed by data that is not gzip; remove it, or compress the log again";
			return -1;
		} else if (d->inside || !take_whole(d, s)) {
			ret = take_some(d, s);
		}
		d->any = true;
	}
	return ret;
}

/* ----------------------------------------------------------------- workers */

static void
decompress_work(void *arg, unsigned int member, size_t slot)
{
	struct decompress *d = arg;
	struct decompress_slot *s = &d->slots[slot];

	(void)member;
	s->len = 0;
	s->why = NULL;
	if (d->failed || read_slot(d, s) < 0) {
		d->failed = true;
		s->len = -1;
	}
}

int
decompress_open(struct decompress *d, io_pull pull, void *arg)
{
	const struct workers_opts opts = {.n_slots = DECOMPRESS_SLOTS,
	    .work = decompress_work,
	    .arg = d};

	/* but for the buffers, which are large */
	memset(d, 0, offsetof(struct decompress, slots));
	d->name = "gzip";
	d->pull = pull;
	d->arg = arg;
	d->workers = workers_open(&opts);
	if (d->workers == NULL)
		return -1;
	d->whole = libdeflate_alloc_decompressor();
	d->z = calloc(1, sizeof *d->z);
	if (d->whole != NULL && d->z != NULL &&
	    inflateInit2(d->z, GZIP_WINDOW) == Z_OK)
		return 0;
	free(d->z);
	libdeflate_free_decompressor(d->whole);
	workers_free(d->workers);
	msg_nomem();
	return -1;
}

void
decompress_close(struct decompress *d)
{
	workers_free(d->workers);
	(void)inflateEnd(d->z);
	free(d->z);
	libdeflate_free_decompressor(d->whole);
	(void)ZSTD_freeDStream(d->frames);
}

ssize_t
decompress_pull(void *arg, const void **data)
{
	struct decompress *d = arg;
	const struct decompress_slot *s;
	size_t slot;

	/* a thread, if a slice was read and there is more */
	if (!d->alone && !d->ahead && d->made >= WIRE_SLICE &&
	    !(d->ended && d->pos == d->end)) {
		d->ahead = true;
		if (cpus_allowed() > 1)
			workers_start(d->workers, 1);
	}
	/* also the one that was read until now */
	do
		workers_give(d->workers);
	while (d->ahead && !workers_busy(d->workers));
	(void)workers_take(d->workers, true, &slot);
	s = &d->slots[slot];
	if (s->why != NULL) {
		d->corrupt = true;
		msg_warn(0, "%s: %s", d->name, s->why);
	}
	if (s->len > 0)
		d->made += (size_t)s->len;
	*data = s->out;
	return s->len;
}

size_t
decompress_peek(const void *in, size_t len, void *out, size_t size)
{
	z_stream z = {0};
	size_t n;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return 0;
	z.next_in = in;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)size;
	while (z.avail_out > 0 && inflate(&z, Z_SYNC_FLUSH) == Z_OK)
		continue;
	n = size - z.avail_out;
	(void)inflateEnd(&z);
	return n;
}

/* ------------------------------------------------------------------- blobs */

/* How many bytes of magic[0..len) a blob must begin with, and their name. */
struct decompress_kind {
	const char *name;
	unsigned char len;
	unsigned char magic[6];
};

/* Does b begin with the magic number of one of the n kinds?  It, or NULL. */
static const struct decompress_kind *
decompress_kind(const struct blob *b, const struct decompress_kind *kinds,
    size_t n)
{
	unsigned char head[6];
	ssize_t got = blob_read(b, 0, head, sizeof head);

	for (; n > 0; kinds++, n--)
		if (got >= (ssize_t)kinds->len &&
		    memcmp(head, kinds->magic, kinds->len) == 0)
			return kinds;
	return NULL;
}

bool
decompress_skips(const struct blob *b)
{
	/* RFC 8878, 3.1.2: the lower half of the first byte says nothing */
	static const unsigned char magic[] = {0x2a, 0x4d, 0x18};
	unsigned char head[8];

	return blob_read(b, 0, head, sizeof head) == (ssize_t)sizeof head &&
	    head[0] >> 4 == 5 && memcmp(head + 1, magic, sizeof magic) == 0;
}

/* RFC 1952, section 2.3.1; RFC 8878, section 3.1.1 */
static const struct decompress_kind read_kinds[] = {
    {"gzip", 2, {GZIP_ID1, 0x8b}},
    {"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}},
};

bool
decompress_needed(const struct blob *b)
{
	return decompress_kind(b, read_kinds, 2) != NULL || decompress_skips(b);
}

const char *
decompress_unread(const struct blob *b)
{
	/* file(1)'s magic numbers */
	static const struct decompress_kind kinds[] = {
	    {"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
	    {"bzip2", 3, {'B', 'Z', 'h'}},
	    {"lz4", 4, {0x04, 0x22, 0x4d, 0x18}},
	    {"lzip", 4, {'L', 'Z', 'I', 'P'}},
	    {"lzop", 4, {0x89, 'L', 'Z', 'O'}},
	    {"lzma", 3, {0x5d, 0, 0}},
	    {"compress", 2, {GZIP_ID1, 0x9d}},
	    {"zip", 4, {'P', 'K', 3, 4}},
	    {"7z", 6, {'7', 'z', 0xbc, 0xaf, 0x27, 0x1c}},
	};
	const struct decompress_kind *kind = decompress_kind(b, kinds,
	    sizeof kinds / sizeof *kinds);

	return kind != NULL ? kind->name : NULL;
}

/* A blob that is being read. */
struct decompress_source {
	struct decompress d;
	const struct blob *blob; /* borrowed */
	const char *what; /* borrowed */
	uint64_t at; /* bytes of it read */
	unsigned char in[BUFFER];
};

/* An io_pull of a struct decompress_source. */
static ssize_t
decompress_pull_blob(void *arg, const void **data)
{
	struct decompress_source *j = arg;
	ssize_t got = blob_read(j->blob, j->at, j->in, sizeof j->in);

	if (got < 0)
		msg_warn(errno, "read %s", j->what);
	else
		j->at += (uint64_t)got;
	*data = j->in;
	return got;
}

int
decompress_blob(struct tempfile *s, const struct blob *b, const char *what,
    struct blob *out, char *text)
{
	struct decompress_source *j = malloc(sizeof *j);
	struct digest sum;
	const void *data;
	char name[256];
	ssize_t got = -1;

	if (j == NULL) {
		msg_nomem();
		return -1;
	}
	j->blob = b;
	j->what = what;
	j->at = 0;
	digest_init(&sum);
	*out = (struct blob){s->fd, s->len, 0};
	if (decompress_open(&j->d, decompress_pull_blob, j) < 0)
		goto out;
	j->d.zstd = decompress_kind(b, read_kinds, 1) == NULL;
	snprintf(name, sizeof name, "%s: %s", what,
	    j->d.zstd ? "zstd" : "gzip");
	j->d.name = name;
	while ((got = decompress_pull(&j->d, &data)) > 0) {
		if (text != NULL)
			digest_add(&sum, data, (size_t)got);
		if (tempfile_add(s, data, (size_t)got) < 0)
			break;
	}
	decompress_close(&j->d);
	out->len = s->len - out->at;
	if (text != NULL)
		digest_text(&sum, text);
out:
	free(j);
	return got == 0 ? 0 : -1;
}
