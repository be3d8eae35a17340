/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Will this image unpack in a restricted namespace?  Collects everything that
 * is wrong with an image on disk; verdictout prints it.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/history.h"
#include "image/image.h"
#include "image/predict.h"
#include "image/measure.h"
#include "image/layers.h"
#include "bundle/codes.h"
#include "bundle/report.h"
#include "image/runtime.h"
#include "result/ignores.h"
#include "image/tree.h"

struct verdict_opts {
	const struct source *source; /* borrowed; the image, opened */
	unsigned int place; /* of several in it, from 0 */
	uid_t uid;
	const gid_t
	    *gids; /* the first one is the gid; NULL: as the image says */
	size_t n_gids;
	const char *platform; /* NULL: this machine's, and no error */
	uint64_t max; /* bytes that the image may have unpacked */
	uint64_t log_limit; /* bytes of a log that kubelet does not rotate */
	struct ignores *ignores; /* borrowed; they count; NULL: none */
	bool strict; /* a warning is a failure */
	unsigned int jobs; /* threads that compress, to know sizes; 0: as many
	                      as there are processors */
};

/* What is not a path that cannot be read. */
struct verdict_note {
	const char *code; /* static; part of the contract */
	unsigned int layer; /* 0: of no layer */
	enum codes_severity severity;
	uint64_t count; /* paths it is about */
	struct json *object; /* owned; as of unpack-json(5), without the count
	                      */
};

/* A path that cannot be read. */
struct verdict_finding {
	const struct node *node; /* borrowed from the tree */
	enum finding_rule rule;
	size_t step; /* of the history, that made it; 0: not known */
	size_t number; /* from 0, in the order of the bundle */
};

struct verdict {
	const struct verdict_opts *opts; /* borrowed */
	struct report report; /* what `unpack check` would say */
	struct verdict_finding *findings; /* owned; all of them, in order */
	size_t n_findings, findings_room;
	struct verdict_note *notes; /* owned */
	size_t n_notes, notes_room;
	const struct json *error; /* borrowed; the first note that is one */
	bool no_start; /* an error keeps the container from starting */
	unsigned int warnings; /* notes of that severity */
	uint64_t ignored_errors; /* findings and notes that do not count */
	uint64_t unread; /* of them, paths that cannot be read */
	bool failed; /* a note could not be added: there is no verdict */
	bool measured;
	struct measure size;
	bool refused; /* no runtime unpacks it: there is no tree */
	bool on_base; /* a whole operating system, not only a bundle */
	struct image image;
	struct history history;
	struct tree tree;
	struct runtime_user user;
	int root; /* owned; of a directory; -1 */
};

/*
 * Read the image and say whether a container of it starts: if not, the report
 * has a reason.  Returns 0, or -1 (reported): the image cannot be judged.  Free
 * with verdict_free in either case.
 */
int verdict_open(struct verdict *v, const struct verdict_opts *opts);

/* Judge, after verdict_open, all that is in it.  Returns as that does. */
int verdict_judge(struct verdict *v);

void verdict_free(struct verdict *v);

#endif
