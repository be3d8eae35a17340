/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to fix an image: the findings of a verdict in groups, one for each layer,
 * with one command that fixes all of a group.
 */
#include "image/fixes.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "base/quote.h"
#include "image/acl.h"

/* The child of the root on the way to n. */
static const struct node *
top_of(const struct node *n)
{
	while (n->parent != NULL && n->parent->parent != NULL)
		n = n->parent;
	return n;
}

/* The deepest node that is both, or above them. */
static const struct node *
common(const struct node *a, const struct node *b)
{
	/* of two, the one with the longer path is not above the other */
	while (a != b)
		if (a->path_len > b->path_len)
			a = a->parent;
		else
			b = b->parent;
	return a;
}

/* Is it of the bundle, rather than of a base image? */
static bool
is_part(struct verdict *v, const struct node *n)
{
	const char *part, *top = top_of(n)->name;
	size_t i;

	if (!v->on_base)
		return true;
	for (i = 0; (part = verdict_part(v, i)) != NULL; i++)
		if (strcmp(part, top) == 0)
			return true;
	return false;
}

/* Add " PATH", as a shell wants it.  Returns 0, or -1: there is no room. */
static int
fixes_add_path(char *command, const struct node *n)
{
	char path[TREE_PATH];
	size_t at = strlen(command), room = FIXES_COMMAND - at - 1;

	if (room < 2 ||
	    quote_path(command + at + 1, room, tree_path(n, path)) == NULL) {
		command[at] = '\0';
		return -1;
	}
	command[at] = ' ';
	return 0;
}

/*
 * "chmod -R a+rX" of what the group's findings have in common below each of
 * the root's children; of all, where that is too long to print.  Returns how
 * many of them are of the bundle.
 */
static size_t
make_chmod(struct verdict *v, struct fixes_group *g)
{
	static const char recursive[] = "chmod -R a+rX";
	const struct node *n = NULL, *all = NULL;
	size_t i, parts = 0;
	bool fits = true;

	for (i = g->first; i != VERDICT_NONE; i = v->findings[i].next)
		if (acl_counts(v->findings[i].node->inode)) {
			/* then a file has the mode that was below the mask */
			snprintf(g->command, sizeof g->command,
			    "setfacl -R -b . && chmod -R a+rX .");
			g->acl = true;
			return g->n;
		}
	memcpy(g->command, recursive, sizeof recursive);
	for (i = g->first; i != VERDICT_NONE; i = v->findings[i].next) {
		n = v->findings[i].node;
		if (!is_part(v, n))
			continue;
		parts++;
		if (all == NULL || top_of(all) == top_of(n)) {
			all = all == NULL ? n : common(all, n);
			continue;
		}
		fits = fits && fixes_add_path(g->command, all) == 0;
		all = n;
	}
	if (all == NULL)
		return 0;
	if (parts == 1 && S_ISREG(all->inode->mode))
		snprintf(g->command, sizeof g->command, "chmod a+r");
	if (!fits || fixes_add_path(g->command, all) < 0)
		snprintf(g->command, sizeof g->command, "%s .", recursive);
	return parts;
}

static void
make_fix(struct verdict *v, struct fixes_group *g, bool directories)
{
	struct finding f = {.rule = FINDING_HIDDEN, .blocker = ""};
	const char *part;
	size_t i, at;

	g->chmod = NULL;
	if (g->hidden) {
		finding_fix(g->command, sizeof g->command, &f);
		return;
	}
	if (make_chmod(v, g) == 0) {
		/* what there is of a bundle, without the rest */
		at = (size_t)sprintf(g->command, "build FROM scratch");
		for (i = 0; (part = verdict_part(v, i)) != NULL; i++)
			at += (size_t)sprintf(g->command + at,
			    "%s COPY --from=... /%s /%s",
			    i > 0 ? ";" : ", with", part, part);
		return;
	}
	if (g->acl)
		return; /* COPY --chmod leaves it on the file */
	/* files may be 0644, where no directory becomes that, too */
	g->chmod = directories ? "0755" : "0644";
	if (g->step > 0 && v->history.steps[g->step - 1].sets_mode) {
		snprintf(g->command, sizeof g->command,
		    "change --chmod of that line so that everybody can read: COPY --chmod=%s",
		    g->chmod);
		g->chmod = NULL;
	}
}

bool
fixes_next(struct verdict *v, struct fixes_group *g)
{
	size_t end = 2 * ((size_t)v->image.n_layers + 1), i;
	const struct verdict_group *of = NULL;

	for (i = g->next; v->groups != NULL && i < end; i++) {
		of = &v->groups[i / 2][i % 2];
		if (of->n > 0)
			break;
	}
	if (v->groups == NULL || i >= end)
		return false;
	*g = (struct fixes_group){.next = i + 1,
	    .layer = (unsigned int)(i / 2),
	    .hidden = i % 2 == 1,
	    .first = of->first,
	    .n = of->n,
	    .step = v->findings[of->first].step};
	for (i = g->first; i != VERDICT_NONE; i = v->findings[i].next)
		if (v->findings[i].step != g->step)
			g->step = 0;
	make_fix(v, g, of->directories);
	return true;
}
