/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that makes processes.
 */
#include "base/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t
process_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid > 0)
		/* both do it: who is first does not matter */
		(void)setpgid(pid, pid);
	if (pid != 0)
		return pid;
	(void)setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		(void)raise(SIGKILL);
	return 0;
}
