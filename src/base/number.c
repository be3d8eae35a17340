/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and sizes in text.
 */
#include "base/number.h"

#include <string.h>

int
number_take(const char **text, uint64_t max, uint64_t *number)
{
	uint64_t n = 0, d;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		d = (uint64_t)(*p - '0');
		if (n > (max - d) / 10 || d > max)
			return -1;
		n = n * 10 + d;
	}
	*text = p;
	*number = n;
	return 0;
}

int
number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t n;

	if (number_take(&text, max, &n) < 0 || *text != '\0' || n < min)
		return -1;
	*number = n;
	return 0;
}

int
number_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *size)
{
	static const char units[] = "kKMGT";
	static const unsigned int shift[] = {10, 10, 20, 30, 40};
	const char *unit;
	unsigned int bits = 0;
	uint64_t n;

	if (number_take(&text, max, &n) < 0)
		return -1;
	if (*text != '\0') {
		unit = strchr(units, *text++);
		if (unit == NULL)
			return -1;
		bits = shift[unit - units];
		if (*text == 'i')
			text++;
		if (*text != '\0')
			return -1;
	}
	if (n > max >> bits || n << bits < min)
		return -1;
	*size = n << bits;
	return 0;
}
