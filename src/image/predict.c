/* SPDX-License-Identifier: Apache-2.0 */
#include "image/predict.h"

#include <string.h>
#include <sys/stat.h>

/* What is wrong with n for who; FINDING_NONE where who may read all. */
static enum finding_rule
rule_for(const struct predict *j, const struct node *n)
{
	const struct inode *i = n->inode;

	/* the runtime shows the root as 0755 of root, whatever the image has */
	if (j->who == NULL || n->parent == NULL)
		return FINDING_NONE;
	return finding_judge(j->who, i->mode, i->uid, i->gid);
}

static bool
is_kind(const struct predict *j, struct tree *t)
{
	static const char name[] = "product_name";
	const struct node *n = tree_child(t, t->root, name, sizeof name - 1);
	char text[5];

	return n != NULL && S_ISREG(n->inode->mode) &&
	    rule_for(j, n) == FINDING_NONE && n->inode->data.len == 5 &&
	    blob_read(&n->inode->data, 0, text, 5) == 5 &&
	    memcmp(text, "kind\n", 5) == 0;
}

/*
 * A file that runtimes drop into the root, or their symlink /etc/mtab;
 * content.c has the same rule.
 */
static bool
predict_is_stray(const struct predict *j, const struct node *n)
{
	char path[TREE_PATH];

	(void)tree_path(n, path);
	if (S_ISLNK(n->inode->mode))
		return strcmp(path, "etc/mtab") == 0 &&
		    strcmp(n->inode->target, "/proc/mounts") == 0;
	if (!S_ISREG(n->inode->mode))
		return false;
	if (strcmp(path, "product_name") == 0 ||
	    strcmp(path, "product_uuid") == 0)
		return j->on_kind;
	return n->inode->data.len == 0 &&
	    (strcmp(path, ".dockerenv") == 0 ||
	        strcmp(path, "run/.containerenv") == 0);
}

/*
 * Is there nothing in dir but mounts and strays, and directories in which
 * there is nothing else, as far as who can see?
 */
static bool
predict_is_hollow(const struct predict *j, const struct node *dir)
{
	const struct node *n, *next;
	bool seen;

	if (!dir->above || rule_for(j, dir) == FINDING_DIR_READ)
		return false;
	for (n = dir->child; n != NULL; n = next) {
		next = tree_skip(dir, n);
		/* to look at n its directory must be searchable */
		seen = rule_for(j, n->parent) == FINDING_NONE;
		if ((n->mounted && !n->strayed) ||
		    (seen && (n->inode->whiteout || predict_is_stray(j, n))))
			continue;
		if (!seen || n->mounted || n->volume || !n->above ||
		    !S_ISDIR(n->inode->mode) ||
		    rule_for(j, n) == FINDING_DIR_READ)
			return false;
		next = tree_next(dir, n);
	}
	return true;
}

static void
decide(struct predict *j, struct predict_item *item)
{
	const struct node *n = item->node;
	mode_t mode = n->inode->mode;

	item->what = CONTENT_ENTRY;
	item->rule = FINDING_NONE;
	if (n->mounted && n->strayed) {
		item->rule = FINDING_HIDDEN;
	} else if (n->mounted ||
	    (S_ISDIR(mode) && n->parent != NULL && predict_is_hollow(j, n))) {
		item->what = CONTENT_SKIPPED;
		item->why = CONTENT_MOUNT;
	} else if (n->inode->whiteout) {
		item->what = CONTENT_SKIPPED;
		item->why = CONTENT_WHITEOUT;
	} else if (predict_is_stray(j, n)) {
		item->what = CONTENT_SKIPPED;
		item->why = CONTENT_RUNTIME;
	} else if (S_ISDIR(mode) || S_ISREG(mode)) {
		item->rule = rule_for(j, n);
	} else if (!S_ISLNK(mode) || j->skip_symlinks) {
		item->what = CONTENT_SKIPPED;
		item->why = S_ISLNK(mode) ? CONTENT_SYMLINK : CONTENT_SPECIAL;
	}
	if (item->rule != FINDING_NONE)
		item->what = CONTENT_FINDING;
}

void
predict_begin(struct predict *j, struct tree *t, const struct finding_who *who,
    bool skip_symlinks)
{
	*j = (struct predict){.tree = t,
	    .who = who,
	    .skip_symlinks = skip_symlinks};
	j->on_kind = is_kind(j, t);
}

int
predict_next(struct predict *j, struct predict_item *item)
{
	const struct node *root = j->tree->root;

	if (j->last == NULL)
		item->node = root;
	else if (j->skip)
		item->node = tree_skip(root, j->last);
	else
		item->node = tree_next(root, j->last);
	if (item->node == NULL)
		return 0;
	decide(j, item);
	j->last = item->node;
	j->skip = item->what != CONTENT_ENTRY;
	return 1;
}
