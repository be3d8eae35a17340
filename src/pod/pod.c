/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the unpack pod: a Pod as a JSON tree, from what to unpack and how.
 */
#include "pod/pod.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
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

/* The first HASH_LEN digits of text's digest. */
static void
short_hash(char hash[static HASH_LEN + 1], const char *text)
{
	char digest[DIGEST_TEXT];

	digest_of(text, strlen(text), digest);
	snprintf(hash, HASH_LEN + 1, "%.*s", HASH_LEN,
	    digest + strlen("sha256:"));
}

void
pod_make_name(char name[static POD_NAME], const char *text, const char *suffix)
{
	char hash[HASH_LEN + 1];
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
	char base[BASE_LEN], text[BASE_LEN + 32], hash[HASH_LEN + 1];

	if (o->name != NULL) {
		pod_make_name(name, o->name, suffix);
		return;
	}
	pod_base(o, base);
	/* so that two versions of an image never meet */
	short_hash(hash, o->image);
	if (suffix[0] != '\0')
		snprintf(text, sizeof text, "unpack-%s", base);
	else
		snprintf(text, sizeof text, "unpack-%.40s-%s", base, hash);
	pod_make_name(name, text, suffix);
}

/* --------------------------------------------------------------- building */

/* What a pod is built after. */
struct build {
	const struct pod_opts *o;
	bool inject; /* by its strategy */
	const char *tools; /* where our volume is; random, or borrowed from o */
	char random[sizeof WIRE_MOUNT + WIRE_MOUNT_DIGITS];
};

/*
 * Add an argument of three texts; kubelet must not expand $(NAME) in it.
 */
static void
put_arg(struct json *to, const char *option, const char *value,
    const char *rest)
{
	size_t len = strlen(option) + strlen(value) + strlen(rest);
	char *text = malloc(len + 1), *arg = malloc(2 * len + 1), *p = arg;
	const char *c;

	if (text == NULL || arg == NULL) {
		json_spoil(to);
	} else {
		snprintf(text, len + 1, "%s%s%s", option, value, rest);
		for (c = text; *c != '\0'; c++) {
			if (c[0] == '$' && c[1] == '(')
				*p++ = '$';
			*p++ = *c;
		}
		*p = '\0';
		json_add_string(to, NULL, arg);
	}
	free(text);
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
	if (!b->o->user_namespace)
		json_add_bool(context, "runAsNonRoot", true);
	json_add_string(json_add_object(context, "seccompProfile"), "type",
	    "RuntimeDefault");
}

static void
put_container_security(struct build *b, struct json *container)
{
	struct json *context = json_add_object(container, "securityContext");

	json_add_bool(context, "allowPrivilegeEscalation", false);
	json_add_string(json_add_array(json_add_object(context, "capabilities"),
	                    "drop"),
	    NULL, "ALL");
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

/* The beginning of a container of ours, up to its command. */
static struct json *
put_command(struct build *b, struct json *container)
{
	if (b->o->pull_policy != NULL)
		json_add_string(container, "imagePullPolicy",
		    b->o->pull_policy);
	return json_add_array(container, "command");
}

/* The end of a container of ours, with one mount; returns the mounts. */
static struct json *
put_rest(struct build *b, struct json *container, const char *volume,
    const char *path, bool read_only)
{
	struct json *resources, *list, *mounts;

	json_add_string(container, "workingDir", "/");
	/* what a program that is not ours says, `unpack` writes the file */
	json_add_string(container, "terminationMessagePolicy",
	    "FallbackToLogsOnError");
	resources = json_add_object(container, "resources");
	list = json_add_object(resources, "requests");
	json_add_string(list, "cpu", POD_CPU);
	json_add_string(list, "memory", POD_MEMORY);
	json_merge(list, b->o->requests);
	list = json_add_object(resources, "limits");
	json_add_string(list, "memory", POD_MEMORY_LIMIT);
	json_merge(list, b->o->limits);
	mounts = json_add_array(container, "volumeMounts");
	(void)put_mount(mounts, volume, path, read_only);
	put_container_security(b, container);
	return mounts;
}

/* A container that prints the bundle, or some parts of it, or copies it. */
static void
put_bundle(struct build *b, struct json *containers, const char *name,
    const char *parts)
{
	const struct pod_opts *o = b->o;
	struct json *container = put_container(containers, name,
	    b->inject ? o->image : o->unpacker);
	struct json *command = put_command(b, container), *mounts;
	const char *volume = b->inject ? "" : VOLUME, *dir = o->bundle_dir;
	char files[sizeof b->random + sizeof "-" FILES];

	put_arg(command, b->inject ? b->tools : "", "/unpack", "");
	if (o->check || o->copy_to != NULL)
		json_add_string(command, NULL, o->check ? "check" : "copy");
	put_arg(command, "--bundle-dir=", volume,
	    !b->inject && strcmp(dir, "/") == 0 ? "" : dir);
	/* an init container can run again, and the volume stays */
	if (o->copy_to != NULL)
		json_add_string(command, NULL, "--force");
	else if (!o->check)
		put_arg(command,
		    "--format=", parts != NULL ? "jsonl" : o->format, "");
	if (o->symlinks != NULL && !o->check)
		put_arg(command, "--symlinks=", o->symlinks, "");
	if (parts != NULL && !o->check)
		put_arg(command, "--parts=", parts, "");
	if (o->copy_to != NULL)
		put_arg(command, b->tools, "-" FILES "/" FILES, "");
	else if (!o->check)
		put_arg(command, "--log-limit=",
		    o->log_limit != NULL ? o->log_limit : POD_LOG_LIMIT, "");
	mounts = put_rest(b, container, b->inject ? "unpack" : "bundle",
	    b->inject ? b->tools : VOLUME, true);
	if (o->copy_to != NULL) {
		snprintf(files, sizeof files, "%s-" FILES, b->tools);
		(void)put_mount(mounts, FILES, files, false);
	}
}

/* Our volume, and the container that puts `unpack` there; or the bundle's. */
static void
put_volumes(struct build *b, struct json *spec)
{
	struct json *volumes = json_add_array(spec, "volumes");
	struct json *volume = json_add_object(volumes, NULL);
	struct json *container, *command;

	if (!b->inject) {
		json_add_string(volume, "name", "bundle");
		json_add_string(json_add_object(volume, "image"), "reference",
		    b->o->image);
		return;
	}
	json_add_string(volume, "name", "unpack");
	json_add_string(json_add_object(volume, "emptyDir"), "sizeLimit",
	    "8Mi");
	if (b->o->copy_to != NULL) {
		volume = json_add_object(volumes, NULL);
		json_add_string(volume, "name", FILES);
		(void)json_add_object(volume, "emptyDir");
	}
	container = put_container(json_add_array(spec, "initContainers"),
	    POD_INSTALLER, b->o->unpacker);
	command = put_command(b, container);
	json_add_string(command, NULL, "/unpack");
	json_add_string(command, NULL, "install");
	put_arg(command, b->tools, "/unpack", "");
	(void)put_rest(b, container, "unpack", b->tools, false);
}

static void
put_metadata(const struct pod_opts *o, struct json *pod)
{
	struct json *metadata = json_add_object(pod, "metadata");
	struct json *labels = NULL, *owner;
	char name[POD_NAME];

	pod_name(o, name, "");
	json_add_string(metadata, "name", name);
	if (o->namespace != NULL)
		json_add_string(metadata, "namespace", o->namespace);
	/* a pod with a copy is the user's: what deletes ours by their label
	 * must leave it alone */
	if (o->copy_to == NULL || o->owner.kind != NULL)
		labels = json_add_object(metadata, "labels");
	if (o->copy_to == NULL) {
		json_add_string(labels, POD_LABEL, POD_LABEL_VALUE);
		json_add_string(labels, POD_MANAGED_BY, "unpackctl");
	}
	if (o->owner.kind != NULL) {
		json_add_string(labels, POD_OWNER_KIND, o->owner.kind);
		/* a subdomain is a label's value, but that can be longer */
		if (strlen(o->owner.name) <= LABEL_MAX)
			snprintf(name, sizeof name, "%s", o->owner.name);
		else
			pod_make_name(name, o->owner.name, "");
		json_add_string(labels, POD_OWNER_NAME, name);
	}
	if (o->owner.uid == NULL)
		return;
	owner = json_add_object(json_add_array(metadata, "ownerReferences"),
	    NULL);
	json_add_string(owner, "apiVersion", o->owner.api_version);
	json_add_string(owner, "kind", o->owner.kind);
	json_add_string(owner, "name", o->owner.name);
	json_add_string(owner, "uid", o->owner.uid);
	json_add_bool(owner, "controller", true);
	json_add_bool(owner, "blockOwnerDeletion", true);
}

/* Everything of the spec but its containers that print. */
static struct json *
put_spec(struct build *b, struct json *pod)
{
	const struct pod_opts *o = b->o;
	struct json *spec = json_add_object(pod, "spec"), *context, *secrets;
	size_t i;

	if (o->copy_to == NULL) {
		json_add_string(spec, "restartPolicy", "Never");
		json_add_int(spec, "activeDeadlineSeconds",
		    (int64_t)(o->deadline > 0 ? o->deadline : POD_DEADLINE));
	}
	json_add_bool(spec, "automountServiceAccountToken", false);
	json_add_bool(spec, "enableServiceLinks", false);
	if (o->user_namespace)
		json_add_bool(spec, "hostUsers", false);
	if (o->n_pull_secrets > 0) {
		secrets = json_add_array(spec, "imagePullSecrets");
		for (i = 0; i < o->n_pull_secrets; i++)
			json_add_string(json_add_object(secrets, NULL), "name",
			    o->pull_secret[i]);
	}
	context = json_add_object(spec, "securityContext");
	if (o->user_namespace || o->uid >= 0)
		json_add_int(context, "runAsUser",
		    o->user_namespace ? 0 : o->uid);
	put_nonroot(b, context);
	put_volumes(b, spec);
	return spec;
}

/* ------------------------------------------------------------------- pods */

struct json *
pod_build_repair(const struct pod_opts *o, const struct ranges *ranges,
    size_t n)
{
	struct build b = {.o = o,
	    .inject = o->strategy == POD_INJECT,
	    .tools = o->mount_path};
	struct json *pod = json_new_object(), *spec, *containers, *app, *mount;
	unsigned char bytes[WIRE_MOUNT_DIGITS / 2];
	char name[POD_NAME], parts[RANGES_TEXT];
	size_t i, len;

	if (pod == NULL)
		msg_nomem();
	/* where our volume is: wire.h says why nobody can know */
	if (b.tools == NULL) {
		/* up to 256 bytes come whole: getrandom(2) */
		if (getrandom(bytes, sizeof bytes, 0) !=
		    (ssize_t)sizeof bytes) {
			msg_warn(errno,
			    "cannot get random bytes for the mount path");
			json_free(pod);
			return NULL;
		}
		len = (size_t)snprintf(b.random, sizeof b.random, WIRE_MOUNT);
		for (i = 0; i < sizeof bytes; i++)
			snprintf(b.random + len + 2 * i, 3, "%02x", bytes[i]);
		b.tools = b.random;
	}
	json_add_string(pod, "apiVersion", "v1");
	json_add_string(pod, "kind", "Pod");
	put_metadata(o, pod);
	spec = put_spec(&b, pod);
	containers = o->copy_to != NULL ? json_get(spec, "initContainers")
	                                : json_add_array(spec, "containers");
	if (n == 0)
		put_bundle(&b, containers, POD_BUNDLE, o->parts);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, POD_BUNDLE "-%zu", i);
		put_bundle(&b, containers, name,
		    ranges_text(&ranges[i], parts));
	}
	if (o->copy_to != NULL) {
		/* a placeholder for the user's, which has the copied files */
		app = put_container(json_add_array(spec, "containers"), "app",
		    "example.com/your-program:1");
		mount = put_mount(json_add_array(app, "volumeMounts"), FILES,
		    o->copy_to, true);
		json_add_string(mount, "subPath", FILES);
		put_container_security(&b, app);
	}
	json_merge(pod, o->overrides);
	return pod;
}

struct json *
pod_build(const struct pod_opts *o)
{
	return pod_build_repair(o, NULL, 0);
}
