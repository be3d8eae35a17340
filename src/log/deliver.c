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
#include "base/cpus.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/path.h"
#include "base/result.h"
#include "stream/gzip.h"

/* Is it a name for a compressed tar? */
static bool
deliver_is_gzip(const char *name)
{
	static const char *const ends[] = {".tar.gz", ".tgz"};
	size_t len = strlen(name), n, i;

	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		n = strlen(ends[i]);
		if (len > n && strcmp(name + len - n, ends[i]) == 0)
			return true;
	}
	return false;
}

const struct opt deliver_rows[] = {
    {"directory", 'C', "DIR",
        "make this directory (default: bundle);\nrun with several bundles: a directory in it for each",
        OPT_TEXT(struct deliver, dir)},
    {"tar", 0, "FILE", "write a tar instead, or a tar.gz; - is standard output",
        OPT_TEXT(struct deliver, tar)},
    {"max-size", 0, "SIZE", "refuse a larger tar (default: 1Gi)",
        OPT_SIZE(struct deliver, max_size, 1, DELIVER_SIZE_LIMIT)},
    {"max-entries", 0, "N", "refuse more entries (default: 100000)",
        OPT_NUMBER(struct deliver, max_entries, 1, DELIVER_SIZE_LIMIT)},
    {0},
};

const char *
deliver_conflict(const struct deliver *d, bool list, bool json)
{
	bool some = d->n_paths > 0 || d->strip > 0;
	bool to_stdout = d->tar != NULL && strcmp(d->tar, "-") == 0;

	if (d->dir != NULL && d->tar != NULL)
		return "give one of -C and --tar";
	if ((d->dir != NULL) + (d->tar != NULL) + (d->cat != NULL) + list > 1)
		return "give one of -C, --tar, --list and --cat";
	if (d->tar != NULL && some)
		return "paths and --strip-components go with -C and --list, not with --tar";
	if (d->cat != NULL && some)
		return "--cat takes one path; no others, and no --strip-components";
	if (d->force && (list || d->cat != NULL))
		return "--force goes with -C and --tar";
	if (d->cat != NULL && json)
		return "--cat and -o json both need standard output";
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
	size_t i;

	for (i = 0; i < d->n_paths; i++)
		path_clean(d->paths[i]);
	d->select = (struct tarin_select){.paths = d->paths,
	    .n_paths = d->n_paths,
	    .strip = d->strip};
	d->select.found = calloc(d->n_paths + 1, sizeof *d->select.found);
	if (d->select.found == NULL) {
		msg_nomem();
		return -1;
	}
	d->has_target = d->dir != NULL ||
	    (d->tar != NULL && strcmp(d->tar, "-") != 0);
	if (!d->has_target)
		return 0;
	if (target_open(&d->target, d->tar != NULL ? d->tar : d->dir, &o) == 0)
		return 0;
	result_because(msg_last_error() == 0 ? "TargetExists" : NULL);
	free(d->select.found);
	return -1;
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
	free(d->select.found);
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

/* After open_tar; was it corrupt gzip that made status a failure? */
static enum wire_exit
close_tar(struct deliver *d, enum wire_exit status)
{
	if (d->gather->format == GATHER_TAR)
		return status;
	gunzip_close(&d->gunzip);
	return d->gunzip.corrupt ? WIRE_CORRUPT : status;
}

/*
 * Read the tar whole: into dir unless it is -1, showing entries if asked to;
 * of these only what is selected, unless that is NULL.
 */
static enum wire_exit
read_tar(struct deliver *d, int dir, struct tarin_select *select,
    tarin_show show, void *arg)
{
	struct tarin_opts o = {.dir = dir,
	    .select = select,
	    .max_size = d->max_size,
	    .max_entries = d->max_entries,
	    .show = show,
	    .show_arg = arg,
	    .progress = d->progress,
	    .stop = d->stop};
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
		    " as the log says",
		    d->counts.entries, whole->entries);
		status = WIRE_CORRUPT;
	}
	if (status == WIRE_FAIL && msg_last_error() == ENOSPC && dir >= 0)
		msg_line(
		    "%s: no space left after %" PRIu64
		    " bytes of the bundle; give a directory on another disk with -C",
		    d->target.dir, d->counts.bytes);
	return status;
}

/* Was everything found that was asked for?  Returns 0, or -1 (reported). */
static int
deliver_check_found(const struct deliver *d)
{
	char shown[MSG_NAME];
	int status = 0;
	size_t i;

	for (i = 0; i < d->n_paths; i++) {
		if (d->select.found[i])
			continue;
		msg_warn(0, "%s: not a path in the bundle, and not a log file",
		    msg_mask(shown, sizeof shown, d->paths[i]));
		result_because("PathNotFound");
		status = -1;
	}
	return status;
}

/* What is selected, or NULL: everything. */
static struct tarin_select *
deliver_selection(struct deliver *d)
{
	d->select.entries = 0;
	return d->n_paths > 0 || d->strip > 0 ? &d->select : NULL;
}

/* Give the target its name, unless we are to stop. */
static enum wire_exit
deliver_commit(struct deliver *d)
{
	char shown[MSG_NAME];

	if (*d->stop != 0 || target_commit(&d->target) < 0)
		return WIRE_FAIL;
	if (d->target.inside != NULL && !d->quiet)
		msg_line("%s was filled entry by entry, not in one step: %s",
		    msg_mask(shown, sizeof shown, d->target.dir),
		    d->target.inside);
	return WIRE_OK;
}

static enum wire_exit
make_directory(struct deliver *d)
{
	enum wire_exit status;

	if (target_begin(&d->target) < 0)
		return WIRE_FAIL;
	status = read_tar(d, d->target.fd, deliver_selection(d), NULL, NULL);
	if (status == WIRE_OK && deliver_check_found(d) < 0)
		status = WIRE_FAIL;
	return status == WIRE_OK ? deliver_commit(d) : status;
}

/* Takes a part of a tar.gz: a gzip_sink with the descriptor. */
static int
deliver_write_part(void *arg, const struct gzip_part *part)
{
	const int *fd = arg;

	if (io_write(*fd, part->gzip, part->len) == 0)
		return 0;
	msg_warn(errno, "write the tar.gz");
	return -1;
}

/* Write all that pull gives to fd, or, compressed, to z.  0, or -1. */
static int
deliver_copy(io_pull pull, void *arg, int fd, struct gzip *z)
{
	const void *data;
	ssize_t n;

	while ((n = io_stopped() ? -1 : pull(arg, &data)) > 0) {
		if (z != NULL) {
			if (gzip_write(z, data, (size_t)n) < 0)
				return -1;
		} else if (io_write(fd, data, (size_t)n) < 0) {
			msg_warn(errno, "write the tar");
			return -1;
		}
	}
	if (n == 0 && z != NULL)
		return gzip_finish(z);
	return n < 0 ? -1 : 0;
}

/* Copy the tar to fd. */
static enum wire_exit
copy_tar(struct deliver *d, int fd)
{
	io_pull pull;
	void *arg;
	int ret;

	if (open_tar(d, &pull, &arg) < 0)
		return WIRE_FAIL;
	ret = deliver_copy(pull, arg, fd, NULL);
	return close_tar(d, ret < 0 ? WIRE_FAIL : WIRE_OK);
}

/* Write the tar.gz to fd: as it came, or a tar compressed. */
static enum wire_exit
copy_gzip(struct deliver *d, int fd)
{
	struct gzip_opts o = {.level = WIRE_LEVEL,
	    .jobs = cpus_allowed(),
	    .sink = deliver_write_part,
	    .arg = &fd};
	struct gzip *z = NULL;
	int ret;

	if (d->gather->format == GATHER_TAR) {
		z = gzip_open(&o);
		if (z == NULL)
			return WIRE_FAIL;
	}
	gather_rewind(d->gather);
	ret = deliver_copy(gather_pull, d->gather, fd, z);
	gzip_free(z);
	return ret < 0 ? WIRE_FAIL : WIRE_OK;
}

static enum wire_exit
make_tar(struct deliver *d)
{
	/* nothing of it is seen before all of it is known to be good */
	enum wire_exit status = read_tar(d, -1, NULL, NULL, NULL);

	if (status != WIRE_OK)
		return status;
	if (!d->has_target)
		return copy_tar(d, OUT_FD);
	if (target_begin(&d->target) < 0)
		return WIRE_FAIL;
	status = deliver_is_gzip(d->tar) ? copy_gzip(d, d->target.fd)
	                                 : copy_tar(d, d->target.fd);
	return status == WIRE_OK ? deliver_commit(d) : status;
}

enum wire_exit
deliver_make(struct deliver *d, struct gather *g)
{
	d->gather = g;
	return d->tar != NULL ? make_tar(d) : make_directory(d);
}

enum wire_exit
deliver_cat(struct deliver *d, struct gather *g)
{
	char *path = strdup(d->cat);
	struct tarin_select s = {.fd = OUT_FD, .n_paths = 1};
	enum wire_exit status = WIRE_FAIL;

	d->gather = g;
	if (path == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	path_clean(path);
	s.cat = path;
	s.paths = &path;
	s.found = d->select.found;
	status = read_tar(d, -1, NULL, NULL, NULL);
	if (status == WIRE_OK)
		status = read_tar(d, -1, &s, NULL, NULL);
	if (status == WIRE_OK && !*s.found) {
		msg_warn(0, "%s: no such file in the bundle", d->cat);
		result_because("PathNotFound");
		status = WIRE_FAIL;
	}
	free(path);
	return status;
}

enum wire_exit
deliver_show(struct deliver *d, struct gather *g, tarin_show show, void *arg)
{
	enum wire_exit status;

	d->gather = g;
	status = read_tar(d, -1, deliver_selection(d), NULL, NULL);
	if (status == WIRE_OK && deliver_check_found(d) < 0)
		status = WIRE_FAIL;
	return status == WIRE_OK
	    ? read_tar(d, -1, deliver_selection(d), show, arg)
	    : status;
}
