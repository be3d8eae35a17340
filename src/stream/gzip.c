/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes -> gzip members (RFC 1952), one for each slice of WIRE_SLICE bytes,
 * compressed on several threads, handed on in order, in constant memory. The
 * only user of libdeflate in `unpack`.
 */
#include "stream/gzip.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/workers.h"
#include "base/msg.h"
#include "wire.h"

/* A slice, and in its place what it was compressed to. */
struct slot {
	unsigned char *buf; /* in gzip's space; room bytes */
	size_t len; /* bytes in it */
	char digest[DIGEST_TEXT];
};

/* What a thread compresses with. */
struct tool {
	struct libdeflate_compressor *gzip; /* owned */
	unsigned char *out; /* in gzip's space; room bytes */
};

struct gzip {
	struct gzip_opts opts;
	struct workers *workers; /* owned */
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
	const struct gzip *p = arg;
	const struct tool *t = &p->tools[member];
	struct slot *s = &p->slots[slot];

	s->len = libdeflate_gzip_compress(t->gzip, s->buf, s->len, t->out,
	    p->room);
	/* copied, as an output buffer for each slot would take more memory */
	memcpy(s->buf, t->out, s->len);
	if (p->opts.digests)
		digest_of(s->buf, s->len, s->digest);
}

struct gzip *
gzip_open(const struct gzip_opts *opts)
{
	struct gzip *p = calloc(1, sizeof *p);
	struct workers_opts workers = {.work = compress, .arg = p};
	unsigned char *next;
	size_t i;

	if (p == NULL)
		goto nomem;
	p->opts = *opts;
	/* one is being filled, one is being handed on */
	p->n_slots = opts->jobs < 2 ? 1 : opts->jobs + 2;
	p->slots = calloc(p->n_slots, sizeof *p->slots);
	p->tools = calloc(opts->jobs, sizeof *p->tools);
	if (p->slots == NULL || p->tools == NULL)
		goto nomem;
	p->tools[0].gzip = libdeflate_alloc_compressor(opts->level);
	if (p->tools[0].gzip == NULL)
		goto nomem;
	p->room = libdeflate_gzip_compress_bound(p->tools[0].gzip, WIRE_SLICE);
	next = p->space = malloc((p->n_slots + opts->jobs) * p->room);
	if (next == NULL)
		goto nomem;
	for (i = 0; i < p->n_slots; i++, next += p->room)
		p->slots[i].buf = next;
	for (i = 0; i < opts->jobs; i++, next += p->room)
		p->tools[i].out = next;
	workers.n_slots = p->n_slots;
	p->workers = workers_open(&workers);
	if (p->workers != NULL)
		return p;
	gzip_free(p);
	return NULL;

nomem:
	msg_nomem();
	gzip_free(p);
	return NULL;
}

/* Hand on the slices that are done; with `wait`, all of them.  0, or -1. */
static int
gzip_drain_slots(struct gzip *p, bool wait)
{
	struct gzip_part part;
	const struct slot *s;
	size_t slot;

	while (
	    workers_take(p->workers, wait || workers_busy(p->workers), &slot)) {
		s = &p->slots[slot];
		part = (struct gzip_part){p->parts++, s->buf, s->len,
		    s->digest};
		if (p->opts.sink(p->opts.arg, &part) < 0)
			return -1;
	}
	return 0;
}

int
gzip_write(struct gzip *p, const void *buf, size_t len)
{
	const unsigned char *from = buf;
	struct slot *s;
	size_t room, n;
	unsigned int jobs = 1; /* that have their tools */
	struct libdeflate_compressor *more;

	while (len > 0) {
		s = &p->slots[workers_next(p->workers)];
		room = p->filled < WIRE_SHORTS ? WIRE_SHORT : WIRE_SLICE;
		if (s->len == room) {
			/* the next slice: threads pay, as there are two */
			for (; p->filled == 0 && jobs < p->opts.jobs; jobs++) {
				more = libdeflate_alloc_compressor(
				    p->opts.level);
				if (more == NULL)
					break;
				p->tools[jobs].gzip = more;
			}
			if (p->filled++ == 0 && jobs > 1)
				workers_start(p->workers, jobs);
			workers_give(p->workers);
			if (gzip_drain_slots(p, false) < 0)
				return -1;
			p->slots[workers_next(p->workers)].len = 0;
			continue;
		}
		n = room - s->len < len ? room - s->len : len;
		memcpy(s->buf + s->len, from, n);
		s->len += n;
		from += n;
		len -= n;
	}
	return 0;
}

int
gzip_finish(struct gzip *p)
{
	if (p->slots[workers_next(p->workers)].len > 0)
		workers_give(p->workers);
	return gzip_drain_slots(p, true);
}

void
gzip_free(struct gzip *p)
{
	size_t i;

	if (p == NULL)
		return;
	workers_free(p->workers);
	for (i = 0; p->tools != NULL && i < p->opts.jobs; i++)
		libdeflate_free_compressor(p->tools[i].gzip);
	free(p->space);
	free(p->slots);
	free(p->tools);
	free(p);
}
