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
#include "pod/podopts.h"
#include "psa/psa.h"

/* Every pod that a manifest leads to passes. */
static void
try_bundle(const struct json *manifest, struct psa_policy policy)
{
	struct pod_opts o = POD_OPTS;
	struct psa_report report;
	struct json *pod;

	if (podopts_take_manifest(&o, manifest, "fuzz") < 0)
		return;
	o.unpacker = "example.com/unpack:1";
	pod = pod_build(&o);
	MUST(pod != NULL);
	MUST(psa_judge(&report, "fuzz", json_get(pod, "metadata"),
	         json_get(pod, "spec"), policy) == 0);
	MUST(report.n == 0);
	psa_report_free(&report);
	json_free(pod);
}

static void
try_pod(const struct json *pod, struct psa_policy policy)
{
	struct psa_report report;

	if (psa_judge(&report, "fuzz", json_get(pod, "metadata"),
	        json_get(pod, "spec"), policy) < 0)
		return;
	psa_report_free(&report);
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
	struct yaml_docs docs;
	char *text = yaml_print(tree);

	MUST(text != NULL);
	if (strlen(text) <= YAML_TEXT_MAX) {
		MUST(yaml_parse(&docs, "printed", text, strlen(text)) == 0);
		MUST(docs.n == 1);
		try_same(docs.tree[0], tree);
		yaml_docs_free(&docs);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct yaml_docs docs;
	struct manifest_cursor c = {.docs = &docs};
	struct psa_policy policy = {PSA_RESTRICTED, PSA_LATEST};
	struct manifest m;
	size_t i;

	if (len == 0)
		return 0;
	policy.minor = data[0] % (PSA_LATEST + 1);
	policy.level = data[0] & 0x80 ? PSA_BASELINE : PSA_RESTRICTED;
	if (yaml_parse(&docs, "fuzz", (const char *)data + 1, len - 1) < 0)
		return 0;
	while (manifest_next(&c, &m)) {
		try_pod(m.object, policy);
		try_bundle(m.object, policy);
	}
	for (i = 0; i < docs.n; i++)
		try_print(docs.tree[i]);
	yaml_docs_free(&docs);
	return 0;
}
