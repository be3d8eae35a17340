/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unicode's encodings, to UTF-8 (RFC 3629).
 */
#ifndef UNICODE_H
#define UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* Write the character to out, 1 to 4 bytes.  Returns how many. */
size_t unicode_put(char *out, uint32_t c);

/* The second half of a UTF-16 pair, with its first half: the character. */
uint32_t unicode_join(uint32_t high, uint32_t low);

#endif
