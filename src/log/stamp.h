/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timestamps of container logs: RFC 3339 and a blank, as container
 * runtimes and `kubectl logs --timestamps` put them before a line.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stddef.h>

/*
 * The length of the timestamp and blank that s[0..len) starts with, or -1
 * where there is none, or 0 where len bytes are too few to say.
 */
int stamp_match(const char *s, size_t len);

#endif
