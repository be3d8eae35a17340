/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pods in an object: a Pod is one, a Deployment has the template of one, a
 * ClusterServiceVersion may have many.
 */
#include "pod/template.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"

/* Where the kinds of Kubernetes itself have their pod. */
static const struct {
	const char *kind;
	const char *path;
} templates[] = {
    {"Pod", ""},
    {"PodTemplate", "template"},
    {"Deployment", "spec.template"},
    {"DaemonSet", "spec.template"},
    {"StatefulSet", "spec.template"},
    {"ReplicaSet", "spec.template"},
    {"ReplicationController", "spec.template"},
    {"Job", "spec.template"},
    {"CronJob", "spec.jobTemplate.spec.template"},
};

/* Has it the shape of a pod's template? */
static bool
template_is_pod(const struct json *value)
{
	const struct json *c;
	bool image = false;

	for (c = json_first(
	         json_get_array(json_get(value, "spec"), "containers"));
	     c != NULL; c = json_next(c)) {
		if (!json_is_object(c))
			return false;
		image = image || json_get_string(c, "image") != NULL;
	}
	return image;
}

int
template_next(struct template_walk *w, const struct json **pod)
{
	const char *kind = w->manifest->kind;
	const size_t kinds = sizeof templates / sizeof *templates;
	bool begun = w->begun;
	struct template_level *l;
	const struct json *value;
	char name[128], *to;
	size_t room, i = 0;

	w->begun = true;
	while (i < kinds && strcmp(templates[i].kind, kind) != 0)
		i++;
	if (i < kinds) {
		snprintf(w->path, sizeof w->path, "%s", templates[i].path);
		*pod = manifest_follow(w->manifest->object, w->path);
		return !begun;
	}
	/* the next value, from the top down, that has the shape of a pod */
	for (value = begun ? NULL : w->manifest->object;;) {
		/* go into a mapping or list, whose path is w->path */
		if (json_first(value) != NULL && w->depth < YAML_DEPTH_MAX) {
			l = &w->levels[w->depth++];
			*l = (struct template_level){.next = json_first(value),
			    .path_len = strlen(w->path)};
		}
		if (w->depth == 0)
			return 0;
		l = &w->levels[w->depth - 1];
		value = l->next;
		if (value == NULL) {
			w->depth--;
			continue;
		}
		l->next = json_next(value);
		/* the value's name goes behind the path to where it is */
		to = w->path + l->path_len;
		room = sizeof w->path - l->path_len;
		if (json_key(value) == NULL)
			snprintf(to, room, "[%zu]", l->i++);
		else
			snprintf(to, room, "%s%s", l->path_len > 0 ? "." : "",
			    msg_mask(name, sizeof name, json_key(value)));
		if (template_is_pod(value)) {
			*pod = value;
			return 1;
		}
	}
}
