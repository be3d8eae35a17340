/* SPDX-License-Identifier: Apache-2.0 */
#include "log/deliver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "base/out.h"

int
deliver_open(struct deliver *d)
{
	d->has_target = d->dir != NULL ||
	    (d->tar != NULL && strcmp(d->tar, "-") != 0);
	if (!d->has_target)
		return 0;
	return target_open(&d->target, d->tar != NULL ? d->tar : d->dir,
	    d->tar != NULL);
}

const char *
deliver_temp(const struct deliver *d)
{
	const char *dir = getenv("TMPDIR");

	if (d->has_target)
		return d->target.dir;
	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

void
deliver_close(struct deliver *d)
{
	if (d->has_target)
		target_close(&d->target);
}

/* Start reading the tar from its beginning.  Returns 0, or -1 (reported). */
static int
open_tar(struct deliver *d, io_pull *pull, void **arg)
{
	gather_rewind(d->gather);
	*pull = gather_pull;
	*arg = d->gather;
	if (d->gather->format == GATHER_TAR)
		return 0;
	if (gunzip_open(&d->gunzip, gather_pull, d->gather) < 0)
		return -1;
	*pull = gunzip_pull;
	*arg = &d->gunzip;
	return 0;
}

/* After open_tar; was it damaged gzip that made status a failure? */
static enum wire_exit
close_tar(struct deliver *d, enum wire_exit status)
{
	if (d->gather->format == GATHER_TAR)
		return status;
	gunzip_close(&d->gunzip);
	return d->gunzip.corrupt ? WIRE_CORRUPT : status;
}

/*
 * Read the tar whole: into dir unless it is -1, showing entries if asked to.
 */
static enum wire_exit
read_tar(struct deliver *d, int dir, tarin_show show, void *arg)
{
	struct tarin_opts o = {.dir = dir,
	    .max_size = d->max_size,
	    .max_entries = d->max_entries,
	    .show = show,
	    .show_arg = arg,
	    .progress = d->progress};
	const struct decode_piece *whole = &d->gather->whole;
	enum wire_exit status;

	if (open_tar(d, &o.pull, &o.arg) < 0)
		return WIRE_FAIL;
	progress_start(d->progress, dir >= 0 ? "extract" : "check", d->quiet);
	status = close_tar(d, tarin_run(&o, &d->counts));
	progress_clear(d->progress);
	if (status == WIRE_OK && whole->entries != 0 &&
	    whole->entries != d->counts.entries) {
		msg_warn(0,
		    "the tar has %" PRIu64 " entries, not %" PRIu64
		    " as it should",
		    d->counts.entries, whole->entries);
		status = WIRE_CORRUPT;
	}
	return status;
}

static enum wire_exit
make_directory(struct deliver *d)
{
	enum wire_exit status;

	if (target_begin(&d->target) < 0)
		return WIRE_FAIL;
	status = read_tar(d, d->target.fd, NULL, NULL);
	if (status != WIRE_OK || *d->stop != 0)
		return status;
	return target_commit(&d->target) < 0 ? WIRE_FAIL : WIRE_OK;
}

/* Copy the tar to fd. */
static enum wire_exit
copy_tar(struct deliver *d, int fd)
{
	const void *data;
	io_pull pull;
	void *arg;
	ssize_t n;

	if (open_tar(d, &pull, &arg) < 0)
		return WIRE_FAIL;
	while ((n = pull(arg, &data)) > 0) {
		if (io_write(fd, data, (size_t)n) < 0) {
			msg_warn(errno, "write the tar");
			n = -1;
			break;
		}
	}
	return close_tar(d, n < 0 ? WIRE_FAIL : WIRE_OK);
}

static enum wire_exit
make_tar(struct deliver *d)
{
	/* nothing of it is seen before all of it is known to be good */
	enum wire_exit status = read_tar(d, -1, NULL, NULL);

	if (status != WIRE_OK)
		return status;
	if (!d->has_target)
		return copy_tar(d, OUT_FD);
	if (target_begin(&d->target) < 0)
		return WIRE_FAIL;
	status = copy_tar(d, d->target.fd);
	if (status != WIRE_OK || *d->stop != 0)
		return status;
	return target_commit(&d->target) < 0 ? WIRE_FAIL : WIRE_OK;
}

enum wire_exit
deliver_make(struct deliver *d, struct gather *g)
{
	d->gather = g;
	return d->tar != NULL ? make_tar(d) : make_directory(d);
}

enum wire_exit
deliver_show(struct deliver *d, struct gather *g, tarin_show show, void *arg)
{
	enum wire_exit status;

	d->gather = g;
	status = read_tar(d, -1, NULL, NULL);
	return status == WIRE_OK ? read_tar(d, -1, show, arg) : status;
}
