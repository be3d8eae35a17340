/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to fix an image: the findings of a verdict in groups, one for each line
 * of the Dockerfile, with one command that fixes all of a group.
 */
#include "image/fixes.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"

/* The child of the root on the way to n. */
static const struct node *
top_of(const struct node *n)
{
	while (n->parent != NULL && n->parent->parent != NULL)
		n = n->parent;
	return n;
}

/* The deepest directory, or else node, that is both, or above them. */
static const struct node *
common(const struct node *a, const struct node *b)
{
	const struct node *n;

	for (; a != NULL; a = a->parent)
		for (n = b; n != NULL; n = n->parent)
			if (n == a)
				return a;
	return NULL;
}

bool
fixes_has(const struct verdict *v, const struct fixes_group *g, size_t i)
{
	const struct verdict_finding *f = &v->findings[i];

	return f->node->layer == g->layer && f->step == g->step &&
	    (f->rule == FINDING_HIDDEN) == g->hidden;
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

/* " 'PATH'", with the quotes that a shell wants. */
static void
fixes_add_path(char *command, const char *path)
{
	char masked[MSG_NAME], *p;
	size_t at = strlen(command);

	(void)msg_mask(masked, sizeof masked, path);
	if (at + 4 * strlen(masked) + 32 > FIXES_COMMAND)
		return;
	if (strspn(masked,
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") ==
	    strlen(masked)) {
		(void)sprintf(command + at, " %s%s",
		    masked[0] == '-' ? "./" : "", masked);
		return;
	}
	at += (size_t)sprintf(command + at, " '");
	for (p = masked; *p != '\0'; p++)
		at += (size_t)sprintf(command + at, "%s%c",
		    *p == '\'' ? "'\\'" : "", *p);
	command[at++] = '\'';
	command[at] = '\0';
}

/* Add the node as the group's paths are.  Returns 0, or -1: it has none such.
 */
static int
fixes_add_node(const struct verdict *v, struct fixes_group *g,
    const struct node *n)
{
	char path[TREE_PATH], source[TREE_PATH];

	(void)tree_path(n, path);
	if (g->paths != FIXES_CONTEXT) {
		fixes_add_path(g->command, path);
		return 0;
	}
	if (history_source(&v->history, g->step, path, source, sizeof source) <
	    0)
		return -1;
	fixes_add_path(g->command, source);
	return 0;
}

/*
 * "chmod -R a+rX" of what the group's findings have in common below each of
 * the root's children.  Returns 0, or -1: a path has no such name.
 */
static int
make_chmod(struct verdict *v, struct fixes_group *g)
{
	const struct node *n, *all = NULL;
	const char *verb;
	bool one = false;
	size_t i, len;

	g->command[0] = '\0';
	for (i = 0; i < v->n_findings; i++) {
		n = v->findings[i].node;
		if (!fixes_has(v, g, i) || !is_part(v, n))
			continue;
		one = all == NULL && g->command[0] == '\0';
		if (all != NULL && top_of(all) != top_of(n)) {
			if (fixes_add_node(v, g, all) < 0)
				return -1;
			all = NULL;
		}
		all = all == NULL ? n : common(all, n);
	}
	if (all == NULL)
		return 0;
	if (fixes_add_node(v, g, all) < 0)
		return -1;
	verb = one && S_ISREG(all->inode->mode) ? "chmod a+r" : "chmod -R a+rX";
	len = strlen(verb);
	(void)memmove(g->command + len, g->command, strlen(g->command) + 1);
	memcpy(g->command, verb, len);
	return 0;
}

/* "FROM scratch ..." with what there is of a bundle. */
static void
make_scratch(struct verdict *v, struct fixes_group *g)
{
	const char *part;
	size_t i, at;

	at = (size_t)sprintf(g->command, "build FROM scratch");
	for (i = 0; (part = verdict_part(v, i)) != NULL; i++)
		at += (size_t)sprintf(g->command + at,
		    "%s COPY --from=... /%s /%s", i > 0 ? ";" : ", with", part,
		    part);
}

static void
make_fix(struct verdict *v, struct fixes_group *g)
{
	struct finding f = {.rule = FINDING_HIDDEN, .blocker = ""};

	g->paths = FIXES_NONE;
	g->command[0] = '\0';
	if (g->hidden) {
		(void)finding_fix(g->command, sizeof g->command, &f);
		return;
	}
	if (g->step > 0 && v->history.steps[g->step - 1].sets_mode) {
		(void)snprintf(g->command, sizeof g->command,
		    "change --chmod of that line so that everybody can read: COPY --chmod=0755");
		return;
	}
	g->paths = FIXES_CONTEXT;
	if (g->step == 0 || make_chmod(v, g) < 0) {
		g->paths = FIXES_IMAGE;
		(void)make_chmod(v, g);
	}
	if (g->command[0] != '\0')
		return;
	g->paths = FIXES_NONE;
	make_scratch(v, g);
}

/* The order of groups. */
static int
fixes_compare(const struct verdict_finding *a, const struct verdict_finding *b)
{
	bool x = a->rule == FINDING_HIDDEN, y = b->rule == FINDING_HIDDEN;

	if (a->node->layer != b->node->layer)
		return a->node->layer < b->node->layer ? -1 : 1;
	if (x != y)
		return x < y ? -1 : 1;
	return (a->step > b->step) - (a->step < b->step);
}

/* Does the finding come after the group *g, which may be before the first? */
static bool
fixes_is_after(const struct fixes_group *g, const struct verdict_finding *f)
{
	bool hidden = f->rule == FINDING_HIDDEN;

	if (g->n == 0)
		return true;
	if (f->node->layer != g->layer)
		return f->node->layer > g->layer;
	if (hidden != g->hidden)
		return hidden;
	return f->step > g->step;
}

bool
fixes_next(struct verdict *v, struct fixes_group *g)
{
	const struct verdict_finding *f, *first = NULL;
	size_t i;

	for (i = 0; i < v->n_findings; i++) {
		f = &v->findings[i];
		if (fixes_is_after(g, f) &&
		    (first == NULL || fixes_compare(f, first) < 0))
			first = f;
	}
	if (first == NULL)
		return false;
	g->layer = first->node->layer;
	g->hidden = first->rule == FINDING_HIDDEN;
	g->step = first->step;
	g->n = 0;
	for (i = 0; i < v->n_findings; i++)
		g->n += fixes_has(v, g, i);
	make_fix(v, g);
	return true;
}

char *
fixes_source(const struct verdict *v, const struct verdict_finding *f,
    char *buf)
{
	char path[TREE_PATH], source[TREE_PATH];

	buf[0] = '\0';
	if (f->rule != FINDING_HIDDEN &&
	    history_source(&v->history, f->step, tree_path(f->node, path),
	        source, sizeof source) == 0)
		(void)msg_mask(buf, MSG_NAME, source);
	return buf;
}
