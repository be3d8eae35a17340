/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: colours where a terminal shows it, lines no wider than it.
 */
#ifndef TERM_H
#define TERM_H

#include <stdbool.h>

enum term_colour {
	TERM_PLAIN, /* ends the others */
	TERM_RED,
	TERM_GREEN,
	TERM_YELLOW,
	TERM_BOLD,
	TERM_DIM
};

/* How to print to a descriptor; {0}: no colour, no limit. */
struct term {
	bool colour;
	unsigned int width; /* columns; 0: lines are not wrapped */
};

/*
 * What fd takes: colours and its width where it is a terminal, and where
 * NO_COLOR is not set (no-color.org); else neither.  COLUMNS says another
 * width.
 */
struct term term_of(int fd);

/* What switches the colour on (ECMA-48, SGR); "" without colours. */
const char *term_sgr(const struct term *t, enum term_colour colour);

/*
 * Begins a line that stays in one piece however long it is: a command, to be
 * copied.  It is not part of what is printed.
 */
#define TERM_WHOLE "\x01"

/*
 * Text, whose lines end in newlines, wrapped at spaces; what is wrapped is
 * indented two columns more than its line.  Owned by the caller; NULL
 * (reported).
 */
char *term_wrap(const struct term *t, const char *text);

/*
 * Write text to standard output (base/out.h), wrapped.  Names in it have been
 * masked.  Returns 0, or -1 (reported); what out_flush says counts besides.
 */
int term_print(const struct term *t, const char *text);

/*
 * Write a line to standard output, or to standard error with the other
 * messages, wrapped at its terminal's width; as it is where that is not a
 * terminal.  Names in it have been masked.  term_out_line returns 0, or -1
 * (reported), as term_print does.
 */
int term_out_line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void term_err_line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
