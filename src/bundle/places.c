/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What container runtimes put into a container's root.
 */
#include "bundle/places.h"

#include <stddef.h>
#include <string.h>

const struct places_row places_table[] = {
    {"proc", PLACES_MOUNT_DIR, true, NULL},
    {"dev", PLACES_MOUNT_DIR, false, NULL},
    {"sys", PLACES_MOUNT_DIR, true, NULL},
    {"etc/hosts", PLACES_MOUNT_FILE, false, NULL},
    {"etc/hostname", PLACES_MOUNT_FILE, false, NULL},
    {"etc/resolv.conf", PLACES_MOUNT_FILE, false, NULL},
    {".dockerenv", PLACES_DROP_EMPTY, false, NULL}, /* docker */
    {"run/.containerenv", PLACES_DROP_EMPTY, false, NULL}, /* podman */
    {"etc/mtab", PLACES_DROP_LINK, false, "/proc/mounts"}, /* and CRI-O */
    {PLACES_KIND_FILE, PLACES_DROP_KIND, false, NULL},
    {"product_uuid", PLACES_DROP_KIND, false, NULL},
    {NULL, PLACES_DROP_EMPTY, false, NULL},
};

const struct places_row *
places_find_drop(const char *path)
{
	const struct places_row *r;

	for (r = places_table; r->path != NULL; r++)
		if (r->what >= PLACES_DROP_EMPTY && strcmp(path, r->path) == 0)
			return r;
	return NULL;
}
