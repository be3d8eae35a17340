/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timestamps of container logs: RFC 3339 and a blank, as container
 * runtimes and `kubectl logs --timestamps` put them before a line.
 */
#include "log/stamp.h"

#include <stdbool.h>
#include <string.h>

enum {
	STAMP_MAX = 64, /* bytes of a timestamp */
	STAMP_DAY = 24 * 60 * 60
};

static bool
stamp_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * How many bytes at s are like the format, in which 0 stands for a digit?
 * All of it, or -1 where they differ, or 0 where len bytes are too few to say.
 */
static int
stamp_like(const char *s, size_t len, const char *format)
{
	size_t i;

	for (i = 0; format[i] != '\0'; i++) {
		if (i == len)
			return 0;
		if (format[i] == '0' ? !stamp_is_digit(s[i])
		                     : s[i] != format[i])
			return -1;
	}
	return (int)i;
}

int
stamp_match(const char *s, size_t len)
{
	size_t i;
	int n;

	n = stamp_like(s, len, "0000-00-00T00:00:00");
	if (n <= 0)
		return n;
	i = (size_t)n;
	if (i < len && s[i] == '.')
		for (i++; i < len && stamp_is_digit(s[i]); i++)
			if (i > STAMP_MAX - sizeof "+00:00 ")
				return -1;
	if (i == len)
		return 0;
	if (s[i] == 'Z')
		n = stamp_like(s + i, len - i, "Z ");
	else
		n = stamp_like(s + i, len - i,
		    s[i] == '+' ? "+00:00 " : "-00:00 ");
	return n <= 0 ? n : (int)i + n;
}

/* The number that `len` digits at s make. */
static int64_t
stamp_number(const char *s, size_t len)
{
	int64_t n = 0;

	while (len-- > 0)
		n = n * 10 + (*s++ - '0');
	return n;
}

/*
 * Days from 1970-01-01 to that date of the Gregorian calendar: whole eras of
 * 400 years, years that start in March, so that the leap day is the last one.
 */
static int64_t
stamp_days(int64_t year, int64_t month, int64_t day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

/* The time that s says, of which stamp_match has seen all but the end. */
static int64_t
stamp_time(const char *s, size_t len)
{
	int64_t when, unit = 100000, micro = 0;
	size_t i = 19;

	when = stamp_days(stamp_number(s, 4), stamp_number(s + 5, 2),
	           stamp_number(s + 8, 2)) *
	        STAMP_DAY +
	    stamp_number(s + 11, 2) * 3600 + stamp_number(s + 14, 2) * 60 +
	    stamp_number(s + 17, 2);
	if (i < len && s[i] == '.')
		for (i++; i < len && stamp_is_digit(s[i]); i++, unit /= 10)
			micro += unit * (s[i] - '0');
	if (i + 6 <= len && (s[i] == '+' || s[i] == '-'))
		when += (s[i] == '+' ? -1 : 1) *
		    (stamp_number(s + i + 1, 2) * 3600 +
		        stamp_number(s + i + 4, 2) * 60);
	return when * 1000000 + micro;
}

int
stamp_find(const char *s, size_t len, int64_t *when)
{
	static const char format[] = "0000-00-00T00:00:00";
	size_t i;

	for (i = 0; i + sizeof format <= len; i++) {
		if (!stamp_is_digit(s[i]) ||
		    stamp_like(s + i, len - i, format) <= 0)
			continue;
		*when = stamp_time(s + i, len - i);
		return 0;
	}
	return -1;
}
