/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --version says after the program's name: the version, the commit, and
 * each library that is linked with Debian's version of it, one line for each of
 * the three.  The Makefile gives the two main files COMMIT and LINKED; nothing
 * else may know them, so that a stream never depends on them.
 */
#ifndef VERSION_H
#define VERSION_H

#ifndef COMMIT
#define COMMIT "unknown"
#endif
#ifndef LINKED
#define LINKED "unknown"
#endif

#define VERSION_TEXT VERSION "\ncommit " COMMIT "\nlinked " LINKED "\n"

#endif
