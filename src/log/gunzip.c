/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompresses gzip (RFC 1952) as the caller pulls, any number of members, in
 * constant memory.
 */
#include "log/gunzip.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zconf.h: input is not written to */
#include <zlib.h>

#include "base/cpus.h"
#include "base/workers.h"
#include "base/msg.h"

enum {
	GZIP_ID1 = 0x1f, /* the first byte of a member */
	/* zlib.h: this much window, and a gzip header, not a zlib one */
	GZIP_WINDOW = 15 + 16,
	/* RFC 1952, 2.3: of a member's header; what follows them is optional */
	GZIP_FLAGS = 3,
	GZIP_HEADER = 10
};

/* ----------------------------------------------------------------- members */

/*
 * See that all of the next member is in `in`, if it is one for libdeflate, or
 * all that there is.  Returns 0, or -1 (reported).
 */
static int
gunzip_fill_input(struct gunzip *g)
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

/*
 * Decompress the member that begins here, if it is whole and small.  Returns
 * whether it was.  Each member is tried once, and no more is made of it in
 * vain than zlib then makes of it, so that this never costs much.
 */
static bool
take_whole(struct gunzip *g, struct gunzip_slot *s)
{
	const unsigned char *in = g->in + g->pos;
	size_t len = g->end - g->pos, used, made;

	/* libdeflate would not verify the checksum of a header */
	if (len < GZIP_HEADER || in[GZIP_FLAGS] != 0)
		return false;
	if (libdeflate_gzip_decompress_ex(g->whole, in, len, s->out,
	        sizeof s->out, &used, &made) != LIBDEFLATE_SUCCESS)
		return false;
	g->pos += used;
	s->len = (ssize_t)made;
	return true;
}

/* Inflate what input there is.  Returns 0, or -1. */
static int
take_some(struct gunzip *g, struct gunzip_slot *s)
{
	int status;

	g->z->next_in = g->in + g->pos;
	g->z->avail_in = (uInt)(g->end - g->pos);
	g->z->next_out = s->out;
	g->z->avail_out = sizeof s->out;
	g->inside = true;
	status = inflate(g->z, Z_NO_FLUSH);
	g->pos = g->end - g->z->avail_in;
	s->len = (ssize_t)(sizeof s->out - g->z->avail_out);
	if (status == Z_STREAM_END) {
		g->inside = false;
		(void)inflateReset(g->z);
	} else if (status == Z_MEM_ERROR) {
		msg_nomem();
		return -1;
	} else if (status != Z_OK && status != Z_BUF_ERROR) {
		s->why = "invalid gzip data";
		return -1;
	}
	return 0;
}

/* Fill the slot, or leave it empty at the end.  Returns 0, or -1. */
static int
read_slot(struct gunzip *g, struct gunzip_slot *s)
{
	while (s->len == 0) {
		if (gunzip_fill_input(g) < 0)
			return -1;
		if (g->pos == g->end && g->any && !g->inside)
			return 0;
		if (g->pos == g->end) {
			s->why = "the end is missing";
			return -1;
		}
		if (g->any && !g->inside && g->in[g->pos] != GZIP_ID1) {
			s->why =
			    "followed by data that is not gzip; remove it, or compress the log again";
			return -1;
		}
		g->any = true;
		if ((g->inside || !take_whole(g, s)) && take_some(g, s) < 0)
			return -1;
	}
	return 0;
}

/* ----------------------------------------------------------------- workers */

static void
gunzip_decompress_slot(void *arg, unsigned int member, size_t slot)
{
	struct gunzip *g = arg;
	struct gunzip_slot *s = &g->slots[slot];

	(void)member;
	s->len = 0;
	s->why = NULL;
	if (g->failed || read_slot(g, s) < 0) {
		g->failed = true;
		s->len = -1;
	}
}

int
gunzip_open(struct gunzip *g, io_pull pull, void *arg)
{
	const struct workers_opts opts = {.n_slots = GUNZIP_SLOTS,
	    .work = gunzip_decompress_slot,
	    .arg = g};

	g->name = "gzip";
	g->corrupt = g->ahead = g->alone = false;
	g->made = 0;
	g->pull = pull;
	g->arg = arg;
	g->piece_len = g->pos = g->end = 0;
	g->ended = g->inside = g->any = g->failed = false;
	g->workers = workers_open(&opts);
	if (g->workers == NULL)
		return -1;
	g->whole = libdeflate_alloc_decompressor();
	g->z = calloc(1, sizeof *g->z);
	if (g->whole != NULL && g->z != NULL &&
	    inflateInit2(g->z, GZIP_WINDOW) == Z_OK)
		return 0;
	free(g->z);
	libdeflate_free_decompressor(g->whole);
	workers_free(g->workers);
	msg_nomem();
	return -1;
}

void
gunzip_close(struct gunzip *g)
{
	workers_free(g->workers);
	(void)inflateEnd(g->z);
	free(g->z);
	libdeflate_free_decompressor(g->whole);
}

/* Start a thread if a slice was read, there is more, and it can be of use. */
static void
gunzip_start_thread(struct gunzip *g)
{
	if (g->alone || g->ahead || g->made < WIRE_SLICE ||
	    (g->ended && g->pos == g->end))
		return;
	g->ahead = true;
	if (cpus_allowed() > 1)
		workers_start(g->workers, 1);
}

ssize_t
gunzip_pull(void *arg, const void **data)
{
	struct gunzip *g = arg;
	const struct gunzip_slot *s;
	size_t slot;

	gunzip_start_thread(g);
	/* also the one that was read until now */
	do
		workers_give(g->workers);
	while (g->ahead && !workers_busy(g->workers));
	(void)workers_take(g->workers, true, &slot);
	s = &g->slots[slot];
	if (s->why != NULL) {
		g->corrupt = true;
		msg_warn(0, "%s: %s", g->name, s->why);
	}
	if (s->len > 0)
		g->made += (size_t)s->len;
	*data = s->out;
	return s->len;
}

size_t
gunzip_peek(const void *in, size_t len, void *out, size_t size)
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
