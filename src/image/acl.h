/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX ACLs of a layer's files, as the kernel keeps them in the attribute
 * system.posix_acl_access (linux/posix_acl_xattr.h): who may read what has one.
 */
#ifndef ACL_H
#define ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "bundle/finding.h"
#include "image/tree.h"

enum {
	ACL_MAX = 4 + 8 * 512 /* bytes; ext4 has room for a few less */
};

/* Does the kernel take such a value? */
bool acl_is_valid(const unsigned char *value, size_t len);

/* Is it one of another version, which file systems do not support? */
bool acl_is_foreign(const unsigned char *value, size_t len);

/* Does an ACL decide who may read this, if not its owner? */
bool acl_counts(const struct inode *i);

/*
 * finding_judge for a file of an image: its ACL is asked as the kernel does
 * (posix_acl_permission), whose mask is the mode's group bits: runtimes set the
 * mode last.
 */
enum finding_rule acl_judge(const struct finding_who *who,
    const struct inode *i);

#endif
