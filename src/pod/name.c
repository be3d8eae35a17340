/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects in a cluster.
 */
#include "pod/name.h"

#include <regex.h>
#include <stddef.h>
#include <string.h>

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
