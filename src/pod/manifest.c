/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes manifests: the objects in a file, and what they say.
 */
#include "pod/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"

const char *
manifest_string(const struct json *object, const char *key)
{
	const char *s = json_get_string(object, key);

	return s != NULL && *s != '\0' ? s : NULL;
}

const char *
manifest_metadata(const struct json *object, const char *key)
{
	return manifest_string(json_get(object, "metadata"), key);
}

/* The kind of an object; where it has none, what its list is a list of. */
static void
find_kind(struct manifest *m, const struct json *list)
{
	const char *kind = manifest_string(m->object, "kind");
	size_t len = 0;

	if (kind != NULL) {
		len = strlen(kind);
	} else {
		kind = manifest_string(list, "kind");
		if (kind != NULL)
			len = strlen(kind) - strlen("List");
	}
	(void)snprintf(m->kind, sizeof m->kind, "%.*s",
	    len > sizeof m->kind ? (int)sizeof m->kind : (int)len,
	    kind != NULL ? kind : "");
}

/* Is it a List of manifests, and no object that happens to have items? */
static int
is_list(const struct json *object)
{
	const char *kind = manifest_string(object, "kind");
	size_t len = kind != NULL ? strlen(kind) : 0;

	return len >= strlen("List") &&
	    strcmp(kind + len - strlen("List"), "List") == 0;
}

int
manifest_next(struct manifest_cursor *c, struct manifest *m)
{
	const struct json *tree;

	while (c->item == NULL && c->doc < c->docs->n) {
		tree = c->docs->tree[c->doc];
		m->line = c->docs->line[c->doc++];
		if (!is_list(tree)) {
			m->object = tree;
			find_kind(m, NULL);
			return 1;
		}
		c->list = tree;
		c->item = json_first(json_get_array(tree, "items"));
	}
	if (c->item == NULL)
		return 0;
	m->object = c->item;
	m->line = lines_find(&c->docs->lines, m->object);
	if (m->line == 0)
		m->line = c->docs->line[c->doc - 1];
	find_kind(m, c->list);
	c->item = json_next(c->item);
	return 1;
}

int
manifest_refuse(const char *where, const char *what, const char *value)
{
	char shown[256];

	if (value == NULL)
		msg_warn(0, "%s: %s", where, what);
	else
		msg_warn(0, "%s: %s: %s", where,
		    msg_mask(shown, sizeof shown, value), what);
	return -1;
}
