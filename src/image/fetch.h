/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches images by their names, in processes that do nothing else: they start
 * podman, docker or skopeo, and hand over an open file with their output,
 * without reading it.  So the code that reads the output can give up starting
 * programs first.  It can only ask for images that were named when the
 * processes began.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "image/source.h"
#include "wire.h"

struct fetch_opts {
	const struct names *names; /* borrowed; at hand or not */
	uint64_t max; /* bytes of an image */
	const char *platform; /* borrowed; as source_fetch has it */
	unsigned int members; /* that may ask at the same time */
};

struct fetch_process;

/* {0} has no process; fetch_free in every case. */
struct fetch {
	struct fetch_process *at; /* owned; one a member */
	unsigned int n;
};

/*
 * Start the processes, where a name needs them; before the sandbox and before
 * threads.  They end with this one.  Returns 0, or -1 (reported); and 1 in
 * such a process, when no more is to come: the caller returns to main at once,
 * and writes nothing.
 */
int fetch_start(struct fetch *f, const struct fetch_opts *opts);

/*
 * Fetch names->at[at] for a member; two members may at the same time.  Returns
 * as source_fetch: what it reported counts as this thread's last message.
 */
enum wire_exit fetch_get(const struct fetch *f, unsigned int member, size_t at,
    struct source *s);

void fetch_free(struct fetch *f);

#endif
