/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any archive -> its manifests, configuration and layers, but not their merge.
 * Digests count as right in fuzz builds.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "image/image.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char path[64];
	struct source s;
	struct image img = {.store.fd = -1, .tempfile.fd = -1};
	int fd = memfd_create("archive", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		return 0;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (source_open(&s, path, 1 << 20) == WIRE_OK)
		(void)image_open(&img, &s, 0, "linux/amd64", 1 << 20);
	image_close(&img);
	source_close(&s);
	(void)close(fd);
	return 0;
}
