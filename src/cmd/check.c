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

#include "base/array.h"
#include "base/child.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/number.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "image/image.h"
#include "image/source.h"
#include "image/verdict.h"
#include "image/verdictout.h"
#include "result/found.h"
#include "result/services.h"
#include "result/text.h"
#include "wire.h"

/* The uid that `unpackctl pod` gives, and what it may take apart at most. */
#define DEFAULT_UID 65532
#define UID_UNSET UINT64_MAX
#define DEFAULT_MAX (UINT64_C(2) << 30)
/* OpenShift: the first uid of a namespace, and its containerLogMaxSize */
#define OPENSHIFT_UID 1000650000
#define OPENSHIFT_LOG (UINT64_C(50) << 20)

enum {
	IMAGES_MAX = 100000, /* in one call */
	TIMEOUT = 600 /* seconds for an image */
};

/* What a child may allocate: the largest image that is taken needs half. */
#define CHILD_MEMORY (UINT64_C(1) << 30)

/* An image, which a child of its own judges. */
struct check_job {
	size_t at; /* in the names */
	unsigned int place; /* of several in an archive */
	char *name; /* owned; masked */
	bool judged; /* the rest is known */
	enum found_state state;
	size_t errors, warnings;
	struct json *object; /* owned; its item, until it is told */
};

struct check {
	uint64_t uid; /* UID_UNSET: nobody said */
	struct verdict_opts opts;
	gid_t gids[RUNTIME_GROUPS_MAX];
	bool openshift;
	uint64_t timeout; /* seconds for an image */
	bool verbose;
	struct found_opts found;

	char *const *names; /* borrowed; as the user said them */
	size_t n_names;
	struct json **lists; /* owned; for each name the images of an archive
	                        that has several */
	struct source *inputs; /* owned; for each name what came through a pipe,
	                          at the first place of that name */
	struct check_job *jobs; /* owned; in the order of the names */
	size_t n_jobs, jobs_room;
	size_t told; /* of the jobs, the first ones */
	size_t counts[3]; /* of all, by enum found_state */
	bool failed; /* something could not be told */
	struct json *results; /* owned; items to print at the end, or NULL */
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
    {"timeout", 0, "TIME", "time for each image (default: 10m)",
        OPT_TIME(struct check, timeout)},
    {0},
};
static const struct opt check_text_rows[] = {
    {"verbose", 'v', NULL, "say what an image holds, too, where all is well",
        OPT_FLAG(struct check, verbose)},
    {0},
};
static const struct opt_group check_groups[] = {
    {"For which user and node", check_rows, 0},
    {"The result", found_rows, offsetof(struct check, found)},
    {"The text", check_text_rows, 0},
    {0},
};
const struct opt_command cmd_check_options = {
    .name = "check",
    .usage = " [OPTION...] IMAGE...",
    .about =
        "Check whether bundle images can be unpacked in a restricted namespace.  IMAGE\n"
        "is one of: a name known to podman, docker or a registry; an archive (- is\n"
        "standard input); an OCI layout; a root directory.  docker://,\n"
        "containers-storage:, docker-daemon:, oci:PATH[:TAG], oci-archive:,\n"
        "docker-archive: and dir: are understood.\n",
    .groups = check_groups,
    .after =
        "exit: 0 all can be unpacked, 1 an image could not be read, 2 wrong usage,\n"
        "3 an image cannot be unpacked\n",
    .operands = "one IMAGE or more",
    .least = 1,
    .most = OPT_ANY,
};

/* ---------------------------------------------------------- in the children */

/* The first place of the name at this one. */
static size_t
check_first(const struct check *a, size_t at)
{
	size_t first = 0;

	while (strcmp(a->names[first], a->names[at]) != 0)
		first++;
	return first;
}

/*
 * Get the image with this number of the names.  From here on only its bytes
 * can be read, and no program started.  Returns 0, or -1 (reported).
 */
static int
check_open(const struct check *a, size_t at, struct source *s)
{
	const char *given = a->names[at];
	size_t first = check_first(a, at);
	struct sandbox_places places = {0};

	if (*a->inputs[first].path != '\0')
		*s = a->inputs[first];
	else if (source_fetch(s, given, a->opts.max, a->opts.platform) !=
	    WIRE_OK)
		return -1;
	if (strcmp(s->path, "-") != 0)
		sandbox_allow(&places, s->path, -1, SANDBOX_READ);
	sandbox_allow_temporary(&places);
	(void)sandbox_shut(&places, SANDBOX_CHECK);
	return 0;
}

/* child_run's work: list the images of an archive, where it has several. */
static struct json *
check_list(void *arg, size_t i)
{
	struct check *a = arg;
	struct json *list = json_new_object();
	struct json *names = json_add_array(list, "names");
	struct source s;

	/* what is wrong with it is told when it is judged */
	(void)close(STDERR_FILENO);
	if (source_is_at_hand(a->names[i]) && check_open(a, i, &s) == 0 &&
	    s.tag == NULL && s.kind != SOURCE_ROOT)
		(void)image_list(&s, a->opts.max, names);
	return list;
}

/* child_run's work: one image, from its bytes to its verdict. */
static struct json *
check_judge(void *arg, size_t i)
{
	const struct check *a = arg;
	const struct check_job *j = &a->jobs[i];
	struct verdict_opts opts = a->opts;
	struct verdict *v = calloc(1, sizeof *v);
	struct json *r;
	struct source s;

	if (v == NULL)
		msg_nomem();
	if (v == NULL || check_open(a, j->at, &s) < 0)
		return NULL;
	opts.source = &s;
	opts.place = j->place;
	if (verdict_open(v, &opts) < 0 || verdict_judge(v) < 0)
		return NULL;
	r = json_new_object();
	(void)json_add(r, "item", verdictout_object(v, a->names[j->at], s.how));
	return r;
}

/* ------------------------------------------------------------ in the parent */

/* child_run's end: take the result, and tell all that are due. */
static void
check_take(void *arg, const struct child_end *e)
{
	struct check *a = arg;
	struct check_job *j = &a->jobs[e->number];
	const struct json *f;
	int64_t more = 0;

	j->object = json_take(e->result, "item");
	j->state = found_state(j->object);
	j->judged = true;
	if (j->state == FOUND_BROKEN) {
		json_free(j->object);
		j->object = result_new(e->how == CHILD_STOPPED ? signals_exit()
		                                               : WIRE_FAIL,
		    NULL, *e->reason != '\0' ? e->reason : NULL,
		    *e->message != '\0' ? e->message
		                        : "its process gave no result");
		json_add_string(j->object, "image", j->name);
		json_add_string(j->object, "code", "image-not-judged");
	}
	a->counts[j->state]++;
	f = json_get(j->object, "findings");
	(void)json_int(json_get(j->object, "more"), 0, JSON_INT_MAX, &more);
	j->errors = json_size(f) + (size_t)more;
	for (f = json_first(json_get(j->object, "warnings")); f != NULL;
	     f = json_next(f))
		j->warnings += strcmp(json_get_text(f, "severity"),
		                   "warning") == 0;
	for (; a->told < a->n_jobs && a->jobs[a->told].judged; a->told++) {
		j = &a->jobs[a->told];
		ignores_sum(&a->found.ignores, j->object);
		if (a->results != NULL) {
			(void)json_add(a->results, NULL, j->object);
			j->object = NULL;
			continue;
		}
		/* of one image the message on standard error says it all */
		if (!a->found.quiet &&
		    (j->state != FOUND_BROKEN ||
		        (a->n_jobs > 1 && signals_stop == 0))) {
			if (a->told > 0)
				out_text("\n");
			/* verdicts as they come */
			if (text_print_verdict(j->object, a->verbose) < 0)
				a->failed = true;
		}
		json_free(j->object);
		j->object = NULL;
	}
}

/* child_run's end: take the list. */
static void
check_take_list(void *arg, const struct child_end *e)
{
	struct check *a = arg;

	a->lists[e->number] = json_take(e->result, "names");
}

/*
 * A job for each image: an archive of several is as many.  Returns 0, or -1
 * (reported).
 */
static int
check_add_all(struct check *a)
{
	const char *name;
	struct check_job *j;
	char masked[512];
	size_t at, i, n;

	for (at = 0; at < a->n_names; at++) {
		n = json_size(a->lists[at]);
		for (i = 0; i < n || i == 0; i++) {
			name = n < 2 ? a->names[at]
			             : json_text(json_at(a->lists[at], i));
			if (a->n_jobs == IMAGES_MAX) {
				msg_warn(0, "more than %d images", IMAGES_MAX);
				return -1;
			}
			j = array_grow(a->jobs, &a->jobs_room, a->n_jobs + 1,
			    sizeof *j);
			if (j == NULL)
				goto nomem;
			a->jobs = j;
			j += a->n_jobs++;
			*j = (struct check_job){.at = at,
			    .place = (unsigned int)i,
			    .name = strdup(
			        msg_mask(masked, sizeof masked, name))};
			if (j->name == NULL)
				goto nomem;
		}
	}
	return 0;
nomem:
	msg_nomem();
	return -1;
}

/* The table of several images, and how many of them are what. */
static void
check_print_table(const struct check *a)
{
	const struct check_job *r;
	int width = 5;
	size_t i;

	for (i = 0; i < a->n_jobs; i++)
		if ((int)strlen(a->jobs[i].name) > width)
			width = (int)strlen(a->jobs[i].name);
	out_printf("\n%-*s  %-14s  %6s  %8s\n", width, "IMAGE", "RESULT",
	    "ERRORS", "WARNINGS");
	for (i = 0; i < a->n_jobs; i++) {
		r = &a->jobs[i];
		text_print_row(r->name, width, r->state, "not checked");
		out_printf("%6zu  %8zu\n", r->errors, r->warnings);
	}
	out_printf(
	    "%zu images: %zu compatible, %zu not compatible, %zu not checked\n",
	    a->n_jobs, a->counts[FOUND_GOOD], a->counts[FOUND_BAD],
	    a->counts[FOUND_BROKEN]);
}

/* Print what comes at the end; the exit code. */
static enum wire_exit
check_end(struct check *a)
{
	enum wire_exit code = signals_stop != 0 ? signals_exit()
	    : a->counts[FOUND_BAD] > 0          ? WIRE_BUNDLE
	    : a->counts[FOUND_BROKEN] > 0       ? WIRE_FAIL
	                                        : WIRE_OK;
	char message[96];
	struct json *all;

	if (a->counts[FOUND_BROKEN] == 0)
		ignores_tell(&a->found.ignores);
	if (a->results == NULL) {
		if (!a->found.quiet && a->n_jobs > 1)
			check_print_table(a);
		return out_flush() == 0 ? code : WIRE_FAIL;
	}
	/* one object for all images; of one, its own */
	if (a->n_jobs == 1) {
		all = json_copy(json_at(a->results, 0));
		goto print;
	}
	snprintf(message, sizeof message, "%zu of %zu images are compatible",
	    a->counts[FOUND_GOOD], a->n_jobs);
	all = result_new(code, NULL,
	    signals_stop != 0         ? "Interrupted"
	        : code == WIRE_BUNDLE ? "BundleUnreadable"
	        : code == WIRE_FAIL   ? "NotJudged"
	                              : NULL,
	    message);
	json_add_uint(all, "compatible", a->counts[FOUND_GOOD]);
	json_add_uint(all, "notCompatible", a->counts[FOUND_BAD]);
	json_add_uint(all, "notJudged", a->counts[FOUND_BROKEN]);
	(void)json_add(all, "images", a->results);
	a->results = NULL;
print:
	return services_print(a->found.form, "check", all) == 0 ? code
	                                                        : WIRE_FAIL;
}

static void
check_free(struct check *a)
{
	size_t i;

	for (i = 0; i < a->n_jobs; i++) {
		free(a->jobs[i].name);
		json_free(a->jobs[i].object);
	}
	free(a->jobs);
	for (i = 0; a->lists != NULL && i < a->n_names; i++)
		json_free(a->lists[i]);
	for (i = 0; a->inputs != NULL && i < a->n_names; i++)
		source_close(&a->inputs[i]);
	free(a->inputs);
	free(a->lists);
	json_free(a->results);
	ignores_free(&a->found.ignores);
}

/*
 * Those of the command line, and what comes through a pipe, before a child
 * could read it.  Returns WIRE_OK, or WIRE_USAGE for a build context, or
 * WIRE_FAIL (both reported).
 */
static enum wire_exit
check_read_names(struct check *a)
{
	enum wire_exit code = ignores_read(&a->found.ignores);
	size_t i;

	if (code != WIRE_OK)
		return code;
	a->lists = calloc(a->n_names + 1, sizeof *a->lists);
	a->inputs = calloc(a->n_names + 1, sizeof *a->inputs);
	if (a->lists == NULL || a->inputs == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	for (i = 0; code == WIRE_OK && i < a->n_names; i++) {
		if (!source_is_pipe(a->names[i])) {
			code = source_refuse_context(a->names[i]);
			continue;
		}
		if (check_first(a, i) == i)
			code = source_open(&a->inputs[i], a->names[i],
			    a->opts.max);
	}
	return code;
}

int
cmd_check(int argc, char **argv)
{
	struct check a = {.uid = UID_UNSET,
	    .timeout = TIMEOUT,
	    .opts = {.max = DEFAULT_MAX, .log_limit = WIRE_LOG_SAFE}};
	struct child_opts run = {.parallel = cpus_allowed(),
	    .memory = CHILD_MEMORY,
	    .what = "the image",
	    .arg = &a,
	    .work = check_list,
	    .end = check_take_list};
	int code, n = opt_parse(&cmd_check_options, &a, argc, argv, &code);

	if (n < 0)
		return code;
	a.names = argv + 1;
	a.n_names = (size_t)n;
	/* what nobody said: OpenShift gives other values */
	if (a.uid == UID_UNSET)
		a.uid = a.openshift ? OPENSHIFT_UID : DEFAULT_UID;
	a.opts.uid = (uid_t)a.uid;
	if (a.openshift)
		a.opts.log_limit = OPENSHIFT_LOG;
	if (a.openshift && a.opts.gids == NULL) {
		/* fsGroup of restricted-v2 is the namespace's first uid, too */
		a.gids[0] = 0;
		a.gids[1] = OPENSHIFT_UID;
		a.opts.gids = a.gids;
		a.opts.n_gids = 2;
	}
	a.opts.ignores = &a.found.ignores;
	a.opts.strict = a.found.strict;
	if (a.found.form != FOUND_TEXT)
		a.results = json_new_array();
	code = (int)check_read_names(&a);
	if (code != WIRE_OK)
		goto out;
	run.n = a.n_names;
	run.seconds = (unsigned int)a.timeout;
	code = WIRE_FAIL;
	if (child_run(&run) < 0 || check_add_all(&a) < 0)
		goto out;
	run.n = a.n_jobs;
	run.work = check_judge;
	run.end = check_take;
	a.opts.jobs = a.n_jobs > 1 ? 1 : cpus_allowed();
	if (child_run(&run) == 0 && !a.failed)
		code = (int)check_end(&a);
out:
	check_free(&a);
	return code;
}
