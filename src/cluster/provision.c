/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets any number of bundles out of a cluster at once: one kubectl, and a child
 * for the life of each bundle's pod.
 */
#include "cluster/provision.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/progress.h"
#include "base/quote.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "pod/name.h"

#define OWN_NAMESPACE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

enum {
	PARALLEL_MAX = 1000,
	GRACE = 8, /* seconds for a child to clean up after a signal */
	AWAY_AGAIN = 10000, /* milliseconds before it is said again */
	MEMORY = 512 << 20 /* bytes that a child may allocate */
};

/* -------------------------------------------------------------- status line */

static void
provision_clear(void *arg)
{
	const struct provision *p = arg;

	if (p->terminal)
		(void)io_write(STDERR_FILENO, "\033[K", 3);
}

/*
 * How far a child is, in one line that changes, where there is a terminal.
 * That the server is away is said once for all of them, and anywhere.
 */
static void
provision_show(void *arg, size_t i, const char *text)
{
	struct provision *p = arg;
	struct winsize size;
	size_t len = strlen(text), columns = 79;

	(void)i;
	if (strncmp(text, API_AWAY, strlen(API_AWAY)) == 0) {
		if (p->quiet ||
		    (p->said_away != 0 &&
		        clock_now() - p->said_away < AWAY_AGAIN))
			return;
		p->said_away = clock_now();
		provision_clear(p);
		msg_line("%s", text);
		return;
	}
	if (!p->terminal)
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8)
		columns = size.ws_col < 1000 ? size.ws_col - 1u : 999;
	/* not within a character: RFC 3629, continuation bytes are 10xxxxxx */
	for (; len > columns ||
	     (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80);
	     len--)
		;
	progress_say("%.*s", (int)len, text);
}

/* ------------------------------------------------------------------ kubectl */

/*
 * Kubectl's default namespace, which is -n's job otherwise: it was asked for
 * that.  Returns 0, or -1 (p->failure, or reported).
 */
static int
provision_namespace(struct provision *p, struct tool *t)
{
	char *text = tool_text(t, KUBECTL_SAID), said[KUBECTL_SAID];
	bool good = text != NULL && signals_stop == 0;
	int code = tool_finish(t, text == NULL);
	const char *name = getenv("POD_NAMESPACE");
	FILE *f;

	kubectl_said(t, said);
	tool_free(t);
	if (good && code == 0) {
		name = text;
	} else if (good && strstr(said, "current-context must exist") == NULL) {
		podstatus_refused(&p->failure, said);
	} else if (good && getenv("KUBERNETES_SERVICE_HOST") == NULL) {
		podstatus_refused(&p->failure,
		    "no cluster: there is no kubeconfig, or it has no current context");
	} else if (good && (name == NULL || *name == '\0')) {
		/* in a pod kubectl works in the pod's own namespace */
		f = fopen(OWN_NAMESPACE, "re");
		name = f != NULL ? fgets(said, POD_NAME, f) : NULL;
		if (f != NULL)
			(void)fclose(f);
		said[strcspn(said, "\r\n")] = '\0';
	}
	snprintf(p->namespace_name, sizeof p->namespace_name, "%s",
	    name != NULL && *name != '\0' ? name : "default");
	p->namespace = p->namespace_name;
	free(text);
	return good && p->failure.text[0] == '\0' ? 0 : -1;
}

/* Start what is needed of kubectl, side by side.  As provision_namespace. */
static int
provision_open(struct provision *p)
{
	static const char *const args[] = {"config", "view", "--minify", "-o",
	    "jsonpath={.contexts[0].context.namespace}", NULL};
	bool ask = p->namespace == NULL;
	struct tool config;
	int ret, opened;

	if (ask && kubectl_start(&p->kubectl, &config, args) < 0)
		return -1;
	opened = api_open(&p->api, &p->kubectl);
	ret = ask && provision_namespace(p, &config) < 0 ? -1 : opened;
	if (opened < 0 && p->failure.text[0] == '\0')
		podstatus_refused(&p->failure, p->api.away);
	if (ret < 0 && opened == 0)
		api_close(&p->api);
	p->api.namespace = p->namespace;
	return ret;
}

/* ----------------------------------------------------------------- children */

/* In a child: the life of one pod. */
static struct json *
live(void *arg, size_t i)
{
	struct provision *p = arg;
	struct pod_opts *pod = &p->pods[i];
	char suffix[48] = "", number[24] = "";
	struct podlife l = {.api = &p->api,
	    .id = p->id,
	    .suffix = suffix,
	    .pod = pod,
	    .allowed = &p->allowed,
	    .keep = p->keep,
	    .patient = p->patient,
	    .left = p->left};
	struct json *o = json_new_object();

	pod->namespace = p->namespace;
	if (p->n > 1)
		snprintf(number, sizeof number, "-%zu", i);
	if (pod->name == NULL)
		snprintf(suffix, sizeof suffix, "-%.8s%s", p->id, number);
	json_add(o, "result", p->work(p->arg, i, &l));
	json_add(o, "left", json_copy(p->left));
	return o;
}

/* A child that reaped is over, or another: what it has left. */
static void
provision_take_left(void *arg, const struct child_end *e)
{
	struct provision *p = arg;
	const struct json *one = json_first(json_get(e->result, "left"));

	for (; one != NULL; one = json_next(one)) {
		/* what a child could not do, we can */
		if (strcmp(json_get_text(one, "message"), API_NO_MEMORY) == 0)
			p->lost = true;
		else
			json_add(p->left, NULL, json_copy(one));
	}
}

/* The life of a pod is over. */
static void
provision_end(void *arg, const struct child_end *e)
{
	struct provision *p = arg;
	struct podstatus failure = {.exit = WIRE_FAIL};
	struct json *result = json_take(e->result, "result");

	provision_take_left(p, e);
	if (result == NULL) {
		snprintf(failure.reason, sizeof failure.reason, "%s",
		    e->reason);
		snprintf(failure.text, sizeof failure.text, "%s", e->message);
		if (e->how == CHILD_STOPPED)
			provision_explain_stop(p, &failure);
		p->lost = p->lost || e->begun;
	}
	provision_clear(p);
	p->end(p->arg, e->number, result, &failure);
}

/* In a child: delete what others could not. */
static struct json *
reap(void *arg, size_t i)
{
	struct provision *p = arg;
	struct json *left = json_new_array(), *o = json_new_object();
	struct sandbox_places places = {0};

	(void)i;
	(void)sandbox_shut(&places, SANDBOX_RUN);
	podlife_reap(&p->api, p->id, left);
	json_add(o, "left", left);
	return o;
}

void
provision_run(struct provision *p)
{
	struct child_opts o = {.n = p->n,
	    .parallel = (size_t)p->parallel,
	    .memory = MEMORY,
	    .grace = GRACE,
	    .what = p->what,
	    .keeps_output = p->keeps_output,
	    .tool = &p->api.proxy,
	    .arg = p,
	    .work = live,
	    .end = provision_end,
	    .status = provision_show,
	    .clear = provision_clear};
	struct podstatus failure;
	bool done = false;
	size_t i;

	p->terminal = !p->quiet && isatty(STDERR_FILENO) == 1;
	p->left = json_new_array();
	if (p->left == NULL) {
		msg_nomem();
	} else if (name_random(p->id, sizeof p->id - 1) == 0 &&
	    provision_open(p) == 0) {
		done = child_run(&o) == 0;
		provision_clear(p);
		if (done && p->lost && !p->keep) {
			o.n = 1;
			o.last = true;
			o.seconds = GRACE;
			o.keeps_output = false;
			o.work = reap;
			o.end = provision_take_left;
			(void)child_run(&o);
		}
		api_close(&p->api);
	}
	/* nothing came of any of them */
	for (i = 0; !done && i < p->n; i++) {
		failure = p->failure;
		failure.exit = WIRE_FAIL;
		if (signals_stop != 0)
			provision_explain_stop(p, &failure);
		p->end(p->arg, i, NULL, &failure);
	}
}

/* ----------------------------------------------------------------- failures */

void
provision_explain_stop(const struct provision *p, struct podstatus *w)
{
	const char *away = p->api.away;
	bool late = signals_stop == SIGALRM;
	char before[2560];

	if (away[0] != '\0')
		snprintf(before, sizeof before, API_AWAY ": %.2400s", away);
	else if (w->trouble)
		snprintf(before, sizeof before, "%s: %.2400s", w->reason,
		    w->text);
	else
		snprintf(before, sizeof before, "%s",
		    w->state == PODSTATUS_PULLING ? "still pulling the image"
		                                  : "not finished yet");
	/* if something is wrong, more time does not help */
	if (!late)
		w->fix[0] = '\0';
	else if (!w->trouble && away[0] == '\0' && w->fix[0] == '\0')
		strcpy(w->fix, "give it more time with --timeout");
	strcpy(w->reason, late ? "Timeout" : "Interrupted");
	if (late) {
		result_because("Timeout");
		snprintf(w->text, sizeof w->text, "after %" PRIu64 " s: %s",
		    p->timeout, before);
	} else {
		snprintf(w->text, sizeof w->text, "stopped by a signal; %s",
		    before);
	}
}

void
provision_tell_left(struct provision *p, struct json *to, bool always)
{
	struct json *left = p->left, *one;
	char command[3 * QUOTE_MAX] = "kubectl", word[QUOTE_MAX];
	const char *const options[][2] = {{"--kubeconfig",
	                                      p->kubectl.kubeconfig},
	    {"--context", p->kubectl.context}};
	size_t i, n = strlen(command);

	for (i = 0; i < 2; i++)
		if (options[i][1] != NULL)
			n += (size_t)snprintf(command + n, QUOTE_MAX, " %s %s",
			    options[i][0],
			    quote_name(word, QUOTE_MAX / 2, options[i][1]));
	/* all of them: they are over */
	snprintf(command + n, QUOTE_MAX,
	    " -n %s delete pods -l " PODLIFE_LABEL "=%s", p->namespace, p->id);
	for (one = json_first(left); one != NULL; one = json_next(one)) {
		msg_warn(0, "pod %s/%s may still be there: %s", p->namespace,
		    json_get_text(one, "pod"), json_get_text(one, "message"));
		json_add_string(one, "fix", command);
	}
	if (json_size(left) > 0)
		msg_line("fix: %s", command);
	if (to != NULL && (always || json_size(left) > 0)) {
		json_add(to, "left", left);
		p->left = NULL;
	}
}

/* ------------------------------------------------------------------ options */

/* An opt_take, of struct names: one more path in the bundle. */
static const char *
take_mount(const struct opt *o, void *to, const char *value)
{
	(void)o;
	if (*value != '/' || strstr(value, "..") != NULL)
		return "";
	return names_add(to, value) < 0 ? "out of memory" : NULL;
}

const struct opt provision_rows[] = {
    {"parallel", 0, "N", "pods at once, at most (default: 20)",
        OPT_NUMBER(struct provision, parallel, 1, PARALLEL_MAX)},
    {"timeout", 0, "TIME", "time for all of it (default: 10m)",
        OPT_TIME(struct provision, timeout)},
    {"keep", 0, NULL, "do not delete the pods",
        OPT_FLAG(struct provision, keep)},
    {"allow-mount", 0, "PATH",
        "the bundle has nothing at PATH: a mount that the cluster adds there is no failure",
        OPT_OTHER(struct provision, allowed, take_mount,
            "an absolute path without ..")},
    {"context", 0, "CONTEXT", "context of the kubeconfig",
        OPT_TEXT(struct provision, kubectl.context)},
    {"kubeconfig", 0, "FILE", "the kubeconfig to use",
        OPT_TEXT(struct provision, kubectl.kubeconfig)},
    {0},
};
