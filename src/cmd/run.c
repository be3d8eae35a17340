/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl run and test: a pod for each bundle.  `run` brings its files,
 * `test` a verdict.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/names.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "bundle/codes.h"
#include "cluster/provision.h"
#include "log/deliver.h"
#include "log/findings.h"
#include "log/gather.h"
#include "pod/podopts.h"
#include "result/found.h"
#include "result/services.h"
#include "result/text.h"
#include "wire.h"

/* One bundle; its options are in run.options. */
struct run_bundle {
	char name[POD_NAME]; /* of its directory, where there are several */
	char *dir; /* owned; NULL: there is only one */
	struct json *result; /* owned; NULL: none yet */
	enum wire_exit status;
};

struct run {
	const struct opt_command *command;
	bool check; /* test: the pods only look at the bundles */

	/* options */
	struct pod_opts pod;
	struct provision provision;
	struct deliver deliver; /* for all bundles; a child makes it its own */
	struct found_opts found;

	/* work */
	struct podopts_bundles options;
	struct run_bundle *bundles; /* owned; as many as options.n */
	size_t counts[3]; /* bundles: good ones, bad ones, all others */
	char told[1024]; /* what kept all bundles from their pods */
	struct progress progress; /* a child's */
};

static void
add_text(struct json *o, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_add_string(o, key, text);
}

/* Those of a NULL-ended list of keys that `from` has. */
static void
add_copies(struct json *to, const struct json *from, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (json_get(from, *keys) != NULL)
			json_add(to, *keys, json_copy(json_get(from, *keys)));
}

/* Text, or null: the cluster does not tell. */
static void
add_known(struct json *o, const char *key, const char *text)
{
	json_add(o, key,
	    text[0] != '\0' ? json_new_string(text) : json_new_null());
}

/* Which images a pod of bundle i had. */
static void
add_pod(const struct run *x, struct json *o, size_t i, const struct podlife *l)
{
	const char *image = x->options.at[i].image;
	char resolved[PODSTATUS_IMAGE];

	json_add_string(o, "image", image);
	podstatus_reference(resolved, image, l->resolved);
	add_known(o, "resolved", resolved);
	/* a node that has the same content twice tells one of its names */
	if (strcmp(resolved, l->resolved) != 0)
		json_add_string(o, "nodeImage", l->resolved);
	add_known(o, "unpacker", l->unpacker);
	add_text(o, "pod", l->name);
}

/* ------------------------------------------------------------ run: results */

/*
 * Of bundle i: the result as unpack-json(5) has it, and `line`, which is for
 * people alone; owned.
 */
static struct json *
run_object(struct run *x, size_t i, const struct podlife *l,
    enum wire_exit code)
{
	static const char *const told[] = {"mounts", "moreMounts", "volumes",
	    "moreVolumes", NULL};
	static const char *const found[] = {"findings", "more", NULL};
	const struct podstatus *w = &l->status;
	char name[2 * POD_NAME + 16] = "";
	struct json *o;

	o = result_new(code, NULL,
	    code != WIRE_OK && w->reason[0] != '\0' ? w->reason : NULL,
	    code == WIRE_OK          ? "the bundle was unpacked"
	        : w->text[0] != '\0' ? w->text
	                             : msg_last());
	add_pod(x, o, i, l);
	add_text(o, "namespace", x->provision.namespace);
	if (json_size(l->others) > 0)
		json_add(o, "others", json_copy(l->others));
	add_copies(o, l->report, told);
	if (code == WIRE_OK) {
		deliver_describe(o, &x->deliver);
		json_add_uint(o, "repaired", l->repaired);
		return o;
	}
	if (w->container[0] != '\0') {
		json_add_string(o, "container", w->container);
		json_add_string(o, "containerImage", w->image);
	}
	add_text(o, "fix", w->fix);
	add_copies(o, w->report, found);
	if (l->name[0] != '\0' && !l->common)
		snprintf(name, sizeof name,
		    "pod %s/%s: ", x->provision.namespace, l->name);
	/* else it was reported */
	if (w->text[0] != '\0' || w->reason[0] != '\0')
		json_add_format(o, "line", "%s%s%s%s", name, w->reason,
		    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "",
		    w->text);
	return o;
}

/* A line of what was done; not where the tar is on standard output. */
static void __attribute__((format(printf, 2, 3)))
run_say(const struct run *x, const char *format, ...)
{
	const char *tar = x->deliver.tar;
	char line[MSG_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (tar != NULL && strcmp(tar, "-") == 0)
		msg_line("%s", line);
	else
		out_line(line);
}

static void
run_tell(struct run *x, struct json *o, enum wire_exit code)
{
	static const char *const lists[][2] = {{"mounts",
	                                           "mounted over the image"},
	    {"volumes", "a VOLUME of the image"}};
	struct json *line = json_take(o, "line");
	const char *container = json_get_text(o, "container");
	const char *fix = json_get_text(o, "fix");
	const char *to = json_get_string(o, "tar");
	const struct json *one;
	size_t i;

	if (code == WIRE_OK && x->found.form == FOUND_TEXT && !x->found.quiet) {
		run_say(x, "%s: %.0f entries, %.0f bytes, %s, %s",
		    to != NULL ? to : json_get_text(o, "directory"),
		    json_number(json_get(o, "entries")),
		    json_number(json_get(o, "bytes")),
		    json_get_text(o, "digest"),
		    json_bool(json_get(o, "verified"), false) ? "verified"
		                                              : "not verified");
		for (i = 0; i < sizeof lists / sizeof *lists; i++) {
			one = json_first(json_get(o, lists[i][0]));
			for (; one != NULL; one = json_next(one))
				run_say(x, "%s: %s", lists[i][1],
				    json_text(one));
		}
		if (x->provision.keep)
			run_say(x, "pod %s/%s is kept", x->provision.namespace,
			    json_get_text(o, "pod"));
	}
	/* what concerns all of them is told once */
	if (line != NULL && strcmp(json_text(line), x->told) != 0) {
		snprintf(x->told, sizeof x->told, "%s", json_text(line));
		msg_warn(0, "%s", json_text(line));
		if (container[0] != '\0')
			msg_line("  container %s, image %s", container,
			    json_get_text(o, "containerImage"));
		findings_tell(o);
		if (fix[0] != '\0')
			msg_line("fix: %s", fix);
	}
	json_free(line);
}

static int
run_finish(struct run *x, enum wire_exit code)
{
	struct json *o = NULL, *list;
	char message[128];
	size_t i;

	snprintf(message, sizeof message, "%zu of %zu bundles were unpacked",
	    x->counts[0], x->options.n);
	if (x->found.form == FOUND_JSON && x->options.n == 1) {
		o = json_copy(x->bundles[0].result);
	} else if (x->found.form == FOUND_JSON) {
		o = result_new(code, NULL, NULL, message);
		list = json_add_array(o, "bundles");
		for (i = 0; i < x->options.n; i++)
			json_add(list, NULL, json_copy(x->bundles[i].result));
	} else if (x->options.n > 1 && !x->found.quiet) {
		out_line(message);
	}
	provision_tell_left(&x->provision, o, false);
	return o != NULL ? result_print(o) : 0;
}

/* ----------------------------------------------------------- test: verdicts */

static enum found_state
state_of(enum wire_exit code)
{
	return code == WIRE_OK    ? FOUND_GOOD
	    : code == WIRE_BUNDLE ? FOUND_BAD
	                          : FOUND_BROKEN;
}

/* Whose trouble is it, by Kubernetes' word for it? */
static const char *
test_code(const struct podstatus *w)
{
	static const struct {
		const char *reason, *code;
	} words[] = {{"Image", "pull-failed"},
	    {"RegistryUnavailable", "pull-failed"}, {"Sched", "not-scheduled"},
	    {"sched", "not-scheduled"}, {"Evicted", "not-scheduled"},
	    {"Preempted", "not-scheduled"}, {"PodSecurity", "pod-refused"},
	    {"Quota", "pod-refused"}, {"Forbidden", "pod-refused"},
	    {"PodChanged", "pod-refused"}, {"DeadlineExceeded", "time-over"}};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(w->reason, words[i].reason) != NULL)
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
test_add_finding(struct run *x, struct json *findings, const struct json *f)
{
	const char *code = json_get_text(f, "code");
	const struct codes_row *row = codes_find(code);
	struct json *one = json_copy(f);
	struct ignore *by;

	if (json_get(one, "severity") == NULL)
		json_add_string(one, "severity",
		    codes_severities[row != NULL ? row->severity
		                                 : CODES_ERROR]);
	if (ignores_find(&x->found.ignores, code, json_get_text(f, "path"),
	        &by)) {
		ignores_keep(by, one);
		return false;
	}
	json_add(findings, NULL, one);
	return row == NULL || row->severity == CODES_ERROR || x->found.strict;
}

/* What `unpack check` said, as findings.  Is something wrong? */
static bool
test_take_report(struct run *x, struct json *findings,
    const struct json *report)
{
	static const char *const skipped[][2] = {{"symlink", "symlink-skipped"},
	    {"special", "special-file"}};
	const struct json *f = json_first(json_get(report, "findings"));
	struct json *one;
	char message[64];
	bool wrong = false;
	int64_t n;
	size_t i;

	for (; f != NULL; f = json_next(f))
		wrong = test_add_finding(x, findings, f) || wrong;
	for (i = 0; i < sizeof skipped / sizeof *skipped; i++) {
		if (json_int(json_path(report, "skipped", skipped[i][0], NULL),
		        1, JSON_INT_MAX, &n) < 0)
			continue;
		one = json_new_object();
		json_add_string(one, "code", skipped[i][1]);
		snprintf(message, sizeof message, "%jd left out", (intmax_t)n);
		json_add_string(one, "message", message);
		json_add_string(one, "fix", codes_find(skipped[i][1])->fix);
		wrong = test_add_finding(x, findings, one) || wrong;
		json_free(one);
	}
	return wrong;
}

/* The same of a test. */
static struct json *
test_object(struct run *x, size_t i, const struct podlife *l,
    enum wire_exit code)
{
	static const char *const results[] = {"ok", "failed", "not-tested"};
	struct json *o = json_new_object(), *findings;
	const struct podstatus *w = &l->status;
	const struct json *report = code == WIRE_OK ? l->report : w->report, *f;
	const char *why, *path;
	size_t n;

	add_pod(x, o, i, l);
	findings = json_add_array(o, "findings");
	if (code == WIRE_OK || json_size(json_get(report, "findings")) > 0) {
		code = test_take_report(x, findings, report) ? WIRE_BUNDLE
		                                             : WIRE_OK;
		f = json_at(findings, 0);
		n = json_size(findings);
		path = json_get_string(f, "path");
		ignores_add(&x->found.ignores, o);
		add_text(o, "code", json_get_string(f, "code"));
		add_text(o, "reason", json_get_string(report, "reason"));
		if (code == WIRE_OK && json_has(report, "more")) {
			/* of those that it has no room for nothing is known */
			json_add_string(o, "message",
			    "findings are ignored, and there are more of them");
			code = WIRE_BUNDLE;
		} else if (n > 0) {
			json_add_format(o, "message", "%zu finding%s: %s%s%s",
			    n, n == 1 ? "" : "s", path != NULL ? path : "",
			    path != NULL ? ": " : "",
			    json_get_text(f, "message"));
		} else {
			json_add_string(o, "message", "");
		}
	} else {
		code = WIRE_FAIL;
		/* where nothing began, no pod is at fault */
		why = !l->common || signals_stop != 0 ? test_code(w)
		                                      : "cluster-failed";
		json_add_string(o, "code", why);
		add_text(o, "reason", w->reason);
		json_add_format(o, "message", "%s%s%s", w->reason,
		    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "",
		    w->text[0] != '\0' ? w->text
		        : signals_stop != 0
		        ? "not finished when the command was stopped"
		        : msg_last());
		json_add_string(o, "fix",
		    w->fix[0] != '\0' ? w->fix : codes_find(why)->fix);
	}
	json_add_string(o, "result", results[state_of(code)]);
	json_add_int(o, "exit", code);
	return o;
}

static int
test_finish(struct run *x, enum wire_exit code)
{
	static const char *const keys[] = {"compatible", "notCompatible",
	    "notTested"};
	const struct run_bundle *b = x->bundles;
	struct json *o = NULL, *all;
	char sum[128];
	size_t i;
	int width = 5, n;

	snprintf(sum, sizeof sum,
	    "%zu image%s: %zu compatible, %zu not compatible, %zu not tested",
	    x->options.n, x->options.n == 1 ? "" : "s", x->counts[0],
	    x->counts[1], x->counts[2]);
	if (x->counts[2] == 0)
		ignores_tell(&x->found.ignores);
	if (x->found.form != FOUND_TEXT) {
		o = result_new(code, NULL,
		    code == WIRE_BUNDLE     ? "BundleUnreadable"
		        : code == WIRE_FAIL ? "NotTested"
		                            : NULL,
		    code == WIRE_SIGINT || code == WIRE_SIGTERM ? NULL : sum);
		add_text(o, "namespace", x->provision.namespace);
		for (i = 0; i < 3; i++)
			json_add_uint(o, keys[i], x->counts[i]);
		all = json_add_array(o, "images");
		for (i = 0; i < x->options.n; i++)
			json_add(all, NULL, json_copy(b[i].result));
	} else if (!x->found.quiet) {
		for (i = 0; i < x->options.n; i++) {
			n = (int)strlen(x->options.at[i].image);
			width = n > width ? n : width;
		}
		out_printf("\n%-*s  %-14s  %s\n", width, "IMAGE", "RESULT",
		    "WHY");
		for (i = 0; i < x->options.n; i++) {
			text_print_row(x->options.at[i].image, width,
			    state_of(b[i].status), "not tested");
			out_line(json_get_text(b[i].result, "code"));
		}
		out_line(sum);
	}
	provision_tell_left(&x->provision,
	    x->found.form == FOUND_JSON ? o : NULL, true);
	return o != NULL ? services_print(x->found.form, "test", o) : 0;
}

/* -------------------------------------------------------------------- work */

/*
 * In a child: make ready what the bundle's files need, and name it in places.
 * Returns 0, or -1 (reported).
 */
static int
run_open(struct run *x, size_t i, struct podlife *l,
    struct sandbox_places *places)
{
	struct deliver *d = &x->deliver;
	struct gather_opts o = {.max_size = d->max_size,
	    .stop = &signals_stop,
	    .progress = &x->progress,
	    .tacit = true};

	d->quiet = x->found.quiet || x->options.n > 1;
	d->stop = &signals_stop;
	d->progress = &x->progress;
	if (x->bundles[i].dir != NULL)
		d->dir = x->bundles[i].dir;
	if (deliver_open(d) < 0)
		return -1;
	progress_start(&x->progress, "streaming", true);
	/* the parent has the terminal */
	x->progress.on = x->provision.terminal && !d->quiet;
	o.dir = deliver_temp(d);
	l->gather = gather_open(&o);
	if (l->gather == NULL || deliver_begin(d) < 0) {
		gather_close(l->gather);
		l->gather = NULL;
		deliver_close(d);
		return -1;
	}
	l->progress = &x->progress;
	l->max_entries = d->max_entries;
	l->log_max = d->max_size * 2 + (64 << 20);
	sandbox_allow_temporary(places);
	deliver_allow(d, places);
	return 0;
}

/* A provision's work: one bundle, from its pod to its files or its verdict. */
static struct json *
run_work(void *arg, size_t i, struct podlife *l)
{
	struct run *x = arg;
	struct sandbox_places places = {0};
	enum wire_exit code = WIRE_FAIL;
	struct json *o;

	if (x->check || run_open(x, i, l, &places) == 0) {
		/* the target is all it has, before a byte comes */
		(void)sandbox_shut(&places, SANDBOX_RUN);
		code = podlife_run(l);
		if (code == WIRE_OK && !x->check)
			code = deliver_make(&x->deliver, l->gather);
		progress_clear(&x->progress);
	}
	if (code != WIRE_OK && signals_stop != 0 &&
	    (!x->check || l->api->away[0] != '\0')) {
		provision_explain_stop(&x->provision, &l->status);
		code = signals_exit();
	}
	o = x->check ? test_object(x, i, l, code) : run_object(x, i, l, code);
	if (l->gather != NULL) {
		gather_close(l->gather);
		deliver_close(&x->deliver);
	}
	podlife_leave(l);
	return o;
}

/* A provision's end. */
static void
run_end(void *arg, size_t i, struct json *result,
    const struct podstatus *failure)
{
	struct run *x = arg;
	struct run_bundle *b = &x->bundles[i];
	enum wire_exit none = signals_stop != 0 ? signals_exit() : WIRE_FAIL;
	struct podlife nothing = {.common = true, .status = *failure};
	int64_t code = WIRE_FAIL;

	if (result == NULL)
		result = x->check ? test_object(x, i, &nothing, none)
		                  : run_object(x, i, &nothing, none);
	json_int(json_get(result, "exit"), 0, 255, &code);
	b->status = (enum wire_exit)code;
	b->result = result;
	if (!x->check) {
		run_tell(x, result, b->status);
		return;
	}
	ignores_sum(&x->found.ignores, result);
	/* a failure is asked for again at the end */
	if (x->found.form == FOUND_TEXT && !x->found.quiet)
		(void)text_print_list(result);
}

/* All bundles, and what there is to say of them together: the exit code. */
static enum wire_exit
run_all(struct run *x)
{
	struct provision *p = &x->provision;
	enum wire_exit code = WIRE_OK, one;
	size_t i;

	p->pods = x->options.at;
	p->n = x->options.n;
	p->namespace = x->pod.namespace;
	p->what = x->check ? "the pod's status" : "the bundle";
	p->keeps_output = x->deliver.tar != NULL;
	p->quiet = x->found.quiet;
	p->arg = x;
	p->work = run_work;
	p->end = run_end;
	provision_run(p);
	for (i = 0; i < x->options.n; i++) {
		one = x->bundles[i].status;
		x->counts[state_of(one)]++;
		if (code == WIRE_OK)
			code = one;
		else if (one != WIRE_OK && one != code)
			code = x->check ? WIRE_BUNDLE : WIRE_FAIL;
	}
	if (code != WIRE_OK && signals_stop != 0 && signals_stop != SIGALRM)
		code = signals_exit();
	if ((x->check ? test_finish(x, code) : run_finish(x, code)) < 0 ||
	    out_flush() < 0)
		return WIRE_FAIL;
	return code;
}

/* ----------------------------------------------------------------- bundles */

/* The first bundle of this one's name: i itself, where none before it has it.
 */
static size_t
first_of_name(const struct run *x, size_t i)
{
	size_t k = 0;

	while (strcmp(x->bundles[k].name, x->bundles[i].name) != 0)
		k++;
	return k;
}

/* Give each bundle a directory below -C.  Returns 0, or -1 (reported). */
static int
place_bundles(struct run *x)
{
	struct run_bundle *b;
	const struct pod_opts *o;
	char shown[MSG_NAME];
	size_t i, k;

	for (i = 0; i < x->options.n; i++) {
		b = &x->bundles[i];
		o = &x->options.at[i];
		pod_name_bundle(o, b->name);
		k = first_of_name(x, i);
		if (strcmp(x->options.at[k].image, o->image) != 0)
			/* a cut or changed name has a part of its digest, so
			 * that this is another one */
			pod_make_name(b->name, o->image, "");
		if (first_of_name(x, i) < i) {
			msg_warn(0, "%s: given twice",
			    msg_mask(shown, sizeof shown, o->image));
			return -1;
		}
		if (asprintf(&b->dir, "%s/%s", x->deliver.dir, b->name) < 0) {
			b->dir = NULL;
			msg_nomem();
			return -1;
		}
	}
	if (mkdir(x->deliver.dir, 0777) < 0 && errno != EEXIST) {
		msg_warn(errno, "make %s",
		    msg_mask(shown, sizeof shown, x->deliver.dir));
		return -1;
	}
	return 0;
}

/*
 * Find out which bundles are meant.  Returns WIRE_OK, or another (reported).
 */
static enum wire_exit
find_bundles(struct run *x)
{
	size_t i;

	if (podopts_expand(&x->pod, &x->options) < 0) {
		if (signals_stop == SIGALRM) {
			result_because("Timeout");
			msg_warn(0, "the time given with --timeout is over");
		}
		return WIRE_FAIL;
	}
	if (x->options.n > 1 && (x->deliver.tar != NULL || x->pod.name != NULL))
		return (enum wire_exit)opt_wrong(x->command,
		    "%s is for one bundle, but %zu were given; choose one with --select",
		    x->deliver.tar != NULL ? "--tar" : "--name", x->options.n);
	x->bundles = calloc(x->options.n, sizeof *x->bundles);
	if (x->bundles == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	for (i = 0; i < x->options.n; i++)
		/* until it is known to be otherwise */
		x->bundles[i].status = WIRE_FAIL;
	return x->options.n > 1 && !x->check && place_bundles(x) < 0 ? WIRE_FAIL
	                                                             : WIRE_OK;
}

/* ----------------------------------------------------------------- options */

static const struct opt run_result_rows[] = {
    {"wait", 0, NULL,
        "wait for the pod's end, and compare its termination message, too",
        OPT_FLAG(struct run, provision.patient)},
    {"output", 'o', "text|json", "format of the result (default: text)",
        OPT_CHOICE(struct run, found.form)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct run, found.quiet)},
    {0},
};
static const struct opt_group run_groups[] = {
    {"Which bundles", podopts_bundle_rows, offsetof(struct run, pod)},
    {"Where the bundle goes", deliver_rows, offsetof(struct run, deliver)},
    {"The result", run_result_rows, 0},
    {"The cluster", provision_rows, offsetof(struct run, provision)},
    {"The pod", podopts_pod_rows, offsetof(struct run, pod)},
    {"Its name", podopts_shape_rows, offsetof(struct run, pod)},
    {"Where it runs, and what it may use", podopts_placement_rows,
        offsetof(struct run, pod)},
    {"What it writes to its log", podopts_stream_rows,
        offsetof(struct run, pod)},
    {0},
};
const struct opt_command cmd_run_options = {
    .name = "run",
    .usage = " [OPTION...] IMAGE... | -f FILE...",
    .about =
        "Unpack bundle images in a cluster: create a pod for each, read and verify its\n"
        "log, write the files, and delete the pod.  With several bundles DIR gets a\n"
        "subdirectory for each.\n",
    .groups = run_groups,
    .after =
        "environment: KUBECTL  the kubectl to use (default: the one on PATH)\n\n"
        "exit: 0 done, 1 failure, 2 wrong usage, 3 the bundle is at fault, 4 the log is\n"
        "incomplete or corrupt, 130 and 143 interrupted\n",
    .operands = "IMAGEs",
    .most = OPT_ANY,
};
static const struct opt_group test_groups[] = {
    {"Which bundles", podopts_bundle_rows, offsetof(struct run, pod)},
    {"The cluster", provision_rows, offsetof(struct run, provision)},
    {"The results", found_rows, offsetof(struct run, found)},
    {"The pods", podopts_pod_rows, offsetof(struct run, pod)},
    {"Where they run, and what they may use", podopts_placement_rows,
        offsetof(struct run, pod)},
    {0},
};
const struct opt_command cmd_test_options = {
    .name = "test",
    .usage = " [OPTION...] IMAGE... | -f FILE...",
    .about =
        "Test bundle images in a cluster: for each image a pod checks whether the whole\n"
        "bundle can be read, and sends no files.  The result says whether the bundle is\n"
        "at fault, or pulling, admission, scheduling or the cluster.\n",
    .groups = test_groups,
    .after =
        "environment: KUBECTL  the kubectl to use (default: the one on PATH)\n\n"
        "exit: 0 all can be unpacked, 1 an image could not be tested, 2 wrong usage,\n"
        "3 an image cannot be unpacked, 130 and 143 interrupted\n",
    .operands = "IMAGEs",
    .most = OPT_ANY,
};

/* Do the options go together?  Returns WIRE_OK, or another (reported). */
static enum wire_exit
run_check_options(struct run *x, char *const *images)
{
	struct deliver *d = &x->deliver;
	const char *why;
	enum wire_exit code = ignores_read(&x->found.ignores);

	if (code != WIRE_OK)
		return code;
	for (; *images != NULL; images++)
		if (names_add(&x->pod.images, *images) < 0)
			return WIRE_FAIL;
	why = deliver_conflict(d, x->found.form == FOUND_JSON);
	if (d->dir == NULL && d->tar == NULL)
		d->dir = "bundle";
	if (x->pod.format == NULL)
		x->pod.format = "jsonl";
	if (why == NULL)
		why = podopts_conflict(&x->pod);
	if (why == NULL)
		why = podopts_nowhere(&x->pod);
	if (why != NULL)
		(void)opt_wrong(x->command, "%s", why);
	else if (podopts_choose_unpacker(&x->pod, x->found.quiet) == 0)
		return WIRE_OK;
	return WIRE_USAGE;
}

int
cmd_run(int argc, char **argv)
{
	struct run *x = calloc(1, sizeof *x);
	int code;
	size_t i;

	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->check = strcmp(argv[0], cmd_test_options.name) == 0;
	x->command = x->check ? &cmd_test_options : &cmd_run_options;
	x->pod = (struct pod_opts)POD_OPTS;
	if (!x->check)
		x->pod.format = NULL;
	x->pod.check = x->check;
	x->provision = (struct provision)PROVISION_DEFAULTS;
	x->deliver = (struct deliver)DELIVER_DEFAULTS;
	if (opt_parse(x->command, x, argc, argv, &code) >= 0) {
		code = (int)run_check_options(x, argv + 1);
		if (x->pod.deadline == 0 && x->provision.timeout > POD_DEADLINE)
			x->pod.deadline = x->provision.timeout;
		if (code == WIRE_OK) {
			signals_catch(x->provision.timeout);
			code = (int)find_bundles(x);
		}
		if (code == WIRE_OK)
			code = (int)run_all(x);
	}
	for (i = 0; x->bundles != NULL && i < x->options.n; i++) {
		json_free(x->bundles[i].result);
		free(x->bundles[i].dir);
	}
	free(x->bundles);
	json_free(x->provision.left);
	names_free(&x->provision.allowed);
	podopts_free_bundles(&x->options);
	ignores_free(&x->found.ignores);
	podopts_free(&x->pod);
	free(x);
	return code;
}
