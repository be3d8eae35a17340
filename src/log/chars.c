/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of a log: UTF-8 out of any form of Unicode, without NULs, byte
 * order marks and a terminal's control sequences.
 */
#include "log/chars.h"

#include <string.h>

#include "base/unicode.h"

enum {
	CHARS_SEQUENCE = 64 /* bytes of a terminal's control sequence */
};

/* Put the bytes of one unit together. */
static uint32_t
chars_unit(const struct logfile *f, const unsigned char *s)
{
	uint32_t c = 0;
	unsigned int i;

	for (i = 0; i < f->unit; i++)
		c = c << 8 | s[f->big ? i : f->unit - 1 - i];
	return c;
}

/* Take a unit of UTF-16; how many bytes it made at out. */
static size_t
chars_take_unit(struct chars *t, const struct logfile *f, uint32_t c, char *out)
{
	uint32_t high = t->high;

	t->high = 0;
	if (c >= 0xd800 && c < 0xdc00) {
		t->high = c;
		return 0;
	}
	if (high != 0 && c >= 0xdc00 && c < 0xe000)
		c = unicode_join(high, c);
	if (c == 0)
		f->notes->forms |= NOTES_NUL;
	if (c == 0 || c == 0xfeff)
		return 0;
	return unicode_put(out, c > 0x10ffff ? '?' : c);
}

/* Convert some of f->in to clean[0..); how many bytes. */
static size_t
chars_convert(struct chars *t, struct logfile *f)
{
	size_t len = 0;

	while (f->in_len > 0 && len + 4 <= sizeof t->clean) {
		t->part[t->part_len++] = *f->in++;
		f->in_len--;
		if (t->part_len < f->unit)
			continue;
		t->part_len = 0;
		len += chars_take_unit(t, f, chars_unit(f, t->part),
		    t->clean + len);
	}
	return len;
}

/*
 * Is c the last byte of a terminal's control sequence (ECMA-48, 5.4; of a
 * string, 5.6, as xterm ends it)?
 */
static bool
chars_ends_sequence(const struct chars *t, char c)
{
	if (t->sequence == 2)
		return c != '[' && c != ']';
	if (t->sequence > CHARS_SEQUENCE)
		return true;
	if (t->kind == '[')
		return c >= '@' && c <= '~';
	return c == '\a' || c == '\\';
}

/* Leave control sequences out of text[0..len), in place; how much is left. */
static size_t
chars_strip(struct chars *t, char *text, size_t len, unsigned int *forms)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = text[i];
		if (c == '\033') {
			*forms |= NOTES_ANSI;
			t->sequence = 1;
		} else if (t->sequence > 0) {
			if (++t->sequence == 2)
				t->kind = c;
			if (chars_ends_sequence(t, c))
				t->sequence = 0;
		} else {
			text[n++] = c;
		}
	}
	return n;
}

bool
chars_skip_hole(struct logfile *f)
{
	size_t n;

	if (f->unit > 1)
		return false;
	for (n = 0; n < f->in_len && f->in[n] == '\0'; n++)
		continue;
	f->in += n;
	f->in_len -= n;
	if (n > 0)
		f->notes->forms |= NOTES_NUL;
	return n > 0;
}

size_t
chars_take(struct chars *t, struct logfile *f, const char **text)
{
	const char *in = (const char *)f->in, *end;
	size_t n;

	*text = t->clean;
	if (f->unit > 1)
		return chars_strip(t, t->clean, chars_convert(t, f),
		    &f->notes->forms);
	end = memchr(in, '\0', f->in_len);
	n = end != NULL ? (size_t)(end - in) : f->in_len;
	if (t->sequence == 0 && memchr(in, '\033', n) == NULL) {
		*text = in;
		f->in += n;
		f->in_len -= n;
		return n;
	}
	if (n > sizeof t->clean)
		n = sizeof t->clean;
	memcpy(t->clean, in, n);
	f->in += n;
	f->in_len -= n;
	return chars_strip(t, t->clean, n, &f->notes->forms);
}
