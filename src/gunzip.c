/* SPDX-License-Identifier: Apache-2.0 */
#include "gunzip.h"

#include <string.h>

#include "msg.h"

enum {
	/* zlib.h: this much window, and a gzip header, not a zlib one */
	GZIP_WINDOW = 15 + 16,
	/* RFC 1952, 2.3: of a member's header; what follows them is optional */
	GZIP_FLAGS = 3,
	GZIP_HEADER = 10
};

int
gunzip_open(struct gunzip *g, io_pull pull, void *arg)
{
	g->pull = pull;
	g->arg = arg;
	g->piece_len = g->pos = g->end = 0;
	g->ended = g->inside = g->any = g->corrupt = false;
	g->z = (z_stream){0};
	g->whole = libdeflate_alloc_decompressor();
	if (g->whole != NULL && inflateInit2(&g->z, GZIP_WINDOW) == Z_OK)
		return 0;
	libdeflate_free_decompressor(g->whole);
	msg_nomem();
	return -1;
}

void
gunzip_close(struct gunzip *g)
{
	(void)inflateEnd(&g->z);
	libdeflate_free_decompressor(g->whole);
}

/*
 * See that all of the next member is in `in`, if it is one for libdeflate, or
 * all that there is.  Returns 0, or -1 (reported).
 */
static int
fill(struct gunzip *g)
{
	const void *data;
	ssize_t got;
	size_t n;

	if (g->ended || g->end - g->pos >= GUNZIP_MEMBER)
		return 0;
	memmove(g->in, g->in + g->pos, g->end - g->pos);
	g->end -= g->pos;
	g->pos = 0;
	while (!g->ended && g->end < sizeof g->in) {
		if (g->piece_len == 0) {
			got = g->pull(g->arg, &data);
			if (got < 0)
				return -1;
			g->ended = got == 0;
			g->piece = data;
			g->piece_len = (size_t)got;
		}
		n = sizeof g->in - g->end;
		if (n > g->piece_len)
			n = g->piece_len;
		memcpy(g->in + g->end, g->piece, n);
		g->end += n;
		g->piece += n;
		g->piece_len -= n;
	}
	return 0;
}

static ssize_t
corrupt(struct gunzip *g, const char *why)
{
	g->corrupt = true;
	msg_warn(0, "gzip: %s", why);
	return -1;
}

/*
 * Decompress the member that begins here, if it is whole and small.  Returns
 * whether it was, and stores what was made of it.  Each member is tried once,
 * and no more is made of it in vain than zlib then makes of it, so that this
 * never costs much.
 */
static bool
take_whole(struct gunzip *g, size_t *made)
{
	const unsigned char *in = g->in + g->pos;
	size_t len = g->end - g->pos, used;

	/* libdeflate would not verify the checksum of a header */
	if (len < GZIP_HEADER || in[GZIP_FLAGS] != 0)
		return false;
	if (libdeflate_gzip_decompress_ex(g->whole, in, len, g->out,
	        sizeof g->out, &used, made) != LIBDEFLATE_SUCCESS)
		return false;
	g->pos += used;
	return true;
}

/* Inflate what input there is.  Returns 0, or -1 (reported). */
static int
step(struct gunzip *g, size_t *made)
{
	int status;

	g->z.next_in = g->in + g->pos;
	g->z.avail_in = (uInt)(g->end - g->pos);
	g->z.next_out = g->out;
	g->z.avail_out = sizeof g->out;
	status = inflate(&g->z, Z_NO_FLUSH);
	g->pos = g->end - g->z.avail_in;
	*made = sizeof g->out - g->z.avail_out;
	if (status == Z_STREAM_END) {
		g->inside = false;
		(void)inflateReset(&g->z);
	} else if (status == Z_MEM_ERROR) {
		msg_nomem();
		return -1;
	} else if (status != Z_OK && status != Z_BUF_ERROR) {
		return (int)corrupt(g, "damaged");
	}
	return 0;
}

ssize_t
gunzip_pull(void *arg, const void **data)
{
	struct gunzip *g = arg;
	size_t made = 0;

	while (made == 0) {
		if (fill(g) < 0)
			return -1;
		if (g->pos == g->end && (g->inside || !g->any))
			return corrupt(g, "the end is missing");
		if (g->pos == g->end)
			return 0;
		g->any = true;
		if (!g->inside && take_whole(g, &made))
			continue;
		g->inside = true;
		if (step(g, &made) < 0)
			return -1;
	}
	*data = g->out;
	return (ssize_t)made;
}
