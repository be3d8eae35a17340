/* SPDX-License-Identifier: Apache-2.0 */
/* Names, in their order. */
#include "base/names.h"

#include "tap.h"

int
main(void)
{
	struct names l = {0};
	char number[16] = "copied";
	size_t i;

	OK(names_add(&l, "first") == 0);
	OK(names_add(&l, number) == 0);
	number[0] = 'x';
	OK(l.n == 2);
	OK_STR(l.at[0], "first");
	OK_STR(l.at[1], "copied");
	names_free(&l);
	OK(l.n == 0 && l.at == NULL);
	for (i = 0; i < NAMES_MAX; i++) {
		(void)snprintf(number, sizeof number, "%zu", i);
		if (names_add(&l, number) < 0)
			break;
	}
	OK(i == NAMES_MAX && l.n == NAMES_MAX);
	OK_STR(l.at[NAMES_MAX - 1], "99999");
	OK(names_add(&l, "one more") < 0);
	names_free(&l);
	return tap_done();
}
