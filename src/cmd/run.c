/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl run: from bundles' references to their files, with a pod each.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/term.h"
#include "cluster/provision.h"
#include "log/deliver.h"
#include "log/findings.h"
#include "log/gather.h"
#include "pod/podopts.h"
#include "wire.h"

enum {
	STATUS_MAX = 1024 /* bytes of the status line */
};

/* What a child has of a bundle on its way. */
struct run_work {
	struct progress progress;
	struct gather gather;
	struct deliver deliver;
};

/* One bundle. */
struct run_bundle {
	struct pod_opts *pod; /* borrowed */
	char name[POD_NAME]; /* of its directory, where there are several */
	char *dir; /* owned; NULL: there is only one */
	struct json *result; /* owned; for -o json */
	enum wire_exit status;
};

struct run {
	/* options */
	struct pod_opts pod;
	struct provision provision;
	bool json, quiet;
	struct deliver deliver; /* dir, tar, and limits: for all bundles */

	/* work */
	bool terminal; /* standard error is one */
	char line[STATUS_MAX]; /* the status line, as it stands */
	char told[STATUS_MAX]; /* what kept all bundles from their pods */
	struct podopts_bundles options;
	struct run_bundle *bundles; /* owned; as many as options.n */
};

/* ------------------------------------------------------------- status line */

static void
run_clear_line(void *arg)
{
	struct run *x = arg;

	if (x->terminal && x->line[0] != '\0')
		(void)io_write(STDERR_FILENO, "\033[K", 3);
	x->line[0] = '\0';
}

/* How much of text fits on the terminal's line, in bytes. */
static size_t
fitting(const char *text)
{
	struct winsize size;
	size_t len = strlen(text), columns = 79;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8)
		columns = size.ws_col - 1u;
	if (len <= columns)
		return len;
	/* not within a character: RFC 3629, continuation bytes are 10xxxxxx */
	while (columns > 0 && ((unsigned char)text[columns] & 0xc0) == 0x80)
		columns--;
	return columns;
}

/* A provision's say: one line that changes, or lines where it cannot. */
static void
run_show_line(void *arg, const char *text, bool common)
{
	struct run *x = arg;
	char line[STATUS_MAX + 16];
	int n;

	(void)common;
	if (x->quiet || strcmp(text, x->line) == 0)
		return;
	snprintf(x->line, sizeof x->line, "%s", text);
	if (!x->terminal) {
		msg_line("%s", text);
		return;
	}
	/* as progress_show: the cursor stays in the first column */
	n = snprintf(line, sizeof line, "\033[K%.*s\r", (int)fitting(text),
	    text);
	(void)io_write(STDERR_FILENO, line, (size_t)n);
}

/* ------------------------------------------------------------------ result */

/* Why it failed, in one line; "" where that was reported. */
static void
run_add_line(const struct run *x, struct json *o, const struct podlife *l,
    const struct podstatus *w)
{
	char line[MSG_MAX], name[2 * POD_NAME + 16] = "";

	if (w->text[0] == '\0' && w->reason[0] == '\0')
		return;
	if (l != NULL && l->name[0] != '\0' && !l->common)
		snprintf(name, sizeof name,
		    "pod %s/%s: ", x->provision.namespace, l->name);
	snprintf(line, sizeof line, "%s%s%s%s", name, w->reason,
	    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "", w->text);
	json_add_string(o, "line", line);
}

static void
run_add_failure(struct json *o, const struct podstatus *w)
{
	static const char *const keys[] = {"findings", "more"};
	struct json *of;
	size_t i;

	if (w->container[0] != '\0') {
		json_add_string(o, "container", w->container);
		json_add_string(o, "containerImage", w->image);
	}
	if (w->fix[0] != '\0')
		json_add_string(o, "fix", w->fix);
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		of = json_get(w->report, keys[i]);
		if (of != NULL)
			json_add(o, keys[i], json_copy(of));
	}
}

static void
run_add_success(struct json *o, const struct run_work *k,
    const struct podlife *l)
{
	const struct gather *g = &k->gather;
	const struct deliver *d = &k->deliver;
	char shown[MSG_NAME];

	json_add_string(o, d->tar != NULL ? "tar" : "directory",
	    msg_mask(shown, sizeof shown, d->tar != NULL ? d->tar : d->dir));
	json_add_uint(o, "entries", d->counts.entries);
	json_add_uint(o, "bytes", d->counts.bytes);
	json_add_uint(o, "size", g->whole.size);
	json_add_string(o, "digest", g->whole.digest);
	json_add_bool(o, "verified", g->verified);
	json_add_uint(o, "repaired", l->repaired);
}

static void
add_text_or_null(struct json *o, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_add_string(o, key, text);
	else
		/* the cluster does not know, or did not tell */
		json_add_null(o, key);
}

/*
 * The result as unpack-json(5) has it, and `line`, which is for people alone;
 * owned.  k and l are NULL where nothing began.
 */
static struct json *
run_object(const struct run *x, size_t i, const struct run_work *k,
    const struct podlife *l, const struct podstatus *w, enum wire_exit code)
{
	static const char *const keys[] = {"mounts", "moreMounts", "volumes",
	    "moreVolumes"};
	struct json *o, *of;
	size_t n;

	o = result_new(code, NULL,
	    code != WIRE_OK && w->reason[0] != '\0' ? w->reason : NULL,
	    code == WIRE_OK          ? "the bundle was unpacked"
	        : w->text[0] != '\0' ? w->text
	                             : msg_last());
	json_add_string(o, "image", x->bundles[i].pod->image);
	add_text_or_null(o, "resolved", l != NULL ? l->resolved : "");
	add_text_or_null(o, "unpacker", l != NULL ? l->unpacker : "");
	if (x->provision.namespace != NULL)
		json_add_string(o, "namespace", x->provision.namespace);
	if (l != NULL && l->first[0] != '\0')
		json_add_string(o, "pod", l->first);
	if (l != NULL && json_size(l->others) > 0)
		json_add(o, "others", json_copy(l->others));
	for (n = 0; l != NULL && n < sizeof keys / sizeof *keys; n++) {
		of = json_get(l->report, keys[n]);
		if (of != NULL)
			json_add(o, keys[n], json_copy(of));
	}
	if (code == WIRE_OK)
		run_add_success(o, k, l);
	else
		run_add_failure(o, w);
	if (code != WIRE_OK)
		run_add_line(x, o, l, w);
	return o;
}

/* -------------------------------------------------------------------- words */

static void
tell_failure(const struct json *o, const char *line)
{
	const char *container = json_get_text(o, "container");
	const char *fix = json_get_text(o, "fix");

	msg_warn(0, "%s", line);
	if (container[0] != '\0')
		msg_line("  container %s, image %s", container,
		    json_get_text(o, "containerImage"));
	findings_tell(o);
	if (fix[0] != '\0')
		msg_line("fix: %s", fix);
}

/* A line of what was done; err: what is on standard output is not for people.
 */
static void __attribute__((format(printf, 2, 3)))
run_say(bool err, const char *format, ...)
{
	char line[MSG_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (err)
		msg_line("%s", line);
	else
		out_line(line);
}

static void
tell_list(bool err, const struct json *list, const char *what)
{
	const struct json *one;

	for (one = json_first(list); one != NULL; one = json_next(one))
		run_say(err, "%s: %s", what, json_text(one));
}

static void
tell_success(const struct run *x, const struct json *o)
{
	const char *tar = x->deliver.tar;
	const char *resolved = json_get_text(o, "resolved");
	bool err = tar != NULL && strcmp(tar, "-") == 0;
	const char *to = json_get_string(o, "tar");
	const char *unpacker = json_get_text(o, "unpacker");

	run_say(err, "%s: %.0f entries, %.0f bytes, %s, %s",
	    to != NULL ? to : json_get_text(o, "directory"),
	    json_number(json_get(o, "entries")),
	    json_number(json_get(o, "bytes")), json_get_text(o, "digest"),
	    json_bool(json_get(o, "verified"), false) ? "verified"
	                                              : "not verified");
	tell_list(err, json_get(o, "others"), "also in the pod");
	tell_list(err, json_get(o, "mounts"), "mounted over the image");
	tell_list(err, json_get(o, "volumes"), "a VOLUME of the image");
	if (json_number(json_get(o, "repaired")) > 0)
		run_say(err,
		    "%.0f parts that the log had lost were read from a second pod",
		    json_number(json_get(o, "repaired")));
	if (x->provision.keep)
		run_say(err, "pod %s/%s is kept", x->provision.namespace,
		    json_get_text(o, "pod"));
	run_say(err, "%s%s",
	    resolved[0] != '\0' ? resolved : json_get_text(o, "image"),
	    resolved[0] != '\0' ? ""
	                        : " (the cluster does not report its digest)");
	if (unpacker[0] != '\0')
		run_say(err, "unpacked by %s", unpacker);
}

/* A provision's end: tell how it went with one bundle. */
static void
run_end(void *arg, size_t i, struct json *result,
    const struct podstatus *failure)
{
	struct run *x = arg;
	struct run_bundle *b = &x->bundles[i];
	struct json *o, *line;
	int64_t code = WIRE_FAIL;

	run_clear_line(x);
	if (result == NULL && signals_stop != 0)
		code = signals_exit();
	o = result != NULL
	    ? json_copy(result)
	    : run_object(x, i, NULL, NULL, failure, (enum wire_exit)code);
	line = json_take(o, "line");
	json_int(json_get(o, "exit"), 0, 255, &code);
	b->status = (enum wire_exit)code;
	if (code == WIRE_OK && !x->json && !x->quiet)
		tell_success(x, o);
	/* what concerns all of them is told once */
	if (line != NULL && strcmp(json_text(line), x->told) != 0) {
		tell_failure(o, json_text(line));
		snprintf(x->told, sizeof x->told, "%s", json_text(line));
	}
	if (code != WIRE_OK)
		tell_list(true, json_get(o, "others"), "also in the pod");
	json_free(line);
	if (x->json)
		b->result = o;
	else
		json_free(o);
}

/* Stopped while manifests were read: nothing has begun. */
static enum wire_exit
stopped_early(void)
{
	result_because(signals_stop == SIGALRM ? "Timeout" : NULL);
	msg_warn(0, "%s before the manifests were read",
	    signals_stop == SIGALRM ? "the time given with --timeout is over"
	                            : "stopped by a signal");
	return signals_exit();
}

/* Of all bundles together. */
static enum wire_exit
run_status(const struct run *x, size_t *good)
{
	enum wire_exit status = WIRE_OK, one;
	size_t i;

	for (*good = 0, i = 0; i < x->options.n; i++) {
		one = x->bundles[i].status;
		if (one == WIRE_OK)
			++*good;
		else if (status == WIRE_OK || status == one)
			status = one;
		else
			status = WIRE_FAIL;
	}
	return status;
}

/* Print what there is to say about all.  Returns the exit code. */
static enum wire_exit
run_finish(struct run *x)
{
	struct json *o = NULL, *list;
	char message[128];
	enum wire_exit status;
	size_t good, i;

	run_clear_line(x);
	status = run_status(x, &good);
	snprintf(message, sizeof message, "%zu of %zu bundles were unpacked",
	    good, x->options.n);
	if (x->options.n > 1 && !x->json && !x->quiet)
		out_line(message);
	if (x->json && x->options.n == 1) {
		o = x->bundles[0].result;
		x->bundles[0].result = NULL;
	} else if (x->json) {
		o = result_new(status, NULL, NULL, message);
		list = json_add_array(o, "bundles");
		for (i = 0; i < x->options.n; i++) {
			(void)json_add(list, NULL, x->bundles[i].result);
			x->bundles[i].result = NULL;
		}
	}
	provision_tell_left(&x->provision,
	    o != NULL && json_size(x->provision.left) > 0
	        ? json_add_array(o, "left")
	        : NULL);
	if (x->json && result_print(o) < 0)
		return WIRE_FAIL;
	if (out_flush() < 0)
		return WIRE_FAIL;
	return status;
}

/* -------------------------------------------------------------------- work */

/* In a child: make ready what the bundle needs.  Returns 0, or -1 (reported).
 */
static int
run_open(const struct run *x, size_t i, struct run_work *k)
{
	struct deliver *d = &k->deliver;
	struct gather_opts o = {.max_size = x->deliver.max_size,
	    .stop = &signals_stop,
	    .progress = &k->progress,
	    .tacit = true};

	*d = x->deliver;
	d->quiet = x->quiet || x->options.n > 1;
	d->stop = &signals_stop;
	d->progress = &k->progress;
	if (x->bundles[i].dir != NULL)
		d->dir = x->bundles[i].dir;
	if (deliver_open(d) < 0)
		return -1;
	progress_start(&k->progress, "streaming", true);
	/* the parent has the terminal */
	k->progress.on = x->terminal && !d->quiet;
	o.dir = deliver_temp(d);
	if (gather_open(&k->gather, &o) == 0) {
		if (deliver_begin(d) == 0)
			return 0;
		gather_close(&k->gather);
	}
	deliver_close(d);
	return -1;
}

/* Keep access to the target, and to nothing else, before a byte comes. */
static void
run_shut_doors(const struct deliver *d)
{
	struct sandbox_places places = {0};

	sandbox_allow_temporary(&places);
	deliver_allow(d, &places);
	(void)sandbox_shut(&places, SANDBOX_RUN);
}

/* A provision's pod. */
static struct pod_opts *
run_pod(void *arg, size_t i)
{
	const struct run *x = arg;

	return x->bundles[i].pod;
}

/* A provision's work: one bundle, from its pod to its files. */
static struct json *
run_work(void *arg, size_t i, struct podlife *l)
{
	struct run *x = arg;
	struct run_work *k = calloc(1, sizeof *k);
	enum wire_exit code = WIRE_FAIL;
	struct json *o;
	bool open;

	if (k == NULL) {
		msg_nomem();
		return NULL;
	}
	open = run_open(x, i, k) == 0;
	if (open) {
		run_shut_doors(&k->deliver);
		l->gather = &k->gather;
		l->log_max = x->deliver.max_size * 2 + (64 << 20);
		code = podlife_run(l);
		if (code == WIRE_OK)
			code = deliver_make(&k->deliver, &k->gather);
		progress_clear(&k->progress);
	}
	podlife_leave(l);
	if (code != WIRE_OK && signals_stop != 0) {
		provision_explain_stop(&x->provision, &l->failure);
		code = signals_exit();
	}
	o = run_object(x, i, k, l, &l->failure, code);
	if (open) {
		gather_close(&k->gather);
		deliver_close(&k->deliver);
	}
	podlife_free(l);
	free(k);
	return o;
}

static enum wire_exit
run_provision(struct run *x)
{
	struct provision *p = &x->provision;

	x->terminal = isatty(STDERR_FILENO) == 1;
	p->namespace = x->pod.namespace;
	p->what = "the bundle";
	p->keeps_output = x->deliver.tar != NULL;
	p->n = x->options.n;
	p->hooks = (struct provision_hooks){.pod = run_pod,
	    .work = run_work,
	    .end = run_end,
	    .say = run_show_line,
	    .clear = run_clear_line,
	    .arg = x};
	provision_run(p);
	return run_finish(x);
}

/* ----------------------------------------------------------------- bundles */

/* Does another bundle before this one have the name? */
static bool
is_taken(const struct run *x, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(x->bundles[k].name, x->bundles[i].name) == 0)
			return true;
	return false;
}

/* Is it a bundle that was there before, not only one of the same name? */
static bool
is_twice(const struct run *x, size_t i)
{
	const struct pod_opts *o = x->bundles[i].pod;
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(x->bundles[k].pod->image, o->image) == 0 &&
		    strcmp(x->bundles[k].name, x->bundles[i].name) == 0)
			return true;
	return false;
}

/* Give each bundle a directory below -C.  Returns 0, or -1 (reported). */
static int
place_bundles(struct run *x)
{
	struct run_bundle *b;
	char shown[MSG_NAME];
	size_t i;

	for (i = 0; i < x->options.n; i++) {
		b = &x->bundles[i];
		pod_name_bundle(b->pod, b->name);
		if (is_taken(x, i) && !is_twice(x, i))
			/* a cut or changed name has a part of its digest, so
			 * that this is another one */
			pod_make_name(b->name, b->pod->image, "");
		if (is_taken(x, i)) {
			msg_warn(0, "%s: given twice",
			    msg_mask(shown, sizeof shown, b->pod->image));
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

static void
free_bundles(struct run *x)
{
	size_t i;

	for (i = 0; x->bundles != NULL && i < x->options.n; i++) {
		json_free(x->bundles[i].result);
		free(x->bundles[i].dir);
	}
	free(x->bundles);
	podopts_free_bundles(&x->options);
}

/*
 * Find out which bundles are meant.  Returns WIRE_OK, or another (reported).
 */
static enum wire_exit
find_bundles(struct run *x)
{
	size_t i;

	if (podopts_expand(&x->pod, &x->options) < 0)
		return WIRE_FAIL;
	if (x->options.n > 1 &&
	    (x->deliver.tar != NULL || x->pod.name != NULL)) {
		(void)opt_wrong(&cmd_run_options,
		    "%s is for one bundle, but %zu were given; choose one with --select",
		    x->deliver.tar != NULL ? "--tar" : "--name", x->options.n);
		return WIRE_USAGE;
	}
	x->bundles = calloc(x->options.n, sizeof *x->bundles);
	if (x->bundles == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	for (i = 0; i < x->options.n; i++) {
		x->bundles[i].pod = &x->options.at[i];
		/* until it is known to be otherwise */
		x->bundles[i].status = WIRE_FAIL;
	}
	return x->options.n > 1 && place_bundles(x) < 0 ? WIRE_FAIL : WIRE_OK;
}

/* ----------------------------------------------------------------- options */

static const struct opt run_result_rows[] = {
    {"wait", 0, NULL,
        "wait for the pod's end, and compare its termination message, too",
        OPT_FLAG(struct run, provision.patient)},
    {"output", 'o', "text|json", "format of the result (default: text)",
        OPT_SECOND(struct run, json)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct run, quiet)},
    {0},
};
static const struct opt_group run_groups[] = {
    {"Which bundle", podopts_bundle_rows, offsetof(struct run, pod)},
    {"Where the bundle goes", deliver_rows, offsetof(struct run, deliver)},
    {"The result", run_result_rows, 0},
    {"The cluster", provision_rows, offsetof(struct run, provision)},
    {"The pod", podopts_pod_rows, offsetof(struct run, pod)},
    {"Its name", podopts_shape_rows, offsetof(struct run, pod)},
    {"Where it runs, and what it may use", placement_rows,
        offsetof(struct run, pod.placement)},
    {"What it writes to its log (default: jsonl)", podopts_stream_rows,
        offsetof(struct run, pod)},
    {0},
};
const struct opt_command cmd_run_options = {
    .name = "run",
    .usage = " -f FILE... | --image REF... [OPTION...]",
    .about =
        "Unpack bundle images in a cluster: create a pod for each, read and verify its\n"
        "log, write the files, and delete the pod.\n",
    .groups = run_groups,
    .after =
        "environment: KUBECTL  the kubectl to use (default: the one on PATH)\n\n"
        "exit: 0 done, 1 failure, 2 wrong usage, 3 the bundle is at fault, 4 the log is\n"
        "incomplete or corrupt, 130 and 143 interrupted\n",
};

/* Do the options go together?  Returns 0, or -1 (reported). */
static int
run_check_options(struct run *x)
{
	const struct opt_command *c = &cmd_run_options;
	struct deliver *d = &x->deliver;
	const char *why = deliver_conflict(d, false, x->json), *nowhere;

	if (why != NULL)
		return opt_wrong(c, "%s", why);
	if (d->dir == NULL && d->tar == NULL)
		d->dir = "bundle";
	if (x->pod.format == NULL)
		x->pod.format = "jsonl";
	nowhere = podopts_nowhere(&x->pod);
	if (nowhere != NULL)
		return opt_wrong(c,
		    "neither --unpacker-image nor UNPACK_IMAGE is given, and the default, %s, is not in any registry; if every node has this image, give --image-pull-policy IfNotPresent",
		    nowhere);
	if (podopts_choose_unpacker(&x->pod, x->quiet) < 0)
		return -1;
	x->provision.user_set = x->pod.uid_set || x->pod.user_namespace;
	why = podopts_conflict(&x->pod);
	return why != NULL ? opt_wrong(c, "%s", why) : 0;
}

int
cmd_run(int argc, char **argv)
{
	static const struct pod_opts defaults = POD_OPTS;
	static const struct deliver deliver = DELIVER_DEFAULTS;
	static const struct provision provision = PROVISION_DEFAULTS;
	struct run *x = calloc(1, sizeof *x);
	int code;

	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->pod = defaults;
	x->pod.format = NULL;
	x->provision = provision;
	x->deliver = deliver;
	if (opt_parse(&cmd_run_options, x, argc, argv, &code) >= 0) {
		code = WIRE_USAGE;
		if (run_check_options(x) == 0) {
			if (x->pod.deadline == 0 &&
			    x->provision.timeout > POD_DEADLINE)
				x->pod.deadline = x->provision.timeout;
			signals_catch(x->provision.timeout);
			code = (int)find_bundles(x);
			if (code == WIRE_OK)
				code = (int)run_provision(x);
			else if (signals_stop != 0)
				code = (int)stopped_early();
			provision_free(&x->provision);
			free_bundles(x);
		}
	}
	podopts_free(&x->pod);
	free(x);
	return code;
}
