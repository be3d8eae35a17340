/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many processors this process may use.
 */
#ifndef CPUS_H
#define CPUS_H

/*
 * The processors that the affinity mask (sched_getaffinity(2)) and the
 * cgroup's quota (cgroups(7): cpu.max, or cpu.cfs_quota_us) leave us, rounded
 * up; at least 1.  What cannot be read does not limit.
 */
unsigned int cpus_allowed(void);

#endif
