/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the unpack pod: a Pod as a JSON tree, from what to unpack and how.
 */
#include "pod/pod.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "pod/name.h"
#include "pod/yaml.h"
#include "wire.h"

/* What is copied, in a volume of this name and below where that is mounted. */
#define FILES "files"

/* Where the bundle is in our own container. */
#define VOLUME "/bundle"

enum {
	LABEL_MAX = 63, /* characters of a label's value, and of a name */
	BASE_LEN = 512, /* of a bundle's own name; an image's has 255 */
	HASH_LEN = 8 /* digits of the digest in a name that was changed */
};

/* ------------------------------------------------------------------ names */

void
pod_make_name(char name[static POD_NAME], const char *text, const char *suffix)
{
	char digest[DIGEST_TEXT];
	size_t room = POD_NAME - 1 - strnlen(suffix, POD_SUFFIX_MAX);
	size_t len = 0, i;
	bool changed = false;
	char c;

	for (i = 0; text[i] != '\0' && len < room; i++) {
		c = isalnum((unsigned char)text[i])
		    ? (char)tolower((unsigned char)text[i])
		    : '-';
		changed = changed || c != text[i] || (c == '-' && len == 0);
		if (c != '-' || len > 0)
			name[len++] = c;
	}
	changed = changed || text[i] != '\0' || len == 0 ||
	    name[len - 1] == '-';
	if (changed) {
		digest_of(text, strlen(text), digest);
		if (len > room - HASH_LEN - 1)
			len = room - HASH_LEN - 1;
		while (len > 0 && name[len - 1] == '-')
			len--;
		if (len > 0)
			name[len++] = '-';
		memcpy(name + len, digest + strlen("sha256:"), HASH_LEN);
		len += HASH_LEN;
	}
	snprintf(name + len, POD_NAME - len, "%.*s", POD_SUFFIX_MAX, suffix);
}

/* What the bundle of o is called: as its owner, or its image. */
static void
pod_base(const struct pod_opts *o, char base[static BASE_LEN])
{
	const char *slash = strrchr(o->image, '/');

	if (o->owner.name != NULL) {
		snprintf(base, BASE_LEN, "%s", o->owner.name);
		return;
	}
	snprintf(base, BASE_LEN, "%s", slash != NULL ? slash + 1 : o->image);
	base[strcspn(base, ":@")] = '\0';
}

void
pod_name_bundle(const struct pod_opts *o, char name[static POD_NAME])
{
	char base[BASE_LEN];

	pod_base(o, base);
	pod_make_name(name, base, "");
}

void
pod_name(const struct pod_opts *o, char name[static POD_NAME],
    const char *suffix)
{
	char base[BASE_LEN], text[BASE_LEN + 32], digest[DIGEST_TEXT];

	if (o->name != NULL) {
		pod_make_name(name, o->name, suffix);
		return;
	}
	pod_base(o, base);
	/* so that two versions of an image never meet */
	digest_of(o->image, strlen(o->image), digest);
	if (suffix[0] != '\0')
		snprintf(text, sizeof text, "unpack-%s", base);
	else
		snprintf(text, sizeof text, "unpack-%.40s-%.*s", base, HASH_LEN,
		    digest + strlen("sha256:"));
	pod_make_name(name, text, suffix);
}

/* --------------------------------------------------------------- building */

/*
 * The pod with all that it may have, in the order in which it is printed: what
 * is "x" or empty is filled in or taken out.
 */
static const char pod_text
    [] = "apiVersion: v1\n"
         "kind: Pod\n"
         "metadata:\n"
         "  name: x\n"
         "  namespace: x\n"
         "  labels: {" POD_LABEL ": " POD_LABEL_VALUE ", " POD_MANAGED_BY
         ": unpackctl,\n"
         "    " POD_OWNER_KIND ": x, " POD_OWNER_NAME ": x}\n"
         "  ownerReferences: [{apiVersion: x, kind: x, name: x, uid: x,\n"
         "    controller: true, blockOwnerDeletion: true}]\n"
         "spec:\n"
         "  restartPolicy: Never\n"
         "  activeDeadlineSeconds: x\n"
         "  automountServiceAccountToken: false\n"
         "  enableServiceLinks: false\n"
         "  hostUsers: false\n"
         "  imagePullSecrets: []\n"
         "  securityContext: {runAsUser: x, runAsNonRoot: true,\n"
         "    seccompProfile: {type: RuntimeDefault}}\n"
         "  volumes: [{name: unpack, emptyDir: {sizeLimit: 8Mi}}]\n"
         "  initContainers: []\n"
         "  containers: []\n";

/* A container of it; `unpack` itself writes its termination message. */
static const char container_text
    [] = "name: x\n"
         "image: x\n"
         "imagePullPolicy: x\n"
         "command: []\n"
         "workingDir: /\n"
         "terminationMessagePolicy: FallbackToLogsOnError\n"
         "resources: {requests: {cpu: " POD_CPU ", memory: " POD_MEMORY "},\n"
         "  limits: {memory: " POD_MEMORY_LIMIT "}}\n"
         "volumeMounts: []\n"
         "securityContext: {allowPrivilegeEscalation: false,\n"
         "  capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true,\n"
         "  runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n";

/* What a pod is built after. */
struct build {
	const struct pod_opts *o;
	bool inject; /* by its strategy */
	const char *tools; /* where our volume is; random, or borrowed from o */
	char random[sizeof WIRE_MOUNT + WIRE_MOUNT_DIGITS];
};

/* One of our own texts, as a tree that is owned; NULL (reported). */
static struct json *
pod_parse(const char *text)
{
	struct json *docs = yaml_parse("pod", text, strlen(text));
	struct json *tree = json_copy(json_first(docs));

	json_free(docs);
	return tree;
}

/* Change what is there by a merge patch, one of our own texts. */
static void
pod_patch(struct json *to, const char *text)
{
	struct json *patch = pod_parse(text);

	if (patch == NULL)
		json_spoil(to);
	json_merge(to, patch);
	json_free(patch);
}

/* Put value in the place of a member, or take that out: NULL. */
static void
pod_fill(struct json *object, const char *key, const char *value)
{
	if (value != NULL)
		(void)json_set(object, key, json_new_string(value));
	else
		json_free(json_take(object, key));
}

/*
 * Add an argument of three texts to a container's command; kubelet must not
 * expand $(NAME) in it.
 */
static void
put_arg(struct json *container, const char *option, const char *value,
    const char *rest)
{
	char *text, *arg = NULL, *p;
	const char *c;

	if (asprintf(&text, "%s%s%s", option, value, rest) < 0)
		text = NULL;
	else
		arg = calloc(2, strlen(text) + 1);
	for (c = text, p = arg; p != NULL && *c != '\0'; *p++ = *c++)
		if (c[0] == '$' && c[1] == '(')
			*p++ = '$';
	json_add_string(json_get(container, "command"), NULL, arg);
	free(text);
	free(arg);
}

static void
put_mount(struct json *container, const char *name, const char *path,
    bool read_only)
{
	struct json *mount = json_add_object(json_get(container,
	                                         "volumeMounts"),
	    NULL);

	json_add_string(mount, "name", name);
	json_add_string(mount, "mountPath", path);
	if (read_only)
		json_add_bool(mount, "readOnly", true);
}

/* Add a container, whose command and mounts are the caller's to fill. */
static struct json *
put_container(const struct pod_opts *o, struct json *to, const char *name,
    const char *image)
{
	struct json *container = json_add(to, NULL, pod_parse(container_text));
	struct json *resources = json_get(container, "resources");

	pod_fill(container, "name", name);
	pod_fill(container, "image", image);
	pod_fill(container, "imagePullPolicy", o->pull_policy);
	json_merge(json_get(resources, "requests"), o->requests);
	json_merge(json_get(resources, "limits"), o->limits);
	if (o->user_namespace)
		pod_patch(container, "securityContext: {runAsNonRoot: null}");
	return container;
}

/* A container that prints the bundle, or some parts of it, or copies it. */
static void
put_bundle(const struct build *b, struct json *containers, const char *name,
    const char *parts)
{
	const struct pod_opts *o = b->o;
	struct json *container = put_container(o, containers, name,
	    b->inject ? o->image : o->unpacker);
	const char *dir = o->bundle_dir;
	char files[sizeof b->random + sizeof "-" FILES];

	put_mount(container, b->inject ? "unpack" : "bundle",
	    b->inject ? b->tools : VOLUME, true);
	put_arg(container, b->inject ? b->tools : "", "/unpack", "");
	if (o->check || o->copy_to != NULL)
		put_arg(container, o->check ? "check" : "copy", "", "");
	put_arg(container, "--bundle-dir=", b->inject ? "" : VOLUME,
	    !b->inject && strcmp(dir, "/") == 0 ? "" : dir);
	if (o->check)
		return;
	/* an init container can run again, and the volume stays */
	if (o->copy_to != NULL)
		put_arg(container, "--force", "", "");
	else
		put_arg(container,
		    "--format=", parts != NULL ? "jsonl" : o->format, "");
	if (o->symlinks != NULL)
		put_arg(container, "--symlinks=", o->symlinks, "");
	if (parts != NULL)
		put_arg(container, "--parts=", parts, "");
	if (o->copy_to != NULL) {
		put_arg(container, b->tools, "-" FILES "/" FILES, "");
		snprintf(files, sizeof files, "%s-" FILES, b->tools);
		put_mount(container, FILES, files, false);
	} else {
		put_arg(container, "--log-limit=",
		    o->log_limit != NULL ? o->log_limit : POD_LOG_LIMIT, "");
	}
}

static void
fill_metadata(const struct pod_opts *o, struct json *metadata)
{
	struct json *labels = json_get(metadata, "labels");
	struct json *owner = json_at(json_get(metadata, "ownerReferences"), 0);
	char name[POD_NAME];

	pod_name(o, name, "");
	pod_fill(metadata, "name", name);
	pod_fill(metadata, "namespace", o->namespace);
	pod_fill(owner, "apiVersion", o->owner.api_version);
	pod_fill(owner, "kind", o->owner.kind);
	pod_fill(owner, "name", o->owner.name);
	pod_fill(owner, "uid", o->owner.uid);
	if (o->owner.uid == NULL)
		pod_fill(metadata, "ownerReferences", NULL);
	/* a subdomain is a label's value, but that can be longer */
	if (o->owner.name != NULL && strlen(o->owner.name) > LABEL_MAX)
		pod_make_name(name, o->owner.name, "");
	else if (o->owner.name != NULL)
		snprintf(name, sizeof name, "%s", o->owner.name);
	pod_fill(labels, POD_OWNER_KIND, o->owner.kind);
	pod_fill(labels, POD_OWNER_NAME, o->owner.kind != NULL ? name : NULL);
	/* a pod with a copy is the user's: what deletes ours by their label
	 * must leave it alone */
	if (o->copy_to != NULL)
		pod_patch(labels,
		    "{" POD_LABEL ": null, " POD_MANAGED_BY ": null}");
	if (json_first(labels) == NULL)
		pod_fill(metadata, "labels", NULL);
}

/* Everything of the spec but its containers that print. */
static void
fill_spec(const struct build *b, struct json *spec)
{
	const struct pod_opts *o = b->o;
	struct json *context = json_get(spec, "securityContext");
	struct json *list = json_get(spec, "imagePullSecrets"), *container;
	size_t i;

	(void)json_set(spec, "activeDeadlineSeconds",
	    json_new_number(
	        (double)(o->deadline > 0 ? o->deadline : POD_DEADLINE)));
	for (i = 0; i < o->n_pull_secrets; i++)
		json_add_string(json_add_object(list, NULL), "name",
		    o->pull_secret[i]);
	if (o->n_pull_secrets == 0)
		pod_fill(spec, "imagePullSecrets", NULL);
	if (o->user_namespace)
		pod_patch(context, "{runAsUser: 0, runAsNonRoot: null}");
	else
		pod_fill(spec, "hostUsers", NULL);
	if (!o->user_namespace && o->uid >= 0)
		(void)json_set(context, "runAsUser",
		    json_new_number((double)o->uid));
	else if (!o->user_namespace)
		pod_fill(context, "runAsUser", NULL);
	container = put_container(o, json_get(spec, "initContainers"),
	    POD_INSTALLER, o->unpacker);
	put_arg(container, "/unpack", "", "");
	put_arg(container, "install", "", "");
	put_arg(container, b->tools, "/unpack", "");
	put_mount(container, "unpack", b->tools, false);
	if (!b->inject) {
		pod_patch(spec,
		    "volumes: [{name: bundle, image: {reference: x}}]\n"
		    "initContainers: null");
		pod_fill(json_get(json_at(json_get(spec, "volumes"), 0),
		             "image"),
		    "reference", o->image);
	}
}

/*
 * Make a pod of the user's, which stays: its program, for which there is a
 * placeholder, has the copied files.
 */
static void
fill_copy(const struct pod_opts *o, struct json *spec)
{
	struct json *app = put_container(o, json_get(spec, "containers"), "app",
	    "example.com/your-program:1");

	pod_patch(spec,
	    "restartPolicy: null\n"
	    "activeDeadlineSeconds: null\n"
	    "volumes: [{name: unpack, emptyDir: {sizeLimit: 8Mi}},\n"
	    "  {name: " FILES ", emptyDir: {}}]");
	pod_patch(app,
	    "imagePullPolicy: null\n"
	    "command: null\n"
	    "workingDir: null\n"
	    "terminationMessagePolicy: null\n"
	    "resources: null\n"
	    "volumeMounts: [{name: " FILES ", mountPath: x, readOnly: true,\n"
	    "  subPath: " FILES "}]");
	pod_fill(json_at(json_get(app, "volumeMounts"), 0), "mountPath",
	    o->copy_to);
}

/* ------------------------------------------------------------------- pods */

struct json *
pod_build(const struct pod_opts *o, const struct ranges *ranges, size_t n)
{
	struct build b = {.o = o,
	    .inject = o->strategy == POD_INJECT,
	    .tools = o->mount_path,
	    .random = WIRE_MOUNT};
	struct json *pod = pod_parse(pod_text), *spec = json_get(pod, "spec");
	struct json *containers = json_get(spec,
	    o->copy_to != NULL ? "initContainers" : "containers");
	char name[POD_NAME], parts[RANGES_TEXT];
	size_t i;

	/* where our volume is: wire.h says why nobody can know */
	if (b.tools == NULL) {
		b.tools = b.random;
		if (name_random(b.random + strlen(WIRE_MOUNT),
		        WIRE_MOUNT_DIGITS) < 0) {
			json_free(pod);
			return NULL;
		}
	}
	fill_metadata(o, json_get(pod, "metadata"));
	fill_spec(&b, spec);
	if (o->copy_to != NULL)
		fill_copy(o, spec);
	if (n == 0)
		put_bundle(&b, containers, POD_BUNDLE, o->parts);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, POD_BUNDLE "-%zu", i);
		put_bundle(&b, containers, name,
		    ranges_text(&ranges[i], parts));
	}
	json_merge(pod, o->overrides);
	return pod;
}
