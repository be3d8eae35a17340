/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs to a verdict: the input is cut at each byte 0xff into logs.  What is
 * whole is read to its end, what is missing has a name.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log/gather.h"
#include "log/decompress.h"
#include "log/tarin.h"

static struct gather *g;
static struct decompress z;

static void
deliver(struct progress *progress)
{
	struct tarin_counts counts;
	struct tarin_opts o = {.pull = gather_pull,
	    .arg = g,
	    .dir = -1,
	    .max_size = 1 << 20,
	    .max_entries = 1000,
	    .progress = progress};

	if (gather_result(g)->format != GATHER_TAR) {
		MUST(decompress_open(&z, gather_pull, g) == 0);
		o.pull = decompress_pull;
		o.arg = &z;
	}
	(void)tarin_run(&o, &counts);
	MUST(counts.bytes <= (1 << 20) + WIRE_SLICE);
	if (gather_result(g)->format != GATHER_TAR)
		decompress_close(&z);
}

/* What is missing is named in order, without overlaps, and ends. */
static void
check_missing(void)
{
	uint64_t first = 0, last = 0, n = 0;
	char text[RANGES_TEXT];

	for (; gather_missing(g, &first, &last); first = last + 1) {
		MUST(first <= last);
		MUST(n++ < 100000);
		if (last == GATHER_OPEN)
			break;
	}
	(void)gather_missing_text(g, text);
	MUST(n > 0 && text[0] != '\0' && strlen(text) < sizeof text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct progress progress = {0};
	struct gather_opts o = {.dir = "/dev/shm",
	    .max_size = 1 << 20,
	    .progress = &progress};
	enum wire_exit status;
	const uint8_t *end;
	size_t n;
	int fd;

	MUST((g = gather_open(&o)) != NULL);
	for (; len > 0; data += n, len -= n) {
		end = memchr(data, 0xff, len);
		n = end != NULL ? (size_t)(end - data) : len;
		fd = memfd_create("log", MFD_CLOEXEC);
		MUST(fd >= 0 && write(fd, data, n) == (ssize_t)n);
		MUST(lseek(fd, 0, SEEK_SET) == 0);
		MUST(gather_log(g, fd, "log") == 0);
		(void)close(fd);
		n += end != NULL;
	}
	status = gather_judge(g, true);
	MUST(status != WIRE_FAIL);
	if (status == WIRE_OK)
		deliver(&progress);
	else if (status == WIRE_CORRUPT)
		check_missing();
	gather_close(g);
	return 0;
}
