/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that a log is in: what it is, and its bytes, decompressed.
 */
#ifndef LOGFILE_H
#define LOGFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/io.h"
#include "log/notes.h"

enum {
	LOGFILE_FIRST = 1 << 16 /* bytes looked at before it is known */
};

enum logfile_kind {
	LOGFILE_TEXT, /* a log */
	LOGFILE_TAR,
	LOGFILE_GZIP /* a tar.gz, which stays compressed */
};

struct decompress;

/* {0} but for what stands first; logfile_close in every case. */
struct logfile {
	io_pull pull; /* gives the bytes as they are in the file */
	void *arg; /* borrowed; pull's */
	struct notes *notes; /* borrowed; what is seen goes there */

	unsigned char first[LOGFILE_FIRST];
	size_t first_len, first_at;
	const unsigned char *raw; /* what follows them; pull's */
	size_t raw_len;
	bool ended;
	struct decompress *gunzip; /* owned; NULL: it is not compressed */

	/* after logfile_look */
	enum logfile_kind kind;
	bool wide, big; /* UTF-16, big endian; else UTF-8 */

	/* bytes, decompressed, to be read; who reads them moves both on */
	const unsigned char *in;
	size_t in_len;
};

/* Look at the beginning: what is it?  Returns 0, or -1 (reported). */
int logfile_look(struct logfile *f);

/*
 * Get more bytes to read into f->in, all of which were read; none at the end,
 * or where a compressed file breaks off.  Returns 0, or -1: what pull reported.
 */
int logfile_fill(struct logfile *f);

void logfile_close(struct logfile *f);

#endif
