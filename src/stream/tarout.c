/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries -> tar.
 */
#include "stream/tarout.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/msg.h"

/*
 * Two writers share one output.  Each entry goes to the ustar writer, or,
 * where that one refuses it (it does so before its first byte), to the pax
 * writer.  An archive is a sequence of entries, so nobody sees the seam.
 */
struct tarout {
	struct archive *ustar; /* owned */
	struct archive *pax; /* owned */
	struct archive *last; /* the one that wrote the last header */
	struct archive_entry *entry; /* owned; used again for each */
	tarout_sink *sink;
	void *arg;
	bool closed; /* nothing goes to the sink any more */
	bool failed; /* the sink failed, and said so */
};

static la_ssize_t
output(struct archive *a, void *arg, const void *buf, size_t len)
{
	struct tarout *t = arg;

	if (!t->closed && !t->failed && t->sink(t->arg, buf, len) < 0)
		t->failed = true;
	if (t->failed) {
		archive_set_error(a, EIO, "output failed");
		return -1;
	}
	return (la_ssize_t)len;
}

/* Warn about what a said, unless the sink has done so.  Returns -1. */
static int
tarout_fail(const struct tarout *t, struct archive *a)
{
	const char *why = archive_error_string(a);

	if (!t->failed)
		msg_warn(0, "tar: %s", why != NULL ? why : "unknown error");
	return -1;
}

/* Returns a writer without buffering or padding, or NULL. */
static struct archive *
writer(struct tarout *t, int (*set_format)(struct archive *))
{
	struct archive *a = archive_write_new();

	if (a != NULL && set_format(a) == ARCHIVE_OK &&
	    archive_write_set_bytes_per_block(a, 0) == ARCHIVE_OK &&
	    archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
	    archive_write_open(a, t, NULL, output, NULL) == ARCHIVE_OK)
		return a;
	(void)archive_write_free(a);
	return NULL;
}

struct tarout *
tarout_open(tarout_sink *sink, void *arg)
{
	struct tarout *t = calloc(1, sizeof *t);

	if (t == NULL) {
		msg_nomem();
		return NULL;
	}
	/* libarchive writes on where some allocations have failed */
	alloc_strict(true);
	t->sink = sink;
	t->arg = arg;
	t->ustar = writer(t, archive_write_set_format_ustar);
	t->pax = writer(t, archive_write_set_format_pax_restricted);
	t->entry = archive_entry_new();
	if (t->ustar == NULL || t->pax == NULL || t->entry == NULL) {
		msg_nomem();
		tarout_free(t);
		return NULL;
	}
	return t;
}

int
tarout_entry(struct tarout *t, const struct tarout_entry *e)
{
	int got;

	if (t->last != NULL && archive_write_finish_entry(t->last) < 0)
		return tarout_fail(t, t->last);
	(void)archive_entry_clear(t->entry);
	archive_entry_set_pathname(t->entry, e->path);
	archive_entry_set_mode(t->entry,
	    e->mode & ~(mode_t)(S_ISUID | S_ISGID));
	archive_entry_set_mtime(t->entry, e->mtime, 0);
	archive_entry_set_size(t->entry, e->size);
	if (e->target != NULL)
		archive_entry_set_symlink(t->entry, e->target);
	t->last = t->ustar;
	got = ARCHIVE_FAILED;
	if (msg_is_utf8(e->path, strlen(e->path)) &&
	    (e->target == NULL || msg_is_utf8(e->target, strlen(e->target))))
		got = archive_write_header(t->ustar, t->entry);
	if (got == ARCHIVE_FAILED) {
		t->last = t->pax;
		got = archive_write_header(t->pax, t->entry);
	}
	/* a warning is about the character set, which pax has noted */
	return got == ARCHIVE_OK || got == ARCHIVE_WARN
	    ? 0
	    : tarout_fail(t, t->last);
}

int
tarout_data(struct tarout *t, const void *buf, size_t len)
{
	la_ssize_t got = archive_write_data(t->last, buf, len);

	if (got < 0)
		return tarout_fail(t, t->last);
	if ((size_t)got != len) {
		msg_warn(0, "tar: more data than the header says");
		return -1;
	}
	return 0;
}

int
tarout_finish(struct tarout *t)
{
	if (t->last != NULL && archive_write_finish_entry(t->last) < 0)
		return tarout_fail(t, t->last);
	if (archive_write_close(t->ustar) != ARCHIVE_OK)
		return tarout_fail(t, t->ustar);
	t->closed = true;
	return 0;
}

void
tarout_free(struct tarout *t)
{
	if (t == NULL)
		return;
	t->closed = true; /* or freeing would write the end of an archive */
	(void)archive_write_free(t->ustar);
	(void)archive_write_free(t->pax);
	archive_entry_free(t->entry);
	free(t);
	alloc_strict(false);
}
