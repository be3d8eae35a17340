/* SPDX-License-Identifier: Apache-2.0 */
/* What names an image, and what a directory holds. */
#include "image/image.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tap.h"

static const struct {
	const char *text;
	enum source_kind kind;
	const char *path, *tag; /* tag: "" = none */
} references[] = {
    {"oci:a/b:c", SOURCE_OCI, "a/b", "c"},
    {"oci:a", SOURCE_OCI, "a", ""},
    {"oci-archive:a.tar:n:t", SOURCE_OCI, "a.tar", "n:t"},
    {"docker-archive:/a:n:t", SOURCE_DOCKER_ARCHIVE, "/a", "n:t"},
    /* a path of these may have any byte */
    {"dir:a:b", SOURCE_ROOT, "a:b", ""},
    {"a:b", SOURCE_ANY, "a:b", ""},
    {"oci", SOURCE_ANY, "oci", ""},
    {"-", SOURCE_ANY, "-", ""},
};

/* What is at text, by looking; -1: that cannot be told. */
static int
looks_like(const char *text)
{
	struct source s;
	int kind = -1;

	if (source_open(&s, text, 0) == WIRE_OK)
		kind = (int)s.kind;
	source_close(&s);
	return kind;
}

static void
test_parse(void)
{
	struct source s = {.kind = SOURCE_ANY};
	char longest[SOURCE_PATH + 8];
	size_t i;

	source_close(&s);
	tap_file("a:b", "");
	tap_file("oci", "");
	for (i = 0; i < sizeof references / sizeof *references; i++) {
		OK(source_open(&s, references[i].text, 0) == WIRE_OK);
		OK(s.kind == references[i].kind);
		OK_STR(s.path, references[i].path);
		OK_STR(s.tag != NULL ? s.tag : "", references[i].tag);
		source_close(&s);
		OK(*s.path == '\0' && s.tag == NULL);
	}
	(void)unlink("oci");
	/* no file has such a path */
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	memcpy(longest, "oci:", 4);
	OK(source_open(&s, longest, 0) == WIRE_FAIL);
	longest[sizeof longest - 4] = ':';
	OK(source_open(&s, longest, 0) == WIRE_FAIL);
	longest[SOURCE_PATH + 3] = ':';
	OK(source_open(&s, longest, 0) == WIRE_OK && s.tag != NULL);
}

static void
test_detect(void)
{
	(void)mkdir("d", 0755);
	OK(looks_like("d") == SOURCE_ROOT &&
	    looks_like("dir:d") == SOURCE_ROOT);
	tap_file("d/manifest.json", "{}");
	OK(looks_like("d") == SOURCE_ROOT);
	tap_file("d/version", "Directory Transport Version: 1.1\n");
	/* of skopeo */
	OK(looks_like("d") == -1 && looks_like("dir:d") == -1);
	tap_file("d/oci-layout", "{}");
	OK(looks_like("d") == -1);
	tap_file("d/index.json", "{}");
	OK(looks_like("d") == SOURCE_OCI);
	(void)unlink("d/version");
	/* who says dir: wants no layout */
	OK(looks_like("d") == SOURCE_OCI && looks_like("dir:d") == SOURCE_ROOT);

	/* a directory, or a link that leads nowhere or to itself, is not one */
	(void)mkdir("e", 0755);
	(void)mkdir("e/oci-layout", 0755);
	(void)symlink("absent", "e/version");
	OK(looks_like("e") == SOURCE_ROOT);
	(void)unlink("e/version");
	(void)symlink("version", "e/version");
	OK(looks_like("e") == SOURCE_ROOT);

	/* nothing is looked at, as the kind is given */
	OK(looks_like("oci:absent") == SOURCE_OCI &&
	    looks_like("-") == SOURCE_ANY);
	/* a file may be any archive */
	tap_file("f", "");
	OK(looks_like("f") == SOURCE_ANY);
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
	/* what "-" is */
	if (freopen("/dev/null", "r", stdin) == NULL)
		return 1;
	test_parse();
	test_detect();
	test_platform();
	return tap_done();
}
