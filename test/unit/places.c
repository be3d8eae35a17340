/* SPDX-License-Identifier: Apache-2.0 */
/* What runtimes put into a container's root, place by place. */
#include "bundle/places.h"

#include "tap.h"

/* The row of a file that is dropped at path; NULL: none is. */
static void
drops(const char *path, enum places_what what, const char *target)
{
	const struct places_row *r = places_find_drop(path);

	tap_ok(r != NULL && r->what == what && strcmp(r->path, path) == 0, path,
	    __FILE__, __LINE__);
	if (target != NULL && r != NULL)
		OK_STR(r->target, target);
	else
		OK(r != NULL && r->target == NULL);
}

/* The mounts in their order, as "path what plain". */
static void
mounts(void)
{
	static const struct places_row wanted[] = {{"proc", PLACES_MOUNT_DIR,
	                                               true, NULL},
	    {"dev", PLACES_MOUNT_DIR, false, NULL},
	    {"sys", PLACES_MOUNT_DIR, true, NULL},
	    {"etc/hosts", PLACES_MOUNT_FILE, false, NULL},
	    {"etc/hostname", PLACES_MOUNT_FILE, false, NULL},
	    {"etc/resolv.conf", PLACES_MOUNT_FILE, false, NULL}};
	const struct places_row *r;
	size_t n = 0;

	for (r = places_table; r->path != NULL; r++) {
		if (r->what >= PLACES_DROP_EMPTY)
			continue;
		if (n == sizeof wanted / sizeof *wanted)
			break;
		OK_STR(r->path, wanted[n].path);
		OK(r->what == wanted[n].what);
		OK(r->plain == wanted[n].plain);
		n++;
	}
	OK(r->path == NULL && n == sizeof wanted / sizeof *wanted);
}

int
main(void)
{
	mounts();
	drops(".dockerenv", PLACES_DROP_EMPTY, NULL);
	drops("run/.containerenv", PLACES_DROP_EMPTY, NULL);
	drops("etc/mtab", PLACES_DROP_LINK, "/proc/mounts");
	drops("product_name", PLACES_DROP_KIND, NULL);
	drops("product_uuid", PLACES_DROP_KIND, NULL);
	/* mounts are told by the mount table, and other names are content */
	OK(places_find_drop("etc/hosts") == NULL);
	OK(places_find_drop("etc/mta") == NULL);
	OK(places_find_drop("") == NULL);
	return tap_done();
}
