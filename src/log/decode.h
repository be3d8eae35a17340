/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the bundle in a pod log: log bytes in, verified pieces out.
 *
 * The lines of unpack-stream(5) are looked for.  What stands around them on a
 * line (the prefixes of `kubectl logs --prefix --timestamps`) is passed over,
 * and so is a timestamp inside a line: kubelets before 1.21 put one where the
 * container runtime split a long line.  Everything else inside a line corrupts
 * it.
 *
 *	while ((event = decode_next(d)) != DECODE_END)
 *		if (event == DECODE_MORE) {
 *			buf = decode_room(d, &n);
 *			decode_fed(d, read(fd, buf, n));
 *		} else ...
 *
 * Does no I/O, prints nothing, allocates only what JSON needs for a line's
 * few hundred bytes around the content; memory does not depend on the input.
 */
#ifndef DECODE_H
#define DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "wire.h"

enum decode_event {
	DECODE_NONE, /* never returned */
	DECODE_MORE, /* give it more of the log: decode_room, decode_fed */
	DECODE_DATA, /* data[0..data_len) belongs to the piece under way */
	DECODE_BAD, /* the piece under way is corrupt: forget its data */
	DECODE_PART, /* that was part piece.part, and its digest is right */
	DECODE_WHOLE, /* that was a json line, and its digest is right */
	DECODE_PLAIN, /* that was a json line without a digest: unverified */
	DECODE_TRAILER, /* the line that describes all parts */
	DECODE_END /* the log is at its end; nothing follows */
};

/* What a line says of itself, or what was counted where it says nothing. */
struct decode_piece {
	uint64_t part; /* DECODE_PART: its number, from 0 */
	uint64_t parts; /* DECODE_TRAILER: how many */
	uint64_t size; /* bytes of gzip, or of a tar */
	uint64_t entries; /* DECODE_WHOLE, DECODE_TRAILER: of the tar */
	char digest[DIGEST_TEXT]; /* of these bytes */
};

enum {
	DECODE_IN = 1 << 16, /* bytes of log looked at at once */
	DECODE_OUT = DECODE_IN / 4 * 3,
	DECODE_ENVELOPE = 4096 /* bytes of a line outside its content */
};

enum decode_state {
	DECODE_SEEK, /* for '{', or the line's end */
	DECODE_OBJECT, /* in a line's JSON object, outside the content */
	DECODE_CONTENT, /* in the base64 text */
	DECODE_DONE
};

/* Start with decode_start; holds nothing to free. */
struct decode {
	/* results; valid until the next call */
	const unsigned char *data;
	size_t data_len;
	struct decode_piece piece;

	/* counts, for messages */
	uint64_t foreign; /* lines that are none of the stream's */
	uint64_t damaged; /* pieces or lines of the stream given up */

	/* the input: in[pos..safe) may be read (of the content: up to three
	 * characters are left), in[..end) has arrived */
	char in[DECODE_IN];
	size_t pos, safe, end;
	size_t stamp; /* bytes at `safe` to pass over, or 0 */
	bool ended;

	enum decode_state state;

	/* the line */
	bool ours; /* something of the stream was on it */
	bool blank; /* nothing but white space so far */

	/* the JSON object, its content left out */
	char text[DECODE_ENVELOPE];
	size_t text_len;
	unsigned int depth;
	bool quoted, escaped;

	/* the content */
	bool content; /* the object has one */
	bool padded; /* '=' was seen: nothing may follow */
	uint64_t size; /* bytes so far */
	struct digest sum; /* of these */
	unsigned char out[DECODE_OUT];
};

/* Start with a new log. */
void decode_start(struct decode *d);

/*
 * Where the next bytes of the log go, at least one.  Only after DECODE_MORE.
 */
char *decode_room(struct decode *d, size_t *len);

/* len bytes are there now; 0 means that the log is at its end. */
void decode_fed(struct decode *d, size_t len);

/* Go on to the next event. */
enum decode_event decode_next(struct decode *d);

/*
 * Read a description of a whole (json's or jsonl's last line without its
 * content, or a termination message) from text[0..len).  Returns 0, or -1 if it
 * is not one; `parts` is 0 where it names none.
 */
int decode_whole(const char *text, size_t len, struct decode_piece *whole);

#endif
