/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before the first byte: can everything that belongs to the bundle be read?
 */
#include "stream/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/msg.h"

/* The bundle directory itself could not be opened.  0, or -1. */
static int
preflight_refuse_dir(const char *dir, struct content_error *error,
    struct report *r)
{
	struct finding f = {.rule = error->rule, .path = "."};
	char name[256];

	msg_mask(name, sizeof name, dir);
	if (error->failure == CONTENT_FAILED)
		return -1;
	if (error->failure != CONTENT_UNREADABLE) {
		r->reason = REPORT_MISSING;
		snprintf(r->message, sizeof r->message,
		    "%s: %s; --bundle-dir names the directory that holds the bundle",
		    name,
		    error->failure == CONTENT_MISSING ? "no such directory"
		                                      : "not a directory");
		return 0;
	}
	r->reason = REPORT_UNREADABLE;
	snprintf(r->message, sizeof r->message,
	    "%s: the bundle directory cannot be read", name);
	f.blocker = error->blocker;
	f.mode = error->st.st_mode;
	f.uid = error->st.st_uid;
	f.gid = error->st.st_gid;
	return report_add_finding(r, &f);
}

static int
preflight_note_item(struct report *r, const struct content_item *item)
{
	const struct stat *st = &item->st;
	struct finding f = {.rule = item->rule,
	    .path = item->path,
	    .blocker = item->path,
	    .mode = st->st_mode,
	    .uid = st->st_uid,
	    .gid = st->st_gid};

	if (item->what == CONTENT_SKIPPED)
		return report_add_skipped(r, item->path, item->why,
		    st->st_mode);
	if (item->what == CONTENT_FINDING)
		return report_add_finding(r, &f);
	r->entries++;
	r->directories += S_ISDIR(st->st_mode);
	r->symlinks += S_ISLNK(st->st_mode);
	if (S_ISREG(st->st_mode)) {
		r->files++;
		r->bytes += (uint64_t)st->st_size;
	}
	return 0;
}

/* Name the mounts over the image that no runtime makes of itself.  0, or -1. */
static int
preflight_note_mounts(struct report *r, const struct mounts *m)
{
	size_t i;

	if (m->is_alien && report_add_path(&r->mounts, ".") < 0)
		return -1;
	for (i = 0; i < m->n; i++)
		if (m->points[i].alien && m->points[i].kind == MOUNTS_FOREIGN &&
		    report_add_path(&r->mounts, m->points[i].path) < 0)
			return -1;
	return 0;
}

/*
 * The VOLUME of the image that the walk is in, until something in it was seen:
 * then it is named.  *volume is owned, or NULL.  Returns 0, or -1 (reported).
 */
static int
preflight_note_volume(struct report *r, const struct content *c,
    const char *path, char **volume)
{
	size_t len = *volume != NULL ? strlen(*volume) : 0;
	int ret = 0;

	if (len > 0 && strncmp(path, *volume, len) == 0 && path[len] == '/')
		ret = report_add_path(&r->volumes, *volume);
	free(*volume);
	*volume = NULL;
	if (ret == 0 && mounts_at(&c->mounts, path) == MOUNTS_VOLUME) {
		*volume = strdup(path);
		if (*volume == NULL) {
			msg_nomem();
			ret = -1;
		}
	}
	return ret;
}

/* There is nothing in the bundle, or not what was asked for. */
static void
preflight_miss(struct report *r, const struct content_opts *opts)
{
	bool all = opts->sub == NULL || opts->sub[0] == '\0';
	char name[160];

	msg_mask(name, sizeof name, all ? opts->dir : opts->sub);
	r->reason = REPORT_MISSING;
	snprintf(r->message, sizeof r->message, "%s: %s", name,
	    all ? "nothing is in it: the image has no files, or the node mounted it empty; then use --strategy inject"
	        : "no such path in the bundle; symlinks are not followed");
}

int
preflight_run(struct content *c, const struct content_opts *opts,
    struct report *r)
{
	struct content_opts probing = *opts;
	struct content_error error;
	struct content_item item;
	char who[256], *volume = NULL;
	size_t sub = opts->sub != NULL ? strlen(opts->sub) : 0;
	bool found = false;
	int got, ret = -1;

	if (report_whoami(r) < 0)
		return -1;
	probing.probe = true;
	if (content_open(c, &probing, &error) < 0) {
		ret = preflight_refuse_dir(opts->dir, &error, r);
		goto out;
	}
	/* what an image may have had where our own program's volume lies */
	if (c->mounts.covered != NULL &&
	    report_add_skipped(r, c->mounts.covered, CONTENT_COVERED, S_IFDIR) <
	        0)
		goto out;
	if (preflight_note_mounts(r, &c->mounts) < 0)
		goto out;
	while ((got = content_next(c, &item)) > 0) {
		if (io_stopped() || preflight_note_item(r, &item) < 0)
			goto out;
		if (item.what == CONTENT_SKIPPED && item.why != CONTENT_SYMLINK)
			continue;
		/* more than the directories above it */
		found |= strcmp(item.path, ".") != 0 &&
		    strlen(item.path) >= sub;
		if (preflight_note_volume(r, c, item.path, &volume) < 0)
			goto out;
	}
	if (got < 0)
		goto out;
	ret = 0;
	if (r->all_findings > 0) {
		r->reason = REPORT_UNREADABLE;
		snprintf(r->message, sizeof r->message,
		    "%" PRIu64 " path%s of the bundle cannot be read by %s",
		    r->all_findings, r->all_findings == 1 ? "" : "s",
		    finding_who_text(who, sizeof who, &r->who));
	} else if (!found) {
		preflight_miss(r, opts);
	}
out:
	free(volume);
	free(error.blocker);
	return ret;
}
