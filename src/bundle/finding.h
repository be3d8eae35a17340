/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thing that is wrong with a path, for a given uid and gids: what it is
 * called, why, and how to fix it.
 *
 * `unpack` asks the kernel what it may read; `unpackctl check` asks
 * finding_judge.  Both describe what they found with the words below, and
 * finding_code's names are part of the contract.
 */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum finding_rule {
	FINDING_NONE, /* nothing is wrong */
	FINDING_FILE_READ, /* a regular file without read permission */
	FINDING_DIR_READ, /* a directory that cannot be listed */
	FINDING_DIR_SEARCH, /* a directory that cannot be entered */
	FINDING_HIDDEN /* covered by a mount that does not belong there */
};

/* Who reads. */
struct finding_who {
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* borrowed; supplementary groups, may hold gid */
	size_t n_groups;
};

struct finding {
	enum finding_rule rule;
	const char *path; /* borrowed; below the bundle directory, "." itself */
	const char *blocker; /* borrowed; the path whose mode forbids it */
	mode_t mode; /* of the blocker; permission bits and type count */
	uid_t uid; /* owner of the blocker */
	gid_t gid;
	bool acl; /* an ACL of the blocker decides, not its mode alone */
	bool copied_alone; /* a file that its Dockerfile copies as such */
};

/* The stable name of a rule, as in "file-not-readable". */
const char *finding_code(enum finding_rule rule);

/* Does `who` have the group, as its first one or another? */
bool finding_is_member(const struct finding_who *who, gid_t gid);

/*
 * May `who` read the regular file, or list and enter the directory, with this
 * mode and owner?  By permission bits alone, as POSIX.1-2017, 4.5 "File Access
 * Permissions" has it for a process without privileges; other types of file
 * are always FINDING_NONE.  Of several rules the first one counts.
 */
enum finding_rule finding_judge(const struct finding_who *who, mode_t mode,
    uid_t uid, gid_t gid);

/*
 * What is wrong, in one line without the path: "not readable: mode 0600,
 * owner 0:0; read by uid 65532, gid 0, groups 0".  Cut to size bytes, NUL
 * included.  Returns buf.
 */
char *finding_reason(char *buf, size_t size, const struct finding *f,
    const struct finding_who *who);

/*
 * How to fix it, in one line that begins with a command whose path is quoted
 * for a shell; cut like finding_reason.
 */
char *finding_fix(char *buf, size_t size, const struct finding *f);

/* "uid 65532, gid 0, groups 0,1000", cut like finding_reason. */
char *finding_who_text(char *buf, size_t size, const struct finding_who *who);

#endif
