/* SPDX-License-Identifier: Apache-2.0 */
/* Names of pods and bundles. */
#include "pod/pod.h"

#include "base/json.h"
#include "tap.h"

static const char *const images[] = {
    "quay.io/example/bundle:v1",
    "bundle",
    "REGISTRY:5000/UPPER_case@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "quay.io/x/an-image-with-a-name-that-is-longer-than-any-label-may-ever-be-in-kubernetes:v1",
    "quay.io/x/-:1",
};

static const char *const owners[] = {NULL, "a.b", "prometheus",
    "a-bundle-with-a-name-that-is-longer-than-any-label-may-be-in.kubernetes"};

static const char *const suffixes[] = {"", "-r1", "-01234567-12",
    "-01234567-999-r12"};

/* The name that was given to a pod is the one that it is built with. */
static void
test_built(const struct pod_opts *o, const char *suffix)
{
	struct pod_opts named = *o;
	char name[POD_NAME], again[POD_NAME];
	struct json *pod;

	pod_name(o, name, suffix);
	named.name = name;
	pod_name(&named, again, "");
	OK_STR(again, name);
	pod = pod_build(&named, NULL, 0);
	OK_STR(json_get_string(json_get(pod, "metadata"), "name"), name);
	json_free(pod);
}

static void
test_bundle(const char *image, const char *owner, const char *want)
{
	struct pod_opts o = {.image = image, .owner.name = owner};
	char name[POD_NAME];

	pod_name_bundle(&o, name);
	OK_STR(name, want);
}

int
main(void)
{
	size_t i, k, s;

	for (i = 0; i < sizeof images / sizeof *images; i++)
		for (k = 0; k < sizeof owners / sizeof *owners; k++)
			for (s = 0; s < sizeof suffixes / sizeof *suffixes;
			     s++) {
				struct pod_opts o = {.image = images[i],
				    .unpacker = "unpack",
				    .bundle_dir = "/",
				    .format = "jsonl",
				    .uid = -1,
				    .owner = {.name = owners[k],
				        .kind = owners[k],
				        .api_version = owners[k]}};

				test_built(&o, suffixes[s]);
			}
	test_bundle("quay.io/example/bundle:v1", NULL, "bundle");
	test_bundle("quay.io/example/bundle@sha256:00", "prometheus",
	    "prometheus");
	test_bundle("bundle:v1", NULL, "bundle");
	return tap_done();
}
