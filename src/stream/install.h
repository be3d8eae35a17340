/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copy the running program to where another container will start it.
 */
#ifndef INSTALL_H
#define INSTALL_H

/*
 * Copy this program to dest, or into dest under the name `name` if dest is a
 * directory.  The copy appears whole, with mode 0555, in one rename(2): also
 * over a copy that is running, also twice.
 *
 * Returns 0, or -1 (reported); dest is as it was then.
 */
int install_to(const char *dest, const char *name);

/*
 * Is `path` this program, or a copy of it?  1 or 0, or -1 with errno set.
 */
int install_is_self(const char *path);

#endif
