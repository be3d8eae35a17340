/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What container runtimes put into each container's root: the
 * one table for what walks there and for what predicts it from an image.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>

enum places_what {
	PLACES_MOUNT_DIR, /* every runtime mounts a directory here */
	PLACES_MOUNT_FILE, /* or a file */
	PLACES_DROP_EMPTY, /* some drop a file without content here */
	PLACES_DROP_KIND, /* kind drops a file, where PLACES_KIND_FILE is */
	PLACES_DROP_LINK /* some drop a symlink to `target` */
};

struct places_row {
	const char *path; /* from the root on, without a slash in front */
	enum places_what what;
	bool plain; /* runc wants the place to be no symlink */
	const char *target; /* of PLACES_DROP_LINK */
};

/*
 * kind's runtime hook copies its /kind/product_name, which says "kind", into
 * every container's root, and product_uuid with it.
 */
#define PLACES_KIND_FILE "product_name"
#define PLACES_KIND_TEXT "kind\n"

/* The mounts in the order in which they are made; up to a row without a path.
 */
extern const struct places_row places_table[];

/* The row of a file or symlink that runtimes drop at path, or NULL. */
const struct places_row *places_find_drop(const char *path);

#endif
