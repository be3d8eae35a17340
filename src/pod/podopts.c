/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From options and manifests to the description of a pod (struct pod_opts), for
 * every command that makes pods.
 */
#include "pod/podopts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/names.h"
#include "base/number.h"
#include "pod/bundledeployment.h"
#include "pod/manifest.h"
#include "pod/name.h"
#include "pod/reference.h"
#include "pod/yaml.h"
#include "wire.h"

/* ---------------------------------------------------------------- options */

/* An opt_take: the name of an object in a cluster. */
static const char *
take_name(const struct opt *o, void *to, const char *value)
{
	return name_is_subdomain(value) ? opt_take_text(o, to, value) : "";
}

/* An opt_take: the name of a namespace, an RFC 1123 label. */
static const char *
podopts_take_namespace(const struct opt *o, void *to, const char *value)
{
	if (strlen(value) >= POD_NAME || strchr(value, '.') != NULL)
		return "";
	return take_name(o, to, value);
}

/* An opt_take: an image's reference. */
static const char *
take_image(const struct opt *o, void *to, const char *value)
{
	const char *error = reference_error(value);

	return error != NULL ? error : opt_take_text(o, to, value);
}

/* An opt_take, of struct names: one more file. */
static const char *
take_filename(const struct opt *o, void *to, const char *value)
{
	(void)o;
	return names_add(to, value) < 0 ? "out of memory" : NULL;
}

/* An opt_take, of struct names: one more bundle, by its image. */
static const char *
take_bundle(const struct opt *o, void *to, const char *value)
{
	const char *error = reference_error(value);

	return error != NULL ? error : take_filename(o, to, value);
}

/* An opt_take, of struct pod_opts: one more pull secret. */
static const char *
take_secret(const struct opt *o, void *to, const char *value)
{
	struct pod_opts *opts = to;
	const char *why;

	if (opts->n_pull_secrets == POD_SECRETS_MAX)
		return "at most 16 can be given";
	why = take_name(o, &opts->pull_secret[opts->n_pull_secrets], value);
	opts->n_pull_secrets += why == NULL;
	return why;
}

/* An opt_take, of struct pod_opts: a uid, or who chooses it. */
static const char *
take_user(const struct opt *o, void *to, const char *value)
{
	struct pod_opts *opts = to;
	uint64_t n = 0;
	bool namespace = strcmp(value, "namespace") == 0;

	(void)o;
	/* Kubernetes: validation.IsValidUserID; 0 is not restricted */
	if (!namespace && number_parse(value, 1, INT32_MAX, &n) < 0)
		return "";
	opts->uid = namespace ? -1 : (int64_t)n;
	opts->uid_set = true;
	return NULL;
}

/* An opt_take: a format that a log keeps whole. */
static const char *
take_format(const struct opt *o, void *to, const char *value)
{
	if (strcmp(value, "tar") == 0)
		return "a pod log can change binary data";
	return opt_take_word(o, to, value);
}

/* An opt_take: an absolute path. */
static const char *
take_dir(const struct opt *o, void *to, const char *value)
{
	return value[0] == '/' ? opt_take_text(o, to, value) : "";
}

/*
 * An opt_take: an absolute path but "/", without ".." and what Kubernetes
 * refuses: ":".
 */
const char *
podopts_take_path(const struct opt *o, void *to, const char *value)
{
	const char *p = value;
	size_t n;

	if (value[0] != '/' || strspn(value, "/.") == strlen(value) ||
	    strchr(value, ':') != NULL)
		return "";
	for (; *p != '\0'; p += n) {
		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return "it must not have '..'";
	}
	return opt_take_text(o, to, value);
}

/* An opt_take: a size, of which the pod gets the text. */
static const char *
take_limit(const struct opt *o, void *to, const char *value)
{
	uint64_t n;

	return number_parse_size(value, 1, INT64_MAX, &n) == 0
	    ? opt_take_text(o, to, value)
	    : "";
}

const char *
podopts_take_parts(const struct opt *o, void *to, const char *value)
{
	struct ranges parts;

	return ranges_parse(&parts, value, POD_PARTS_MAX) == 0
	    ? opt_take_text(o, to, value)
	    : "";
}

/* ------------------------------------------------- where it runs, with what */

/*
 * May a member of a merge patch be what it is, or a member of that, or of that
 * again?  As an opt_take returns.
 */
static const char *
override_wrong(const struct json *top, const struct json *field,
    const struct json *entry)
{
	/* of the unpack pod, and what would not be restricted */
	static const char *const ours[] = {"containers", "initContainers",
	    "ephemeralContainers", "volumes", "securityContext", "hostUsers",
	    "hostNetwork", "hostPID", "hostIPC", "os", "shareProcessNamespace",
	    "restartPolicy", "activeDeadlineSeconds",
	    "automountServiceAccountToken", "enableServiceLinks", NULL};
	/* what unpackctl sets */
	static const char *const labels[] = {POD_LABEL, POD_MANAGED_BY,
	    POD_OWNER_KIND, POD_OWNER_NAME, NULL};
	static const char stays[] = "it makes the pod what it is, and stays";
	static char text[512];
	const struct json *last = entry != NULL ? entry
	    : field != NULL                     ? field
	                                        : top;
	const char *key = json_key(last), *is = json_text(last), *why;
	bool spec = strcmp(json_key(top), "spec") == 0;
	char shown[300];

	if (entry != NULL)
		/* seccomp and AppArmor of pods before Kubernetes 1.30 */
		why = names_one_of(key, labels) || strstr(key, ".security.")
		    ? stays
		    : json_is_string(last) || json_is_null(last)
		    ? NULL
		    : "must be a string";
	else if (field != NULL && spec)
		why = names_one_of(key, ours) ? stays : NULL;
	else if (field != NULL && strcmp(key, "labels") != 0 &&
	    strcmp(key, "annotations") != 0)
		why = "of the metadata, only labels and annotations can be set";
	else if (field != NULL || spec || strcmp(key, "metadata") == 0)
		why = json_is_object(last) ? NULL : "must be a mapping";
	else
		why = (strcmp(key, "apiVersion") == 0 &&
		          strcmp(is, "v1") == 0) ||
		        (strcmp(key, "kind") == 0 && strcmp(is, "Pod") == 0)
		    ? NULL
		    : "only metadata and spec can be overridden";
	if (why == NULL)
		return NULL;
	snprintf(text, sizeof text, "%s%s%s%s%s: %s",
	    field != NULL ? json_key(top) : "", field != NULL ? "." : "",
	    entry != NULL ? json_key(field) : "", entry != NULL ? "." : "",
	    msg_mask(shown, sizeof shown, key), why);
	return text;
}

/* An opt_take: a merge patch (RFC 7386), which leaves the pod what it is. */
static const char *
take_overrides(const struct opt *o, void *to, const char *value)
{
	struct json **patch = to;
	const struct json *top, *field, *entry;
	const char *why = NULL;

	(void)o;
	json_free(*patch);
	*patch = json_parse(value, strlen(value));
	if (!json_is_object(*patch))
		return "";
	for (top = json_first(*patch); top != NULL && why == NULL;
	     top = json_next(top)) {
		why = override_wrong(top, NULL, NULL);
		for (field = json_first(top); field != NULL && why == NULL;
		     field = json_next(field)) {
			why = override_wrong(top, field, NULL);
			entry = json_key(top)[0] == 'm' ? json_first(field)
			                                : NULL;
			for (; entry != NULL && why == NULL;
			     entry = json_next(entry))
				why = override_wrong(top, field, entry);
		}
	}
	return why;
}

#define RESOURCE \
	"[a-z0-9]([a-z0-9./-]*[a-z0-9])?=" \
	"([0-9]*[1-9][0-9]*([.][0-9]+)?|[0-9]+[.][0-9]*[1-9][0-9]*)" \
	"(m|[kMGT]|[KMGT]i)?"

/* An opt_take: KEY=QUANTITY[,...], as kubectl set resources has them. */
static const char *
take_resources(const struct opt *o, void *to, const char *value)
{
	struct json **list = to;
	char key[256];
	size_t n;

	(void)o;
	json_free(*list);
	*list = json_new_object();
	if (!name_matches(value, "^" RESOURCE "(," RESOURCE ")*$"))
		return "";
	for (; *value != '\0'; value += n + (value[n] == ',')) {
		n = strcspn(value, "=");
		snprintf(key, sizeof key, "%.*s", (int)n, value);
		if (json_has(*list, key))
			return "a resource was given twice";
		value += n + 1;
		n = strcspn(value, ",");
		json_add_format(*list, key, "%.*s", (int)n, value);
	}
	return *list != NULL ? NULL : "out of memory";
}

/* ------------------------------------------------------------------- rows */

#define A_LIST "a list such as cpu=500m,memory=64Mi"
#define A_REFERENCE "a reference such as example.com/team/bundle:v1"

const struct opt podopts_bundle_rows[] = {
    {"filename", 'f', "FILE",
        "BundleDeployment or Bundle, YAML or JSON; - is standard input",
        OPT_OTHER(struct pod_opts, files, take_filename, NULL)},
    {"select", 0, "NAME", "the bundle of this name, if FILE has several",
        OPT_TEXT(struct pod_opts, select)},
    {"image", 0, "REF", "the bundle image, instead of -f",
        OPT_OTHER(struct pod_opts, images, take_bundle, A_REFERENCE)},
    {"bundle-dir", 0, "PATH",
        "directory of the bundle in the image (default: /)",
        OPT_OTHER(struct pod_opts, bundle_dir, take_dir, "an absolute path")},
    {"pull-secret", 0, "NAME", "pull with this secret too (repeatable)",
        .take = take_secret,
        .takes = "a name of lower case letters, digits, '-' and '.'"},
    {0},
};
const struct opt podopts_shape_rows[] = {
    {"name", 0, "NAME", "name of the pod", OPT_TEXT(struct pod_opts, name)},
    {0},
};
const struct opt podopts_pod_rows[] = {
    {"namespace", 'n', "NAMESPACE", "namespace of the pod",
        OPT_OTHER(struct pod_opts, namespace, podopts_take_namespace,
            "a namespace's name")},
    {"run-as-user", 0, "UID|namespace",
        "the user who runs it; namespace: OpenShift sets the uid from the namespace's range (default: 65532)",
        .take = take_user, .takes = "a user's number above 0, or namespace"},
    {"user-namespace", 0, NULL,
        "run as uid 0 of a user namespace, to read files that only root can read",
        OPT_FLAG(struct pod_opts, user_namespace)},
    {"strategy", 0, "inject|image-volume",
        "how unpack reads the files (default: inject; image-volume needs Kubernetes 1.33)",
        OPT_CHOICE(struct pod_opts, strategy)},
    {"unpacker-image", 0, "REF",
        "the unpack image (default: $UNPACK_IMAGE, else\n" UNPACK_IMAGE ")",
        OPT_OTHER(struct pod_opts, unpacker, take_image, A_REFERENCE)},
    {"mount-path", 0, "PATH",
        "where unpack is mounted (default: random, because an image that knows PATH can run its own program there)",
        OPT_OTHER(struct pod_opts, mount_path, podopts_take_path,
            "an absolute path below /, without a colon")},
    {"deadline", 0, "TIME", "time that the pod may take (default: 1h)",
        OPT_TIME(struct pod_opts, deadline)},
    {0},
};
const struct opt podopts_placement_rows[] = {
    {"overrides", 0, "JSON",
        "merge patch for the pod: labels, nodeSelector, tolerations and so on",
        OPT_OTHER(struct pod_opts, overrides, take_overrides, "a JSON object")},
    {"requests", 0, "LIST",
        "of each container (default: cpu=" POD_CPU ",memory=" POD_MEMORY ")",
        OPT_OTHER(struct pod_opts, requests, take_resources, A_LIST)},
    {"limits", 0, "LIST",
        "of each container (default: memory=" POD_MEMORY_LIMIT ")",
        OPT_OTHER(struct pod_opts, limits, take_resources, A_LIST)},
    {"image-pull-policy", 0, "Always|IfNotPresent|Never",
        "when the node pulls the two images (default: the cluster's)",
        OPT_WORD(struct pod_opts, pull_policy)},
    {0},
};
const struct opt podopts_stream_rows[] = {
    {"format", 0, "json|jsonl",
        "json for readers that already exist, jsonl for unpackctl (default: json; of run: jsonl)",
        OPT_OTHER(struct pod_opts, format, take_format, NULL)},
    {"symlinks", 0, "keep|skip",
        "whether symlinks are part of the bundle (default: skip in json, keep in jsonl)",
        OPT_WORD(struct pod_opts, symlinks)},
    {"log-limit", 0, "SIZE",
        "refuse a bundle with a longer log (default: " POD_LOG_LIMIT ")",
        OPT_OTHER(struct pod_opts, log_limit, take_limit,
            "a size such as 512Ki or 10Mi")},
    {0},
};

/* ------------------------------------------------------------------ files */

/* One more bundle, to be filled in.  NULL (reported): out of memory. */
static struct pod_opts *
add_bundle(struct podopts_bundles *b, const struct pod_opts *o)
{
	struct pod_opts *all = realloc(b->at, (b->n + 1) * sizeof *all);

	if (all == NULL) {
		msg_nomem();
		return NULL;
	}
	b->at = all;
	all[b->n] = *o;
	/* these stay with whom they are copied from */
	all[b->n].files = all[b->n].images = (struct names){0};
	return &all[b->n++];
}

/* Add the bundles of one file.  Returns 0, or -1 (reported). */
static int
expand_file(struct podopts_bundles *b, const struct pod_opts *o,
    const char *path)
{
	char file[MSG_NAME], where[MSG_NAME + 32];
	struct json *docs = yaml_load(path);
	struct manifest_cursor c = {.doc = json_first(docs)};
	struct manifest m;
	struct pod_opts *one;
	const char *name;
	size_t before = b->n;

	if (docs == NULL)
		return -1;
	if (json_add(b->docs, NULL, docs) == NULL) {
		msg_nomem();
		return -1;
	}
	msg_mask(file, sizeof file,
	    strcmp(path, "-") == 0 ? "standard input" : path);
	while (manifest_next(&c, &m)) {
		name = manifest_metadata(m.object, "name");
		if (bundledeployment_source(m.object) == NULL ||
		    (o->select != NULL &&
		        (name == NULL || strcmp(name, o->select) != 0)))
			continue;
		snprintf(where, sizeof where, "%s:%zu", file, m.line);
		one = add_bundle(b, o);
		if (one == NULL ||
		    bundledeployment_take(one, m.object, where) < 0)
			return -1;
		one->line = m.line;
	}
	if (b->n > before)
		return 0;
	return o->select != NULL
	    ? manifest_refuse(file, "no bundle of this name", o->select)
	    : manifest_refuse(file, "no " BUNDLEDEPLOYMENT_KINDS " in it",
	          NULL);
}

int
podopts_expand(const struct pod_opts *o, struct podopts_bundles *b)
{
	struct pod_opts *one;
	size_t i;

	*b = (struct podopts_bundles){0};
	for (i = 0; i < o->images.n; i++) {
		one = add_bundle(b, o);
		if (one == NULL)
			return -1;
		one->image = o->images.at[i];
	}
	b->docs = json_new_array();
	for (i = 0; i < o->files.n; i++)
		if (expand_file(b, o, o->files.at[i]) < 0)
			return -1;
	return 0;
}

void
podopts_free_bundles(struct podopts_bundles *b)
{
	json_free(b->docs);
	free(b->at);
	*b = (struct podopts_bundles){0};
}

const char *
podopts_conflict(const struct pod_opts *o)
{
	if ((o->files.n == 0) == (o->images.n == 0))
		return "give either --filename or --image";
	if (o->select != NULL && o->files.n == 0)
		return "--select chooses from --filename";
	if (o->user_namespace && o->uid_set)
		return "--user-namespace runs as uid 0 of the user namespace; leave --run-as-user out";
	if (o->parts != NULL && strcmp(o->format, "jsonl") != 0)
		return "--parts needs --format jsonl";
	if (o->copy_to != NULL &&
	    (o->parts != NULL || o->log_limit != NULL || o->deadline != 0 ||
	        strcmp(o->format, "json") != 0))
		return "--copy-to writes nothing to the log, and its pod stays: leave out what is about the log, and --deadline";
	if (o->copy_to != NULL &&
	    (o->mount_path != NULL || o->strategy != POD_INJECT))
		return "--copy-to mounts at random paths in the bundle's container";
	if (o->mount_path != NULL && o->strategy != POD_INJECT)
		return "--mount-path says where --strategy inject puts the program";
	return NULL;
}

const char *
podopts_nowhere(const struct pod_opts *o)
{
	const char *image = getenv("UNPACK_IMAGE");

	if (o->unpacker != NULL || (image != NULL && *image != '\0') ||
	    o->pull_policy != NULL ||
	    strncmp(UNPACK_IMAGE, "localhost/", 10) != 0)
		return NULL;
	return "neither --unpacker-image nor UNPACK_IMAGE is given, and the default, " UNPACK_IMAGE
	       ", is not in any registry; if every node has this image, give --image-pull-policy IfNotPresent";
}

int
podopts_choose_unpacker(struct pod_opts *o, bool quiet)
{
	const char *image = getenv("UNPACK_IMAGE"), *error = NULL;
	char shown[256];

	if (o->unpacker == NULL) {
		o->unpacker = image != NULL && *image != '\0' ? image
		                                              : UNPACK_IMAGE;
		error = reference_error(o->unpacker);
	}
	if (error != NULL)
		return manifest_refuse("UNPACK_IMAGE", error, image);
	/* a policy that is given means that the nodes have it */
	if (!quiet && strncmp(o->unpacker, "localhost/", 10) == 0 &&
	    o->pull_policy == NULL)
		msg_warn(0,
		    "%s: no node can pull an image of this name; push it to a registry and name it there, with --unpacker-image or UNPACK_IMAGE; if every node has this image, give --image-pull-policy IfNotPresent",
		    msg_mask(shown, sizeof shown, o->unpacker));
	return 0;
}

void
podopts_free(struct pod_opts *o)
{
	json_free(o->overrides);
	json_free(o->requests);
	json_free(o->limits);
	o->overrides = o->requests = o->limits = NULL;
	names_free(&o->files);
	names_free(&o->images);
}
