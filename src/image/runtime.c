/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container runtime does with an image's root when it starts a pod's
 * container: where its mounts are, what prevents the start, and which gids the
 * process gets.
 */
#include "image/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/msg.h"
#include "bundle/places.h"

enum {
	ACCOUNTS_MAX = 1 << 20 /* bytes of passwd or group that are read */
};

static int
runtime_refuse(struct runtime_refusal *refusal, const char *path,
    const char *why)
{
	if (refusal->why[0] == '\0') {
		refusal->path = path;
		snprintf(refusal->why, sizeof refusal->why,
		    "/%s %s: the container runtime cannot mount there", path,
		    why);
	}
	return 0;
}

/* Something is mounted on n, unless it is covered by what is mounted above. */
static void
mark(struct node *n, const char *home)
{
	char path[TREE_PATH];
	struct node *up;

	for (up = n->parent; up != NULL; up = up->parent)
		if (up->mounted)
			return;
	n->mounted = true;
	n->strayed = strcmp(tree_path(n, path), home) != 0;
	for (n = n->parent; n != NULL; n = n->parent)
		n->above = true;
}

static int
mount_one(struct tree *t, const struct places_row *row,
    struct runtime_refusal *refusal)
{
	const char *path = row->path;
	bool dir = row->what == PLACES_MOUNT_DIR;
	struct node *n;

	n = tree_child(t, t->root, path, strlen(path));
	if (n != NULL && S_ISLNK(n->inode->mode)) {
		if (row->plain)
			return runtime_refuse(refusal, path, "is a symlink");
		/*
		 * runc 1.1 makes /dev/ptmx by a path that the host's root
		 * resolves; runc 1.3 stays in the container's
		 */
		if (n->inode->target[0] == '/')
			refusal->dev_absolute = true;
	}
	n = tree_make(t, path, dir ? S_IFDIR | 0755 : S_IFREG | 0644);
	if (n == NULL && errno == ENOMEM)
		return -1;
	if (n == NULL)
		return runtime_refuse(refusal, path,
		    errno == ELOOP
		        ? "is part of a symlink loop"
		        : "is below something that is not a directory");
	if (n == t->root)
		return runtime_refuse(refusal, path, "leads to /");
	if (strcmp(path, "proc") != 0 && runtime_is_in_proc(n))
		return runtime_refuse(refusal, path, "leads through /proc");
	if (dir && !S_ISDIR(n->inode->mode))
		return runtime_refuse(refusal, path, "is not a directory");
	if (!dir && S_ISDIR(n->inode->mode))
		return runtime_refuse(refusal, path, "is a directory");
	mark(n, path);
	return 0;
}

int
runtime_mount(struct tree *t, struct runtime_refusal *refusal)
{
	const struct places_row *r;

	*refusal = (struct runtime_refusal){.path = ""};
	for (r = places_table; r->path != NULL; r++)
		if (r->what < PLACES_DROP_EMPTY && mount_one(t, r, refusal) < 0)
			return -1;
	return 0;
}

bool
runtime_is_in_proc(const struct node *n)
{
	for (; n->parent != NULL; n = n->parent)
		if (n->parent->parent == NULL && strcmp(n->name, "proc") == 0)
			return true;
	return false;
}

/* --------------------------------------------------------------- accounts */

/* The text of a file of the image, owned; "" when there is none; or NULL. */
static char *
file_text(struct tree *t, const char *path)
{
	const struct node *n = tree_find(t, path);
	struct blob none = {.len = 0};

	return blob_text(n == NULL || !S_ISREG(n->inode->mode) ||
	            n->inode->data.fd < 0 || n->inode->data.len > ACCOUNTS_MAX
	        ? &none
	        : &n->inode->data,
	    ACCOUNTS_MAX, path);
}

/* Split a line at colons into at most n fields, the others "". */
static void
runtime_split_line(char *line, char **fields, size_t n)
{
	char *end = line + strlen(line);
	size_t i;

	for (i = 0; i < n; i++)
		fields[i] = line != NULL ? strsep(&line, ":") : end;
}

static void
add_group(struct runtime_user *user, gid_t gid)
{
	size_t i;

	for (i = 0; i < user->who.n_groups; i++)
		if (user->groups[i] == gid)
			return;
	if (i < RUNTIME_GROUPS_MAX) {
		user->groups[i] = gid;
		user->who.n_groups++;
	}
}

int
runtime_user(struct tree *t, uid_t uid, struct runtime_user *user)
{
	char *passwd = file_text(t, "/etc/passwd");
	char *group = file_text(t, "/etc/group");
	char *rest = passwd, *line, *fields[4];
	const char *name = "";
	uint64_t n;

	*user = (struct runtime_user){.who.uid = uid};
	user->who.groups = user->groups;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		/* passwd(5): name:x:uid:gid */
		runtime_split_line(line, fields, 4);
		if (number_parse(fields[2], 0, UINT32_MAX, &n) < 0 || n != uid)
			continue;
		if (number_parse(fields[3], 0, UINT32_MAX, &n) == 0)
			user->who.gid = (gid_t)n;
		name = fields[0];
		break;
	}
	add_group(user, user->who.gid);
	rest = *name != '\0' ? group : NULL;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		/* group(5): name:x:gid:names */
		runtime_split_line(line, fields, 4);
		if (number_parse(fields[2], 0, UINT32_MAX, &n) < 0)
			continue;
		while ((line = strsep(&fields[3], ",")) != NULL)
			if (strcmp(line, name) == 0)
				add_group(user, (gid_t)n);
	}
	n = passwd == NULL || group == NULL;
	free(passwd);
	free(group);
	return n == 0 ? 0 : -1;
}
