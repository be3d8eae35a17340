/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations that fail without a report: in libarchive.
 */
#include "base/alloc.h"

#include <stdlib.h>

static void (*volatile on_failure)(void);
static volatile int strict; /* how many want it so */

/*
 * ld(1), --wrap: the libc's own, and what is called in their place.  Weak
 * where the option is not given, as it is with glibc: nobody calls them.
 */
#ifdef __GLIBC__
#define ALLOC_REAL __attribute__((weak))
#else
#define ALLOC_REAL
#endif
ALLOC_REAL void *__real_malloc(size_t size);
ALLOC_REAL void *__real_calloc(size_t n, size_t size);
ALLOC_REAL void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

void
alloc_on_failure(void (*fail)(void))
{
	on_failure = fail;
}

void
alloc_strict(bool on)
{
	strict += on ? 1 : -1;
}

/* p, unless it is NULL and that is to be the end. */
static void *
alloc_judge(void *p, size_t size)
{
	if (p == NULL && size > 0 && strict > 0 && on_failure != NULL)
		on_failure();
	return p;
}

void *
__wrap_malloc(size_t size)
{
	return alloc_judge(__real_malloc(size), size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return alloc_judge(__real_calloc(n, size), n > 0 ? size : 0);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return alloc_judge(__real_realloc(old, size), size);
}
