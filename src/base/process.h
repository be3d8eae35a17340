/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that makes processes.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

/*
 * fork(2); the new process dies with this one, in whatever way this one ends,
 * and has a process group of its own, so that Ctrl-C is for us: what becomes
 * of it then, we decide.
 */
pid_t process_fork(void);

#endif
