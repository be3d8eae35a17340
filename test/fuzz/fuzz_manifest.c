/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML, pods and their judges: the first byte is a policy, the rest a file.
 * What is printed must read back as the same tree, and a pod that we make is
 * never turned away.
 */
#include "base/json.h"
#include "fuzz.h"

#include <string.h>

#include "pod/manifest.h"
#include "pod/bundledeployment.h"
#include "pod/yaml.h"
#include "psa/psa.h"

/* Every pod that a manifest leads to passes. */
static void
try_bundle(const struct json *manifest, struct psa_policy policy)
{
	struct pod_opts o = POD_OPTS;
	struct json *pod, *violations;

	if (bundledeployment_source(manifest) == NULL ||
	    bundledeployment_take(&o, manifest, "fuzz") < 0)
		return;
	o.unpacker = "example.com/unpack:1";
	pod = pod_build(&o, NULL, 0);
	MUST(pod != NULL);
	violations = psa_judge("fuzz", "", json_get(pod, "metadata"),
	    json_get(pod, "spec"), policy);
	MUST(violations != NULL && json_size(violations) == 0);
	json_free(violations);
	json_free(pod);
}

static void
try_pod(const struct json *pod, struct psa_policy policy)
{
	json_free(psa_judge("fuzz", "a", json_get(pod, "metadata"),
	    json_get(pod, "spec"), policy));
}

/* Are both trees the same? */
static void
try_same(const struct json *a, const struct json *b)
{
	char *one = json_print(a, JSON_COMPACT);
	char *other = json_print(b, JSON_COMPACT);

	MUST(one != NULL && other != NULL && strcmp(one, other) == 0);
	free(one);
	free(other);
}

static void
try_print(const struct json *tree)
{
	struct json *docs;
	char *text = yaml_print(tree);

	MUST(text != NULL);
	if (strlen(text) <= YAML_TEXT_MAX) {
		docs = yaml_parse("printed", text, strlen(text));
		MUST(json_size(docs) == 1);
		try_same(json_first(docs), tree);
		json_free(docs);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct json *docs, *doc;
	struct manifest_cursor c = {0};
	struct psa_policy policy = {PSA_RESTRICTED, PSA_LATEST};
	struct manifest m;

	if (len == 0)
		return 0;
	policy.minor = data[0] % (PSA_LATEST + 1);
	policy.level = data[0] & 0x80 ? PSA_BASELINE : PSA_RESTRICTED;
	docs = yaml_parse("fuzz", (const char *)data + 1, len - 1);
	c.doc = json_first(docs);
	while (manifest_next(&c, &m)) {
		try_pod(m.object, policy);
		try_bundle(m.object, policy);
	}
	for (doc = json_first(docs); doc != NULL; doc = json_next(doc))
		try_print(doc);
	json_free(docs);
	return 0;
}
