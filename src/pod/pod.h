/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the unpack pod: a Pod as a JSON tree, from what to unpack and how.
 */
#ifndef POD_H
#define POD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "base/ranges.h"

struct json;

/* The image that holds `unpack`; make UNPACK_IMAGE=... sets it. */
#ifndef UNPACK_IMAGE
#define UNPACK_IMAGE "localhost/unpack:" VERSION
#endif

/* What the containers are called, and the labels of the pods we make. */
#define POD_INSTALLER "install-unpacker"
#define POD_BUNDLE "bundle"
#define POD_LABEL "app.kubernetes.io/name"
#define POD_LABEL_VALUE "unpack"
#define POD_MANAGED_BY "app.kubernetes.io/managed-by"
#define POD_OWNER_KIND "core.rukpak.io/owner-kind"
#define POD_OWNER_NAME "core.rukpak.io/owner-name"

enum {
	POD_NAME = 64, /* a buffer for a name: RFC 1123 label and NUL */
	POD_SUFFIX_MAX = 32, /* characters that may follow a name */
	POD_SECRETS_MAX = 16,
	POD_PARTS_MAX = 1 << 30, /* no part has a number as high as this */
	POD_DEADLINE = 3600,
	POD_UID = 65532 /* runs the containers unless told otherwise */
};

/*
 * Of a log, unless told otherwise: what reads it has to keep it.  A bundle of
 * terabytes of zeros is refused before its first byte.
 */
#define POD_LOG_LIMIT "1Gi"

/*
 * What kubelet takes for a request or a limit where nobody says: all the same
 * for every bundle, as `unpack` needs the same memory for a large one.
 */
#define POD_CPU "10m"
#define POD_MEMORY "16Mi"
#define POD_MEMORY_LIMIT "64Mi"

enum pod_strategy {
	POD_INJECT, /* our binary goes into the bundle's container */
	POD_IMAGE_VOLUME /* the bundle is a volume of our container */
};

/* Whose pod it is; all NULL where nobody's. */
struct pod_owner {
	const char *api_version;
	const char *kind;
	const char *name;
	const char *uid; /* NULL: not from a cluster */
};

/* Strings are borrowed from argv or from a manifest. */
struct pod_opts {
	const char *select; /* which bundle of the file; NULL: the only one */
	const char *image; /* the bundle's reference */
	const char *unpacker; /* the unpack image; NULL: not said */
	const char *name; /* the pod's; NULL: made from the owner or image */
	const char *namespace; /* NULL: not said */
	const char *format; /* json or jsonl */
	const char *bundle_dir; /* absolute, in the bundle */
	const char *mount_path; /* of our volume; NULL: random for each pod */
	const char *symlinks; /* keep or skip; NULL: as the format has it */
	const char *log_limit; /* NULL: POD_LOG_LIMIT */
	const char *parts; /* jsonl only; NULL: all */
	const char
	    *copy_to; /* copy it to a volume, which the container that is
	                 to be put in has at this path; NULL: to the log */
	const char *pull_secret[POD_SECRETS_MAX];
	size_t n_pull_secrets;
	struct pod_owner owner;
	/* owned, podopts_free frees them; NULL: nothing is asked for */
	struct json *overrides; /* a merge patch for the pod */
	struct json *requests, *limits; /* {"cpu":"10m"}, of each container */
	const char *pull_policy; /* Always, IfNotPresent, Never */
	enum pod_strategy strategy;
	int64_t uid; /* runAsUser; -1: left out, for OpenShift to set */
	bool uid_set; /* somebody said so */
	uint64_t deadline; /* seconds the pod may take; 0: POD_DEADLINE */
	bool user_namespace; /* hostUsers: false, and uid 0 */
	bool check; /* only look whether the bundle can be read */
	size_t line; /* of its file, where the bundle's manifest begins */
	struct names files, images; /* owned; all that were given */
};

#define POD_OPTS \
	{ \
		.format = "json", .bundle_dir = "/", .uid = POD_UID \
	}

/*
 * Make a name that is an RFC 1123 label from any text, followed by suffix,
 * which must be one already ("-repair"; "" is none; cut to POD_SUFFIX_MAX).  A
 * text that had to be cut or changed gets 8 digits of its digest, so that two
 * texts never share a name.
 */
void pod_make_name(char name[static POD_NAME], const char *text,
    const char *suffix);

/*
 * What the bundle of o is called among several: the BundleDeployment's name or
 * the last part of the image's reference, as pod_make_name has it.
 */
void pod_name_bundle(const struct pod_opts *o, char name[static POD_NAME]);

/*
 * The name of the pod that o describes, then suffix, as pod_make_name has it.
 * Without a suffix, which tells pods apart, digits of the image's reference do.
 */
void pod_name(const struct pod_opts *o, char name[static POD_NAME],
    const char *suffix);

/*
 * The Pod; owned by the caller, json_free it.  NULL (reported).  If memory ran
 * out for a part of it, it does not print (json.h).
 *
 * Where n is not 0 it prints some parts again: one container for each of the n
 * lists, called bundle-0, bundle-1, ..., all of one image pull and one init
 * container; format jsonl, not the one of o.
 */
struct json *pod_build(const struct pod_opts *o, const struct ranges *ranges,
    size_t n);

#endif
