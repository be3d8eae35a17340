/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects in a cluster.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>

/*
 * Is name what Kubernetes calls a DNS subdomain (RFC 1123): up to 253
 * characters, labels of lower case letters, digits and '-' between dots?
 */
bool name_is_subdomain(const char *name);

/*
 * Is it a label's value, or the name in a key: 1 to 63 letters, digits, '-',
 * '_' and '.', with a letter or digit at both ends?
 */
bool name_is_word(const char *text);

/* Is it the key of a label: NAME, or a subdomain, a slash, and NAME? */
bool name_is_key(const char *text);

#endif
