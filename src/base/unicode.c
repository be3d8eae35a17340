/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unicode's encodings, to UTF-8 (RFC 3629).
 */
#include "base/unicode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	UNICODE_REPLACEMENT = 0xfffd
};

size_t
unicode_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

uint32_t
unicode_join(uint32_t high, uint32_t low)
{
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* How a text is encoded. */
struct unicode_form {
	size_t unit; /* bytes of a unit */
	bool big; /* big endian */
	size_t mark; /* bytes of the mark */
};

/* Tell from the first bytes: the table of YAML 1.2, 5.2. */
static struct unicode_form
unicode_detect(const unsigned char *s, size_t len)
{
	static const struct {
		const char *bytes;
		const char *which; /* 1: is that byte; 0: is any but NUL */
		struct unicode_form form;
	} table[] = {{"\0\0\376\377", "1111", {4, true, 4}},
	    {"\0\0\0x", "1110", {4, true, 0}},
	    {"\377\376\0\0", "1111", {4, false, 4}},
	    {"x\0\0\0", "0111", {4, false, 0}},
	    {"\376\377", "11", {2, true, 2}}, {"\0x", "10", {2, true, 0}},
	    {"\377\376", "11", {2, false, 2}}, {"x\0", "01", {2, false, 0}},
	    {"\357\273\277", "111", {1, false, 3}}};
	size_t i, k, n;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		n = strlen(table[i].which);
		for (k = 0; k < n && k < len; k++)
			if (table[i].which[k] == '1'
			        ? s[k] != (unsigned char)table[i].bytes[k]
			        : s[k] == '\0')
				break;
		if (k == n)
			return table[i].form;
	}
	return (struct unicode_form){1, false, 0};
}

/* The unit at s, of which there may be less. */
static uint32_t
unicode_unit(const struct unicode_form *f, const unsigned char *s, size_t len)
{
	uint32_t c = 0;
	size_t i;

	if (len < f->unit)
		return UNICODE_REPLACEMENT;
	for (i = 0; i < f->unit; i++)
		c = c << 8 | s[f->big ? i : f->unit - 1 - i];
	return c;
}

/* Convert from UTF-16 or UTF-32.  Returns the length at out. */
static size_t
unicode_convert(const struct unicode_form *f, const unsigned char *s,
    size_t len, char *out)
{
	size_t at = 0, n = 0;
	uint32_t c, low;

	while (at < len) {
		c = unicode_unit(f, s + at, len - at);
		at += f->unit;
		if (c >= 0xd800 && c < 0xdc00 && f->unit == 2 && at < len) {
			low = unicode_unit(f, s + at, len - at);
			if (low >= 0xdc00 && low < 0xe000) {
				c = unicode_join(c, low);
				at += f->unit;
			}
		}
		if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
			c = UNICODE_REPLACEMENT;
		n += unicode_put(out + n, c);
	}
	return n;
}

char *
unicode_to_utf8(const char *text, size_t len, size_t *out_len)
{
	const unsigned char *s = (const unsigned char *)text;
	struct unicode_form f = unicode_detect(s, len);
	char *out;

	s += f.mark;
	len -= f.mark;
	/* two bytes of UTF-16 make three at the most, one that is cut too */
	out = malloc(f.unit == 1 ? len + 1 : len / 2 * 3 + 8);
	if (out == NULL)
		return NULL;
	if (f.unit == 1) {
		memcpy(out, s, len);
		*out_len = len;
	} else {
		*out_len = unicode_convert(&f, s, len, out);
	}
	out[*out_len] = '\0';
	return out;
}
