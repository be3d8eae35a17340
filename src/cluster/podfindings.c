/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that `unpack` found wrong with a bundle.
 */
#include "cluster/podfindings.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log/findings.h"
#include "wire.h"

enum {
	LOG_MAX = 4 << 20 /* bytes of lines that are looked at */
};

/* Is the finding among the first n of the list? */
static bool
podfindings_has(const struct json *list, size_t n, const struct json *finding)
{
	const char *path = json_get_text(finding, "path");
	const struct json *one = json_first(list);

	for (; n > 0; n--, one = json_next(one))
		if (strcmp(json_get_text(one, "path"), path) == 0)
			return true;
	return false;
}

void
podfindings_read(struct json *report, const struct tempfile *log)
{
	struct blob b = {.fd = log->fd,
	    .len = log->len < LOG_MAX ? log->len : LOG_MAX};
	char *text = blob_text(&b, LOG_MAX, "the pod's log"), *rest = text;
	struct json *all = json_get_array(report, "findings"), *read;
	size_t had = json_size(all), n = 0;
	int64_t more = 0;
	char *line;

	if (all != NULL)
		json_int(json_get(report, "more"), 0, JSON_INT_MAX, &more);
	while (more > 0 && n < WIRE_FINDINGS_MAX &&
	    (line = strsep(&rest, "\n")) != NULL) {
		read = json_new_array();
		n += findings_read_line(read, line, strlen(line));
		if (json_size(read) > 0 &&
		    !podfindings_has(all, had, json_at(read, 0))) {
			json_add(all, NULL, json_copy(json_at(read, 0)));
			more--;
		}
		json_free(read);
	}
	free(text);
	if (all == NULL)
		return;
	json_free(json_take(report, "more"));
	if (more > 0)
		json_add_int(report, "more", more);
}
