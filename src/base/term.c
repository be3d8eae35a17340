/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: colours where a terminal shows it, lines no wider than it.
 */
#include "base/term.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/number.h"
#include "base/out.h"

enum {
	WIDTH_MIN = 40, /* narrower ones are not worth the trouble */
	WIDTH_MAX = 1000,
	HANG = 2 /* columns that a wrapped line is indented more */
};

struct term
term_of(int fd)
{
	const char *none = getenv("NO_COLOR"), *columns = getenv("COLUMNS");
	struct term t = {false, 0};
	struct winsize size;
	uint64_t n;

	if (isatty(fd) == 0)
		return t;
	t.colour = none == NULL || *none == '\0';
	if (ioctl(fd, TIOCGWINSZ, &size) == 0)
		t.width = size.ws_col;
	if (columns != NULL && number_parse(columns, 1, WIDTH_MAX, &n) == 0)
		t.width = (unsigned int)n;
	if (t.width > 0 && t.width < WIDTH_MIN)
		t.width = WIDTH_MIN;
	return t;
}

const char *
term_sgr(const struct term *t, enum term_colour colour)
{
	static const char *const codes[] = {"\033[0m", "\033[31m", "\033[32m",
	    "\033[33m", "\033[1m", "\033[2m"};

	return t->colour ? codes[colour] : "";
}

/* The columns that text[0..len) takes: colours none, a character one. */
static size_t
term_count_columns(const char *text, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '\033')
			while (i + 1 < len && text[i] != 'm')
				i++;
		else
			/* what follows the first byte in UTF-8 is none */
			n += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return n;
}

/* Print text[0..len), a line without its end. */
static void
term_print_line(FILE *to, unsigned int width, const char *text, size_t len)
{
	size_t indent = strspn(text, " "), at = 0, space, word, used;

	if (indent > len)
		indent = len;
	(void)fprintf(to, "%.*s", (int)indent, text);
	used = indent;
	for (at = indent; at < len; at += word) {
		space = strspn(text + at, " ");
		word = strcspn(text + at + space, " \n") + space;
		if (at > indent &&
		    used + term_count_columns(text + at, word) > width) {
			(void)fprintf(to, "\n%*s", (int)(indent + HANG), "");
			used = indent + HANG;
			at += space;
			word -= space;
		}
		(void)fprintf(to, "%.*s", (int)word, text + at);
		used += term_count_columns(text + at, word);
	}
	(void)fputc('\n', to);
}

char *
term_wrap(const struct term *t, const char *text)
{
	char *wrapped = NULL;
	size_t size, len;
	FILE *to = open_memstream(&wrapped, &size);
	bool whole;

	if (to == NULL) {
		msg_nomem();
		return NULL;
	}
	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		whole = strncmp(text, TERM_WHOLE, 1) == 0;
		text += whole;
		len = strcspn(text, "\n");
		if (whole || t->width == 0)
			(void)fprintf(to, "%.*s\n", (int)len, text);
		else
			term_print_line(to, t->width, text, len);
	}
	if (fclose(to) == 0)
		return wrapped;
	free(wrapped);
	msg_nomem();
	return NULL;
}

int
term_print(const struct term *t, const char *text)
{
	char *wrapped = term_wrap(t, text);

	if (wrapped == NULL)
		return -1;
	out_text(wrapped);
	free(wrapped);
	return 0;
}

/* What printf(3) would print, wrapped for t; owned, NULL (reported). */
static char *term_format(struct term t, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

static char *
term_format(struct term t, const char *format, va_list ap)
{
	char *text, *wrapped;

	if (vasprintf(&text, format, ap) < 0) {
		msg_nomem();
		return NULL;
	}
	wrapped = term_wrap(&t, text);
	free(text);
	return wrapped;
}

int
term_out_line(const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = term_format(term_of(OUT_FD), format, ap);
	va_end(ap);
	if (text == NULL)
		return -1;
	out_text(text);
	free(text);
	return 0;
}

void
term_err_line(const char *format, ...)
{
	char *text, *line, *next;
	va_list ap;

	va_start(ap, format);
	text = term_format(term_of(STDERR_FILENO), format, ap);
	va_end(ap);
	for (line = text; line != NULL && *line != '\0'; line = next) {
		next = strchrnul(line, '\n');
		if (*next != '\0')
			*next++ = '\0';
		msg_line("%s", line);
	}
	free(text);
}
