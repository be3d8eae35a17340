/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a pod may run, its labels, and what it may use: the options for a
 * cluster's administrator, which become fields of the Pod.
 */
#include "pod/placement.h"

#include <stdio.h>
#include <string.h>

/* What kubelet takes for a request or a limit where nobody says: all the same
 * for every bundle, as `unpack` needs the same memory for a large one. */
#define CPU_REQUEST "10m"
#define MEMORY_REQUEST "16Mi"
#define MEMORY_LIMIT "64Mi"

enum {
	NAME_MAX_LEN = 63, /* of a label's name and value: Kubernetes */
	PREFIX_MAX_LEN = 253
};

/* ----------------------------------------------------------------- values */

static bool
placement_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/*
 * Is text[0..len) a label's name or value: up to 63 letters, digits, '-', '_'
 * and '.', with a letter or digit at both ends?
 */
static bool
placement_is_word(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > NAME_MAX_LEN || !placement_is_letter(text[0]) ||
	    !placement_is_letter(text[len - 1]))
		return false;
	for (i = 0; i < len; i++)
		if (!placement_is_letter(text[i]) &&
		    strchr("-_.", text[i]) == NULL)
			return false;
	return true;
}

/* Is text[0..len) a key: NAME, or a domain, a slash, and NAME? */
static bool
placement_is_key(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t prefix = slash != NULL ? (size_t)(slash - text) : 0, i;

	if (slash == NULL)
		return placement_is_word(text, len);
	if (prefix == 0 || prefix > PREFIX_MAX_LEN)
		return false;
	for (i = 0; i < prefix; i++)
		if ((text[i] < 'a' || text[i] > 'z') &&
		    (text[i] < '0' || text[i] > '9') && text[i] != '-' &&
		    text[i] != '.')
			return false;
	return placement_is_word(slash + 1, len - prefix - 1);
}

/* The length of the key of KEY=VALUE. */
static size_t
placement_key_len(const char *item)
{
	return strcspn(item, "=");
}

/* Add an item whose key is right.  As an opt_take returns. */
static const char *
placement_add_item(struct placement_list *list, const char *item, size_t len)
{
	size_t i;

	if (list->n == PLACEMENT_MAX)
		return "at most 32 can be given";
	for (i = 0; i < list->n; i++)
		if (placement_key_len(list->item[i]) == len &&
		    strncmp(list->item[i], item, len) == 0)
			return "this key was given twice";
	list->item[list->n++] = item;
	return NULL;
}

/* An opt_take, of struct placement_list: KEY=VALUE, both for labels. */
static const char *
placement_take_pair(const struct opt *o, void *to, const char *value)
{
	size_t len = placement_key_len(value);
	const char *text = value + len + 1;

	(void)o;
	if (value[len] == '\0' || !placement_is_key(value, len) ||
	    (*text != '\0' && !placement_is_word(text, strlen(text))))
		return "";
	return placement_add_item(to, value, len);
}

/* The same, but not for the labels that every pod of ours has. */
static const char *
placement_take_label(const struct opt *o, void *to, const char *value)
{
	static const char *const ours[] = {"app.kubernetes.io/name=",
	    "app.kubernetes.io/managed-by=", "core.rukpak.io/owner-kind=",
	    "core.rukpak.io/owner-name="};
	size_t i;

	for (i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strncmp(value, ours[i], strlen(ours[i])) == 0)
			return "every pod has this label already";
	return placement_take_pair(o, to, value);
}

/* An opt_take, of struct placement_list: KEY=VALUE, of any value. */
static const char *
placement_take_annotation(const struct opt *o, void *to, const char *value)
{
	size_t len = placement_key_len(value);

	(void)o;
	if (value[len] == '\0' || !placement_is_key(value, len))
		return "";
	return placement_add_item(to, value, len);
}

static const char *const effects[] = {"NoSchedule", "PreferNoSchedule",
    "NoExecute", NULL};

/* An opt_take, of struct placement_list: KEY[=VALUE][:EFFECT]. */
static const char *
placement_take_toleration(const struct opt *o, void *to, const char *value)
{
	struct placement_list *list = to;
	size_t key = strcspn(value, "=:"), all = strcspn(value, ":");
	size_t i;

	(void)o;
	if (!placement_is_key(value, key) ||
	    (value[key] == '=' && all != key + 1 &&
	        !placement_is_word(value + key + 1, all - key - 1)))
		return "";
	for (i = 0; value[all] == ':' && effects[i] != NULL; i++)
		if (strcmp(value + all + 1, effects[i]) == 0)
			break;
	if (value[all] == ':' && effects[i] == NULL)
		return "";
	/* one key may have several effects */
	if (list->n == PLACEMENT_MAX)
		return "at most 32 can be given";
	list->item[list->n++] = value;
	return NULL;
}

/* An opt_take: the name of a priority class, an RFC 1123 subdomain. */
static const char *
placement_take_class(const struct opt *o, void *to, const char *value)
{
	size_t len = strlen(value);

	(void)o;
	if (len == 0 || len > PREFIX_MAX_LEN ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len ||
	    !placement_is_letter(value[0]) ||
	    !placement_is_letter(value[len - 1]))
		return "";
	*(const char **)to = value;
	return NULL;
}

/*
 * An opt_take: a quantity above 0, without an exponent: digits, perhaps a
 * fraction, and a suffix of resource.Quantity.
 */
static const char *
placement_take_quantity(const struct opt *o, void *to, const char *value)
{
	static const char *const suffixes[] = {"", "m", "k", "M", "G", "T",
	    "Ki", "Mi", "Gi", "Ti", NULL};
	static const char digits[] = "0123456789";
	size_t n = strspn(value, digits), i;

	(void)o;
	if (n == 0 || n > 15)
		return "";
	if (value[n] == '.') {
		i = strspn(value + n + 1, digits);
		if (i == 0 || i > 9)
			return "";
		n += 1 + i;
	}
	if (strspn(value, "0.") >= n)
		return "";
	for (i = 0; suffixes[i] != NULL; i++)
		if (strcmp(value + n, suffixes[i]) == 0) {
			*(const char **)to = value;
			return NULL;
		}
	return "";
}

#define A_LABEL \
	"KEY=VALUE, with the characters that Kubernetes allows in labels"
#define A_QUANTITY "a quantity such as 500m, 1 or 64Mi"

const struct opt placement_rows[] = {
    {"node-selector", 0, "KEY=VALUE",
        "only on nodes with this label (repeatable)",
        OPT_OTHER(struct placement, selectors, placement_take_pair, A_LABEL)},
    {"toleration", 0, "KEY[=VALUE][:EFFECT]",
        "also on nodes with this taint (repeatable)",
        OPT_OTHER(struct placement, tolerations, placement_take_toleration,
            "KEY[=VALUE], and :NoSchedule, :PreferNoSchedule or :NoExecute")},
    {"priority-class", 0, "NAME", "priority class of the pod",
        OPT_OTHER(struct placement, priority_class, placement_take_class,
            "a name of lower case letters, digits, '-' and '.'")},
    {"pull-policy", 0, "Always|IfNotPresent|Never",
        "when the node pulls the two images (default: the cluster's)",
        OPT_WORD(struct placement, pull_policy)},
    {"label", 0, "KEY=VALUE", "a label for the pod (repeatable)",
        OPT_OTHER(struct placement, labels, placement_take_label, A_LABEL)},
    {"annotation", 0, "KEY=VALUE", "an annotation for the pod (repeatable)",
        OPT_OTHER(struct placement, annotations, placement_take_annotation,
            "KEY=VALUE, with a key that Kubernetes allows")},
    {"cpu-request", 0, "QUANTITY",
        "of each container (default: " CPU_REQUEST ")",
        OPT_OTHER(struct placement, cpu_request, placement_take_quantity,
            A_QUANTITY)},
    {"cpu-limit", 0, "QUANTITY",
        "of each container, for a quota that requires it (default: none)",
        OPT_OTHER(struct placement, cpu_limit, placement_take_quantity,
            A_QUANTITY)},
    {"memory-request", 0, "QUANTITY",
        "of each container (default: " MEMORY_REQUEST ")",
        OPT_OTHER(struct placement, memory_request, placement_take_quantity,
            A_QUANTITY)},
    {"memory-limit", 0, "QUANTITY",
        "of each container (default: " MEMORY_LIMIT ")",
        OPT_OTHER(struct placement, memory_limit, placement_take_quantity,
            A_QUANTITY)},
    {0},
};

bool
placement_is_set(const struct placement *p)
{
	return p->selectors.n > 0 || p->tolerations.n > 0 || p->labels.n > 0 ||
	    p->annotations.n > 0 || p->priority_class != NULL ||
	    p->pull_policy != NULL || p->cpu_request != NULL ||
	    p->cpu_limit != NULL || p->memory_request != NULL ||
	    p->memory_limit != NULL;
}

/* --------------------------------------------------------------- building */

/* Add KEY=VALUE, each as a member. */
static void
placement_put_pairs(const struct placement_list *list, struct json *object)
{
	char key[PREFIX_MAX_LEN + NAME_MAX_LEN + 2];
	size_t i, len;

	for (i = 0; i < list->n; i++) {
		len = placement_key_len(list->item[i]);
		(void)snprintf(key, sizeof key, "%.*s", (int)len,
		    list->item[i]);
		json_add_string(object, key, list->item[i] + len + 1);
	}
}

static void
placement_put_toleration(struct json *list, const char *item)
{
	struct json *toleration = json_add_object(list, NULL);
	char text[PREFIX_MAX_LEN + NAME_MAX_LEN + 2];
	size_t key = strcspn(item, "=:"), all = strcspn(item, ":");

	(void)snprintf(text, sizeof text, "%.*s", (int)key, item);
	json_add_string(toleration, "key", text);
	if (item[key] == '=') {
		(void)snprintf(text, sizeof text, "%.*s", (int)(all - key - 1),
		    item + key + 1);
		json_add_string(toleration, "operator", "Equal");
		json_add_string(toleration, "value", text);
	} else {
		json_add_string(toleration, "operator", "Exists");
	}
	if (item[all] == ':')
		json_add_string(toleration, "effect", item + all + 1);
}

void
placement_put_labels(const struct placement *p, struct json *labels)
{
	placement_put_pairs(&p->labels, labels);
}

void
placement_put_annotations(const struct placement *p, struct json *metadata)
{
	if (p->annotations.n > 0)
		placement_put_pairs(&p->annotations,
		    json_add_object(metadata, "annotations"));
}

void
placement_put_spec(const struct placement *p, struct json *spec)
{
	struct json *list;
	size_t i;

	if (p->selectors.n > 0)
		placement_put_pairs(&p->selectors,
		    json_add_object(spec, "nodeSelector"));
	if (p->tolerations.n > 0) {
		list = json_add_array(spec, "tolerations");
		for (i = 0; i < p->tolerations.n; i++)
			placement_put_toleration(list, p->tolerations.item[i]);
	}
	if (p->priority_class != NULL)
		json_add_string(spec, "priorityClassName", p->priority_class);
}

void
placement_put_policy(const struct placement *p, struct json *container)
{
	if (p->pull_policy != NULL)
		json_add_string(container, "imagePullPolicy", p->pull_policy);
}

/* text, or what it is where nobody says */
static const char *
placement_or(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

void
placement_put_resources(const struct placement *p, struct json *container)
{
	struct json *resources = json_add_object(container, "resources");
	struct json *requests = json_add_object(resources, "requests");
	struct json *limits;

	json_add_string(requests, "cpu",
	    placement_or(p->cpu_request, CPU_REQUEST));
	json_add_string(requests, "memory",
	    placement_or(p->memory_request, MEMORY_REQUEST));
	limits = json_add_object(resources, "limits");
	if (p->cpu_limit != NULL)
		json_add_string(limits, "cpu", p->cpu_limit);
	json_add_string(limits, "memory",
	    placement_or(p->memory_limit, MEMORY_LIMIT));
}
