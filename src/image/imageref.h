/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an image is, and for which platform.
 */
#ifndef IMAGEREF_H
#define IMAGEREF_H

/* What an image reference is; IMAGE_ANY looks at what is there. */
enum image_kind {
	IMAGE_ANY,
	IMAGE_OCI, /* a layout, or an archive of one */
	IMAGE_DOCKER_ARCHIVE,
	IMAGE_ROOT /* the root file system itself, in a directory */
};

/*
 * Where an image is: "TRANSPORT:PATH[:TAG]", where skopeo's transports are oci,
 * oci-archive and docker-archive, and ours is dir; or a path, or "-".
 */
struct image_ref {
	enum image_kind kind;
	char *path; /* owned; "-": see fd */
	int fd; /* borrowed; 0: standard input */
	const char *tag; /* points into path; NULL: none given */
};

/*
 * Take a reference apart.  Returns 0, or -1 (reported).  image_ref_free may be
 * called on one that is all zeros.
 */
int image_ref_parse(struct image_ref *ref, const char *text);
void image_ref_free(struct image_ref *ref);

/*
 * Find out what a directory is, by looking, where the kind is IMAGE_ANY.
 * Returns 0, or -1 (reported): also for what "skopeo copy dir:" writes.
 */
int image_ref_detect(struct image_ref *ref);

/* "linux/amd64" on such a machine: how Go names this one. */
const char *image_platform(void);

#endif
