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
#include "log/reason.h"

/* The exit code for a failure with that reason. */
static enum wire_exit
witness_code(const char *reason)
{
	return strncmp(reason, "Bundle", 6) == 0 ? WIRE_BUNDLE : WIRE_CORRUPT;
}

/* The message is a failure's: say so. */
static enum wire_exit
witness_say_failure(struct witness *w, const char *path)
{
	const char *reason = json_get_text(w->failure, "reason");
	char message[1024];

	(void)msg_mask(w->reason, sizeof w->reason,
	    *reason != '\0' ? reason : "UnpackFailed");
	msg_warn(0, "%s: the pod failed: %s: %s", path, w->reason,
	    msg_mask(message, sizeof message,
	        json_get_text(w->failure, "message")));
	findings_tell(w->failure);
	return witness_code(w->reason);
}

/* The message text[0..len) describes no bundle: what does it say? */
static enum wire_exit
witness_judge(struct witness *w, struct gather *g, const char *path,
    const char *text, size_t len)
{
	w->failure = json_parse(text, len);
	if (strcmp(json_get_text(w->failure, "result"), "failed") == 0)
		return witness_say_failure(w, path);
	json_free(w->failure);
	w->failure = NULL;
	/* or the end of the log: terminationMessagePolicy */
	if (reason_say_report(g, path, text, len) == 0) {
		(void)snprintf(w->reason, sizeof w->reason, "%s",
		    reason_code(g));
		return witness_code(w->reason);
	}
	msg_warn(0,
	    "%s: not a termination message of unpack: it describes neither a bundle nor a failure",
	    path);
	return WIRE_FAIL;
}

enum wire_exit
witness_read(struct witness *w, struct gather *g, const char *path)
{
	char text[WIRE_TERM_MAX + 1], shown[MSG_NAME];
	ssize_t n = -1;
	int fd;

	(void)msg_mask(shown, sizeof shown, path);
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
	return witness_judge(w, g, shown, text, (size_t)n);
}

void
witness_free(struct witness *w)
{
	json_free(w->failure);
	w->failure = NULL;
}
