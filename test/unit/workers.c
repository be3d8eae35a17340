/* SPDX-License-Identifier: Apache-2.0 */
/* Slots come back in order, not as they were done; each is worked on once. */
#include "base/workers.h"

#include <stdint.h>
#include <time.h>

#include "tap.h"

enum {
	SLOTS = 5,
	ROUNDS = 400
};

struct shop {
	uint64_t number[SLOTS]; /* what the caller put into the slot */
	uint64_t square[SLOTS]; /* what work made of it */
	unsigned int worked[SLOTS];
	unsigned int members;
};

static void
work(void *arg, unsigned int member, size_t slot)
{
	struct shop *s = arg;
	struct timespec nap = {.tv_nsec = 100000};

	/* the first is the slowest of all that are under way */
	if (s->number[slot] % SLOTS == 0)
		(void)nanosleep(&nap, NULL);
	s->square[slot] = s->number[slot] * s->number[slot];
	s->worked[slot]++;
	if (member >= s->members)
		s->worked[slot] = 1000;
}

/* Take what is done, or all of it.  Returns whether it was right. */
static bool
collect(struct workers *c, struct shop *s, uint64_t *expect, bool all)
{
	bool right = true;
	size_t slot;

	while (workers_take(c, all || workers_busy(c), &slot)) {
		right = right && s->number[slot] == *expect &&
		    s->square[slot] == *expect * *expect &&
		    s->worked[slot] == 1;
		s->worked[slot] = 0;
		++*expect;
	}
	return right;
}

static void
run(unsigned int jobs)
{
	struct shop s = {.members = jobs == 0 ? 1 : jobs};
	struct workers_opts opts = {.n_slots = SLOTS, .work = work, .arg = &s};
	struct workers *c = workers_open(&opts);
	uint64_t n, expect = 0;
	bool right = true, busy = false;
	size_t slot;

	OK(!workers_take(c, true, &slot));
	if (jobs > 0)
		workers_start(c, jobs);
	for (n = 0; n < ROUNDS; n++) {
		s.number[workers_next(c)] = n;
		workers_give(c);
		busy = busy || workers_busy(c);
		right = collect(c, &s, &expect, false) && right;
	}
	right = collect(c, &s, &expect, true) && right;
	OK(right);
	OK(expect == ROUNDS);
	OK(busy == (jobs > 0));
	/* slots that nobody takes are no reason to wait */
	workers_give(c);
	workers_give(c);
	workers_free(c);
}

int
main(void)
{
	run(0);
	run(1);
	run(2);
	run(8);
	workers_free(NULL);
	return tap_done();
}
