/* SPDX-License-Identifier: Apache-2.0 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

#include "tap.h"

int
main(void)
{
	uint32_t *a = NULL, *same, sum = 0;
	size_t room = 0, i, grown = 0, before;

	for (i = 0; i < 1000; i++) {
		before = room;
		a = array_grow(a, &room, i + 1, sizeof *a);
		if (a == NULL)
			break;
		grown += room != before;
		sum += a[i];
		a[i] = (uint32_t)i;
	}
	OK(a != NULL && i == 1000 && room >= 1000);
	/* what is new is zero, what was there stays */
	OK(sum == 0 && a[0] == 0 && a[999] == 999);
	/* it doubles */
	OK(grown <= 8);
	same = array_grow(a, &room, 1, sizeof *a);
	OK(same == a);
	before = room;
	OK(array_grow(a, &room, SIZE_MAX / 2, sizeof *a) == NULL);
	OK(room == before && a[999] == 999);
	free(a);
	return tap_done();
}
