/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names as words: of a command line that somebody may paste, and of a line
 * that somebody, or a program, reads.
 *
 * A word is printed as it is where it has only letters, digits and
 * "._/@%+=,-", and is not empty.  Else it is quoted for a POSIX shell ('...',
 * XCU 2.2.2); where it holds what msg_mask escapes, as $'...' with \xHH for
 * each such byte (XCU 2.2.4 of POSIX.1-2024; bash, zsh and ksh have it).
 */
#ifndef QUOTE_H
#define QUOTE_H

#include <stddef.h>

enum {
	QUOTE_MAX = 4 * 4096 + 8 /* a buffer for any name of up to PATH_MAX */
};

/*
 * Print name as a word to out, at most size bytes with its NUL, of at least
 * 16; one that does not fit ends in "..." behind its quotes, which no name
 * does.  Returns out.
 */
char *quote_name(char *out, size_t size, const char *name);

/*
 * The same for a path that is an argument of a command, which must not be
 * taken for an option: "./" comes before a leading "-".  Returns out, or NULL
 * where it does not fit.
 */
char *quote_path(char *out, size_t size, const char *path);

/*
 * Read the word at text back, as quote_name has printed it and in no other
 * form, into name of size bytes.  Returns where it ends in text, or NULL: there
 * is none, it was cut, or it does not fit.
 */
const char *quote_read(const char *text, char *name, size_t size);

#endif
