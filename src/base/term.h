/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: colours where a terminal shows it.
 */
#ifndef TERM_H
#define TERM_H

enum term_colour {
	TERM_PLAIN, /* ends the others */
	TERM_RED,
	TERM_GREEN,
	TERM_YELLOW,
	TERM_BOLD,
	TERM_DIM
};

/*
 * What switches the colour on (ECMA-48, SGR), where standard output is a
 * terminal and NO_COLOR is not set (no-color.org); else "".
 */
const char *term_sgr(enum term_colour colour);

#endif
