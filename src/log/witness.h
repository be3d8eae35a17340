/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pod's termination message as a witness: it describes the bundle that was
 * written, or says why there is none.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include "base/json.h"
#include "log/gather.h"
#include "wire.h"

/* Start with zeros and end with witness_free. */
struct witness {
	struct json *failure; /* owned; what `unpack` says of its failure */
	char reason[64]; /* its reason, fit for a result */
};

/*
 * Read the file `path`.  WIRE_OK: it describes a bundle, and g knows it.  Else
 * reported: WIRE_BUNDLE: the pod found the bundle at fault, WIRE_CORRUPT: it
 * failed otherwise; the failure is in w, or in g's notes where the message is
 * the end of a log.  WIRE_FAIL: it cannot be read, or is neither.
 */
enum wire_exit witness_read(struct witness *w, struct gather *g,
    const char *path);

void witness_free(struct witness *w);

#endif
