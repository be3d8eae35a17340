/* SPDX-License-Identifier: Apache-2.0 */
/* References to images, and what a directory holds. */
#include "image/imageref.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tap.h"

static const struct {
	const char *text;
	enum image_kind kind;
	const char *path, *tag; /* tag: "" = none */
} references[] = {
    {"oci:a/b:c", IMAGE_OCI, "a/b", "c"},
    {"oci:a", IMAGE_OCI, "a", ""},
    {"oci-archive:a.tar:n:t", IMAGE_OCI, "a.tar", "n:t"},
    {"docker-archive:/a:n:t", IMAGE_DOCKER_ARCHIVE, "/a", "n:t"},
    /* a path of these may have any byte */
    {"dir:a:b", IMAGE_ROOT, "a:b", ""},
    {"a:b", IMAGE_ANY, "a:b", ""},
    {"oci", IMAGE_ANY, "oci", ""},
    {"-", IMAGE_ANY, "-", ""},
};

/* What is at text, by looking; -1: that cannot be told. */
static int
looks_like(const char *text)
{
	struct image_ref ref;
	int kind = -1;

	if (image_ref_parse(&ref, text) == 0 && image_ref_detect(&ref) == 0)
		kind = (int)ref.kind;
	image_ref_free(&ref);
	return kind;
}

static void
test_parse(void)
{
	struct image_ref ref = {0};
	size_t i;

	image_ref_free(&ref);
	for (i = 0; i < sizeof references / sizeof *references; i++) {
		OK(image_ref_parse(&ref, references[i].text) == 0);
		OK(ref.kind == references[i].kind);
		OK_STR(ref.path, references[i].path);
		OK_STR(ref.tag != NULL ? ref.tag : "", references[i].tag);
		image_ref_free(&ref);
		OK(ref.path == NULL && ref.tag == NULL);
	}
}

static void
test_detect(void)
{
	(void)mkdir("d", 0755);
	OK(looks_like("d") == IMAGE_ROOT && looks_like("dir:d") == IMAGE_ROOT);
	tap_file("d/manifest.json", "{}");
	OK(looks_like("d") == IMAGE_ROOT);
	tap_file("d/version", "Directory Transport Version: 1.1\n");
	/* of skopeo */
	OK(looks_like("d") == -1 && looks_like("dir:d") == -1);
	tap_file("d/oci-layout", "{}");
	OK(looks_like("d") == -1);
	tap_file("d/index.json", "{}");
	OK(looks_like("d") == IMAGE_OCI);
	(void)unlink("d/version");
	/* who says dir: wants no layout */
	OK(looks_like("d") == IMAGE_OCI && looks_like("dir:d") == IMAGE_ROOT);

	/* a directory, or a link that leads nowhere or to itself, is not one */
	(void)mkdir("e", 0755);
	(void)mkdir("e/oci-layout", 0755);
	(void)symlink("absent", "e/version");
	OK(looks_like("e") == IMAGE_ROOT);
	(void)unlink("e/version");
	(void)symlink("version", "e/version");
	OK(looks_like("e") == IMAGE_ROOT);

	/* nothing is looked at, as the kind is given */
	OK(looks_like("oci:absent") == IMAGE_OCI &&
	    looks_like("-") == IMAGE_ANY);
	/* a file may be any archive */
	tap_file("f", "");
	OK(looks_like("f") == IMAGE_ANY);
	OK(looks_like("absent") == -1 && looks_like("dir:absent") == -1);
	(void)chmod("d", 0600);
	OK(geteuid() == 0 || looks_like("d") == -1);
	(void)chmod("d", 0700);
}

static void
test_platform(void)
{
	struct utsname u;

	OK(strncmp(image_platform(), "linux/", 6) == 0);
	(void)uname(&u);
	if (strcmp(u.machine, "s390x") == 0)
		OK_STR(image_platform(), "linux/s390x");
	else if (strcmp(u.machine, "x86_64") == 0)
		OK_STR(image_platform(), "linux/amd64");
}

int
main(void)
{
	test_parse();
	test_detect();
	test_platform();
	return tap_done();
}
