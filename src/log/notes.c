/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes about logs, made while they are read, to say afterwards why there is no
 * bundle in them, and what they are instead.
 */
#include "log/notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "log/findings.h"
#include "log/stamp.h"

void
notes_free(struct notes *n)
{
	free(n->report);
	n->report = NULL;
	n->report_len = 0;
}

/* ------------------------------------------------------------------- lines */

/* Is this an error of kubectl, of the API server, or of kubelet? */
static bool
notes_is_kubectl(const char *text)
{
	static const char *const starts[] = {"error: ", "Error: ",
	    "Error from server", "error from server", "Unable to connect",
	    "The connection to the server", "unable to retrieve container logs",
	    "failed to try resolving symlinks",
	    "rpc error: ", "failed to create fsnotify watcher",
	    "No resources found", "Please enter Username",
	    "couldn't get current server API"};
	size_t i;

	for (i = 0; i < sizeof starts / sizeof *starts; i++)
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	/* klog: a letter, month and day */
	return *text == 'E' && strspn(text + 1, "0123456789") == 4 &&
	    text[5] == ' ';
}

/* Judge a line: all[0..len), a NUL behind it. */
static void
notes_judge_line(struct notes *n, const char *all, size_t len)
{
	static const char unpack[] = "unpack: ", powershell[] = "kubectl : ";
	static const char base64[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	const char *text = all, *end = all + len, *report;
	char *kept = NULL;
	int stamp;

	/* a line, or what is left of one, of unpack-stream(5) */
	if (strstr(all, "{\"part") != NULL ||
	    strstr(all, "{\"content\":") != NULL ||
	    strstr(all, "\"digest\":\"sha256:") != NULL ||
	    (len >= NOTES_BASE64 && strspn(all, base64) == len))
		return;
	/* what `kubectl logs --prefix --timestamps` and PowerShell put there */
	if (*text == '[' && strchr(text, ']') != NULL) {
		text = strchr(text, ']') + 1;
		text += *text == ' ';
	}
	stamp = stamp_match(text, (size_t)(end - text));
	if (stamp > 0)
		text += stamp;
	if (strncmp(text, powershell, sizeof powershell - 1) == 0)
		text += sizeof powershell - 1;
	for (report = strstr(text, unpack); report != NULL;
	     report = strstr(report + 1, unpack))
		if (report == text || report[-1] == ' ' || report[-1] == '\t')
			break;
	if (report != NULL) {
		len = (size_t)(end - report);
		if (n->report_len + len + 1 <= NOTES_REPORT)
			kept = realloc(n->report, n->report_len + len + 2);
		if (kept == NULL) {
			n->report_more++;
			return;
		}
		memcpy(kept + n->report_len, report, len);
		n->report_len += len;
		kept[n->report_len++] = '\n';
		kept[n->report_len] = '\0';
		n->report = kept;
	} else if (notes_is_kubectl(text)) {
		if (n->kubectl[0] == '\0')
			snprintf(n->kubectl, sizeof n->kubectl, "%s", text);
	} else if (n->other[0] == '\0' &&
	    strncmp(text, "Defaulted container", 19) != 0) {
		/* that is kubectl, which says what it took */
		snprintf(n->other, sizeof n->other, "%s", all);
	}
}

void
notes_end_line(struct notes *n, struct notes_line *line)
{
	if (line->any) {
		n->texts++;
		while (line->len > 0 && line->text[line->len - 1] == '\r')
			line->len--;
		line->text[line->len] = '\0';
		notes_judge_line(n, line->text, line->len);
	}
	line->len = 0;
	line->any = false;
}

void
notes_add_text(struct notes *n, struct notes_line *line, const char *text,
    size_t len)
{
	const char *end;
	size_t some, keep;

	while (len > 0) {
		end = memchr(text, '\n', len);
		some = end != NULL ? (size_t)(end - text) : len;
		keep = sizeof line->text - 1 - line->len;
		if (keep > some)
			keep = some;
		memcpy(line->text + line->len, text, keep);
		line->len += keep;
		if (!line->any)
			line->any = strspn(line->text, " \t\r") < line->len;
		if (end == NULL)
			return;
		notes_end_line(n, line);
		text += some + 1;
		len -= some + 1;
	}
}

/* ------------------------------------------------------------------- files */

void
notes_judge_file(struct notes *n, const void *data, size_t len)
{
	static const struct {
		const char *magic;
		const char *what;
	} kinds[] = {
	    {"\177ELF", "a program (ELF)"},
	    {"PK\003\004", "a zip archive"},
	    {"(\265/\375", "compressed with zstd: decompress it first"},
	    {"\3757zXZ", "compressed with xz: decompress it first"},
	    {"BZh", "compressed with bzip2: decompress it first"},
	};
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (n->binary == NULL && len >= strlen(kinds[i].magic) &&
		    memcmp(data, kinds[i].magic, strlen(kinds[i].magic)) == 0)
			n->binary = kinds[i].what;
}

const char *
notes_report_reason(const struct notes *n)
{
	static const struct {
		const char *text;
		const char *reason;
	} reasons[] = {{"of the bundle cannot be read", "BundleUnreadable"},
	    {"the bundle directory cannot be read", "BundleUnreadable"},
	    {"directory; --bundle-dir names", "BundleMissing"},
	    {"over --log-limit", "BundleTooLarge"}};
	const char *at, *end;
	size_t i;

	if (n->report == NULL)
		return NULL;
	for (at = n->report; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		/* it names a file, which may be called anything */
		if (findings_read_line(NULL, at, (size_t)(end - at)))
			continue;
		for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
			if (memmem(at, (size_t)(end - at), reasons[i].text,
			        strlen(reasons[i].text)) != NULL)
				return reasons[i].reason;
	}
	return "UnpackFailed";
}
