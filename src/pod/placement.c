/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a pod may run, and what it may use: the options for a cluster's
 * administrator, which become fields of the Pod.
 */
#include "pod/placement.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/msg.h"
#include "pod/name.h"

/* What kubelet takes for a request or a limit where nobody says: all the same
 * for every bundle, as `unpack` needs the same memory for a large one. */
#define REQUESTS "cpu=10m,memory=16Mi"
#define LIMITS "memory=64Mi"

enum {
	KEY_MAX = 253 + 1 + 63 /* PREFIX/NAME */
};

/* -------------------------------------------------------------- overrides */

/* Say that the field cannot be overridden; as an opt_take returns. */
static const char *
placement_refuse(const char *field, const char *key, const char *why)
{
	static char text[512];
	char shown[300];

	snprintf(text, sizeof text, "%s%s%s: %s", field,
	    key != NULL && field[0] != '\0' ? "." : "",
	    key != NULL ? msg_mask(shown, sizeof shown, key) : "", why);
	return text;
}

static bool
placement_is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/*
 * The keys of labels or annotations, and what labels have as values (a map of
 * this is a node selector, too).
 */
static const char *
placement_check_map(const char *field, const struct json *map, bool labels)
{
	/* of every pod of ours */
	static const char *const ours[] = {"app.kubernetes.io/name",
	    "app.kubernetes.io/managed-by", "core.rukpak.io/owner-kind",
	    "core.rukpak.io/owner-name", NULL};
	/* these decide about the security of pods before Kubernetes 1.30 */
	static const char *const security[] =
	    {"container.apparmor.security.beta.kubernetes.io/",
	        "seccomp.security.alpha.kubernetes.io/",
	        "container.seccomp.security.alpha.kubernetes.io/"};
	const struct json *item;
	const char *key, *value;
	char lower[KEY_MAX + 2];
	size_t i;

	if (!json_is_object(map))
		return placement_refuse(field, NULL, "must be a mapping");
	for (item = json_first(map); item != NULL; item = json_next(item)) {
		key = json_key(item);
		value = json_string(item);
		if (placement_is_one_of(key, ours))
			return placement_refuse(field, key,
			    "every pod has this already");
		for (i = 0; i < sizeof security / sizeof *security; i++)
			if (strncmp(key, security[i], strlen(security[i])) == 0)
				return placement_refuse(field, key,
				    "it is part of the pod's security");
		/* the API server lowers an annotation's key first */
		for (i = 0; i < KEY_MAX + 1 && key[i] != '\0'; i++)
			lower[i] = labels ? key[i] : (char)tolower(key[i]);
		lower[i] = '\0';
		if (!name_is_key(lower))
			return placement_refuse(field, key,
			    "Kubernetes does not take this key");
		if (json_is_null(item))
			continue;
		if (value == NULL ||
		    (labels && value[0] != '\0' && !name_is_word(value)))
			return placement_refuse(field, key,
			    "Kubernetes does not take this value");
	}
	return NULL;
}

static const char *
placement_check_spec(const struct json *spec)
{
	/* of the unpack pod, and what would not be restricted */
	static const char *const ours[] = {"containers", "initContainers",
	    "ephemeralContainers", "volumes", "securityContext", "hostUsers",
	    "hostNetwork", "hostPID", "hostIPC", "os", "shareProcessNamespace",
	    "restartPolicy", "activeDeadlineSeconds",
	    "automountServiceAccountToken", "enableServiceLinks", NULL};
	const struct json *item;
	const char *why = NULL;

	for (item = json_first(spec); item != NULL && why == NULL;
	     item = json_next(item)) {
		if (placement_is_one_of(json_key(item), ours))
			return placement_refuse("spec", json_key(item),
			    "it makes the pod what it is, and stays");
		if (strcmp(json_key(item), "nodeSelector") == 0)
			why = placement_check_map("spec.nodeSelector", item,
			    true);
	}
	return why;
}

static const char *
placement_check_metadata(const struct json *metadata)
{
	const struct json *item;
	const char *why = NULL;
	bool labels;

	for (item = json_first(metadata); item != NULL && why == NULL;
	     item = json_next(item)) {
		labels = strcmp(json_key(item), "labels") == 0;
		if (!labels && strcmp(json_key(item), "annotations") != 0)
			return placement_refuse("metadata", json_key(item),
			    "of the metadata, only labels and annotations can be set");
		why = placement_check_map(labels ? "metadata.labels"
		                                 : "metadata.annotations",
		    item, labels);
	}
	return why;
}

/* Does the patch leave the unpack pod what it is?  NULL, or why not. */
static const char *
placement_check(const struct json *patch)
{
	const struct json *item;
	const char *key, *text, *why = NULL;

	for (item = json_first(patch); item != NULL && why == NULL;
	     item = json_next(item)) {
		key = json_key(item);
		text = json_text(item);
		if ((strcmp(key, "apiVersion") == 0 &&
		        strcmp(text, "v1") == 0) ||
		    (strcmp(key, "kind") == 0 && strcmp(text, "Pod") == 0))
			continue;
		if (strcmp(key, "metadata") != 0 && strcmp(key, "spec") != 0)
			return placement_refuse("", key,
			    "only metadata and spec can be overridden");
		if (!json_is_object(item))
			return placement_refuse("", key, "must be a mapping");
		why = key[0] == 's' ? placement_check_spec(item)
		                    : placement_check_metadata(item);
	}
	return why;
}

/* An opt_take: a merge patch (RFC 7386) for the pod. */
static const char *
placement_take_overrides(const struct opt *o, void *to, const char *value)
{
	struct json **patch = to;

	(void)o;
	json_free(*patch);
	*patch = json_parse(value, strlen(value));
	if (!json_is_object(*patch))
		return "";
	return placement_check(*patch);
}

/* -------------------------------------------------------------- resources */

/*
 * Take the next KEY=VALUE of a list, up to a comma, into key and value, each of
 * KEY_MAX + 1 bytes.  Returns what follows, or NULL where it is none.
 */
static const char *
placement_next_pair(const char *text, char *key, char *value)
{
	size_t all = strcspn(text, ","), n = strcspn(text, "=,");

	if (n == all || n > KEY_MAX || all - n - 1 > KEY_MAX)
		return NULL;
	snprintf(key, KEY_MAX + 1, "%.*s", (int)n, text);
	snprintf(value, KEY_MAX + 1, "%.*s", (int)(all - n - 1), text + n + 1);
	return text + all + (text[all] == ',' && text[all + 1] != '\0');
}

/*
 * Is it a quantity above 0, without an exponent: digits, perhaps a fraction,
 * and a suffix of resource.Quantity?
 */
static bool
placement_is_quantity(const char *text)
{
	static const char *const suffixes[] = {"", "m", "k", "M", "G", "T",
	    "Ki", "Mi", "Gi", "Ti", NULL};
	static const char digits[] = "0123456789";
	size_t n = strspn(text, digits), fraction;

	if (n == 0 || n > 15)
		return false;
	if (text[n] == '.') {
		fraction = strspn(text + n + 1, digits);
		if (fraction == 0 || fraction > 9)
			return false;
		n += 1 + fraction;
	}
	return strspn(text, "0.") < n &&
	    placement_is_one_of(text + n, suffixes);
}

/* An opt_take: KEY=QUANTITY[,...], as kubectl set resources has them. */
static const char *
placement_take_resources(const struct opt *o, void *to, const char *value)
{
	char key[KEY_MAX + 1], quantity[KEY_MAX + 1];
	const char *at = value;
	struct json *seen = json_new_object();
	bool twice = false;

	(void)o;
	do {
		at = placement_next_pair(at, key, quantity);
		if (at == NULL || !name_is_key(key) ||
		    !placement_is_quantity(quantity)) {
			json_free(seen);
			return "";
		}
		twice = twice || json_has(seen, key);
		json_add_null(seen, key);
	} while (*at != '\0');
	json_free(seen);
	*(const char **)to = value;
	return twice ? "a resource was given twice" : NULL;
}

/* Set KEY to QUANTITY for each of a list that is right; NULL: none. */
static void
placement_put_pairs(struct json *to, const char *at)
{
	char key[KEY_MAX + 1], value[KEY_MAX + 1];

	while (at != NULL && *at != '\0') {
		at = placement_next_pair(at, key, value);
		(void)json_set(to, key, json_new_string(value));
	}
}

void
placement_put_resources(const struct placement *p, struct json *container)
{
	struct json *resources = json_add_object(container, "resources"), *list;

	list = json_add_object(resources, "requests");
	placement_put_pairs(list, REQUESTS);
	placement_put_pairs(list, p->requests);
	list = json_add_object(resources, "limits");
	placement_put_pairs(list, LIMITS);
	placement_put_pairs(list, p->limits);
}

void
placement_put_policy(const struct placement *p, struct json *container)
{
	if (p->pull_policy != NULL)
		json_add_string(container, "imagePullPolicy", p->pull_policy);
}

/* ---------------------------------------------------------------- options */

#define A_LIST "a list such as cpu=500m,memory=64Mi"

const struct opt placement_rows[] = {
    {"overrides", 0, "JSON",
        "merge patch for the pod: labels, nodeSelector, tolerations and so on",
        OPT_OTHER(struct placement, overrides, placement_take_overrides,
            "a JSON object")},
    {"requests", 0, "LIST", "of each container (default: " REQUESTS ")",
        OPT_OTHER(struct placement, requests, placement_take_resources,
            A_LIST)},
    {"limits", 0, "LIST", "of each container (default: " LIMITS ")",
        OPT_OTHER(struct placement, limits, placement_take_resources, A_LIST)},
    {"image-pull-policy", 0, "Always|IfNotPresent|Never",
        "when the node pulls the two images (default: the cluster's)",
        OPT_WORD(struct placement, pull_policy)},
    {0},
};
