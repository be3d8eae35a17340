/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found out about a bundle, and how it is reported: to people as lines
 * on standard error, to programs as JSON.
 */
#include "bundle/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/quote.h"
#include "base/result.h"
#include "wire.h"

/* By reason: the names of the contract. */
static const char *const reasons[] = {[REPORT_OK] = "",
    [REPORT_IO] = "IOError",
    [REPORT_UNREADABLE] = "BundleUnreadable",
    [REPORT_MISSING] = "BundleMissing",
    [REPORT_TOO_LARGE] = "BundleTooLarge",
    [REPORT_TERMINATED] = "Terminated",
    [REPORT_NO_START] = "ContainerCannotStart",
    [REPORT_REFUSED] = "EntryRefused"};

/* ---------------------------------------------------------------- facts */

int
report_whoami(struct report *r)
{
	gid_t *groups;
	int n = getgroups(0, NULL);

	r->who.uid = geteuid();
	r->who.gid = getegid();
	if (n <= 0)
		return 0;
	groups = calloc((size_t)n, sizeof *groups);
	if (groups == NULL) {
		msg_nomem();
		return -1;
	}
	n = getgroups(n, groups);
	r->who.groups = groups;
	r->who.n_groups = n > 0 ? (size_t)n : 0;
	return 0;
}

/* A copy of path, shortened where it is too long to show; or NULL. */
static char *
report_keep_path(const char *path)
{
	size_t len = strlen(path), half = MSG_NAME / 2 - 2;
	char *copy;

	if (len < MSG_NAME)
		copy = strdup(path);
	else if (asprintf(&copy, "%.*s...%s", (int)half, path,
	             path + len - half) < 0)
		copy = NULL;
	if (copy == NULL)
		msg_nomem();
	return copy;
}

int
report_add_finding(struct report *r, const struct finding *f)
{
	struct finding copy = *f;

	r->all_findings++;
	if (r->n_findings == WIRE_FINDINGS_MAX)
		return 0;
	copy.path = report_keep_path(f->path);
	copy.blocker = report_keep_path(f->blocker);
	if (copy.path == NULL || copy.blocker == NULL) {
		free((char *)(uintptr_t)copy.path);
		free((char *)(uintptr_t)copy.blocker);
		return -1;
	}
	r->findings[r->n_findings++] = copy;
	return 0;
}

int
report_add_skipped(struct report *r, const char *path, enum content_why why,
    mode_t mode)
{
	char *copy;

	r->skipped[why]++;
	if (r->n_skipped_paths == WIRE_FINDINGS_MAX)
		return 0;
	copy = report_keep_path(path);
	if (copy == NULL)
		return -1;
	r->skipped_paths[r->n_skipped_paths++] = (struct report_skipped){copy,
	    why, mode};
	return 0;
}

int
report_add_path(struct report_paths *p, const char *path)
{
	p->all++;
	if (p->n == WIRE_FINDINGS_MAX)
		return 0;
	p->list[p->n] = report_keep_path(path);
	return p->list[p->n] == NULL ? -1 : (p->n++, 0);
}

void
report_free(struct report *r)
{
	size_t i;

	for (i = 0; i < r->n_findings; i++) {
		/* const in struct finding, which mostly borrows; owned here */
		free((char *)(uintptr_t)r->findings[i].path);
		free((char *)(uintptr_t)r->findings[i].blocker);
	}
	for (i = 0; i < r->n_skipped_paths; i++)
		free(r->skipped_paths[i].path);
	for (i = 0; i < r->mounts.n; i++)
		free(r->mounts.list[i]);
	for (i = 0; i < r->volumes.n; i++)
		free(r->volumes.list[i]);
	free((gid_t *)(uintptr_t)r->who.groups);
	*r = (struct report){0};
}

/* ---------------------------------------------------------------- JSON */

static void
report_add_name(struct json *o, const char *key, const char *name)
{
	char masked[MSG_NAME];

	json_add_string(o, key, msg_mask(masked, sizeof masked, name));
}

static void
add_skipped(struct json *o, const struct report *r)
{
	struct json *skipped = json_add_object(o, "skipped");
	int i;

	for (i = 0; i < CONTENT_WHYS; i++)
		json_add_uint(skipped, content_why_names[i], r->skipped[i]);
}

/*
 * Add findings until their text is longer than *room bytes, which shrinks, and
 * how many more there are.
 */
static void
report_add_findings(struct json *o, const struct report *r, size_t *room)
{
	struct json *array = json_add_array(o, "findings"), *one;
	const struct finding *f = r->findings;
	char text[MSG_MAX], *printed;
	size_t i, len;

	for (i = 0; i < r->n_findings; i++, f++) {
		one = json_new_object();
		json_add_string(one, "code", finding_code(f->rule));
		report_add_name(one, "path", f->path);
		json_add_string(one, "message",
		    finding_reason(text, sizeof text, f, &r->who));
		if (f->rule != FINDING_HIDDEN) {
			snprintf(text, sizeof text, "%04o",
			    (unsigned int)(f->mode & 07777));
			json_add_string(one, "mode", text);
			json_add_uint(one, "uid", f->uid);
			json_add_uint(one, "gid", f->gid);
			report_add_name(one, "blockedBy", f->blocker);
		}
		json_add_string(one, "fix", finding_fix(text, sizeof text, f));
		printed = json_print(one, JSON_COMPACT);
		len = printed != NULL ? strlen(printed) + 1 : 0;
		free(printed);
		if (len > *room) {
			json_free(one);
			break;
		}
		*room -= len;
		/* without a text it is spoilt, or out of memory: so is o */
		if (json_add(array, NULL, one) == NULL || len == 0) {
			json_spoil(o);
			return;
		}
	}
	if (r->all_findings > i)
		json_add_uint(o, "more", r->all_findings - i);
}

/* Likewise for paths, where there are any, as `key`, and `more`. */
static void
report_add_paths(struct json *o, const struct report_paths *p, const char *key,
    const char *more, size_t *room)
{
	char masked[MSG_NAME];
	struct json *array;
	size_t i, len;

	if (p->all == 0)
		return;
	array = json_add_array(o, key);
	for (i = 0; i < p->n; i++) {
		/* JSON doubles the backslashes of a masked name */
		len = 2 * strlen(msg_mask(masked, sizeof masked, p->list[i])) +
		    3;
		if (len > *room)
			break;
		*room -= len;
		json_add_string(array, NULL, masked);
	}
	if (p->all > i)
		json_add_uint(o, more, p->all - i);
}

/* What a report ends with, in at most `room` bytes, about. */
static void
report_add_lists(struct json *o, const struct report *r, size_t room,
    bool findings)
{
	if (findings)
		report_add_findings(o, r, &room);
	report_add_paths(o, &r->mounts, "mounts", "moreMounts", &room);
	report_add_paths(o, &r->volumes, "volumes", "moreVolumes", &room);
}

struct json *
report_object(const struct report *r)
{
	bool ok = r->reason == REPORT_OK;
	struct json *o = result_new(ok ? WIRE_OK : WIRE_BUNDLE, NULL,
	    ok ? NULL : reasons[r->reason],
	    ok && r->message[0] == '\0' ? "all of the bundle can be read"
	                                : r->message);
	struct json *as = json_add_object(o, "as"), *array, *one;
	const struct report_skipped *s = r->skipped_paths;
	size_t i;

	json_add_uint(as, "uid", r->who.uid);
	json_add_uint(as, "gid", r->who.gid);
	array = json_add_array(as, "groups");
	for (i = 0; i < r->who.n_groups; i++)
		json_add_uint(array, NULL, r->who.groups[i]);
	json_add_uint(o, "entries", r->entries);
	json_add_uint(o, "directories", r->directories);
	json_add_uint(o, "files", r->files);
	json_add_uint(o, "symlinks", r->symlinks);
	json_add_uint(o, "bytes", r->bytes);
	add_skipped(o, r);
	array = json_add_array(o, "skippedPaths");
	for (i = 0; i < r->n_skipped_paths; i++, s++) {
		one = json_add_object(array, NULL);
		report_add_name(one, "path", s->path);
		json_add_string(one, "why", content_why_names[s->why]);
		json_add_string(one, "type", content_type_name(s->mode));
	}
	report_add_lists(o, r, SIZE_MAX, true);
	return o;
}

/* ---------------------------------------------------------------- people */

void
report_print(const struct report *r)
{
	char name[MSG_NAME], text[MSG_MAX], fix[MSG_MAX];
	const struct finding *f;
	size_t i;

	for (i = 0; i < r->n_findings; i++) {
		f = &r->findings[i];
		msg_warn(0, "%s: %s; fix: %s",
		    quote_name(name, sizeof name, f->path),
		    finding_reason(text, sizeof text, f, &r->who),
		    finding_fix(fix, sizeof fix, f));
	}
	if (r->all_findings > r->n_findings)
		msg_warn(0, "and %" PRIu64 " more",
		    r->all_findings - r->n_findings);
}

/* ---------------------------------------------------------------- kubelet */

/* Write the termination message, if there is somewhere to write it. */
static void
terminate(const char *text, size_t len)
{
	struct stat st;
	int fd;

	fd = openat(AT_FDCWD, WIRE_TERM_PATH,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) == 0)
		(void)io_write(fd, text, len);
	(void)close(fd);
}

void
report_terminate(const struct report *r, const struct report_written *written)
{
	struct json *o = json_new_object();
	char *text;

	json_add_string(o, "result", r->reason == REPORT_OK ? "ok" : "failed");
	if (r->reason != REPORT_OK) {
		json_add_string(o, "reason", reasons[r->reason]);
		json_add_string(o, "message", r->message);
	}
	if (written != NULL) {
		json_add_string(o, "format", written->format);
		json_add_uint(o, "entries", written->entries);
		json_add_uint(o, "size", written->size);
		if (written->digest[0] != '\0')
			json_add_string(o, "digest", written->digest);
		if (written->parts > 0)
			json_add_uint(o, "parts", written->parts);
		if (written->filled)
			json_add_bool(o, "filled", true);
	}
	add_skipped(o, r);
	/* the rest: a message of 512 bytes, escaped, and the counts */
	report_add_lists(o, r, WIRE_TERM_MAX - 1536, r->all_findings > 0);
	text = json_finish(o, JSON_COMPACT);
	if (text != NULL)
		terminate(text, strlen(text));
	free(text);
}

void
report_terminate_now(bool memory)
{
	const char *text = memory
	    ? "{\"result\":\"failed\",\"reason\":\"IOError\",\"message\":\"out of memory\"}"
	    : "{\"result\":\"failed\",\"reason\":\"Terminated\",\"message\":\"terminated by a signal\"}";

	terminate(text, strlen(text));
}
