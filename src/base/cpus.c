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

/*
 * What the cgroup's quota allows, rounded up; 0: any ("max").  Containers see
 * their own cgroup as the root of the tree.
 */
static unsigned int
cpus_quota(void)
{
	int fd = openat(AT_FDCWD, "/sys/fs/cgroup/cpu.max",
	    O_RDONLY | O_CLOEXEC);
	char text[64] = "", *end;
	long quota, period;

	if (fd < 0)
		return 0;
	(void)!read(fd, text, sizeof text - 1);
	(void)close(fd);
	quota = strtol(text, &end, 10);
	period = strtol(end, NULL, 10);
	if (quota <= 0 || period <= 0 || quota / period > 1000)
		return 0;
	return (unsigned int)((quota + period - 1) / period);
}

unsigned int
cpus_allowed(void)
{
	cpu_set_t set;
	unsigned int n = 1, limit = cpus_quota();

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		n = (unsigned int)CPU_COUNT(&set);
	return limit > 0 && limit < n ? limit : n;
}
