/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads RukPak's BundleDeployment and Bundle: which image they name.
 */
#include "pod/bundledeployment.h"

#include <string.h>

#include "base/json.h"
#include "pod/manifest.h"
#include "pod/name.h"
#include "pod/reference.h"

const char *
bundledeployment_source(const struct json *manifest)
{
	static const struct {
		const char *api_version, *kind, *path;
	} kinds[] = {
	    {"core.rukpak.io/v1alpha1", "BundleDeployment",
	        "spec.template.spec.source"},
	    {"core.rukpak.io/v1alpha2", "BundleDeployment", "spec.source"},
	    {"core.rukpak.io/v1alpha1", "Bundle", "spec.source"},
	};
	const char *api = json_get_text(manifest, "apiVersion");
	const char *kind = json_get_text(manifest, "kind");
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].api_version, api) == 0 &&
		    strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].path;
	return NULL;
}

int
bundledeployment_take(struct pod_opts *o, const struct json *manifest,
    const char *where)
{
	const char *path = bundledeployment_source(manifest);
	const struct json *source, *image;
	const char *type, *secret, *error;

	o->owner = (struct pod_owner){.api_version = json_get_text(manifest,
	                                  "apiVersion"),
	    .kind = json_get_text(manifest, "kind"),
	    .name = manifest_metadata(manifest, "name"),
	    .uid = manifest_metadata(manifest, "uid")};
	if (o->owner.name == NULL || !name_is_subdomain(o->owner.name))
		return manifest_refuse(where,
		    "metadata.name is missing, or is not a valid name", NULL);
	source = manifest_follow(manifest, path);
	type = manifest_string(source, "type");
	if (type == NULL)
		return manifest_refuse(where, "it has no source with a type",
		    NULL);
	if (strcmp(type, "image") != 0)
		return manifest_refuse(where,
		    "a source of this type is not an image; only image sources can be unpacked",
		    type);
	image = json_get(source, "image");
	o->image = manifest_string(image, "ref");
	if (o->image == NULL)
		return manifest_refuse(where, "its source has no image.ref",
		    NULL);
	error = reference_error(o->image);
	if (error != NULL)
		return manifest_refuse(where, error, o->image);
	secret = manifest_string(image, "pullSecret");
	if (secret == NULL)
		return 0;
	if (!name_is_subdomain(secret) || o->n_pull_secrets == POD_SECRETS_MAX)
		return manifest_refuse(where,
		    "source.image.pullSecret is not a valid name of a secret, or the 17th",
		    secret);
	o->pull_secret[o->n_pull_secrets++] = secret;
	return 0;
}
