/* SPDX-License-Identifier: Apache-2.0 */
/* The same members for any number of threads; errors end all of them. */
#include "stream/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "base/digest.h"
#include "tap.h"
#include "wire.h"

enum {
	LONGS = 5,
	TAIL = 4321,
	SLICES = WIRE_SHORTS + LONGS,
	BYTES = WIRE_SHORTS * WIRE_SHORT + LONGS * WIRE_SLICE + TAIL
};

struct sink {
	struct digest sum;
	uint64_t parts;
	uint64_t fail_at; /* part */
	size_t bytes; /* decompressed */
	bool in_order;
};

static int
take(void *arg, const struct gzip_part *part)
{
	struct sink *s = arg;
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	static unsigned char out[WIRE_SLICE];
	char digest[DIGEST_TEXT];
	size_t n = 0;

	digest_of(part->gzip, part->len, digest);
	s->in_order = s->in_order && part->index == s->parts &&
	    strcmp(digest, part->digest) == 0 &&
	    libdeflate_gzip_decompress(d, part->gzip, part->len, out,
	        sizeof out, &n) == 0;
	libdeflate_free_decompressor(d);
	s->bytes += n;
	digest_add(&s->sum, out, n);
	return s->parts++ == s->fail_at ? -1 : 0;
}

/* Press SLICES slices and a tail in odd pieces. */
static int
run(struct sink *s, unsigned int jobs, uint64_t fail_at)
{
	struct gzip_opts opts = {.level = 1,
	    .jobs = jobs,
	    .digests = 1,
	    .sink = take,
	    .arg = s};
	struct gzip *p = gzip_open(&opts);
	static char buf[70001];
	size_t left = BYTES, n, i;
	int ret = 0;

	*s = (struct sink){.fail_at = fail_at, .in_order = true};
	digest_init(&s->sum);
	for (i = 0; i < sizeof buf; i++)
		buf[i] = (char)(i * i >> 3);
	while (ret == 0 && left > 0) {
		n = left < sizeof buf ? left : sizeof buf;
		ret = gzip_write(p, buf, n);
		left -= n;
	}
	if (ret == 0)
		ret = gzip_finish(p);
	gzip_free(p);
	return ret;
}

int
main(void)
{
	static const unsigned int jobs[] = {1, 2, 3, 8};
	char first[DIGEST_TEXT] = "", sum[DIGEST_TEXT];
	struct gzip_opts opts = {.level = 6, .jobs = 4, .sink = take};
	struct sink s;
	size_t i;

	for (i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		OK(run(&s, jobs[i], UINT64_MAX) == 0);
		OK(s.in_order);
		OK(s.parts == SLICES + 1);
		OK(s.bytes == BYTES);
		digest_text(&s.sum, sum);
		if (first[0] == '\0')
			memcpy(first, sum, sizeof first);
		OK_STR(sum, first);
		OK(run(&s, jobs[i], 0) < 0);
		OK(s.parts == 1);
		OK(run(&s, jobs[i], 5) < 0);
		OK(run(&s, jobs[i], SLICES) < 0);
	}
	gzip_free(gzip_open(&opts));
	gzip_free(NULL);
	return tap_done();
}
