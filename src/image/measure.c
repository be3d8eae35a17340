/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures how long the stream will be: with the tar, gzip and encode of
 * `unpack` itself, for a tree in memory.
 */
#include "image/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpus.h"
#include "stream/encode.h"
#include "image/predict.h"
#include "base/msg.h"
#include "stream/gzip.h"
#include "stream/tarout.h"
#include "wire.h"

enum {
	BUFFER = 64 * 1024,
	/* CRI-O's pieces, the smallest: conmon reads 8 KiB at once */
	LOG_PIECE = 8192,
	/* "2006-01-02T15:04:05.123456789+00:00 stdout P " and a newline */
	LOG_PREFIX = 46
};

struct run {
	struct tarout *tar;
	struct gzip *gzip;
	struct encode json, jsonl;
	uint64_t tar_len;
	int root;
	char buf[BUFFER];
};

/* a tarout_sink */
static int
measure_to_gzip(void *arg, const void *buf, size_t len)
{
	struct run *r = arg;

	r->tar_len += len;
	return gzip_write(r->gzip, buf, len);
}

/* a gzip_sink: to both formats */
static int
to_encode(void *arg, const struct gzip_part *part)
{
	struct run *r = arg;

	if (encode_part(&r->json, part) < 0)
		return -1;
	return encode_part(&r->jsonl, part);
}

/* The data of n, a file. */
static int
put_data(struct run *r, const struct node *n, const char *path)
{
	struct blob b = n->inode->data;
	char masked[MSG_NAME];
	ssize_t got = 0;
	uint64_t at;
	int ret = 0;

	if (r->root >= 0) {
		b.at = 0;
		b.fd = openat(r->root, path,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		got = b.fd < 0 ? -1 : 0;
	}
	for (at = 0; got >= 0 && ret == 0 && at < b.len; at += (uint64_t)got) {
		got = blob_read(&b, at, r->buf, sizeof r->buf);
		if (got > 0)
			ret = tarout_data(r->tar, r->buf, (size_t)got);
	}
	if (got < 0)
		msg_warn(errno, "read %s",
		    msg_mask(masked, sizeof masked, path));
	if (r->root >= 0 && b.fd >= 0)
		(void)close(b.fd);
	return got < 0 ? -1 : ret;
}

/* Is the node, at path, neither sub, nor below it, nor a directory above it? */
static bool
measure_is_aside(const struct node *n, const char *path, const char *sub)
{
	size_t len = strlen(sub), have = strlen(path);

	if (len == 0 || n->parent == NULL)
		return false;
	if (have < len)
		return !S_ISDIR(n->inode->mode) ||
		    strncmp(sub, path, have) != 0 || sub[have] != '/';
	return strncmp(path, sub, len) != 0 ||
	    (path[len] != '\0' && path[len] != '/');
}

/* With a sub of "", of everything; *found: there is something. */
static int
measure_put_all(struct run *r, struct tree *t, const char *sub, bool *found)
{
	struct predict j;
	struct predict_item item;
	struct tarout_entry e;
	const struct inode *i;
	uint64_t entries = 0;
	char path[TREE_PATH];

	predict_begin(&j, t, NULL, false);
	while (predict_next(&j, &item) > 0) {
		tree_path(item.node, path);
		if (item.what != CONTENT_ENTRY ||
		    measure_is_aside(item.node, path, sub))
			continue;
		if (item.node->parent != NULL &&
		    (*sub == '\0' || strcmp(path, sub) == 0))
			*found = true;
		entries++;
		/* the entry that stream.c makes of it */
		i = item.node->inode;
		e = (struct tarout_entry){.path = path, .mode = i->mode};
		if (item.node->parent == NULL)
			e.mode = S_IFDIR | 0755;
		if (!S_ISDIR(e.mode)) {
			e.mtime = i->mtime;
			e.target = i->target;
		}
		if (S_ISREG(e.mode))
			e.size = (int64_t)i->data.len;
		if (tarout_entry(r->tar, &e) < 0 ||
		    (S_ISREG(e.mode) && put_data(r, item.node, path) < 0))
			return -1;
	}
	if (tarout_finish(r->tar) < 0 || gzip_finish(r->gzip) < 0 ||
	    encode_end(&r->json, entries) < 0 ||
	    encode_end(&r->jsonl, entries) < 0)
		return -1;
	if (io_out_flush(&r->jsonl.out) < 0) {
		msg_warn(errno, "write the stream");
		return -1;
	}
	return 0;
}

int
measure_tree(struct tree *t, const struct measure_opts *o, struct measure *m)
{
	struct run *r = calloc(1, sizeof *r);
	struct gzip_opts gzip = {.level = WIRE_LEVEL,
	    .jobs = o->jobs > 0 ? o->jobs : cpus_allowed(),
	    .digests = true,
	    .sink = to_encode,
	    .arg = r};
	int ret = -1;

	if (r == NULL) {
		msg_nomem();
		return -1;
	}
	*m = (struct measure){.found = false};
	r->root = o->root;
	r->gzip = gzip_open(&gzip);
	if (r->gzip != NULL)
		r->tar = tarout_open(measure_to_gzip, r);
	if (r->tar != NULL && encode_begin(&r->json, -1, false, NULL) == 0 &&
	    encode_begin(&r->jsonl, o->fd, true, NULL) == 0)
		ret = measure_put_all(r, t, o->sub != NULL ? o->sub : "",
		    &m->found);
	m->tar = r->tar_len;
	m->targz = r->json.size;
	m->parts = r->jsonl.parts;
	m->json = r->json.out.total;
	m->jsonl = r->jsonl.out.total;
	memcpy(m->digest, r->json.digest, sizeof m->digest);
	tarout_free(r->tar);
	gzip_free(r->gzip);
	free(r);
	return ret;
}

uint64_t
measure_log(uint64_t bytes)
{
	return bytes + (bytes / LOG_PIECE + 2) * LOG_PREFIX;
}
