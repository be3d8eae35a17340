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

/*
 * Convert a text in UTF-8, UTF-16 or UTF-32, with or without a byte order mark,
 * that begins with an ASCII character (YAML 1.2, 5.2).  The mark is left out;
 * halves of pairs that stand alone become U+FFFD, and so does a character that
 * is cut.
 *
 * Returns the text, owned by the caller, who frees it with free(), a NUL
 * behind it, and its length in *out_len; NULL without memory, silently.
 */
char *unicode_to_utf8(const char *text, size_t len, size_t *out_len);

#endif
