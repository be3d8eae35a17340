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
	BUFFER = 64 * 1024,
	RUNS_MAX = 1 << 20 /* a map of more is an attack */
};

static int
sparse_add_run(struct sparse *s, uint64_t at, uint64_t len)
{
	struct sparse_run *runs;

	if (s->n_runs >= RUNS_MAX) {
		s->bad = true;
		return 0;
	}
	runs = array_grow(s->runs, &s->room, s->n_runs + 1, sizeof *runs);
	if (runs == NULL) {
		msg_nomem();
		return -1;
	}
	s->runs = runs;
	s->runs[s->n_runs++] = (struct sparse_run){at, len};
	return 0;
}

/* Version 0.0: a record for each number. */
static int
sparse_take_number(struct sparse *s, bool offset, const char *value)
{
	uint64_t n;

	if (s->half == offset || number_parse(value, 0, INT64_MAX, &n) < 0) {
		s->bad = true;
		return 0;
	}
	s->has_map = true;
	s->half = offset;
	if (offset)
		return sparse_add_run(s, n, 0);
	if (s->n_runs > 0)
		s->runs[s->n_runs - 1].len = n;
	return 0;
}

/* Version 0.1: all numbers in one record, between commas. */
static int
sparse_take_map(struct sparse *s, const char *value)
{
	char number[24];
	size_t len;

	s->n_runs = 0;
	s->half = false;
	for (; *value != '\0'; value += len + (value[len] == ',')) {
		len = strcspn(value, ",");
		if (len >= sizeof number) {
			s->bad = true;
			return 0;
		}
		memcpy(number, value, len);
		number[len] = '\0';
		if (sparse_take_number(s, !s->half, number) < 0)
			return -1;
	}
	return 0;
}

static void
sparse_keep(struct sparse *s, char *to, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (len >= size)
		s->bad = true;
	else
		memcpy(to, value, len + 1);
}

int
sparse_take(struct sparse *s, const char *key, const char *value)
{
	if (strcmp(key, "offset") == 0)
		return sparse_take_number(s, true, value);
	if (strcmp(key, "numbytes") == 0)
		return sparse_take_number(s, false, value);
	if (strcmp(key, "map") == 0)
		return sparse_take_map(s, value);
	if (strcmp(key, "major") == 0)
		sparse_keep(s, s->major, sizeof s->major, value);
	else if (strcmp(key, "minor") == 0)
		sparse_keep(s, s->minor, sizeof s->minor, value);
	else if (strcmp(key, "name") == 0)
		sparse_keep(s, s->name, sizeof s->name, value);
	else if (strcmp(key, "size") == 0)
		sparse_keep(s, s->size, sizeof s->size, value);
	else if (strcmp(key, "realsize") == 0)
		sparse_keep(s, s->realsize, sizeof s->realsize, value);
	else if (strcmp(key, "numblocks") == 0)
		sparse_keep(s, s->numblocks, sizeof s->numblocks, value);
	return 0;
}

static bool
sparse_is_new(const struct sparse *s)
{
	return strcmp(s->major, "1") == 0 && strcmp(s->minor, "0") == 0;
}

bool
sparse_is(const struct sparse *s)
{
	if (s->major[0] == '\0' && s->minor[0] == '\0')
		return s->has_map; /* 0.0 and 0.1 need not say what they are */
	if (strcmp(s->major, "0") == 0)
		return strcmp(s->minor, "0") == 0 || strcmp(s->minor, "1") == 0;
	return sparse_is_new(s);
}

/* A number and a newline at *at of b: 1, 0 if there is none, -1 (reported). */
static int
sparse_read_number(const struct blob *b, uint64_t *at, uint64_t *n)
{
	char text[24], *end;
	ssize_t got = blob_read(b, *at, text, sizeof text - 1);

	if (got < 0) {
		msg_warn(errno, "read a sparse file's map");
		return -1;
	}
	text[got] = '\0';
	end = strchr(text, '\n');
	if (end == NULL)
		return 0;
	*end = '\0';
	*at += (uint64_t)(end - text) + 1;
	return number_parse(text, 0, INT64_MAX, n) == 0;
}

/* Version 1.0: the map is in front of the data, to a full block. */
static int
sparse_read_map(struct sparse *s, const struct blob *b, uint64_t *data)
{
	uint64_t count, i, at = 0, offset, len;
	int ret = sparse_read_number(b, &at, &count);

	s->n_runs = 0;
	if (ret > 0 && count > RUNS_MAX)
		return 0;
	for (i = 0; ret > 0 && i < count; i++) {
		ret = sparse_read_number(b, &at, &offset);
		if (ret > 0)
			ret = sparse_read_number(b, &at, &len);
		if (ret > 0 && sparse_add_run(s, offset, len) < 0)
			return -1;
	}
	*data = (at + BLOCK - 1) / BLOCK * BLOCK;
	return ret;
}

/* Do the runs follow each other within the file, and is their data there? */
static bool
sparse_fits(const struct sparse *s, uint64_t size, uint64_t data)
{
	uint64_t end = 0, sum = 0;
	size_t i;

	for (i = 0; i < s->n_runs; i++) {
		if (s->runs[i].at < end || s->runs[i].at > size ||
		    s->runs[i].len > size - s->runs[i].at)
			return false;
		end = s->runs[i].at + s->runs[i].len;
		sum += s->runs[i].len;
	}
	return sum == data;
}

static int
sparse_put_zeros(struct tempfile *to, uint64_t n, char *buf)
{
	uint64_t len;

	memset(buf, 0, BUFFER);
	for (; n > 0; n -= len) {
		len = n < BUFFER ? n : BUFFER;
		if (tempfile_add(to, buf, (size_t)len) < 0)
			return -1;
	}
	return 0;
}

static int
sparse_put_data(struct tempfile *to, const struct blob *b, uint64_t at,
    uint64_t n, char *buf)
{
	ssize_t got;

	for (; n > 0; n -= (uint64_t)got, at += (uint64_t)got) {
		got = blob_read(b, at, buf, n < BUFFER ? (size_t)n : BUFFER);
		if (got <= 0) {
			msg_warn(got < 0 ? errno : EIO, "read a sparse file");
			return -1;
		}
		if (tempfile_add(to, buf, (size_t)got) < 0)
			return -1;
	}
	return 0;
}

static int
sparse_put_all(const struct sparse *s, const struct blob *b, uint64_t data,
    uint64_t size, struct tempfile *to)
{
	char *buf = malloc(BUFFER);
	uint64_t end = 0;
	size_t i;
	int ret = -1;

	if (buf == NULL) {
		msg_nomem();
		return -1;
	}
	for (i = 0; i < s->n_runs; i++) {
		if (sparse_put_zeros(to, s->runs[i].at - end, buf) < 0 ||
		    sparse_put_data(to, b, data, s->runs[i].len, buf) < 0)
			goto out;
		end = s->runs[i].at + s->runs[i].len;
		data += s->runs[i].len;
	}
	ret = sparse_put_zeros(to, size - end, buf) < 0 ? -1 : 1;
out:
	free(buf);
	return ret;
}

int
sparse_expand(struct sparse *s, const struct blob *b, struct tempfile *to,
    const char *what, struct blob *out)
{
	const char *text = s->size[0] != '\0' ? s->size : s->realsize;
	uint64_t size = b->len, data = 0, blocks;
	int ret;

	if (s->bad || s->half ||
	    (*text != '\0' && number_parse(text, 0, INT64_MAX, &size) < 0))
		return 0;
	if (sparse_is_new(s)) {
		ret = sparse_read_map(s, b, &data);
		if (ret <= 0)
			return ret;
	} else if (number_parse(s->numblocks, 0, RUNS_MAX, &blocks) < 0 ||
	    blocks != s->n_runs) {
		return 0;
	}
	if (data > b->len || s->bad || !sparse_fits(s, size, b->len - data))
		return 0;
	if (size > to->max - to->len) {
		msg_warn(0,
		    "%s: a sparse file of %ju bytes; raise --max-size to read it",
		    what, (uintmax_t)size);
		return -1;
	}
	*out = (struct blob){to->fd, to->len, size};
	return sparse_put_all(s, b, data, size, to);
}

void
sparse_free(struct sparse *s)
{
	free(s->runs);
	s->runs = NULL;
}
