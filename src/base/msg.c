/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to people: the only writer to standard error.
 */
#include "base/msg.h"

#include <errno.h>
#include <stdarg.h>
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
 * End line, of which n characters are used, with a newline, and write it.
 * What standard error does with it is nobody's concern: there is nowhere
 * left to complain.
 */
static void
emit(char line[static MSG_MAX], int n)
{
	size_t len = n < 0 ? 0 : (size_t)n;
	ssize_t done;

	if (len > MSG_MAX - 1) {
		len = MSG_MAX - 1;
		line[len - 3] = line[len - 2] = line[len - 1] = '.';
	}
	line[len++] = '\n';
	do {
		done = write(STDERR_FILENO, line, len);
	} while (done < 0 && errno == EINTR);
}

/* Keep the last message: cut at a character's end. */
static void
msg_keep(int err, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof last - 1)
		n = sizeof last - 1;
	while (n > 0 && n < strlen(text) &&
	    ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	memcpy(last, text, n);
	last[n] = '\0';
	last_error = err;
}

void
msg_warn(int err, const char *format, ...)
{
	char line[MSG_MAX + 1];
	va_list ap;
	int saved = errno;
	int n, m, start;

	start = snprintf(line, sizeof line, "%s: ", program);
	n = start;
	va_start(ap, format);
	m = vsnprintf(line + n, sizeof line - (size_t)n, format, ap);
	va_end(ap);
	n += m < 0 ? 0 : m;
	if (err != 0 && n < MSG_MAX) {
		m = snprintf(line + n, sizeof line - (size_t)n, ": %s",
		    strerror(err));
		n += m < 0 ? 0 : m;
	}
	msg_keep(err, line + start);
	emit(line, n);
	errno = saved;
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
	char line[MSG_MAX + 1];
	va_list ap;
	int saved = errno;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	emit(line, n);
	errno = saved;
}

void
msg_nomem(void)
{
	msg_warn(0, "out of memory");
	last_error = ENOMEM;
}

size_t
msg_utf8(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	/* the range of the second byte; RFC 3629, section 4 */
	unsigned char low = 0x80, high = 0xbf;
	size_t need, i;

	if (len == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		need = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		need = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (need > len)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	for (i = 2; i < need; i++)
		if (u[i] < 0x80 || u[i] > 0xbf)
			return 0;
	return need;
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

/* May the well-formed character of n bytes at s go to a terminal as it is? */
static bool
printable(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned int c;

	if (n == 1)
		return u[0] >= 0x20 && u[0] != 0x7f;
	if (n == 2)
		return (u[0] != 0xc2 || u[1] >= 0xa0) &&
		    !(u[0] == 0xd8 && u[1] == 0x9c);
	if (n == 3) {
		c = (u[0] & 0x0fU) << 12 | (u[1] & 0x3fU) << 6 | (u[2] & 0x3fU);
		return !((c >= 0x200b && c <= 0x200f) ||
		    (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2060 && c <= 0x2069) || c == 0xfeff ||
		    (c >= 0xfdd0 && c <= 0xfdef) || c >= 0xfffe);
	}
	c = (u[0] & 0x07U) << 18 | (u[1] & 0x3fU) << 12 | (u[2] & 0x3fU) << 6 |
	    (u[3] & 0x3fU);
	return !(c >= 0xe0000 && c <= 0xe007f) && (c & 0xfffe) != 0xfffe;
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
	size_t n = msg_utf8(s, len - at);

	if (n > 0 && printable(s, n) && !msg_is_command(name, len, at)) {
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
