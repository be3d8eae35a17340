/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards: Pod -> violations, by level and version.
 */
#include "psa/psa.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "pod/manifest.h"

enum {
	PATH_LEN = 512, /* of a field */
	MUST_LEN = 1024 /* of what it must be */
};

/* A place in the pod that a field leads to. */
struct place {
	const char *subject; /* "container", "volume"; NULL: neither */
	const char *name; /* of that; borrowed, NULL: none */
	const struct json *value; /* NULL: not set */
	size_t line; /* of it, or else of the last on the way that is set */
	bool in_object; /* it is the object's last step that is not set */
	bool of_pod; /* PSA_INHERIT: the pod's own field */
	bool implicit; /* not set here, nor for the whole pod */
	char path[PATH_LEN];
};

struct run {
	const char *where, *path; /* borrowed */
	const struct json *metadata, *spec; /* borrowed */
	enum psa_level level;
	int minor;
	bool inherited; /* INHERIT: the pod has set it right */
	bool counts; /* only look for what is explicit */
	bool explicit; /* somebody set it wrong */
	size_t n;
	struct json *out;
};

/* ----------------------------------------------------------------- values */

static bool
matches(const char *pattern, const char *text)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, text, len - 1) == 0;
	return strcmp(pattern, text) == 0;
}

/* Is text one of the check's values in this version? */
static bool
is_listed(const struct run *r, const struct psa_check *k, const char *text)
{
	const struct psa_value *v;

	for (v = k->values; v->text != NULL; v++)
		if (r->minor >= v->from && matches(v->text, text))
			return true;
	return false;
}

/* ------------------------------------------------------------- violations */

/* What the field must be, in words, of the values that this version has. */
static void
must_text(char to[static MUST_LEN], const struct run *r,
    const struct psa_check *k)
{
	const struct psa_value *v;
	const char *quote = k->type == PSA_STRING || k->type == PSA_LIST ? "\""
	                                                                 : "";
	size_t n, all = 0, seen = 0;

	for (v = k->values; v->text != NULL; v++)
		all += r->minor >= v->from && v->text[0] != '\0';
	n = (size_t)snprintf(to, MUST_LEN, "must %s",
	    all == 0                     ? "not be set"
	        : k->rule == PSA_INCLUDE ? "include"
	        : k->rule == PSA_DENY    ? "not be"
	                                 : "be");
	for (v = k->values; v->text != NULL; v++) {
		if (r->minor < v->from || v->text[0] == '\0')
			continue;
		n += (size_t)snprintf(to + n, MUST_LEN - n, "%s%s%s%s",
		    seen == 0            ? " "
		        : seen + 1 < all ? ", "
		                         : " or ",
		    quote, v->text, quote);
		seen++;
	}
	if (k->rule == PSA_INHERIT)
		snprintf(to + n, MUST_LEN - n, ", here or for the pod");
	else if (k->rule == PSA_ALLOW && all > 0 &&
	    strstr(k->fields[0], "[]") == NULL)
		snprintf(to + n, MUST_LEN - n, ", or not set");
}

/* Note that p violates k; 0. */
static int
violate(struct run *r, const struct psa_check *k, const struct place *p)
{
	const char *subject = p->name != NULL ? p->subject : NULL;
	char must[MUST_LEN], value[1024], name[300], who[320] = "";
	char *text = NULL;
	struct json *one;

	/* if it is set wrong, it is not worth saying who did not set it */
	r->explicit = r->explicit || (r->counts && !p->implicit);
	if (r->counts || (r->explicit && p->implicit) ||
	    r->n == PSA_VIOLATIONS_MAX)
		return 0;
	r->n++;
	one = json_add_object(r->out, NULL);
	json_add_string(one, "check", k->id);
	json_add_string(one, "level", psa_level_name(k->level));
	json_add_uint(one, "line", p->line);
	json_add_format(one, "field", "%s%s%s", r->path,
	    r->path[0] != '\0' ? "." : "", p->path);
	must_text(must, r, k);
	json_add_string(one, "must", must);
	if (p->value != NULL)
		(void)json_add(one, "value", json_copy(p->value));
	if (subject != NULL) {
		json_add_string(one, subject, p->name);
		snprintf(who, sizeof who, " (%s \"%s\")", subject,
		    msg_mask(name, sizeof name, p->name));
	}
	text = p->value != NULL ? json_print(p->value, JSON_COMPACT) : NULL;
	msg_mask(value, sizeof value, text != NULL ? text : "not set");
	free(text);
	json_add_format(one, "message", "%s%s is %s; %s",
	    json_get_text(one, "field"), who, value, must);
	return 0;
}

static int
malformed(const struct run *r, const char *path, const char *what)
{
	msg_warn(0, "%s: not a valid pod: %s: %s", r->where, path, what);
	return -1;
}

/* Move to a value below, which may be NULL. */
static void
place_move(struct place *p, const struct json *value)
{
	p->value = value;
	if (json_line(value) > 0)
		p->line = json_line(value);
}

/*
 * Is the volume's source one of the values?  None at all is an emptyDir, as
 * the API server has it.
 */
static int
judge_volume(struct run *r, const struct psa_check *k, struct place *p)
{
	const struct json *item, *source = NULL;
	size_t len = strlen(p->path);
	char name[128];

	for (item = json_first(p->value); item != NULL;
	     item = json_next(item)) {
		if (json_is_null(item) || strcmp(json_key(item), "name") == 0)
			continue;
		if (is_listed(r, k, json_key(item)))
			return 0;
		if (source == NULL)
			source = item;
	}
	if (source == NULL)
		return 0;
	snprintf(p->path + len, sizeof p->path - len, ".%s",
	    msg_mask(name, sizeof name, json_key(source)));
	place_move(p, source);
	return violate(r, k, p);
}

/* Judge one place.  Returns 0, or -1 (reported). */
static int
psa_judge_place(struct run *r, const struct psa_check *k, struct place *p)
{
	static const char *const wrong[] = {[PSA_BOOL] = "not true or false",
	    [PSA_NUMBER] = "not a whole number",
	    [PSA_STRING] = "not a string",
	    [PSA_LIST] = "not a list"};
	const struct json *v = p->value, *item;
	bool set = v != NULL || (k->whole && p->in_object);
	int64_t n;
	bool whole = json_int(v, -JSON_INT_MAX, JSON_INT_MAX, &n) == 0, listed;
	const char *text = json_text(v);
	char number[32];

	if (v != NULL && k->type != PSA_ANY &&
	    !(k->type == PSA_BOOL           ? json_is_bool(v)
	            : k->type == PSA_NUMBER ? whole
	            : k->type == PSA_STRING ? json_is_string(v)
	                                    : json_is_array(v)))
		return malformed(r, p->path, wrong[k->type]);
	if (k->rule == PSA_INCLUDE) {
		/* the list must hold the check's value */
		for (item = json_first(v); item != NULL;
		     item = json_next(item)) {
			if (!json_is_string(item))
				return malformed(r, p->path,
				    "not a list of strings");
			if (is_listed(r, k, json_string(item)))
				return 0;
		}
		return violate(r, k, p);
	}
	if (k->rule == PSA_VOLUMES)
		return judge_volume(r, k, p);
	if (!set && (k->rule == PSA_ALLOW || k->rule == PSA_DENY))
		return 0;
	if (json_is_bool(v))
		text = json_bool(v, false) ? "true" : "false";
	if (whole) {
		snprintf(number, sizeof number, "%" PRId64, n);
		text = number;
	}
	listed = set && is_listed(r, k, text);
	if (k->rule == PSA_INHERIT && p->of_pod) {
		r->inherited = listed;
		listed = listed || !set;
	} else if (k->rule == PSA_INHERIT && !set) {
		listed = r->inherited;
		p->implicit = true;
	}
	return listed != (k->rule == PSA_DENY) ? 0 : violate(r, k, p);
}

/* ----------------------------------------------------------------- fields */

/*
 * Follow "a.b.c" from where p is, to the end or to "[]".  Returns what is left
 * of keys, or NULL (reported).
 */
static const char *
psa_follow_keys(const struct run *r, struct place *p, const char *keys)
{
	char key[64];
	size_t len, used;

	while (*keys != '\0' && *keys != '[') {
		keys += *keys == '.';
		len = strcspn(keys, ".[");
		snprintf(key, sizeof key, "%.*s", (int)len, keys);
		if (p->value != NULL && !json_is_object(p->value)) {
			(void)malformed(r, p->path, "not a mapping");
			return NULL;
		}
		p->in_object = p->value != NULL;
		place_move(p, json_get(p->value, key));
		/* what is too long for any field of a pod is cut */
		used = strlen(p->path);
		snprintf(p->path + used, sizeof p->path - used, "%s%s",
		    used > 0 ? "." : "", key);
		keys += len;
	}
	return keys;
}

/* Judge the field that keys lead to from `from`, in all elements of a list. */
static int
judge_from(struct run *r, const struct psa_check *k, const struct place *from,
    const char *keys)
{
	struct place list = *from, one;
	const struct json *item;
	size_t i = 0, used;

	keys = psa_follow_keys(r, &list, keys);
	if (keys == NULL)
		return -1;
	if (*keys == '\0')
		return psa_judge_place(r, k, &list);
	if (list.value != NULL && !json_is_array(list.value))
		return malformed(r, list.path, "not a list");
	used = strlen(list.path);
	for (item = json_first(list.value); item != NULL;
	     item = json_next(item)) {
		one = list;
		place_move(&one, item);
		snprintf(one.path + used, sizeof one.path - used, "[%zu]", i++);
		if (strcmp(list.path, "spec.volumes") == 0) {
			one.subject = "volume";
			one.name = manifest_string(item, "name");
			if (!json_is_object(item))
				return malformed(r, one.path, "not a mapping");
		}
		if (psa_follow_keys(r, &one, keys + strlen("[]")) == NULL ||
		    psa_judge_place(r, k, &one) < 0)
			return -1;
	}
	return 0;
}

/* The lists that hold containers, in the order of the API server. */
static const char *const container_lists[] = {"initContainers", "containers",
    "ephemeralContainers"};
enum {
	N_LISTS = sizeof container_lists / sizeof *container_lists
};

/* Judge the annotations that fit the field. */
static int
judge_annotations(struct run *r, const struct psa_check *k, const char *field)
{
	struct place p = {.line = 0};
	size_t len = strlen(field), n;
	bool each = field[len - 1] == '@', fits;
	const struct json *item, *c;
	const char *key;
	char name[256];

	for (item = json_first(json_get(r->metadata, "annotations"));
	     item != NULL; item = json_next(item)) {
		key = json_key(item);
		fits = !each && matches(field, key);
		/* '@' stands for the name of a container */
		for (n = 0;
		     each && n < N_LISTS && strncmp(field, key, len - 1) == 0;
		     n++)
			for (c = json_first(
			         json_get(r->spec, container_lists[n]));
			     c != NULL; c = json_next(c))
				fits = fits ||
				    strcmp(json_get_text(c, "name"),
				        key + len - 1) == 0;
		if (!fits)
			continue;
		place_move(&p, item);
		p.value = json_is_null(item) ? NULL : item;
		snprintf(p.path, sizeof p.path, "metadata.annotations[%s]",
		    msg_mask(name, sizeof name, key));
		if (psa_judge_place(r, k, &p) < 0)
			return -1;
	}
	return 0;
}

/* Judge the whole pod by one row of the table. */
static int
judge_check(struct run *r, const struct psa_check *k)
{
	struct place pod = {.value = r->spec,
	    .line = json_line(r->spec),
	    .of_pod = true,
	    .path = "spec"};
	struct place p;
	const struct json *item;
	const char *const *field;
	bool each; /* of the containers */
	size_t n, i;
	int ret = 0;

	r->inherited = false;
	for (field = k->fields; *field != NULL && ret == 0; field++) {
		each = strncmp(*field, "*.", 2) == 0;
		if (strncmp(*field, "spec.", 5) == 0)
			ret = judge_from(r, k, &pod, *field + 5);
		else if (!each)
			ret = judge_annotations(r, k, *field);
		for (n = 0; each && n < N_LISTS; n++) {
			i = 0;
			for (item = json_first(
			         json_get(r->spec, container_lists[n]));
			     item != NULL && ret == 0; item = json_next(item)) {
				p = (struct place){.subject = "container",
				    .name = manifest_string(item, "name")};
				place_move(&p, item);
				snprintf(p.path, sizeof p.path, "spec.%s[%zu]",
				    container_lists[n], i++);
				ret = judge_from(r, k, &p, *field + 2);
			}
		}
	}
	return ret;
}

/* ------------------------------------------------------------------ judge */

/* Is this row in force for this pod? */
static bool
is_active(const struct run *r, const struct psa_check *k)
{
	return k->level >= r->level && r->minor >= k->from &&
	    (k->until == 0 || r->minor <= k->until);
}

/* Is it a pod, as far as its outline goes? */
static int
check_outline(const struct run *r)
{
	static const char *const strings[] = {"name", "image"};
	const struct json *list, *item, *value;
	char path[64];
	const char *field = manifest_wrong(r->metadata);
	size_t n, i;

	if (field != NULL)
		return malformed(r, field, "not what Kubernetes takes there");
	if (!json_is_object(r->spec))
		return malformed(r, "spec", "not a mapping");
	for (n = 0; n < N_LISTS; n++) {
		snprintf(path, sizeof path, "spec.%s", container_lists[n]);
		list = json_get(r->spec, container_lists[n]);
		if (list != NULL && !json_is_array(list))
			return malformed(r, path, "not a list");
		for (item = json_first(list); item != NULL;
		     item = json_next(item)) {
			if (!json_is_object(item))
				return malformed(r, path,
				    "has an item that is not a container");
			for (i = 0; i < 2; i++) {
				value = json_get(item, strings[i]);
				if (value != NULL && !json_is_string(value))
					return malformed(r, path,
					    "has a name or an image that is not a string");
			}
		}
	}
	list = json_get(r->spec, "containers");
	if (json_size(list) == 0)
		return malformed(r, "spec.containers", "none");
	return 0;
}

struct json *
psa_judge(const char *where, const char *path, const struct json *metadata,
    const struct json *spec, struct psa_policy policy)
{
	struct run r = {.where = where,
	    .path = path,
	    .metadata = metadata,
	    .spec = spec,
	    .level = policy.level,
	    .minor = policy.minor,
	    .out = json_new_array()};
	const struct psa_check *k, *other;
	int ret = check_outline(&r);
	bool windows = strcmp(json_get_text(json_get(spec, "os"), "name"),
	                   "windows") == 0;
	bool userns = !json_bool(json_get(spec, "hostUsers"), true);

	if (r.out == NULL)
		msg_nomem();
	for (k = psatable; k->id != NULL && ret == 0; k++) {
		/* a check of a higher level may stand for this one */
		for (other = psatable; other->id != NULL; other++)
			if (other->overrides != NULL && is_active(&r, other) &&
			    strcmp(other->overrides, k->id) == 0)
				break;
		if (!is_active(&r, k) || other->id != NULL ||
		    (k->windows != 0 && r.minor >= k->windows && windows) ||
		    (k->userns != 0 && r.minor >= k->userns && userns))
			continue;
		r.explicit = false;
		r.counts = true;
		ret = judge_check(&r, k);
		r.counts = false;
		if (ret == 0)
			ret = judge_check(&r, k);
	}
	if (ret == 0)
		return r.out;
	json_free(r.out);
	return NULL;
}

const char *
psa_level_name(enum psa_level level)
{
	static const char *const names[] = {[PSA_RESTRICTED] = "restricted",
	    [PSA_BASELINE] = "baseline",
	    [PSA_PRIVILEGED] = "privileged"};

	return names[level];
}
