/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RukPak calls a BundleDeployment, or a Bundle: which kinds and versions
 * there are, and where each has its image.
 */
#ifndef BUNDLEDEPLOYMENT_H
#define BUNDLEDEPLOYMENT_H

#include <stdbool.h>

struct json;

/* What to ask for, in messages. */
#define BUNDLEDEPLOYMENT_KINDS \
	"BundleDeployment (core.rukpak.io/v1alpha1, v1alpha2) or Bundle (core.rukpak.io/v1alpha1)"

/* One, read; all is borrowed from the manifest. */
struct bundledeployment {
	const char *api_version;
	const char *kind;
	const char *name;
	const char *uid; /* NULL: not from a cluster */
	const char *image; /* a reference that is well-formed */
	const char *pull_secret; /* as it stands there; NULL: none */
};

/* Is the manifest one of those? */
bool bundledeployment_is(const struct json *manifest);

/*
 * Read it.  Returns 0, or -1 (reported as of `where`): none of those, without a
 * name, or without an image source.
 */
int bundledeployment_read(struct bundledeployment *b,
    const struct json *manifest, const char *where);

#endif
