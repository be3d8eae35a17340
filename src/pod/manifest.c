/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes manifests: the objects in a file, and what they say.
 */
#include "pod/manifest.h"

#include <stdbool.h>
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

const struct json *
manifest_follow(const struct json *object, const char *path)
{
	char key[64];
	size_t len;

	while (*path != '\0') {
		len = strcspn(path, ".");
		snprintf(key, sizeof key, "%.*s", (int)len, path);
		object = json_get(object, key);
		path += len + (path[len] == '.');
	}
	return object;
}

/* Is it a List of manifests, and no object that happens to have items? */
static bool
is_list(const struct json *object)
{
	const char *kind = json_get_text(object, "kind");
	size_t len = strlen(kind);

	return len >= strlen("List") &&
	    strcmp(kind + len - strlen("List"), "List") == 0;
}

bool
manifest_is_empty(const struct json *object)
{
	const struct json *items = json_get_array(object, "items");

	return is_list(object) && items != NULL && json_size(items) == 0;
}

int
manifest_next(struct manifest_cursor *c, struct manifest *m)
{
	const char *kind;
	size_t len;

	while (c->item == NULL && c->doc != NULL && is_list(c->doc)) {
		c->list = c->doc;
		c->item = json_first(json_get_array(c->doc, "items"));
		c->doc = json_next(c->doc);
	}
	m->object = c->item != NULL ? c->item : c->doc;
	if (m->object == NULL)
		return 0;
	m->line = json_line(m->object);
	kind = json_get_text(m->object, "kind");
	len = strlen(kind);
	/* an item without a kind is what its list is a list of */
	if (len == 0 && c->item != NULL) {
		kind = json_get_text(c->list, "kind");
		len = strlen(kind) - strlen("List");
	}
	snprintf(m->kind, sizeof m->kind, "%.*s", (int)len, kind);
	if (c->item != NULL)
		c->item = json_next(c->item);
	else
		c->doc = json_next(c->doc);
	return 1;
}

const char *
manifest_wrong(const struct json *metadata)
{
	static const char *const fields[] = {"metadata.name",
	    "metadata.generateName", "metadata.namespace", "metadata.labels",
	    "metadata.annotations"};
	const struct json *value, *item;
	bool good = metadata == NULL || json_is_object(metadata);
	size_t i;

	if (!good)
		return "metadata";
	for (i = 0; i < sizeof fields / sizeof *fields; i++) {
		value = json_get(metadata, fields[i] + strlen("metadata."));
		/* the last two are mappings */
		if (value != NULL)
			good = i < 3 ? json_is_string(value)
			             : json_is_object(value);
		for (item = json_first(value); item != NULL;
		     item = json_next(item))
			good = good &&
			    (json_is_string(item) || json_is_null(item));
		if (!good)
			return fields[i];
	}
	return NULL;
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
