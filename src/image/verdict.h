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
	const char *image; /* as image_ref_parse takes it */
	int fd; /* what "-" is; 0: standard input */
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
	int stream; /* only write the stream there, in jsonl, if the container
	               starts; 0: judge */
	const char *sub; /* of which only this path; NULL: everything */
};

/* What is not a path that cannot be read. */
struct verdict_note {
	enum codes_severity severity;
	const char *code; /* static; part of the contract */
	char *path; /* owned; the first one it is about, or NULL */
	char *message; /* owned */
	const char *fix; /* static, or NULL */
	unsigned int layer; /* 0: of no layer */
	uint64_t count; /* paths it is about */
	/* static; what a runtime answers to it; "" it takes it; NULL not known
	 */
	const char *answers[EXTRACT_RUNTIMES];
};

/* A path that cannot be read. */
struct verdict_finding {
	const struct node *node; /* borrowed from the tree */
	enum finding_rule rule;
	size_t step; /* of the history, that made it; 0: not known */
	size_t next; /* finding of the same layer and kind; or VERDICT_NONE */
};

#define VERDICT_NONE SIZE_MAX

/* The findings of a layer that are of FINDING_HIDDEN, or that are not. */
struct verdict_group {
	size_t first, last; /* findings; where there is any */
	size_t n;
	bool directories; /* not only files that are copied as such */
};

struct verdict {
	struct report report; /* what `unpack check` would say */
	struct verdict_finding *findings; /* owned; all of them, in order */
	size_t n_findings, findings_room;
	struct verdict_group (*groups)[2]; /* owned; one pair a layer, and of no
	                                      layer; [1] is of hidden ones */
	struct verdict_note *notes; /* owned */
	size_t n_notes, notes_room;
	unsigned int errors; /* notes of that severity */
	unsigned int warnings; /* likewise */
	struct ignores *ignores; /* borrowed; as in the options */
	uint64_t ignored_errors; /* findings and notes that do not count */
	uint64_t unread; /* of them, paths that cannot be read */
	bool strict; /* a warning is a failure */
	bool failed; /* a note could not be added: there is no verdict */
	bool measured;
	struct measure size;
	bool refused; /* no runtime unpacks it: there is no tree */
	bool missing; /* of a stream: there is nothing, or not opts->sub */
	bool on_base; /* a whole operating system, not only a bundle */
	struct image image;
	struct history history;
	struct tree tree;
	struct runtime_user user;
	int root; /* owned; of a directory; -1 */
};

/*
 * Gather all.  Returns 0, or -1 (reported): the image cannot be judged.  Free
 * with verdict_free in either case.
 */
int verdict_reach(struct verdict *v, const struct verdict_opts *opts);
void verdict_free(struct verdict *v);

/*
 * The name, below the root, of something that makes the bundle: "manifests",
 * "Chart.yaml" and so on; the i-th that the image has, or NULL.
 */
const char *verdict_part(struct verdict *v, size_t i);

#endif
