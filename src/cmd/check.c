/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl check: will a bundle image on disk unpack in a restricted
 * namespace?
 */
#include "cmd/cmd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/result.h"
#include "image/verdict.h"
#include "image/verdictout.h"
#include "wire.h"

/* The uid that `unpackctl pod` gives, and what it may take apart at most. */
#define DEFAULT_UID 65532
#define UID_UNSET UINT64_MAX
#define DEFAULT_MAX (UINT64_C(2) << 30)
/* OpenShift: the first uid of a namespace, and its containerLogMaxSize */
#define OPENSHIFT_UID 1000650000
#define OPENSHIFT_LOG (UINT64_C(50) << 20)

struct check {
	uint64_t uid; /* UID_UNSET: nobody said */
	struct verdict_opts opts;
	struct verdictout_opts out;
	gid_t gids[RUNTIME_GROUPS_MAX];
	bool openshift;
	bool json;
	bool quiet;
};

/* An opt_take: N[,N...]. */
static const char *
check_take_gids(const struct opt *o, void *to, const char *value)
{
	struct check *a = to;
	char text[16 * RUNTIME_GROUPS_MAX], *rest = text, *one;
	uint64_t n;

	(void)o;
	if (strlen(value) >= sizeof text)
		return "";
	memcpy(text, value, strlen(value) + 1);
	a->opts.gids = a->gids;
	a->opts.n_gids = 0;
	while ((one = strsep(&rest, ",")) != NULL) {
		if (a->opts.n_gids == RUNTIME_GROUPS_MAX ||
		    number_parse(one, 0, UINT32_MAX - 1, &n) < 0)
			return "";
		a->gids[a->opts.n_gids++] = (gid_t)n;
	}
	return NULL;
}

/* An opt_take: OS/ARCH[/VARIANT]. */
static const char *
check_take_platform(const struct opt *o, void *to, const char *value)
{
	const char *slash = strchr(value, '/');

	(void)o;
	if (slash == NULL || slash == value || slash[1] == '\0')
		return "";
	*(const char **)to = value;
	return NULL;
}

static const struct opt check_rows[] = {
    {"uid", 0, "N", "who reads (default: 65532)",
        OPT_NUMBER(struct check, uid, 0, UINT32_MAX - 1)},
    {"gid", 0, "N[,N...]", "its gid and groups (as the image says; else 0)",
        .take = check_take_gids, .takes = "up to 64 numbers, with commas"},
    {"openshift", 0, NULL, "as OpenShift would run it: a uid of the namespace",
        OPT_FLAG(struct check, openshift)},
    {"platform", 0, "OS/ARCH[/VARIANT]",
        "of the node (default: this machine's)",
        OPT_OTHER(struct check, opts.platform, check_take_platform,
            "a platform such as linux/arm64")},
    {"max-size", 0, "SIZE",
        "refuse images that are larger unpacked (default: 2Gi)",
        OPT_SIZE(struct check, opts.max, 1, INT64_MAX / 4)},
    {0},
};
static const struct opt check_output_rows[] = {
    {"output", 'o', "text|json", "how to tell the verdict",
        OPT_SECOND(struct check, json)},
    {"quiet", 'q', NULL, "say nothing, exit only",
        OPT_FLAG(struct check, quiet)},
    {0},
};
static const struct opt_group check_groups[] = {
    {"Who would read it, and where", check_rows, 0},
    {"What is told", check_output_rows, 0},
    {0},
};
const struct opt_command cmd_check_options = {
    .name = "check",
    .usage = " [OPTION...] IMAGE",
    .about =
        "Will this bundle image unpack in a restricted namespace?  IMAGE is an OCI\n"
        "layout, an oci-archive, a docker-archive ('-' is standard input), or a\n"
        "directory that is the root file system.  skopeo's oci:PATH[:TAG],\n"
        "oci-archive:, docker-archive: and dir: are understood.\n",
    .groups = check_groups,
    .after =
        "exit: 0 it will; 1 cannot tell: damaged, or an I/O error; 2 wrong usage;\n"
        "3 it will not.\n",
    .operands = "one IMAGE",
    .least = 1,
    .most = 1,
};

/* What nobody said: OpenShift gives other values. */
static void
check_fill_in(struct check *a)
{
	if (a->uid == UID_UNSET)
		a->uid = a->openshift ? OPENSHIFT_UID : DEFAULT_UID;
	a->opts.uid = (uid_t)a->uid;
	if (!a->openshift)
		return;
	a->opts.log_limit = OPENSHIFT_LOG;
	if (a->opts.gids != NULL)
		return;
	/* fsGroup of restricted-v2 is the first uid of the namespace, too */
	a->gids[0] = 0;
	a->gids[1] = OPENSHIFT_UID;
	a->opts.gids = a->gids;
	a->opts.n_gids = 2;
}

static int
check_run_image(struct check *a)
{
	struct verdict *v = calloc(1, sizeof *v);
	int code = WIRE_FAIL, rc = 0;

	if (v == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	a->out.log_limit = a->opts.log_limit;
	a->out.term = term_of(OUT_FD);
	if (verdict_reach(v, &a->opts) < 0)
		goto out;
	if (a->json)
		rc = result_print(verdictout_object(v, &a->out));
	else if (!a->quiet)
		rc = verdictout_text(v, &a->out);
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
	struct check a = {.uid = UID_UNSET,
	    .opts = {.max = DEFAULT_MAX, .log_limit = WIRE_LOG_SAFE}};
	int code;

	if (opt_parse(&cmd_check_options, &a, argc, argv, &code) < 0)
		return code;
	a.opts.image = a.out.given = argv[1];
	check_fill_in(&a);
	return check_run_image(&a);
}
