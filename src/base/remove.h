/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made beside its place, and under a lock: with the lock it is told
 * from what a killed process left, and that is removed.
 */
#ifndef REMOVE_H
#define REMOVE_H

/*
 * Lock (flock(2), without waiting) what fd is: `name` in the directory dir.
 * Returns 0, also where the file system has no locks, or -1 with errno set:
 * EWOULDBLOCK, somebody has the lock; ESTALE, it is no longer what has that
 * name.
 */
int remove_lock(int dir, const char *name, int fd);

/*
 * Remove `name` in the directory dir, and all that is below it: without
 * recursion and with three descriptors, for any depth.  A second signal
 * (base/signals.h) ends it.  Returns 0, also where there is none, or -1 with
 * errno set.
 */
int remove_tree(int dir, const char *name);

#endif
