/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a command line and of a file, in their order. */
#include "base/names.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

int
main(void)
{
	struct names l = {0};
	char number[16];
	size_t i;
	FILE *f = fopen("list", "w");

	(void)fputs("one\n\n# none\n \ttwo \t\r\nthree and more\n   \nlast", f);
	(void)fclose(f);
	OK(names_add(&l, "first") == 0);
	OK(names_read(&l, "list") == 0);
	OK(l.n == 5);
	OK_STR(l.at[0], "first");
	OK_STR(l.at[1], "one");
	OK_STR(l.at[2], "two");
	OK_STR(l.at[3], "three");
	OK_STR(l.at[4], "last");
	OK(names_read(&l, "absent") < 0);
	OK(names_read(&l, ".") < 0);
	OK(l.n == 5);
	/* standard input, which stays open */
	f = freopen("list", "r", stdin);
	OK(f != NULL && names_read(&l, "-") == 0 && l.n == 9);
	OK(feof(stdin) != 0);
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
	OK(names_read(&l, "list") < 0);
	names_free(&l);
	return tap_done();
}
