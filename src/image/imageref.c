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
} transports[] = {{"oci:", IMAGE_OCI}, {"oci-archive:", IMAGE_OCI_ARCHIVE},
    {"docker-archive:", IMAGE_DOCKER_ARCHIVE}, {"dir:", IMAGE_DIR}};

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
	if (ref->kind == IMAGE_ANY || ref->kind == IMAGE_DIR || colon == NULL)
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

/* What image the directory fd holds; *err as has_file has it. */
static enum image_kind
image_kind_of_dir(int fd, bool oci, int *err)
{
	if (oci && has_file(fd, "oci-layout", err) &&
	    has_file(fd, "index.json", err))
		return IMAGE_OCI;
	if (has_file(fd, "version", err) && has_file(fd, "manifest.json", err))
		return IMAGE_DIR;
	return IMAGE_ROOT;
}

int
image_ref_detect(struct image_ref *ref)
{
	char masked[MSG_NAME];
	struct stat st;
	int fd, err = 0;

	if ((ref->kind != IMAGE_ANY && ref->kind != IMAGE_DIR) ||
	    strcmp(ref->path, "-") == 0)
		return 0;
	fd = open(ref->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_warn(errno, "%s",
		    msg_mask(masked, sizeof masked, ref->path));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		ref->kind = image_kind_of_dir(fd, ref->kind == IMAGE_ANY, &err);
	(void)close(fd);
	if (err == 0)
		return 0;
	msg_warn(err, "%s", msg_mask(masked, sizeof masked, ref->path));
	return -1;
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
