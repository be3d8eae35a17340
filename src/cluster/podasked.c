/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the pod that the server made the pod that was sent?
 */
#include "cluster/podasked.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/quote.h"
#include "cluster/podstatus.h"
#include "pod/manifest.h"
#include "pod/pod.h"

#define FIX_CHANGED \
	"find the webhook or policy of the cluster that changes pods, or use a cluster that supports this field, or leave out the option that sets it"

/* One comparison. */
struct compare {
	const struct json *asked, *got; /* the specs */
	struct podasked *to; /* its why: "" = all is well so far */
	bool inject; /* the bundle is its container's image */
};

/* ----------------------------------------------------------------- helpers */

/* How a value looks in a message; "nothing" where there is none. */
static const char *
show(char *text, size_t size, const struct json *value)
{
	char *printed = value != NULL ? json_print(value, JSON_COMPACT) : NULL;

	msg_mask(text, size, printed != NULL ? printed : "nothing");
	free(printed);
	return text;
}

/* The first difference is the reason. */
static void
differs(struct compare *c, const char *where, const char *field,
    const struct json *asked, const struct json *got)
{
	char was[256], is[256], place[128];

	if (c->to->why[0] == '\0')
		snprintf(c->to->why, sizeof c->to->why,
		    "%s%s: asked for %s, but the cluster set %s",
		    msg_mask(place, sizeof place, where), field,
		    show(was, sizeof was, asked), show(is, sizeof is, got));
}

static void __attribute__((format(printf, 2, 3)))
list_other(struct compare *c, const char *format, ...)
{
	char text[512], shown[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (c->to->others != NULL)
		json_add_string(c->to->others, NULL,
		    msg_mask(shown, sizeof shown, text));
}

/* ------------------------------------------------------------------ fields */

/* What may become of a field. */
enum rule {
	SAME, /* nothing */
	SAME_HERE, /* nothing; where the container has none, the pod's counts */
	SAME_IF_ASKED,
	SAME_ON, /* nothing; where there is none, it is true */
	OFF, /* false, or not there */
	DEFAULT, /* "Default", or not there */
	EMPTY /* no elements */
};

struct field {
	const char *path; /* its keys, with dots */
	enum rule rule;
};

#define SECURITY "securityContext."

static const struct field pod_fields[] = {{"restartPolicy", SAME},
    {"automountServiceAccountToken", SAME}, {"ephemeralContainers", SAME},
    {"hostNetwork", OFF}, {"hostPID", OFF}, {"hostIPC", OFF},
    {"shareProcessNamespace", OFF}, {"hostUsers", SAME_ON}, {NULL, SAME}};

static const struct field container_fields[] = {{"image", SAME},
    {"command", SAME}, {"args", SAME}, {"workingDir", SAME},
    {"lifecycle", SAME}, {"livenessProbe", SAME}, {"startupProbe", SAME},
    {"readinessProbe", SAME}, {"restartPolicy", SAME},
    {SECURITY "runAsNonRoot", SAME_HERE}, {SECURITY "privileged", OFF},
    {SECURITY "allowPrivilegeEscalation", SAME},
    {SECURITY "readOnlyRootFilesystem", SAME_IF_ASKED},
    {SECURITY "capabilities.drop", SAME}, {SECURITY "capabilities.add", EMPTY},
    {SECURITY "seccompProfile.type", SAME_HERE},
    {SECURITY "seccompProfile.localhostProfile", SAME_HERE},
    {SECURITY "procMount", DEFAULT}, {NULL, SAME}};

/* Where the namespace chooses the user, it chooses groups, too, by which more
 * may be read, or other files: of a container, and of a pod. */
static const struct field user_fields[] = {{SECURITY "runAsUser", SAME_HERE},
    {SECURITY "runAsGroup", SAME_HERE}, {NULL, SAME}};
static const struct field group_fields[] = {{SECURITY "fsGroup", SAME},
    {SECURITY "supplementalGroups", SAME},
    {SECURITY "supplementalGroupsPolicy", SAME}, {NULL, SAME}};

/*
 * The field of o at this path.  spec: its pod's, whose security context counts
 * where o has nothing; or NULL.
 */
static const struct json *
field_at(const struct json *spec, const struct json *o, const char *path)
{
	const size_t len = sizeof SECURITY - 1;
	char key[64];

	if (spec != NULL) {
		snprintf(key, sizeof key, "%.*s", (int)strcspn(path + len, "."),
		    path + len);
		if (!json_has(json_get(o, "securityContext"), key))
			o = spec;
	}
	return manifest_follow(o, path);
}

static void
compare_fields(struct compare *c, const char *where, const struct field *f,
    const struct json *asked, const struct json *got)
{
	const struct json *was, *is;
	bool good, here;

	for (; f->path != NULL; f++) {
		here = f->rule == SAME_HERE;
		was = field_at(here ? c->asked : NULL, asked, f->path);
		is = field_at(here ? c->got : NULL, got, f->path);
		good = json_is_same(was, is) ||
		    (f->rule == SAME_IF_ASKED && was == NULL);
		if (f->rule == OFF)
			good = !json_bool(is, false);
		else if (f->rule == SAME_ON)
			good = json_bool(was, true) == json_bool(is, true);
		else if (f->rule == EMPTY)
			good = json_size(is) == 0;
		else if (f->rule == DEFAULT)
			good = !json_is_string(is) ||
			    strcmp(json_text(is), "Default") == 0;
		if (!good)
			differs(c, where, f->path, was, is);
	}
}

/* ------------------------------------------------------------------ mounts */

/* Is path `at`, or below it? */
static bool
is_within(const char *path, const char *at)
{
	size_t n = strlen(at);

	while (n > 0 && at[n - 1] == '/')
		n--;
	return strncmp(path, at, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool
is_same_mount(const struct json *a, const struct json *b)
{
	const char *propagation = json_get_string(b, "mountPropagation");

	return json_is_same(json_get(a, "name"), json_get(b, "name")) &&
	    json_is_same(json_get(a, "mountPath"), json_get(b, "mountPath")) &&
	    json_bool(json_get(a, "readOnly"), false) ==
	    json_bool(json_get(b, "readOnly"), false) &&
	    json_get(b, "subPath") == NULL &&
	    json_get(b, "subPathExpr") == NULL &&
	    (propagation == NULL || strcmp(propagation, "None") == 0);
}

/* May the bundle's image have something there that the mount hides? */
static bool
may_hide(const struct compare *c, const char *path)
{
	static const char *const runtime[] = {"/dev", "/proc", "/sys",
	    "/run/secrets", "/var/run/secrets"};
	const struct names *allowed = c->to->allowed;
	size_t i;

	if (*path != '/' || strstr(path, "..") != NULL)
		return true;
	for (i = 0; i < sizeof runtime / sizeof *runtime; i++)
		if (is_within(path, runtime[i]))
			return false;
	for (i = 0; allowed != NULL && i < allowed->n; i++)
		if (is_within(path, allowed->at[i]))
			return false;
	return true;
}

static void
compare_mounts(struct compare *c, const char *where, const struct json *asked,
    const struct json *got)
{
	const struct json *ours = json_get(asked, "volumeMounts"), *hit, *m;
	bool is_bundle = c->inject &&
	    strncmp(json_get_text(asked, "name"), POD_BUNDLE,
	        strlen(POD_BUNDLE)) == 0;
	char name[128], path[256], quoted[300];
	const char *at;
	size_t same = 0;

	for (m = json_first(json_get(got, "volumeMounts")); m != NULL;
	     m = json_next(m)) {
		/* which of ours does it affect? */
		at = json_get_text(m, "mountPath");
		hit = json_first(ours);
		while (hit != NULL &&
		    !json_is_same(json_get(hit, "name"), json_get(m, "name")) &&
		    !is_within(json_get_text(hit, "mountPath"), at) &&
		    !is_within(at, json_get_text(hit, "mountPath")))
			hit = json_next(hit);
		if (hit == NULL && is_bundle && may_hide(c, at)) {
			if (c->to->why[0] != '\0')
				continue;
			snprintf(c->to->why, sizeof c->to->why,
			    "%svolume %s is mounted at %s, and hides what the bundle has there",
			    where,
			    msg_mask(name, sizeof name,
			        json_get_text(m, "name")),
			    msg_mask(path, sizeof path, at));
			snprintf(c->to->fix, sizeof c->to->fix,
			    "--allow-mount %s if the bundle has nothing there; or --strategy image-volume, which is not affected; or --overrides with the label or annotation by which the webhook leaves a pod alone",
			    quote_name(quoted, sizeof quoted, at));
		} else if (hit == NULL)
			list_other(c, "%smount of volume %s at %s", where,
			    json_get_text(m, "name"), at);
		else if (is_same_mount(hit, m))
			same++;
		else
			differs(c, where, "volumeMounts", hit, m);
	}
	if (same != json_size(ours))
		differs(c, where, "volumeMounts", ours,
		    json_get(got, "volumeMounts"));
}

/* -------------------------------------------------------------- containers */

/* Ours must be as they were; all others must leave our volumes alone. */
static void
compare_containers(struct compare *c, const char *key, const char *kind)
{
	const struct json *ours = json_get(c->asked, key), *one, *got, *m;
	const struct json *all = json_get(c->got, key);
	const struct json *volumes = json_get(c->asked, "volumes");
	const char *name, *user = user_fields[0].path;
	char where[128];

	for (one = json_first(ours); one != NULL; one = json_next(one)) {
		name = json_get_text(one, "name");
		snprintf(where, sizeof where, "container %.63s: ", name);
		got = podstatus_named(all, name);
		if (got == NULL) {
			differs(c, where, "name", json_get(one, "name"), NULL);
			continue;
		}
		compare_fields(c, where, container_fields, one, got);
		m = field_at(c->got, got, user);
		if (field_at(c->asked, one, user) != NULL)
			compare_fields(c, where, user_fields, one, got);
		else if (json_number(m) == 0)
			/* where OpenShift sets it, it may be any but root */
			differs(c, where, user, NULL, m);
		compare_mounts(c, where, one, got);
		for (m = json_first(json_get(got, "env")); m != NULL;
		     m = json_next(m))
			if (podstatus_named(json_get(one, "env"),
			        json_get_text(m, "name")) == NULL)
				list_other(c, "%senvironment variable %s",
				    where, json_get_text(m, "name"));
	}
	for (one = json_first(all); one != NULL; one = json_next(one)) {
		name = json_get_text(one, "name");
		if (podstatus_named(ours, name) != NULL)
			continue;
		list_other(c, "%s %s, image %s", kind, name,
		    json_get_text(one, "image"));
		for (m = json_first(json_get(one, "volumeMounts")); m != NULL;
		     m = json_next(m))
			if (podstatus_named(volumes,
			        json_get_text(m, "name")) != NULL)
				differs(c, name, ".volumeMounts", NULL, m);
	}
}

/* --------------------------------------------------------------------- pod */

/* Labels and annotations that were added. */
static void
list_metadata(struct compare *c, const struct json *asked,
    const struct json *got, const char *key, const char *kind)
{
	const struct json *m;

	for (m = json_first(json_path(got, "metadata", key, NULL)); m != NULL;
	     m = json_next(m))
		/* before 1.25 the server itself repeats seccompProfile so */
		if (strstr(json_key(m),
		        "seccomp.security.alpha.kubernetes.io/") == NULL &&
		    json_path(asked, "metadata", key, json_key(m), NULL) ==
		        NULL)
			list_other(c, "%s %s", kind, json_key(m));
}

bool
podasked_is(struct podasked *p, const struct json *asked,
    const struct json *got)
{
	struct compare c = {.asked = json_get(asked, "spec"),
	    .got = json_get(got, "spec"),
	    .to = p,
	    .inject = true};
	const struct json *bundle = json_first(json_get(c.asked, "containers"));
	const struct json *ours = json_get(c.asked, "volumes"), *v, *was;
	const struct json *all = json_get(c.got, "volumes");

	p->why[0] = '\0';
	snprintf(p->fix, sizeof p->fix, "%s", FIX_CHANGED);
	for (v = json_first(ours); v != NULL; v = json_next(v))
		c.inject = c.inject && !json_has(v, "image");
	compare_fields(&c, "", pod_fields, c.asked, c.got);
	if (field_at(c.asked, bundle, user_fields[0].path) != NULL)
		compare_fields(&c, "", group_fields, c.asked, c.got);
	compare_containers(&c, "initContainers", "init container");
	compare_containers(&c, "containers", "container");
	for (v = json_first(ours); v != NULL; v = json_next(v)) {
		was = podstatus_named(all, json_get_text(v, "name"));
		if (json_has(v, "emptyDir") != json_has(was, "emptyDir") ||
		    json_has(v, "image") != json_has(was, "image") ||
		    json_size(was) != json_size(v) ||
		    json_path(was, "emptyDir", "medium", NULL) != NULL ||
		    !json_is_same(json_path(v, "image", "reference", NULL),
		        json_path(was, "image", "reference", NULL)))
			differs(&c, "", "volumes", v, was);
	}
	for (v = json_first(all); v != NULL; v = json_next(v))
		if (podstatus_named(ours, json_get_text(v, "name")) == NULL)
			list_other(&c, "volume %s", json_get_text(v, "name"));
	list_metadata(&c, asked, got, "annotations", "annotation");
	list_metadata(&c, asked, got, "labels", "label");
	return p->why[0] == '\0';
}
