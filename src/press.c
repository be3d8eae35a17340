/* SPDX-License-Identifier: Apache-2.0 */
#include "press.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "msg.h"
#include "wire.h"

struct slot {
	unsigned char *in; /* owned; WIRE_SLICE bytes */
	unsigned char *out; /* owned; out_room bytes, the member */
	size_t in_len;
	size_t out_len;
	char digest[DIGEST_TEXT];
};

struct press {
	struct press_opts opts;
	struct crew *crew; /* owned */
	struct slot *slots; /* owned */
	size_t n_slots;
	size_t out_room; /* what a slice can become at the worst */
	struct libdeflate_compressor **gzip; /* owned; opts.jobs of them */
	bool started; /* threads, if they could be had */
	uint64_t filled; /* slices before the one that is being filled */
	uint64_t parts; /* handed on */
};

/* Compress the slot's slice.  Cannot fail: out has room for the worst. */
static void
compress(void *arg, unsigned int member, size_t slot)
{
	const struct press *p = arg;
	struct slot *s = &p->slots[slot];

	s->out_len = libdeflate_gzip_compress(p->gzip[member], s->in, s->in_len,
	    s->out, p->out_room);
	if (p->opts.digests)
		digest_of(s->out, s->out_len, s->digest);
}

/* Start as many threads as were asked for and can be had. */
static void
start(struct press *p)
{
	unsigned int n;

	p->started = true;
	for (n = 1; n < p->opts.jobs; n++) {
		p->gzip[n] = libdeflate_alloc_compressor(p->opts.level);
		if (p->gzip[n] == NULL)
			break;
	}
	if (n > 1)
		crew_start(p->crew, n);
}

/* Make the slot usable.  0, or -1 after a warning. */
static int
slot_init(const struct press *p, struct slot *s)
{
	s->in_len = 0;
	if (s->in == NULL)
		s->in = malloc(WIRE_SLICE);
	if (s->out == NULL)
		s->out = malloc(p->out_room);
	if (s->in != NULL && s->out != NULL)
		return 0;
	msg_nomem();
	return -1;
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
	p->slots = calloc(p->n_slots, sizeof *p->slots);
	p->gzip = calloc(opts->jobs, sizeof(*p->gzip));
	if (p->slots == NULL || p->gzip == NULL)
		goto nomem;
	p->gzip[0] = libdeflate_alloc_compressor(opts->level);
	if (p->gzip[0] == NULL)
		goto nomem;
	p->out_room = libdeflate_gzip_compress_bound(p->gzip[0], WIRE_SLICE);
	crew.n_slots = p->n_slots;
	p->crew = crew_open(&crew);
	if (p->crew == NULL || slot_init(p, &p->slots[0]) < 0)
		goto fail;
	return p;

nomem:
	msg_nomem();
fail:
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
		part.gzip = s->out;
		part.len = s->out_len;
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
	if (!p->started)
		start(p);
	p->filled++;
	crew_give(p->crew);
	if (drain(p, false) < 0)
		return -1;
	return slot_init(p, &p->slots[crew_next(p->crew)]);
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
		if (s->in_len == room) {
			if (next_slice(p) < 0)
				return -1;
			continue;
		}
		n = room - s->in_len;
		if (n > len)
			n = len;
		memcpy(s->in + s->in_len, from, n);
		s->in_len += n;
		from += n;
		len -= n;
	}
	return 0;
}

int
press_finish(struct press *p)
{
	if (p->slots[crew_next(p->crew)].in_len > 0)
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
	for (i = 0; p->gzip != NULL && i < p->opts.jobs; i++)
		if (p->gzip[i] != NULL)
			libdeflate_free_compressor(p->gzip[i]);
	for (i = 0; p->slots != NULL && i < p->n_slots; i++) {
		free(p->slots[i].in);
		free(p->slots[i].out);
	}
	free(p->slots);
	free(p->gzip);
	free(p);
}
