/* SPDX-License-Identifier: Apache-2.0 */
#include "image/acl.h"

#include <sys/stat.h>

#include "tap.h"

#define HEAD 2, 0, 0, 0
#define ENTRY(tag, perm, id) tag, 0, perm, 0, id, 0, 0, 0

int
main(void)
{
	unsigned char wide[] = {HEAD, ENTRY(1, 6, 0), ENTRY(2, 5, 9),
	    ENTRY(4, 0, 0), ENTRY(8, 4, 7), ENTRY(8, 1, 8), ENTRY(16, 7, 0),
	    ENTRY(32, 0, 0)};
	unsigned char twice[] = {HEAD, ENTRY(1, 6, 0), ENTRY(1, 6, 0),
	    ENTRY(4, 0, 0), ENTRY(32, 0, 0)};
	struct inode i = {.mode = S_IFDIR | 0750,
	    .uid = 5,
	    .gid = 6,
	    .acl = wide,
	    .acl_len = sizeof wide};
	const gid_t both[] = {7, 8};
	struct finding_who who = {9, 1, both, 0};

	OK(acl_is_valid(wide, sizeof wide));
	OK(!acl_is_valid(wide, sizeof wide - 1));
	OK(!acl_is_valid(wide, sizeof wide - 8)); /* no other */
	OK(!acl_is_valid(wide, 3) && acl_is_valid(wide, 4));
	OK(!acl_is_valid(twice, sizeof twice));
	OK(acl_counts(&i));

	OK(acl_judge(&who, &i) == FINDING_NONE); /* named, r-x */
	i.mode = S_IFDIR | 0740; /* the mask */
	OK(acl_judge(&who, &i) == FINDING_DIR_SEARCH);
	i.mode = S_IFDIR | 0715;
	OK(acl_judge(&who, &i) == FINDING_DIR_READ);
	who.uid = 5; /* the owner's bits are the mode's alone */
	OK(acl_judge(&who, &i) == FINDING_NONE);

	/* one group may read, the other enter: who is in both may both */
	i.mode = S_IFDIR | 0770;
	who = (struct finding_who){1, 7, both, 0};
	OK(acl_judge(&who, &i) == FINDING_DIR_SEARCH);
	who.n_groups = 2;
	OK(acl_judge(&who, &i) == FINDING_NONE);
	/* the owner's group has none of it; of no group: others */
	who = (struct finding_who){1, 6, both, 0};
	i.mode = S_IFDIR | 0775;
	OK(acl_judge(&who, &i) == FINDING_DIR_READ);
	who.gid = 1;
	OK(acl_judge(&who, &i) == FINDING_NONE);
	/* no bits of the group: the ACL is not asked */
	who.uid = 9;
	i.mode = S_IFDIR | 0700;
	OK(!acl_counts(&i) && acl_judge(&who, &i) == FINDING_DIR_READ);
	return tap_done();
}
