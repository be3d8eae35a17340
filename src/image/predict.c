/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `unpack` will find in the container: the walk of content.h, but over a
 * tree in memory and by permission bits instead of by asking the kernel.
 */
#include "image/predict.h"

#include <string.h>
#include <sys/stat.h>

#include "bundle/places.h"
#include "image/acl.h"

/* What is wrong with n for who; FINDING_NONE where who may read all. */
static enum finding_rule
rule_for(const struct predict *j, const struct node *n)
{
	/* the runtime shows the root as 0755 of root, not as the image has it
	 */
	if (j->who == NULL || n->parent == NULL)
		return FINDING_NONE;
	return acl_judge(j->who, n->inode);
}

/* Is n what runtimes drop into the root?  content.c asks it in a container. */
static bool
predict_is_stray(const struct predict *j, const struct node *n)
{
	const struct places_row *row;
	char path[TREE_PATH];

	row = places_find_drop(tree_path(n, path));
	if (row == NULL)
		return false;
	if (row->what == PLACES_DROP_LINK)
		return S_ISLNK(n->inode->mode) &&
		    strcmp(n->inode->target, row->target) == 0;
	return S_ISREG(n->inode->mode) &&
	    (row->what == PLACES_DROP_KIND ? j->on_kind
	                                   : n->inode->data.len == 0);
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

void
predict_begin(struct predict *j, struct tree *t, const struct finding_who *who,
    bool skip_symlinks)
{
	const struct node *n = tree_child(t, t->root, PLACES_KIND_FILE,
	    strlen(PLACES_KIND_FILE));
	char text[5];

	*j = (struct predict){.tree = t,
	    .who = who,
	    .skip_symlinks = skip_symlinks};
	j->on_kind = n != NULL && S_ISREG(n->inode->mode) &&
	    rule_for(j, n) == FINDING_NONE && n->inode->data.len == 5 &&
	    blob_read(&n->inode->data, 0, text, 5) == 5 &&
	    memcmp(text, PLACES_KIND_TEXT, 5) == 0;
}

int
predict_next(struct predict *j, struct predict_item *item)
{
	const struct node *root = j->tree->root, *n = root;
	mode_t mode;

	if (j->last != NULL)
		n = j->skip ? tree_skip(root, j->last)
		            : tree_next(root, j->last);
	if (n == NULL)
		return 0;
	mode = n->inode->mode;
	*item = (struct predict_item){.node = n, .what = CONTENT_SKIPPED};
	if (n->mounted && n->strayed) {
		item->rule = FINDING_HIDDEN;
	} else if (n->mounted ||
	    (S_ISDIR(mode) && n->parent != NULL && predict_is_hollow(j, n))) {
		item->why = CONTENT_MOUNT;
	} else if (n->inode->whiteout) {
		item->why = CONTENT_WHITEOUT;
	} else if (predict_is_stray(j, n)) {
		item->why = CONTENT_RUNTIME;
	} else if (S_ISDIR(mode) || S_ISREG(mode)) {
		item->rule = rule_for(j, n);
		item->what = CONTENT_ENTRY;
	} else if (!S_ISLNK(mode) || j->skip_symlinks) {
		item->why = S_ISLNK(mode) ? CONTENT_SYMLINK : CONTENT_SPECIAL;
	} else {
		item->what = CONTENT_ENTRY;
	}
	if (item->rule != FINDING_NONE)
		item->what = CONTENT_FINDING;
	j->last = n;
	j->skip = item->what != CONTENT_ENTRY;
	return 1;
}
