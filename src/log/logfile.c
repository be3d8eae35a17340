/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that a log is in: what it is, and its bytes, decompressed.
 */
#include "log/logfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "log/decompress.h"

enum {
	LOGFILE_BLOCK = 512 /* bytes of a tar's header */
};

/* Read more of the file: f->raw.  Returns 0, or -1: what pull reported. */
static int
logfile_pull_raw(struct logfile *f)
{
	const void *data;
	ssize_t n = f->pull(f->arg, &data);

	if (n < 0)
		return -1;
	f->raw = data;
	f->raw_len = (size_t)n;
	f->ended = n == 0;
	return 0;
}

/* The next bytes of the file: an io_pull, for decompress and for us. */
static ssize_t
logfile_pull(void *arg, const void **data)
{
	struct logfile *f = arg;
	size_t n = f->first_len - f->first_at;

	*data = f->first + f->first_at;
	f->first_at = f->first_len;
	if (n > 0)
		return (ssize_t)n;
	if (f->raw_len == 0 && !f->ended && logfile_pull_raw(f) < 0)
		return -1;
	n = f->raw_len;
	*data = f->raw;
	f->raw_len = 0;
	return (ssize_t)n;
}

/*
 * Does a tar begin with s[0..len)?  Its first block is the header of an entry
 * (POSIX.1-1988, 10.1.1: the checksum is the sum of all bytes with its own
 * eight taken as blanks, in octal).
 */
static bool
logfile_is_tar(const unsigned char *s, size_t len)
{
	char said[9] = "";
	unsigned long sum = 0;
	size_t i;

	if (len < LOGFILE_BLOCK)
		return false;
	for (i = 0; i < LOGFILE_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : s[i];
	memcpy(said, s + 148, 8);
	/* zeros are none */
	return sum == strtoul(said, NULL, 8) && sum != ' ' * 8UL;
}

/* Note how text that begins with s[0..len) is encoded, or that it is none. */
static void
logfile_judge_text(struct logfile *f, const unsigned char *s, size_t len)
{
	f->big = len >= 2 && memcmp(s, "\376\377", 2) == 0;
	f->wide = f->big || (len >= 2 && memcmp(s, "\377\376", 2) == 0);
	if (f->wide) {
		f->notes->forms |= NOTES_UTF16;
		return;
	}
	if (len >= 3 && memcmp(s, "\357\273\277", 3) == 0)
		f->notes->forms |= NOTES_MARK;
	if (len > LOGFILE_BLOCK)
		len = LOGFILE_BLOCK;
	for (; len > 0 && *s == '\0'; len--)
		s++;
	if (len > 0)
		notes_judge_file(f->notes, s, len);
}

int
logfile_look(struct logfile *f)
{
	unsigned char inside[LOGFILE_BLOCK];
	const unsigned char *s = f->first;
	size_t len, n;
	bool packed;

	while (f->first_len < sizeof f->first && !f->ended) {
		if (logfile_pull_raw(f) < 0)
			return -1;
		n = sizeof f->first - f->first_len;
		if (n > f->raw_len)
			n = f->raw_len;
		memcpy(f->first + f->first_len, f->raw, n);
		f->first_len += n;
		f->raw += n;
		f->raw_len -= n;
	}
	len = f->first_len;
	packed = len >= 3 && memcmp(s, "\x1f\x8b\x08", 3) == 0;
	if (packed) {
		len = decompress_peek(s, len, inside, sizeof inside);
		s = inside;
	}
	if (logfile_is_tar(s, len)) {
		f->kind = packed ? LOGFILE_GZIP : LOGFILE_TAR;
		return 0;
	}
	logfile_judge_text(f, s, len);
	if (!packed)
		return 0;
	f->notes->forms |= NOTES_GZIP;
	f->gunzip = malloc(sizeof *f->gunzip);
	if (f->gunzip == NULL) {
		msg_nomem();
		return -1;
	}
	if (decompress_open(f->gunzip, logfile_pull, f) == 0) {
		/* a signal must be heard where it is waited */
		f->gunzip->alone = true;
		return 0;
	}
	free(f->gunzip);
	f->gunzip = NULL;
	return -1;
}

int
logfile_fill(struct logfile *f)
{
	const void *data;
	ssize_t n;

	if (f->gunzip == NULL) {
		n = logfile_pull(f, &data);
	} else {
		n = decompress_pull(f->gunzip, &data);
		/* a cut file: what there is of it may do */
		if (n < 0 && f->gunzip->corrupt)
			n = 0;
	}
	if (n < 0)
		return -1;
	f->in = data;
	f->in_len = (size_t)n;
	return 0;
}

void
logfile_close(struct logfile *f)
{
	if (f->gunzip != NULL)
		decompress_close(f->gunzip);
	free(f->gunzip);
	f->gunzip = NULL;
}
