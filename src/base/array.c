/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays that grow.
 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST = 16 /* elements, or bytes, of the smallest array */
};

void *
array_grow(void *array, size_t *room, size_t need, size_t size)
{
	size_t more = *room > FIRST / 2 ? *room * 2 : FIRST;
	char *grown;

	if (need <= *room)
		return array;
	if (more < need)
		more = need;
	if (more > SIZE_MAX / size)
		return NULL;
	grown = realloc(array, more * size);
	if (grown == NULL)
		return NULL;
	memset(grown + *room * size, 0, (more - *room) * size);
	*room = more;
	return grown;
}
