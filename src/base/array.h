/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays that grow.
 */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>

/*
 * Make sure that an array of *room elements (NULL of 0) has room for `need`
 * of `size` bytes each.  It at least doubles when it grows, and what is new is
 * zero.  Returns the array, to be stored and freed by the caller, or NULL
 * without memory; then the old one is as it was, and nothing is printed.
 */
void *array_grow(void *array, size_t *room, size_t need, size_t size);

#endif
