/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of a log: UTF-8 out of any form of Unicode, without NULs, byte
 * order marks and a terminal's control sequences.
 */
#ifndef CHARS_H
#define CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/logfile.h"

enum {
	CHARS_CLEAN = 1 << 14 /* characters converted at once */
};

/* {0} to start with. */
struct chars {
	unsigned char part[4]; /* bytes of a cut one */
	size_t part_len;
	uint32_t high; /* the first half of a surrogate pair */
	unsigned int sequence; /* bytes of a control sequence, or 0 */
	char kind; /* of that: its second byte */
	char clean[CHARS_CLEAN * 4];
};

/* Leave NULs out that f->in begins with.  Were there any? */
bool chars_skip_hole(struct logfile *f);

/*
 * Take some of f->in, which is not empty, as text: up to a NUL.  Returns the
 * bytes of *text, which may be none; it is valid until the next call, and as
 * long as f->in was.
 */
size_t chars_take(struct chars *t, struct logfile *f, const char **text);

#endif
