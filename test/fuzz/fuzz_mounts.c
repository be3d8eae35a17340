/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount table: up to the first NUL the directory, then the lines.  What is
 * asked of the table must fit what the table says of itself.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bundle/mounts.h"

static void
check_table(const struct mounts *m)
{
	char parent[4096];
	const char *slash;
	size_t i;

	for (i = 0; i < m->n; i++) {
		const char *path = m->points[i].path;

		MUST(i == 0 || strcmp(m->points[i - 1].path, path) <= 0);
		MUST(mounts_at(m, path) != MOUNTS_NONE);
		slash = strrchr(path, '/');
		if (slash == NULL || (size_t)(slash - path) >= sizeof parent)
			continue;
		memcpy(parent, path, (size_t)(slash - path));
		parent[slash - path] = '\0';
		if (m->points[i].kind == MOUNTS_FOREIGN)
			MUST(mounts_below(m, parent));
	}
	(void)mounts_at(m, "etc/hosts");
	(void)mounts_below(m, ".");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const dirs[] = {"/", "/bundle", "/a/b"};
	static const struct mounts_self self = {.exe = "/.unpack-0/unpack",
	    .started = "/bin/unpack"};
	static const struct mounts_self nobody;
	static int fd = -1;
	struct mounts m = {0};
	char name[64];

	if (len == 0)
		return 0;
	if (fd < 0)
		fd = memfd_create("mountinfo", MFD_CLOEXEC);
	MUST(fd >= 0 && ftruncate(fd, 0) == 0);
	MUST(pwrite(fd, data + 1, len - 1, 0) == (ssize_t)len - 1);
	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (mounts_load(&m, name, dirs[data[0] % 3],
	        data[0] & 8 ? &self : &nobody) == 0)
		check_table(&m);
	mounts_free(&m);
	return 0;
}
