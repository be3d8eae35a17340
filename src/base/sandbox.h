/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program gives up before it reads untrusted bytes: every system call
 * but those in its role's list (seccomp(2)), and every file but those it names
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
	SANDBOX_TEXT = 96 /* bytes that sandbox_describe needs */
};

/* What is to be done, and which calls it needs; unpack-security(7) has them. */
enum sandbox_role {
	SANDBOX_STREAM = 1, /* unpack: reads a tree, writes a stream */
	SANDBOX_COPY = 2, /* unpack copy: makes files, too */
	SANDBOX_CHECK = 4, /* judges, with temporary files */
	SANDBOX_EXTRACT = 8, /* makes files */
	SANDBOX_RUN = 16 /* likewise, and talks to a server of this machine */
};

/* What is allowed in a place. */
enum sandbox_access {
	SANDBOX_READ,
	SANDBOX_WRITE, /* also make, change, rename and remove */
	/* list it; make and rename directories, remove those that are empty */
	SANDBOX_DIRS,
	SANDBOX_FILES /* list it; make, rename and remove files, not write them
	               */
};

/* A place that stays open: this file, or this directory and all below. */
struct sandbox_place {
	const char *path; /* borrowed; NULL: see fd */
	int fd; /* borrowed; an open file or directory */
	enum sandbox_access access;
};

/* Places to be named one by one; {0} has none. */
struct sandbox_places {
	struct sandbox_place *at; /* owned */
	size_t n, room;
	bool failed; /* out of memory: sandbox_shut does nothing */
};

/*
 * Name a file or directory by its path, borrowed until sandbox_shut, or, where
 * that is NULL, an open one; -1 is none.
 */
void sandbox_allow(struct sandbox_places *p, const char *path, int fd,
    enum sandbox_access access);

/* Name where temporary files go: TMPDIR, or /tmp and /var/tmp. */
void sandbox_allow_temporary(struct sandbox_places *p);

/* sandbox_enter with the places, which are freed. */
unsigned int sandbox_shut(struct sandbox_places *p, enum sandbox_role role);

/*
 * Give up all but the n places, the descriptors that are open, and what the
 * role needs.  Call it
 * before threads are started.  It lasts to the end of the process; a place that
 * is not there stays closed.  Returns what is in force, bits of enum
 * sandbox_state; what the system does not have is left out, without a message.
 */
unsigned int sandbox_enter(const struct sandbox_place *places, size_t n,
    enum sandbox_role role);

/*
 * Say what is in force, "no_new_privs, landlock, seccomp" or "none", in text.
 * Returns text.
 */
const char *sandbox_describe(char text[static SANDBOX_TEXT],
    unsigned int state);

#endif
