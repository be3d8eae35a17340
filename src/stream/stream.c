/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle -> standard output.
 */
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/encode.h"
#include "base/io.h"
#include "base/msg.h"
#include "stream/gzip.h"
#include "stream/tarout.h"

enum {
	STREAM_BUF = 128 * 1024 /* bytes read from a file at once */
};

/* content -> tarout -> gzip -> encode, or for tar at once -> descriptor */
struct stream {
	const struct stream_opts *opts;
	struct tarout *tar; /* owned */
	struct gzip *gzip; /* owned; NULL for tar */
	struct encode encode; /* where gzip's parts go; of tar, its buffer */
	uint64_t entries;
	bool more; /* opts->enough was written */
	char buf[STREAM_BUF];
};

/*
 * A tarout_sink: the tar goes to the compressor, or it is the product; for a
 * copy nobody wants but its digest.
 */
static int
stream_tar(void *arg, const void *buf, size_t len)
{
	struct stream *s = arg;

	if (s->gzip != NULL)
		return gzip_write(s->gzip, buf, len);
	if (s->opts->copy != NULL)
		digest_add(&s->encode.sum, buf, len);
	return encode_write(&s->encode, buf, len);
}

/* Warn about the item.  Returns -1. */
static int
stream_fail(const struct content_item *item, int err, const char *what)
{
	char name[MSG_NAME];

	msg_warn(err, "%s: %s", msg_mask(name, sizeof name, item->path), what);
	return -1;
}

/*
 * Copy `size` bytes, which the header has announced, from fd.  Returns 0, or -1
 * (reported).
 */
static int
stream_copy_data(struct stream *s, const struct content_item *item, int fd,
    int64_t size)
{
	size_t want;
	ssize_t n;

	while (size > 0) {
		/* is it known what the caller wants to know? */
		if (s->opts->enough > 0 && s->gzip != NULL &&
		    s->encode.out.total > s->opts->enough) {
			s->more = true;
			return -1;
		}
		want = size < STREAM_BUF ? (size_t)size : STREAM_BUF;
		do {
			n = read(fd, s->buf, want);
		} while (n < 0 && errno == EINTR);
		if (n < 0)
			return stream_fail(item, errno, "read");
		if (n == 0)
			return stream_fail(item, 0,
			    "became shorter while it was read");
		if (tarout_data(s->tar, s->buf, (size_t)n) < 0 || io_stopped())
			return -1;
		if (s->opts->copy != NULL &&
		    copy_bytes(s->opts->copy, item->path, fd, s->buf,
		        (size_t)n) < 0)
			return -1;
		size -= n;
	}
	return 0;
}

/* Begin an entry: of a file, its data is to come.  0, or -1 (reported). */
static int
stream_put_entry(struct stream *s, const struct content_item *item,
    const struct tarout_entry *e, const struct stat *st)
{
	struct copy *copy = s->opts->copy;

	if (tarout_entry(s->tar, e) < 0)
		return -1;
	return copy == NULL ? 0 : copy_entry(copy, item, st, e->target);
}

/* Write the entry of the file that is open as fd.  0, or -1 likewise. */
static int
put_open(struct stream *s, const struct content_item *item, int fd)
{
	struct tarout_entry e = {.path = item->path};
	struct copy *copy = s->opts->copy;
	struct stat before, after;

	if (fstat(fd, &before) < 0)
		return stream_fail(item, errno, "stat");
	if (!S_ISREG(before.st_mode))
		return stream_fail(item, 0, "changed while it was read");
	e.mode = before.st_mode;
	e.size = before.st_size;
	e.mtime = before.st_mtim.tv_sec;
	if (stream_put_entry(s, item, &e, &before) < 0 ||
	    stream_copy_data(s, item, fd, before.st_size) < 0)
		return -1;
	if (fstat(fd, &after) < 0)
		return stream_fail(item, errno, "stat");
	if (before.st_mode != after.st_mode ||
	    before.st_size != after.st_size ||
	    memcmp(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim) !=
	        0 ||
	    memcmp(&before.st_ctim, &after.st_ctim, sizeof after.st_ctim) != 0)
		return stream_fail(item, 0, "changed while it was read");
	return copy == NULL ? 0 : copy_file_end(copy, item->path, &before);
}

static int
put_file(struct stream *s, const struct content_item *item)
{
	struct content *c = s->opts->content;
	int fd, ret, err;

	/* O_NONBLOCK: should it have become a FIFO, do not hang */
	fd = openat(item->dirfd, item->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	err = fd < 0 ? errno : 0;
	/* a whiteout, which a lazy walk cannot tell from a file: no entry */
	if (err == ENOENT && walk_is_whiteout(&c->walk)) {
		c->names = c->names_before;
		s->entries--;
		return 0;
	}
	if (fd < 0)
		return stream_fail(item, err, "open");
	ret = put_open(s, item, fd);
	(void)close(fd);
	return ret;
}

/* Write one entry of the bundle.  Returns 0, or -1 (reported). */
static int
stream_put_item(struct stream *s, const struct content_item *item)
{
	const struct stat *st = &item->st;
	struct tarout_entry e = {.path = item->path, .mode = st->st_mode};
	char target[PATH_MAX + 1]; /* symlink(2): no target is longer */
	ssize_t n;

	s->entries++;
	if (S_ISREG(st->st_mode))
		return put_file(s, item);
	/* a directory's time says when the pod started, not what is in it */
	if (S_ISDIR(st->st_mode))
		return stream_put_entry(s, item, &e, st);
	n = readlinkat(item->dirfd, item->name, target, sizeof target - 1);
	if (n < 0)
		return stream_fail(item, errno, "readlink");
	target[n] = '\0';
	e.target = target;
	e.mtime = st->st_mtim.tv_sec;
	return stream_put_entry(s, item, &e, st);
}

static int
stream_put_all(struct stream *s)
{
	struct content *c = s->opts->content;
	struct content_item item;
	char name[MSG_NAME];
	int got;

	if (content_again(c) < 0)
		return -1;
	while ((got = content_next(c, &item)) > 0) {
		if (item.what == CONTENT_FINDING)
			got = stream_fail(&item, 0,
			    "changed while it was read");
		else if (item.what == CONTENT_ENTRY)
			got = stream_put_item(s, &item);
		if (io_stopped())
			got = -1;
		if (got < 0)
			break;
	}
	if (got == 0 && c->names != c->names_wanted) {
		msg_warn(0, "%s: files were added or removed while it was read",
		    msg_mask(name, sizeof name, c->opts.dir));
		got = -1;
	}
	return got == 0 ? tarout_finish(s->tar) : got;
}

/* Build the pipeline behind s.  Returns 0, or -1 (reported). */
static int
stream_build_pipe(struct stream *s)
{
	const struct stream_opts *opts = s->opts;
	struct gzip_opts gzip = {.level = (int)opts->level,
	    .jobs = (unsigned int)opts->jobs,
	    .digests = opts->format == STREAM_JSONL,
	    .sink = encode_part,
	    .arg = &s->encode};

	if (opts->format == STREAM_JSON || opts->format == STREAM_JSONL) {
		s->gzip = gzip_open(&gzip);
		if (s->gzip == NULL)
			return -1;
	}
	/* a tar begins with nothing, as lines do */
	if (encode_begin(&s->encode, opts->fd, opts->format != STREAM_JSON,
	        &opts->parts) < 0)
		return -1;
	s->tar = tarout_open(stream_tar, s);
	return s->tar == NULL ? -1 : 0;
}

int
stream_run(const struct stream_opts *opts, struct report_written *result)
{
	static const char *const formats[] = {"json", "jsonl", "tar", "copy"};
	struct stream *s = calloc(1, sizeof *s);
	struct encode *e;
	int ret = -1;

	*result = (struct report_written){.format = formats[opts->format]};
	if (s == NULL) {
		msg_nomem();
		return -1;
	}
	s->opts = opts;
	e = &s->encode;
	if (stream_build_pipe(s) == 0 && stream_put_all(s) == 0 &&
	    (s->gzip == NULL ||
	        (gzip_finish(s->gzip) == 0 &&
	            encode_end(e, s->entries) == 0))) {
		ret = io_out_flush(&e->out);
		if (ret < 0)
			msg_warn(errno, "standard output");
		result->entries = s->entries;
		result->size = s->gzip != NULL ? e->size : e->out.total;
		result->parts = s->gzip != NULL ? e->parts : 0;
		if (opts->format != STREAM_TAR)
			digest_text(&e->sum, result->digest);
	} else if (s->more) {
		result->more = true;
		ret = 0;
	}
	result->log = e->out.total;
	tarout_free(s->tar);
	gzip_free(s->gzip);
	free(s);
	return ret;
}
