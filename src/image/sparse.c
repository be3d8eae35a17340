/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparse files of GNU tar in pax headers: versions 0.0, 0.1 and 1.0 (GNU tar
 * manual, "Storing Sparse Files"), read as Go's archive/tar reads them, which
 * is what container runtimes unpack layers with.
 */
#include "image/sparse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/msg.h"
#include "base/number.h"

enum {
	BLOCK = 512,
	BUFFER = 16 * 1024,
	RUNS_MAX = 1 << 20 /* a map of more is an attack */
};

void
sparse_reset(struct sparse *s)
{
	size_t i;

	free(s->numbers);
	*s = (struct sparse){.bad = false};
	for (i = 0; i < SPARSE_KEYS; i++)
		s->value[i] = "";
}

static int
sparse_add(struct sparse *s, uint64_t number)
{
	uint64_t *numbers;

	if (s->n >= 2 * (size_t)RUNS_MAX) {
		s->bad = true;
		return 0;
	}
	numbers = array_grow(s->numbers, &s->room, s->n + 1, sizeof *numbers);
	if (numbers == NULL) {
		msg_nomem();
		return -1;
	}
	s->numbers = numbers;
	s->numbers[s->n++] = number;
	return 0;
}

int
sparse_take(struct sparse *s, const char *key, const char *value)
{
	static const char *const keys[] = {"major", "minor", "name", "size",
	    "realsize", "numblocks", "map"};
	bool offset = strcmp(key, "offset") == 0;
	uint64_t n;
	size_t i;

	for (i = 0; i < SPARSE_KEYS; i++)
		if (strcmp(key, keys[i]) == 0)
			s->value[i] = value;
	/* version 0.0: a record for each number, in turns */
	if (!offset && strcmp(key, "numbytes") != 0)
		return 0;
	if (offset == (s->n % 2 == 0) &&
	    number_parse(value, 0, INT64_MAX, &n) == 0)
		return sparse_add(s, n);
	s->bad = true;
	return 0;
}

static bool
sparse_is_new(const struct sparse *s)
{
	return strcmp(s->value[SPARSE_MAJOR], "1") == 0 &&
	    strcmp(s->value[SPARSE_MINOR], "0") == 0;
}

bool
sparse_is(const struct sparse *s)
{
	const char *minor = s->value[SPARSE_MINOR];

	/* 0.0 and 0.1 need not say what they are */
	if (*s->value[SPARSE_MAJOR] == '\0' && *minor == '\0')
		return *s->value[SPARSE_MAP] != '\0' || s->n > 0 || s->bad;
	if (strcmp(s->value[SPARSE_MAJOR], "0") == 0)
		return strcmp(minor, "0") == 0 || strcmp(minor, "1") == 0;
	return sparse_is_new(s);
}

/*
 * Version 1.0: how many runs, and the numbers, a line for each, are in front of
 * the data, to a full block.  1, 0 if they are not, -1 (reported).
 */
static int
sparse_read_map(struct sparse *s, const struct blob *b, uint64_t *data)
{
	uint64_t at = 0, n, count = 0, i;
	char text[24], *end;
	ssize_t got;

	s->n = 0;
	for (i = 0; i <= 2 * count; i++) {
		got = blob_read(b, at, text, sizeof text - 1);
		if (got < 0) {
			msg_warn(errno, "read a sparse file's map");
			return -1;
		}
		text[got] = '\0';
		end = strchr(text, '\n');
		if (end == NULL)
			return 0;
		*end = '\0';
		at += (uint64_t)(end - text) + 1;
		if (number_parse(text, 0, i == 0 ? RUNS_MAX : INT64_MAX, &n) <
		    0)
			return 0;
		if (i == 0)
			count = n;
		else if (sparse_add(s, n) < 0)
			return -1;
	}
	*data = (at + BLOCK - 1) / BLOCK * BLOCK;
	return 1;
}

/*
 * Version 0.1: all numbers in one record, between commas; 0.0 has them already.
 * As sparse_read_map.
 */
static int
sparse_parse_map(struct sparse *s)
{
	const char *map = s->n == 0 ? s->value[SPARSE_MAP] : "";
	uint64_t n;

	while (*map != '\0') {
		if (number_take(&map, INT64_MAX, &n) < 0)
			return 0;
		if (sparse_add(s, n) < 0)
			return -1;
		/* a comma has a number behind it */
		if (*map != '\0' && (*map != ',' || *++map == '\0'))
			return 0;
	}
	return number_parse(s->value[SPARSE_NUMBLOCKS], 0, RUNS_MAX, &n) == 0 &&
	    s->n == 2 * n;
}

/* Append n bytes of b from `at` on; or n zeros, where b is NULL. */
static int
sparse_put(struct tempfile *to, const struct blob *b, uint64_t at, uint64_t n)
{
	char buf[BUFFER] = {0};
	ssize_t got;

	for (; n > 0; n -= (uint64_t)got, at += (uint64_t)got) {
		got = n < sizeof buf ? (ssize_t)n : (ssize_t)sizeof buf;
		if (b != NULL)
			got = blob_read(b, at, buf, (size_t)got);
		if (got <= 0) {
			msg_warn(got < 0 ? errno : EIO, "read a sparse file");
			return -1;
		}
		if (tempfile_add(to, buf, (size_t)got) < 0)
			return -1;
	}
	return 0;
}

int
sparse_expand(struct sparse *s, const struct blob *b, struct tempfile *to,
    const char *what, struct blob *out)
{
	const char *text = s->value[SPARSE_SIZE];
	uint64_t size = b->len, data = 0, end = 0, sum = 0;
	size_t i;
	int ret;

	if (*text == '\0')
		text = s->value[SPARSE_REALSIZE];
	if (s->bad ||
	    (*text != '\0' && number_parse(text, 0, INT64_MAX, &size) < 0))
		return 0;
	ret = sparse_is_new(s) ? sparse_read_map(s, b, &data)
	                       : sparse_parse_map(s);
	if (ret <= 0)
		return ret;
	/* the runs follow each other within the file, and their data is there
	 */
	for (i = 0; i < s->n; i += 2) {
		if (s->numbers[i] < end || s->numbers[i] > size ||
		    s->numbers[i + 1] > size - s->numbers[i])
			return 0;
		end = s->numbers[i] + s->numbers[i + 1];
		sum += s->numbers[i + 1];
	}
	if (s->bad || data > b->len || sum != b->len - data)
		return 0;
	if (size > to->max - to->len) {
		msg_warn(0,
		    "%s: a sparse file of %ju bytes; raise --max-size to read it",
		    what, (uintmax_t)size);
		return -1;
	}
	*out = (struct blob){to->fd, to->len, size};
	for (i = 0, end = 0; i < s->n; i += 2) {
		if (sparse_put(to, NULL, 0, s->numbers[i] - end) < 0 ||
		    sparse_put(to, b, data, s->numbers[i + 1]) < 0)
			return -1;
		end = s->numbers[i] + s->numbers[i + 1];
		data += s->numbers[i + 1];
	}
	return sparse_put(to, NULL, 0, size - end) < 0 ? -1 : 1;
}
