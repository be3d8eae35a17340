/* SPDX-License-Identifier: Apache-2.0 */
#include "gunzip.h"

#include "msg.h"

/* zlib.h: this much window, and a gzip header rather than a zlib one */
enum {
	GZIP_WINDOW = 15 + 16
};

int
gunzip_open(struct gunzip *g, io_pull pull, void *arg)
{
	g->z = (z_stream){0};
	g->pull = pull;
	g->arg = arg;
	g->inside = g->any = g->corrupt = false;
	if (inflateInit2(&g->z, GZIP_WINDOW) == Z_OK)
		return 0;
	msg_nomem();
	return -1;
}

void
gunzip_close(struct gunzip *g)
{
	(void)inflateEnd(&g->z);
}

/* Get more input.  Returns 1, 0 at the end, or -1 (reported). */
static int
refill(struct gunzip *g)
{
	const void *data;
	ssize_t n;

	n = g->pull(g->arg, &data);
	if (n <= 0)
		return (int)n;
	g->z.next_in = data;
	g->z.avail_in = (uInt)n;
	return 1;
}

static ssize_t
corrupt(struct gunzip *g, const char *why)
{
	g->corrupt = true;
	msg_warn(0, "gzip: %s", why);
	return -1;
}

/* Inflate what input there is.  Returns 0, or -1 (reported). */
static int
step(struct gunzip *g)
{
	int status;

	g->inside = g->any = true;
	status = inflate(&g->z, Z_NO_FLUSH);
	if (status == Z_STREAM_END) {
		g->inside = false;
		(void)inflateReset(&g->z);
	} else if (status == Z_MEM_ERROR) {
		msg_nomem();
		return -1;
	} else if (status != Z_OK && status != Z_BUF_ERROR) {
		return (int)corrupt(g, "damaged");
	}
	return 0;
}

ssize_t
gunzip_pull(void *arg, const void **data)
{
	struct gunzip *g = arg;
	int more;

	g->z.next_out = g->out;
	g->z.avail_out = sizeof g->out;
	while (g->z.avail_out == sizeof g->out) {
		if (g->z.avail_in == 0) {
			more = refill(g);
			if (more < 0)
				return -1;
			if (more == 0 && (g->inside || !g->any))
				return corrupt(g, "the end is missing");
			if (more == 0)
				return 0;
		}
		if (step(g) < 0)
			return -1;
	}
	*data = g->out;
	return (ssize_t)(sizeof g->out - g->z.avail_out);
}
