/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports the outcome of reading logs: the keys that the results of extract and
 * run have in common, and lines for people.
 */
#include "log/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/msg.h"
#include "base/out.h"
#include "log/findings.h"

const char *
outcome_format(enum gather_format format)
{
	static const char *const names[] = {"nothing", "json", "jsonl",
	    "tar.gz", "tar"};

	return names[format];
}

/* Is there a reason to fetch parts again? */
static bool
outcome_can_fetch(const struct gather *g, enum wire_exit status)
{
	const struct gather_result *is = gather_result(g);
	uint64_t first = 0, last;

	return status == WIRE_CORRUPT && gather_missing(g, &first, &last) &&
	    (is->why == GATHER_MISSING || is->why == GATHER_OTHER ||
	        is->why == GATHER_FINE ||
	        (is->why == GATHER_SEVERAL && is->again));
}

const char *
outcome_word(const struct gather *g, enum wire_exit status)
{
	enum gather_why why = gather_result(g)->why;

	if (status == WIRE_OK)
		return "ok";
	if (status == WIRE_BUNDLE && why == GATHER_FINE)
		return "refused";
	if (outcome_can_fetch(g, status))
		return "incomplete";
	return status == WIRE_CORRUPT &&
	        (why == GATHER_FINE || why == GATHER_OTHER)
	    ? "corrupt"
	    : "failed";
}

const char *
outcome_reason(const struct gather *g, const struct deliver *d,
    enum wire_exit status)
{
	const char *reason = gather_reason(g);

	if (status == WIRE_OK || reason != NULL)
		return reason;
	if (status == WIRE_CORRUPT)
		return "StreamCorrupt";
	if (status != WIRE_BUNDLE || d->counts.rule == NULL)
		return NULL;
	return strcmp(d->counts.rule, "too-large") == 0 ? "BundleTooLarge"
	                                                : "EntryRefused";
}

/* --------------------------------------------------------------- delivered */

void
outcome_add_delivered(struct json *to, const struct gather *g,
    const struct deliver *d)
{
	const struct gather_result *is = gather_result(g);
	char shown[MSG_NAME];

	if (d->tar != NULL || d->dir != NULL)
		json_add_string(to, d->tar != NULL ? "tar" : "directory",
		    msg_mask(shown, sizeof shown,
		        d->tar != NULL ? d->tar : d->dir));
	json_add_string(to, "format", outcome_format(is->format));
	json_add_bool(to, "verified", is->verified);
	json_add_uint(to, "size", is->whole.size);
	json_add_string(to, "digest", is->whole.digest);
	json_add_uint(to, "entries", d->counts.entries);
	json_add_uint(to, "bytes", d->counts.bytes);
}

/* ----------------------------------------------------------------- trouble */

/* Add which parts to fetch again. */
static void
outcome_add_missing(struct json *object, const struct gather *g)
{
	char list[RANGES_TEXT];
	uint64_t first = 0, last = 0, total = gather_result(g)->total;
	struct json *ranges, *range;

	json_add_string(object, "parts", gather_missing_text(g, list));
	ranges = json_add_array(object, "missing");
	for (; gather_missing(g, &first, &last); first = last + 1) {
		range = json_add_array(ranges, NULL);
		json_add_uint(range, NULL, first);
		if (last == GATHER_OPEN) {
			json_add_null(range, NULL);
			break;
		}
		json_add_uint(range, NULL, last);
	}
	if (total != 0)
		json_add_uint(object, "total", total);
}

/* Add what an `unpack` that failed has said. */
static void
outcome_add_report(struct json *to, const struct notes *n)
{
	struct json *log = json_add_array(to, "log");
	struct json *findings = json_has(to, "findings")
	    ? NULL
	    : json_add_array(to, "findings");
	char shown[MSG_NAME];
	const char *at, *end;

	for (at = n->report; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		json_add_string(log, NULL,
		    msg_mask_mem(shown, sizeof shown, at, (size_t)(end - at)));
		findings_read_line(findings, at, (size_t)(end - at));
	}
	if (n->report_more > 0 && findings != NULL)
		json_add_uint(to, "more", n->report_more);
}

void
outcome_add_logs(struct json *to, const struct gather *g,
    const struct deliver *d, enum wire_exit status)
{
	const struct gather_result *is = gather_result(g);
	const char *digest, *log;
	struct json *list, *one;
	size_t i;

	if (outcome_can_fetch(g, status))
		outcome_add_missing(to, g);
	if (is->why == GATHER_SEVERAL || is->why == GATHER_OTHER) {
		list = json_add_array(to, "bundles");
		for (i = 0; (digest = gather_bundle(g, i, &log)) != NULL; i++) {
			one = json_add_object(list, NULL);
			json_add_string(one, "digest", digest);
			json_add_string(one, "log", log);
		}
	}
	if (status != WIRE_OK && is->notes.report != NULL)
		outcome_add_report(to, &is->notes);
	if (status != WIRE_OK && d->counts.rule != NULL) {
		json_add_string(to, "rule", d->counts.rule);
		if (d->counts.path[0] != '\0')
			json_add_string(to, "path", d->counts.path);
	}
	list = json_add_array(to, "forms");
	for (i = 0; i < NOTES_FORMS; i++)
		if (is->notes.forms >> i & 1)
			json_add_string(list, NULL,
			    notes_form_name((unsigned int)i));
	json_add_uint(to, "foreign", is->foreign);
	json_add_uint(to, "damaged", is->damaged);
	json_add_uint(to, "repeated", is->repeated);
}

/* ----------------------------------------------------------------- entries */

struct json *
outcome_entry(const struct tarin_entry *e)
{
	char path[MSG_NAME], link[MSG_NAME], mode[8];
	const char *to = e->link != NULL ? e->link : e->hard;
	struct json *object = json_new_object();

	snprintf(mode, sizeof mode, "%04o", (unsigned)e->mode & 07777);
	json_add_string(object, "path", msg_mask(path, sizeof path, e->path));
	json_add_string(object, "type",
	    e->hard != NULL        ? "link"
	        : S_ISDIR(e->mode) ? "dir"
	        : S_ISLNK(e->mode) ? "symlink"
	                           : "file");
	json_add_string(object, "mode", mode);
	json_add_uint(object, "size", e->size);
	json_add_int(object, "mtime", e->mtime);
	if (to != NULL)
		json_add_string(object, "target",
		    msg_mask(link, sizeof link, to));
	return object;
}

void
outcome_show_entry(const struct tarin_entry *e)
{
	char path[MSG_NAME], link[MSG_NAME], mode[] = "?rwxrwxrwx", when[32];
	const char *to = e->link != NULL ? e->link : e->hard;
	const time_t mtime = (time_t)e->mtime;
	struct tm tm;
	int i;

	mode[0] = e->hard != NULL ? 'h' : S_ISDIR(e->mode) ? 'd' : '-';
	if (e->link != NULL)
		mode[0] = 'l';
	for (i = 0; i < 9; i++)
		if (!(e->mode >> (8 - i) & 1))
			mode[i + 1] = '-';
	if (gmtime_r(&mtime, &tm) == NULL ||
	    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(when, sizeof when, "%" PRId64, e->mtime);
	out_printf("%s %12" PRIu64 " %s %s", mode, e->size, when,
	    msg_mask(path, sizeof path, e->path));
	if (to != NULL)
		out_printf("%s%s", e->link != NULL ? " -> " : " link to ",
		    msg_mask(link, sizeof link, to));
	out_text("\n");
}
