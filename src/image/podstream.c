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
	struct ignores none = {0};
	const struct verdict_opts o = {.source = source,
	    .max = max * PODSTREAM_FACTOR,
	    .ignores = &none};
	struct verdict *v = calloc(1, sizeof *v);
	enum wire_exit status = WIRE_FAIL;
	struct measure_opts to_fd = {.fd = to, .sub = sub};
	char shown[MSG_NAME];

	if (v == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	if (verdict_open(v, &o) < 0)
		goto out;
	if (v->image.n_images > 1) {
		msg_warn(0,
		    "%s: holds %u images; name one of them, as in oci-archive:PATH:NAME or docker-archive:PATH:NAME; check lists the names",
		    name, v->image.n_images);
		status = WIRE_USAGE;
		goto out;
	}
	if (v->refused || v->error != NULL) {
		msg_warn(0, "%s", v->report.message);
		result_because("ContainerCannotStart");
		status = WIRE_BUNDLE;
		goto out;
	}
	to_fd.root = v->root;
	if (measure_tree(&v->tree, &to_fd, &v->size) < 0)
		goto out;
	if (v->size.found) {
		status = WIRE_OK;
		goto out;
	}
	if (sub != NULL && *sub != '\0')
		msg_warn(0, "%s: there is no '%s' in it", name,
		    msg_mask(shown, sizeof shown, sub));
	else
		msg_warn(0, "%s: there is nothing in it", name);
	result_because("BundleMissing");
	status = WIRE_BUNDLE;
out:
	verdict_free(v);
	free(v);
	return status;
}
