/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to people: the only writer to standard error.
 */
#ifndef MSG_H
#define MSG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Set the name that starts every message.  Borrowed: `name` must live as long
 * as the program; before the first call messages start with "unpack".
 */
void msg_name(const char *name);

/* That name, as in "usage: NAME pod ..."; borrowed. */
const char *msg_program(void);

/*
 * Write "NAME: FORMAT...: strerror(err)\n" to standard error in one write(2).
 * With err 0 the part after the last colon is left out.  Longer messages than
 * MSG_MAX are cut and end in "...".  Names that come from outside must have
 * gone through msg_mask.  Keeps errno.  Only the first thread of a process says
 * anything.
 */
void msg_warn(int err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The text of the last msg_warn, without the program's name and the newline; ""
 * before the first one.  Borrowed until the next msg_warn.
 */
const char *msg_last(void);

/* The error number that the last msg_warn was given; 0: none. */
int msg_last_error(void);

/*
 * Write "FORMAT...\n" to standard error, without the program's name: for
 * lines that belong to the message before.  Keeps errno.
 */
void msg_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An allocation failed: say so, once. */
void msg_nomem(void);

enum {
	MSG_MAX = 8192, /* bytes of one message, its newline included */
	MSG_NAME = 4100 /* a buffer that shows any name of up to PATH_MAX */
};

/*
 * Make the untrusted bytes name[0..len) fit to print, as a reversible text: a
 * backslash becomes "\\"; control characters, bytes that are not valid UTF-8,
 * characters that reorder or hide text (U+0080-9F, U+061C, U+200B-F, U+202A-E,
 * U+2060-9, U+FEFF, U+2028-9, U+E0000-7F), and non-characters become "\xHH" for
 * each byte.  So does what would begin a workflow command: the first colon of
 * a "::" with which the name begins, and each "#" behind another one.
 *
 * Writes at most size bytes to out, its NUL included; a longer text keeps its
 * beginning and its end around "...".  size must be at least 16.  Returns out.
 */
char *msg_mask_mem(char *out, size_t size, const char *name, size_t len);

/* msg_mask_mem for a string. */
char *msg_mask(char *out, size_t size, const char *name);

/*
 * Mask the character name[at] of msg_mask_mem into unit, without a NUL.
 * Returns the length of unit, and stores in *used what it took of name.
 */
size_t msg_mask_one(char unit[static 4], const char *name, size_t len,
    size_t at, size_t *used);

/*
 * How many bytes, 1 to 4, the well-formed UTF-8 character at s has (RFC 3629),
 * or 0 where there is none within len bytes.
 */
size_t msg_utf8(const char *s, size_t len);

/* Is all of s[0..len) well-formed UTF-8? */
bool msg_is_utf8(const char *s, size_t len);

#endif
