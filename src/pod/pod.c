/* SPDX-License-Identifier: Apache-2.0 */
#include "pod/pod.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/msg.h"
#include "pod/reference.h"
#include "wire.h"

#define OWNER_KIND "core.rukpak.io/owner-kind"
#define OWNER_NAME "core.rukpak.io/owner-name"

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

void
pod_name(const struct pod_opts *o, char name[static POD_NAME],
    const char *suffix)
{
	char text[512];
	const char *base = o->owner.name;
	size_t len;

	if (o->name != NULL) {
		pod_make_name(name, o->name, suffix);
		return;
	}
	if (base == NULL) {
		base = strrchr(o->image, '/');
		base = base != NULL ? base + 1 : o->image;
	}
	len = o->owner.name != NULL ? strlen(base) : strcspn(base, ":@");
	(void)snprintf(text, sizeof text, "unpack-%.*s",
	    len > 400 ? 400 : (int)len, base);
	/* RukPak's pod has the bundle's own name */
	pod_make_name(name, o->rukpak && o->owner.name != NULL ? base : text,
	    suffix);
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

/* Trees are built without looking back; `failed` remembers. */
struct build {
	const struct pod_opts *o;
	bool failed; /* memory was short */
	const char *tools; /* where our volume is; random, or borrowed from o */
	char random[sizeof WIRE_MOUNT + WIRE_MOUNT_DIGITS];
};

/*
 * Begin a pod after o: choose where our volume is (wire.h says why).  Returns
 * 0, or -1 after a message.
 */
static int
pod_begin_build(struct build *b, const struct pod_opts *o)
{
	unsigned char bytes[WIRE_MOUNT_DIGITS / 2];
	char *p = b->random + sizeof WIRE_MOUNT - 1;
	size_t i;

	*b = (struct build){.o = o, .tools = o->mount_path};
	if (b->tools != NULL)
		return 0;
	/* up to 256 bytes come whole: getrandom(2) */
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
		msg_warn(errno, "no random bytes for the mount path");
		return -1;
	}
	memcpy(b->random, WIRE_MOUNT, sizeof WIRE_MOUNT);
	for (i = 0; i < sizeof bytes; i++)
		(void)snprintf(p + 2 * i, 3, "%02x", bytes[i]);
	b->tools = b->random;
	return 0;
}

/* Hang item, owned, into an object under key, or into an array. */
static cJSON *
pod_put_item(struct build *b, cJSON *to, const char *key, cJSON *item)
{
	bool added = item != NULL && to != NULL &&
	    (key != NULL ? cJSON_AddItemToObject(to, key, item)
	                 : cJSON_AddItemToArray(to, item));

	if (added)
		return item;
	cJSON_Delete(item);
	b->failed = true;
	return NULL;
}

static cJSON *
put_object(struct build *b, cJSON *to, const char *key)
{
	return pod_put_item(b, to, key, cJSON_CreateObject());
}

static cJSON *
put_array(struct build *b, cJSON *to, const char *key)
{
	return pod_put_item(b, to, key, cJSON_CreateArray());
}

static void
put_string(struct build *b, cJSON *to, const char *key, const char *value)
{
	(void)pod_put_item(b, to, key, cJSON_CreateString(value));
}

static void
put_bool(struct build *b, cJSON *to, const char *key, bool value)
{
	(void)pod_put_item(b, to, key, cJSON_CreateBool(value));
}

static void
put_number(struct build *b, cJSON *to, const char *key, int64_t value)
{
	(void)pod_put_item(b, to, key, cJSON_CreateNumber((double)value));
}

/*
 * Add the argument option + value; kubelet must not expand $(NAME) in value.
 */
static void
put_arg(struct build *b, cJSON *to, const char *option, const char *value)
{
	size_t len = strlen(option);
	char *arg = malloc(len + 2 * strlen(value) + 1), *p = arg;

	if (arg == NULL) {
		b->failed = true;
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
	put_string(b, to, NULL, arg);
	free(arg);
}

static void
put_mount(struct build *b, cJSON *container, const char *name, const char *path,
    bool read_only)
{
	cJSON *mounts = put_array(b, container, "volumeMounts");
	cJSON *mount = put_object(b, mounts, NULL);

	put_string(b, mount, "name", name);
	put_string(b, mount, "mountPath", path);
	if (read_only)
		put_bool(b, mount, "readOnly", true);
}

/* What the restricted standard wants of a pod and of each container. */
static void
put_nonroot(struct build *b, cJSON *context)
{
	cJSON *seccomp;

	if (!b->o->user_namespace)
		put_bool(b, context, "runAsNonRoot", true);
	seccomp = put_object(b, context, "seccompProfile");
	put_string(b, seccomp, "type", "RuntimeDefault");
}

static void
put_container_security(struct build *b, cJSON *container)
{
	cJSON *context = put_object(b, container, "securityContext");
	cJSON *capabilities, *drop;

	put_bool(b, context, "allowPrivilegeEscalation", false);
	capabilities = put_object(b, context, "capabilities");
	drop = put_array(b, capabilities, "drop");
	put_string(b, drop, NULL, "ALL");
	put_bool(b, context, "readOnlyRootFilesystem", true);
	put_nonroot(b, context);
}

/* `unpack` needs the same memory for every bundle, large or small. */
static void
put_resources(struct build *b, cJSON *container)
{
	cJSON *resources = put_object(b, container, "resources");
	cJSON *requests = put_object(b, resources, "requests");
	cJSON *limits;

	put_string(b, requests, "cpu", "10m");
	put_string(b, requests, "memory", "16Mi");
	limits = put_object(b, resources, "limits");
	put_string(b, limits, "memory", "64Mi");
}

/* The beginning of a container; the rest is the caller's. */
static cJSON *
put_container(struct build *b, cJSON *to, const char *name, const char *image)
{
	cJSON *container = put_object(b, to, NULL);

	put_string(b, container, "name", name);
	put_string(b, container, "image", image);
	return container;
}

/* Add the path of `unpack` in our volume. */
static void
put_program(struct build *b, cJSON *to)
{
	char *path;

	if (asprintf(&path, "%s/unpack", b->tools) < 0) {
		b->failed = true;
		return;
	}
	put_arg(b, to, "", path);
	free(path);
}

static void
put_command(struct build *b, cJSON *container, const char *parts)
{
	const struct pod_opts *o = b->o;
	bool inject = o->strategy == POD_INJECT;
	cJSON *command = put_array(b, container, "command");
	const char *dir = o->bundle_dir;

	if (inject)
		put_program(b, command);
	else
		put_string(b, command, NULL, "/unpack");
	if (!inject && strcmp(dir, "/") == 0)
		put_string(b, command, NULL, "--bundle-dir=" VOLUME);
	else
		put_arg(b, command,
		    inject ? "--bundle-dir=" : "--bundle-dir=" VOLUME, dir);
	put_arg(b, command, "--format=", parts != NULL ? "jsonl" : o->format);
	if (o->symlinks != NULL)
		put_arg(b, command, "--symlinks=", o->symlinks);
	if (parts != NULL)
		put_arg(b, command, "--parts=", parts);
	if (o->log_limit != NULL)
		put_arg(b, command, "--log-limit=", o->log_limit);
}

/* A container that prints the bundle, or some parts of it. */
static void
put_bundle(struct build *b, cJSON *containers, const char *name,
    const char *parts)
{
	bool inject = b->o->strategy == POD_INJECT;
	cJSON *container = put_container(b, containers, name,
	    inject ? b->o->image : b->o->unpacker);

	put_command(b, container, parts);
	put_string(b, container, "workingDir", "/");
	/* what a program that is not ours says, `unpack` writes the file */
	put_string(b, container, "terminationMessagePolicy",
	    "FallbackToLogsOnError");
	put_resources(b, container);
	if (inject)
		put_mount(b, container, "unpack", b->tools, true);
	else
		put_mount(b, container, "bundle", VOLUME, true);
	put_container_security(b, container);
}

static void
put_installer(struct build *b, cJSON *spec)
{
	cJSON *containers = put_array(b, spec, "initContainers");
	cJSON *container = put_container(b, containers, POD_INSTALLER,
	    b->o->unpacker);
	cJSON *command = put_array(b, container, "command");

	put_string(b, command, NULL, "/unpack");
	put_string(b, command, NULL, "install");
	put_program(b, command);
	put_string(b, container, "workingDir", "/");
	put_string(b, container, "terminationMessagePolicy",
	    "FallbackToLogsOnError");
	put_resources(b, container);
	put_mount(b, container, "unpack", b->tools, false);
	put_container_security(b, container);
}

static void
put_volumes(struct build *b, cJSON *spec)
{
	cJSON *volumes = put_array(b, spec, "volumes");
	cJSON *volume = put_object(b, volumes, NULL), *source;

	if (b->o->strategy == POD_INJECT) {
		put_string(b, volume, "name", "unpack");
		source = put_object(b, volume, "emptyDir");
		put_string(b, source, "sizeLimit", "8Mi");
		return;
	}
	put_string(b, volume, "name", "bundle");
	source = put_object(b, volume, "image");
	put_string(b, source, "reference", b->o->image);
}

static void
put_pull_secrets(struct build *b, cJSON *spec)
{
	cJSON *secrets, *secret;
	size_t i;

	if (b->o->n_pull_secrets == 0)
		return;
	secrets = put_array(b, spec, "imagePullSecrets");
	for (i = 0; i < b->o->n_pull_secrets; i++) {
		secret = put_object(b, secrets, NULL);
		put_string(b, secret, "name", b->o->pull_secret[i]);
	}
}

static void
put_owner(struct build *b, cJSON *metadata)
{
	const struct pod_owner *owner = &b->o->owner;
	cJSON *references, *reference;

	if (owner->uid == NULL)
		return;
	references = put_array(b, metadata, "ownerReferences");
	reference = put_object(b, references, NULL);
	put_string(b, reference, "apiVersion", owner->api_version);
	put_string(b, reference, "kind", owner->kind);
	put_string(b, reference, "name", owner->name);
	put_string(b, reference, "uid", owner->uid);
	put_bool(b, reference, "controller", true);
	put_bool(b, reference, "blockOwnerDeletion", true);
}

static void
put_metadata(struct build *b, cJSON *pod, const char *suffix)
{
	cJSON *metadata = put_object(b, pod, "metadata");
	cJSON *labels = NULL;
	char name[POD_NAME];

	pod_name(b->o, name, suffix);
	put_string(b, metadata, "name", name);
	if (b->o->namespace != NULL)
		put_string(b, metadata, "namespace", b->o->namespace);
	if (!b->o->rukpak || b->o->owner.kind != NULL)
		labels = put_object(b, metadata, "labels");
	if (!b->o->rukpak) {
		put_string(b, labels, POD_LABEL, POD_LABEL_VALUE);
		put_string(b, labels, "app.kubernetes.io/managed-by",
		    "unpackctl");
	}
	if (b->o->owner.kind != NULL) {
		put_string(b, labels, OWNER_KIND, b->o->owner.kind);
		label_value(name, b->o->owner.name);
		put_string(b, labels, OWNER_NAME, name);
	}
	put_owner(b, metadata);
}

/* Everything of the spec but its containers that print. */
static cJSON *
put_spec(struct build *b, cJSON *pod)
{
	const struct pod_opts *o = b->o;
	cJSON *spec = put_object(b, pod, "spec"), *context;

	put_string(b, spec, "restartPolicy", "Never");
	if (o->deadline > 0)
		put_number(b, spec, "activeDeadlineSeconds",
		    (int64_t)o->deadline);
	put_bool(b, spec, "automountServiceAccountToken", false);
	put_bool(b, spec, "enableServiceLinks", false);
	if (o->user_namespace)
		put_bool(b, spec, "hostUsers", false);
	put_pull_secrets(b, spec);
	context = put_object(b, spec, "securityContext");
	if (o->user_namespace)
		put_number(b, context, "runAsUser", 0);
	else if (o->uid >= 0)
		put_number(b, context, "runAsUser", o->uid);
	put_nonroot(b, context);
	put_volumes(b, spec);
	if (o->strategy == POD_INJECT)
		put_installer(b, spec);
	return spec;
}

static cJSON *
put_pod(struct build *b, const char *suffix)
{
	cJSON *pod = cJSON_CreateObject();

	put_string(b, pod, "apiVersion", "v1");
	put_string(b, pod, "kind", "Pod");
	put_metadata(b, pod, suffix);
	return pod;
}

/* pod, unless memory was short. */
static cJSON *
pod_finish_build(const struct build *b, cJSON *pod)
{
	if (!b->failed)
		return pod;
	cJSON_Delete(pod);
	msg_nomem();
	return NULL;
}

/* ----------------------------------------------------------------- RukPak */

static void
put_rukpak_security(struct build *b, cJSON *container)
{
	cJSON *context = put_object(b, container, "securityContext");
	cJSON *capabilities, *drop;

	put_string(b, container, "terminationMessagePolicy",
	    "FallbackToLogsOnError");
	put_bool(b, context, "allowPrivilegeEscalation", false);
	capabilities = put_object(b, context, "capabilities");
	drop = put_array(b, capabilities, "drop");
	put_string(b, drop, NULL, "ALL");
	put_number(b, context, "runAsUser", 1001);
}

static void
put_words(struct build *b, cJSON *to, const char *const *words)
{
	for (; *words != NULL; words++)
		put_string(b, to, NULL, *words);
}

/*
 * The pod that RukPak 0.24.0 (pkg/source/image.go) makes: another place for
 * the binary, separate option arguments, an empty GOCOVERDIR, no resources.
 */
static void
put_rukpak_spec(struct build *b, cJSON *pod)
{
	static const char *const install[] = {"/cp", "-Rv", "/unpack",
	    "/util/bin/unpack", NULL};
	static const char *const run[] = {"/bin/unpack", "--bundle-dir", NULL};
	cJSON *spec = put_object(b, pod, "spec"), *container, *list, *item;

	put_string(b, spec, "restartPolicy", "Never");
	put_bool(b, spec, "automountServiceAccountToken", false);
	put_pull_secrets(b, spec);
	put_nonroot(b, put_object(b, spec, "securityContext"));
	list = put_array(b, spec, "volumes");
	item = put_object(b, list, NULL);
	put_string(b, item, "name", "util");
	(void)put_object(b, item, "emptyDir");

	list = put_array(b, spec, "initContainers");
	container = put_container(b, list, POD_INSTALLER, b->o->unpacker);
	put_string(b, container, "imagePullPolicy", "IfNotPresent");
	put_words(b, put_array(b, container, "command"), install);
	put_mount(b, container, "util", "/util/bin", false);
	put_rukpak_security(b, container);

	list = put_array(b, spec, "containers");
	container = put_container(b, list, POD_BUNDLE, b->o->image);
	list = put_array(b, container, "command");
	put_words(b, list, run);
	put_arg(b, list, "", b->o->bundle_dir);
	list = put_array(b, container, "env");
	item = put_object(b, list, NULL);
	put_string(b, item, "name", "GOCOVERDIR");
	put_string(b, item, "value", "");
	put_mount(b, container, "util", "/bin", false);
	put_rukpak_security(b, container);
}

/* ------------------------------------------------------------------- pods */

cJSON *
pod_build(const struct pod_opts *o)
{
	struct build b;
	cJSON *pod, *spec;

	if (pod_begin_build(&b, o) < 0)
		return NULL;
	pod = put_pod(&b, "");
	if (o->rukpak) {
		put_rukpak_spec(&b, pod);
		return pod_finish_build(&b, pod);
	}
	spec = put_spec(&b, pod);
	put_bundle(&b, put_array(&b, spec, "containers"), POD_BUNDLE, o->parts);
	return pod_finish_build(&b, pod);
}

cJSON *
pod_build_repair(const struct pod_opts *o, const struct pod_parts *ranges,
    size_t n, const char *suffix)
{
	struct build b;
	cJSON *pod, *spec, *containers;
	char name[POD_NAME], parts[32];
	size_t i;

	if (pod_begin_build(&b, o) < 0)
		return NULL;
	pod = put_pod(&b, suffix);
	spec = put_spec(&b, pod);
	containers = put_array(&b, spec, "containers");
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof name, POD_BUNDLE "-%zu", i);
		(void)snprintf(parts, sizeof parts, "%u-%u", ranges[i].first,
		    ranges[i].last);
		put_bundle(&b, containers, name, parts);
	}
	return pod_finish_build(&b, pod);
}
