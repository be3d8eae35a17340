/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a bundle that was gathered to a directory or a tar, whole or not at
 * all.
 */
#include "log/deliver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/result.h"

const struct opt deliver_rows[] = {
    {"directory", 'C', "DIR", "make this directory (default: bundle)",
        OPT_TEXT(struct deliver, dir)},
    {"tar", 0, "FILE", "write a tar instead; - is standard output",
        OPT_TEXT(struct deliver, tar)},
    {"force", 0, NULL, "replace a directory or file that we made before",
        OPT_FLAG(struct deliver, force)},
    {"max-size", 0, "SIZE", "refuse a larger tar (default: 1Gi)",
        OPT_SIZE(struct deliver, max_size, 1, DELIVER_SIZE_LIMIT)},
    {"max-entries", 0, "N", "refuse more entries (default: 100000)",
        OPT_NUMBER(struct deliver, max_entries, 1, DELIVER_SIZE_LIMIT)},
    {0},
};

const char *
deliver_conflict(const struct deliver *d, bool json)
{
	bool to_stdout = d->tar != NULL && strcmp(d->tar, "-") == 0;
	size_t len = d->tar != NULL ? strlen(d->tar) : 0;

	if ((d->dir != NULL) + (d->tar != NULL) + d->list > 1)
		return d->list ? "give one of -C, --tar and --list"
		               : "give one of -C and --tar";
	if ((len > 3 && strcmp(d->tar + len - 3, ".gz") == 0) ||
	    (len > 4 && strcmp(d->tar + len - 4, ".tgz") == 0))
		return "--tar writes a tar; for a tar.gz: --tar - | gzip";
	if (d->force && d->list)
		return "--force goes with -C and --tar";
	if (d->list && json)
		return "--list is for people; for programs: --tar - | tar t";
	if (to_stdout && json)
		return "--tar - and -o json both need standard output";
	if (to_stdout && isatty(OUT_FD) == 1)
		return "--tar - does not write to a terminal; send it to a file or a pipe";
	return NULL;
}

int
deliver_open(struct deliver *d)
{
	struct target_opts o = {.file = d->tar != NULL, .force = d->force};

	d->has_target = d->dir != NULL ||
	    (d->tar != NULL && strcmp(d->tar, "-") != 0);
	if (!d->has_target)
		return 0;
	if (target_open(&d->target, d->tar != NULL ? d->tar : d->dir, &o) == 0)
		return 0;
	result_because(msg_last_error() == 0 ? "TargetExists" : NULL);
	return -1;
}

int
deliver_begin(struct deliver *d)
{
	return d->has_target ? target_begin(&d->target) : 0;
}

void
deliver_allow(const struct deliver *d, struct sandbox_places *p)
{
	const struct target *t = &d->target;

	if (!d->has_target)
		return;
	sandbox_allow(p, NULL, t->fd, SANDBOX_WRITE);
	sandbox_allow(p, NULL, t->parent,
	    t->replace || t->inside != NULL ? SANDBOX_WRITE
	        : t->opts.file              ? SANDBOX_FILES
	                                    : SANDBOX_DIRS);
}

const char *
deliver_temp(const struct deliver *d)
{
	const char *dir = getenv("TMPDIR");

	if (dir != NULL && *dir != '\0')
		return dir;
	return d->has_target ? d->target.dir : "/tmp";
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
	if (gather_result(d->gather)->format == GATHER_TAR)
		return 0;
	*pull = decompress_pull;
	*arg = &d->gunzip;
	return decompress_open(&d->gunzip, gather_pull, d->gather);
}

/* After open_tar; was it corrupt gzip that made status a failure? */
static enum wire_exit
close_tar(struct deliver *d, enum wire_exit status)
{
	if (gather_result(d->gather)->format == GATHER_TAR)
		return status;
	decompress_close(&d->gunzip);
	return d->gunzip.corrupt ? WIRE_CORRUPT : status;
}

/* Read the tar whole: into dir unless it is -1; or list its entries. */
static enum wire_exit
read_tar(struct deliver *d, int dir, bool list)
{
	struct tarin_opts o = {.dir = dir,
	    .max_size = d->max_size,
	    .max_entries = d->max_entries,
	    .promised = gather_promised(d->gather),
	    .list = list,
	    .progress = d->progress,
	    .stop = d->stop};
	const uint64_t said = gather_result(d->gather)->whole.entries;
	enum wire_exit status;

	if (open_tar(d, &o.pull, &o.arg) < 0)
		return WIRE_FAIL;
	progress_start(d->progress, dir >= 0 ? "extract" : "check", d->quiet);
	status = close_tar(d, tarin_run(&o, &d->counts));
	progress_clear(d->progress);
	if (status == WIRE_OK && said != 0 && said != d->counts.entries) {
		msg_warn(0,
		    "the tar has %" PRIu64 " entries, not %" PRIu64
		    " as the log says",
		    d->counts.entries, said);
		status = WIRE_CORRUPT;
	}
	if (status == WIRE_FAIL && msg_last_error() == ENOSPC && dir >= 0)
		msg_line(
		    "%s: no space left after %" PRIu64
		    " bytes of the bundle; give a directory on another disk with -C",
		    d->target.dir, d->counts.bytes);
	return status;
}

enum wire_exit
deliver_make(struct deliver *d, struct gather *g)
{
	int fd = d->has_target ? d->target.fd : OUT_FD;
	char shown[MSG_NAME];
	enum wire_exit status;
	const void *data;
	io_pull pull;
	void *arg;
	ssize_t n;

	d->gather = g;
	/* nothing of a tar is seen before all of it is known to be good */
	status = read_tar(d, d->has_target && d->tar == NULL ? fd : -1, false);
	if (status == WIRE_OK && d->list)
		status = read_tar(d, -1, true);
	if (status == WIRE_OK && d->tar != NULL) {
		if (open_tar(d, &pull, &arg) < 0)
			return WIRE_FAIL;
		while ((n = io_stopped() ? -1 : pull(arg, &data)) > 0)
			if (io_write(fd, data, (size_t)n) < 0) {
				/* a reader of standard output that has enough
				 */
				if (errno != EPIPE)
					msg_warn(errno, "write the tar");
				n = -1;
				break;
			}
		status = close_tar(d, n < 0 ? WIRE_FAIL : WIRE_OK);
	}
	if (status != WIRE_OK || !d->has_target)
		return status;
	/* give the target its name, unless we are to stop */
	if (*d->stop != 0 || target_commit(&d->target) < 0)
		return WIRE_FAIL;
	if (d->target.inside != NULL && !d->quiet)
		msg_line("%s %s, so it was not replaced atomically",
		    msg_mask(shown, sizeof shown, d->target.dir),
		    d->target.inside);
	return WIRE_OK;
}

void
deliver_describe(struct json *to, const struct deliver *d)
{
	const struct gather_result *is = gather_result(d->gather);
	char shown[MSG_NAME];

	if (d->tar != NULL || d->dir != NULL)
		json_add_string(to, d->tar != NULL ? "tar" : "directory",
		    msg_mask(shown, sizeof shown,
		        d->tar != NULL ? d->tar : d->dir));
	json_add_string(to, "format", gather_format_name(is->format));
	json_add_bool(to, "verified", is->verified);
	json_add_uint(to, "size", is->whole.size);
	json_add_string(to, "digest", is->whole.digest);
	json_add_uint(to, "entries", d->counts.entries);
	json_add_uint(to, "bytes", d->counts.bytes);
}
