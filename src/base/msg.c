/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to people: the only writer to standard error.
 */
#include "base/msg.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *program = "unpack";
static char last[512]; /* enough for a result that must fit in 4 KiB */
static int last_error;

void
msg_name(const char *name)
{
	program = name;
}

const char *
msg_program(void)
{
	return program;
}

/*
 * Write a message; `keep`: behind the program's name, and for msg_last.  What
 * standard error does with it is nobody's concern: there is nowhere left to
 * complain.
 */
static void
msg_say(bool keep, int err, const char *format, va_list ap)
{
	char line[MSG_MAX + 1], *text;
	int saved = errno, n = 0, m;
	size_t len;
	int again = 2; /* a signal, and SIGALRM a second later */

	if (keep)
		n = snprintf(line, sizeof line, "%s: ", program);
	text = line + n;
	m = vsnprintf(line + n, sizeof line - (size_t)n, format, ap);
	n += m < 0 ? 0 : m;
	if (err != 0 && n < MSG_MAX) {
		m = snprintf(line + n, sizeof line - (size_t)n, ": %s",
		    strerror(err));
		n += m < 0 ? 0 : m;
	}
	if (keep) {
		/* cut at a character's end */
		len = strlen(text);
		while (len > sizeof last - 1 ||
		    (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80))
			len--;
		memcpy(last, text, len);
		last[len] = '\0';
		last_error = err;
	}
	if (n > MSG_MAX - 1) {
		n = MSG_MAX - 1;
		memset(line + n - 3, '.', 3);
	}
	line[n++] = '\n';
	while (write(STDERR_FILENO, line, (size_t)n) < 0 && errno == EINTR &&
	    --again > 0)
		continue;
	errno = saved;
}

void
msg_warn(int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	msg_say(true, err, format, ap);
	va_end(ap);
}

const char *
msg_last(void)
{
	return last;
}

int
msg_last_error(void)
{
	return last_error;
}

void
msg_line(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	msg_say(false, 0, format, ap);
	va_end(ap);
}

void
msg_nomem(void)
{
	msg_warn(0, "out of memory");
	last_error = ENOMEM;
}

/* msg_utf8, and the character in *c. */
static size_t
msg_decode(const char *s, size_t len, uint32_t *c)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n, i;

	if (len == 0)
		return 0;
	n = u[0] < 0x80   ? 1
	    : u[0] < 0xc2 ? 0
	    : u[0] < 0xe0 ? 2
	    : u[0] < 0xf0 ? 3
	    : u[0] < 0xf5 ? 4
	                  : 0;
	if (n > len)
		return 0;
	*c = n == 1 ? u[0] : u[0] & 0x7fU >> n;
	for (i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (u[i] & 0x3fU);
	}
	/* longer than it need be, surrogates, beyond Unicode: RFC 3629, 3 */
	if ((n == 3 && *c < 0x800) || (*c >= 0xd800 && *c < 0xe000) ||
	    (n == 4 && *c < 0x10000) || *c > 0x10ffff)
		return 0;
	return n;
}

size_t
msg_utf8(const char *s, size_t len)
{
	uint32_t c = 0;

	return msg_decode(s, len, &c);
}

bool
msg_is_utf8(const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		n = msg_utf8(s + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* May the character go to a terminal as it is? */
static bool
printable(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0, 0x1f}, {0x7f, 0x9f},
	    {0x61c, 0x61c}, {0x200b, 0x200f}, {0x2028, 0x202e},
	    {0x2060, 0x2069}, {0xfdd0, 0xfdef}, {0xfeff, 0xfeff},
	    {0xe0000, 0xe007f}};
	size_t i;

	for (i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return false;
	return (c & 0xfffe) != 0xfffe;
}

/*
 * Does a workflow command begin at name[at]?  GitHub's runner takes "::" at a
 * line's start, behind blanks of Unicode too, and "##[" anywhere in a line;
 * Azure's agent takes "##vso[" anywhere.
 */
static bool
msg_is_command(const char *name, size_t len, size_t at)
{
	size_t i;

	if (name[at] == '#')
		return at > 0 && name[at - 1] == '#';
	if (name[at] != ':' || at + 1 == len || name[at + 1] != ':')
		return false;
	for (i = 0; i < at; i++)
		if ((unsigned char)name[i] > ' ' &&
		    (unsigned char)name[i] < 0x80)
			return false;
	return true;
}

size_t
msg_mask_one(char unit[static 4], const char *name, size_t len, size_t at,
    size_t *used)
{
	static const char hex[] = "0123456789abcdef";
	const char *s = name + at;
	uint32_t c = 0;
	size_t n = msg_decode(s, len - at, &c);

	if (n > 0 && printable(c) && !msg_is_command(name, len, at)) {
		*used = n;
		memcpy(unit, s, n);
		if (s[0] != '\\')
			return n;
		unit[1] = '\\';
		return 2;
	}
	*used = 1;
	unit[0] = '\\';
	unit[1] = 'x';
	unit[2] = hex[(unsigned char)s[0] >> 4];
	unit[3] = hex[(unsigned char)s[0] & 15];
	return 4;
}

/* Where the last characters begin, from `from` on, that mask to <= room. */
static size_t
tail_start(const char *name, size_t len, size_t from, size_t room)
{
	char unit[4];
	size_t start = len - from > room ? len - room : from;
	size_t masked = 0, i, used;

	/* not in the middle of a character */
	while (start < len && ((unsigned char)name[start] & 0xc0) == 0x80)
		start++;
	for (i = start; i < len; i += used)
		masked += msg_mask_one(unit, name, len, i, &used);
	while (masked > room) {
		masked -= msg_mask_one(unit, name, len, start, &used);
		start += used;
	}
	return start;
}

char *
msg_mask_mem(char *out, size_t size, const char *name, size_t len)
{
	char unit[4];
	size_t i = 0, n = 0, used, got;
	size_t head = (size - 4) / 2; /* what is kept when it does not fit */
	size_t cut_out = 0, cut_in = 0;

	while (i < len) {
		got = msg_mask_one(unit, name, len, i, &used);
		if (n + got > size - 1)
			break;
		memcpy(out + n, unit, got);
		n += got;
		i += used;
		if (n <= head) {
			cut_out = n;
			cut_in = i;
		}
	}
	if (i >= len) {
		out[n] = '\0';
		return out;
	}
	memcpy(out + cut_out, "...", 3);
	n = cut_out + 3;
	i = tail_start(name, len, cut_in, size - 1 - n);
	while (i < len) {
		got = msg_mask_one(unit, name, len, i, &used);
		memcpy(out + n, unit, got);
		n += got;
		i += used;
	}
	out[n] = '\0';
	return out;
}

char *
msg_mask(char *out, size_t size, const char *name)
{
	return msg_mask_mem(out, size, name, strlen(name));
}
