/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX ACLs of a layer's files: who may read what has one.
 */
#include "image/acl.h"

#include <stdint.h>
#include <sys/stat.h>

/* linux/posix_acl_xattr.h: a header, and entries of 8 bytes */
enum {
	ACL_VERSION = 2,
	ACL_HEADER = 4,
	ACL_ENTRY = 8,

	ACL_OWNER = 1,
	ACL_USER = 2,
	ACL_GROUP_OWNER = 4,
	ACL_GROUP = 8,
	ACL_MASK = 16,
	ACL_OTHER = 32
};

struct acl_entry {
	unsigned int tag;
	unsigned int perm;
	uint32_t id; /* of ACL_USER and ACL_GROUP */
};

static struct acl_entry
acl_entry_at(const unsigned char *p)
{
	return (struct acl_entry){p[0] | (unsigned int)p[1] << 8,
	    p[2] | (unsigned int)p[3] << 8,
	    p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 |
	        (uint32_t)p[7] << 24};
}

bool
acl_is_foreign(const unsigned char *value, size_t len)
{
	return len >= ACL_HEADER &&
	    (value[0] != ACL_VERSION || value[1] != 0 || value[2] != 0 ||
	        value[3] != 0);
}

/* The tags in their order, each what it must be: posix_acl_valid(). */
bool
acl_is_valid(const unsigned char *value, size_t len)
{
	unsigned int last = 0, seen = 0;
	struct acl_entry e;
	bool named;
	size_t at;

	if (len > ACL_MAX || len < ACL_HEADER ||
	    (len - ACL_HEADER) % ACL_ENTRY != 0)
		return false;
	if (len == ACL_HEADER)
		return true; /* takes the ACL away */
	for (at = ACL_HEADER; at < len; at += ACL_ENTRY) {
		e = acl_entry_at(value + at);
		named = e.tag == ACL_USER || e.tag == ACL_GROUP;
		if (e.tag == 0 || (e.tag & (e.tag - 1)) != 0 ||
		    e.tag > ACL_OTHER || e.perm > 7 || e.tag < last ||
		    (e.tag == last && !named) || (named && e.id == UINT32_MAX))
			return false;
		last = e.tag;
		seen |= e.tag;
	}
	if ((seen & (ACL_USER | ACL_GROUP)) != 0 && (seen & ACL_MASK) == 0)
		return false;
	return (seen & ACL_OWNER) && (seen & ACL_GROUP_OWNER) &&
	    (seen & ACL_OTHER);
}

bool
acl_counts(const struct inode *i)
{
	size_t at;

	if (S_ISLNK(i->mode) || (i->mode & 070) == 0)
		return false;
	for (at = ACL_HEADER; at < i->acl_len; at += ACL_ENTRY)
		if (acl_entry_at(i->acl + at).tag == ACL_MASK)
			return true;
	return false; /* the mode says the same */
}

/* May who, not the owner, do what needs this one permission bit? */
static bool
acl_allows(const struct finding_who *who, const struct inode *i, mode_t want)
{
	const bool masked = (i->mode >> 3 & want) != 0;
	bool found = false;
	struct acl_entry e;
	size_t at;

	for (at = ACL_HEADER; at < i->acl_len; at += ACL_ENTRY) {
		e = acl_entry_at(i->acl + at);
		if (e.tag == ACL_USER && e.id == who->uid)
			return (e.perm & want) != 0 && masked;
		if ((e.tag == ACL_GROUP_OWNER &&
		        finding_is_member(who, i->gid)) ||
		    (e.tag == ACL_GROUP && finding_is_member(who, e.id))) {
			found = true;
			if ((e.perm & want) != 0)
				return masked;
		}
	}
	return !found && (i->mode & want) != 0;
}

enum finding_rule
acl_judge(const struct finding_who *who, const struct inode *i)
{
	mode_t bits = 0;

	if (who->uid == i->uid || !acl_counts(i))
		return finding_judge(who, i->mode, i->uid, i->gid);
	if (acl_allows(who, i, 4))
		bits |= 0444;
	if (acl_allows(who, i, 1))
		bits |= 0111;
	return finding_judge(who, (i->mode & S_IFMT) | bits, i->uid, i->gid);
}
