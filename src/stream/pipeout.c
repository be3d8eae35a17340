/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes -> descriptor, written by a thread while the caller makes more of
 * them.
 */
#include "stream/pipeout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/workers.h"
#include "base/io.h"
#include "base/msg.h"

enum {
	BLOCKS = 4, /* more, or larger ones, measured no faster */
	BLOCK = 128 * 1024 /* bytes */
};

struct block {
	size_t len; /* bytes in it, not written yet */
	int err; /* 0, or the errno of writing it */
	char buf[BLOCK];
};

struct pipeout {
	int fd; /* borrowed */
	bool thread; /* is one wanted? */
	struct workers *workers; /* owned */
	struct block blocks[BLOCKS];
};

/* Write a block out. */
static void
pipeout_write_block(void *arg, unsigned int member, size_t slot)
{
	struct pipeout *r = arg;
	struct block *b = &r->blocks[slot];

	(void)member;
	b->err = io_write(r->fd, b->buf, b->len) < 0 ? errno : 0;
	b->len = 0;
}

struct pipeout *
pipeout_open(int fd, bool thread)
{
	struct pipeout *r = calloc(1, sizeof *r);
	struct workers_opts workers = {.n_slots = BLOCKS,
	    .work = pipeout_write_block,
	    .arg = r};

	if (r == NULL) {
		msg_nomem();
		return NULL;
	}
	r->fd = fd;
	r->thread = thread;
	r->workers = workers_open(&workers);
	if (r->workers != NULL)
		return r;
	free(r);
	return NULL;
}

/* Hand the block over and get back what is written.  0, or -1 with errno. */
static int
pass(struct pipeout *r, bool all)
{
	size_t slot;

	workers_give(r->workers);
	while (
	    workers_take(r->workers, all || workers_busy(r->workers), &slot)) {
		if (r->blocks[slot].err != 0) {
			errno = r->blocks[slot].err;
			return -1;
		}
	}
	return 0;
}

int
pipeout_write(struct pipeout *r, const void *buf, size_t len)
{
	const char *from = buf;
	struct block *b;
	size_t n;

	while (len > 0) {
		b = &r->blocks[workers_next(r->workers)];
		if (b->len == BLOCK) {
			if (r->thread)
				workers_start(r->workers, 1);
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
pipeout_flush(struct pipeout *r)
{
	return pass(r, true);
}

void
pipeout_free(struct pipeout *r)
{
	if (r == NULL)
		return;
	workers_free(r->workers);
	free(r);
}
