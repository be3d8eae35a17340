/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects in a cluster.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does text match the extended regular expression?  Where memory runs out, it
 * does not (reported).
 */
bool name_matches(const char *text, const char *pattern);

/*
 * Is name what Kubernetes calls a DNS subdomain (RFC 1123): up to 253
 * characters, labels of lower case letters, digits and '-' between dots?
 */
bool name_is_subdomain(const char *name);

/*
 * Random digits, lower-case hexadecimal, and NUL, into to: an even number of
 * them, up to 32.  Returns 0, or -1 (reported).
 */
int name_random(char *to, size_t digits);

#endif
