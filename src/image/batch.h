/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks images, as many at a time as there are processors, and reports them in
 * order.
 */
#ifndef BATCH_H
#define BATCH_H

#include <stddef.h>

#include "base/json.h"
#include "base/names.h"
#include "base/term.h"
#include "image/fetch.h"
#include "image/verdict.h"
#include "wire.h"

enum batch_state {
	BATCH_GOOD,
	BATCH_BAD, /* it will not unpack */
	BATCH_BROKEN /* it could not be judged */
};

/* What came of one image; owned by the batch but what is taken out of it. */
struct batch_result {
	char name[512]; /* masked */
	enum batch_state state;
	unsigned int errors, warnings;
	char *text; /* as verdictout_text; of a broken one, a line */
	struct json *object; /* as verdictout_object; or why it is broken */
	char message[512]; /* of a broken one: why */
};

/* Returns 0, or -1 (reported): there is no point in going on. */
typedef int batch_tell(void *arg, struct batch_result *r);

struct batch_job;

/* {0} but for what stands first; batch_free in every case. */
struct batch {
	const struct names *names; /* borrowed; of the images, or files */
	const struct verdict_opts *opts; /* borrowed; but for the image */
	struct term term; /* for text */
	batch_tell *tell;
	void *arg; /* borrowed; tell's */

	struct fetch fetch;
	struct batch_job *jobs; /* owned */
	size_t n;
};

/* Start what fetches those that are not at hand; returns as fetch_start. */
int batch_start(struct batch *b);

/*
 * Add the images of all names; an archive of several images is as many.  From
 * here on untrusted bytes are read.  Returns WIRE_OK, WIRE_USAGE for a build
 * context, or WIRE_FAIL; both reported.
 */
enum wire_exit batch_add_all(struct batch *b);

/* Judge them all.  Returns 0, or -1 (reported). */
int batch_run(struct batch *b);

void batch_free(struct batch *b);

#endif
