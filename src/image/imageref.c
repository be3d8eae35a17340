/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an image is, and for which platform: references, and what a directory
 * turns out to hold.
 */
#include "image/imageref.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/msg.h"

static const struct {
	const char *prefix;
	enum image_kind kind;
} transports[] = {{"oci:", IMAGE_OCI}, {"oci-archive:", IMAGE_OCI},
    {"docker-archive:", IMAGE_DOCKER_ARCHIVE}, {"dir:", IMAGE_ROOT}};

int
image_ref_parse(struct image_ref *ref, const char *text)
{
	size_t i, len;
	char *colon;

	*ref = (struct image_ref){0};
	for (i = 0; i < sizeof transports / sizeof *transports; i++) {
		len = strlen(transports[i].prefix);
		if (strncmp(text, transports[i].prefix, len) != 0)
			continue;
		ref->kind = transports[i].kind;
		text += len;
		break;
	}
	ref->path = strdup(text);
	if (ref->path == NULL) {
		msg_nomem();
		return -1;
	}
	/* docker-archive:PATH:NAME:TAG has more than one */
	colon = strchr(ref->path, ':');
	if (ref->kind == IMAGE_ANY || ref->kind == IMAGE_ROOT || colon == NULL)
		return 0;
	*colon = '\0';
	ref->tag = colon + 1;
	return 0;
}

void
image_ref_free(struct image_ref *ref)
{
	free(ref->path);
	*ref = (struct image_ref){0};
}

/*
 * Does the directory fd have a regular file of this name?  Where that cannot
 * be told, *err becomes the errno.
 */
static bool
has_file(int fd, const char *name, int *err)
{
	struct stat st;

	if (fstatat(fd, name, &st, 0) == 0)
		return S_ISREG(st.st_mode);
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		*err = errno;
	return false;
}

int
image_ref_detect(struct image_ref *ref)
{
	char masked[MSG_NAME];
	struct stat st;
	int fd, err = 0, ret = 0;

	if ((ref->kind != IMAGE_ANY && ref->kind != IMAGE_ROOT) ||
	    strcmp(ref->path, "-") == 0)
		return 0;
	msg_mask(masked, sizeof masked, ref->path);
	fd = open(ref->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_warn(errno, "%s", masked);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		if (ref->kind == IMAGE_ANY &&
		    has_file(fd, "oci-layout", &err) &&
		    has_file(fd, "index.json", &err)) {
			ref->kind = IMAGE_OCI;
		} else if (has_file(fd, "version", &err) &&
		    has_file(fd, "manifest.json", &err)) {
			msg_warn(0,
			    "%s: a directory of 'skopeo copy ... dir:', which is not read; copy the image to an OCI layout: skopeo copy dir:%s oci:DIR",
			    masked, masked);
			ret = -1;
		} else {
			ref->kind = IMAGE_ROOT;
		}
	}
	(void)close(fd);
	if (err != 0)
		msg_warn(err, "%s", masked);
	return err != 0 ? -1 : ret;
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
