/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations that fail without a report: libarchive goes on after some of its
 * allocations have failed, and cuts a name, or uses memory that it does not
 * have.  So the programs are linked with --wrap=malloc and the like, and a
 * failure can be made to end them before it does harm.
 *
 * Builds without that option, such as those of the unit tests, do not change.
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
 * From here on, call it for each allocation that fails, in any thread, or
 * (`false`) no longer do.  It is called until there was a `false` for each
 * `true`.
 */
void alloc_strict(bool on);

#endif
