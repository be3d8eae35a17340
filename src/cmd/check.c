/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl check: will a bundle image on disk unpack in a restricted
 * namespace?
 */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "image/verdict.h"
#include "image/verdictout.h"
#include "wire.h"

/* The uid that `unpackctl pod` gives, and what it may take apart at most. */
#define DEFAULT_UID 65532
#define DEFAULT_MAX (UINT64_C(2) << 30)
/* OpenShift: the first uid of a namespace, and its containerLogMaxSize */
#define OPENSHIFT_UID 1000650000
#define OPENSHIFT_LOG (UINT64_C(50) << 20)

enum {
	OPT_UID = 256,
	OPT_GID,
	OPT_OPENSHIFT,
	OPT_PLATFORM,
	OPT_MAX_SIZE
};

static const struct option longs[] = {
    {"uid", required_argument, NULL, OPT_UID},
    {"gid", required_argument, NULL, OPT_GID},
    {"openshift", no_argument, NULL, OPT_OPENSHIFT},
    {"platform", required_argument, NULL, OPT_PLATFORM},
    {"max-size", required_argument, NULL, OPT_MAX_SIZE},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "check [OPTION...] IMAGE\n"
    "\n"
    "Will this bundle image unpack in a restricted namespace?  IMAGE is an OCI\n"
    "layout, an oci-archive, a docker-archive ('-' is standard input), or a\n"
    "directory that is the root file system.  skopeo's oci:PATH[:TAG],\n"
    "oci-archive:, docker-archive: and dir: are understood.\n"
    "\n"
    "  --uid N            who reads (65532)\n"
    "  --gid N[,N...]     its gid and groups (as the image says; else 0)\n"
    "  --openshift        as OpenShift would run it: a uid of the "
    "namespace\n"
    "  --platform OS/ARCH[/VARIANT]\n"
    "                     of the node (this machine's)\n"
    "  --max-size SIZE    refuse images that are larger unpacked (2Gi)\n"
    "  -o, --output text|json\n"
    "  -q, --quiet        say nothing, exit only\n"
    "\n"
    "exit: 0 it will; 1 cannot tell: damaged, or an I/O error; 2 wrong "
    "usage;\n"
    "3 it will not.\n";

struct args {
	struct verdict_opts opts;
	struct verdictout_opts out;
	gid_t gids[RUNTIME_GROUPS_MAX];
	bool uid_set;
	bool openshift;
	bool json;
	bool quiet;
};

/* Warn that option `name` does not take `value`.  Returns -1. */
static int
check_refuse_value(const char *name, const char *value, const char *takes)
{
	char masked[256];

	msg_warn(0, "--%s '%s': takes %s; see --help", name,
	    msg_mask(masked, sizeof masked, value), takes);
	return -1;
}

/* N[,N...] */
static int
set_gids(struct args *a, const char *value)
{
	char text[16 * RUNTIME_GROUPS_MAX], *rest = text, *one;
	uint64_t n;

	if (strlen(value) >= sizeof text)
		return check_refuse_value("gid", value, "at most 64 numbers");
	memcpy(text, value, strlen(value) + 1);
	a->opts.gids = a->gids;
	a->opts.n_gids = 0;
	while ((one = strsep(&rest, ",")) != NULL) {
		if (a->opts.n_gids == RUNTIME_GROUPS_MAX ||
		    io_number(one, 0, UINT32_MAX - 1, &n) < 0)
			return check_refuse_value("gid", value,
			    "at most 64 numbers with commas");
		a->gids[a->opts.n_gids++] = (gid_t)n;
	}
	return 0;
}

static int
set_platform(struct args *a, const char *value)
{
	const char *slash = strchr(value, '/');

	a->opts.platform = value;
	if (slash == NULL || slash == value || slash[1] == '\0')
		return check_refuse_value("platform", value,
		    "os/arch, as in linux/arm64");
	return 0;
}

static int
set_output(struct args *a, const char *value)
{
	a->json = strcmp(value, "json") == 0;
	if (a->json || strcmp(value, "text") == 0)
		return 0;
	return check_refuse_value("output", value, "text or json");
}

static int
check_set_option(struct args *a, int option, const char *value)
{
	uint64_t n = 0;

	switch (option) {
	case OPT_UID:
		a->uid_set = true;
		if (io_number(value, 0, UINT32_MAX - 1, &n) < 0)
			return check_refuse_value("uid", value, "a number");
		a->opts.uid = (uid_t)n;
		return 0;
	case OPT_GID:
		return set_gids(a, value);
	case OPT_OPENSHIFT:
		a->openshift = true;
		return 0;
	case OPT_PLATFORM:
		return set_platform(a, value);
	case OPT_MAX_SIZE:
		if (io_size(value, 1, INT64_MAX / 4, &a->opts.max) < 0)
			return check_refuse_value("max-size", value,
			    "bytes, as in 8Gi");
		return 0;
	case 'o':
		return set_output(a, value);
	default:
		a->quiet = true;
		return 0;
	}
}

/* What OpenShift gives where the user did not say otherwise. */
static void
check_apply_openshift(struct args *a)
{
	if (!a->openshift)
		return;
	a->opts.log_limit = OPENSHIFT_LOG;
	if (!a->uid_set)
		a->opts.uid = OPENSHIFT_UID;
	if (a->opts.gids != NULL)
		return;
	/* fsGroup of restricted-v2 is the first uid of the namespace, too */
	a->gids[0] = 0;
	a->gids[1] = OPENSHIFT_UID;
	a->opts.gids = a->gids;
	a->opts.n_gids = 2;
}

/* Parse argv[1..].  Returns 1 to go on, or 0 with the exit code in *code. */
static int
check_parse_args(struct args *a, int argc, char **argv, int *code)
{
	char name[256];
	int option;

	*code = WIRE_USAGE;
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":o:qh", longs, NULL)) != -1) {
		if (option == 'h') {
			(void)printf("usage: %s ", msg_program());
			(void)fputs(help, stdout);
			*code = fflush(stdout) == 0 ? WIRE_OK : WIRE_FAIL;
			return 0;
		}
		if (option == '?' || option == ':') {
			msg_warn(0, "%s: %s; see check --help",
			    msg_mask(name, sizeof name, argv[optind - 1]),
			    option == ':' ? "needs a value" : "no such option");
			return 0;
		}
		if (check_set_option(a, option, optarg) < 0)
			return 0;
	}
	if (argc - optind != 1) {
		msg_warn(0, "check takes one IMAGE; see check --help");
		return 0;
	}
	a->opts.image = a->out.name = argv[optind];
	check_apply_openshift(a);
	return 1;
}

static int
check_run_image(struct args *a)
{
	struct verdict *v = calloc(1, sizeof *v);
	const char *no_colour = getenv("NO_COLOR");
	int code = WIRE_FAIL, rc = 0;

	if (v == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	a->out.log_limit = a->opts.log_limit;
	a->out.colour = isatty(STDOUT_FILENO) != 0 &&
	    (no_colour == NULL || *no_colour == '\0');
	if (verdict_reach(v, &a->opts) < 0)
		goto out;
	if (a->json)
		rc = verdictout_json(v, &a->out);
	else if (!a->quiet)
		rc = verdictout_text(stdout, v, &a->out);
	if (rc == 0)
		code = verdict_is_good(v) ? WIRE_OK : WIRE_BUNDLE;
out:
	verdict_free(v);
	free(v);
	return code;
}

int
cmd_check(int argc, char **argv)
{
	struct args a = {.opts = {.uid = DEFAULT_UID,
	                     .max = DEFAULT_MAX,
	                     .log_limit = WIRE_LOG_SAFE}};
	int code;

	return check_parse_args(&a, argc, argv, &code) ? check_run_image(&a)
	                                               : code;
}
