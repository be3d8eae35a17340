/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container image on disk: from an OCI layout, an oci-archive or a
 * docker-archive to its configuration and the plain tars of its layers, all
 * digests verified.
 */
#include "image/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/number.h"
#include "base/msg.h"
#include "base/names.h"
#include "log/decompress.h"
#include "image/tarscan.h"

enum {
	DOCUMENT_MAX = 4 << 20, /* bytes of a manifest, as registries allow */
	INDEX_DEPTH = 4, /* indexes in indexes */
	HEX_LEN = 64, /* of a SHA-256 */
	IMAGES_MAX = 1000, /* in an archive */
	PEEKED_MAX = 64 << 20, /* bytes of documents that are only looked at */
	PEEKED_LEAST = 1 << 12 /* that each of them counts, and more */
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
	if (tree == NULL && errno == ENOMEM)
		msg_nomem();
	else if (tree == NULL)
		msg_warn(0, "%s: not a JSON document", what);
	free(text);
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

/* A document by its name, where there is one.  0, or -1 (reported). */
static int
load(struct image *img, const char *name, struct json **doc)
{
	struct blob b;
	int ret = store_get(&img->store, name, &b);

	*doc = ret > 0 ? image_parse_json(&b, name) : NULL;
	return ret < 0 || (ret > 0 && *doc == NULL) ? -1 : 0;
}

/* The blob of a digest, which is one, as store_get. */
static int
find_blob(struct image *img, const char *digest, struct blob *b)
{
	char name[sizeof "blobs/sha256/" + HEX_LEN];

	snprintf(name, sizeof name, "blobs/sha256/%s", digest + 7);
	return store_get(&img->store, name, b);
}

/*
 * The blob of a descriptor, verified; or, where it is a string, of a member of
 * a docker-archive.
 */
static int
get_blob(struct image *img, const struct json *descriptor, struct blob *b)
{
	const struct json *size = json_get(descriptor, "size");
	const char *digest = json_get_text(descriptor, "digest");
	char masked[160];
	int ret;

	if (json_is_string(descriptor)) {
		ret = store_get(&img->store, json_text(descriptor), b);
		if (ret == 0)
			msg_warn(0, "'%s': not in the archive",
			    msg_mask(masked, sizeof masked,
			        json_text(descriptor)));
		return ret > 0 ? 0 : -1;
	}
	msg_mask(masked, sizeof masked, digest);
	if (!digest_is_text(digest)) {
		msg_warn(0,
		    "a blob of the image is named by '%s', not by a SHA-256 digest; build the image with those, which all registries and runtimes take",
		    masked);
		return -1;
	}
	ret = find_blob(img, digest, b);
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

/* Add one to a list of choices for a message, as far as there is room. */
static void
choices_add(char *text, const char *one)
{
	char masked[128];
	size_t len = strlen(text);

	snprintf(text + len, IMAGE_CHOICES - len, "%s%s", len > 0 ? ", " : "",
	    msg_mask(masked, sizeof masked, one));
}

/* "os/arch" or "os/arch/variant" of a descriptor, "" when it does not say. */
static void
platform_of(const struct json *descriptor, char *to, size_t size)
{
	const struct json *p = json_get(descriptor, "platform");
	const char *variant = json_get_text(p, "variant");

	to[0] = '\0';
	if (json_is_object(p))
		snprintf(to, size, "%s/%s%s%s", json_get_text(p, "os"),
		    json_get_text(p, "architecture"),
		    *variant != '\0' ? "/" : "", variant);
}

/* Is one of them the other, or the other with a variant? */
static bool
same_platform(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/') &&
	    (b[n] == '\0' || b[n] == '/');
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

/* Is this what layers are?  Not charts, signatures, encrypted layers. */
static bool
is_layer(const char *type)
{
	static const char oci[] = "application/vnd.oci.image.layer.",
	                  docker[] = "application/vnd.docker.image.rootfs.";

	return strstr(type, "+encrypted") == NULL &&
	    (*type == '\0' || strncmp(type, oci, sizeof oci - 1) == 0 ||
	        strncmp(type, docker, sizeof docker - 1) == 0);
}

/* The media type by which a manifest is of no container image; or NULL. */
static const char *
artifact_type(const struct json *manifest)
{
	const char *artifact = json_get_text(manifest, "artifactType");
	const char *type = json_get_text(json_get(manifest, "config"),
	    "mediaType");
	static const char *const configs[] =
	    {"application/vnd.oci.image.config.v1+json",
	        "application/vnd.docker.container.image.v1+json", "", NULL};
	bool image = names_one_of(type, configs);
	const struct json *one = json_first(json_get_array(manifest, "layers"));

	for (; image && one != NULL; one = json_next(one)) {
		type = json_get_text(one, "mediaType");
		image = is_layer(type);
	}
	if (image)
		return NULL;
	return *artifact != '\0' ? artifact : type;
}

/* What tools add to an index beside images: signatures, attestations. */
static bool
is_attachment(const struct json *descriptor)
{
	/* of an image's manifest or of an index */
	static const char *const manifests[] =
	    {"application/vnd.oci.image.manifest.v1+json",
	        "application/vnd.oci.image.index.v1+json",
	        "application/vnd.docker.distribution.manifest.v2+json",
	        "application/vnd.docker.distribution.manifest.list.v2+json", "",
	        NULL};
	static const char cosign[] = "dev.cosignproject.cosign/";
	const struct json *notes = json_get(descriptor, "annotations");
	const char *kind = json_get_text(notes, "kind"), *tag;
	char platform[80];

	/* what "cosign save" writes beside the image */
	if (strncmp(kind, cosign, sizeof cosign - 1) == 0 &&
	    strcmp(kind + sizeof cosign - 1, "image") != 0 &&
	    strcmp(kind + sizeof cosign - 1, "imageIndex") != 0)
		return true;
	/* how tools tag what belongs to an image: "sha256-<hex>", ".sig" */
	tag = tag_of(descriptor);
	if (strncmp(tag, "sha256-", 7) == 0 &&
	    strspn(tag + 7, "0123456789abcdef") == HEX_LEN &&
	    strchr(".", tag[7 + HEX_LEN]) != NULL)
		return true;
	platform_of(descriptor, platform, sizeof platform);
	return strcmp(platform, "unknown/unknown") == 0 ||
	    *json_get_text(notes, "vnd.docker.reference.type") != '\0' ||
	    *json_get_text(descriptor, "artifactType") != '\0' ||
	    !names_one_of(json_get_text(descriptor, "mediaType"), manifests);
}

/*
 * Is the descriptor, whose manifest is doc or NULL where it cannot be had, of
 * an image?  What has no name and a subject belongs to another (image-spec,
 * "Referrers").  What is wrong with an image is told when it is opened.
 */
static bool
is_image(const struct json *descriptor, const struct json *doc)
{
	return !is_attachment(descriptor) && artifact_type(doc) == NULL &&
	    (*image_name_of(descriptor) != '\0' ||
	        (!json_is_object(json_get(doc, "subject")) &&
	            *json_get_text(doc, "artifactType") == '\0'));
}

/*
 * The manifest or index of a descriptor, to see what it is: not verified, and
 * NULL (silently) where it is not there, or too much was looked at already.
 */
static struct json *
image_peek(struct image *img, const struct json *descriptor)
{
	const char *digest = json_get_text(descriptor, "digest");
	struct json *doc = NULL;
	char *text = NULL;
	struct blob b;

	if (!digest_is_text(digest) || img->peeked > PEEKED_MAX ||
	    find_blob(img, digest, &b) <= 0)
		return NULL;
	img->peeked += PEEKED_LEAST + b.len;
	if (b.len <= DOCUMENT_MAX)
		text = blob_text(&b, DOCUMENT_MAX, "manifest");
	if (text != NULL)
		doc = json_parse(text, (size_t)b.len);
	free(text);
	store_drop(&img->store, &b);
	return doc;
}

/* The image of an index for the platform, else its first; NULL (reported). */
static const struct json *
choose_platform(struct image *img, const struct json *index, const char *wanted)
{
	const struct json *one, *first = NULL;
	char have[IMAGE_CHOICES] = "";
	bool linux_found = false, image;
	struct json *doc;
	char platform[80];

	for (one = json_first(json_get_array(index, "manifests")); one != NULL;
	     one = json_next(one)) {
		doc = image_peek(img, one);
		image = is_image(one, doc);
		json_free(doc);
		if (!image)
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
		choices_add(have, platform);
	}
	if (first == NULL) {
		msg_warn(0, "the index has no container image");
		return NULL;
	}
	img->mismatch = true;
	snprintf(img->platforms, sizeof img->platforms, "%s", have);
	return first;
}

/* ----------------------------------------------------------------- images */

/*
 * Adopt the configuration of an image of n layers: it must have a diff ID for
 * every one.
 */
static int
set_config(struct image *img, const struct blob *b, size_t n)
{
	const struct json *rootfs;

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
	img->config = image_parse_json(b, "image configuration");
	if (img->config == NULL ||
	    blob_digest(b, "image configuration", img->id) < 0)
		return -1;
	if (!json_is_object(img->config)) {
		msg_warn(0, "image configuration: not a JSON object");
		return -1;
	}
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
	const char *looks;

	snprintf(what, sizeof what, "layer %u", i + 1);
	if (id == NULL) {
		msg_warn(0, "%s: no diff ID", what);
		return -1;
	}
	looks = decompress_unread(b);
	if (looks != NULL && !tarscan_is_tar(b)) {
		img->layers[i].packed = looks;
		return 0; /* a finding, not an error */
	}
	if (looks != NULL && strchr("bx", looks[0]) != NULL)
		img->layers[i].looks = looks; /* bzip2, xz */
	img->layers[i].skips = decompress_skips(b);
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
	    ".zstd", NULL};
	size_t i, len;

	for (i = 0; i < sizeof begins / sizeof *begins; i++) {
		len = strlen(begins[i]);
		if (strncmp(type, begins[i], len) == 0 &&
		    names_one_of(type + len, ends))
			return true;
	}
	return false;
}

/*
 * Is it a foreign layer that is not there, which its image says to fetch from
 * somewhere else (reported)?
 */
static bool
is_missing_foreign(struct image *img, const struct json *layer,
    unsigned int number)
{
	const char *url = json_text(json_at(json_get_array(layer, "urls"), 0));
	const char *type = json_get_text(layer, "mediaType");
	const char *digest = json_get_text(layer, "digest");
	char masked[256];
	struct blob b;

	if ((strstr(type, ".foreign.") == NULL &&
	        strstr(type, ".nondistributable.") == NULL) ||
	    !digest_is_text(digest) || find_blob(img, digest, &b) != 0)
		return false;
	msg_warn(0,
	    "layer %u is a foreign layer, such as base images of Windows have: it is not in the archive%s%s; copy the image with its foreign layers, or build the bundle FROM scratch",
	    number, *url != '\0' ? " but at " : "",
	    msg_mask(masked, sizeof masked, url));
	return true;
}

/*
 * An OCI manifest or Docker's schema 2 (image-spec, manifest.md); or, with
 * `docker`, an object of manifest.json.
 */
static int
open_manifest(struct image *img, const struct json *manifest, bool docker)
{
	const struct json *layers = json_get_array(manifest,
	                      docker ? "Layers" : "layers"),
	                  *one;
	const struct json *config = json_get(manifest,
	    docker ? "Config" : "config");
	const char *type = artifact_type(manifest);
	unsigned int i = 0;
	char masked[160];
	struct blob b;

	if (json_get_array(manifest, "fsLayers") != NULL) {
		msg_warn(0,
		    "a manifest of schema 1, which current runtimes do not read; push or save the image again with a newer docker or podman");
		return -1;
	}
	if (docker ? !json_is_string(config)
	           : layers == NULL || !json_is_object(config)) {
		msg_warn(0, "the manifest is of an unknown kind");
		return -1;
	}
	if (type != NULL) {
		msg_warn(0, "not a container image: %s",
		    msg_mask(masked, sizeof masked, type));
		return -1;
	}
	if (get_blob(img, config, &b) < 0 ||
	    set_config(img, &b, json_size(layers)) < 0)
		return -1;
	for (one = img->other_os ? NULL : json_first(layers); one != NULL;
	     one = json_next(one)) {
		if (is_missing_foreign(img, one, i + 1))
			return -1;
		img->layers[i].odd_type = !docker &&
		    !is_layer_type(json_get_text(one, "mediaType"));
		if (get_blob(img, one, &b) < 0 || set_layer(img, i++, &b) < 0)
			return -1;
	}
	return 0;
}

/* at: a descriptor of an image or of an index, or an index of platforms */
static int
open_oci(struct image *img, const struct json *at, const char *platform)
{
	struct json *doc = NULL, *inner;
	int depth, ret = -1;
	struct blob b;

	if (json_get_array(at, "manifests") != NULL)
		at = choose_platform(img, at, platform);
	for (depth = 0; at != NULL && depth < INDEX_DEPTH; depth++) {
		if (get_blob(img, at, &b) < 0)
			break;
		/* get_blob has seen that it is one; at is within doc */
		snprintf(img->digest, sizeof img->digest, "%s",
		    json_get_text(at, "digest"));
		inner = image_parse_json(&b, "manifest");
		json_free(doc);
		doc = inner;
		if (doc == NULL)
			break;
		if (json_get_array(doc, "manifests") == NULL) {
			ret = open_manifest(img, doc, false);
			break;
		}
		at = choose_platform(img, doc, platform);
	}
	if (depth == INDEX_DEPTH)
		msg_warn(0, "the indexes are nested too deeply");
	json_free(doc);
	return ret;
}

/* ------------------------------------------------- what an archive holds */

/* An image, under the first of its names. */
struct found {
	const struct json *at; /* as open_oci or open_manifest has it */
	bool docker;
	const char *name; /* borrowed; "": it has none */
	char id[DIGEST_TEXT]; /* of its manifest, or configuration; or "" */
};

/* {0} to start with; list_free in every case. */
struct list {
	struct json *index; /* owned; of index.json, or NULL */
	struct json *docker; /* owned; of manifest.json, or NULL */
	struct json *configs; /* owned; digests, of the images of the index */
	struct found *all; /* owned */
	size_t n, room;
	char artifact[160]; /* masked; the first that is no image; or "" */
};

static void
list_free(struct list *l)
{
	json_free(l->index);
	json_free(l->docker);
	json_free(l->configs);
	free(l->all);
}

/* Add it, unless it is there under another name.  0, or -1 (reported). */
static int
list_add(struct list *l, const struct found *f)
{
	struct found *all;
	size_t i;

	for (i = 0; *f->id != '\0' && i < l->n; i++)
		if (strcmp(l->all[i].id, f->id) == 0)
			return 0;
	if (l->n == IMAGES_MAX) {
		msg_warn(0, "more than %d images in it", IMAGES_MAX);
		return -1;
	}
	all = array_grow(l->all, &l->room, l->n + 1, sizeof *all);
	if (all == NULL) {
		msg_nomem();
		return -1;
	}
	l->all = all;
	l->all[l->n++] = *f;
	return 0;
}

/* Note what it is that is no image. */
static void
list_note(struct list *l, const struct json *descriptor, const struct json *doc)
{
	const char *types[] = {json_get_text(descriptor, "artifactType"),
	    artifact_type(doc), json_get_text(doc, "artifactType"),
	    json_get_text(descriptor, "mediaType"), "unknown"};
	size_t i = 0;

	while (types[i] == NULL || *types[i] == '\0')
		i++;
	if (*l->artifact == '\0')
		msg_mask(l->artifact, sizeof l->artifact, types[i]);
}

/*
 * Is there an image in what the descriptor is of, and the indexes in it?  Notes
 * what it sees.
 */
static bool
list_look(struct image *img, struct list *l, const struct json *descriptor)
{
	struct json *queue = json_new_array(), *doc;
	const struct json *one, *inner;
	bool found = false;
	int n = 0;

	(void)json_add(queue, NULL, json_copy(descriptor));
	for (one = json_first(queue); one != NULL; one = json_next(one)) {
		doc = image_peek(img, one);
		inner = json_first(json_get_array(doc, "manifests"));
		if (!is_image(one, doc)) {
			list_note(l, one, doc);
		} else if (inner == NULL) {
			found = true;
			json_add_string(l->configs, NULL,
			    json_get_text(json_get(doc, "config"), "digest"));
		} else {
			/* one may hold itself */
			for (; inner != NULL && n++ < IMAGES_MAX;
			     inner = json_next(inner))
				(void)json_add(queue, NULL, json_copy(inner));
		}
		json_free(doc);
	}
	json_free(queue);
	return found;
}

/* Do all images of the layout differ in platform alone? */
static bool
is_multi_platform(const struct json *index)
{
	const struct json *one, *first = NULL;
	char platform[80];
	size_t n = 0;

	for (one = json_first(json_get_array(index, "manifests")); one != NULL;
	     one = json_next(one)) {
		if (is_attachment(one))
			continue;
		n++;
		first = first == NULL ? one : first;
		platform_of(one, platform, sizeof platform);
		if (*platform == '\0' ||
		    strcmp(tag_of(one), tag_of(first)) != 0 ||
		    (one != first &&
		        strcmp(json_get_text(one, "digest"),
		            json_get_text(first, "digest")) == 0))
			return false;
	}
	return n > 1;
}

/* The images of index.json.  Returns 0, or -1 (reported). */
static int
list_index(struct image *img, struct list *l)
{
	const struct json *one;
	bool platforms = is_multi_platform(l->index), any = false;
	struct found f;

	for (one = json_first(json_get_array(l->index, "manifests"));
	     one != NULL; one = json_next(one)) {
		if (!list_look(img, l, one))
			continue;
		any = true;
		f = (struct found){.at = one, .name = image_name_of(one)};
		snprintf(f.id, sizeof f.id, "%s", json_get_text(one, "digest"));
		if (!platforms && list_add(l, &f) < 0)
			return -1;
	}
	f = (struct found){.at = l->index, .name = ""};
	return platforms && any ? list_add(l, &f) : 0;
}

/* The images of manifest.json that the index does not have.  As list_index. */
static int
list_docker(struct image *img, struct list *l)
{
	const struct json *one, *known;
	const char *config;
	struct found f;
	struct blob b;

	for (one = json_first(l->docker); one != NULL; one = json_next(one)) {
		config = json_get_text(one, "Config");
		if (*config == '\0')
			continue;
		f = (struct found){.at = one,
		    .docker = true,
		    .name = json_text(
		        json_at(json_get_array(one, "RepoTags"), 0))};
		if (store_get(&img->store, config, &b) > 0 &&
		    b.len <= DOCUMENT_MAX && img->peeked <= PEEKED_MAX) {
			img->peeked += PEEKED_LEAST + b.len;
			if (blob_digest(&b, "image configuration", f.id) < 0)
				return -1;
		}
		for (known = json_first(l->configs); known != NULL;
		     known = json_next(known))
			if (strcmp(json_text(known), f.id) == 0)
				break;
		if (known == NULL && list_add(l, &f) < 0)
			return -1;
	}
	return 0;
}

/*
 * Open it, and list what there is: "docker save" writes an OCI layout, too,
 * which may lack images (moby#47210, moby#51389).  Returns 0, or -1 (reported).
 */
static int
list_read(struct image *img, struct list *l, const struct source *source,
    uint64_t max)
{
	struct blob b;

	*img = (struct image){.store.fd = -1, .tempfile.fd = -1};
	l->configs = json_new_array();
	if (tempfile_open(&img->tempfile, max) < 0 ||
	    store_open(&img->store, source->path, source->fd, &img->tempfile) <
	        0 ||
	    (source->kind != SOURCE_DOCKER_ARCHIVE &&
	        load(img, "index.json", &l->index) < 0) ||
	    load(img, "manifest.json", &l->docker) < 0)
		return -1;
	if (l->index == NULL && l->docker == NULL) {
		if (store_get(&img->store, "repositories", &b) > 0)
			msg_warn(0,
			    "an archive of 'docker save' from before Docker 1.10 (repositories, but no manifest.json), which current runtimes do not read; load it with docker and save it again with a newer one");
		else
			msg_warn(0,
			    "neither an oci-archive nor a docker-archive: it has no index.json and no manifest.json; make one with 'podman save', 'docker save' or 'skopeo copy'");
		return -1;
	}
	if (list_index(img, l) < 0 ||
	    (json_is_array(l->docker) && list_docker(img, l) < 0))
		return -1;
	if (l->n > 0)
		return 0;
	if (*l->artifact != '\0')
		msg_warn(0, "not a container image: %s", l->artifact);
	else if (l->index == NULL && !json_is_array(l->docker))
		msg_warn(0,
		    "manifest.json: not the manifest of a docker-archive");
	else
		msg_warn(0, "no image in it");
	return -1;
}

/* Is text this name, or does it end in "/" and this name? */
static bool
is_called(const char *text, const char *name)
{
	size_t len = strlen(text), n = strlen(name);

	return strcmp(text, name) == 0 ||
	    (len > n && text[len - n - 1] == '/' &&
	        strcmp(text + len - n, name) == 0);
}

/* The image that is called so.  Returns whether there is one. */
static bool
list_find(const struct list *l, const char *name, struct found *f)
{
	const struct json *one, *tag;

	*f = (struct found){.name = name};
	for (one = json_first(json_get_array(l->index, "manifests"));
	     one != NULL; one = json_next(one)) {
		f->at = one;
		if (strcmp(tag_of(one), name) == 0 ||
		    strcmp(image_name_of(one), name) == 0)
			return true;
	}
	f->docker = true;
	for (one = json_is_array(l->docker) ? json_first(l->docker) : NULL;
	     one != NULL; one = json_next(one)) {
		f->at = one;
		for (tag = json_first(json_get_array(one, "RepoTags"));
		     tag != NULL; tag = json_next(tag))
			if (is_called(json_text(tag), name))
				return true;
	}
	return false;
}

/*
 * The image of this tag, which may be "@3" for a place; NULL: the one at
 * `place`.  Returns 0, or -1 (reported).
 */
static int
list_choose(const struct list *l, const char *tag, unsigned int place,
    struct found *f)
{
	char have[IMAGE_CHOICES] = "";
	char masked[160];
	uint64_t n = place;
	size_t i;

	if (tag != NULL && list_find(l, tag, f))
		return 0;
	if (tag == NULL ||
	    (*tag == '@' && number_parse(tag + 1, 0, SIZE_MAX, &n) == 0)) {
		if (n < l->n) {
			*f = l->all[n];
			return 0;
		}
	}
	for (i = 0; i < l->n; i++)
		choices_add(have,
		    *l->all[i].name != '\0' ? l->all[i].name : "?");
	msg_warn(0, "no image '%s' in it; it has: %s",
	    msg_mask(masked, sizeof masked, tag != NULL ? tag : "?"), have);
	return -1;
}

/* What the image is called; "@3" where that is not clear. */
static void
list_set_name(const struct list *l, struct image *img, const struct found *f,
    unsigned int place)
{
	char text[32];
	bool unclear = *f->name == '\0' && l->n > 1;
	size_t i;

	for (i = 0; i < place && i < l->n; i++)
		unclear = unclear || strcmp(l->all[i].name, f->name) == 0;
	snprintf(text, sizeof text, "@%u", place);
	free(img->name);
	img->name = unclear    ? strdup(text)
	    : *f->name != '\0' ? strdup(f->name)
	                       : NULL;
}

int
image_list(const struct source *source, uint64_t max, struct json *names)
{
	struct image img;
	struct list l = {0};
	int ret = list_read(&img, &l, source, max);
	unsigned int at;

	for (at = 0; ret == 0 && at < l.n; at++) {
		list_set_name(&l, &img, &l.all[at], at);
		json_add_string(names, NULL, img.name != NULL ? img.name : "");
	}
	list_free(&l);
	image_close(&img);
	return ret;
}

int
image_open(struct image *img, const struct source *source, unsigned int place,
    const char *platform, uint64_t max)
{
	struct list l = {0};
	struct found f;
	int ret = list_read(img, &l, source, max);

	if (ret == 0)
		ret = list_choose(&l, source->tag, place, &f);
	if (ret == 0) {
		img->n_images = source->tag == NULL ? (unsigned int)l.n : 1;
		list_set_name(&l, img, &f, source->tag == NULL ? place : 0);
		ret = f.docker ? open_manifest(img, f.at, true)
		               : open_oci(img, f.at, platform);
	}
	list_free(&l);
	return ret;
}

void
image_close(struct image *img)
{
	json_free(img->config);
	free(img->layers);
	free(img->name);
	store_close(&img->store);
	tempfile_close(&img->tempfile);
	*img = (struct image){.store.fd = -1, .tempfile.fd = -1};
}

const char *
image_platform(void)
{
	/* Go's names, from go/build and runtime */
	static const char *const names[][2] = {{"x86_64", "linux/amd64"},
	    {"aarch64", "linux/arm64"}, {"armv7l", "linux/arm"},
	    {"ppc64le", "linux/ppc64le"}, {"s390x", "linux/s390x"},
	    {"riscv64", "linux/riscv64"}};
	struct utsname u;
	size_t i;

	if (uname(&u) == 0)
		for (i = 0; i < sizeof names / sizeof *names; i++)
			if (strcmp(u.machine, names[i][0]) == 0)
				return names[i][1];
	return names[0][1];
}
