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

void
outcome_add_logs(struct json *to, const struct gather *g,
    const struct deliver *d, enum wire_exit status)
{
	const struct gather_result *is = gather_result(g);
	const struct notes *n = &is->notes;
	char text[RANGES_TEXT], shown[MSG_NAME];
	const char *digest, *log, *at, *end;
	uint64_t first = 0, last;
	struct json *list, *one;
	bool found = json_has(to, "findings");
	size_t i;

	if (outcome_can_fetch(g, status)) {
		json_add_string(to, "parts", gather_missing_text(g, text));
		list = json_add_array(to, "missing");
		for (; gather_missing(g, &first, &last); first = last + 1) {
			one = json_add_array(list, NULL);
			json_add_uint(one, NULL, first);
			if (last == GATHER_OPEN) {
				json_add_null(one, NULL);
				break;
			}
			json_add_uint(one, NULL, last);
		}
		if (is->total != 0)
			json_add_uint(to, "total", is->total);
	}
	if (is->why == GATHER_SEVERAL || is->why == GATHER_OTHER) {
		list = json_add_array(to, "bundles");
		for (i = 0; (digest = gather_bundle(g, i, &log)) != NULL; i++) {
			one = json_add_object(list, NULL);
			json_add_string(one, "digest", digest);
			json_add_string(one, "log", log);
		}
	}
	/* what an `unpack` that failed has said */
	if (status != WIRE_OK && n->report != NULL) {
		list = found ? NULL : json_add_array(to, "findings");
		one = json_add_array(to, "log");
		for (at = n->report; *at != '\0'; at = end + 1) {
			end = strchr(at, '\n');
			i = (size_t)(end - at);
			json_add_string(one, NULL,
			    msg_mask_mem(shown, sizeof shown, at, i));
			findings_read_line(list, at, i);
		}
		if (n->report_more > 0 && !found)
			json_add_uint(to, "more", n->report_more);
	}
	if (status != WIRE_OK && d->counts.rule != NULL) {
		json_add_string(to, "rule", d->counts.rule);
		if (d->counts.path[0] != '\0')
			json_add_string(to, "path", d->counts.path);
	}
	list = json_add_array(to, "forms");
	for (i = 0; i < NOTES_FORMS; i++)
		if (n->forms >> i & 1)
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
