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
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/term.h"
#include "bundle/ci.h"
#include "bundle/codes.h"
#include "cluster/provision.h"
#include "pod/podopts.h"
#include "wire.h"

enum test_state {
	TEST_GOOD,
	TEST_BAD, /* the bundle is at fault */
	TEST_BROKEN /* the cluster is: nothing is known of the bundle */
};

struct test {
	/* options */
	struct pod_opts pod;
	struct provision provision;
	const char *images_from; /* borrowed; a file, or NULL */
	struct ci_opts ci;

	/* work */
	struct term term;
	struct names names;
	struct json **images; /* owned, each too; the result of each, or NULL */
	size_t counts[3]; /* by enum test_state */
};

/* ----------------------------------------------------------------- verdicts */

/* The words of enum test_state: for people, and for JSON. */
static const char *const test_words[] = {"compatible", "not compatible",
    "not tested"};
static const char *const test_results[] = {"ok", "failed", "not-tested"};
static const enum term_colour test_colours[] = {TERM_GREEN, TERM_RED,
    TERM_YELLOW};

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
test_add_finding(const struct test *x, struct json *findings,
    const struct json *f)
{
	const char *code = json_get_text(f, "code");
	const struct codes_row *row = codes_find(code);
	struct json *one;

	if (codes_has(&x->ci.ignore, code))
		return false;
	one = json_add(findings, NULL, json_copy(f));
	if (json_get(one, "severity") == NULL)
		json_add_string(one, "severity",
		    codes_severity_name(
		        row != NULL ? row->severity : CODES_ERROR));
	return row == NULL || row->severity == CODES_ERROR || x->ci.strict;
}

/* What was left out of the bundle, as findings: n of a kind. */
static bool
test_add_skipped(const struct test *x, struct json *findings, const char *kind,
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
	snprintf(message, sizeof message, "%jd left out", (intmax_t)n);
	json_add_string(one, "message", message);
	json_add_string(one, "fix", row->fix);
	counts = test_add_finding(x, findings, one);
	json_free(one);
	return counts;
}

/* What `unpack check` said, as findings.  Is something wrong? */
static bool
test_take_report(const struct test *x, struct json *findings,
    const struct json *report)
{
	const struct json *f = json_first(json_get(report, "findings"));
	bool wrong = false;

	for (; f != NULL; f = json_next(f))
		wrong = test_add_finding(x, findings, f) || wrong;
	wrong = test_add_skipped(x, findings, "symlink", "symlink-skipped",
	            report) ||
	    wrong;
	return test_add_skipped(x, findings, "special", "special-file",
	           report) ||
	    wrong;
}

static void
test_add_text(struct json *o, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_add_string(o, key, text);
}

/* The verdict of an image whose pod told of its bundle. */
static enum test_state
test_judge(const struct test *x, struct json *o, const struct json *report)
{
	struct json *findings = json_add_array(o, "findings");
	bool wrong = test_take_report(x, findings, report);
	const struct json *f = json_at(findings, 0);
	size_t n = json_size(findings);
	const char *path = json_get_string(f, "path");
	char message[3200] = "";

	if (n > 0)
		snprintf(message, sizeof message, "%zu finding%s: %s%s%s", n,
		    n == 1 ? "" : "s", path != NULL ? path : "",
		    path != NULL ? ": " : "", json_get_text(f, "message"));
	test_add_text(o, "code", json_get_string(f, "code"));
	test_add_text(o, "reason", json_get_string(report, "reason"));
	json_add_string(o, "message", message);
	return wrong ? TEST_BAD : TEST_GOOD;
}

/* That of one whose pod did not come to it. */
static enum test_state
test_break(struct json *o, const struct podstatus *w, bool began)
{
	/* where nothing began, no pod is at fault */
	const char *code = began || signals_stop != 0 ? test_code(w)
	                                              : "cluster-failed";
	char message[3200];

	snprintf(message, sizeof message, "%s%s%s", w->reason,
	    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "",
	    w->text[0] != '\0' ? w->text
	        : signals_stop != 0
	        ? "not finished when the command was stopped"
	        : msg_last());
	json_add_string(o, "code", code);
	test_add_text(o, "reason", w->reason);
	json_add_string(o, "message", message);
	json_add_string(o, "fix",
	    w->fix[0] != '\0' ? w->fix : codes_find(code)->fix);
	json_add_array(o, "findings");
	return TEST_BROKEN;
}

/* An image as unpack-json(5) has it, owned; l is NULL where nothing began. */
static struct json *
test_object(const struct test *x, size_t i, const struct podlife *l,
    const struct podstatus *w, bool whole)
{
	struct json *o = json_new_object();
	enum test_state state;

	json_add_string(o, "image", x->names.at[i]);
	if (l != NULL) {
		test_add_text(o, "resolved", l->resolved);
		test_add_text(o, "pod", l->first);
	}
	if (whole)
		state = test_judge(x, o, l->report);
	else if (json_size(json_get(w->report, "findings")) > 0)
		state = test_judge(x, o, w->report);
	else
		state = test_break(o, w, l != NULL && !l->common);
	json_add_string(o, "result", test_results[state]);
	return o;
}

static enum test_state
test_state_of(const struct json *image)
{
	const char *result = json_get_text(image, "result");

	return strcmp(result, "ok") == 0    ? TEST_GOOD
	    : strcmp(result, "failed") == 0 ? TEST_BAD
	                                    : TEST_BROKEN;
}

/* --------------------------------------------------------------------- text */

/* Tell of one image, as soon as it is known. */
static void
test_tell(const struct test *x, const struct json *o)
{
	enum test_state state = test_state_of(o);
	const char *colour = term_sgr(&x->term, test_colours[state]);
	const char *plain = term_sgr(&x->term, TERM_PLAIN), *path;
	const struct json *f = json_first(json_get(o, "findings"));
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to != NULL) {
		fprintf(to, "%s%s%s: %s%s%s\n", colour, test_words[state],
		    plain, json_get_text(o, "image"),
		    state == TEST_BROKEN ? ": " : "",
		    state == TEST_BROKEN ? json_get_text(o, "message") : "");
		for (; f != NULL; f = json_next(f)) {
			path = json_get_string(f, "path");
			fprintf(to, "  %s%s%s; fix: %s [%s]\n",
			    path != NULL ? path : "", path != NULL ? ": " : "",
			    json_get_text(f, "message"),
			    json_get_text(f, "fix"), json_get_text(f, "code"));
		}
		if (state == TEST_BROKEN)
			fprintf(to, "  fix: %s [%s]\n", json_get_text(o, "fix"),
			    json_get_text(o, "code"));
	}
	if (to == NULL || fclose(to) != 0)
		msg_nomem();
	else
		out_text(text);
	out_flush(); /* it is asked again at the end */
	free(text);
}

static void
test_sum(const struct test *x, char text[static 128])
{
	snprintf(text, 128,
	    "%zu image%s: %zu compatible, %zu not compatible, %zu not tested",
	    x->names.n, x->names.n == 1 ? "" : "s", x->counts[TEST_GOOD],
	    x->counts[TEST_BAD], x->counts[TEST_BROKEN]);
}

static void
test_print_table(const struct test *x)
{
	enum test_state state;
	char sum[128];
	int width = 5;
	size_t i;

	for (i = 0; i < x->names.n; i++)
		if ((int)strlen(x->names.at[i]) > width)
			width = (int)strlen(x->names.at[i]);
	out_printf("\n%-*s  %-14s  %s\n", width, "IMAGE", "RESULT", "WHY");
	for (i = 0; i < x->names.n; i++) {
		state = test_state_of(x->images[i]);
		out_printf("%-*s  %s%-14s%s  %s\n", width, x->names.at[i],
		    term_sgr(&x->term, test_colours[state]), test_words[state],
		    term_sgr(&x->term, TERM_PLAIN),
		    json_get_text(x->images[i], "code"));
	}
	test_sum(x, sum);
	out_line(sum);
}

/* ------------------------------------------------------------ JSON, services
 */

static enum wire_exit
test_exit(const struct test *x)
{
	if (signals_stop != 0 && signals_stop != SIGALRM)
		return signals_exit();
	if (x->counts[TEST_BAD] > 0)
		return WIRE_BUNDLE;
	return x->counts[TEST_GOOD] == x->names.n ? WIRE_OK : WIRE_FAIL;
}

static struct json *
test_result(const struct test *x)
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
	json_add_uint(o, "compatible", x->counts[TEST_GOOD]);
	json_add_uint(o, "notCompatible", x->counts[TEST_BAD]);
	json_add_uint(o, "notTested", x->counts[TEST_BROKEN]);
	all = json_add_array(o, "images");
	for (i = 0; i < x->names.n; i++)
		if (x->images[i] != NULL)
			json_add(all, NULL, json_copy(x->images[i]));
	return o;
}

static struct json *
test_cases(const struct test *x)
{
	static const enum ci_state states[] = {CI_PASSED, CI_FAILED, CI_BROKEN};
	struct json *cases = json_new_array(), *one;
	const struct json *o, *f;
	size_t i;

	for (i = 0; i < x->names.n; i++) {
		o = x->images[i];
		one = ci_add_case(cases, x->names.at[i], NULL,
		    states[test_state_of(o)], json_get_text(o, "message"));
		if (test_state_of(o) == TEST_BROKEN)
			ci_add_finding(one,
			    &(struct ci_finding){.code = json_get_text(o,
			                             "code"),
			        .severity = CODES_ERROR,
			        .message = json_get_text(o, "message"),
			        .fix = json_get_text(o, "fix")});
		f = json_first(json_get(o, "findings"));
		for (; f != NULL; f = json_next(f))
			ci_add_finding(one,
			    &(struct ci_finding){.code = json_get_text(f,
			                             "code"),
			        .severity = strcmp(json_get_text(f, "severity"),
			                        "error") == 0
			            ? CODES_ERROR
			            : CODES_WARNING,
			        .message = json_get_text(f, "message"),
			        .fix = json_get_string(f, "fix"),
			        .where = json_get_string(f, "path")});
	}
	return cases;
}

/* ---------------------------------------------------------------- provision */

static struct pod_opts *
test_pod(void *arg, size_t i)
{
	struct test *x = arg;

	/* in a child: nobody else's */
	x->pod.image = x->names.at[i];
	return &x->pod;
}

/* A provision's work: one image, up to its verdict. */
static struct json *
test_work(void *arg, size_t i, struct podlife *l)
{
	const struct test *x = arg;
	struct sandbox_places places = {0};
	enum wire_exit code;
	struct json *o;

	(void)sandbox_shut(&places, SANDBOX_RUN);
	code = podlife_run(l);
	podlife_leave(l);
	o = test_object(x, i, l, &l->failure, code == WIRE_OK);
	podlife_free(l);
	return o;
}

/* A provision's end. */
static void
test_end(void *arg, size_t i, struct json *result,
    const struct podstatus *failure)
{
	struct test *x = arg;

	x->images[i] = result != NULL ? json_copy(result)
	                              : test_object(x, i, NULL, failure, false);
	x->counts[test_state_of(x->images[i])]++;
	if (x->ci.form == CI_TEXT && !x->ci.quiet)
		test_tell(x, x->images[i]);
}

static void
test_say(void *arg, const char *text, bool common)
{
	const struct test *x = arg;

	/* of 200 pods each step is too much; what is about all is not */
	if (common && !x->ci.quiet)
		msg_line("%s", text);
}

/* Print what comes at the end. */
static enum wire_exit
test_finish(struct test *x)
{
	struct json *o;
	int ret = 0;

	if (x->ci.form == CI_JSON) {
		o = test_result(x);
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

	x->images = calloc(x->names.n, sizeof(struct json *));
	if (x->images == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->term = term_of(OUT_FD);
	p->namespace = x->pod.namespace;
	p->what = "the pod's status";
	p->n = x->names.n;
	p->hooks = (struct provision_hooks){.pod = test_pod,
	    .work = test_work,
	    .end = test_end,
	    .say = test_say,
	    .arg = x};
	provision_run(p);
	return test_finish(x);
}

/* ------------------------------------------------------------------ options */

static const struct opt test_rows[] = {
    {"images-from", 0, "FILE",
        "also test the images that FILE lists, one on each line",
        OPT_TEXT(struct test, images_from)},
    {0},
};
static const struct opt_group test_groups[] = {
    {"Which images", test_rows, 0},
    {"The cluster", provision_rows, offsetof(struct test, provision)},
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
		    "neither --unpacker-image nor UNPACK_IMAGE is given, and the default, %s, is not in any registry; if every node has this image, give --image-pull-policy IfNotPresent",
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
		json_free(x->images[i]);
	free(x->images);
	names_free(&x->names);
	podopts_free(&x->pod);
	free(x);
}

int
cmd_test(int argc, char **argv)
{
	static const struct pod_opts defaults = POD_OPTS;
	static const struct provision provision = PROVISION_DEFAULTS;
	struct test *x = calloc(1, sizeof *x);
	int code;

	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->pod = defaults;
	x->pod.check = true;
	x->provision = provision;
	if (opt_parse(&cmd_test_options, x, argc, argv, &code) >= 0) {
		code = (int)test_find_images(x, argv + 1);
		if (code == WIRE_OK)
			code = (int)test_check_options(x);
		if (code == WIRE_OK) {
			x->provision.user_set = x->pod.uid_set ||
			    x->pod.user_namespace;
			signals_catch(x->provision.timeout);
			code = (int)test_provision(x);
			provision_free(&x->provision);
		}
	}
	test_free(x);
	return code;
}
