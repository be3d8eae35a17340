/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects in a cluster.
 */
#include "pod/name.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/msg.h"

#define LABEL "[a-z0-9]([a-z0-9-]*[a-z0-9])?"

bool
name_matches(const char *text, const char *pattern)
{
	regex_t re;
	bool matches;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		msg_nomem();
		return false;
	}
	matches = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return matches;
}

bool
name_is_subdomain(const char *name)
{
	return strlen(name) <= 253 &&
	    name_matches(name, "^" LABEL "(\\." LABEL ")*$");
}

int
name_random(char *to, size_t digits)
{
	unsigned char bytes[16];
	size_t i, n = digits / 2;

	/* up to 256 bytes come whole: getrandom(2) */
	if (getrandom(bytes, n, 0) != (ssize_t)n) {
		msg_warn(errno, "random numbers");
		return -1;
	}
	for (i = 0; i < n; i++)
		snprintf(to + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}
