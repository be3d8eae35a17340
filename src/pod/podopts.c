/* SPDX-License-Identifier: Apache-2.0 */
#include "pod/podopts.h"

#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "pod/manifest.h"
#include "base/msg.h"
#include "pod/reference.h"
#include "wire.h"

#define GROUP "core.rukpak.io/"

/* ---------------------------------------------------------------- options */

/* Is name what Kubernetes calls a DNS subdomain (RFC 1123)? */
static bool
is_subdomain(const char *name)
{
	size_t len = strlen(name), i;
	bool dot = true; /* a label begins here */

	for (i = 0; i < len; i++) {
		if (name[i] == '.' || name[i] == '-') {
			if (dot || (name[i] == '.' && name[i - 1] == '-'))
				return false;
			dot = name[i] == '.';
			continue;
		}
		if (!((name[i] >= 'a' && name[i] <= 'z') ||
		        (name[i] >= '0' && name[i] <= '9')))
			return false;
		dot = false;
	}
	return len > 0 && len <= 253 && !dot && name[len - 1] != '-';
}

static int
podopts_refuse_value(const char *option, const char *arg, const char *why)
{
	char shown[256];

	msg_warn(0, "--%s %s: %s", option, msg_mask(shown, sizeof shown, arg),
	    why);
	return -1;
}

/* Store arg at *to if it is one of two words. */
static int
take_word(const char **to, const char *option, const char *arg,
    const char *const words[static 2])
{
	char why[64];

	if (strcmp(arg, words[0]) == 0 || strcmp(arg, words[1]) == 0) {
		*to = arg;
		return 0;
	}
	(void)snprintf(why, sizeof why, "not %s or %s", words[0], words[1]);
	return podopts_refuse_value(option, arg, why);
}

/* Store arg at *to if it is the name of an object in a cluster. */
static int
take_name(const char **to, const char *option, const char *arg)
{
	if (!is_subdomain(arg))
		return podopts_refuse_value(option, arg,
		    "not a name of lower case letters, digits, '-' and '.'");
	*to = arg;
	return 0;
}

static int
take_image(const char **to, const char *option, const char *arg)
{
	const char *error = reference_error(arg);

	if (error != NULL)
		return podopts_refuse_value(option, arg, error);
	*to = arg;
	return 0;
}

static int
take_secret(struct pod_opts *o, const char *option, const char *arg)
{
	if (o->n_pull_secrets == POD_SECRETS_MAX)
		return podopts_refuse_value(option, arg, "too many of them");
	if (take_name(&o->pull_secret[o->n_pull_secrets], option, arg) < 0)
		return -1;
	o->n_pull_secrets++;
	return 0;
}

static int
take_user(struct pod_opts *o, const char *arg)
{
	uint64_t n;

	if (strcmp(arg, "namespace") == 0) {
		o->uid = -1;
		return 0;
	}
	/* Kubernetes: validation.IsValidUserID */
	if (io_number(arg, 1, INT32_MAX, &n) < 0)
		return podopts_refuse_value("run-as-user", arg,
		    "not a user's number above 0, nor `namespace`");
	o->uid = (int64_t)n;
	return 0;
}

static int
take_format(struct pod_opts *o, const char *arg)
{
	static const char *const formats[2] = {"json", "jsonl"};

	if (strcmp(arg, "tar") == 0)
		return podopts_refuse_value("format", arg,
		    "a pod log does not keep binary data whole; use json or jsonl");
	return take_word(&o->format, "format", arg, formats);
}

static int
take_strategy(struct pod_opts *o, const char *arg)
{
	static const char *const strategies[2] = {"inject", "image-volume"};
	const char *word = NULL;

	if (take_word(&word, "strategy", arg, strategies) < 0)
		return -1;
	o->strategy = strcmp(word, "inject") == 0 ? POD_INJECT
	                                          : POD_IMAGE_VOLUME;
	return 0;
}

/* A, or A-B with A up to B. */
static int
take_parts(struct pod_opts *o, const char *arg)
{
	const char *dash = strchr(arg, '-');
	char first[16];
	uint64_t a, b;

	(void)snprintf(first, sizeof first, "%.*s",
	    dash != NULL ? (int)(dash - arg) : 15, arg);
	if (io_number(first, 0, POD_PARTS_MAX, &a) < 0 ||
	    (dash != NULL && io_number(dash + 1, a, POD_PARTS_MAX, &b) < 0))
		return podopts_refuse_value("parts", arg,
		    "not FIRST or FIRST-LAST");
	o->parts = arg;
	return 0;
}

static int
take_dir(struct pod_opts *o, const char *arg)
{
	if (arg[0] != '/')
		return podopts_refuse_value("bundle-dir", arg,
		    "not an absolute path");
	o->bundle_dir = arg;
	return 0;
}

/* An absolute path but "/", without ".." and what Kubernetes refuses: ":". */
static int
take_mount_path(struct pod_opts *o, const char *arg)
{
	const char *p = arg;
	size_t n;

	if (arg[0] != '/' || strspn(arg, "/.") == strlen(arg) ||
	    strchr(arg, ':') != NULL)
		return podopts_refuse_value("mount-path", arg,
		    "not an absolute path below /, without a colon");
	for (; *p != '\0'; p += n) {
		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return podopts_refuse_value("mount-path", arg,
			    "'..' has no place in it");
	}
	o->mount_path = arg;
	return 0;
}

static int
take_limit(struct pod_opts *o, const char *arg)
{
	uint64_t n;

	if (io_size(arg, 1, INT64_MAX, &n) < 0)
		return podopts_refuse_value("log-limit", arg,
		    "not a size such as 10Mi");
	o->log_limit = arg;
	return 0;
}

static int
take_deadline(struct pod_opts *o, const char *arg)
{
	uint64_t n;

	if (io_number(arg, 1, INT32_MAX, &n) < 0)
		return podopts_refuse_value("deadline", arg,
		    "not a number of seconds");
	o->deadline = (int64_t)n;
	return 0;
}

static int
take_namespace(struct pod_opts *o, const char *arg)
{
	if (!is_subdomain(arg) || strlen(arg) >= POD_NAME ||
	    strchr(arg, '.') != NULL)
		return podopts_refuse_value("namespace", arg,
		    "not a namespace's name");
	o->namespace = arg;
	return 0;
}

static int
take_compat(struct pod_opts *o, const char *arg)
{
	if (strcmp(arg, "rukpak") != 0)
		return podopts_refuse_value("compat", arg, "not rukpak");
	o->rukpak = true;
	return 0;
}

int
podopts_take(struct pod_opts *o, int opt, const char *arg)
{
	static const char *const symlinks[2] = {"keep", "skip"};

	switch (opt) {
	case 'f':
		o->file = arg;
		return 0;
	case 'n':
		return take_namespace(o, arg);
	case PODOPTS_IMAGE:
		return take_image(&o->image, "image", arg);
	case PODOPTS_NAME:
		o->name = arg;
		return 0;
	case PODOPTS_SELECT:
		o->select = arg;
		return 0;
	case PODOPTS_UNPACKER:
		return take_image(&o->unpacker, "unpacker-image", arg);
	case PODOPTS_STRATEGY:
		return take_strategy(o, arg);
	case PODOPTS_USER:
		return take_user(o, arg);
	case PODOPTS_USERNS:
		o->user_namespace = true;
		return 0;
	case PODOPTS_FORMAT:
		return take_format(o, arg);
	case PODOPTS_DIR:
		return take_dir(o, arg);
	case PODOPTS_MOUNT:
		return take_mount_path(o, arg);
	case PODOPTS_SYMLINKS:
		return take_word(&o->symlinks, "symlinks", arg, symlinks);
	case PODOPTS_LOG_LIMIT:
		return take_limit(o, arg);
	case PODOPTS_PARTS:
		return take_parts(o, arg);
	case PODOPTS_SECRET:
		return take_secret(o, "pull-secret", arg);
	case PODOPTS_DEADLINE:
		return take_deadline(o, arg);
	case PODOPTS_COMPAT:
		return take_compat(o, arg);
	default:
		return -1;
	}
}

/* -------------------------------------------------------------- manifests */

/*
 * Where a manifest of this kind has its source, or NULL where it is none of
 * ours: RukPak's Bundle v1alpha1 and BundleDeployment v1alpha1, v1alpha2.
 */
static const cJSON *
find_source(const cJSON *manifest, bool *ours)
{
	const char *api = manifest_string(manifest, "apiVersion");
	const char *kind = manifest_string(manifest, "kind");
	const cJSON *spec = manifest_get(manifest, "spec");

	*ours = false;
	if (api == NULL || kind == NULL ||
	    strncmp(api, GROUP, sizeof GROUP - 1) != 0)
		return NULL;
	api += sizeof GROUP - 1;
	if (strcmp(kind, "BundleDeployment") == 0 &&
	    strcmp(api, "v1alpha1") == 0) {
		*ours = true;
		return manifest_get(manifest_get(manifest_get(spec, "template"),
		                        "spec"),
		    "source");
	}
	*ours = (strcmp(kind, "BundleDeployment") == 0 &&
	            strcmp(api, "v1alpha2") == 0) ||
	    (strcmp(kind, "Bundle") == 0 && strcmp(api, "v1alpha1") == 0);
	return *ours ? manifest_get(spec, "source") : NULL;
}

static int
reject(const char *where, const char *what, const char *value)
{
	char shown[256];

	if (value == NULL)
		msg_warn(0, "%s: %s", where, what);
	else
		msg_warn(0, "%s: %s: %s", where,
		    msg_mask(shown, sizeof shown, value), what);
	return -1;
}

/* Take the image source; what -f says of it never undoes an option. */
static int
take_source(struct pod_opts *o, const cJSON *source, const char *where)
{
	const char *type = manifest_string(source, "type"), *ref, *error;
	const cJSON *image = manifest_get(source, "image");

	if (!cJSON_IsObject(source))
		return reject(where, "it has no source", NULL);
	if (type == NULL)
		return reject(where, "its source has no type", NULL);
	if (strcmp(type, "image") != 0)
		return reject(where,
		    "a source of this type is no image; only image sources can be unpacked",
		    type);
	ref = manifest_string(image, "ref");
	if (ref == NULL)
		return reject(where, "its source has no image.ref", NULL);
	error = reference_error(ref);
	if (error != NULL)
		return reject(where, error, ref);
	o->image = ref;
	ref = manifest_string(image, "pullSecret");
	if (ref == NULL)
		return 0;
	return take_secret(o, "pull-secret", ref);
}

int
podopts_take_manifest(struct pod_opts *o, const cJSON *manifest,
    const char *where)
{
	const cJSON *metadata = manifest_get(manifest, "metadata");
	const cJSON *source;
	bool ours;

	source = find_source(manifest, &ours);
	if (!ours)
		return reject(where,
		    "no BundleDeployment (core.rukpak.io/v1alpha1, v1alpha2) or Bundle (core.rukpak.io/v1alpha1)",
		    NULL);
	o->owner.api_version = manifest_string(manifest, "apiVersion");
	o->owner.kind = manifest_string(manifest, "kind");
	o->owner.name = manifest_string(metadata, "name");
	o->owner.uid = manifest_string(metadata, "uid");
	if (o->owner.name == NULL || !is_subdomain(o->owner.name))
		return reject(where, "metadata.name is no name", NULL);
	return take_source(o, source, where);
}

/* ------------------------------------------------------------------ files */

/* Is this a manifest to choose from? */
static bool
is_candidate(const struct pod_opts *o, const cJSON *manifest)
{
	const char *name = manifest_metadata(manifest, "name");
	bool ours;

	(void)find_source(manifest, &ours);
	return ours &&
	    (o->select == NULL ||
	        (name != NULL && strcmp(name, o->select) == 0));
}

/* Several bundles, and no word about which: say what there is. */
static int
say_several(const struct pod_opts *o, const char *file, size_t n)
{
	struct manifest_cursor c = {.docs = &o->input};
	struct manifest m;
	const char *text;
	char name[256];

	msg_warn(0, "%s: %zu bundles; choose one with --select NAME:", file, n);
	while (manifest_next(&c, &m)) {
		if (!is_candidate(o, m.object))
			continue;
		text = manifest_metadata(m.object, "name");
		msg_line("  line %zu: %s %s", m.line, m.kind,
		    msg_mask(name, sizeof name, text != NULL ? text : ""));
	}
	return -1;
}

/* Read the file, and take the bundle in it that fits. */
static int
take_file(struct pod_opts *o)
{
	char file[MSG_NAME], where[MSG_NAME + 32];
	struct manifest_cursor c = {.docs = &o->input};
	struct manifest m, chosen = {.object = NULL};
	size_t n = 0;

	if (yaml_load(&o->input, o->file) < 0)
		return -1;
	(void)msg_mask(file, sizeof file,
	    strcmp(o->file, "-") == 0 ? "standard input" : o->file);
	while (manifest_next(&c, &m)) {
		if (!is_candidate(o, m.object))
			continue;
		chosen = m;
		n++;
	}
	if (n > 1)
		return say_several(o, file, n);
	if (n == 0 && o->select != NULL)
		return reject(file, "no bundle of this name", o->select);
	if (n == 0)
		return reject(file,
		    "no BundleDeployment (core.rukpak.io/v1alpha1, v1alpha2) or Bundle (core.rukpak.io/v1alpha1) in it",
		    NULL);
	(void)snprintf(where, sizeof where, "%s:%zu", file, chosen.line);
	return podopts_take_manifest(o, chosen.object, where);
}

/* Do the options go together? */
static int
podopts_check_together(const struct pod_opts *o)
{
	const char *why = NULL;

	if ((o->file == NULL) == (o->image == NULL))
		why = "give either --filename or --image";
	else if (o->select != NULL && o->file == NULL)
		why = "--select chooses from --filename";
	else if (o->user_namespace && o->uid != POD_UID)
		why =
		    "--user-namespace runs as uid 0 of the user namespace; leave --run-as-user out";
	else if (o->parts != NULL && strcmp(o->format, "jsonl") != 0)
		why = "--parts needs --format jsonl";
	else if (o->mount_path != NULL && o->strategy != POD_INJECT)
		why =
		    "--mount-path says where --strategy inject puts the program";
	else if (o->rukpak &&
	    (o->mount_path != NULL || o->user_namespace || o->uid != POD_UID ||
	        o->parts != NULL || o->symlinks != NULL ||
	        o->log_limit != NULL || o->deadline != 0 ||
	        o->strategy != POD_INJECT || strcmp(o->format, "json") != 0))
		why =
		    "--compat rukpak makes that very pod; of the options about how to unpack only --bundle-dir fits";
	if (why == NULL)
		return 0;
	msg_warn(0, "%s", why);
	return -1;
}

/* The mount path of RukPak's pods is known: say what cannot be helped. */
static void
podopts_say_risk(void)
{
	msg_warn(0,
	    "--compat rukpak: this pod cannot protect itself against its image, which knows that a volume is mounted on /bin: with a VOLUME or a symbolic link there it runs a program of its own in place of unpack, and what that prints is no bundle to trust; what the image has in /bin is hidden");
	msg_line(
	    "'unpackctl check' finds such images; without --compat the mount path is random and none can do this");
}

int
podopts_complete(struct pod_opts *o)
{
	if (podopts_check_together(o) < 0)
		return WIRE_USAGE;
	if (o->file != NULL && take_file(o) < 0)
		return WIRE_FAIL;
	if (o->rukpak)
		podopts_say_risk();
	return WIRE_OK;
}

void
podopts_free(struct pod_opts *o)
{
	yaml_docs_free(&o->input);
}
