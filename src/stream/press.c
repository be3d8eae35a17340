/* SPDX-License-Identifier: Apache-2.0 */
#include "press.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "msg.h"
#include "wire.h"

/* A slice, and in its place what it was compressed to. */
struct slot {
	unsigned char *buf; /* in press's space; room bytes */
	size_t len; /* bytes in it */
	char digest[DIGEST_TEXT];
};

/* What a thread compresses with. */
struct tool {
	struct libdeflate_compressor *gzip; /* owned */
	unsigned char *out; /* in press's space; room bytes */
};

struct press {
	struct press_opts opts;
	struct crew *crew; /* owned */
	struct slot *slots; /* owned */
	size_t n_slots;
	struct tool *tools; /* owned; opts.jobs of them */
	size_t room; /* bytes that a slice can become at the worst */
	/*
	 * Owned; one for all buffers: what is never touched costs nothing, and
	 * giving memory back is slow once there are threads.
	 */
	unsigned char *space;
	uint64_t filled; /* slices before the one that is being filled */
	uint64_t parts; /* handed on */
};

/* Compress the slot's slice.  Cannot fail: there is room for the worst. */
static void
compress(void *arg, unsigned int member, size_t slot)
{
	const struct press *p = arg;
	const struct tool *t = &p->tools[member];
	struct slot *s = &p->slots[slot];

	s->len = libdeflate_gzip_compress(t->gzip, s->buf, s->len, t->out,
	    p->room);
	/* copied, as an output buffer for each slot would take more memory */
	memcpy(s->buf, t->out, s->len);
	if (p->opts.digests)
		digest_of(s->buf, s->len, s->digest);
}

/* Start as many threads as were asked for and can be had. */
static void
start(struct press *p)
{
	unsigned int n;

	for (n = 1; n < p->opts.jobs; n++) {
		p->tools[n].gzip = libdeflate_alloc_compressor(p->opts.level);
		if (p->tools[n].gzip == NULL)
			break;
	}
	if (n > 1)
		crew_start(p->crew, n);
}

/* Allocate all buffers, and the caller's compressor.  0, or -1: no memory. */
static int
make_space(struct press *p)
{
	unsigned char *next;
	size_t i;

	p->slots = calloc(p->n_slots, sizeof *p->slots);
	p->tools = calloc(p->opts.jobs, sizeof *p->tools);
	if (p->slots == NULL || p->tools == NULL)
		return -1;
	p->tools[0].gzip = libdeflate_alloc_compressor(p->opts.level);
	if (p->tools[0].gzip == NULL)
		return -1;
	p->room = libdeflate_gzip_compress_bound(p->tools[0].gzip, WIRE_SLICE);
	next = p->space = malloc((p->n_slots + p->opts.jobs) * p->room);
	if (next == NULL)
		return -1;
	for (i = 0; i < p->n_slots; i++, next += p->room)
		p->slots[i].buf = next;
	for (i = 0; i < p->opts.jobs; i++, next += p->room)
		p->tools[i].out = next;
	return 0;
}

struct press *
press_open(const struct press_opts *opts)
{
	struct press *p = calloc(1, sizeof *p);
	struct crew_opts crew = {.work = compress, .arg = p};

	if (p == NULL) {
		msg_nomem();
		return NULL;
	}
	p->opts = *opts;
	/* one is being filled, one is being handed on */
	p->n_slots = opts->jobs < 2 ? 1 : opts->jobs + 2;
	crew.n_slots = p->n_slots;
	if (make_space(p) < 0)
		msg_nomem();
	else
		p->crew = crew_open(&crew);
	if (p->crew != NULL)
		return p;
	press_free(p);
	return NULL;
}

/* Hand on the slices that are done; with `wait`, all of them.  0, or -1. */
static int
drain(struct press *p, bool wait)
{
	struct press_part part = {0};
	const struct slot *s;
	size_t slot;

	while (crew_take(p->crew, wait || crew_busy(p->crew), &slot)) {
		s = &p->slots[slot];
		part.index = p->parts++;
		part.gzip = s->buf;
		part.len = s->len;
		if (p->opts.digests)
			memcpy(part.digest, s->digest, sizeof part.digest);
		if (p->opts.sink(p->opts.arg, &part) < 0)
			return -1;
	}
	return 0;
}

/* Begin the next slice; threads pay now, as there are two.  0, or -1. */
static int
next_slice(struct press *p)
{
	if (p->filled == 0)
		start(p);
	p->filled++;
	crew_give(p->crew);
	if (drain(p, false) < 0)
		return -1;
	p->slots[crew_next(p->crew)].len = 0;
	return 0;
}

int
press_write(struct press *p, const void *buf, size_t len)
{
	const unsigned char *from = buf;
	struct slot *s;
	size_t room, n;

	while (len > 0) {
		s = &p->slots[crew_next(p->crew)];
		room = p->filled < WIRE_SHORTS ? WIRE_SHORT : WIRE_SLICE;
		if (s->len == room) {
			if (next_slice(p) < 0)
				return -1;
			continue;
		}
		n = room - s->len;
		if (n > len)
			n = len;
		memcpy(s->buf + s->len, from, n);
		s->len += n;
		from += n;
		len -= n;
	}
	return 0;
}

int
press_finish(struct press *p)
{
	if (p->slots[crew_next(p->crew)].len > 0)
		crew_give(p->crew);
	return drain(p, true);
}

void
press_free(struct press *p)
{
	size_t i;

	if (p == NULL)
		return;
	crew_free(p->crew);
	for (i = 0; p->tools != NULL && i < p->opts.jobs; i++)
		libdeflate_free_compressor(p->tools[i].gzip);
	free(p->space);
	free(p->slots);
	free(p->tools);
	free(p);
}
