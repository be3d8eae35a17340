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

unsigned int
cpus_allowed(void)
{
	/* containers see their own cgroup as the root of the tree */
	int fd = openat(AT_FDCWD, "/sys/fs/cgroup/cpu.max",
	    O_RDONLY | O_CLOEXEC);
	char text[64] = "", *end;
	long quota, period, n = 1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		n = CPU_COUNT(&set);
	if (fd >= 0) {
		(void)!read(fd, text, sizeof text - 1);
		(void)close(fd);
	}
	/* "max" is none */
	quota = strtol(text, &end, 10);
	period = strtol(end, NULL, 10);
	if (quota > 0 && period > 0 && (quota - 1) / period < n - 1)
		n = (quota - 1) / period + 1;
	return (unsigned int)n;
}
