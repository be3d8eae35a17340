/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file tree in memory: names, modes, owners, and where the data is.  It is
 * what an image's layers merge into; no file of it exists on disk.
 */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/tempfile.h"

enum {
	TREE_NODES_MAX = 1 << 20, /* more is not a bundle but an attack */
	TREE_PATH = 4096, /* bytes of the longest path, PATH_MAX */
	/* bytes of all symlinks' targets and ACLs, also of replaced ones */
	TREE_TARGETS_MAX = 64 << 20
};

/* What a name stands for; hard links share one. */
struct inode {
	mode_t mode; /* type and permission bits */
	uid_t uid;
	gid_t gid;
	int64_t mtime; /* seconds */
	struct blob data; /* of a regular file; borrowed descriptor */
	char *target; /* of a symlink; owned */
	unsigned char *acl; /* system.posix_acl_access; owned; NULL: none */
	size_t acl_len; /* bytes */
	unsigned int links; /* names that share it */
	bool whiteout; /* a character device 0:0: overlayfs shows no file */
};

struct node {
	struct node *parent; /* NULL: the root */
	struct node *child; /* the first one; NULL: none */
	struct node *next; /* sibling; bytewise order after tree_sort */
	struct node *prev; /* sibling */
	struct node *chain; /* in the hash table */
	struct inode *inode; /* owned, shared */
	unsigned int layer; /* which set mode and owner, from 1 on; 0: none */
	struct node *twin; /* the same path in another tree; or NULL */
	bool opaque; /* hides what lower layers have in it */
	bool merged; /* more than one layer has something in it */
	bool whiteouts; /* whiteouts may be in it */
	bool implied; /* its layer had no entry for it */
	bool mounted; /* the runtime mounts something on it */
	bool strayed; /* mounted, where a symlink led the mount */
	bool above; /* something below it is mounted */
	bool volume; /* a VOLUME of the image's: content */
	bool podmans; /* a whiteout of the lowest layer, in podman alone */
	unsigned short len; /* of name, bytes */
	unsigned short path_len; /* bytes of the path down to here, at most */
	char name[]; /* NUL-terminated; "" at the root */
};

struct tree {
	struct node *root; /* owned */
	struct node **table; /* owned; (parent, name) to node */
	size_t n_table; /* a power of two */
	size_t n_nodes; /* the root too */
	uint64_t steps; /* work done so far, for a bound on it */
	/* tree_find and tree_make take whiteouts for names that are not there
	 */
	bool hides_whiteouts;
	size_t targets; /* bytes of symlinks' targets and of ACLs so far */
};

/*
 * An empty root, mode 0755, owner 0:0.  Returns 0, or -1 (reported).  tree_free
 * may be called on a tree that is all zero bytes.
 */
int tree_init(struct tree *t);
void tree_free(struct tree *t);

/* The child of dir with this name, or NULL. */
struct node *tree_child(struct tree *t, const struct node *dir,
    const char *name, size_t len);

/*
 * Add a child that dir does not have yet.  Its inode is shared when one is
 * given, else new, with this mode and the owner 0:0.  Returns it, or NULL
 * (reported): no memory, more than TREE_NODES_MAX, or a path that is too long.
 */
struct node *tree_add(struct tree *t, struct node *dir, const char *name,
    struct inode *shared, mode_t mode);

/*
 * Make target, copied, the one of a symlink.  Returns 0, or -1 (reported): no
 * memory, or more than TREE_TARGETS_MAX.
 */
int tree_set_target(struct tree *t, struct inode *i, const char *target);

/* Likewise an ACL, valid; len 0: none. */
int tree_set_acl(struct tree *t, struct inode *i, const unsigned char *acl,
    size_t len);

/* Forget a node and all that is below it; not the root. */
void tree_remove(struct tree *t, struct node *n);

/*
 * The node after n in depth-first order of the tree below top; NULL at the
 * end.  tree_skip leaves out what is below n.
 */
struct node *tree_next(const struct node *top, const struct node *n);
struct node *tree_skip(const struct node *top, const struct node *n);

/* Put all siblings into bytewise order.  Returns 0, or -1 (reported). */
int tree_sort(struct tree *t);

/* "a/b/c" of a node, "." of the root, in a buffer of TREE_PATH.  Returns it. */
char *tree_path(const struct node *n, char *path);

/*
 * Find a path as the kernel would in a chroot: symlinks are followed, the
 * last one too, and ".." does not leave the root.  Returns the node; NULL
 * when there is none, with errno ENOENT, ENOTDIR or ELOOP.
 */
struct node *tree_find(struct tree *t, const char *path);

/* The same, but what is last is not followed. */
struct node *tree_find_link(struct tree *t, const char *path);

/* Remove the whiteouts in dir. */
void tree_drop_whiteouts(struct tree *t, struct node *dir);

/*
 * The same, but make what is missing: directories of mode 0755, the last
 * component with `mode`, as a runtime does for a mount; nothing, where that
 * is 0.  NULL and errno:
 * ENOTDIR, ELOOP, ENAMETOOLONG; or ENOMEM (reported).
 */
struct node *tree_make(struct tree *t, const char *path, mode_t mode);

#endif
