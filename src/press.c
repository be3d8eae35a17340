/* SPDX-License-Identifier: Apache-2.0 */
#include "press.h"

#include <libdeflate.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "wire.h"

/*
 * The slots form a ring.  The caller fills the one at `fill`, workers take
 * full ones from `take` on, and the caller hands them on from `emit` on:
 * emit <= take <= fill <= emit + n_slots.  These count slices from the
 * beginning; the remainder by n_slots is the slot.
 */
struct slot {
	unsigned char *in; /* owned; WIRE_SLICE bytes */
	unsigned char *out; /* owned; out_room bytes, after p */
	size_t in_len;
	size_t out_len; /* 0 = not compressed yet */
	char digest[DIGEST_TEXT];
};

struct worker {
	struct press *press; /* borrowed */
	struct libdeflate_compressor *gzip; /* owned */
	pthread_t thread;
};

struct press {
	struct press_opts opts;
	struct slot *slots; /* owned */
	size_t n_slots;
	size_t out_room; /* what a slice can become at the worst */
	struct worker *workers; /* owned; the first works for the caller too */
	size_t n_threads; /* that run; 0 = the caller compresses */
	bool tried; /* to start threads */

	uint64_t fill;
	uint64_t emit;

	pthread_mutex_t lock; /* for what follows and the slots' out_len */
	pthread_cond_t full; /* there is a slot to compress, or `stop` */
	pthread_cond_t done; /* one has been compressed */
	uint64_t take;
	uint64_t ready; /* slices before this one are full */
	bool stop;
};

/* Compress the slot's slice.  Cannot fail: out has room for the worst. */
static void
compress(const struct worker *w, struct slot *s)
{
	const struct press *p = w->press;

	s->out_len = libdeflate_gzip_compress(w->gzip, s->in, s->in_len, s->out,
	    p->out_room);
	if (p->opts.digests)
		digest_of(s->out, s->out_len, s->digest);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct press *p = w->press;
	struct slot *s, copy;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->take == p->ready && !p->stop)
			(void)pthread_cond_wait(&p->full, &p->lock);
		if (p->stop)
			break;
		s = &p->slots[p->take++ % p->n_slots];
		copy = *s;
		(void)pthread_mutex_unlock(&p->lock);
		compress(w, &copy);
		(void)pthread_mutex_lock(&p->lock);
		*s = copy;
		(void)pthread_cond_signal(&p->done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/*
 * Start as many threads as were asked for and can be had.  Signals stay with
 * the caller's thread.
 */
static void
start(struct press *p)
{
	sigset_t all, old;
	struct worker *w;

	p->tried = true;
	if (p->opts.jobs < 2)
		return;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	for (; p->n_threads < p->opts.jobs; p->n_threads++) {
		w = &p->workers[p->n_threads];
		w->press = p;
		if (w->gzip == NULL)
			w->gzip = libdeflate_alloc_compressor(p->opts.level);
		if (w->gzip == NULL ||
		    pthread_create(&w->thread, NULL, work, w) != 0)
			break;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Make the slot usable.  0, or -1 after a warning. */
static int
slot_init(const struct press *p, struct slot *s)
{
	s->in_len = 0;
	s->out_len = 0;
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

	if (p == NULL) {
		msg_nomem();
		return NULL;
	}
	p->opts = *opts;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->full, NULL);
	(void)pthread_cond_init(&p->done, NULL);
	/* one is being filled, one is being handed on */
	p->n_slots = opts->jobs < 2 ? 1 : opts->jobs + 2;
	p->slots = calloc(p->n_slots, sizeof *p->slots);
	p->workers = calloc(opts->jobs, sizeof *p->workers);
	if (p->slots == NULL || p->workers == NULL)
		goto fail;
	p->workers[0].press = p;
	p->workers[0].gzip = libdeflate_alloc_compressor(opts->level);
	if (p->workers[0].gzip == NULL)
		goto fail;
	p->out_room = libdeflate_gzip_compress_bound(p->workers[0].gzip,
	    WIRE_SLICE);
	if (slot_init(p, &p->slots[0]) == 0)
		return p;
	press_free(p);
	return NULL;

fail:
	msg_nomem();
	press_free(p);
	return NULL;
}

/* Hand on the oldest slice, which has been compressed.  0, or -1. */
static int
emit(struct press *p)
{
	const struct slot *s = &p->slots[p->emit % p->n_slots];
	struct press_part part = {.index = p->emit,
	    .gzip = s->out,
	    .len = s->out_len};

	if (p->opts.digests)
		memcpy(part.digest, s->digest, sizeof part.digest);
	p->emit++;
	return p->opts.sink(p->opts.arg, &part);
}

/*
 * Hand on the slices that are done, and wait for more until fewer than `most`
 * are under way.  0, or -1.
 */
static int
drain(struct press *p, uint64_t most)
{
	const struct slot *s;
	bool done;

	while (p->emit < p->fill) {
		s = &p->slots[p->emit % p->n_slots];
		(void)pthread_mutex_lock(&p->lock);
		while (s->out_len == 0 && p->fill - p->emit >= most)
			(void)pthread_cond_wait(&p->done, &p->lock);
		done = s->out_len != 0;
		(void)pthread_mutex_unlock(&p->lock);
		if (!done)
			break;
		if (emit(p) < 0)
			return -1;
	}
	return 0;
}

/* The slot at `fill` is full.  0, or -1. */
static int
submit(struct press *p)
{
	struct slot *s = &p->slots[p->fill % p->n_slots];

	p->fill++;
	if (p->n_threads == 0) {
		compress(&p->workers[0], s);
		return emit(p);
	}
	(void)pthread_mutex_lock(&p->lock);
	p->ready = p->fill;
	(void)pthread_cond_signal(&p->full);
	(void)pthread_mutex_unlock(&p->lock);
	return drain(p, p->n_slots);
}

int
press_write(struct press *p, const void *buf, size_t len)
{
	const unsigned char *from = buf;
	struct slot *s;
	size_t n;

	while (len > 0) {
		s = &p->slots[p->fill % p->n_slots];
		if (s->in_len == WIRE_SLICE) {
			/* more than one slice: now threads pay */
			if (!p->tried)
				start(p);
			if (submit(p) < 0)
				return -1;
			s = &p->slots[p->fill % p->n_slots];
			if (slot_init(p, s) < 0)
				return -1;
		}
		n = WIRE_SLICE - s->in_len;
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
	if (p->slots[p->fill % p->n_slots].in_len > 0 && submit(p) < 0)
		return -1;
	return drain(p, 1);
}

void
press_free(struct press *p)
{
	size_t i;

	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	(void)pthread_cond_broadcast(&p->full);
	(void)pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n_threads; i++)
		(void)pthread_join(p->workers[i].thread, NULL);
	for (i = 0; p->workers != NULL && i < p->opts.jobs; i++)
		if (p->workers[i].gzip != NULL)
			libdeflate_free_compressor(p->workers[i].gzip);
	for (i = 0; p->slots != NULL && i < p->n_slots; i++) {
		free(p->slots[i].in);
		free(p->slots[i].out);
	}
	free(p->slots);
	free(p->workers);
	(void)pthread_cond_destroy(&p->done);
	(void)pthread_cond_destroy(&p->full);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}
