/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl test: bundle images against a real cluster, a pod for each.
 */
#include "cmd/cmd.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/names.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/result.h"
#include "base/signals.h"
#include "base/term.h"
#include "bundle/ci.h"
#include "bundle/codes.h"
#include "cluster/provision.h"
#include "pod/podopts.h"
#include "wire.h"

enum {
	TIMEOUT = 600, /* seconds for all of it, unless told otherwise */
	PARALLEL = 20, /* pods at once, likewise */
	PARALLEL_MAX = 1000
};

enum test_state {
	TEST_GOOD,
	TEST_BAD, /* the bundle is at fault */
	TEST_BROKEN /* the cluster is: nothing is known of the bundle */
};

/* One image. */
struct test_image {
	struct pod_opts pod;
	enum test_state state;
	const char *code; /* static; of what is wrong, or NULL */
	char pod_name[POD_NAME];
	char resolved[512];
	char reason[64];
	char message[3200];
	char fix[1024];
	struct json *findings; /* owned; what is wrong with the bundle */
};

struct test {
	/* options */
	struct pod_opts pod;
	uint64_t timeout; /* seconds */
	uint64_t parallel;
	const char *images_from; /* borrowed; a file, or NULL */
	struct ci_opts ci;

	/* work */
	struct term term;
	struct names names;
	struct test_image *images; /* owned; as many as names.n */
	struct provision provision;
};

/* ----------------------------------------------------------------- verdicts */

/* Whose trouble is it, by Kubernetes' word for it? */
static const char *
test_code(const struct podstatus *w)
{
	static const struct {
		const char *reason, *code;
	} words[] = {{"ErrImagePull", "pull-failed"},
	    {"ImagePullBackOff", "pull-failed"},
	    {"InvalidImageName", "pull-failed"},
	    {"ErrImageNeverPull", "pull-failed"},
	    {"RegistryUnavailable", "pull-failed"},
	    {"Unschedulable", "not-scheduled"}, {"Evicted", "not-scheduled"},
	    {"Preempted", "not-scheduled"},
	    {"FailedScheduling", "not-scheduled"},
	    {"PodSecurity", "pod-refused"}, {"Quota", "pod-refused"},
	    {"Forbidden", "pod-refused"}, {"PodChanged", "pod-refused"},
	    {"DeadlineExceeded", "time-over"}};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(w->reason, words[i].reason) == 0)
			return words[i].code;
	if (signals_stop != 0 && !w->trouble)
		return "time-over";
	if (w->reason[0] != '\0')
		return "start-failed";
	/* a server that says no, and does not say why in a word */
	return w->text[0] != '\0' ? "pod-refused" : "cluster-failed";
}

/* Add one finding, unless it is ignored.  Is it an error? */
static bool
test_add_finding(struct test *x, struct test_image *t, const struct json *f)
{
	const char *code = json_get_text(f, "code");
	const struct codes_row *row = codes_find(code);
	struct json *one;

	if (codes_has(&x->ci.ignore, code))
		return false;
	one = json_add(t->findings, NULL, json_copy(f));
	if (json_get(one, "severity") == NULL)
		json_add_string(one, "severity",
		    codes_severity_name(
		        row != NULL ? row->severity : CODES_ERROR));
	return row == NULL || row->severity == CODES_ERROR || x->ci.strict;
}

/* What was left out of the bundle, as findings: n of a kind. */
static bool
test_add_skipped(struct test *x, struct test_image *t, const char *kind,
    const char *code, const struct json *report)
{
	const struct codes_row *row = codes_find(code);
	struct json *one;
	char message[64];
	int64_t n;
	bool counts;

	if (json_int(json_path(report, "skipped", kind, NULL), 1, JSON_INT_MAX,
	        &n) < 0)
		return false;
	one = json_new_object();
	json_add_string(one, "code", code);
	json_add_string(one, "severity", codes_severity_name(row->severity));
	(void)snprintf(message, sizeof message, "%jd left out", (intmax_t)n);
	json_add_string(one, "message", message);
	json_add_string(one, "fix", row->fix);
	counts = test_add_finding(x, t, one);
	json_free(one);
	return counts;
}

/* Take what `unpack check` said.  Is something wrong with the bundle? */
static bool
test_take_report(struct test *x, struct test_image *t,
    const struct json *report)
{
	const struct json *f;
	bool wrong = false;

	for (f = json_first(json_get(report, "findings")); f != NULL;
	     f = json_next(f))
		wrong = test_add_finding(x, t, f) || wrong;
	wrong = test_add_skipped(x, t, "symlink", "symlink-skipped", report) ||
	    wrong;
	return test_add_skipped(x, t, "special", "special-file", report) ||
	    wrong;
}

/* The first finding in a line. */
static void
test_set_message(struct test_image *t)
{
	const struct json *f = json_at(t->findings, 0);
	size_t n = json_size(t->findings);

	(void)snprintf(t->message, sizeof t->message, "%zu finding%s: %s%s%s",
	    n, n == 1 ? "" : "s", json_get_text(f, "path"),
	    json_get_string(f, "path") != NULL ? ": " : "",
	    json_get_text(f, "message"));
	t->code = json_get_text(f, "code");
}

/* The pod failed: is its bundle at fault? */
static void
test_take_failure(struct test *x, struct test_image *t, const struct podjob *j)
{
	const struct podstatus *w = &j->failure;
	bool common = w->text[0] == '\0' && w->reason[0] == '\0' &&
	    x->provision.failure.text[0] != '\0';
	const struct codes_row *row;

	if (json_size(json_get(w->report, "findings")) > 0) {
		t->state = test_take_report(x, t, w->report) ? TEST_BAD
		                                             : TEST_GOOD;
		(void)snprintf(t->reason, sizeof t->reason, "%s",
		    json_get_text(w->report, "reason"));
		if (json_size(t->findings) > 0)
			test_set_message(t);
		return;
	}
	t->state = TEST_BROKEN;
	t->code = common ? "cluster-failed" : test_code(w);
	if (common)
		w = &x->provision.failure;
	(void)snprintf(t->reason, sizeof t->reason, "%s", w->reason);
	(void)snprintf(t->message, sizeof t->message, "%s%s%s", w->reason,
	    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "",
	    w->text[0] != '\0' ? w->text
	        : signals_stop != 0
	        ? "not finished when the command was stopped"
	        : msg_last());
	row = codes_find(t->code);
	(void)snprintf(t->fix, sizeof t->fix, "%s",
	    w->fix[0] != '\0' ? w->fix : row->fix);
}

/* --------------------------------------------------------------------- text */

static const char *const test_words[] = {"compatible", "not compatible",
    "not tested"};
static const enum term_colour test_colours[] = {TERM_GREEN, TERM_RED,
    TERM_YELLOW};

/* Tell of one image, as soon as it is known.  Returns 0, or -1 (reported). */
static int
test_tell(const struct test *x, const struct test_image *t)
{
	const struct json *f;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int ret = -1;

	if (to != NULL) {
		(void)fprintf(to, "%s%s%s: %s%s%s\n",
		    term_sgr(&x->term, test_colours[t->state]),
		    test_words[t->state], term_sgr(&x->term, TERM_PLAIN),
		    t->pod.image, t->state == TEST_BROKEN ? ": " : "",
		    t->state == TEST_BROKEN ? t->message : "");
		for (f = json_first(t->findings); f != NULL; f = json_next(f))
			(void)fprintf(to, "  %s%s%s; fix: %s [%s]\n",
			    json_get_text(f, "path"),
			    json_get_string(f, "path") != NULL ? ": " : "",
			    json_get_text(f, "message"),
			    json_get_text(f, "fix"), json_get_text(f, "code"));
		if (t->state == TEST_BROKEN)
			(void)fprintf(to, "  fix: %s [%s]\n", t->fix, t->code);
	}
	if (to == NULL || fclose(to) != 0)
		msg_nomem();
	else if (term_print(&x->term, text) == 0)
		ret = out_flush();
	free(text);
	return ret;
}

static size_t
test_count(const struct test *x, enum test_state state)
{
	size_t i, n = 0;

	for (i = 0; i < x->names.n; i++)
		n += x->images[i].state == state;
	return n;
}

static void
test_sum(const struct test *x, char text[static 128])
{
	(void)snprintf(text, 128,
	    "%zu image%s: %zu compatible, %zu not compatible, %zu not tested",
	    x->names.n, x->names.n == 1 ? "" : "s", test_count(x, TEST_GOOD),
	    test_count(x, TEST_BAD), test_count(x, TEST_BROKEN));
}

static void
test_print_table(const struct test *x)
{
	const struct test_image *t;
	char sum[128];
	int width = 5;
	size_t i;

	for (i = 0; i < x->names.n; i++)
		if ((int)strlen(x->names.at[i]) > width)
			width = (int)strlen(x->names.at[i]);
	out_printf("\n%-*s  %-14s  %s\n", width, "IMAGE", "RESULT", "WHY");
	for (i = 0; i < x->names.n; i++) {
		t = &x->images[i];
		out_printf("%-*s  %s%-14s%s  %s\n", width, t->pod.image,
		    term_sgr(&x->term, test_colours[t->state]),
		    test_words[t->state], term_sgr(&x->term, TERM_PLAIN),
		    t->code != NULL ? t->code : "");
	}
	test_sum(x, sum);
	out_line(sum);
}

/* --------------------------------------------------------------------- JSON */

static void
test_add_image(struct json *all, const struct test_image *t)
{
	static const char *const results[] = {"ok", "failed", "not-tested"};
	struct json *o = json_add_object(all, NULL);

	json_add_string(o, "image", t->pod.image);
	json_add_string(o, "result", results[t->state]);
	if (t->resolved[0] != '\0')
		json_add_string(o, "resolved", t->resolved);
	if (t->pod_name[0] != '\0')
		json_add_string(o, "pod", t->pod_name);
	if (t->code != NULL)
		json_add_string(o, "code", t->code);
	if (t->reason[0] != '\0')
		json_add_string(o, "reason", t->reason);
	json_add_string(o, "message", t->message);
	if (t->fix[0] != '\0')
		json_add_string(o, "fix", t->fix);
	(void)json_add(o, "findings", json_copy(t->findings));
}

static enum wire_exit
test_exit(const struct test *x)
{
	if (signals_stop != 0 && signals_stop != SIGALRM)
		return signals_exit();
	if (test_count(x, TEST_BAD) > 0)
		return WIRE_BUNDLE;
	return test_count(x, TEST_BROKEN) > 0 ? WIRE_FAIL : WIRE_OK;
}

static struct json *
test_object(const struct test *x)
{
	enum wire_exit code = test_exit(x);
	struct json *o, *all;
	char sum[128];
	size_t i;

	test_sum(x, sum);
	o = result_new(code, NULL,
	    code == WIRE_BUNDLE     ? "BundleUnreadable"
	        : code == WIRE_FAIL ? "NotTested"
	                            : NULL,
	    code == WIRE_SIGINT || code == WIRE_SIGTERM ? NULL : sum);
	if (x->provision.namespace != NULL)
		json_add_string(o, "namespace", x->provision.namespace);
	json_add_uint(o, "compatible", test_count(x, TEST_GOOD));
	json_add_uint(o, "notCompatible", test_count(x, TEST_BAD));
	json_add_uint(o, "notTested", test_count(x, TEST_BROKEN));
	all = json_add_array(o, "images");
	for (i = 0; i < x->names.n; i++)
		test_add_image(all, &x->images[i]);
	return o;
}

/* ----------------------------------------------------------------- services */

static struct json *
test_cases(const struct test *x)
{
	static const enum ci_state states[] = {CI_PASSED, CI_FAILED, CI_BROKEN};
	struct json *cases = json_new_array(), *one;
	const struct test_image *t;
	const struct json *f;
	const char *path;
	size_t i;

	for (i = 0; i < x->names.n; i++) {
		t = &x->images[i];
		one = ci_add_case(cases, t->pod.image, NULL, states[t->state],
		    t->message);
		if (t->state == TEST_BROKEN)
			ci_add_finding(one,
			    &(struct ci_finding){.code = t->code,
			        .severity = CODES_ERROR,
			        .message = t->message,
			        .fix = t->fix});
		for (f = json_first(t->findings); f != NULL; f = json_next(f)) {
			path = json_get_string(f, "path");
			ci_add_finding(one,
			    &(struct ci_finding){.code = json_get_text(f,
			                             "code"),
			        .severity = strcmp(json_get_text(f, "severity"),
			                        "error") == 0
			            ? CODES_ERROR
			            : CODES_WARNING,
			        .message = json_get_text(f, "message"),
			        .fix = json_get_string(f, "fix"),
			        .where = path});
		}
	}
	return cases;
}

/* ---------------------------------------------------------------- provision */

static int
test_begin(void *arg, struct podjob *j)
{
	struct test *x = arg;

	j->pod = &x->images[j->number].pod;
	return 0;
}

static void
test_end(void *arg, struct podjob *j, bool whole)
{
	struct test *x = arg;
	struct test_image *t = &x->images[j->number];

	t->code = NULL;
	t->findings = json_new_array();
	(void)snprintf(t->pod_name, sizeof t->pod_name, "%s", j->first_name);
	(void)snprintf(t->resolved, sizeof t->resolved, "%s", j->resolved);
	if (whole) {
		t->state = test_take_report(x, t, j->report) ? TEST_BAD
		                                             : TEST_GOOD;
		if (json_size(t->findings) > 0)
			test_set_message(t);
	} else {
		test_take_failure(x, t, j);
	}
	if (x->ci.form == CI_TEXT && !x->ci.quiet)
		(void)test_tell(x, t);
}

static void
test_say(void *arg, const struct podjob *j, const char *text)
{
	const struct test *x = arg;

	/* of 200 pods each step is too much; what is about all is not */
	if (j == NULL && !x->ci.quiet)
		msg_line("%s", text);
}

/* Print what comes at the end. */
static enum wire_exit
test_finish(struct test *x)
{
	struct json *o;
	int ret = 0;

	if (x->ci.form == CI_JSON) {
		o = test_object(x);
		provision_tell_left(&x->provision, json_add_array(o, "left"));
		ret = result_print(o);
	} else {
		if (x->ci.form != CI_TEXT)
			ret = ci_print(x->ci.form, "test", test_cases(x));
		else if (!x->ci.quiet)
			test_print_table(x);
		provision_tell_left(&x->provision, NULL);
	}
	if (out_flush() < 0 || ret < 0)
		return WIRE_FAIL;
	return test_exit(x);
}

static enum wire_exit
test_provision(struct test *x)
{
	struct provision *p = &x->provision;
	size_t i;

	x->images = calloc(x->names.n, sizeof *x->images);
	if (x->images == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	for (i = 0; i < x->names.n; i++) {
		x->images[i].pod = x->pod;
		x->images[i].pod.image = x->names.at[i];
		x->images[i].state = TEST_BROKEN;
		x->images[i].code = "cluster-failed";
	}
	x->term = term_of(OUT_FD);
	p->namespace = x->pod.namespace;
	p->parallel = (size_t)x->parallel;
	p->stop = &signals_stop;
	p->check = true;
	p->hooks.begin = test_begin;
	p->hooks.end = test_end;
	p->hooks.say = test_say;
	p->hooks.arg = x;
	p->n_jobs = x->names.n;
	(void)provision_run(p);
	return test_finish(x);
}

/* ------------------------------------------------------------------ options */

static const struct opt test_rows[] = {
    {"images-from", 0, "FILE",
        "also test the images that FILE lists, one on each line",
        OPT_TEXT(struct test, images_from)},
    {0},
};
static const struct opt test_cluster_rows[] = {
    {"parallel", 0, "N", "pods at once, at most (default: 20)",
        OPT_NUMBER(struct test, parallel, 1, PARALLEL_MAX)},
    {"timeout", 0, "TIME", "time for all images (default: 10m)",
        OPT_TIME(struct test, timeout)},
    {"keep", 0, NULL, "do not delete the pods",
        OPT_FLAG(struct test, provision.keep)},
    {"context", 0, "CONTEXT", "context of the kubeconfig",
        OPT_TEXT(struct test, provision.kubectl.context)},
    {"kubeconfig", 0, "FILE", "the kubeconfig to use",
        OPT_TEXT(struct test, provision.kubectl.kubeconfig)},
    {0},
};
static const struct opt_group test_groups[] = {
    {"Which images", test_rows, 0},
    {"The cluster", test_cluster_rows, 0},
    {"The results", ci_rows, offsetof(struct test, ci)},
    {"The pods", podopts_pod_rows, offsetof(struct test, pod)},
    {"Where they run, and what they may use", placement_rows,
        offsetof(struct test, pod.placement)},
    {0},
};
const struct opt_command cmd_test_options = {
    .name = "test",
    .usage = " [OPTION...] IMAGE...",
    .about =
        "Test bundle images in a cluster: for each image a pod checks whether the whole\n"
        "bundle can be read, and sends no files.  The result says whether the bundle is\n"
        "at fault, or pulling, admission, scheduling or the cluster.\n",
    .groups = test_groups,
    .after =
        "environment: KUBECTL  the kubectl to use (default: the one on PATH)\n\n"
        "exit: 0 all can be unpacked, 1 some could not be tested, 2 wrong usage,\n"
        "3 some cannot, 130 and 143 interrupted\n",
    .operands = "IMAGEs",
    .least = 0,
    .most = OPT_ANY,
};

/* The images that are meant.  Returns WIRE_OK, or another (reported). */
static enum wire_exit
test_find_images(struct test *x, char *const *names)
{
	for (; *names != NULL; names++)
		if (names_add(&x->names, *names) < 0)
			return WIRE_FAIL;
	if (x->images_from != NULL && names_read(&x->names, x->images_from) < 0)
		return WIRE_FAIL;
	if (x->names.n > 0)
		return WIRE_OK;
	(void)opt_wrong(&cmd_test_options,
	    "takes one IMAGE or more, or --images-from FILE");
	return WIRE_USAGE;
}

/* Do the options go together?  Returns WIRE_OK, or another (reported). */
static enum wire_exit
test_check_options(struct test *x)
{
	const char *nowhere = podopts_nowhere(&x->pod);

	if (nowhere != NULL) {
		(void)opt_wrong(&cmd_test_options,
		    "neither --unpacker-image nor UNPACK_IMAGE is given, and the default, %s, is not in any registry; if every node has this image, give --pull-policy IfNotPresent",
		    nowhere);
		return WIRE_USAGE;
	}
	return podopts_choose_unpacker(&x->pod, x->ci.quiet) < 0 ? WIRE_USAGE
	                                                         : WIRE_OK;
}

static void
test_free(struct test *x)
{
	size_t i;

	for (i = 0; x->images != NULL && i < x->names.n; i++)
		json_free(x->images[i].findings);
	free(x->images);
	names_free(&x->names);
	podopts_free(&x->pod);
	free(x);
}

int
cmd_test(int argc, char **argv)
{
	static const struct pod_opts defaults = POD_OPTS;
	struct test *x = calloc(1, sizeof *x);
	int code;

	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->pod = defaults;
	x->pod.check = true;
	x->timeout = TIMEOUT;
	x->parallel = PARALLEL;
	if (opt_parse(&cmd_test_options, x, argc, argv, &code) >= 0) {
		code = (int)test_find_images(x, argv + 1);
		if (code == WIRE_OK)
			code = (int)test_check_options(x);
		if (code == WIRE_OK) {
			x->provision.user_set = x->pod.uid_set ||
			    x->pod.user_namespace;
			signals_catch(x->timeout);
			code = (int)test_provision(x);
			provision_free(&x->provision);
		}
	}
	test_free(x);
	return code;
}
