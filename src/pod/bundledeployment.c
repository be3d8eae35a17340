/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads RukPak's BundleDeployment and Bundle: which image they name.
 */
#include "pod/bundledeployment.h"

#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "pod/manifest.h"
#include "pod/name.h"
#include "pod/reference.h"

/* The kinds, and the path to the source of each. */
static const struct {
	const char *api_version, *kind;
	const char *path[4]; /* up to NULL */
} kinds[] = {
    {"core.rukpak.io/v1alpha1", "BundleDeployment",
        {"spec", "template", "spec", "source"}},
    {"core.rukpak.io/v1alpha2", "BundleDeployment", {"spec", "source"}},
    {"core.rukpak.io/v1alpha1", "Bundle", {"spec", "source"}},
};

/* Which of the kinds the manifest is, or -1. */
static int
bundledeployment_find_kind(const struct json *manifest)
{
	const char *api = manifest_string(manifest, "apiVersion");
	const char *kind = manifest_string(manifest, "kind");
	size_t i;

	if (api == NULL || kind == NULL)
		return -1;
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].api_version, api) == 0 &&
		    strcmp(kinds[i].kind, kind) == 0)
			return (int)i;
	return -1;
}

bool
bundledeployment_is(const struct json *manifest)
{
	return bundledeployment_find_kind(manifest) >= 0;
}

/* Take the image of a source.  Returns 0, or -1 (reported). */
static int
read_source(struct bundledeployment *b, const struct json *source,
    const char *where)
{
	const char *type = manifest_string(source, "type"), *error;
	const struct json *image = json_get(source, "image");

	if (!json_is_object(source))
		return manifest_refuse(where, "it has no source", NULL);
	if (type == NULL)
		return manifest_refuse(where, "its source has no type", NULL);
	if (strcmp(type, "image") != 0)
		return manifest_refuse(where,
		    "a source of this type is not an image; only image sources can be unpacked",
		    type);
	b->image = manifest_string(image, "ref");
	if (b->image == NULL)
		return manifest_refuse(where, "its source has no image.ref",
		    NULL);
	error = reference_error(b->image);
	if (error != NULL)
		return manifest_refuse(where, error, b->image);
	b->pull_secret = manifest_string(image, "pullSecret");
	return 0;
}

int
bundledeployment_read(struct bundledeployment *b, const struct json *manifest,
    const char *where)
{
	const struct json *metadata = json_get(manifest, "metadata");
	const struct json *source = manifest;
	int kind = bundledeployment_find_kind(manifest);
	size_t i;

	if (kind < 0)
		return manifest_refuse(where, "not a " BUNDLEDEPLOYMENT_KINDS,
		    NULL);
	b->api_version = kinds[kind].api_version;
	b->kind = kinds[kind].kind;
	b->name = manifest_string(metadata, "name");
	b->uid = manifest_string(metadata, "uid");
	if (b->name == NULL || !name_is_subdomain(b->name))
		return manifest_refuse(where,
		    "metadata.name is missing, or is not a valid name", NULL);
	for (i = 0; i < 4 && kinds[kind].path[i] != NULL; i++)
		source = json_get(source, kinds[kind].path[i]);
	return read_source(b, source, where);
}
