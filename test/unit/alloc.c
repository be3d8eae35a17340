/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out ends a program that wants it so, and no other one. */
#include "base/alloc.h"

#include <stdlib.h>

#include "tap.h"

static bool empty;
static int failures;

/* what ld(1) would make of the libc's, with --wrap */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__real_malloc(size_t size)
{
	return empty ? NULL : malloc(size);
}

void *
__real_calloc(size_t n, size_t size)
{
	return empty ? NULL : calloc(n, size);
}

void *
__real_realloc(void *old, size_t size)
{
	return empty ? NULL : realloc(old, size);
}

static void
fail(void)
{
	failures++;
}

/* Each call fails; so many of them are told. */
static void
tells(int wanted)
{
	failures = 0;
	OK(__wrap_malloc(1) == NULL && __wrap_calloc(1, 1) == NULL &&
	    __wrap_realloc(NULL, 1) == NULL);
	OK(failures == wanted);
}

int
main(void)
{
	char *p = __wrap_malloc(3), *q = __wrap_calloc(2, 2);

	OK(p != NULL && q != NULL && q[3] == '\0');
	p = __wrap_realloc(p, 9);
	OK(p != NULL);
	empty = true;
	tells(0);
	alloc_strict(true); /* nobody to tell */
	tells(0);
	alloc_on_failure(fail);
	tells(3);
	alloc_strict(true);
	alloc_strict(false);
	tells(3); /* one of the two is still there */
	/* nothing was asked for */
	failures = 0;
	OK(__wrap_malloc(0) == NULL && __wrap_calloc(0, 5) == NULL &&
	    __wrap_calloc(5, 0) == NULL && failures == 0);
	alloc_strict(false);
	tells(0);
	free(p);
	free(q);
	return tap_done();
}
