/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container image on disk: from an OCI layout, an oci-archive or a
 * docker-archive to its configuration and the plain tars of its layers, all
 * digests verified.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/tempfile.h"
#include "image/source.h"
#include "image/store.h"

struct json;

enum {
	IMAGE_LAYERS_MAX = 500, /* overlayfs takes no more */
	IMAGE_CHOICES = 512 /* bytes of a list of choices in a message */
};

struct image_layer {
	struct blob tar; /* uncompressed; not where it is packed */
	bool odd_type; /* its media type is none that containerd takes */
	bool skips; /* it begins with a frame of zstd that podman cannot skip */
	const char *packed; /* static; how, where containerd cannot; or NULL */
	const char *looks; /* static; a tar that podman takes for this; NULL */
};

struct image {
	struct tempfile tempfile;
	struct store store;
	struct json *config; /* owned; an object */
	const char *os; /* borrowed from config; "" when it does not say */
	const char *arch;
	char *name; /* owned; what the archive or layout calls it, "@3" where
	               of several it has no name of its own; or NULL */
	char digest[DIGEST_TEXT]; /* of its manifest; "": not known */
	char id[DIGEST_TEXT]; /* of its configuration; "": it has none */
	struct image_layer *layers; /* owned */
	unsigned int n_layers;
	bool other_os; /* not for Linux: its layers are not read */
	unsigned int n_images; /* in the archive or layout; 1 where a tag was
	                          given, 0: not opened so far */
	uint64_t spent; /* bytes of blobs read */
	uint64_t peeked; /* bytes of documents that were only looked at */
	bool mismatch; /* the index has no image for the platform asked for */
	char platforms[IMAGE_CHOICES]; /* what it has: "linux/arm64, ..." */
};

/*
 * Add the names of the images that an archive or layout holds, of which at most
 * max bytes are read; an index of platforms is one.  Names are not masked, and
 * "@3" where one is not clear.  Returns 0, or -1 (reported).
 */
int image_list(const struct source *source, uint64_t max, struct json *names);

/*
 * Open the image, verify every blob of it, and decompress its layers: at most
 * max bytes in all.  Where the source has no tag, it is the one at `place` of
 * those that an archive or layout holds, from 0.  platform is "os/arch" or
 * "os/arch/variant"; of an index the image for it is taken, or else the first
 * one, with mismatch set.  Returns 0, or -1 (reported).  image_close may be
 * called after a failure and on an image that is all zeros.
 */
int image_open(struct image *img, const struct source *source,
    unsigned int place, const char *platform, uint64_t max);
void image_close(struct image *img);

/* "linux/amd64" on such a machine: how Go names this one. */
const char *image_platform(void);

#endif
