/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image does to a pod that mounts the volume with unpack at a path that
 * every image can know: /bin in RukPak's pods, /util/bin, /util, or /.unpack.
 *
 * containerd, CRI-O and podman mount a pod's volumes first and the image's
 * VOLUMEs behind them, sorted by depth, and follow the image's symlinks to
 * each place.  So a VOLUME can cover the pod's volume with the image's own
 * files, a program among them, and a symlink can lead that volume over content
 * of the image.
 */
#ifndef KNOWNPATH_H
#define KNOWNPATH_H

#include <stdint.h>

#include "base/json.h"
#include "image/tree.h"

enum knownpath_effect {
	KNOWNPATH_NONE, /* the pod's program runs, and hides nothing */
	KNOWNPATH_RUNS, /* a program of the image runs in its place */
	KNOWNPATH_STOPS, /* a VOLUME covers it, and the pod fails */
	KNOWNPATH_LEADS, /* a symlink leads the volume elsewhere */
	KNOWNPATH_HIDES /* the volume hides files of the image */
};

struct knownpath {
	const char *path; /* static: where the pod mounts */
	enum knownpath_effect effect;
	const char *volume; /* RUNS, STOPS: the VOLUME; borrowed from JSON */
	char real[TREE_PATH + 1]; /* where it is, symlinks followed */
	uint64_t files; /* LEADS, HIDES: files of the image under it */
};

/*
 * Fill *k for the i-th known path.  `volumes` is the image configuration's
 * object of VOLUMEs, or NULL.  What runtimes make for their mounts is added to
 * the tree, so this comes last.  Returns 1, 0 where there is no i-th, or -1
 * (reported).
 */
int knownpath_judge(struct tree *t, const struct json *volumes, size_t i,
    struct knownpath *k);

#endif
