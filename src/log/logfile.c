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
	LOGFILE_TAR = 512, /* bytes of a tar's header */
	LOGFILE_EMPTY = 20 * 512, /* of a tar of nothing, as tar(1) writes it */
	LOGFILE_EMPTY_LEAST = 2 * 512 /* and at the least: POSIX.1, pax */
};

/* Read more of the file; *len is 0 at the end.  Returns 0, or -1. */
static int
logfile_pull_raw(struct logfile *f, const unsigned char **data, size_t *len)
{
	const void *from;
	ssize_t n = f->pull(f->arg, &from);

	if (n < 0)
		return -1;
	*data = from;
	*len = (size_t)n;
	f->notes->bytes += *len;
	f->ended = n == 0;
	return 0;
}

/* Fill `first` with up to `want` bytes.  Returns 0, or -1. */
static int
logfile_fill_first(struct logfile *f, size_t want)
{
	size_t n;

	while (f->first_len < want && !f->ended) {
		if (logfile_pull_raw(f, &f->raw, &f->raw_len) < 0)
			return -1;
		n = sizeof f->first - f->first_len;
		if (n > f->raw_len)
			n = f->raw_len;
		memcpy(f->first + f->first_len, f->raw, n);
		f->first_len += n;
		f->raw += n;
		f->raw_len -= n;
	}
	return 0;
}

/* The next bytes of the file: an io_pull, for gunzip and for us. */
static ssize_t
logfile_pull(void *arg, const void **data)
{
	struct logfile *f = arg;
	size_t n;

	if (f->first_at < f->first_len) {
		n = f->first_len - f->first_at;
		*data = f->first + f->first_at;
		f->first_at += n;
		return (ssize_t)n;
	}
	if (f->raw_len == 0 && !f->ended &&
	    logfile_pull_raw(f, &f->raw, &f->raw_len) < 0)
		return -1;
	n = f->raw_len;
	*data = f->raw;
	f->raw_len = 0;
	return (ssize_t)n;
}

/*
 * Is this the header of a tar entry?  POSIX.1-1988, 10.1.1: the checksum is
 * the sum of all bytes with its own eight taken as blanks, in octal.
 */
static bool
logfile_is_tar(const char *block, size_t len)
{
	unsigned long sum = 0, said = 0;
	size_t i;

	if (len < LOGFILE_TAR)
		return false;
	for (i = 0; i < LOGFILE_TAR; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
	for (i = 148; i < 156 && block[i] == ' '; i++)
		continue;
	for (; i < 156 && block[i] >= '0' && block[i] <= '7'; i++)
		said = said * 8 + (unsigned long)(block[i] - '0');
	return sum == said && sum != ' ' * 8UL;
}

/*
 * Is that all of a tar with nothing in it?  A log of which a crash left only
 * NULs has hardly that size.
 */
static bool
logfile_is_empty_tar(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && s[i] == '\0'; i++)
		continue;
	return i == len && (len == LOGFILE_EMPTY || len == LOGFILE_EMPTY_LEAST);
}

/* How the characters of text that begins with s[0..len) are encoded. */
static void
logfile_judge_encoding(struct logfile *f, const unsigned char *s, size_t len)
{
	static const struct {
		const char *mark;
		size_t len;
		unsigned int unit;
		bool big;
	} marks[] = {{"\377\376", 2, 2, false}, {"\376\377", 2, 2, true},
	    {"\357\273\277", 3, 1, false}};
	size_t i;

	f->unit = 1;
	for (i = 0; i < sizeof marks / sizeof *marks; i++)
		if (len >= marks[i].len &&
		    memcmp(s, marks[i].mark, marks[i].len) == 0)
			break;
	if (i == sizeof marks / sizeof *marks)
		return;
	f->unit = marks[i].unit;
	f->big = marks[i].big;
	f->notes->forms |= f->unit == 2 ? NOTES_UTF16 : NOTES_MARK;
}

/* Say what of text that is not in Unicode's wider forms is not text. */
static void
logfile_judge_text(struct logfile *f, const char *s, size_t len)
{
	if (len > LOGFILE_TAR)
		len = LOGFILE_TAR;
	while (len > 0 && *s == '\0') {
		s++;
		len--;
	}
	if (f->unit == 1 && len > 0)
		notes_judge_file(f->notes, s, len);
}

int
logfile_look(struct logfile *f)
{
	static const char gzip[] = "\x1f\x8b\x08";
	char inside[LOGFILE_EMPTY + 1];
	const char *s = f->first;
	size_t len;
	bool packed;

	f->known = true;
	if (logfile_fill_first(f, LOGFILE_TAR) < 0)
		return -1;
	packed = f->first_len >= 3 && memcmp(f->first, gzip, 3) == 0;
	if (packed && logfile_fill_first(f, LOGFILE_FIRST) < 0)
		return -1;
	if (f->first_len > 0 && f->first[0] == '\0' &&
	    logfile_fill_first(f, LOGFILE_EMPTY + 1) < 0)
		return -1;
	len = f->first_len;
	if (packed) {
		len = decompress_peek(f->first, len, inside, sizeof inside);
		s = inside;
	}
	f->is_tar = logfile_is_tar(s, len) || logfile_is_empty_tar(s, len);
	if (f->is_tar)
		return 0;
	logfile_judge_encoding(f, (const unsigned char *)s, len);
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
