/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timestamps of container logs: RFC 3339 and a blank, as container
 * runtimes and `kubectl logs --timestamps` put them before a line.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stddef.h>
#include <stdint.h>

/*
 * The length of the timestamp and blank that s[0..len) starts with, or -1
 * where there is none, or 0 where len bytes are too few to say.
 */
int stamp_match(const char *s, size_t len);

/*
 * Find the first timestamp in s[0..len) and store when that was, in
 * microseconds since 1970.  Returns 0, or -1 where there is none.
 */
int stamp_find(const char *s, size_t len, int64_t *when);

#endif
