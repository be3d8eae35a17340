/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many processors this process may use.
 */
#include "base/cpus.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Read a small file into text as a string.  0, or -1. */
static int
slurp(const char *path, char text[static 64])
{
	ssize_t n;
	int fd;

	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, 63);
	(void)close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

/* quota / period, rounded up; 0 = no limit ("max", or -1). */
static unsigned int
ratio(const char *quota, const char *period)
{
	long q = strtol(quota, NULL, 10), p = strtol(period, NULL, 10);

	if (q <= 0 || p <= 0 || q / p > 1000)
		return 0;
	return (unsigned int)((q + p - 1) / p);
}

/* Containers see their own cgroup as the root of the tree. */
static unsigned int
quota(void)
{
	char a[64], b[64], *blank;

	if (slurp("/sys/fs/cgroup/cpu.max", a) == 0) {
		blank = strchr(a, ' ');
		return blank != NULL ? ratio(a, blank) : 0;
	}
	if (slurp("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", a) == 0 &&
	    slurp("/sys/fs/cgroup/cpu/cpu.cfs_period_us", b) == 0)
		return ratio(a, b);
	return 0;
}

unsigned int
cpus_allowed(void)
{
	cpu_set_t set;
	unsigned int n = 1, limit = quota();

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		n = (unsigned int)CPU_COUNT(&set);
	return limit > 0 && limit < n ? limit : n;
}
