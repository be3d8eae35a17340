/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of a log, undone: the same input in one piece and byte by byte
 * gives the same text, and the same is noticed.
 */
#include "fuzz.h"

#include <string.h>

#include "log/form.h"

struct source {
	const uint8_t *at;
	size_t len, step;
};

struct got {
	char *text; /* owned */
	size_t len;
	bool failed, cut;
	struct notes notes;
};

static ssize_t
from(void *arg, void *to, size_t room)
{
	struct source *s = arg;
	size_t n = s->len < s->step ? s->len : s->step;

	if (n > room)
		n = room;
	memcpy(to, s->at, n);
	s->at += n;
	s->len -= n;
	return (ssize_t)n;
}

static void
read_all(struct got *g, const uint8_t *data, size_t len, size_t step,
    size_t room)
{
	struct source s = {data, len, step};
	struct form *f = form_open(from, &s, &g->notes);
	static char to[4096];
	ssize_t n;

	MUST(f != NULL);
	while ((n = form_read(f, to, room)) > 0) {
		if (g->len + (size_t)n > 8 << 20)
			break; /* a bomb of gzip */
		g->text = realloc(g->text, g->len + (size_t)n);
		MUST(g->text != NULL);
		memcpy(g->text + g->len, to, (size_t)n);
		g->len += (size_t)n;
	}
	g->failed = n < 0;
	g->cut = n == 0 && form_is_cut(f);
	form_close(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct got a = {0}, b = {0};

	read_all(&a, data, len, len > 0 ? len : 1, 4096);
	read_all(&b, data, len, 1, 1 + len % 5);
	MUST(a.failed == b.failed);
	if (a.len <= 4 << 20) {
		MUST(a.len == b.len && a.cut == b.cut);
		MUST(a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
		MUST(a.notes.nul == b.notes.nul);
		MUST(a.notes.texts == b.notes.texts);
	}
	free(a.text);
	free(b.text);
	notes_free(&a.notes);
	notes_free(&b.notes);
	return 0;
}
