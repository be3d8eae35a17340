/* SPDX-License-Identifier: Apache-2.0 */
/* Processors: those that are there, and what a cgroup allows of them. */
#include "base/cpus.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define CGROUP "/sys/fs/cgroup"

/* Of version 2: what cpu.max says. */
static unsigned int
with_max(const char *text)
{
	unsigned int n;

	tap_file(CGROUP "/cpu.max", text);
	n = cpus_allowed();
	(void)unlink(CGROUP "/cpu.max");
	return n;
}

int
main(void)
{
	unsigned int all, two;
	cpu_set_t set;

	OK(sched_getaffinity(0, sizeof set, &set) == 0);
	all = (unsigned int)CPU_COUNT(&set);
	two = all < 2 ? all : 2;
	OK(cpus_allowed() >= 1 && cpus_allowed() <= all);
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", CGROUP, "tmpfs", 0, NULL) < 0) {
		printf("# may not mount: nothing is known of quotas\n");
		return tap_done();
	}
	OK(cpus_allowed() == all);
	OK(with_max("max 100000\n") == all);
	OK(with_max("50000 100000\n") == 1);
	OK(with_max("100000 100000\n") == 1);
	/* one and a bit needs two */
	OK(with_max("100001 100000\n") == two);
	OK(with_max("9000000 1000\n") == all);
	OK(with_max("50000") == all && with_max("") == all);
	OK(with_max("0 100000\n") == all && with_max("5 0\n") == all);

	return tap_done();
}
