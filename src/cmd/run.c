/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl run: from a bundle's reference to its files, with a pod.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/result.h"
#include "cluster/kubectl.h"
#include "cluster/provision.h"
#include "log/deliver.h"
#include "log/gather.h"
#include "pod/podopts.h"
#include "wire.h"

enum {
	TIMEOUT = 600, /* seconds for all of it, unless told otherwise */
	STATUS_MAX = 1024 /* bytes of the status line */
};

struct run {
	/* options */
	struct pod_opts pod;
	uint64_t timeout; /* seconds */
	bool json, quiet;

	/* work */
	bool terminal; /* standard error is one */
	char line[STATUS_MAX]; /* the status line, as it stands */
	struct progress progress;
	struct gather gather;
	struct deliver deliver;
	struct provision provision;
};

/* The signal that asks us to stop; SIGALRM: the time is over. */
static volatile sig_atomic_t stop;

static void
run_on_signal(int number)
{
	/* the first one counts: what cleans up is not stopped */
	if (stop != 0)
		return;
	stop = number;
	kubectl_stop();
}

static void
run_catch_signals(uint64_t timeout)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
	struct sigaction action = {.sa_handler = run_on_signal};
	size_t i;

	/* no SA_RESTART: whoever waits must notice */
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		(void)sigaction(numbers[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)alarm((unsigned int)timeout);
}

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

/* A provision_say: one line that changes, or lines where it cannot. */
static void
run_show_line(void *arg, const char *text)
{
	struct run *x = arg;
	char line[STATUS_MAX + 16];
	int n;

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

/* ------------------------------------------------------------------ result */

/* What ended it, if it was no result of the work. */
static enum wire_exit
stopped(void)
{
	if (stop == SIGALRM)
		return WIRE_FAIL;
	return stop == SIGINT ? WIRE_SIGINT : WIRE_SIGTERM;
}

/* The time is over, or somebody pressed Ctrl-C: that is the failure. */
static void
explain_stop(struct run *x)
{
	struct podstatus *w = &x->provision.failure;
	char before[2560];

	(void)snprintf(before, sizeof before, "%s%s%.2400s",
	    w->trouble ? w->reason : "", w->trouble ? ": " : "",
	    w->trouble                          ? w->text
	        : w->state == PODSTATUS_PULLING ? "still pulling the image"
	                                        : "not done yet");
	if (stop != SIGALRM) {
		(void)strcpy(w->reason, "Interrupted");
		(void)snprintf(w->text, sizeof w->text,
		    "stopped by a signal; %s", before);
		w->fix[0] = '\0';
		return;
	}
	(void)strcpy(w->reason, "Timeout");
	(void)snprintf(w->text, sizeof w->text, "after %" PRIu64 " s: %s",
	    x->timeout, before);
	if (w->fix[0] == '\0')
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

static void
tell_failure(const struct run *x)
{
	const struct provision *p = &x->provision;
	const struct podstatus *w = &p->failure;
	bool pod = p->name[0] != '\0', container = w->container[0] != '\0';
	char name[2 * POD_NAME + 16] = "";

	if (w->text[0] == '\0' && w->reason[0] == '\0')
		return;
	if (pod)
		(void)snprintf(name, sizeof name,
		    "pod %s/%s: ", p->kubectl.namespace, p->name);
	msg_warn(0, "%s%s%s%s", name, w->reason,
	    w->reason[0] != '\0' && w->text[0] != '\0' ? ": " : "", w->text);
	if (container)
		msg_line("  container %s, image %s", w->container, w->image);
	tell_findings(w->report);
	if (w->fix[0] != '\0')
		msg_line("fix: %s", w->fix);
}

/* A line of what was done, where a tar on standard output is not in its way. */
static void run_say(const struct run *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
run_say(const struct run *x, const char *format, ...)
{
	char line[MSG_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (x->deliver.has_target)
		out_line(line);
	else
		msg_line("%s", line);
}

static void
tell_success(const struct run *x)
{
	const struct provision *p = &x->provision;
	const struct gather *g = &x->gather;
	const struct deliver *d = &x->deliver;
	char shown[MSG_NAME];

	if (x->quiet)
		return;
	run_say(x, "%s: %" PRIu64 " entries, %" PRIu64 " bytes, %s, %s",
	    msg_mask(shown, sizeof shown, d->tar != NULL ? d->tar : d->dir),
	    d->counts.entries, d->counts.bytes, g->whole.digest,
	    g->verified ? "verified" : "not verified");
	run_say(x, "%s", p->resolved[0] != '\0' ? p->resolved : x->pod.image);
	if (p->repaired > 0)
		run_say(x,
		    "%" PRIu64
		    " parts that the log had lost came from a second pod",
		    p->repaired);
	if (p->keep)
		run_say(x, "pod %s/%s is kept", p->kubectl.namespace, p->name);
}

static void
add_success(struct json *o, const struct run *x)
{
	const struct provision *p = &x->provision;
	const struct gather *g = &x->gather;
	const struct deliver *d = &x->deliver;
	char shown[MSG_NAME];

	json_add_string(o, d->tar != NULL ? "tar" : "directory",
	    msg_mask(shown, sizeof shown, d->tar != NULL ? d->tar : d->dir));
	json_add_uint(o, "entries", d->counts.entries);
	json_add_uint(o, "bytes", d->counts.bytes);
	json_add_uint(o, "size", g->whole.size);
	json_add_string(o, "digest", g->whole.digest);
	json_add_bool(o, "verified", g->verified);
	json_add_uint(o, "repaired", p->repaired);
}

static void
add_failure(struct json *o, const struct run *x)
{
	const struct podstatus *w = &x->provision.failure;
	const struct json *findings = json_get(w->report, "findings");
	char shown[MSG_NAME];

	if (w->text[0] == '\0')
		json_add_string(o, "message",
		    msg_mask(shown, sizeof shown, msg_last()));
	else
		json_add_string(o, "message", w->text);
	if (w->reason[0] != '\0')
		json_add_string(o, "reason", w->reason);
	if (w->container[0] != '\0')
		json_add_string(o, "container", w->container);
	if (w->fix[0] != '\0')
		json_add_string(o, "fix", w->fix);
	if (findings != NULL)
		(void)json_add(o, "findings", json_copy(findings));
}

/* The result on one line.  Returns 0, or -1 (reported). */
static int
run_print_json(const struct run *x, enum wire_exit status)
{
	const struct provision *p = &x->provision;
	struct json *o = json_new_object();
	char *text;

	json_add_string(o, "result", status == WIRE_OK ? "ok" : "failed");
	json_add_uint(o, "exit", status);
	if (x->pod.image != NULL)
		json_add_string(o, "image", x->pod.image);
	if (p->resolved[0] != '\0')
		json_add_string(o, "resolved", p->resolved);
	if (p->kubectl.namespace != NULL)
		json_add_string(o, "namespace", p->kubectl.namespace);
	if (p->name[0] != '\0')
		json_add_string(o, "pod", p->name);
	if (status == WIRE_OK)
		add_success(o, x);
	else
		add_failure(o, x);
	text = json_finish(o, JSON_COMPACT);
	if (text == NULL)
		return -1;
	out_line(text);
	result_is_told();
	free(text);
	return 0;
}

/* Tell how it went; the exit code. */
static enum wire_exit
run_tell_result(struct run *x, enum wire_exit status)
{
	int ret = 0;

	clear_line(x);
	if (stop != 0 && status != WIRE_OK) {
		explain_stop(x);
		status = stopped();
	}
	if (status != WIRE_OK)
		tell_failure(x);
	if (x->json)
		ret = run_print_json(x, status);
	else if (status == WIRE_OK)
		tell_success(x);
	if (out_flush() < 0)
		return WIRE_FAIL;
	return status == WIRE_OK && ret < 0 ? WIRE_FAIL : status;
}

/* -------------------------------------------------------------------- work */

static enum wire_exit
run_deliver(struct run *x)
{
	struct provision *p = &x->provision;
	enum wire_exit status;

	p->pod = &x->pod;
	p->quiet = x->quiet;
	p->stop = &stop;
	p->say = run_show_line;
	p->say_arg = x;
	p->gather = &x->gather;
	p->progress = &x->progress;
	status = provision_run(p);
	if (status == WIRE_OK)
		status = deliver_make(&x->deliver, &x->gather);
	status = run_tell_result(x, status);
	provision_free(p);
	return status;
}

static enum wire_exit
run_provision(struct run *x)
{
	struct gather_opts o = {.max_size = x->deliver.max_size,
	    .stop = &stop,
	    .progress = &x->progress};
	enum wire_exit status = WIRE_FAIL;

	x->terminal = isatty(STDERR_FILENO) == 1;
	x->deliver.quiet = x->quiet;
	x->deliver.stop = &stop;
	x->deliver.progress = &x->progress;
	if (deliver_open(&x->deliver) < 0)
		return WIRE_FAIL;
	o.dir = deliver_temp(&x->deliver);
	if (gather_open(&x->gather, &o) == 0) {
		status = run_deliver(x);
		gather_close(&x->gather);
	}
	deliver_close(&x->deliver);
	return status;
}

/* ----------------------------------------------------------------- options */

static const struct opt run_result_rows[] = {
    {"directory", 'C', "DIR", "make this directory (default: bundle)",
        OPT_TEXT(struct run, deliver.dir)},
    {"tar", 0, "FILE", "write a tar instead; - is standard output",
        OPT_TEXT(struct run, deliver.tar)},
    {"max-size", 0, "SIZE", "refuse a larger tar (default: 1Gi)",
        OPT_SIZE(struct run, deliver.max_size, 1, DELIVER_SIZE_LIMIT)},
    {"max-entries", 0, "N", "refuse more entries (default: 100000)",
        OPT_NUMBER(struct run, deliver.max_entries, 1, DELIVER_SIZE_LIMIT)},
    {"output", 'o', "text|json", "how to tell the result",
        OPT_SECOND(struct run, json)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct run, quiet)},
    {0},
};
static const struct opt run_cluster_rows[] = {
    {"timeout", 0, "TIME", "for all of it (default: 10m)",
        OPT_TIME(struct run, timeout)},
    {"keep", 0, NULL, "do not delete the pod",
        OPT_FLAG(struct run, provision.keep)},
    {"context", 0, "CONTEXT", "of the kubeconfig",
        OPT_TEXT(struct run, provision.kubectl.context)},
    {"kubeconfig", 0, "FILE", "which cluster, and who we are",
        OPT_TEXT(struct run, provision.kubectl.kubeconfig)},
    {0},
};
static const struct opt_group run_groups[] = {
    {"Which bundle", podopts_bundle_rows, offsetof(struct run, pod)},
    {"What it becomes", run_result_rows, 0},
    {"The cluster", run_cluster_rows, 0},
    {"The pod", podopts_pod_rows, offsetof(struct run, pod)},
    {"What it prints to its log (default: jsonl)", podopts_stream_rows,
        offsetof(struct run, pod)},
    {0},
};
const struct opt_command cmd_run_options = {
    .name = "run",
    .usage = " -f FILE | --image REF [OPTION...]",
    .about =
        "Unpack a bundle image in a cluster: create the pod, follow it, verify, write\n"
        "the files, delete the pod.\n",
    .groups = run_groups,
    .after =
        "environment: KUBECTL  the kubectl to use (default: the one on PATH)\n\n"
        "exit: 0 done, 1 failure, 2 usage, 3 the bundle is at fault, 4 incomplete or\n"
        "corrupt, 130 and 143 interrupted\n",
};

/* Do the options go together?  Returns 0, or -1 (reported). */
static int
run_check_options(struct run *x)
{
	const struct opt_command *c = &cmd_run_options;
	struct deliver *d = &x->deliver;
	bool to_stdout = d->tar != NULL && strcmp(d->tar, "-") == 0;
	const char *why;

	if (d->dir != NULL && d->tar != NULL)
		return opt_wrong(c, "give one of -C and --tar");
	if (to_stdout && x->json)
		return opt_wrong(c,
		    "--tar - and -o json both need standard output");
	if (to_stdout && isatty(OUT_FD) == 1)
		return opt_wrong(c,
		    "--tar - does not write to a terminal; send it to a file or a pipe");
	if (d->dir == NULL && d->tar == NULL)
		d->dir = "bundle";
	if (x->pod.format == NULL)
		x->pod.format = x->pod.rukpak ? "json" : "jsonl";
	x->provision.user_set = x->pod.uid_set || x->pod.user_namespace ||
	    x->pod.rukpak;
	why = podopts_conflict(&x->pod);
	return why != NULL ? opt_wrong(c, "%s", why) : 0;
}

int
cmd_run(int argc, char **argv)
{
	struct run *x = calloc(1, sizeof *x);
	int code;

	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->pod = (struct pod_opts)POD_OPTS;
	x->pod.format = NULL;
	x->timeout = TIMEOUT;
	x->deliver.max_size = DELIVER_SIZE;
	x->deliver.max_entries = DELIVER_ENTRIES;
	if (opt_parse(&cmd_run_options, x, argc, argv, &code) >= 0) {
		code = WIRE_USAGE;
		if (run_check_options(x) == 0) {
			code = WIRE_FAIL;
			if (podopts_complete(&x->pod) == 0) {
				run_catch_signals(x->timeout);
				code = (int)run_provision(x);
			}
			podopts_free(&x->pod);
		}
	}
	free(x);
	return code;
}
