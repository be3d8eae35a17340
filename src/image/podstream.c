/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream that `unpack` would write in a pod of an image: its
 * layers merged as a runtime would, without what the runtime covers.
 */
#include "image/podstream.h"

#include <stdlib.h>

#include "base/msg.h"
#include "base/result.h"
#include "image/verdict.h"

enum wire_exit
podstream_write(const struct source *source, const char *name, const char *sub,
    uint64_t max, int to)
{
	const struct verdict_opts o = {.image = source->path,
	    .fd = source->fd,
	    .log_limit = WIRE_LOG_SAFE,
	    .max = max * PODSTREAM_FACTOR,
	    .stream = to,
	    .sub = sub};
	struct verdict *v = calloc(1, sizeof *v);
	enum wire_exit status = WIRE_FAIL;
	char shown[MSG_NAME];

	if (v == NULL) {
		msg_nomem();
	} else if (verdict_reach(v, &o) < 0) {
		status = WIRE_FAIL;
	} else if (v->image.n_images > 1) {
		msg_warn(0,
		    "%s: holds %u images; name one of them, as in oci-archive:PATH:NAME or docker-archive:PATH:NAME; check lists the names",
		    name, v->image.n_images);
		status = WIRE_USAGE;
	} else if (v->refused || v->report.reason == REPORT_NO_START) {
		msg_warn(0, "%s", v->report.message);
		result_because("ContainerCannotStart");
		status = WIRE_BUNDLE;
	} else if (v->missing) {
		if (sub != NULL && *sub != '\0')
			msg_warn(0, "%s: there is no '%s' in it", name,
			    msg_mask(shown, sizeof shown, sub));
		else
			msg_warn(0, "%s: there is nothing in it", name);
		result_because("BundleMissing");
		status = WIRE_BUNDLE;
	} else {
		status = WIRE_OK;
	}
	if (v != NULL)
		verdict_free(v);
	free(v);
	return status;
}
