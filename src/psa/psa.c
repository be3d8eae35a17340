/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards: Pod -> violations, by level and version.
 */
#include "psa/psa.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/json.h"
#include "base/msg.h"
#include "pod/manifest.h"

enum {
	PATH_LEN = 512 /* of a field */
};

/* A place in the pod that a field leads to. */
struct place {
	enum psa_subject subject;
	const char *name; /* of the container or volume; borrowed */
	const struct json *value; /* NULL: not set */
	size_t line; /* of it, or else of the last on the way that is set */
	bool in_object; /* it is the object's last step that is not set */
	bool implicit; /* not set here, nor for the whole pod */
	char path[PATH_LEN];
};

struct run {
	const char *where; /* borrowed */
	const struct json *metadata, *spec; /* borrowed */
	enum psa_level level;
	int minor;
	bool inherited; /* INHERIT: the pod has set it right */
	struct psa_report *out;
};

/* ----------------------------------------------------------------- values */

static bool
is_type(const struct json *value, enum psa_type type)
{
	int64_t n;

	switch (type) {
	case PSA_BOOL:
		return json_is_bool(value);
	case PSA_NUMBER:
		return json_int(value, -JSON_INT_MAX, JSON_INT_MAX, &n) == 0;
	case PSA_STRING:
		return json_is_string(value);
	case PSA_LIST:
		return json_is_array(value);
	case PSA_ANY:
		break;
	}
	return true;
}

static const char *
type_name(enum psa_type type)
{
	static const char *const names[] = {[PSA_BOOL] = "true or false",
	    [PSA_NUMBER] = "a whole number",
	    [PSA_STRING] = "a string",
	    [PSA_LIST] = "a list",
	    [PSA_ANY] = "something"};

	return names[type];
}

/* value as JSON, or NULL (reported); owned by the caller. */
static char *
value_json(const struct json *value)
{
	char *json = json_print(value, JSON_COMPACT);

	if (json == NULL)
		msg_nomem();
	return json;
}

/* value as the table writes it, NULL (reported); owned. */
static char *
value_text(const struct json *value)
{
	const char *s = value == NULL ? "" : json_string(value);
	char *text = s != NULL ? strdup(s) : value_json(value);

	if (text == NULL && s != NULL)
		msg_nomem();
	return text;
}

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

/* Write "A, B or C", of the values that this version has. */
static void
print_values(FILE *f, const struct run *r, const struct psa_check *k)
{
	const struct psa_value *v, *last = NULL;
	const char *quote = k->type == PSA_STRING || k->type == PSA_LIST ? "\""
	                                                                 : "";
	bool first = true;

	for (v = k->values; v->text != NULL; v++)
		if (r->minor >= v->from && v->text[0] != '\0')
			last = v;
	for (v = k->values; v->text != NULL; v++) {
		if (r->minor < v->from || v->text[0] == '\0')
			continue;
		(void)fprintf(f, "%s%s%s%s",
		    first           ? ""
		        : v == last ? " or "
		                    : ", ",
		    quote, v->text, quote);
		first = false;
	}
}

/* What the field must be, in words; owned, NULL (reported). */
static char *
must_text(const struct run *r, const struct psa_check *k)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool empty = k->values[0].text == NULL ||
	    (k->values[0].text[0] == '\0' && k->values[1].text == NULL);

	if (f == NULL) {
		msg_nomem();
		return NULL;
	}
	if (empty)
		(void)fputs("must not be set", f);
	else
		(void)fputs(k->rule == PSA_INCLUDE ? "must include "
		        : k->rule == PSA_DENY      ? "must not be "
		                                   : "must be ",
		    f);
	print_values(f, r, k);
	if (k->rule == PSA_ALLOW && !empty &&
	    strstr(k->fields[0], "[]") == NULL)
		(void)fputs(", or not set", f);
	if (k->rule == PSA_INHERIT)
		(void)fputs(", here or for the pod", f);
	if (fclose(f) == 0)
		return text;
	free(text);
	msg_nomem();
	return NULL;
}

/* Note that p violates k.  Returns 0, or -1 (reported). */
static int
violate(struct run *r, const struct psa_check *k, const struct place *p)
{
	struct psa_report *out = r->out;
	struct psa_violation *v;

	if (out->n == PSA_VIOLATIONS_MAX)
		return 0;
	v = &out->violations[out->n++];
	*v = (struct psa_violation){.check = k,
	    .subject = p->subject,
	    .name = p->name,
	    .line = p->line,
	    .implicit = p->implicit};
	v->field = strdup(p->path);
	v->must = must_text(r, k);
	if (p->value != NULL) {
		v->value = value_json(p->value);
		if (v->value == NULL)
			return -1;
	}
	if (v->field == NULL)
		msg_nomem();
	return v->field != NULL && v->must != NULL ? 0 : -1;
}

static int
malformed(const struct run *r, const char *path, const char *what)
{
	msg_warn(0, "%s: not a valid pod: %s: %s", r->where, path, what);
	return -1;
}

/* Does the list hold the check's value? */
static int
judge_include(struct run *r, const struct psa_check *k, const struct place *p)
{
	const struct json *item;

	for (item = json_first(p->value); item != NULL;
	     item = json_next(item)) {
		if (!json_is_string(item))
			return malformed(r, p->path, "not a list of strings");
		if (strcmp(json_string(item), k->values[0].text) == 0)
			return 0;
	}
	return violate(r, k, p);
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
	(void)snprintf(p->path + len, sizeof p->path - len, ".%s",
	    msg_mask(name, sizeof name, json_key(source)));
	p->value = source;
	p->line = json_line(source);
	return violate(r, k, p);
}

/* Judge one place.  Returns 0, or -1 (reported). */
static int
psa_judge_place(struct run *r, const struct psa_check *k, struct place *p)
{
	bool set = p->value != NULL || (k->whole && p->in_object);
	bool listed;
	char *text;

	if (p->value != NULL && !is_type(p->value, k->type)) {
		char what[64];

		(void)snprintf(what, sizeof what, "not %s", type_name(k->type));
		return malformed(r, p->path, what);
	}
	if (k->rule == PSA_INCLUDE)
		return judge_include(r, k, p);
	if (k->rule == PSA_VOLUMES)
		return judge_volume(r, k, p);
	if (!set && (k->rule == PSA_ALLOW || k->rule == PSA_DENY))
		return 0;
	text = value_text(p->value);
	if (text == NULL)
		return -1;
	listed = set && is_listed(r, k, text);
	free(text);
	if (k->rule == PSA_INHERIT && p->subject == PSA_POD) {
		r->inherited = listed;
		listed = listed || !set;
	} else if (k->rule == PSA_INHERIT && !set) {
		listed = r->inherited;
		p->implicit = true;
	}
	return listed != (k->rule == PSA_DENY) ? 0 : violate(r, k, p);
}

/* ----------------------------------------------------------------- fields */

/* Add to the path; what is too long for any field of a pod is cut. */
static void
path_add(struct place *p, const char *text, size_t len)
{
	size_t used = strlen(p->path);

	(void)snprintf(p->path + used, sizeof p->path - used, "%.*s", (int)len,
	    text);
}

static void
path_add_index(struct place *p, size_t index)
{
	char text[32];

	(void)snprintf(text, sizeof text, "[%zu]", index);
	path_add(p, text, strlen(text));
}

/*
 * Follow "a.b.c" from where p is, to the end or to "[]".  Returns what is left
 * of keys, or NULL (reported).
 */
static const char *
psa_follow_keys(const struct run *r, struct place *p, const char *keys)
{
	char key[64];
	size_t len;

	while (*keys != '\0' && *keys != '[') {
		keys += *keys == '.';
		len = strcspn(keys, ".[");
		(void)snprintf(key, sizeof key, "%.*s", (int)len, keys);
		if (p->value != NULL && !json_is_object(p->value)) {
			(void)malformed(r, p->path, "not a mapping");
			return NULL;
		}
		p->in_object = p->value != NULL;
		p->value = json_get(p->value, key);
		if (p->value != NULL)
			p->line = json_line(p->value);
		path_add(p, ".", p->path[0] != '\0');
		path_add(p, keys, len);
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
	size_t i = 0;

	keys = psa_follow_keys(r, &list, keys);
	if (keys == NULL)
		return -1;
	if (*keys == '\0')
		return psa_judge_place(r, k, &list);
	if (list.value != NULL && !json_is_array(list.value))
		return malformed(r, list.path, "not a list");
	for (item = json_first(list.value); item != NULL;
	     item = json_next(item)) {
		one = list;
		one.value = item;
		one.line = json_line(item);
		path_add_index(&one, i);
		if (strcmp(list.path, "spec.volumes") == 0) {
			one.subject = PSA_VOLUME;
			one.name = manifest_string(item, "name");
			if (!json_is_object(item))
				return malformed(r, one.path, "not a mapping");
		}
		if (psa_follow_keys(r, &one, keys + strlen("[]")) == NULL ||
		    psa_judge_place(r, k, &one) < 0)
			return -1;
		i++;
	}
	return 0;
}

/* The lists that hold containers, in the order of the API server. */
static const char *const container_lists[] = {"initContainers", "containers",
    "ephemeralContainers"};
enum {
	N_LISTS = sizeof container_lists / sizeof *container_lists
};

/* Judge the field that keys lead to from each container. */
static int
judge_containers(struct run *r, const struct psa_check *k, const char *keys)
{
	struct place p = {.subject = PSA_CONTAINER};
	const struct json *list, *item;
	size_t n, i;

	for (n = 0; n < N_LISTS; n++) {
		list = json_get(r->spec, container_lists[n]);
		i = 0;
		for (item = json_first(list); item != NULL;
		     item = json_next(item)) {
			p.name = manifest_string(item, "name");
			p.value = item;
			p.line = json_line(item);
			(void)snprintf(p.path, sizeof p.path, "spec.%s[%zu]",
			    container_lists[n], i++);
			if (judge_from(r, k, &p, keys) < 0)
				return -1;
		}
	}
	return 0;
}

/* Is there a container of this name? */
static bool
has_container(const struct run *r, const char *name)
{
	const struct json *item;
	const char *s;
	size_t n;

	for (n = 0; n < N_LISTS; n++) {
		for (item = json_first(json_get(r->spec, container_lists[n]));
		     item != NULL; item = json_next(item)) {
			s = manifest_string(item, "name");
			if (s != NULL && strcmp(s, name) == 0)
				return true;
		}
	}
	return false;
}

/* Does the annotation's name fit the field of the table? */
static bool
is_annotation(const struct run *r, const char *field, const char *name)
{
	size_t len = strlen(field);

	if (field[len - 1] == '@')
		return strncmp(field, name, len - 1) == 0 &&
		    has_container(r, name + len - 1);
	return matches(field, name);
}

/* Judge the annotations that fit the field. */
static int
judge_annotations(struct run *r, const struct psa_check *k, const char *field)
{
	struct place p = {.subject = PSA_ANNOTATION};
	char name[256];
	const struct json *item;

	for (item = json_first(json_get(r->metadata, "annotations"));
	     item != NULL; item = json_next(item)) {
		if (!is_annotation(r, field, json_key(item)))
			continue;
		p.value = json_is_null(item) ? NULL : item;
		p.line = json_line(item);
		p.name = json_key(item);
		(void)snprintf(p.path, sizeof p.path,
		    "metadata.annotations[%s]",
		    msg_mask(name, sizeof name, p.name));
		if (psa_judge_place(r, k, &p) < 0)
			return -1;
	}
	return 0;
}

/* Judge the whole pod by one row of the table. */
static int
judge_check(struct run *r, const struct psa_check *k)
{
	struct place pod = {.subject = PSA_POD,
	    .value = r->spec,
	    .line = json_line(r->spec),
	    .path = "spec"};
	const char *const *field;
	int ret = 0;

	r->inherited = false;
	for (field = k->fields; *field != NULL && ret == 0; field++) {
		if (strncmp(*field, "spec.", 5) == 0)
			ret = judge_from(r, k, &pod, *field + 5);
		else if (strncmp(*field, "*.", 2) == 0)
			ret = judge_containers(r, k, *field + 2);
		else
			ret = judge_annotations(r, k, *field);
	}
	return ret;
}

/* ------------------------------------------------------------------ judge */

/* Is this row in force for this pod? */
static bool
is_active(const struct run *r, const struct psa_check *k)
{
	return k->level <= r->level && r->minor >= k->from &&
	    (k->until == 0 || r->minor <= k->until);
}

/* Does a check of a higher level stand for this one? */
static bool
is_overridden(const struct run *r, const struct psa_check *k)
{
	const struct psa_check *other;

	for (other = psatable; other->id != NULL; other++)
		if (other->overrides != NULL && is_active(r, other) &&
		    strcmp(other->overrides, k->id) == 0)
			return true;
	return false;
}

static bool
is_exempt(const struct run *r, const struct psa_check *k)
{
	const char *os = manifest_string(json_get(r->spec, "os"), "name");

	if (k->windows != 0 && r->minor >= k->windows && os != NULL &&
	    strcmp(os, "windows") == 0)
		return true;
	return k->userns != 0 && r->minor >= k->userns &&
	    !json_bool(json_get(r->spec, "hostUsers"), true);
}

/*
 * Where somebody set it wrong, it is not worth saying who did not set it at
 * all: drop these from the violations that start at `from`.
 */
static void
drop_implicit(struct psa_report *out, size_t from)
{
	size_t i, n = from;
	bool explicit = false;

	for (i = from; i < out->n; i++)
		explicit = explicit || !out->violations[i].implicit;
	for (i = from; i < out->n && explicit; i++) {
		if (out->violations[i].implicit)
			psatable_free_violation(&out->violations[i]);
		else
			out->violations[n++] = out->violations[i];
	}
	out->n = explicit ? n : out->n;
}

/* Judge by the whole table. */
static int
psa_judge_all(struct run *r)
{
	const struct psa_check *k;
	size_t from;

	for (k = psatable; k->id != NULL; k++) {
		if (!is_active(r, k) || is_exempt(r, k) || is_overridden(r, k))
			continue;
		from = r->out->n;
		if (judge_check(r, k) < 0)
			return -1;
		drop_implicit(r->out, from);
	}
	return 0;
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
		(void)snprintf(path, sizeof path, "spec.%s",
		    container_lists[n]);
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

int
psa_judge(struct psa_report *report, const char *where,
    const struct json *metadata, const struct json *spec,
    struct psa_policy policy)
{
	struct run r = {.where = where,
	    .metadata = metadata,
	    .spec = spec,
	    .level = policy.level,
	    .minor = policy.minor,
	    .out = report};
	int ret;

	*report = (struct psa_report){0};
	if (check_outline(&r) < 0)
		return -1;
	report->violations = calloc(PSA_VIOLATIONS_MAX,
	    sizeof *report->violations);
	if (report->violations == NULL) {
		msg_nomem();
		return -1;
	}
	ret = psa_judge_all(&r);
	if (ret < 0)
		psa_report_free(report);
	return ret;
}

void
psa_report_free(struct psa_report *report)
{
	size_t i;

	for (i = 0; report->violations != NULL && i < report->n; i++)
		psatable_free_violation(&report->violations[i]);
	free(report->violations);
	*report = (struct psa_report){0};
}

/* --------------------------------------------------------------- policies */

static const char *const level_names[] = {[PSA_PRIVILEGED] = "privileged",
    [PSA_BASELINE] = "baseline",
    [PSA_RESTRICTED] = "restricted"};

const char *
psa_level_name(enum psa_level level)
{
	return level_names[level];
}

int
psa_level_parse(enum psa_level *level, const char *text)
{
	int i;

	for (i = PSA_PRIVILEGED; i <= PSA_RESTRICTED; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum psa_level)i;
			return 0;
		}
	}
	return -1;
}

int
psa_version_parse(int *minor, const char *text)
{
	uint64_t n;

	if (strcmp(text, "latest") == 0) {
		*minor = PSA_LATEST;
		return 0;
	}
	text += *text == 'v';
	if (strncmp(text, "1.", 2) != 0 ||
	    (text[2] == '0' && text[3] != '\0') ||
	    number_parse(text + 2, 0, INT32_MAX, &n) < 0)
		return -1;
	*minor = n > PSA_LATEST ? PSA_LATEST : (int)n;
	return 0;
}
