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

static int
measure_fail(const char *path, int err)
{
	char masked[MSG_NAME];

	msg_warn(err, "read %s", msg_mask(masked, sizeof masked, path));
	return -1;
}

/* Where a file's data is; *fd is to be closed if it is not -1. */
static int
locate(const struct run *r, const char *path, const struct inode *i,
    struct blob *b, int *fd)
{
	*fd = -1;
	*b = i->data;
	if (r->root < 0)
		return 0;
	*fd = openat(r->root, path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	b->fd = *fd;
	b->at = 0;
	return *fd < 0 ? -1 : 0;
}

static int
put_data(struct run *r, const struct node *n, const char *path)
{
	struct blob b;
	uint64_t at = 0;
	ssize_t got = 0;
	int fd, ret = 0;

	if (locate(r, path, n->inode, &b, &fd) < 0)
		return measure_fail(path, errno);
	while (ret == 0 && at < b.len) {
		got = blob_read(&b, at, r->buf, sizeof r->buf);
		if (got < 0)
			ret = measure_fail(path, errno);
		else if (tarout_data(r->tar, r->buf, (size_t)got) < 0)
			ret = -1;
		else
			at += (uint64_t)got;
	}
	if (fd >= 0)
		(void)close(fd);
	return ret;
}

/* The entry that stream.c makes of it. */
static int
measure_put_node(struct run *r, const struct node *n)
{
	const struct inode *i = n->inode;
	char path[TREE_PATH];
	struct tarout_entry e = {.path = path, .mode = i->mode};

	(void)tree_path(n, path);
	if (n->parent == NULL)
		e.mode = S_IFDIR | 0755;
	if (S_ISDIR(e.mode))
		return tarout_entry(r->tar, &e);
	e.mtime = i->mtime;
	e.target = i->target;
	if (S_ISREG(e.mode))
		e.size = (int64_t)i->data.len;
	if (tarout_entry(r->tar, &e) < 0)
		return -1;
	return S_ISREG(e.mode) ? put_data(r, n, path) : 0;
}

/* Is the node neither sub, nor below it, nor a directory above it? */
static bool
measure_is_aside(const struct node *n, const char *sub)
{
	char path[TREE_PATH];
	size_t len = strlen(sub), have = strlen(tree_path(n, path));

	if (len == 0 || n->parent == NULL)
		return false;
	if (have < len)
		return !S_ISDIR(n->inode->mode) ||
		    strncmp(sub, path, have) != 0 || sub[have] != '/';
	return strncmp(path, sub, len) != 0 ||
	    (path[len] != '\0' && path[len] != '/');
}

static bool
measure_is_sub(const struct node *n, const char *sub)
{
	char path[TREE_PATH];

	return n->parent != NULL &&
	    (*sub == '\0' || strcmp(tree_path(n, path), sub) == 0);
}

/* With a sub of "", of everything; *found: there is something. */
static int
measure_put_all(struct run *r, struct tree *t, const char *sub, bool *found)
{
	struct predict j;
	struct predict_item item;
	uint64_t entries = 0;

	predict_begin(&j, t, NULL, false);
	while (predict_next(&j, &item) > 0) {
		if (item.what != CONTENT_ENTRY ||
		    measure_is_aside(item.node, sub))
			continue;
		*found = *found || measure_is_sub(item.node, sub);
		entries++;
		if (measure_put_node(r, item.node) < 0)
			return -1;
	}
	if (tarout_finish(r->tar) < 0 || gzip_finish(r->gzip) < 0 ||
	    encode_end(&r->json, entries) < 0)
		return -1;
	return encode_end(&r->jsonl, entries);
}

/* fd: where jsonl goes; -1: it is only counted */
static int
measure_build_pipe(struct run *r, int fd, unsigned int jobs)
{
	struct encode_opts json = {.fd = -1};
	struct encode_opts jsonl = {.fd = fd, .lines = true};
	struct gzip_opts gzip = {.level = WIRE_LEVEL,
	    .jobs = jobs > 0 ? jobs : cpus_allowed(),
	    .digests = true,
	    .sink = to_encode,
	    .arg = r};

	r->gzip = gzip_open(&gzip);
	if (r->gzip == NULL)
		return -1;
	r->tar = tarout_open(measure_to_gzip, r);
	if (r->tar == NULL || encode_begin(&r->json, &json) < 0)
		return -1;
	return encode_begin(&r->jsonl, &jsonl);
}

int
measure_tree(struct tree *t, int root, unsigned int jobs, struct measure *m)
{
	struct run *r = calloc(1, sizeof *r);
	bool found = false;
	int ret = -1;

	if (r == NULL) {
		msg_nomem();
		return -1;
	}
	r->root = root;
	if (measure_build_pipe(r, -1, jobs) == 0 &&
	    measure_put_all(r, t, "", &found) == 0) {
		*m = (struct measure){.tar = r->tar_len,
		    .targz = r->json.size,
		    .parts = r->jsonl.parts,
		    .json = r->json.out.total,
		    .jsonl = r->jsonl.out.total};
		memcpy(m->digest, r->json.digest, sizeof m->digest);
		ret = 0;
	}
	tarout_free(r->tar);
	gzip_free(r->gzip);
	free(r);
	return ret;
}

int
measure_write(struct tree *t, int root, int fd, const char *sub, bool *missing)
{
	struct run *r = calloc(1, sizeof *r);
	bool found = false;
	int ret = -1;

	if (r == NULL) {
		msg_nomem();
		return -1;
	}
	r->root = root;
	if (measure_build_pipe(r, fd, 0) == 0)
		ret = measure_put_all(r, t, sub != NULL ? sub : "", &found);
	*missing = !found;
	tarout_free(r->tar);
	gzip_free(r->gzip);
	free(r);
	return ret;
}

uint64_t
measure_log(uint64_t bytes, uint64_t lines)
{
	return bytes + (bytes / LOG_PIECE + lines + 1) * LOG_PREFIX;
}
