/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "io.h"
#include "msg.h"

enum {
	BLOCKS = 4, /* more, or larger ones, measured no faster */
	BLOCK = 128 * 1024 /* bytes */
};

struct block {
	size_t len; /* bytes in it, not written yet */
	int err; /* 0, or the errno of writing it */
	char buf[BLOCK];
};

struct relay {
	int fd; /* borrowed */
	bool thread; /* is one wanted? */
	struct crew *crew; /* owned */
	struct block blocks[BLOCKS];
};

/* Write a block out. */
static void
put(void *arg, unsigned int member, size_t slot)
{
	struct relay *r = arg;
	struct block *b = &r->blocks[slot];

	(void)member;
	b->err = io_write(r->fd, b->buf, b->len) < 0 ? errno : 0;
	b->len = 0;
}

struct relay *
relay_open(int fd, bool thread)
{
	struct relay *r = calloc(1, sizeof *r);
	struct crew_opts crew = {.n_slots = BLOCKS, .work = put, .arg = r};

	if (r == NULL) {
		msg_nomem();
		return NULL;
	}
	r->fd = fd;
	r->thread = thread;
	r->crew = crew_open(&crew);
	if (r->crew != NULL)
		return r;
	free(r);
	return NULL;
}

/* Hand the block over and get back what is written.  0, or -1 with errno. */
static int
pass(struct relay *r, bool all)
{
	size_t slot;

	crew_give(r->crew);
	while (crew_take(r->crew, all || crew_busy(r->crew), &slot)) {
		if (r->blocks[slot].err != 0) {
			errno = r->blocks[slot].err;
			return -1;
		}
	}
	return 0;
}

int
relay_write(struct relay *r, const void *buf, size_t len)
{
	const char *from = buf;
	struct block *b;
	size_t n;

	while (len > 0) {
		b = &r->blocks[crew_next(r->crew)];
		if (b->len == BLOCK) {
			if (r->thread)
				crew_start(r->crew, 1);
			if (pass(r, false) < 0)
				return -1;
			continue;
		}
		n = len < BLOCK - b->len ? len : BLOCK - b->len;
		memcpy(b->buf + b->len, from, n);
		b->len += n;
		from += n;
		len -= n;
	}
	return 0;
}

int
relay_flush(struct relay *r)
{
	return pass(r, true);
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	crew_free(r->crew);
	free(r);
}
