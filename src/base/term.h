/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: colours where a terminal shows it.
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

/* How to print to a descriptor; {0}: no colour. */
struct term {
	bool colour;
};

/*
 * What fd takes: colours where it is a terminal, and where NO_COLOR is not set
 * (no-color.org).
 */
struct term term_of(int fd);

/* What switches the colour on (ECMA-48, SGR); "" without colours. */
const char *term_sgr(const struct term *t, enum term_colour colour);

#endif
