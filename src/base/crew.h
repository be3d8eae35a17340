/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that work through a ring of slots: the caller hands slots over one
 * after the other and gets them back in that order, done, whichever thread was
 * first.  The only user of threads.
 *
 * What a slot is, is the caller's affair; here it is a number.  A slot belongs
 * to the caller, except from crew_give to crew_take.
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>
#include <stddef.h>

struct crew_opts {
	size_t n_slots; /* in the ring; at least one */
	/*
	 * Work on a slot.  No two calls have the same `member` at a time, so
	 * that each member can have tools of its own; it is below what
	 * crew_start was given, and 0 on the caller's own thread.
	 */
	void (*work)(void *arg, unsigned int member, size_t slot);
	void *arg; /* borrowed; work's */
};

struct crew;

/* Returns a crew without threads, or NULL after a warning. */
struct crew *crew_open(const struct crew_opts *opts);

/*
 * Start `jobs` threads, or as many as can be had; only the first call does
 * anything.  Signals stay with the caller's thread.  Without threads,
 * crew_give does the work itself.
 */
void crew_start(struct crew *c, unsigned int jobs);

/* The slot that the next crew_give hands over; the caller's, if any is. */
size_t crew_next(const struct crew *c);

/* Are all slots with the crew?  Then crew_take before crew_give. */
bool crew_busy(const struct crew *c);

/* Hand crew_next's slot over. */
void crew_give(struct crew *c);

/*
 * Get the slot back that was handed over first, and with `wait` wait until it
 * is done.  Returns false where it is not done, or none was handed over.
 */
bool crew_take(struct crew *c, bool wait, size_t *slot);

/* End the threads, after the slots that they have begun.  NULL is fine. */
void crew_free(struct crew *c);

#endif
