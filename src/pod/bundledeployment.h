/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RukPak calls a BundleDeployment, or a Bundle: which kinds and versions
 * there are, and where each has its image.
 */
#ifndef BUNDLEDEPLOYMENT_H
#define BUNDLEDEPLOYMENT_H

#include "pod/pod.h"

/* What to ask for, in messages. */
#define BUNDLEDEPLOYMENT_KINDS \
	"BundleDeployment (core.rukpak.io/v1alpha1, v1alpha2) or Bundle (core.rukpak.io/v1alpha1)"

/* The path to the source of one of those; NULL: the manifest is none. */
const char *bundledeployment_source(const struct json *manifest);

/*
 * Take the bundle that one of those describes: its image, pull secret and owner
 * go to o, borrowed from the manifest.  Returns 0, or -1 (reported as of
 * `where`): without a name, or without an image source.
 */
int bundledeployment_take(struct pod_opts *o, const struct json *manifest,
    const char *where);

#endif
