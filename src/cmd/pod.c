/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl pod: print the unpack pod.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "pod/podopts.h"
#include "pod/yaml.h"
#include "wire.h"

struct pod_cmd {
	struct pod_opts pod;
	int json;
};

static const struct opt pod_cmd_rows[] = {
    {"parts", 0, "FIRST[-[LAST]][,...]", "jsonl: only these parts",
        OPT_OTHER(struct pod_cmd, pod.parts, podopts_take_parts,
            "FIRST, FIRST-LAST or FIRST-, from 0, with commas between them")},
    {"copy-to", 0, "PATH",
        "a pod that copies the bundle to a volume: at PATH of its last container, which you replace",
        OPT_OTHER(struct pod_cmd, pod.copy_to, podopts_take_path,
            "an absolute path below /, without a colon")},
    {"output", 'o', "yaml|json", "format of the pod (default: yaml)",
        OPT_CHOICE(struct pod_cmd, json)},
    {0},
};
static const struct opt_group pod_cmd_groups[] = {
    {"Which bundle", podopts_bundle_rows, offsetof(struct pod_cmd, pod)},
    {"The pod", podopts_pod_rows, offsetof(struct pod_cmd, pod)},
    {"Its name", podopts_shape_rows, offsetof(struct pod_cmd, pod)},
    {"Where it runs, and what it may use", podopts_placement_rows,
        offsetof(struct pod_cmd, pod)},
    {"What it writes to its log", podopts_stream_rows,
        offsetof(struct pod_cmd, pod)},
    {"What is printed", pod_cmd_rows, 0},
    {0},
};
const struct opt_command cmd_pod_options = {
    .name = "pod",
    .usage = " -f FILE | --image REF [OPTION...]",
    .about = "Print the unpack pod of a bundle image.\n",
    .groups = pod_cmd_groups,
};

/* Print the pod; an exit code. */
static int
pod_cmd_print(const struct json *pod, bool json)
{
	char *text = json ? json_print(pod, JSON_PRETTY) : yaml_print(pod);
	int ret = WIRE_OK;

	if (text == NULL) {
		if (json)
			msg_nomem();
		return WIRE_FAIL;
	}
	out_text(text);
	if (json)
		out_text("\n");
	if (out_flush() < 0)
		ret = WIRE_FAIL;
	free(text);
	return ret;
}

/* Several bundles in a file, and no word about which: say what there is. */
static void
pod_cmd_say_several(const char *path, const struct podopts_bundles *b)
{
	char file[MSG_NAME], name[256];
	size_t i;

	msg_warn(0, "%s: %zu bundles; choose one with --select NAME:",
	    strcmp(path, "-") == 0 ? "standard input"
	                           : msg_mask(file, sizeof file, path),
	    b->n);
	for (i = 0; i < b->n; i++)
		msg_line("  line %zu: %s %s", b->at[i].line,
		    b->at[i].owner.kind,
		    msg_mask(name, sizeof name, b->at[i].owner.name));
}

int
cmd_pod(int argc, char **argv)
{
	struct pod_cmd x = {.pod = POD_OPTS};
	struct podopts_bundles b = {0};
	struct json *pod;
	const char *why;
	int code;

	if (opt_parse(&cmd_pod_options, &x, argc, argv, &code) < 0)
		goto out;
	why = podopts_conflict(&x.pod);
	if (why == NULL && x.pod.images.n + x.pod.files.n > 1)
		why =
		    "prints the pod of one bundle: give --image or --filename once";
	code = why != NULL ? WIRE_USAGE : WIRE_FAIL;
	if (why != NULL) {
		(void)opt_wrong(&cmd_pod_options, "%s", why);
	} else if (podopts_choose_unpacker(&x.pod, false) == 0 &&
	    podopts_expand(&x.pod, &b) == 0) {
		if (b.n > 1) {
			pod_cmd_say_several(x.pod.files.at[0], &b);
		} else {
			pod = pod_build(&b.at[0], NULL, 0);
			if (pod != NULL)
				code = pod_cmd_print(pod, x.json);
			json_free(pod);
		}
	}
	podopts_free_bundles(&b);
out:
	podopts_free(&x.pod);
	return code;
}
