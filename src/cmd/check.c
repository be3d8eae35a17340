/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl check: will a bundle image on disk unpack in a restricted
 * namespace?
 */
#include "cmd/cmd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/names.h"
#include "base/number.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/term.h"
#include "bundle/ci.h"
#include "bundle/codes.h"
#include "image/batch.h"
#include "image/imageref.h"
#include "image/source.h"
#include "image/verdict.h"
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
	gid_t gids[RUNTIME_GROUPS_MAX];
	bool openshift;
	const char *images_from; /* borrowed; a file, or NULL */
	struct ci_opts ci;

	struct term term;
	struct json *told; /* owned; what is printed at the end, or NULL */
	size_t n_images;
	struct check_row *rows; /* owned; of the table at the end */
	size_t n_rows;
};

/* A line of the table. */
struct check_row {
	char *name; /* owned, masked */
	enum batch_state state;
	unsigned int errors, warnings;
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
    {"uid", 0, "N", "the user who reads (default: 65532)",
        OPT_NUMBER(struct check, uid, 0, UINT32_MAX - 1)},
    {"gid", 0, "N[,N...]",
        "the group, and more groups (default: those of the image, or 0)",
        .take = check_take_gids, .takes = "up to 64 numbers, with commas"},
    {"openshift", 0, NULL, "check for OpenShift, with a uid of the namespace",
        OPT_FLAG(struct check, openshift)},
    {"platform", 0, "OS/ARCH[/VARIANT]",
        "platform of the node (default: this machine)",
        OPT_OTHER(struct check, opts.platform, check_take_platform,
            "a platform such as linux/arm64")},
    {"max-size", 0, "SIZE", "do not unpack more bytes (default: 2Gi)",
        OPT_SIZE(struct check, opts.max, 1, INT64_MAX / 4)},
    {0},
};
static const struct opt check_input_rows[] = {
    {"images-from", 0, "FILE",
        "also check the images that FILE lists, one on each line",
        OPT_TEXT(struct check, images_from)},
    {0},
};
static const struct opt_group check_groups[] = {
    {"Which images", check_input_rows, 0},
    {"For which user and node", check_rows, 0},
    {"The result", ci_rows, offsetof(struct check, ci)},
    {0},
};
const struct opt_command cmd_check_options = {
    .name = "check",
    .usage = " [OPTION...] IMAGE...",
    .about =
        "Check whether bundle images can be unpacked in a restricted namespace.  IMAGE\n"
        "is a name, which podman, docker or skopeo read from a local store or a\n"
        "registry.  Or it is an OCI layout, an oci-archive or docker-archive (- is\n"
        "standard input), or a directory that is a root file system.  docker://,\n"
        "containers-storage:, docker-daemon:, oci:PATH[:TAG], oci-archive:,\n"
        "docker-archive: and dir: are understood.\n",
    .groups = check_groups,
    .after =
        "exit: 0 all can be unpacked, 1 not known: damaged, or an I/O error,\n"
        "2 wrong usage, 3 some cannot\n",
    .operands = "IMAGEs",
    .least = 0,
    .most = OPT_ANY,
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

/* Remember it for the table at the end.  Returns 0, or -1 (reported). */
static int
check_add_row(struct check *a, const struct batch_result *r)
{
	struct check_row *row = reallocarray(a->rows, a->n_rows + 1,
	    sizeof *row);

	if (row != NULL) {
		a->rows = row;
		row += a->n_rows++;
		*row = (struct check_row){strdup(r->name), r->state, r->errors,
		    r->warnings};
	}
	if (row != NULL && row->name != NULL)
		return 0;
	msg_nomem();
	return -1;
}

/* A batch_tell: one image has been judged. */
static int
check_tell(void *arg, struct batch_result *r)
{
	struct check *a = arg;
	int ret = check_add_row(a, r);

	if (a->ci.form == CI_JSON) {
		(void)json_add(a->told, NULL, r->object);
		r->object = NULL;
	} else if (a->ci.form != CI_TEXT) {
		if (r->state == BATCH_BROKEN)
			ci_add_finding(ci_add_case(a->told, r->name, NULL,
			                   CI_BROKEN, r->message),
			    &(struct ci_finding){.code = "image-not-judged",
			        .severity = CODES_ERROR,
			        .message = r->message});
		else
			ci_add_verdict(a->told, r->name, r->object);
	} else if (!a->ci.quiet && r->text != NULL &&
	    (r->state != BATCH_BROKEN || a->n_images > 1)) {
		if (a->n_rows > 1)
			out_text("\n");
		if (ret == 0)
			ret = term_print(&a->term, r->text);
		/* verdicts as they come */
		if (ret == 0)
			ret = out_flush();
	}
	return ret;
}

static size_t
check_count(const struct check *a, enum batch_state state)
{
	size_t i, n = 0;

	for (i = 0; i < a->n_rows; i++)
		n += a->rows[i].state == state;
	return n;
}

static void
check_print_table(const struct check *a)
{
	static const char *const words[] = {"compatible", "not compatible",
	    "not checked"};
	static const enum term_colour colours[] = {TERM_GREEN, TERM_RED,
	    TERM_YELLOW};
	const struct check_row *r;
	int width = 5;
	size_t i;

	for (i = 0; i < a->n_rows; i++)
		if ((int)strlen(a->rows[i].name) > width)
			width = (int)strlen(a->rows[i].name);
	out_printf("\n%-*s  %-14s  %6s  %8s\n", width, "IMAGE", "RESULT",
	    "ERRORS", "WARNINGS");
	for (i = 0; i < a->n_rows; i++) {
		r = &a->rows[i];
		out_printf("%-*s  %s%-14s%s  %6u  %8u\n", width, r->name,
		    term_sgr(&a->term, colours[r->state]), words[r->state],
		    term_sgr(&a->term, TERM_PLAIN), r->errors, r->warnings);
	}
	out_printf(
	    "%zu images: %zu compatible, %zu not compatible, %zu not checked\n",
	    a->n_rows, check_count(a, BATCH_GOOD), check_count(a, BATCH_BAD),
	    check_count(a, BATCH_BROKEN));
}

static enum wire_exit
check_exit(const struct check *a)
{
	if (check_count(a, BATCH_BAD) > 0)
		return WIRE_BUNDLE;
	return check_count(a, BATCH_BROKEN) > 0 ? WIRE_FAIL : WIRE_OK;
}

/* One object for all images; of one image, its own. */
static int
check_print_json(struct check *a)
{
	enum wire_exit code = check_exit(a);
	char message[96];
	struct json *all;

	(void)snprintf(message, sizeof message,
	    "%zu of %zu images are compatible", check_count(a, BATCH_GOOD),
	    a->n_rows);
	all = result_new(code, NULL,
	    code == WIRE_BUNDLE     ? "BundleUnreadable"
	        : code == WIRE_FAIL ? "NotJudged"
	                            : NULL,
	    message);
	json_add_uint(all, "compatible", check_count(a, BATCH_GOOD));
	json_add_uint(all, "notCompatible", check_count(a, BATCH_BAD));
	json_add_uint(all, "notJudged", check_count(a, BATCH_BROKEN));
	(void)json_add(all, "images", a->told);
	a->told = NULL;
	return result_print(all);
}

/* Print what comes at the end.  Returns 0, or -1 (reported). */
static int
check_end(struct check *a)
{
	struct json *told = a->told;
	int ret = 0;

	if (a->ci.form == CI_JSON && a->n_rows != 1)
		return check_print_json(a);
	a->told = NULL;
	if (a->ci.form == CI_JSON) {
		ret = result_print(json_copy(json_at(told, 0)));
		json_free(told);
	} else if (a->ci.form != CI_TEXT) {
		ret = ci_print(a->ci.form, "check", told);
	} else if (!a->ci.quiet && a->n_rows > 1) {
		check_print_table(a);
		ret = out_flush();
	}
	return ret;
}

static void
check_free(struct check *a)
{
	size_t i;

	for (i = 0; i < a->n_rows; i++)
		free(a->rows[i].name);
	free(a->rows);
	json_free(a->told);
}

/* Those of the command line, and of a file.  Returns 0, or -1 (reported). */
static int
check_read_names(struct names *names, char *const *given, const char *file)
{
	for (; *given != NULL; given++)
		if (names_add(names, *given) < 0)
			return -1;
	return file != NULL ? names_read(names, file) : 0;
}

/* From here on only the images can be read that are at hand. */
static void
check_shut_doors(const struct names *names)
{
	struct sandbox_places places = {0};
	struct image_ref ref;
	size_t i;

	for (i = 0; i < names->n; i++) {
		if (!source_is_at_hand(names->at[i]))
			continue;
		if (image_ref_parse(&ref, names->at[i]) == 0)
			sandbox_allow(&places, ref.path, false);
		image_ref_free(&ref);
	}
	sandbox_allow_temporary(&places);
	(void)sandbox_shut(&places);
}

/* Judge the images and tell of them; the exit code. */
static int
check_run(struct check *a, struct batch *b)
{
	enum wire_exit code;

	check_shut_doors(b->names);
	code = batch_add_all(b);
	a->n_images = b->n;
	if (code == WIRE_OK && batch_run(b) < 0)
		code = WIRE_FAIL;
	if (code == WIRE_OK)
		code = check_end(a) < 0 ? WIRE_FAIL : check_exit(a);
	return (int)code;
}

int
cmd_check(int argc, char **argv)
{
	struct check a = {.uid = UID_UNSET,
	    .opts = {.max = DEFAULT_MAX, .log_limit = WIRE_LOG_SAFE}};
	struct names names = {0};
	struct batch b = {.names = &names, .tell = check_tell, .arg = &a};
	int code, started;

	if (opt_parse(&cmd_check_options, &a, argc, argv, &code) < 0)
		return code;
	if (argv[1] == NULL && a.images_from == NULL) {
		(void)opt_wrong(&cmd_check_options,
		    "takes one IMAGE or more, or --images-from FILE");
		return WIRE_USAGE;
	}
	check_fill_in(&a);
	a.opts.ignore = a.ci.ignore.codes;
	a.opts.strict = a.ci.strict;
	a.term = term_of(OUT_FD);
	if (a.ci.form != CI_TEXT)
		a.told = json_new_array();
	b.opts = &a.opts;
	b.term = a.term;
	started = check_read_names(&names, argv + 1, a.images_from);
	if (started == 0)
		started = batch_start(&b);
	/* 1: this is a process that fetched images */
	code = started == 0 ? check_run(&a, &b)
	    : started > 0   ? WIRE_OK
	                    : WIRE_FAIL;
	batch_free(&b);
	names_free(&names);
	check_free(&a);
	return code;
}
