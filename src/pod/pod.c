/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the unpack pod: a Pod as a JSON tree, from what to unpack and how.
 */
#include "pod/pod.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
#include "pod/reference.h"
#include "wire.h"

#define OWNER_KIND "core.rukpak.io/owner-kind"
#define OWNER_NAME "core.rukpak.io/owner-name"

/* What is copied, in a volume of this name and below where that is mounted. */
#define FILES "files"

/* Where the bundle is in our own container. */
#define VOLUME "/bundle"

enum {
	LABEL_MAX = 63, /* characters of a label's value, and of a name */
	HASH_LEN = 8 /* digits of the digest in a name that was changed */
};

/* ------------------------------------------------------------------ names */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The first HASH_LEN digits of text's digest. */
static void
short_hash(char hash[static HASH_LEN + 1], const char *text)
{
	char digest[DIGEST_TEXT];

	digest_of(text, strlen(text), digest);
	memcpy(hash, digest + strlen("sha256:"), HASH_LEN);
	hash[HASH_LEN] = '\0';
}

void
pod_make_name(char name[static POD_NAME], const char *text, const char *suffix)
{
	char hash[HASH_LEN + 1];
	size_t room = POD_NAME - 1 - strnlen(suffix, POD_SUFFIX_MAX);
	size_t len = 0, i;
	bool changed = false;

	for (i = 0; text[i] != '\0' && len < room; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z') {
			c = (char)(c | 0x20);
			changed = true;
		}
		if (!is_alnum(c) && c != '-') {
			c = '-';
			changed = true;
		}
		if (c == '-' && len == 0) {
			changed = true;
			continue;
		}
		name[len++] = c;
	}
	changed = changed || text[i] != '\0' || len == 0 ||
	    name[len - 1] == '-';
	if (changed) {
		short_hash(hash, text);
		if (len > room - HASH_LEN - 1)
			len = room - HASH_LEN - 1;
		while (len > 0 && name[len - 1] == '-')
			len--;
		if (len > 0)
			name[len++] = '-';
		memcpy(name + len, hash, HASH_LEN);
		len += HASH_LEN;
	}
	(void)snprintf(name + len, POD_NAME - len, "%.*s", POD_SUFFIX_MAX,
	    suffix);
}

/* Find what the bundle of o is called: returns it and its length, borrowed. */
static const char *
pod_find_base(const struct pod_opts *o, size_t *len)
{
	const char *base = o->owner.name;

	if (base != NULL) {
		*len = strlen(base);
		return base;
	}
	base = strrchr(o->image, '/');
	base = base != NULL ? base + 1 : o->image;
	*len = strcspn(base, ":@");
	return base;
}

void
pod_name_bundle(const struct pod_opts *o, char name[static POD_NAME])
{
	char text[256];
	size_t len;
	const char *base = pod_find_base(o, &len);

	(void)snprintf(text, sizeof text, "%.*s",
	    len < sizeof text ? (int)len : (int)sizeof text, base);
	pod_make_name(name, text, "");
}

void
pod_name(const struct pod_opts *o, char name[static POD_NAME],
    const char *suffix)
{
	char text[512], hash[HASH_LEN + 1];
	const char *base;
	size_t len;

	if (o->name != NULL) {
		pod_make_name(name, o->name, suffix);
		return;
	}
	base = pod_find_base(o, &len);
	if (suffix[0] != '\0') {
		(void)snprintf(text, sizeof text, "unpack-%.*s",
		    len > 400 ? 400 : (int)len, base);
	} else {
		/* so that two versions of an image never meet */
		short_hash(hash, o->image);
		(void)snprintf(text, sizeof text, "unpack-%.*s-%s",
		    len > 40 ? 40 : (int)len, base, hash);
	}
	pod_make_name(name, text, suffix);
}

/* A label value that shows text: itself where it fits, else as a name. */
static void
label_value(char value[static POD_NAME], const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && len <= LABEL_MAX &&
	    strspn(text,
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
	        len &&
	    strchr("-_.", text[0]) == NULL &&
	    strchr("-_.", text[len - 1]) == NULL)
		(void)snprintf(value, POD_NAME, "%s", text);
	else
		pod_make_name(value, text, "");
}

/* --------------------------------------------------------------- building */

/* What a pod is built after. */
struct build {
	const struct pod_opts *o;
	const char *tools; /* where our volume is; random, or borrowed from o */
	char random[sizeof WIRE_MOUNT + WIRE_MOUNT_DIGITS];
};

/*
 * Begin a pod after o: choose where our volume is (wire.h says why).  Returns
 * 0, or -1 (reported).
 */
static int
pod_begin_build(struct build *b, const struct pod_opts *o)
{
	unsigned char bytes[WIRE_MOUNT_DIGITS / 2];
	char *p;
	size_t i;

	*b = (struct build){.o = o, .tools = o->mount_path};
	if (b->tools != NULL)
		return 0;
	/* up to 256 bytes come whole: getrandom(2) */
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
		msg_warn(errno, "cannot get random bytes for the mount path");
		return -1;
	}
	memcpy(b->random, WIRE_MOUNT, sizeof WIRE_MOUNT);
	p = b->random + sizeof WIRE_MOUNT - 1;
	for (i = 0; i < sizeof bytes; i++)
		(void)snprintf(p + 2 * i, 3, "%02x", bytes[i]);
	b->tools = b->random;
	return 0;
}

/*
 * Add the argument option + value; kubelet must not expand $(NAME) in value.
 */
static void
put_arg(struct json *to, const char *option, const char *value)
{
	size_t len = strlen(option);
	char *arg = malloc(len + 2 * strlen(value) + 1), *p = arg;

	if (arg == NULL) {
		json_spoil(to);
		return;
	}
	while (*option != '\0')
		*p++ = *option++;
	for (; *value != '\0'; value++) {
		if (value[0] == '$' && value[1] == '(')
			*p++ = '$';
		*p++ = *value;
	}
	*p = '\0';
	json_add_string(to, NULL, arg);
	free(arg);
}

static struct json *
put_mount(struct json *mounts, const char *name, const char *path,
    bool read_only)
{
	struct json *mount = json_add_object(mounts, NULL);

	json_add_string(mount, "name", name);
	json_add_string(mount, "mountPath", path);
	if (read_only)
		json_add_bool(mount, "readOnly", true);
	return mount;
}

/* What the restricted standard wants of a pod and of each container. */
static void
put_nonroot(struct build *b, struct json *context)
{
	struct json *seccomp;

	if (!b->o->user_namespace)
		json_add_bool(context, "runAsNonRoot", true);
	seccomp = json_add_object(context, "seccompProfile");
	json_add_string(seccomp, "type", "RuntimeDefault");
}

static void
put_container_security(struct build *b, struct json *container)
{
	struct json *context = json_add_object(container, "securityContext");
	struct json *capabilities, *drop;

	json_add_bool(context, "allowPrivilegeEscalation", false);
	capabilities = json_add_object(context, "capabilities");
	drop = json_add_array(capabilities, "drop");
	json_add_string(drop, NULL, "ALL");
	json_add_bool(context, "readOnlyRootFilesystem", true);
	put_nonroot(b, context);
}

/* The beginning of a container; the rest is the caller's. */
static struct json *
put_container(struct json *to, const char *name, const char *image)
{
	struct json *container = json_add_object(to, NULL);

	json_add_string(container, "name", name);
	json_add_string(container, "image", image);
	return container;
}

/* Add a path: that of our volume and what follows. */
static void
put_program(struct build *b, struct json *to, const char *rest)
{
	char *path;

	if (asprintf(&path, "%s%s", b->tools, rest) < 0) {
		json_spoil(to);
		return;
	}
	put_arg(to, "", path);
	free(path);
}

static void
put_command(struct build *b, struct json *container, const char *parts)
{
	const struct pod_opts *o = b->o;
	bool inject = o->strategy == POD_INJECT;
	struct json *command;
	const char *dir = o->bundle_dir;

	placement_put_policy(&o->placement, container);
	command = json_add_array(container, "command");
	if (o->copy_to != NULL) {
		put_program(b, command, "/unpack");
		json_add_string(command, NULL, "copy");
		put_arg(command, "--bundle-dir=", dir);
		/* an init container can run again, and the volume stays */
		json_add_string(command, NULL, "--force");
		if (o->symlinks != NULL)
			put_arg(command, "--symlinks=", o->symlinks);
		put_program(b, command, "-" FILES "/" FILES);
		return;
	}
	if (inject)
		put_program(b, command, "/unpack");
	else
		json_add_string(command, NULL, "/unpack");
	if (o->check)
		json_add_string(command, NULL, "check");
	if (!inject && strcmp(dir, "/") == 0)
		json_add_string(command, NULL, "--bundle-dir=" VOLUME);
	else
		put_arg(command,
		    inject ? "--bundle-dir=" : "--bundle-dir=" VOLUME, dir);
	if (o->check)
		return;
	put_arg(command, "--format=", parts != NULL ? "jsonl" : o->format);
	if (o->symlinks != NULL)
		put_arg(command, "--symlinks=", o->symlinks);
	if (parts != NULL)
		put_arg(command, "--parts=", parts);
	put_arg(command, "--log-limit=",
	    o->log_limit != NULL ? o->log_limit : POD_LOG_LIMIT);
}

/* A container that prints the bundle, or some parts of it. */
static void
put_bundle(struct build *b, struct json *containers, const char *name,
    const char *parts)
{
	bool inject = b->o->strategy == POD_INJECT;
	struct json *container = put_container(containers, name,
	    inject ? b->o->image : b->o->unpacker);
	struct json *mounts;
	char files[sizeof b->random + sizeof "-" FILES];

	put_command(b, container, parts);
	json_add_string(container, "workingDir", "/");
	/* what a program that is not ours says, `unpack` writes the file */
	json_add_string(container, "terminationMessagePolicy",
	    "FallbackToLogsOnError");
	placement_put_resources(&b->o->placement, container);
	mounts = json_add_array(container, "volumeMounts");
	if (inject)
		(void)put_mount(mounts, "unpack", b->tools, true);
	else
		(void)put_mount(mounts, "bundle", VOLUME, true);
	if (b->o->copy_to != NULL) {
		snprintf(files, sizeof files, "%s-" FILES, b->random);
		(void)put_mount(mounts, FILES, files, false);
	}
	put_container_security(b, container);
}

static void
put_installer(struct build *b, struct json *spec)
{
	struct json *containers = json_add_array(spec, "initContainers");
	struct json *container = put_container(containers, POD_INSTALLER,
	    b->o->unpacker);
	struct json *command;

	placement_put_policy(&b->o->placement, container);
	command = json_add_array(container, "command");
	json_add_string(command, NULL, "/unpack");
	json_add_string(command, NULL, "install");
	put_program(b, command, "/unpack");
	json_add_string(container, "workingDir", "/");
	json_add_string(container, "terminationMessagePolicy",
	    "FallbackToLogsOnError");
	placement_put_resources(&b->o->placement, container);
	(void)put_mount(json_add_array(container, "volumeMounts"), "unpack",
	    b->tools, false);
	put_container_security(b, container);
}

static void
put_volumes(struct build *b, struct json *spec)
{
	struct json *volumes = json_add_array(spec, "volumes");
	struct json *volume = json_add_object(volumes, NULL), *source;

	if (b->o->strategy == POD_INJECT) {
		json_add_string(volume, "name", "unpack");
		source = json_add_object(volume, "emptyDir");
		json_add_string(source, "sizeLimit", "8Mi");
		if (b->o->copy_to == NULL)
			return;
		volume = json_add_object(volumes, NULL);
		json_add_string(volume, "name", FILES);
		(void)json_add_object(volume, "emptyDir");
		return;
	}
	json_add_string(volume, "name", "bundle");
	source = json_add_object(volume, "image");
	json_add_string(source, "reference", b->o->image);
}

static void
put_pull_secrets(struct build *b, struct json *spec)
{
	struct json *secrets, *secret;
	size_t i;

	if (b->o->n_pull_secrets == 0)
		return;
	secrets = json_add_array(spec, "imagePullSecrets");
	for (i = 0; i < b->o->n_pull_secrets; i++) {
		secret = json_add_object(secrets, NULL);
		json_add_string(secret, "name", b->o->pull_secret[i]);
	}
}

static void
put_owner(struct build *b, struct json *metadata)
{
	const struct pod_owner *owner = &b->o->owner;
	struct json *references, *reference;

	if (owner->uid == NULL)
		return;
	references = json_add_array(metadata, "ownerReferences");
	reference = json_add_object(references, NULL);
	json_add_string(reference, "apiVersion", owner->api_version);
	json_add_string(reference, "kind", owner->kind);
	json_add_string(reference, "name", owner->name);
	json_add_string(reference, "uid", owner->uid);
	json_add_bool(reference, "controller", true);
	json_add_bool(reference, "blockOwnerDeletion", true);
}

static void
put_metadata(struct build *b, struct json *pod)
{
	struct json *metadata = json_add_object(pod, "metadata");
	struct json *labels;
	char name[POD_NAME];

	pod_name(b->o, name, "");
	json_add_string(metadata, "name", name);
	if (b->o->namespace != NULL)
		json_add_string(metadata, "namespace", b->o->namespace);
	labels = json_add_object(metadata, "labels");
	json_add_string(labels, POD_LABEL, POD_LABEL_VALUE);
	json_add_string(labels, "app.kubernetes.io/managed-by", "unpackctl");
	if (b->o->owner.kind != NULL) {
		json_add_string(labels, OWNER_KIND, b->o->owner.kind);
		label_value(name, b->o->owner.name);
		json_add_string(labels, OWNER_NAME, name);
	}
	put_owner(b, metadata);
}

/* Everything of the spec but its containers that print. */
static struct json *
put_spec(struct build *b, struct json *pod)
{
	const struct pod_opts *o = b->o;
	struct json *spec = json_add_object(pod, "spec"), *context;

	if (o->copy_to == NULL) {
		json_add_string(spec, "restartPolicy", "Never");
		json_add_int(spec, "activeDeadlineSeconds",
		    (int64_t)(o->deadline > 0 ? o->deadline : POD_DEADLINE));
	}
	json_add_bool(spec, "automountServiceAccountToken", false);
	json_add_bool(spec, "enableServiceLinks", false);
	if (o->user_namespace)
		json_add_bool(spec, "hostUsers", false);
	put_pull_secrets(b, spec);
	context = json_add_object(spec, "securityContext");
	if (o->user_namespace)
		json_add_int(context, "runAsUser", 0);
	else if (o->uid >= 0)
		json_add_int(context, "runAsUser", o->uid);
	put_nonroot(b, context);
	put_volumes(b, spec);
	if (o->strategy == POD_INJECT)
		put_installer(b, spec);
	return spec;
}

static struct json *
put_pod(struct build *b)
{
	struct json *pod = json_new_object();

	if (pod == NULL)
		msg_nomem();
	json_add_string(pod, "apiVersion", "v1");
	json_add_string(pod, "kind", "Pod");
	put_metadata(b, pod);
	return pod;
}

/* The container that is to be put in; it has the copied files. */
static void
put_app(struct build *b, struct json *spec)
{
	struct json *container = put_container(json_add_array(spec,
	                                           "containers"),
	    "app", "example.com/your-program:1");
	struct json *mount = put_mount(json_add_array(container,
	                                   "volumeMounts"),
	    FILES, b->o->copy_to, true);

	json_add_string(mount, "subPath", FILES);
	put_container_security(b, container);
}

/* ------------------------------------------------------------------- pods */

struct json *
pod_build(const struct pod_opts *o)
{
	struct build b;
	struct json *pod, *spec;

	if (pod_begin_build(&b, o) < 0)
		return NULL;
	pod = put_pod(&b);
	spec = put_spec(&b, pod);
	put_bundle(&b,
	    o->copy_to != NULL ? json_get(spec, "initContainers")
	                       : json_add_array(spec, "containers"),
	    POD_BUNDLE, o->parts);
	if (o->copy_to != NULL)
		put_app(&b, spec);
	json_merge(pod, o->placement.overrides);
	return pod;
}

struct json *
pod_build_repair(const struct pod_opts *o, const struct pod_parts *ranges,
    size_t n)
{
	struct build b;
	struct json *pod, *spec, *containers;
	char name[POD_NAME], parts[RANGES_TEXT];
	size_t i;

	if (pod_begin_build(&b, o) < 0)
		return NULL;
	pod = put_pod(&b);
	spec = put_spec(&b, pod);
	containers = json_add_array(spec, "containers");
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof name, POD_BUNDLE "-%zu", i);
		put_bundle(&b, containers, name,
		    ranges_text(&ranges[i].list, parts));
	}
	json_merge(pod, o->placement.overrides);
	return pod;
}
