/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A merge of what a server may set into the pod that was sent: where it is
 * taken for the one that was sent, user, image and command are as they were.
 */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"
#include "cluster/podasked.h"
#include "pod/pod.h"

/* Put each member of `from` into `to`. */
static void
merge(struct json *to, const struct json *from)
{
	const struct json *m;

	for (m = json_first(from); m != NULL; m = json_next(m))
		if (json_key(m) != NULL)
			json_set(to, json_key(m), json_copy(m));
}

static void
must_be_same(const struct json *a, const struct json *b)
{
	char *x = json_print(a, JSON_COMPACT), *y = json_print(b, JSON_COMPACT);

	MUST(x != NULL && y != NULL && strcmp(x, y) == 0);
	free(x);
	free(y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pod_opts o = POD_OPTS;
	struct podasked p = {.others = json_new_array()};
	struct json *asked, *got, *set, *spec, *bundle, *was;

	o.name = "p";
	o.image = "example.com/b:v1";
	o.unpacker = "example.com/u:v1";
	o.mount_path = "/m";
	asked = pod_build(&o, NULL, 0);
	got = json_copy(asked);
	set = json_parse((const char *)data, len);
	spec = json_get(got, "spec");
	was = json_at(json_path(asked, "spec", "containers", NULL), 0);
	bundle = json_at(json_get(spec, "containers"), 0);
	MUST(asked != NULL && was != NULL && bundle != NULL);
	merge(bundle, json_get(set, "bundle"));
	merge(spec, json_get(set, "spec"));
	if (podasked_is(&p, asked, got)) {
		bundle = json_at(json_path(got, "spec", "containers", NULL), 0);
		if (strcmp(json_get_text(bundle, "name"), "bundle") == 0) {
			must_be_same(json_get(was, "image"),
			    json_get(bundle, "image"));
			must_be_same(json_get(was, "command"),
			    json_get(bundle, "command"));
		}
		MUST(!json_bool(json_path(got, "spec", "hostNetwork", NULL),
		    false));
	} else {
		MUST(p.why[0] != '\0' && p.fix[0] != '\0');
	}
	json_free(p.others);
	json_free(set);
	json_free(got);
	json_free(asked);
	return 0;
}
