/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that work through a ring of slots: the caller hands slots over one
 * after the other and gets them back in that order, done, whichever thread was
 * first.
 */
#include "base/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/msg.h"

struct member {
	struct workers *workers; /* borrowed */
	unsigned int number;
	pthread_t thread;
};

/*
 * Slots are counted from the beginning, the remainder by n_slots is the slot:
 * taken <= begun <= given <= taken + n_slots.
 */
struct workers {
	struct workers_opts opts;
	struct member *members; /* owned */
	unsigned int n_threads; /* that run */

	uint64_t given; /* changed by the caller, under the lock */
	uint64_t taken; /* the caller's */

	pthread_mutex_t lock; /* for what follows, and `given` */
	pthread_cond_t more; /* there is a slot to begin, or `stop` */
	pthread_cond_t ready; /* a slot is done */
	uint64_t begun;
	bool *done; /* owned; by slot */
	bool stop;
};

struct workers *
workers_open(const struct workers_opts *opts)
{
	struct workers *c = calloc(1, sizeof *c);

	if (c != NULL)
		c->done = calloc(opts->n_slots, sizeof *c->done);
	if (c == NULL || c->done == NULL) {
		free(c);
		msg_nomem();
		return NULL;
	}
	c->opts = *opts;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->more, NULL);
	(void)pthread_cond_init(&c->ready, NULL);
	return c;
}

static void *
workers_work_loop(void *arg)
{
	const struct member *m = arg;
	struct workers *c = m->workers;
	size_t slot;

	(void)pthread_mutex_lock(&c->lock);
	for (;;) {
		while (c->begun == c->given && !c->stop)
			(void)pthread_cond_wait(&c->more, &c->lock);
		if (c->stop)
			break;
		slot = c->begun++ % c->opts.n_slots;
		(void)pthread_mutex_unlock(&c->lock);
		c->opts.work(c->opts.arg, m->number, slot);
		(void)pthread_mutex_lock(&c->lock);
		c->done[slot] = true;
		(void)pthread_cond_signal(&c->ready);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

void
workers_start(struct workers *c, unsigned int jobs)
{
	struct member *m;
	pthread_attr_t attr;
	sigset_t all, old;

	if (c->members != NULL)
		return;
	c->members = calloc(jobs, sizeof *c->members);
	if (c->members == NULL)
		return;
	(void)pthread_attr_init(&attr);
	if (c->opts.stack > 0)
		(void)pthread_attr_setstacksize(&attr, c->opts.stack);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	for (; c->n_threads < jobs; c->n_threads++) {
		m = &c->members[c->n_threads];
		m->workers = c;
		m->number = c->n_threads;
		if (pthread_create(&m->thread, &attr, workers_work_loop, m) !=
		    0)
			break;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
}

size_t
workers_next(const struct workers *c)
{
	return c->given % c->opts.n_slots;
}

bool
workers_busy(const struct workers *c)
{
	return c->given - c->taken == c->opts.n_slots;
}

void
workers_give(struct workers *c)
{
	size_t slot = workers_next(c);

	if (c->n_threads == 0) {
		c->given++;
		c->begun++;
		c->opts.work(c->opts.arg, 0, slot);
		c->done[slot] = true;
		return;
	}
	(void)pthread_mutex_lock(&c->lock);
	c->given++;
	(void)pthread_cond_signal(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
}

bool
workers_take(struct workers *c, bool wait, size_t *slot)
{
	bool done;

	if (c->taken == c->given)
		return false;
	*slot = c->taken % c->opts.n_slots;
	(void)pthread_mutex_lock(&c->lock);
	while (wait && !c->done[*slot])
		(void)pthread_cond_wait(&c->ready, &c->lock);
	done = c->done[*slot];
	c->done[*slot] = false;
	(void)pthread_mutex_unlock(&c->lock);
	c->taken += done;
	return done;
}

void
workers_free(struct workers *c)
{
	unsigned int i;

	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
	for (i = 0; i < c->n_threads; i++)
		(void)pthread_join(c->members[i].thread, NULL);
	(void)pthread_cond_destroy(&c->ready);
	(void)pthread_cond_destroy(&c->more);
	(void)pthread_mutex_destroy(&c->lock);
	free(c->members);
	free(c->done);
	free(c);
}
