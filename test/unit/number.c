/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include "tap.h"

int
main(void)
{
	uint64_t n;

	OK(number_parse("0", 0, 9, &n) == 0 && n == 0);
	OK(number_parse("18446744073709551615", 0, UINT64_MAX, &n) == 0 &&
	    n == UINT64_MAX);
	OK(number_parse("18446744073709551616", 0, UINT64_MAX, &n) < 0);
	OK(number_parse("10", 0, 9, &n) < 0);
	OK(number_parse("0", 1, 9, &n) < 0);
	OK(number_parse("", 0, 9, &n) < 0);
	OK(number_parse("-1", 0, 9, &n) < 0);
	OK(number_parse(" 1", 0, 9, &n) < 0);
	OK(number_parse("1x", 0, 9, &n) < 0);
	OK(number_parse_size("10Mi", 0, UINT64_MAX, &n) == 0 && n == 10 << 20);
	OK(number_parse_size("10M", 0, UINT64_MAX, &n) == 0 && n == 10 << 20);
	OK(number_parse_size("512", 0, UINT64_MAX, &n) == 0 && n == 512);
	OK(number_parse_size("16777216T", 0, UINT64_MAX, &n) < 0);
	OK(number_parse_size("1MB", 0, UINT64_MAX, &n) < 0);
	OK(number_parse_size("Mi", 0, UINT64_MAX, &n) < 0);
	return tap_done();
}
