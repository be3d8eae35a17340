/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report of findings and of what was left out, with paths of any bytes: the
 * JSON is whole and without bytes that a terminal or a reader would choke on.
 * The input is a row of records: a byte for the kind, two for the mode, a byte
 * for the length of the path, the path.
 */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"
#include "bundle/report.h"

static void
add_record(struct report *r, const uint8_t *record, const char *path)
{
	struct finding f = {.path = path, .blocker = path};

	f.mode = (mode_t)(record[1] << 8 | record[2]);
	f.uid = record[1];
	f.gid = record[2];
	if (record[0] % 2 == 0) {
		f.rule = FINDING_FILE_READ + record[0] / 2 % 4;
		(void)report_add_finding(r, &f);
	} else {
		(void)report_add_skipped(r, path,
		    (enum content_why)(record[0] / 2 % CONTENT_WHYS), f.mode);
	}
}

static void
check_text(const char *text)
{
	struct json *tree = json_parse(text, strlen(text));
	const char *p;

	MUST(json_is_object(tree));
	json_free(tree);
	for (p = text; *p != '\0'; p++)
		MUST((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct report r;
	char path[256], *text;
	size_t n;

	r = (struct report){0};
	r.reason = REPORT_UNREADABLE;
	while (len >= 4) {
		n = data[3] < len - 4 ? data[3] : len - 4;
		memcpy(path, data + 4, n);
		path[n] = '\0';
		add_record(&r, data, path);
		data += 4 + n;
		len -= 4 + n;
	}
	text = json_finish(report_object(&r), JSON_COMPACT);
	MUST(text != NULL);
	check_text(text);
	free(text);
	text = json_finish(report_object(&r), JSON_PRETTY);
	MUST(text != NULL);
	check_text(text);
	free(text);
	report_free(&r);
	return 0;
}
