/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extraction of any tar: nothing appears beside the target, no
 * symbolic link leads out of it, and all of it can be removed again.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/decompress.h"
#include "log/tarin.h"
#include "log/target.h"

static char base[] = "/dev/shm/fuzz-tarin-XXXXXX";

struct input {
	const uint8_t *data;
	size_t len;
};

static ssize_t
pull(void *arg, const void **data)
{
	struct input *in = arg;
	size_t n = in->len < 700 ? in->len : 700;

	*data = in->data;
	in->data += n;
	in->len -= n;
	return (ssize_t)n;
}

static int
look(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char real[PATH_MAX];

	(void)ftw;
	MUST(type != FTW_NS && type != FTW_DNR);
	MUST(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ||
	    S_ISLNK(st->st_mode));
	MUST((st->st_mode & (S_ISUID | S_ISGID)) == 0);
	if (S_ISLNK(st->st_mode) && realpath(path, real) != NULL)
		MUST(strncmp(real, base, sizeof base - 1) == 0 &&
		    strncmp(real + sizeof base - 1, "/.t.unpack-", 11) == 0);
	return 0;
}

static void
extract(struct input in, bool zipped)
{
	static struct decompress g;
	struct progress progress = {0};
	struct tarin_counts counts;
	struct tarin_opts o = {.pull = pull,
	    .arg = &in,
	    .max_size = 1 << 20,
	    .max_entries = 1000,
	    .progress = &progress};
	struct target_opts opts = {0};
	struct target t;
	char path[PATH_MAX];

	if (zipped) {
		MUST(decompress_open(&g, pull, &in) == 0);
		o.pull = decompress_pull;
		o.arg = &g;
	}
	(void)snprintf(path, sizeof path, "%s/t", base);
	MUST(target_open(&t, path, &opts) == 0);
	MUST(target_begin(&t) == 0);
	o.dir = t.fd;
	(void)tarin_run(&o, &counts);
	(void)snprintf(path, sizeof path, "%s/%s", base, t.temp);
	MUST(nftw(path, look, 20, FTW_PHYS) == 0);
	target_close(&t);
	if (zipped)
		decompress_close(&g);
	/* the temporary is gone, and nothing else came: it is empty */
	MUST(rmdir(base) == 0 && mkdir(base, 0700) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool made;

	if (!made) {
		MUST(mkdtemp(base) != NULL);
		made = true;
	}
	extract((struct input){data, len}, false);
	if (len > 2 && data[0] == 0x1f && data[1] == 0x8b)
		extract((struct input){data, len}, true);
	return 0;
}
