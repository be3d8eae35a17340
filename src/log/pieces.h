/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gather holds: gather.c fills it, whole.c judges it.
 */
#ifndef PIECES_H
#define PIECES_H

#include <stddef.h>

#include "log/gathered.h"

enum {
	PIECES_WHOLES = 8, /* different descriptions kept */
	PIECES_NAME = 256 /* bytes kept of a log's name */
};

struct pieces_part {
	uint64_t at; /* offset in the file */
	uint64_t size; /* bytes; 0 = not there */
	uint64_t log; /* number of the one it was in, from 1 */
	char digest[DIGEST_TEXT];
};

/* A description of a bundle. */
struct pieces_whole {
	struct decode_piece said;
	enum gather_format format;
	bool bare; /* it has no digest of its own, and is not of one way to
	              compress; it may be damaged */
	bool verified; /* a line whose content is what its digest says */
	uint64_t at; /* where a line's content, or an archive, is in the file */
	uint64_t log; /* number of the first log it was in; 0: a witness */
};

struct gather {
	struct gather_opts opts;
	struct gather_result is;
	bool tell;

	int fd; /* owned; the file */
	uint64_t end; /* bytes of the file that are kept */
	uint64_t under_way; /* bytes behind them, of a piece */
	bool gzip; /* that begins like gzip */
	bool over; /* more came than max_size can need */
	uint64_t conflict[2]; /* logs of two bundles, or 0 */

	uint64_t logs;
	char (*names)[PIECES_NAME]; /* owned; of the logs, masked */
	struct pieces_part *parts; /* owned */
	size_t parts_room; /* allocated */
	size_t n_parts; /* number of the last one there is, plus one */
	struct pieces_whole wholes[PIECES_WHOLES];
	size_t n_wholes;
	const struct pieces_whole *line; /* the best of lines and archives */
	struct decode_piece witness; /* what it says; 0 and "": nothing */

	/* the log under way */
	struct decode decode;
	int log_fd;
	const char *log_name; /* borrowed */
	uint64_t found; /* pieces of a stream in its text */
	bool open; /* the line at its end goes on in another */

	/* reading: part or byte that is next */
	size_t next_part;
	uint64_t next_byte;
	unsigned char buf[1 << 16];
};

/*
 * A line that was to go on in another log does not: there is none.  Returns 0,
 * or -1 (reported).
 */
int gather_end_text(struct gather *g);

/* Note that these two logs are of two bundles, unless two were noted before. */
void gather_note_conflict(struct gather *g, uint64_t log, uint64_t other);

#endif
