/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that work through a ring of slots: the caller hands slots over one
 * after the other and gets them back in that order, done, whichever thread was
 * first.  The only user of threads.
 *
 * The caller decides what a slot is; here it is only a number.  A slot belongs
 * to the caller, except from workers_give to workers_take.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct workers_opts {
	size_t n_slots; /* in the ring; at least one */
	/*
	 * Work on a slot.  No two calls have the same `member` at a time, so
	 * that each member can have tools of its own; it is below what
	 * workers_start was given, and 0 on the caller's own thread.
	 */
	void (*work)(void *arg, unsigned int member, size_t slot);
	void *arg; /* borrowed; work's */
	size_t stack; /* bytes that work needs; 0: little */
};

struct workers;

/* Returns a workers without threads, or NULL (reported). */
struct workers *workers_open(const struct workers_opts *opts);

/*
 * Start `jobs` threads, or as many as the system allows; only the first call
 * does anything.  Signals stay with the caller's thread.  Without threads,
 * workers_give does the work itself.
 */
void workers_start(struct workers *c, unsigned int jobs);

/* The slot that the next workers_give hands over; the caller's, if any is. */
size_t workers_next(const struct workers *c);

/* Are all slots with the workers?  Then workers_take before workers_give. */
bool workers_busy(const struct workers *c);

/* Hand workers_next's slot over. */
void workers_give(struct workers *c);

/*
 * Get the slot back that was handed over first, and with `wait` wait until it
 * is done.  Returns false where it is not done, or none was handed over.
 */
bool workers_take(struct workers *c, bool wait, size_t *slot);

/* End the threads, after the slots that they have begun.  NULL is fine. */
void workers_free(struct workers *c);

#endif
