/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl pod: print the unpack pod.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "pod/podopts.h"
#include "wire.h"

static int
pod_cmd_usage(FILE *to)
{
	(void)fprintf(to, "usage: %s ", msg_program());
	(void)fputs(
	    "pod -f FILE | --image REF [OPTION...]\n\n"
	    "Print the Pod that unpacks a bundle image.\n\n"
	    "  -o, --output FORMAT      yaml (default) or json\n" PODOPTS_HELP,
	    to);
	return to == stdout && fflush(stdout) != 0 ? WIRE_FAIL : WIRE_OK;
}

/* Parse the options; 0, or -1 for wrong usage, or 1 for --help. */
static int
pod_cmd_parse_args(int argc, char **argv, struct pod_opts *o, bool *json)
{
	static const struct option longs[] = {{"output", required_argument,
	                                          NULL, 'o'},
	    {"help", no_argument, NULL, 'h'}, PODOPTS_LONG, {NULL, 0, NULL, 0}};
	char shown[64];
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, PODOPTS_SHORT "o:h", longs,
	            NULL)) != -1) {
		switch (c) {
		case 'h':
			return 1;
		case 'o':
			*json = strcmp(optarg, "json") == 0;
			if (*json || strcmp(optarg, "yaml") == 0)
				break;
			msg_warn(0, "--output %s: not yaml or json",
			    msg_mask(shown, sizeof shown, optarg));
			return -1;
		case '?':
			msg_warn(0,
			    "unknown option, or one without its argument: %s",
			    msg_mask(shown, sizeof shown, argv[optind - 1]));
			return -1;
		default:
			if (podopts_take(o, c, optarg) < 0)
				return -1;
		}
	}
	if (optind < argc) {
		msg_warn(0, "unexpected argument '%s'",
		    msg_mask(shown, sizeof shown, argv[optind]));
		return -1;
	}
	return 0;
}

/* Print the pod; an exit code. */
static int
pod_cmd_print(const cJSON *pod, bool json)
{
	char *text = json ? cJSON_Print(pod) : yaml_print(pod);
	int ret = WIRE_OK;

	if (text == NULL) {
		if (json)
			msg_nomem();
		return WIRE_FAIL;
	}
	if (fputs(text, stdout) == EOF || (json && putchar('\n') == EOF) ||
	    fflush(stdout) != 0) {
		msg_warn(errno, "standard output");
		ret = WIRE_FAIL;
	}
	free(text);
	return ret;
}

int
cmd_pod(int argc, char **argv)
{
	struct pod_opts o = POD_OPTS;
	bool json = false;
	cJSON *pod;
	int ret;

	ret = pod_cmd_parse_args(argc, argv, &o, &json);
	if (ret > 0)
		return pod_cmd_usage(stdout);
	if (ret < 0) {
		msg_line("see %s pod --help", msg_program());
		return WIRE_USAGE;
	}
	ret = podopts_complete(&o);
	if (ret == WIRE_OK) {
		pod = pod_build(&o);
		ret = pod != NULL ? pod_cmd_print(pod, json) : WIRE_FAIL;
		cJSON_Delete(pod);
	}
	podopts_free(&o);
	return ret;
}
