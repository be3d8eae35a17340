/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From options and manifests to the description of a pod (struct pod_opts), for
 * every command that makes pods:
 *
 *	struct pod_opts opts = POD_OPTS;
 *	...opt_parse, with the podopts_ rows among its own...
 *	why = podopts_conflict(&opts);
 *	if (why != NULL)
 *		usage error
 *	if (podopts_choose_unpacker(&opts, false) == 0 &&
 *	    podopts_expand(&opts, &bundles) == 0)
 *		for each of bundles.at
 *			pod = pod_build(&bundles.at[i], NULL, 0);
 *	podopts_free_bundles(&bundles);
 *	podopts_free(&opts);
 */
#ifndef PODOPTS_H
#define PODOPTS_H

#include "base/opt.h"
#include "pod/pod.h"

/* Rows that fill a struct pod_opts. */
extern const struct opt podopts_bundle_rows[]; /* which bundle */
extern const struct opt podopts_shape_rows[]; /* its name */
extern const struct opt podopts_pod_rows[]; /* where it runs, and as whom */
extern const struct opt podopts_placement_rows[]; /* where, and with what */
extern const struct opt podopts_stream_rows[]; /* what it prints */

/* An opt_take for pod_opts.parts: as `unpack` takes them. */
opt_take podopts_take_parts;

/* An opt_take: where a volume can be mounted. */
opt_take podopts_take_path;

/* Why the options do not go together, or NULL where they do. */
const char *podopts_conflict(const struct pod_opts *o);

/*
 * Why there is no pod without another option: no unpack image is named, no node
 * can pull the build's, nor is one said to have it; else NULL.
 */
const char *podopts_nowhere(const struct pod_opts *o);

/*
 * Fill in which image holds `unpack`: the option's, else the environment's,
 * else the build's.  Says where no node can pull it, unless `quiet`.  Returns
 * 0, or -1 (reported).
 */
int podopts_choose_unpacker(struct pod_opts *o, bool quiet);

/* Several bundles; {0} holds none. */
struct podopts_bundles {
	struct pod_opts *at; /* owned; they borrow from docs and the options */
	size_t n;
	struct json *docs; /* owned; what yaml_load gave for each file */
};

/*
 * All options are there: a copy of them for each bundle of each file and each
 * image.  Returns 0, or -1 (reported).  Call podopts_free_bundles in either
 * case, before podopts_free.
 */
int podopts_expand(const struct pod_opts *o, struct podopts_bundles *b);
void podopts_free_bundles(struct podopts_bundles *b);

/* Free what o owns. */
void podopts_free(struct pod_opts *o);

#endif
