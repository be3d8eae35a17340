/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out where nobody looks: libarchive goes on after some of
 * its allocations have failed, and cuts a name, or uses what is not there.  So
 * the programs are linked with --wrap=malloc and the like, and a failure can be
 * made to end them before it does harm.
 *
 * Builds without that option, those of the unit tests, are as they were.
 */
#ifndef ALLOC_H
#define ALLOC_H

#include <stdbool.h>

/*
 * What ends the program: a function of its main file, which does not return
 * and allocates nothing.
 */
void alloc_on_failure(void (*fail)(void));

/*
 * Call it, from here on, for each allocation that fails, in any thread?  It is
 * called until there was a `false` for each `true`.
 */
void alloc_strict(bool on);

#endif
