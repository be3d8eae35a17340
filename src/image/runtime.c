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
		(void)snprintf(refusal->why, sizeof refusal->why,
		    "/%s %s: the container runtime cannot mount there", path,
		    why);
	}
	return 0;
}

/* Is something mounted on the way to n? */
static bool
is_covered(const struct node *n)
{
	for (n = n->parent; n != NULL; n = n->parent)
		if (n->mounted)
			return true;
	return false;
}

static void
mark(struct node *n, const char *home)
{
	char path[TREE_PATH];

	if (is_covered(n))
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

	if (row->plain) {
		n = tree_child(t, t->root, path, strlen(path));
		if (n != NULL && S_ISLNK(n->inode->mode))
			return runtime_refuse(refusal, path, "is a symlink");
	}
	/*
	 * runc 1.1 makes /dev/ptmx by a path that the host's root resolves;
	 * runc 1.3 stays in the container's
	 */
	n = tree_child(t, t->root, path, strlen(path));
	if (n != NULL && S_ISLNK(n->inode->mode) && n->inode->target[0] == '/')
		refusal->dev_absolute = true;
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

/* The text of a file of the image, owned; "" when there is none. */
static char *
file_text(struct tree *t, const char *path)
{
	const struct node *n = tree_find(t, path);

	if (n == NULL || !S_ISREG(n->inode->mode) || n->inode->data.fd < 0 ||
	    n->inode->data.len > ACCOUNTS_MAX) {
		char *empty = strdup("");

		if (empty == NULL)
			msg_nomem();
		return empty;
	}
	return blob_text(&n->inode->data, ACCOUNTS_MAX, path);
}

/* Split a line at colons into at most n fields, the others "". */
static void
runtime_split_line(char *line, char **fields, size_t n)
{
	static char empty[1];
	size_t i;

	for (i = 0; i < n; i++) {
		fields[i] = line != NULL ? line : empty;
		if (line != NULL)
			line = strchr(line, ':');
		if (line != NULL)
			*line++ = '\0';
	}
}

/* Is name one of the names between commas? */
static bool
lists(const char *names, const char *name)
{
	size_t len = strlen(name), n;

	for (; *names != '\0'; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		if (n == len && strncmp(names, name, n) == 0)
			return true;
	}
	return false;
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

/* The name of the account, or "" where there is none; in passwd's text. */
static const char *
read_passwd(char *passwd, uid_t uid, gid_t *gid)
{
	char *line, *fields[4];
	uint64_t n;

	while ((line = strsep(&passwd, "\n")) != NULL) {
		runtime_split_line(line, fields,
		    4); /* passwd(5): name:x:uid:gid */
		if (number_parse(fields[2], 0, UINT32_MAX, &n) < 0 || n != uid)
			continue;
		if (number_parse(fields[3], 0, UINT32_MAX, &n) == 0)
			*gid = (gid_t)n;
		return fields[0];
	}
	return "";
}

static void
read_group(char *group, const char *name, struct runtime_user *user)
{
	char *line, *fields[4];
	uint64_t n;

	while ((line = strsep(&group, "\n")) != NULL) {
		runtime_split_line(line, fields,
		    4); /* group(5): name:x:gid:names */
		if (number_parse(fields[2], 0, UINT32_MAX, &n) == 0 &&
		    lists(fields[3], name))
			add_group(user, (gid_t)n);
	}
}

int
runtime_user(struct tree *t, uid_t uid, struct runtime_user *user)
{
	char *passwd = file_text(t, "/etc/passwd");
	char *group = file_text(t, "/etc/group");
	const char *name;
	int ret = -1;

	*user = (struct runtime_user){.who.uid = uid};
	user->who.groups = user->groups;
	if (passwd != NULL && group != NULL) {
		name = read_passwd(passwd, uid, &user->who.gid);
		add_group(user, user->who.gid);
		if (*name != '\0')
			read_group(group, name, user);
		ret = 0;
	}
	free(passwd);
	free(group);
	return ret;
}
