/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648, section 4), with padding.
 */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <sys/types.h>

/* Characters of base64 (RFC 4648, section 4) with padding for n bytes. */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/*
 * Encode buf[0..len) as base64 with padding; no NUL is added.  out must have
 * room for BASE64_LEN(len).  Returns the characters written.  To encode a
 * stream in pieces, give every piece but the last a multiple of three bytes.
 */
size_t base64_encode(char *out, const void *buf, size_t len);

/*
 * Decode text[0..len), whole groups of four characters, into out (room for len
 * / 4 * 3 bytes; out may be text itself).  Strict: no blanks, no other
 * alphabet, '=' only in the last group, unused bits zero.  Returns the bytes
 * written, or -1 where the text is not base64.
 */
ssize_t base64_decode(void *out, const char *text, size_t len);

#endif
