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

/* The element of an array of objects that has this name, or NULL. */
static const struct json *
find_named(const struct json *array, const char *name)
{
	const struct json *item;

	for (item = json_first(array); item != NULL; item = json_next(item))
		if (strcmp(json_get_text(item, "name"), name) == 0)
			return item;
	return NULL;
}

/* How a value looks in a message; "nothing" where there is none. */
static const char *
show(char *text, size_t size, const struct json *value)
{
	char *printed = value != NULL ? json_print(value, JSON_COMPACT) : NULL;

	(void)msg_mask(text, size, printed != NULL ? printed : "nothing");
	free(printed);
	return text;
}

/* Scalars, or arrays of these: the same text is the same value. */
static bool
is_same(const struct json *a, const struct json *b)
{
	char *x, *y;
	bool same;

	if (a == NULL || b == NULL)
		return a == b;
	x = json_print(a, JSON_COMPACT);
	y = json_print(b, JSON_COMPACT);
	same = x != NULL && y != NULL && strcmp(x, y) == 0;
	free(x);
	free(y);
	return same;
}

/* The first difference is the reason. */
static void
differs(struct compare *c, const char *where, const char *field,
    const struct json *asked, const struct json *got)
{
	char was[256], is[256], place[128];

	if (c->to->why[0] == '\0')
		(void)snprintf(c->to->why, PODASKED_WHY,
		    "%s%s: asked for %s, but the cluster set %s",
		    msg_mask(place, sizeof place, where), field,
		    show(was, sizeof was, asked), show(is, sizeof is, got));
}

static void
must_be(struct compare *c, const char *where, const char *field,
    const struct json *asked, const struct json *got)
{
	if (!is_same(asked, got))
		differs(c, where, field, asked, got);
}

/* false, or not there, unless it was asked for. */
static void
must_be_off(struct compare *c, const char *where, const char *field,
    const struct json *got)
{
	if (json_bool(got, false))
		differs(c, where, field, NULL, got);
}

static void __attribute__((format(printf, 2, 3)))
list_other(struct compare *c, const char *format, ...)
{
	char text[512], shown[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (c->to->others != NULL)
		json_add_string(c->to->others, NULL,
		    msg_mask(shown, sizeof shown, text));
}

/* ---------------------------------------------------------------- security */

/* A setting of a container, or of its pod if the container has none. */
static const struct json *
effective(const struct json *spec, const struct json *container,
    const char *key)
{
	const struct json *own = json_path(container, "securityContext", key,
	    NULL);

	return own != NULL ? own
	                   : json_path(spec, "securityContext", key, NULL);
}

static void
compare_user(struct compare *c, const char *where, const struct json *asked,
    const struct json *got)
{
	const struct json *was = effective(c->asked, asked, "runAsUser");
	const struct json *is = effective(c->got, got, "runAsUser");

	/* where OpenShift sets it, it may be any but root */
	if (was != NULL || (is != NULL && json_number(is) == 0))
		must_be(c, where, "securityContext.runAsUser", was, is);
	/* it may choose groups, too */
	if (was != NULL)
		must_be(c, where, "securityContext.runAsGroup",
		    effective(c->asked, asked, "runAsGroup"),
		    effective(c->got, got, "runAsGroup"));
	must_be(c, where, "securityContext.runAsNonRoot",
	    effective(c->asked, asked, "runAsNonRoot"),
	    effective(c->got, got, "runAsNonRoot"));
}

static void
compare_security(struct compare *c, const char *where, const struct json *asked,
    const struct json *got)
{
	const struct json *was = json_get(asked, "securityContext");
	const struct json *is = json_get(got, "securityContext");
	const struct json *add = json_path(is, "capabilities", "add", NULL);
	const char *proc = json_get_string(is, "procMount");

	compare_user(c, where, asked, got);
	must_be_off(c, where, "securityContext.privileged",
	    json_get(is, "privileged"));
	must_be(c, where, "securityContext.allowPrivilegeEscalation",
	    json_get(was, "allowPrivilegeEscalation"),
	    json_get(is, "allowPrivilegeEscalation"));
	if (json_has(was, "readOnlyRootFilesystem"))
		must_be(c, where, "securityContext.readOnlyRootFilesystem",
		    json_get(was, "readOnlyRootFilesystem"),
		    json_get(is, "readOnlyRootFilesystem"));
	must_be(c, where, "securityContext.capabilities.drop",
	    json_path(was, "capabilities", "drop", NULL),
	    json_path(is, "capabilities", "drop", NULL));
	if (json_size(add) > 0)
		differs(c, where, "securityContext.capabilities.add", NULL,
		    add);
	if (proc != NULL && strcmp(proc, "Default") != 0)
		differs(c, where, "securityContext.procMount", NULL,
		    json_get(is, "procMount"));
	was = effective(c->asked, asked, "seccompProfile");
	is = effective(c->got, got, "seccompProfile");
	must_be(c, where, "securityContext.seccompProfile.type",
	    json_get(was, "type"), json_get(is, "type"));
	must_be(c, where, "securityContext.seccompProfile.localhostProfile",
	    json_get(was, "localhostProfile"),
	    json_get(is, "localhostProfile"));
}

/* ------------------------------------------------------------------ mounts */

/* Is one of these paths the other, or above it? */
static bool
is_nested(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), less = n < m ? n : m;
	const char *longer = n < m ? b : a;

	while (less > 0 && longer[less - 1] == '/')
		less--;
	return strncmp(a, b, less) == 0 &&
	    (longer[less] == '\0' || longer[less] == '/');
}

/* Which of our mounts does this one affect? NULL: none. */
static const struct json *
hit_mount(const struct json *ours, const struct json *mount)
{
	const struct json *m;

	for (m = json_first(ours); m != NULL; m = json_next(m))
		if (strcmp(json_get_text(m, "name"),
		        json_get_text(mount, "name")) == 0 ||
		    is_nested(json_get_text(m, "mountPath"),
		        json_get_text(mount, "mountPath")))
			return m;
	return NULL;
}

static bool
is_same_mount(const struct json *a, const struct json *b)
{
	const char *propagation = json_get_string(b, "mountPropagation");

	return is_same(json_get(a, "name"), json_get(b, "name")) &&
	    is_same(json_get(a, "mountPath"), json_get(b, "mountPath")) &&
	    json_bool(json_get(a, "readOnly"), false) ==
	    json_bool(json_get(b, "readOnly"), false) &&
	    json_get(b, "subPath") == NULL &&
	    json_get(b, "subPathExpr") == NULL &&
	    (propagation == NULL || strcmp(propagation, "None") == 0);
}

/* Is path `at`, or below it? */
static bool
is_within(const char *path, const char *at)
{
	size_t n = strlen(at);

	while (n > 0 && at[n - 1] == '/')
		n--;
	return strncmp(path, at, n) == 0 && (path[n] == '\0' || path[n] == '/');
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

/* A mount that was not sent is above the bundle. */
static void
differs_by_mount(struct compare *c, const char *where, const struct json *m)
{
	char name[128], path[256], quoted[300];

	if (c->to->why[0] != '\0')
		return;
	msg_mask(name, sizeof name, json_get_text(m, "name"));
	msg_mask(path, sizeof path, json_get_text(m, "mountPath"));
	quote_name(quoted, sizeof quoted, json_get_text(m, "mountPath"));
	snprintf(c->to->why, sizeof c->to->why,
	    "%svolume %s is mounted at %s, and hides what the bundle has there",
	    where, name, path);
	snprintf(c->to->fix, sizeof c->to->fix,
	    "--allow-mount %s if the bundle has nothing there; or --strategy image-volume, which is not affected; or --overrides with the label or annotation by which the webhook leaves a pod alone",
	    quoted);
}

static void
compare_mounts(struct compare *c, const char *where, const struct json *asked,
    const struct json *got)
{
	const struct json *ours = json_get(asked, "volumeMounts"), *hit, *m;
	bool is_bundle = c->inject &&
	    strncmp(json_get_text(asked, "name"), POD_BUNDLE,
	        strlen(POD_BUNDLE)) == 0;
	size_t same = 0;

	for (m = json_first(json_get(got, "volumeMounts")); m != NULL;
	     m = json_next(m)) {
		hit = hit_mount(ours, m);
		if (hit == NULL && is_bundle &&
		    may_hide(c, json_get_text(m, "mountPath")))
			differs_by_mount(c, where, m);
		else if (hit == NULL)
			list_other(c, "%smount of volume %s at %s", where,
			    json_get_text(m, "name"),
			    json_get_text(m, "mountPath"));
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

static void
compare_rest(struct compare *c, const char *where, const struct json *asked,
    const struct json *got)
{
	const struct json *e;

	for (e = json_first(json_get(got, "env")); e != NULL; e = json_next(e))
		if (find_named(json_get(asked, "env"),
		        json_get_text(e, "name")) == NULL)
			list_other(c, "%senvironment variable %s", where,
			    json_get_text(e, "name"));
	if (json_size(json_get(got, "envFrom")) > 0)
		list_other(c, "%senvFrom", where);
	if (!is_same(json_path(asked, "resources", "limits", "memory", NULL),
	        json_path(got, "resources", "limits", "memory", NULL)))
		list_other(c, "%sother limits", where);
}

static void
compare_container(struct compare *c, const struct json *asked,
    const struct json *got)
{
	static const char *const fields[] = {"image", "command", "args",
	    "workingDir", "lifecycle", "livenessProbe", "startupProbe",
	    "readinessProbe", "restartPolicy"};
	const char *name = json_get_text(asked, "name");
	char where[128];
	size_t i;

	(void)snprintf(where, sizeof where, "container %.63s: ", name);
	if (got == NULL) {
		differs(c, where, "name", json_get(asked, "name"), NULL);
		return;
	}
	for (i = 0; i < sizeof fields / sizeof *fields; i++)
		must_be(c, where, fields[i], json_get(asked, fields[i]),
		    json_get(got, fields[i]));
	compare_security(c, where, asked, got);
	compare_mounts(c, where, asked, got);
	compare_rest(c, where, asked, got);
}

/* A container that is not ours: it must leave our volume alone. */
static void
look_stranger(struct compare *c, const char *kind, const struct json *got)
{
	const struct json *ours = json_get(c->asked, "volumes"), *m;

	list_other(c, "%s %s, image %s", kind, json_get_text(got, "name"),
	    json_get_text(got, "image"));
	for (m = json_first(json_get(got, "volumeMounts")); m != NULL;
	     m = json_next(m))
		if (find_named(ours, json_get_text(m, "name")) != NULL)
			differs(c, json_get_text(got, "name"), ".volumeMounts",
			    NULL, m);
}

static void
compare_containers(struct compare *c, const char *key, const char *kind)
{
	const struct json *ours = json_get(c->asked, key), *one;
	const struct json *all = json_get(c->got, key);

	for (one = json_first(ours); one != NULL; one = json_next(one))
		compare_container(c, one,
		    find_named(all, json_get_text(one, "name")));
	for (one = json_first(all); one != NULL; one = json_next(one))
		if (find_named(ours, json_get_text(one, "name")) == NULL)
			look_stranger(c, kind, one);
}

/* --------------------------------------------------------------------- pod */

static void
compare_volumes(struct compare *c)
{
	const struct json *ours = json_get(c->asked, "volumes"), *v, *was;
	const struct json *all = json_get(c->got, "volumes");
	const char *name;

	for (v = json_first(ours); v != NULL; v = json_next(v)) {
		name = json_get_text(v, "name");
		was = find_named(all, name);
		if (json_has(v, "emptyDir") != json_has(was, "emptyDir") ||
		    json_has(v, "image") != json_has(was, "image") ||
		    json_size(was) != json_size(v) ||
		    json_path(was, "emptyDir", "medium", NULL) != NULL ||
		    !is_same(json_path(v, "image", "reference", NULL),
		        json_path(was, "image", "reference", NULL)))
			differs(c, "", "volumes", v, was);
	}
	for (v = json_first(all); v != NULL; v = json_next(v))
		if (find_named(ours, json_get_text(v, "name")) == NULL)
			list_other(c, "volume %s", json_get_text(v, "name"));
}

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

static void
compare_spec(struct compare *c)
{
	static const char *const off[] = {"hostNetwork", "hostPID", "hostIPC",
	    "shareProcessNamespace"};
	static const char *const same[] = {"restartPolicy",
	    "automountServiceAccountToken", "ephemeralContainers"};
	static const char *const listed[] = {"nodeSelector", "affinity",
	    "runtimeClassName", "priorityClassName", "hostAliases"};
	const char *account = json_get_string(c->got, "serviceAccountName");
	size_t i;

	for (i = 0; i < sizeof same / sizeof *same; i++)
		must_be(c, "", same[i], json_get(c->asked, same[i]),
		    json_get(c->got, same[i]));
	if (json_bool(json_get(c->asked, "hostUsers"), true) !=
	    json_bool(json_get(c->got, "hostUsers"), true))
		differs(c, "", "hostUsers", json_get(c->asked, "hostUsers"),
		    json_get(c->got, "hostUsers"));
	for (i = 0; i < sizeof off / sizeof *off; i++)
		must_be_off(c, "", off[i], json_get(c->got, off[i]));
	for (i = 0; i < sizeof listed / sizeof *listed; i++)
		if (json_size(json_get(c->got, listed[i])) > 0 ||
		    json_string(json_get(c->got, listed[i])) != NULL)
			list_other(c, "%s", listed[i]);
	if (account != NULL && strcmp(account, "default") != 0)
		list_other(c, "service account %s", account);
	if (json_path(c->got, "securityContext", "sysctls", NULL) != NULL)
		list_other(c, "sysctls");
}

/*
 * Groups of the whole pod, by which it may read more, or other files; where the
 * namespace chooses the user, it chooses these, too.
 */
static void
compare_groups(struct compare *c)
{
	static const char *const keys[] = {"fsGroup", "supplementalGroups",
	    "supplementalGroupsPolicy"};
	const struct json *was = json_get(c->asked, "securityContext");
	const struct json *is = json_get(c->got, "securityContext");
	const struct json *bundle = json_first(
	    json_get(c->asked, "containers"));
	bool chosen = effective(c->asked, bundle, "runAsUser") == NULL;
	char field[64];
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(field, sizeof field, "securityContext.%s", keys[i]);
		if (!chosen)
			must_be(c, "", field, json_get(was, keys[i]),
			    json_get(is, keys[i]));
		else if (json_has(is, keys[i]) && !json_has(was, keys[i]))
			list_other(c, "%s", keys[i]);
	}
}

bool
podasked_is(struct podasked *p, const struct json *asked,
    const struct json *got)
{
	struct compare c = {.asked = json_get(asked, "spec"),
	    .got = json_get(got, "spec"),
	    .to = p};
	const struct json *v = json_first(json_get(c.asked, "volumes"));

	p->why[0] = '\0';
	snprintf(p->fix, sizeof p->fix, "%s", FIX_CHANGED);
	c.inject = true;
	for (; v != NULL; v = json_next(v))
		c.inject = c.inject && !json_has(v, "image");
	compare_spec(&c);
	compare_groups(&c);
	compare_containers(&c, "initContainers", "init container");
	compare_containers(&c, "containers", "container");
	compare_volumes(&c);
	list_metadata(&c, asked, got, "annotations", "annotation");
	list_metadata(&c, asked, got, "labels", "label");
	return p->why[0] == '\0';
}
