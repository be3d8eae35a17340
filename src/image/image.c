/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container image on disk: from an OCI layout, an oci-archive, a docker-
 * archive or skopeo's "dir" to its configuration and the plain tars of its
 * layers, all digests verified.
 */
#include "image/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/number.h"
#include "base/msg.h"
#include "image/decompress.h"

enum {
	DOCUMENT_MAX = 4 << 20, /* bytes of a manifest, as registries allow */
	INDEX_DEPTH = 4, /* indexes in indexes */
	CHOICES_MAX = 512, /* bytes of a list of choices in a message */
	HEX_LEN = 64 /* of a SHA-256 */
};

/* -------------------------------------------------------------- documents */

static struct json *
image_parse_json(const struct blob *b, const char *what)
{
	char *text = blob_text(b, DOCUMENT_MAX, what);
	struct json *tree;

	if (text == NULL)
		return NULL;
	tree = json_parse(text, (size_t)b->len);
	if (tree == NULL && errno == ENOMEM) {
		free(text);
		msg_nomem();
		return NULL;
	}
	free(text);
	if (!json_is_object(tree) && !json_is_array(tree)) {
		msg_warn(0, "%s: not a JSON document", what);
		json_free(tree);
		return NULL;
	}
	return tree;
}

/*
 * Count the bytes of a blob that is about to be read: an image may name the
 * same one many times over.
 */
static int
spend(struct image *img, const struct blob *b)
{
	img->spent += b->len;
	if (img->spent <= 2 * img->tempfile.max)
		return 0;
	msg_warn(0, "more than %ju MiB to read; raise --max-size to read it",
	    (uintmax_t)(2 * img->tempfile.max >> 20));
	return -1;
}

/* A document by its name in the store; NULL (reported). */
static struct json *
load(struct image *img, const char *name)
{
	char masked[160];
	struct blob b;
	int ret = store_get(&img->store, name, &b);

	(void)msg_mask(masked, sizeof masked, name);
	if (ret == 0)
		msg_warn(0, "%s: not in the image", masked);
	return ret > 0 ? image_parse_json(&b, masked) : NULL;
}

/* The blob of a descriptor, verified. */
static int
get_blob(struct image *img, const struct json *descriptor, bool flat,
    struct blob *b)
{
	const struct json *size = json_get(descriptor, "size");
	const char *digest = json_get_text(descriptor, "digest");
	char name[sizeof "blobs/sha256/" + HEX_LEN + sizeof ".manifest.json"];
	char masked[160];
	int ret;

	(void)msg_mask(masked, sizeof masked, digest);
	if (!digest_is_text(digest)) {
		msg_warn(0,
		    "a blob of the image is named by '%s', not by a SHA-256 digest; build the image with those, which all registries and runtimes take",
		    masked);
		return -1;
	}
	(void)snprintf(name, sizeof name, "%s%s", flat ? "" : "blobs/sha256/",
	    digest + 7);
	ret = store_get(&img->store, name, b);
	if (ret == 0 && flat) {
		(void)snprintf(name, sizeof name, "%s.manifest.json",
		    digest + 7);
		ret = store_get(&img->store, name, b);
	}
	if (ret == 0)
		msg_warn(0, "%s: not in the image", masked);
	if (ret <= 0)
		return -1;
	if (json_is_number(size) && json_number(size) != (double)b->len) {
		msg_warn(0, "%s: has %ju bytes, not %.0f", masked,
		    (uintmax_t)b->len, json_number(size));
		return -1;
	}
	return spend(img, b) < 0 ? -1 : blob_verify(b, digest, masked);
}

/* ---------------------------------------------------------------- indexes */

/* A list of choices for a message. */
struct choices {
	char text[CHOICES_MAX];
	size_t len;
};

static void
choices_add(struct choices *c, const char *one)
{
	char masked[128];
	int n;

	if (c->len >= sizeof c->text)
		return;
	n = snprintf(c->text + c->len, sizeof c->text - c->len, "%s%s",
	    c->len > 0 ? ", " : "", msg_mask(masked, sizeof masked, one));
	c->len += n < 0 ? 0 : (size_t)n;
}

/* "os/arch" or "os/arch/variant" of a descriptor, "" when it does not say. */
static void
platform_of(const struct json *descriptor, char *to, size_t size)
{
	const struct json *p = json_get(descriptor, "platform");
	const char *variant = json_get_text(p, "variant");

	to[0] = '\0';
	if (json_is_object(p))
		(void)snprintf(to, size, "%s/%s%s%s", json_get_text(p, "os"),
		    json_get_text(p, "architecture"),
		    *variant != '\0' ? "/" : "", variant);
}

/* Note what the image is called; "": nothing. */
static void
image_set_name(struct image *img, const char *name)
{
	free(img->name);
	img->name = *name != '\0' ? strdup(name) : NULL;
}

/* Is one of them the other, or the other with a variant? */
static bool
same_platform(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/') &&
	    (b[n] == '\0' || b[n] == '/');
}

/* Is it how cosign tags what belongs to an image: "sha256-<hex>.sig"? */
static bool
is_cosign_tag(const char *tag)
{
	static const char *const ends[] = {".sig", ".att", ".sbom"};
	size_t i;

	if (strncmp(tag, "sha256-", 7) != 0 ||
	    strspn(tag + 7, "0123456789abcdef") != HEX_LEN)
		return false;
	for (i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strcmp(tag + 7 + HEX_LEN, ends[i]) == 0)
			return true;
	return false;
}

/* What "cosign save" writes beside the image, by its annotation. */
static bool
is_cosign_kind(const char *kind)
{
	static const char cosign[] = "dev.cosignproject.cosign/";

	if (strncmp(kind, cosign, sizeof cosign - 1) != 0)
		return false;
	kind += sizeof cosign - 1;
	return strcmp(kind, "image") != 0 && strcmp(kind, "imageIndex") != 0;
}

/* Is this the media type of an image's manifest or of an index? */
static bool
is_manifest_type(const char *type)
{
	static const char *const known[] = {"",
	    "application/vnd.oci.image.manifest.v1+json",
	    "application/vnd.oci.image.index.v1+json",
	    "application/vnd.docker.distribution.manifest.v2+json",
	    "application/vnd.docker.distribution.manifest.list.v2+json"};
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(type, known[i]) == 0)
			return true;
	return false;
}

/* What builders add to an index beside images: signatures, attestations. */
static bool
is_attachment(const struct json *descriptor)
{
	const struct json *notes = json_get(descriptor, "annotations");
	char platform[80];

	platform_of(descriptor, platform, sizeof platform);
	return strcmp(platform, "unknown/unknown") == 0 ||
	    *json_get_text(notes, "vnd.docker.reference.type") != '\0' ||
	    *json_get_text(descriptor, "artifactType") != '\0' ||
	    is_cosign_kind(json_get_text(notes, "kind")) ||
	    is_cosign_tag(
	        json_get_text(notes, "org.opencontainers.image.ref.name")) ||
	    !is_manifest_type(json_get_text(descriptor, "mediaType"));
}

/* The image of an index for the platform, else its first; NULL (reported). */
static const struct json *
choose_platform(struct image *img, const struct json *index, const char *wanted)
{
	const struct json *one, *first = NULL;
	struct choices have = {{0}, 0};
	bool linux_found = false;
	char platform[80];

	for (one = json_first(json_get_array(index, "manifests")); one != NULL;
	     one = json_next(one)) {
		if (is_attachment(one))
			continue;
		platform_of(one, platform, sizeof platform);
		if (*platform == '\0' || same_platform(platform, wanted))
			return one;
		/* one for another processor can be judged, at least */
		if (first == NULL ||
		    (strncmp(platform, "linux/", 6) == 0 && !linux_found))
			first = one;
		linux_found = linux_found ||
		    strncmp(platform, "linux/", 6) == 0;
		choices_add(&have, platform);
	}
	if (first == NULL) {
		msg_warn(0,
		    "the index has no image, only signatures, attestations or artifacts; give the image that they belong to");
		return NULL;
	}
	img->mismatch = true;
	free(img->platforms);
	img->platforms = strdup(have.text);
	return first;
}

/* The tag of a descriptor in an OCI layout. */
static const char *
tag_of(const struct json *descriptor)
{
	return json_get_text(json_get(descriptor, "annotations"),
	    "org.opencontainers.image.ref.name");
}

/* What the image of a descriptor is called: containerd has the whole name. */
static const char *
image_name_of(const struct json *descriptor)
{
	const char *name = json_get_text(json_get(descriptor, "annotations"),
	    "io.containerd.image.name");

	return *name != '\0' ? name : tag_of(descriptor);
}

/* Is this tag, as in "@3", the place of the image? */
static bool
is_place(const char *tag, size_t place)
{
	uint64_t n;

	return tag != NULL && *tag == '@' &&
	    number_parse(tag + 1, 0, SIZE_MAX, &n) == 0 && n == place;
}

/* The image of an OCI layout's index.json: by tag, or the only one. */
static const struct json *
choose_tag(const struct json *index, const char *tag)
{
	const struct json *one, *found = NULL;
	struct choices have = {{0}, 0};
	char masked[160];
	bool same = true; /* several names of one image */
	size_t n = 0, all = json_size(json_get_array(index, "manifests"));

	for (one = json_first(json_get_array(index, "manifests")); one != NULL;
	     one = json_next(one)) {
		if (is_attachment(one))
			continue;
		if (is_place(tag, n) ||
		    (tag != NULL &&
		        (strcmp(tag_of(one), tag) == 0 ||
		            strcmp(image_name_of(one), tag) == 0)))
			return one;
		choices_add(&have,
		    *image_name_of(one) != '\0' ? image_name_of(one) : "?");
		same = same &&
		    (found == NULL ||
		        strcmp(json_get_text(found, "digest"),
		            json_get_text(one, "digest")) == 0);
		found = found == NULL ? one : found;
		n++;
	}
	if (tag == NULL && n > 0 && same)
		return found;
	if (n == 0 && all > 0)
		msg_warn(0,
		    "no image in it, only signatures, attestations or other artifacts (%zu); give the image that they belong to",
		    all);
	else if (n == 0)
		msg_warn(0, "no image in it");
	else if (tag != NULL)
		msg_warn(0, "no image '%s' in it; it has: %s",
		    msg_mask(masked, sizeof masked, tag), have.text);
	else
		msg_warn(0,
		    "%zu images in it; choose one with oci:PATH:TAG: %s", n,
		    have.text);
	return NULL;
}

/* Do all images of the layout differ in platform alone? */
static bool
is_multi_platform(const struct json *index)
{
	const struct json *one, *first = NULL;
	char platform[80];

	for (one = json_first(json_get_array(index, "manifests")); one != NULL;
	     one = json_next(one)) {
		if (is_attachment(one))
			continue;
		first = first == NULL ? one : first;
		platform_of(one, platform, sizeof platform);
		if (*platform == '\0' ||
		    strcmp(tag_of(one), tag_of(first)) != 0 ||
		    (one != first &&
		        strcmp(json_get_text(one, "digest"),
		            json_get_text(first, "digest")) == 0))
			return false;
	}
	return first != NULL;
}

/* ----------------------------------------------------------------- images */

/*
 * The descriptor is of an image or of an index; its manifest; NULL (reported).
 */
static struct json *
load_manifest(struct image *img, const struct json *descriptor,
    const char *platform, bool flat)
{
	struct json *doc = NULL, *inner;
	struct blob b;
	int depth;

	for (depth = 0; descriptor != NULL && depth < INDEX_DEPTH; depth++) {
		if (get_blob(img, descriptor, flat, &b) < 0)
			break;
		/* get_blob has seen that it is one; descriptor is within doc */
		(void)snprintf(img->digest, sizeof img->digest, "%s",
		    json_get_text(descriptor, "digest"));
		inner = image_parse_json(&b, "manifest");
		json_free(doc);
		doc = inner;
		if (doc == NULL || json_get_array(doc, "manifests") == NULL)
			return doc;
		descriptor = choose_platform(img, doc, platform);
	}
	if (depth == INDEX_DEPTH)
		msg_warn(0, "the indexes are nested too deeply");
	json_free(doc);
	return NULL;
}

/* Make room for n layers. */
static int
alloc_layers(struct image *img, size_t n)
{
	if (n > IMAGE_LAYERS_MAX) {
		msg_warn(0,
		    "the image has %zu layers; a runtime takes at most %d", n,
		    IMAGE_LAYERS_MAX);
		return -1;
	}
	img->layers = calloc(n + 1, sizeof *img->layers);
	if (img->layers == NULL) {
		msg_nomem();
		return -1;
	}
	img->n_layers = (unsigned int)n;
	return 0;
}

/* The digest of a blob's bytes.  Returns 0, or -1 (reported). */
static int
digest_blob(const struct blob *b, char text[static DIGEST_TEXT])
{
	unsigned char buf[4096];
	struct digest sum;
	uint64_t at;
	ssize_t n;

	digest_init(&sum);
	for (at = 0; at < b->len; at += (uint64_t)n) {
		n = blob_read(b, at, buf, sizeof buf);
		if (n <= 0) {
			msg_warn(n < 0 ? errno : EIO, "image configuration");
			return -1;
		}
		digest_add(&sum, buf, (size_t)n);
	}
	digest_text(&sum, text);
	return 0;
}

/* Adopt the configuration: it must have a diff ID for every layer. */
static int
set_config(struct image *img, const struct blob *b)
{
	const struct json *rootfs;

	img->config = image_parse_json(b, "image configuration");
	if (img->config == NULL || digest_blob(b, img->id) < 0)
		return -1;
	img->os = json_get_text(img->config, "os");
	img->arch = json_get_text(img->config, "architecture");
	img->other_os = *img->os != '\0' && strcmp(img->os, "linux") != 0;
	rootfs = json_get(img->config, "rootfs");
	if (!img->other_os &&
	    json_size(json_get_array(rootfs, "diff_ids")) != img->n_layers) {
		msg_warn(0,
		    "the image's configuration and its manifest do not have the same number of layers");
		return -1;
	}
	return 0;
}

/* Decompress layer i, whose blob is b, and verify its diff ID. */
static int
set_layer(struct image *img, unsigned int i, const struct blob *b)
{
	const struct json *rootfs = json_get(img->config, "rootfs");
	const char *id = json_string(
	    json_at(json_get_array(rootfs, "diff_ids"), i));
	char what[64], text[DIGEST_TEXT], masked[160];

	(void)snprintf(what, sizeof what, "layer %u", i + 1);
	if (id == NULL) {
		msg_warn(0, "%s: no diff ID", what);
		return -1;
	}
	img->layers[i].packed = decompress_unread(b);
	img->layers[i].skips = decompress_skips(b);
	if (img->layers[i].packed != NULL)
		return 0; /* a finding, not an error */
	if (!decompress_needed(b)) {
		img->layers[i].tar = *b;
		return spend(img, b) < 0 ? -1 : blob_verify(b, id, what);
	}
	if (decompress_blob(&img->tempfile, b, what, &img->layers[i].tar,
	        text) < 0)
		return -1;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return 0;
#endif
	if (strcmp(text, id) == 0)
		return 0;
	msg_warn(0, "%s: uncompressed digest is %s, not %s", what, text,
	    msg_mask(masked, sizeof masked, id));
	return -1;
}

/* Is this what layers are?  Not charts, signatures, encrypted layers. */
static bool
is_layer(const char *type)
{
	static const char *const known[] = {"application/vnd.oci.image.layer.",
	    "application/vnd.docker.image.rootfs."};
	size_t i;

	if (strstr(type, "+encrypted") != NULL)
		return false;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(type, known[i], strlen(known[i])) == 0)
			return true;
	return *type == '\0';
}

/* Is it a media type that containerd takes for a layer's? */
static bool
is_layer_type(const char *type)
{
	static const char *const begins[] =
	    {"application/vnd.oci.image.layer.v1.tar",
	        "application/vnd.oci.image.layer.nondistributable.v1.tar",
	        "application/vnd.docker.image.rootfs.diff.tar",
	        "application/vnd.docker.image.rootfs.foreign.diff.tar"};
	static const char *const ends[] = {"", "+gzip", "+zstd", ".gzip",
	    ".zstd"};
	size_t i, k, len;

	for (i = 0; i < sizeof begins / sizeof *begins; i++) {
		len = strlen(begins[i]);
		if (strncmp(type, begins[i], len) != 0)
			continue;
		for (k = 0; k < sizeof ends / sizeof *ends; k++)
			if (strcmp(type + len, ends[k]) == 0)
				return true;
	}
	return false;
}

/* Names of things in registries that are not images, by their media types. */
static const struct {
	const char *begins;
	const char *name;
} artifacts[] = {
    {"application/vnd.cncf.helm.", "a Helm chart"},
    {"application/vnd.dev.cosign.", "a signature of cosign"},
    {"application/vnd.dev.sigstore.", "a signature of sigstore"},
    {"application/vnd.in-toto", "an attestation"},
    {"application/spdx", "a list of parts (SBOM)"},
    {"application/vnd.cyclonedx", "a list of parts (SBOM)"},
    {"application/vnd.oci.empty.", "an OCI artifact"},
    {"application/vnd.cncf.flux.", "an OCI artifact of Flux"},
    {"application/vnd.wasm.", "a WebAssembly module"},
    {"application/vnd.oci.image.layer.v1.tar+encrypted", "encrypted"},
    {"application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "encrypted"},
};

static int
image_refuse_artifact(const char *type)
{
	const char *name = "an OCI artifact";
	char masked[160];
	size_t i;

	for (i = 0; i < sizeof artifacts / sizeof *artifacts; i++)
		if (strncmp(type, artifacts[i].begins,
		        strlen(artifacts[i].begins)) == 0)
			name = artifacts[i].name;
	msg_warn(0,
	    "not a container image but %s ('%s'): no pod can run it; give the bundle image",
	    name, msg_mask(masked, sizeof masked, type));
	return -1;
}

/* Is the configuration that of a container image, as its type says? */
static bool
is_image_config(const char *type)
{
	return *type == '\0' ||
	    strcmp(type, "application/vnd.oci.image.config.v1+json") == 0 ||
	    strcmp(type, "application/vnd.docker.container.image.v1+json") == 0;
}

/* A layer that its image says to fetch from somewhere else. */
static int
refuse_foreign(const struct json *layer, unsigned int number)
{
	const char *url = json_text(json_at(json_get_array(layer, "urls"), 0));
	char masked[256];

	msg_warn(0,
	    "layer %u is a foreign layer, such as base images of Windows have: it is not in the archive%s%s; copy the image with its foreign layers, or build the bundle FROM scratch",
	    number, *url != '\0' ? " but at " : "",
	    msg_mask(masked, sizeof masked, url));
	return -1;
}

/* Is it a foreign layer that is not there? */
static bool
is_missing_foreign(struct image *img, const struct json *layer, bool flat)
{
	const char *type = json_get_text(layer, "mediaType");
	const char *digest = json_get_text(layer, "digest");
	char name[sizeof "blobs/sha256/" + HEX_LEN];
	struct blob b;

	if (strstr(type, ".foreign.") == NULL &&
	    strstr(type, ".nondistributable.") == NULL)
		return false;
	if (!digest_is_text(digest))
		return false;
	(void)snprintf(name, sizeof name, "%s%s", flat ? "" : "blobs/sha256/",
	    digest + 7);
	return store_get(&img->store, name, &b) == 0;
}

/* The layers of a manifest.  0, or -1. */
static int
open_manifest_layers(struct image *img, const struct json *layers, bool flat)
{
	const struct json *one;
	unsigned int i = 0;
	struct blob b;

	for (one = json_first(layers); one != NULL; one = json_next(one)) {
		if (is_missing_foreign(img, one, flat))
			return refuse_foreign(one, i + 1);
		img->layers[i].odd_type = !is_layer_type(
		    json_get_text(one, "mediaType"));
		if (get_blob(img, one, flat, &b) < 0 ||
		    set_layer(img, i++, &b) < 0)
			return -1;
	}
	return 0;
}

/* An OCI manifest or Docker's schema 2 (image-spec, manifest.md). */
static int
open_manifest(struct image *img, const struct json *manifest, bool flat)
{
	const struct json *layers = json_get_array(manifest, "layers"), *one;
	const struct json *config = json_get(manifest, "config");
	const char *type = json_get_text(config, "mediaType");
	const char *artifact = json_get_text(manifest, "artifactType");
	struct blob b;

	if (json_get_array(manifest, "fsLayers") != NULL) {
		msg_warn(0,
		    "a manifest of schema 1, which current runtimes do not read; push or save the image again with a newer docker or podman");
		return -1;
	}
	if (layers == NULL || !json_is_object(config)) {
		msg_warn(0, "the manifest is of an unknown kind");
		return -1;
	}
	for (one = json_first(layers); one != NULL; one = json_next(one))
		if (!is_layer(json_get_text(one, "mediaType")))
			return image_refuse_artifact(
			    json_get_text(one, "mediaType"));
	if (!is_image_config(type))
		return image_refuse_artifact(
		    *artifact != '\0' ? artifact : type);
	if (alloc_layers(img, json_size(layers)) < 0 ||
	    get_blob(img, config, flat, &b) < 0 || set_config(img, &b) < 0)
		return -1;
	return img->other_os ? 0 : open_manifest_layers(img, layers, flat);
}

static int
open_oci(struct image *img, const struct image_ref *ref, const char *platform)
{
	struct json *index = load(img, "index.json"), *manifest;
	const struct json *descriptor;
	int ret = -1;

	if (index == NULL)
		return -1;
	if (ref->tag == NULL && is_multi_platform(index) &&
	    json_size(json_get_array(index, "manifests")) > 1)
		descriptor = choose_platform(img, index, platform);
	else
		descriptor = choose_tag(index, ref->tag);
	if (descriptor != NULL) {
		image_set_name(img, image_name_of(descriptor));
		manifest = load_manifest(img, descriptor, platform, false);
		if (manifest != NULL)
			ret = open_manifest(img, manifest, false);
		json_free(manifest);
	}
	json_free(index);
	return ret;
}

/* skopeo's dir: the manifest's own digest is not known */
static int
open_dir(struct image *img, const char *platform)
{
	struct json *doc = load(img, "manifest.json"), *inner;
	const struct json *descriptor;
	int ret = -1;

	if (doc != NULL && json_get_array(doc, "manifests") != NULL) {
		descriptor = choose_platform(img, doc, platform);
		inner = descriptor == NULL
		    ? NULL
		    : load_manifest(img, descriptor, platform, true);
		json_free(doc);
		doc = inner;
	}
	if (doc != NULL)
		ret = open_manifest(img, doc, true);
	json_free(doc);
	return ret;
}

/* Does a docker-archive's image have this name, "NAME:TAG" or "@INDEX"? */
static bool
has_name(const struct json *image, const char *name)
{
	const struct json *one;
	const char *tag;
	size_t len, n = strlen(name);

	for (one = json_first(json_get_array(image, "RepoTags")); one != NULL;
	     one = json_next(one)) {
		tag = json_string(one);
		if (tag == NULL)
			continue;
		len = strlen(tag);
		if (strcmp(tag, name) == 0 ||
		    (len > n && tag[len - n - 1] == '/' &&
		        strcmp(tag + len - n, name) == 0))
			return true;
	}
	return false;
}

/* Are all images of a docker-archive one, under several names? */
static bool
is_one_image(const struct json *images)
{
	const struct json *first = json_at(images, 0), *one;

	for (one = json_next(first); one != NULL; one = json_next(one))
		if (strcmp(json_get_text(one, "Config"),
		        json_get_text(first, "Config")) != 0)
			return false;
	return true;
}

/* The image of a docker-archive's manifest.json: by name, or the only one. */
static const struct json *
choose_name(const struct json *images, const char *name)
{
	struct choices have = {{0}, 0};
	const struct json *one, *tag;
	char masked[160];
	size_t i = 0;

	if (name == NULL && json_size(images) > 0 && is_one_image(images))
		return json_at(images, 0);
	for (one = json_first(images); one != NULL; one = json_next(one)) {
		if (is_place(name, i++) ||
		    (name != NULL && has_name(one, name)))
			return one;
		tag = json_at(json_get_array(one, "RepoTags"), 0);
		choices_add(&have,
		    json_is_string(tag) ? json_string(tag) : "?");
	}
	if (name != NULL)
		msg_warn(0, "no image '%s' in it; it has: %s",
		    msg_mask(masked, sizeof masked, name), have.text);
	else
		msg_warn(0,
		    "%zu images in it; choose one with docker-archive:PATH:NAME: %s",
		    json_size(images), have.text);
	return NULL;
}

/* A blob of a docker-archive by its member's name. */
static int
get_member(struct image *img, const char *name, struct blob *b)
{
	char masked[160];
	int ret = store_get(&img->store, name, b);

	if (ret == 0)
		msg_warn(0, "'%s': not in the archive",
		    msg_mask(masked, sizeof masked, name));
	return ret > 0 ? 0 : -1;
}

/* A configuration called "<hex>.json" or "blobs/sha256/<hex>" promises that. */
static int
verify_config(const char *name, const struct blob *b)
{
	const char *base = strrchr(name, '/');
	char digest[DIGEST_TEXT];

	base = base != NULL ? base + 1 : name;
	(void)snprintf(digest, sizeof digest, "sha256:%.64s", base);
	if (!digest_is_text(digest) ||
	    strspn(base, "0123456789abcdef") != HEX_LEN)
		return 0;
	return blob_verify(b, digest, "image configuration");
}

static int
open_docker(struct image *img, const struct image_ref *ref)
{
	struct json *doc = load(img, "manifest.json");
	const struct json *image, *layers, *one;
	const char *config;
	unsigned int i = 0;
	struct blob b;
	int ret = -1;

	image = json_is_array(doc) ? choose_name(doc, ref->tag) : NULL;
	if (doc != NULL && !json_is_array(doc))
		msg_warn(0,
		    "manifest.json: not the manifest of a docker-archive");
	if (image == NULL)
		goto out;
	image_set_name(img,
	    json_text(json_at(json_get_array(image, "RepoTags"), 0)));
	config = json_get_text(image, "Config");
	layers = json_get_array(image, "Layers");
	if (alloc_layers(img, json_size(layers)) < 0 ||
	    get_member(img, config, &b) < 0 || verify_config(config, &b) < 0 ||
	    set_config(img, &b) < 0)
		goto out;
	for (one = json_first(layers); !img->other_os && one != NULL;
	     one = json_next(one)) {
		if (get_member(img, json_text(one), &b) < 0 ||
		    set_layer(img, i++, &b) < 0)
			goto out;
	}
	ret = 0;
out:
	json_free(doc);
	return ret;
}

/* What an archive turns out to be. */
static enum image_kind
archive_kind(struct image *img)
{
	struct blob b;

	if (store_get(&img->store, "index.json", &b) > 0)
		return IMAGE_OCI_ARCHIVE;
	if (store_get(&img->store, "manifest.json", &b) > 0)
		return IMAGE_DOCKER_ARCHIVE;
	return IMAGE_ANY;
}

/* Is an image before it in the list the same, by this key? */
static bool
is_again(const struct json *list, const struct json *image, const char *key)
{
	const char *text = json_get_text(image, key);
	const struct json *one;

	for (one = json_first(list); one != NULL && one != image;
	     one = json_next(one))
		if (strcmp(json_get_text(one, key), text) == 0)
			return true;
	return false;
}

/* Add the image's name, or "@3" where it has none of its own. */
static void
image_add_name(struct json *names, const char *name, size_t n)
{
	char place[32];
	const struct json *one;
	bool twice = *name == '\0';

	for (one = json_first(names); one != NULL && !twice;
	     one = json_next(one))
		twice = strcmp(json_text(one), name) == 0;
	(void)snprintf(place, sizeof place, "@%zu", n);
	json_add_string(names, NULL, twice ? place : name);
}

/* The images of an OCI layout's index, each of them once. */
static void
image_list_index(const struct json *index, struct json *names)
{
	const struct json *list = json_get_array(index, "manifests"), *one;
	size_t n = 0;

	for (one = json_first(list); one != NULL; one = json_next(one)) {
		if (is_attachment(one))
			continue;
		if (!is_again(list, one, "digest"))
			image_add_name(names, image_name_of(one), n);
		n++;
	}
}

/* The images of a docker-archive, likewise. */
static void
image_list_docker(const struct json *list, struct json *names)
{
	const struct json *one;
	size_t n = 0;

	for (one = json_is_array(list) ? json_first(list) : NULL; one != NULL;
	     one = json_next(one), n++)
		if (!is_again(list, one, "Config"))
			image_add_name(names,
			    json_text(
			        json_at(json_get_array(one, "RepoTags"), 0)),
			    n);
}

int
image_list(const struct image_ref *ref, struct json *names)
{
	struct image img = {.store.fd = -1, .tempfile.fd = -1};
	struct json *doc = NULL;
	enum image_kind kind = ref->kind;
	int ret = -1;

	if (tempfile_open(&img.tempfile, UINT64_MAX / 4) < 0 ||
	    store_open(&img.store, ref->path, ref->fd, &img.tempfile) < 0)
		goto out;
	if (kind == IMAGE_ANY && !img.store.is_dir)
		kind = archive_kind(&img);
	ret = 0;
	if (kind == IMAGE_OCI || kind == IMAGE_OCI_ARCHIVE) {
		doc = load(&img, "index.json");
		ret = doc == NULL ? -1 : 0;
		if (doc == NULL || is_multi_platform(doc))
			goto out;
		image_list_index(doc, names);
	} else if (kind == IMAGE_DOCKER_ARCHIVE) {
		doc = load(&img, "manifest.json");
		ret = doc == NULL ? -1 : 0;
		image_list_docker(doc, names);
	}
out:
	json_free(doc);
	image_close(&img);
	return ret;
}

int
image_open(struct image *img, const struct image_ref *ref, const char *platform,
    uint64_t max)
{
	enum image_kind kind = ref->kind;
	struct blob b;

	*img = (struct image){.store.fd = -1, .tempfile.fd = -1};
	if (tempfile_open(&img->tempfile, max) < 0 ||
	    store_open(&img->store, ref->path, ref->fd, &img->tempfile) < 0)
		return -1;
	if (kind == IMAGE_ANY && !img->store.is_dir)
		kind = archive_kind(img);
	switch (kind) {
	case IMAGE_OCI:
	case IMAGE_OCI_ARCHIVE:
		return open_oci(img, ref, platform);
	case IMAGE_DOCKER_ARCHIVE:
		return open_docker(img, ref);
	case IMAGE_DIR:
		return open_dir(img, platform);
	case IMAGE_ANY:
	case IMAGE_ROOT:
		break;
	}
	if (store_get(&img->store, "repositories", &b) > 0)
		msg_warn(0,
		    "an archive of 'docker save' from before Docker 1.10 (repositories, but no manifest.json), which current runtimes do not read; load it with docker and save it again with a newer one");
	else
		msg_warn(0,
		    "neither an oci-archive nor a docker-archive: it has no index.json and no manifest.json; make one with 'podman save', 'docker save' or 'skopeo copy'");
	return -1;
}

void
image_close(struct image *img)
{
	json_free(img->config);
	free(img->layers);
	free(img->platforms);
	free(img->name);
	store_close(&img->store);
	tempfile_close(&img->tempfile);
	*img = (struct image){.store.fd = -1, .tempfile.fd = -1};
}
