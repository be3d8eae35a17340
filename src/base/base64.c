/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 both ways.
 */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

size_t
base64_encode(char *out, const void *buf, size_t len)
{
	static const char digit[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = buf;
	char *start = out;
	uint32_t v;

	for (; len >= 3; len -= 3, p += 3) {
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = digit[v >> 6 & 63];
		*out++ = digit[v & 63];
	}
	if (len > 0) {
		v = (uint32_t)p[0] << 16;
		if (len == 2)
			v |= (uint32_t)p[1] << 8;
		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = len == 2 ? digit[v >> 6 & 63] : '=';
		*out++ = '=';
	}
	return (size_t)(out - start);
}

/* By character, the value of a base64 digit plus 64; 0: not a digit. */
static const unsigned char base64_value[256] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 126, 0, 0, 0, 127, 116, 117, 118, 119, 120, 121, 122,
    123, 124, 125, 0, 0, 0, 0, 0, 0, 0, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73,
    74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0, 0,
    0, 0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105,
    106, 107, 108, 109, 110, 111, 112, 113, 114, 115};

/*
 * Decode n groups of four digits to out.  Returns 0, or -1 where a character is
 * not a digit.
 */
static int
base64_decode_groups(unsigned char *out, const char *text, size_t n)
{
	const unsigned char *t = (const unsigned char *)text;
	uint32_t a, b, c, d;

	for (; n > 0; n--, t += 4, out += 3) {
		a = base64_value[t[0]];
		b = base64_value[t[1]];
		c = base64_value[t[2]];
		d = base64_value[t[3]];
		if ((a & b & c & d) == 0)
			return -1;
		out[0] = (unsigned char)(a << 2 | (b >> 4 & 3));
		out[1] = (unsigned char)(b << 4 | (c >> 2 & 15));
		out[2] = (unsigned char)(c << 6 | (d & 63));
	}
	return 0;
}

ssize_t
base64_decode(void *out, const char *text, size_t len)
{
	unsigned char *p = out, last[3];
	char group[4];
	size_t pad = 0;

	if (len % 4 != 0)
		return -1;
	if (len == 0)
		return 0;
	len -= sizeof group;
	memcpy(group, text + len, sizeof group);
	if (base64_decode_groups(p, text, len / 4) < 0)
		return -1;
	/* padding stands for bits that are zero, as are unused ones before it
	 */
	for (; pad < 2 && group[3 - pad] == '='; pad++)
		group[3 - pad] = 'A';
	if (base64_decode_groups(last, group, 1) < 0 ||
	    (pad > 0 && last[2] != 0) || (pad > 1 && last[1] != 0))
		return -1;
	p += len / 4 * 3;
	memcpy(p, last, sizeof last - pad);
	return p - (unsigned char *)out + (ssize_t)(sizeof last - pad);
}
