/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program gives up before it reads untrusted bytes: starting programs,
 * sockets, other processes (seccomp(2)), and every file except those it names
 * (landlock(7)).  So an attack on a parser can do little.
 *
 * It is a second line of defence: if the kernel, or the container's own filter,
 * allows neither, the program runs without it.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* What is in force; the bits that sandbox_enter returns. */
enum sandbox_state {
	SANDBOX_NO_NEW_PRIVS = 1,
	SANDBOX_LANDLOCK = 2,
	SANDBOX_SECCOMP = 4
};

enum {
	SANDBOX_TEXT = 64 /* bytes that sandbox_describe needs */
};

/* A place that stays open: this file, or this directory and all below. */
struct sandbox_place {
	const char *path; /* borrowed; NULL: see fd */
	int fd; /* borrowed; an open file or directory */
	bool write; /* also make, change, rename and remove */
};

/* Places to be named one by one; {0} has none. */
struct sandbox_places {
	struct sandbox_place *at; /* owned, its paths too */
	size_t n, room;
	bool local; /* sockets of AF_UNIX and signals stay, for a program that
	               was started before and serves us */
	bool failed; /* out of memory: sandbox_shut does nothing */
};

/* Name a file or directory; path is copied. */
void sandbox_allow(struct sandbox_places *p, const char *path, bool write);

/* Name an open one; -1 is none. */
void sandbox_allow_fd(struct sandbox_places *p, int fd, bool write);

/* Name where temporary files go: TMPDIR, or /tmp and /var/tmp. */
void sandbox_allow_temporary(struct sandbox_places *p);

/* sandbox_enter with the places, which are freed. */
unsigned int sandbox_shut(struct sandbox_places *p);

/* Forget the places; nothing is given up. */
void sandbox_free(struct sandbox_places *p);

/*
 * Give up all but the n places and the descriptors that are open.  Call it
 * before threads are started.  It lasts to the end of the process; a place that
 * is not there stays closed.  Returns what is in force, bits of enum
 * sandbox_state; what the system does not have is left out, without a message.
 */
unsigned int sandbox_enter(const struct sandbox_place *places, size_t n);

/*
 * Say what is in force, "no_new_privs, landlock, seccomp" or "none", in text.
 * Returns text.
 */
const char *sandbox_describe(char text[static SANDBOX_TEXT],
    unsigned int state);

#endif
