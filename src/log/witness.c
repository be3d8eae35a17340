/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pod's termination message as a witness: it describes the bundle that was
 * written, or says why there is none.
 */
#include "log/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "log/findings.h"

enum wire_exit
witness_read(struct witness *w, struct gather *g, const char *path)
{
	char text[WIRE_TERM_MAX + 1], shown[MSG_NAME], message[1024];
	const char *reason;
	ssize_t n = -1;
	int fd;

	msg_mask(shown, sizeof shown, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = io_read(fd, text, sizeof text);
	if (n < 0)
		msg_warn(errno, "%s", shown);
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return WIRE_FAIL;
	if (gather_witness(g, text, (size_t)n) == 0)
		return WIRE_OK;
	w->failure = json_parse(text, (size_t)n);
	if (strcmp(json_get_text(w->failure, "result"), "failed") == 0) {
		reason = json_get_text(w->failure, "reason");
		msg_mask(w->reason, sizeof w->reason,
		    *reason != '\0' ? reason : "UnpackFailed");
		msg_warn(0, "%s: the pod failed: %s: %s", shown, w->reason,
		    msg_mask(message, sizeof message,
		        json_get_text(w->failure, "message")));
		findings_tell(w->failure);
	} else if (gather_report(g, shown, text, (size_t)n) == 0) {
		/* the end of the log: terminationMessagePolicy */
		witness_free(w);
		snprintf(w->reason, sizeof w->reason, "%s", gather_reason(g));
	} else {
		msg_warn(0,
		    "%s: not a termination message of unpack: it describes neither a bundle nor a failure",
		    shown);
		return WIRE_FAIL;
	}
	return strncmp(w->reason, "Bundle", 6) == 0 ? WIRE_BUNDLE
	                                            : WIRE_CORRUPT;
}

void
witness_free(struct witness *w)
{
	json_free(w->failure);
	w->failure = NULL;
}
