/* SPDX-License-Identifier: Apache-2.0 */
/* Members of every kind and size, in pieces of every size; damage is seen. */
#include "log/decompress.h"

#include <libdeflate.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "tap.h"

enum {
	ROOM = 8 << 20,
	BIG = 3 * WIRE_SLICE + 12345
};

static unsigned char plain[ROOM], gzip[ROOM], back[ROOM];
static struct decompress g;
static bool zstd; /* what run() reads */

/* A source: gzip[at..len), in pieces of `piece`. */
struct source {
	size_t at, len, piece;
};

static ssize_t
pull(void *arg, const void **data)
{
	struct source *s = arg;
	size_t n = s->len - s->at < s->piece ? s->len - s->at : s->piece;

	*data = gzip + s->at;
	s->at += n;
	return (ssize_t)n;
}

/* Text of a kind that compresses, or noise. */
static void
make_plain(size_t len, bool noise)
{
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (unsigned char)(noise ? x >> 24 : x >> 30);
	}
}

/* Append a member as `unpack` writes it; the length of gzip then. */
static size_t
add_plain(size_t at, const unsigned char *data, size_t len)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t n = libdeflate_gzip_compress(c, data, len, gzip + at, ROOM - at);

	libdeflate_free_compressor(c);
	return at + n;
}

/* Append a member with a name and a checksum of the header. */
static size_t
add_named(size_t at, const unsigned char *data, size_t len)
{
	unsigned char name[] = "a name";
	gz_header header = {.name = name, .hcrc = 1};
	z_stream z = {0};

	(void)deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	(void)deflateSetHeader(&z, &header);
	z.next_in = data;
	z.avail_in = (uInt)len;
	z.next_out = gzip + at;
	z.avail_out = (uInt)(ROOM - at);
	(void)deflate(&z, Z_FINISH);
	(void)deflateEnd(&z);
	return at + z.total_out;
}

/* Decompress gzip[0..len); the bytes made, or -1, or -2 where corrupt. */
static ssize_t
run(size_t len, size_t piece)
{
	struct source s = {.len = len, .piece = piece};
	const void *data;
	size_t made = 0;
	ssize_t n;

	if (decompress_open(&g, pull, &s) < 0)
		return -1;
	g.zstd = zstd;
	while ((n = decompress_pull(&g, &data)) > 0) {
		memcpy(back + made, data, (size_t)n);
		made += (size_t)n;
	}
	decompress_close(&g);
	if (n < 0)
		return g.corrupt ? -2 : -1;
	return (ssize_t)made;
}

static bool
comes_back(size_t gzip_len, size_t piece, size_t len)
{
	return run(gzip_len, piece) == (ssize_t)len &&
	    memcmp(back, plain, len) == 0;
}

/* One member of each size around the slice, by both ways in. */
static void
sizes(void)
{
	static const size_t lens[] = {0, 1, 1000, WIRE_SLICE - 1, WIRE_SLICE,
	    WIRE_SLICE + 1, BIG};
	size_t i, n, good = 0;
	int noise;

	for (noise = 0; noise < 2; noise++) {
		for (i = 0; i < sizeof lens / sizeof *lens; i++) {
			make_plain(lens[i], noise);
			n = add_plain(0, plain, lens[i]);
			good += comes_back(n, 1 << 16, lens[i]);
			n = add_named(0, plain, lens[i]);
			good += comes_back(n, 1 << 16, lens[i]);
		}
	}
	OK(good == 4 * sizeof lens / sizeof *lens);
}

/* Small and large members in turn, and what they are cut into. */
static void
many(void)
{
	static const size_t pieces[] = {1, 7, 4096, 65536, DECOMPRESS_IN,
	    DECOMPRESS_IN + 1, ROOM};
	size_t at = 0, n = 0, i, len, good = 0;

	make_plain(ROOM, true);
	for (i = 0; i < 40; i++) {
		len = i % 13 == 5 ? WIRE_SLICE + i : i * 997;
		n = i % 7 == 3 ? add_named(n, plain + at, len)
		               : add_plain(n, plain + at, len);
		at += len;
	}
	for (i = 0; i < sizeof pieces / sizeof *pieces; i++)
		good += comes_back(n, pieces[i], at);
	OK(good == sizeof pieces / sizeof *pieces);
}

/* Every cut end and every flipped bit that matters are noticed. */
static void
damage(size_t (*add)(size_t, const unsigned char *, size_t), size_t header)
{
	size_t n, cut = 0, flipped = 0, i;

	make_plain(300, false);
	n = add(add(0, plain, 150), plain + 150, 150);
	OK(comes_back(n, 5, 300));
	for (i = 0; i < n; i++)
		cut += run(i, 64) == -2;
	/* but for an end between two members */
	OK(cut == n - 1);
	for (i = 0; i < n; i++) {
		gzip[i] ^= 1;
		flipped += run(n, 64) == -2;
		gzip[i] ^= 1;
	}
	/* text or not, time, extra flags and system do not matter */
	OK(flipped == n - 2 * header);
	gzip[n] = 'x';
	OK(run(n + 1, 64) == -2);
}

/* Append a frame of zstd. */
static size_t
add_frame(size_t at, const unsigned char *data, size_t len)
{
	return at + ZSTD_compress(gzip + at, ROOM - at, data, len, 3);
}

/* Frames of every size; what is cut, damaged or followed by something. */
static void
frames(void)
{
	static const size_t lens[] = {0, 1, WIRE_SLICE - 1, WIRE_SLICE,
	    WIRE_SLICE + 1, BIG};
	size_t i, n = 0, at = 0, good = 0, cut = 0;

	zstd = true;
	make_plain(ROOM, true);
	for (i = 0; i < sizeof lens / sizeof *lens; i++) {
		good += comes_back(add_frame(0, plain, lens[i]), 1 << 16,
		    lens[i]);
		memset(plain, 0, WIRE_SLICE); /* and what fills many slots */
		good += comes_back(add_frame(0, plain, lens[i]), 9, lens[i]);
	}
	OK(good == 2 * i);
	for (i = 0; i < 5; i++, at += 100)
		n = add_frame(n, plain + at, 100);
	OK(comes_back(n, 7, at));
	n = add_frame(0, plain, 300);
	for (i = 0; i < n; i++)
		cut += run(i, 64) == -2;
	OK(cut == n);
	gzip[n] = 'x';
	OK(run(n + 4, 64) == -2);
	gzip[0] ^= 1;
	OK(run(n, 64) == -2);
	zstd = false;
	OK(run(add_frame(0, plain, 300), 64) == -2);
}

/* Bytes said on standard error so far. */
static off_t
said(void)
{
	return lseek(STDERR_FILENO, 0, SEEK_CUR);
}

/* Damage is told when it is come to, however far ahead it was seen, once. */
static void
late(void)
{
	const struct timespec nap = {.tv_nsec = 50000000};
	struct source s = {.piece = 1 << 16};
	const void *data;
	off_t before = said();
	int i, good = 0;

	make_plain(6 * WIRE_SLICE, false);
	for (i = 0; i < 6; i++)
		s.len = add_plain(s.len, plain + i * WIRE_SLICE, WIRE_SLICE);
	gzip[s.len - 1] ^= 1;
	OK(decompress_open(&g, pull, &s) == 0);
	for (i = 0; i < 5; i++) {
		good += decompress_pull(&g, &data) == WIRE_SLICE &&
		    memcmp(data, plain + i * WIRE_SLICE, WIRE_SLICE) == 0;
		(void)nanosleep(&nap, NULL);
	}
	OK(good == 5);
	OK(!g.corrupt && said() == before);
	OK(decompress_pull(&g, &data) == -1 && g.corrupt && said() > before);
	before = said();
	OK(decompress_pull(&g, &data) == -1 && said() == before);
	decompress_close(&g);
	/* what nobody wants any more */
	s.at = 0;
	OK(decompress_open(&g, pull, &s) == 0);
	for (i = 0; i < 2; i++)
		OK(decompress_pull(&g, &data) == WIRE_SLICE);
	decompress_close(&g);
	OK(!g.corrupt && said() == before);
}

int
main(void)
{
	if (freopen("err", "w+", stderr) == NULL)
		return 1;
	sizes();
	many();
	damage(add_plain, 7);
	damage(add_named, 0);
	frames();
	late();
	return tap_done();
}
