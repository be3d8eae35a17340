/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl run: from bundles' references to their files, with a pod each.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
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
#include "log/gather.h"
#include "pod/podopts.h"
#include "wire.h"

enum {
	TIMEOUT = 600, /* seconds for all of it, unless told otherwise */
	PARALLEL = 20, /* bundles at once, likewise */
	PARALLEL_MAX = 1000,
	STATUS_MAX = 1024 /* bytes of the status line */
};

/* A bundle that is on its way. */
struct run_work {
	struct progress progress;
	struct gather gather;
	struct deliver deliver;
	bool open; /* gather and deliver are */
};

/* One bundle. */
struct run_bundle {
	struct pod_opts *pod; /* borrowed */
	char name[POD_NAME]; /* of its directory, where there are several */
	char *dir; /* owned; NULL: there is only one */
	struct run_work *work; /* owned; NULL = not begun, or over */
	struct json *result; /* owned; for -o json */
	enum wire_exit status;
};

struct run {
	/* options */
	struct pod_opts pod;
	uint64_t timeout; /* seconds */
	uint64_t parallel;
	bool json, quiet;
	struct deliver deliver; /* dir, tar, and limits: for all bundles */

	/* work */
	bool terminal; /* standard error is one */
	char line[STATUS_MAX]; /* the status line, as it stands */
	struct podopts_bundles options;
	struct run_bundle *bundles; /* owned; as many as options.n */
	struct provision provision;
	bool told; /* what kept all bundles from their pods */
};

/* ------------------------------------------------------------- status line */

static void
clear_line(struct run *x)
{
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
run_show_line(void *arg, const struct podjob *j, const char *text)
{
	struct run *x = arg;
	char line[STATUS_MAX + 16];
	int n;

	(void)j;
	if (x->quiet || strcmp(text, x->line) == 0)
		return;
	(void)snprintf(x->line, sizeof x->line, "%s", text);
	if (!x->terminal) {
		msg_line("%s", text);
		return;
	}
	/* as progress_show: the cursor stays in the first column */
	n = snprintf(line, sizeof line, "\033[K%.*s\r", (int)fitting(text),
	    text);
	(void)io_write(STDERR_FILENO, line, (size_t)n);
}

/* ----------------------------------------------------------------- failure */

/* How far it was. */
static void
tell_state(const struct run *x, const struct podstatus *w, char *text,
    size_t size)
{
	const char *away = x->provision.api.away;

	if (away[0] != '\0')
		(void)snprintf(text, size,
		    "the API server does not answer: %.2400s", away);
	else if (w->trouble)
		(void)snprintf(text, size, "%s: %.2400s", w->reason, w->text);
	else
		(void)snprintf(text, size, "%s",
		    w->state == PODSTATUS_PULLING ? "still pulling the image"
		                                  : "not finished yet");
}

/* The same, while manifests are read: nothing has begun. */
static enum wire_exit
stopped_early(void)
{
	result_because(signals_stop == SIGALRM ? "Timeout" : NULL);
	msg_warn(0, "%s before the manifests were read",
	    signals_stop == SIGALRM ? "the time given with --timeout is over"
	                            : "stopped by a signal");
	return signals_exit();
}

/* The time is over, or somebody pressed Ctrl-C: that is the failure. */
static void
explain_stop(const struct run *x, struct podstatus *w)
{
	bool trouble = w->trouble || x->provision.api.away[0] != '\0';
	char before[2560];

	tell_state(x, w, before, sizeof before);
	if (signals_stop != SIGALRM) {
		(void)strcpy(w->reason, "Interrupted");
		(void)snprintf(w->text, sizeof w->text,
		    "stopped by a signal; %s", before);
		w->fix[0] = '\0';
		return;
	}
	result_because("Timeout");
	(void)strcpy(w->reason, "Timeout");
	(void)snprintf(w->text, sizeof w->text, "after %" PRIu64 " s: %s",
	    x->timeout, before);
	/* if something is wrong, more time does not help */
	if (!trouble && w->fix[0] == '\0')
		(void)strcpy(w->fix, "give it more time with --timeout");
}

/* The findings that `unpack` reported, a line each, as it prints them. */
static void
tell_findings(const struct json *report)
{
	const struct json *list = json_get(report, "findings");
	static const char *const keys[] = {"path", "message", "fix"};
	char text[3][1024];
	const struct json *f;
	const char *s;
	size_t i;

	for (f = json_first(list); f != NULL; f = json_next(f)) {
		for (i = 0; i < 3; i++) {
			s = json_get_text(f, keys[i]);
			(void)msg_mask(text[i], sizeof text[i], s);
		}
		msg_line("  %s: %s; fix: %s", text[0], text[1], text[2]);
	}
	f = json_get(report, "more");
	if (json_is_number(f))
		msg_line("  and %.0f more", json_number(f));
}

/* `j` is NULL where no job is at fault. */
static void
tell_failure(const struct run *x, const struct podjob *j,
    const struct podstatus *w)
{
	char name[2 * POD_NAME + 16] = "";

	if (w->text[0] == '\0' && w->reason[0] == '\0')
		return;
	if (j != NULL && j->name[0] != '\0')
		(void)snprintf(name, sizeof name,
		    "pod %s/%s: ", x->provision.namespace, j->name);
	msg_warn(0, "%s%s%s%s", name, w->reason,
	    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "", w->text);
	if (w->container[0] != '\0')
		msg_line("  container %s, image %s", w->container, w->image);
	tell_findings(w->report);
	if (w->fix[0] != '\0')
		msg_line("fix: %s", w->fix);
}

static void
add_failure(struct json *o, const struct podstatus *w)
{
	const struct json *findings = json_get(w->report, "findings");
	const struct json *more = json_get(w->report, "more");

	if (w->container[0] != '\0')
		json_add_string(o, "container", w->container);
	if (w->fix[0] != '\0')
		json_add_string(o, "fix", w->fix);
	if (findings != NULL)
		(void)json_add(o, "findings", json_copy(findings));
	if (more != NULL)
		(void)json_add(o, "more", json_copy(more));
}

/* ----------------------------------------------------------------- success */

/* A line of what was done, where a tar on standard output is not in its way. */
static void run_say(const struct deliver *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
run_say(const struct deliver *d, const char *format, ...)
{
	char line[MSG_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (!d->has_target)
		term_err_line("%s", line);
	else if (term_out_line("%s", line) < 0)
		out_line(line); /* no memory to wrap it */
}

static void
tell_others(const struct deliver *d, const struct podjob *j)
{
	const struct json *o;

	for (o = json_first(j->others); o != NULL; o = json_next(o))
		run_say(d, "also in the pod: %s", json_text(o));
}

static void
tell_success(const struct run *x, const struct run_work *k,
    const struct podjob *j)
{
	const struct gather *g = &k->gather;
	const struct deliver *d = &k->deliver;
	char shown[MSG_NAME];

	if (x->quiet)
		return;
	run_say(d, "%s: %" PRIu64 " entries, %" PRIu64 " bytes, %s, %s",
	    msg_mask(shown, sizeof shown, d->tar != NULL ? d->tar : d->dir),
	    d->counts.entries, d->counts.bytes, g->whole.digest,
	    g->verified ? "verified" : "not verified");
	tell_others(d, j);
	if (j->repaired > 0)
		run_say(d,
		    "%" PRIu64
		    " parts that the log had lost were read from a second pod",
		    j->repaired);
	if (x->provision.keep)
		run_say(d, "pod %s/%s is kept", x->provision.namespace,
		    j->first_name);
	if (j->resolved[0] != '\0')
		run_say(d, "%s", j->resolved);
	else
		run_say(d, "%s (the cluster does not report its digest)",
		    j->pod->image);
	if (j->unpacker[0] != '\0')
		run_say(d, "unpacked by %s", j->unpacker);
}

static void
add_success(struct json *o, const struct run_work *k, const struct podjob *j)
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
	json_add_uint(o, "repaired", j->repaired);
}

/* ------------------------------------------------------------------ result */

/* The result as JSON, owned. */
static struct json *
run_object(const struct run *x, const struct run_bundle *b,
    const struct podjob *j, const struct podstatus *w)
{
	enum wire_exit status = b->status;
	char message[MSG_MAX] = "the bundle was unpacked";
	struct json *o;

	if (status != WIRE_OK)
		(void)snprintf(message, sizeof message, "%s",
		    w->text[0] != '\0' ? w->text : msg_last());
	o = result_new(status, NULL,
	    status != WIRE_OK && w->reason[0] != '\0' ? w->reason : NULL,
	    message);
	json_add_string(o, "image", b->pod->image);
	if (j->resolved[0] != '\0')
		json_add_string(o, "resolved", j->resolved);
	else
		/* the cluster does not know, or did not tell */
		json_add_null(o, "resolved");
	if (j->unpacker[0] != '\0')
		json_add_string(o, "unpacker", j->unpacker);
	else
		json_add_null(o, "unpacker");
	if (x->provision.namespace != NULL)
		json_add_string(o, "namespace", x->provision.namespace);
	if (j->first_name[0] != '\0')
		json_add_string(o, "pod", j->first_name);
	if (json_size(j->others) > 0)
		(void)json_add(o, "others", json_copy(j->others));
	if (status == WIRE_OK)
		add_success(o, b->work, j);
	else
		add_failure(o, w);
	return o;
}

/* Tell how it went with one bundle. */
static void
run_tell_result(struct run *x, struct run_bundle *b, struct podjob *j)
{
	const struct podstatus *w = &j->failure;
	bool common = false;

	clear_line(x);
	if (b->status != WIRE_OK && signals_stop != 0) {
		explain_stop(x, &j->failure);
		b->status = signals_exit();
	} else if (b->status != WIRE_OK &&
	    (w->text[0] == '\0' && w->reason[0] == '\0')) {
		/* this failure may concern all of them */
		w = &x->provision.failure;
		common = w->text[0] != '\0';
	}
	if (b->status == WIRE_OK && !x->json)
		tell_success(x, b->work, j);
	if (b->status != WIRE_OK && !(common && x->told))
		tell_failure(x, common ? NULL : j, w);
	if (b->status != WIRE_OK && !common)
		tell_others(&x->deliver, j);
	x->told = x->told || common;
	if (x->json)
		b->result = run_object(x, b, j, w);
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

	clear_line(x);
	status = run_status(x, &good);
	(void)snprintf(message, sizeof message,
	    "%zu of %zu bundles were unpacked", good, x->options.n);
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
	    o != NULL && x->provision.reap.n > 0 ? json_add_array(o, "left")
	                                         : NULL);
	if (x->json && result_print(o) < 0)
		return WIRE_FAIL;
	if (out_flush() < 0)
		return WIRE_FAIL;
	return status;
}

/* -------------------------------------------------------------------- work */

static void
close_work(struct run_bundle *b)
{
	if (b->work != NULL && b->work->open) {
		gather_close(&b->work->gather);
		deliver_close(&b->work->deliver);
	}
	free(b->work);
	b->work = NULL;
}

/* A provision's begin. */
static int
run_begin(void *arg, struct podjob *j)
{
	struct run *x = arg;
	struct run_bundle *b = &x->bundles[j->number];
	struct gather_opts o = {.max_size = x->deliver.max_size,
	    .stop = &signals_stop,
	    .tacit = true};
	struct run_work *k = calloc(1, sizeof *k);

	j->pod = b->pod;
	j->log_max = x->deliver.max_size * 2 + (64 << 20);
	if (k == NULL) {
		msg_nomem();
		return -1;
	}
	b->work = k;
	k->deliver = x->deliver;
	k->deliver.quiet = x->quiet || x->options.n > 1;
	k->deliver.stop = &signals_stop;
	k->deliver.progress = &k->progress;
	if (b->dir != NULL)
		k->deliver.dir = b->dir;
	if (deliver_open(&k->deliver) < 0)
		return -1;
	progress_start(&k->progress, "streaming", k->deliver.quiet);
	o.dir = deliver_temp(&k->deliver);
	o.progress = &k->progress;
	if (gather_open(&k->gather, &o) < 0) {
		deliver_close(&k->deliver);
		return -1;
	}
	k->open = true;
	j->gather = &k->gather;
	return 0;
}

/* A provision's end. */
static void
run_end(void *arg, struct podjob *j, bool whole)
{
	struct run *x = arg;
	struct run_bundle *b = &x->bundles[j->number];

	if (b->work != NULL)
		progress_clear(&b->work->progress);
	b->status = j->exit;
	if (whole)
		b->status = deliver_make(&b->work->deliver, &b->work->gather);
	else if (b->status == WIRE_OK)
		b->status = WIRE_FAIL;
	run_tell_result(x, b, j);
	close_work(b);
}

/* Keep access to the target directories, and to nothing else. */
static void
run_allow_target(struct run *x)
{
	struct sandbox_places *places = &x->provision.places;
	const struct deliver *d = &x->deliver;
	const char *path = d->tar != NULL ? d->tar : d->dir;
	char *copy;

	if (d->tar != NULL && strcmp(d->tar, "-") == 0)
		return;
	/* the directory of several bundles, or one that is there and empty */
	sandbox_allow(places, path, true);
	if (x->options.n > 1)
		return;
	copy = strdup(path);
	if (copy == NULL)
		places->failed = true;
	else
		sandbox_allow(places, dirname(copy), true);
	free(copy);
}

static enum wire_exit
run_provision(struct run *x)
{
	struct provision *p = &x->provision;

	x->terminal = isatty(STDERR_FILENO) == 1;
	p->namespace = x->pod.namespace;
	p->parallel = (size_t)x->parallel;
	p->stop = &signals_stop;
	p->hooks.begin = run_begin;
	p->hooks.end = run_end;
	p->hooks.say = run_show_line;
	p->hooks.arg = x;
	p->n_jobs = x->options.n;
	run_allow_target(x);
	(void)provision_run(p);
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
		close_work(&x->bundles[i]);
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
	for (i = 0; i < x->options.n; i++)
		x->bundles[i].pod = &x->options.at[i];
	return x->options.n > 1 && place_bundles(x) < 0 ? WIRE_FAIL : WIRE_OK;
}

/* ----------------------------------------------------------------- options */

static const struct opt run_result_rows[] = {
    {"output", 'o', "text|json", "format of the result (default: text)",
        OPT_SECOND(struct run, json)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct run, quiet)},
    {0},
};
static const struct opt run_cluster_rows[] = {
    {"parallel", 0, "N", "bundles at once, at most (default: 20)",
        OPT_NUMBER(struct run, parallel, 1, PARALLEL_MAX)},
    {"timeout", 0, "TIME", "time for all bundles (default: 10m)",
        OPT_TIME(struct run, timeout)},
    {"keep", 0, NULL, "do not delete the pod",
        OPT_FLAG(struct run, provision.keep)},
    {"context", 0, "CONTEXT", "context of the kubeconfig",
        OPT_TEXT(struct run, provision.kubectl.context)},
    {"kubeconfig", 0, "FILE", "the kubeconfig to use",
        OPT_TEXT(struct run, provision.kubectl.kubeconfig)},
    {0},
};
static const struct opt_group run_groups[] = {
    {"Which bundle", podopts_bundle_rows, offsetof(struct run, pod)},
    {"Where the bundle goes", deliver_rows, offsetof(struct run, deliver)},
    {"The result", run_result_rows, 0},
    {"The cluster", run_cluster_rows, 0},
    {"The pod", podopts_pod_rows, offsetof(struct run, pod)},
    {"Its name and form", podopts_shape_rows, offsetof(struct run, pod)},
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
		x->pod.format = x->pod.rukpak ? "json" : "jsonl";
	nowhere = podopts_nowhere(&x->pod);
	if (nowhere != NULL)
		return opt_wrong(c,
		    "neither --unpacker-image nor UNPACK_IMAGE is given, and the default, %s, is not in any registry; if every node has this image, give --pull-policy IfNotPresent",
		    nowhere);
	if (podopts_choose_unpacker(&x->pod, x->quiet) < 0)
		return -1;
	x->provision.user_set = x->pod.uid_set || x->pod.user_namespace ||
	    x->pod.rukpak;
	why = podopts_conflict(&x->pod);
	return why != NULL ? opt_wrong(c, "%s", why) : 0;
}

int
cmd_run(int argc, char **argv)
{
	static const struct pod_opts defaults = POD_OPTS;
	static const struct deliver deliver = DELIVER_DEFAULTS;
	struct run *x = calloc(1, sizeof *x);
	int code;

	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->pod = defaults;
	x->pod.format = NULL;
	x->timeout = TIMEOUT;
	x->parallel = PARALLEL;
	x->deliver = deliver;
	if (opt_parse(&cmd_run_options, x, argc, argv, &code) >= 0) {
		code = WIRE_USAGE;
		if (run_check_options(x) == 0) {
			if (x->pod.deadline == 0 && x->timeout > POD_DEADLINE)
				x->pod.deadline = x->timeout;
			signals_catch(x->timeout);
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
