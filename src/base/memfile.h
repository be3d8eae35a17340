/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that is printed into memory.  musl's open_memstream(3) goes on
 * without what there was no memory for; here such a text is none.
 */
#ifndef MEMFILE_H
#define MEMFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct memfile {
	FILE *to; /* borrowed: what to print to */
	char *text; /* owned, until memfile_close */
	size_t len, room;
	bool failed;
};

/* Begin.  Returns 0, or -1 without memory (reported). */
int memfile_open(struct memfile *m);

/*
 * End, after memfile_open has succeeded.  Returns the text, to be freed by the
 * caller, or NULL where there was no memory for all of it (reported).
 */
char *memfile_close(struct memfile *m);

#endif
