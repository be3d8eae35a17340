/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets any number of bundles out of a cluster at once: one kubectl, and a child
 * for the life of each bundle's pod.
 */
#include "cluster/provision.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/quote.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"

#define UID_RANGE "openshift.io/sa.scc.uid-range"
#define OWN_NAMESPACE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
#define FIX_KUBECONFIG \
	"name one with --kubeconfig or in the environment variable KUBECONFIG"

enum {
	PARALLEL_MAX = 1000,
	GRACE = 8, /* seconds for a child to clean up after a signal */
	AWAY_AGAIN = 10000, /* milliseconds before it is said again */
	MEMORY = 512 << 20 /* bytes that a child may allocate */
};

/* A random number for all pods of a run.  Returns 0, or -1 (reported). */
static int
make_id(char id[static PODLIFE_ID])
{
	unsigned char random[(PODLIFE_ID - 1) / 2];
	size_t i;

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
		msg_warn(errno, "random numbers");
		return -1;
	}
	for (i = 0; i < sizeof random; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", random[i]);
	return 0;
}

static void
provision_fail(struct provision *p, const char *words, const char *fix)
{
	/* kubectl's default where it knows of no cluster */
	if (strstr(words, ":8080: connect") != NULL) {
		words = "no cluster: there is no kubeconfig";
		fix = FIX_KUBECONFIG;
	}
	podstatus_refused(&p->failure, words);
	if (fix[0] != '\0')
		(void)snprintf(p->failure.fix, sizeof p->failure.fix, "%s",
		    fix);
}

/* ---------------------------------------------------------- default namespace
 */

/* In a pod kubectl works without a kubeconfig, in the pod's own namespace. */
static void
own_namespace(char name[static POD_NAME])
{
	const char *given = getenv("POD_NAMESPACE");
	FILE *f;

	if (given != NULL && *given != '\0') {
		(void)snprintf(name, POD_NAME, "%s", given);
		return;
	}
	f = fopen(OWN_NAMESPACE, "re");
	if (f == NULL)
		return;
	if (fgets(name, POD_NAME, f) == NULL)
		name[0] = '\0';
	name[strcspn(name, "\r\n")] = '\0';
	(void)fclose(f);
}

/* What `kubectl config view --minify` said: the namespace to default to. */
static int
take_config(struct provision *p, const char *text, const char *said)
{
	struct json *config = json_parse(text, strlen(text)), *context;

	(void)strcpy(p->namespace_name, "default");
	p->namespace = p->namespace_name;
	context = json_at(json_get_array(config, "contexts"), 0);
	if (context != NULL) {
		const char *name = json_get_string(json_get(context, "context"),
		    "namespace");

		if (name != NULL)
			(void)snprintf(p->namespace_name,
			    sizeof p->namespace_name, "%s", name);
		json_free(config);
		return 0;
	}
	json_free(config);
	if (strstr(said, "current-context must exist") != NULL) {
		if (getenv("KUBERNETES_SERVICE_HOST") != NULL) {
			own_namespace(p->namespace_name);
			return 0;
		}
		provision_fail(p,
		    "no cluster: there is no kubeconfig, or it has no current context",
		    FIX_KUBECONFIG);
		return -1;
	}
	provision_fail(p, said, "");
	return -1;
}

/* Ask for kubectl's default namespace, which is -n's job otherwise. */
static int
finish_config(struct provision *p, struct tool *t)
{
	char *text = tool_text(t, KUBECTL_OUT), said[KUBECTL_SAID] = "";
	int ret = -1;

	if (tool_finish(t, text == NULL) != 0)
		kubectl_said(t, said, KUBECTL_SILENT);
	if (text != NULL && signals_stop == 0)
		ret = take_config(p, text, said);
	tool_free(t);
	free(text);
	return ret;
}

/* Start what is needed of kubectl, side by side. */
static int
provision_open(struct provision *p)
{
	static const char *const args[] = {"config", "view", "--minify", "-o",
	    "json", NULL};
	bool ask = p->namespace == NULL;
	struct tool config;
	int ret, opened;

	if (ask && kubectl_start(&p->kubectl, &config, args) < 0)
		return -1;
	opened = api_open(&p->api, &p->kubectl);
	ret = opened;
	if (ask && finish_config(p, &config) < 0)
		ret = -1;
	if (opened < 0 && p->failure.text[0] == '\0' && p->api.away[0] != '\0')
		provision_fail(p, p->api.away, "");
	if (ret < 0 && opened == 0)
		api_close(&p->api);
	return ret;
}

/* ----------------------------------------------------------------- children */

/* Close what this process does not need before it reads what comes. */
static void
shut_doors(void)
{
	struct sandbox_places places = {0};

	(void)sandbox_shut(&places, SANDBOX_RUN);
}

/* In a child: what does the namespace want? */
static struct json *
provision_ask(void *arg, size_t i)
{
	struct provision *p = arg;
	struct json *o = json_new_object(), *namespace = NULL;
	struct api_call call = {0};
	enum api_outcome outcome;

	(void)i;
	shut_doors();
	if (api_start(&call, &p->api, "GET", NULL, "/api/v1/namespaces/%s",
	        p->namespace) < 0)
		return NULL;
	call.optional = true;
	outcome = api_finish(&call);
	if (outcome == API_OK)
	namespace = api_json(&call);
	json_add_bool(o, "shift",
	    json_path(namespace, "metadata", "annotations", UID_RANGE, NULL) !=
	        NULL);
	/* one that we may not look at may be there */
	json_add_bool(o, "good",
	    outcome == API_OK || strcmp(call.reason, "Forbidden") == 0);
	json_add_bool(o, "none", call.status == 404);
	json_add_string(o, "words",
	    outcome == API_STOPPED ? p->api.away : call.words);
	json_free(namespace);
	return o;
}

/* Add what kubectl said at its end to the words of who missed it. */
static void
provision_add_said(struct provision *p, struct json *o, const char *key)
{
	const size_t n = strlen(API_PROXY_ENDED);
	const char *words = json_get_text(o, key);
	char said[KUBECTL_SAID], *text;
	size_t len = strlen(words);

	if (len < n || strcmp(words + len - n, API_PROXY_ENDED) != 0)
		return;
	/* it is said before it ends */
	tool_finish(&p->api.proxy, true);
	kubectl_said(&p->api.proxy, said, "");
	if (said[0] != '\0' && asprintf(&text, "%s: %s", words, said) >= 0) {
		json_set(o, key, json_new_string(text));
		free(text);
	}
}

static void
provision_take_namespace(void *arg, const struct child_end *e)
{
	struct provision *p = arg;
	char words[KUBECTL_SAID] = "";
	struct json *o = e->result;

	if (e->how == CHILD_STOPPED)
		return;
	if (o == NULL) {
		provision_fail(p, e->message, "");
		strcpy(p->failure.reason, e->reason);
		return;
	}
	p->shift = json_bool(json_get(o, "shift"), false);
	provision_add_said(p, o, "words");
	snprintf(words, sizeof words, "%s", json_get_text(o, "words"));
	if (json_bool(json_get(o, "good"), false))
		return;
	if (json_bool(json_get(o, "none"), false)) {
		snprintf(words, sizeof words, "there is no namespace %s",
		    p->namespace);
		provision_fail(p, words,
		    "make it (kubectl create namespace), or give another with -n");
	} else if (signals_stop == 0) {
		provision_fail(p, words, "");
	} else {
		snprintf(p->api.away, sizeof p->api.away, "%s", words);
	}
}

/* In a child: the life of one pod. */
static struct json *
live(void *arg, size_t i)
{
	struct provision *p = arg;
	struct pod_opts *pod = p->hooks.pod(p->hooks.arg, i);
	char suffix[48] = "", number[24] = "";
	struct podlife l = {.api = &p->api,
	    .namespace = p->namespace,
	    .id = p->id,
	    .suffix = suffix,
	    .pod = pod,
	    .allowed = &p->allowed,
	    .user_set = p->user_set,
	    .keep = p->keep,
	    .patient = p->patient,
	    .left = p->left};
	struct json *o = json_new_object(), *result;

	pod->namespace = p->namespace;
	if (p->shift && !p->user_set)
		pod->uid = -1;
	if (p->n > 1)
		snprintf(number, sizeof number, "-%zu", i);
	if (pod->name == NULL)
		snprintf(suffix, sizeof suffix, "-%.8s%s", p->id, number);
	result = p->hooks.work(p->hooks.arg, i, &l);
	if (result == NULL || o == NULL) {
		json_free(result);
		json_free(o);
		return NULL;
	}
	json_add(o, "result", result);
	json_add(o, "left", json_copy(p->left));
	return o;
}

/* A child is over. */
static void
provision_end(void *arg, const struct child_end *e)
{
	struct provision *p = arg;
	struct podstatus failure = {.exit = WIRE_FAIL};
	struct json *result = json_take(e->result, "result"), *left, *one;

	provision_add_said(p, result, "message");
	provision_add_said(p, result, "line");
	left = json_take(e->result, "left");
	for (one = json_first(left); one != NULL; one = json_next(one)) {
		/* what a child could not do, we can */
		if (strcmp(json_get_text(one, "message"), API_NO_MEMORY) == 0)
			p->lost = true;
		else
			json_add(p->left, NULL, json_copy(one));
	}
	json_free(left);
	if (result == NULL) {
		snprintf(failure.reason, sizeof failure.reason, "%s",
		    e->reason);
		snprintf(failure.text, sizeof failure.text, "%s", e->message);
		if (e->how == CHILD_STOPPED)
			provision_explain_stop(p, &failure);
		p->lost = p->lost || e->begun;
	}
	p->hooks.end(p->hooks.arg, e->number, result, &failure);
	json_free(result);
}

/* Status lines of children; that the server is away is said once for all. */
static void
provision_show(void *arg, size_t i, const char *text)
{
	struct provision *p = arg;
	bool away = strncmp(text, API_AWAY, strlen(API_AWAY)) == 0;

	(void)i;
	if (away && p->said_away != 0 &&
	    clock_now() - p->said_away < AWAY_AGAIN)
		return;
	if (away)
		p->said_away = clock_now();
	p->hooks.say(p->hooks.arg, text, away);
}

static void
provision_clear(void *arg)
{
	struct provision *p = arg;

	if (p->hooks.clear != NULL)
		p->hooks.clear(p->hooks.arg);
}

/* In a child: delete what others could not. */
static struct json *
reap(void *arg, size_t i)
{
	struct provision *p = arg;
	struct json *left = json_new_array(), *o = json_new_object();

	(void)i;
	shut_doors();
	podlife_reap(&p->api, p->namespace, p->id, left);
	json_add(o, "left", left);
	return o;
}

static void
provision_take_left(void *arg, const struct child_end *e)
{
	struct provision *p = arg;
	const struct json *one = json_first(json_get(e->result, "left"));

	for (; one != NULL; one = json_next(one))
		json_add(p->left, NULL, json_copy(one));
}

/* Nothing came of any of them. */
static void
provision_end_all(struct provision *p)
{
	struct podstatus failure;
	size_t i;

	for (i = 0; i < p->n; i++) {
		failure = p->failure;
		failure.exit = WIRE_FAIL;
		if (signals_stop != 0)
			provision_explain_stop(p, &failure);
		p->hooks.end(p->hooks.arg, i, NULL, &failure);
	}
}

static void
provision_work(struct provision *p)
{
	struct child_opts o = {.n = 1,
	    .memory = MEMORY,
	    .grace = GRACE,
	    .what = "the namespace",
	    .tool = &p->api.proxy,
	    .arg = p,
	    .work = provision_ask,
	    .end = provision_take_namespace,
	    .status = provision_show,
	    .clear = provision_clear};

	if (child_run(&o) < 0 || p->failure.text[0] != '\0' ||
	    signals_stop != 0) {
		provision_end_all(p);
		return;
	}
	if (p->shift && !p->user_set)
		p->hooks.say(p->hooks.arg,
		    "the namespace chooses the user itself: runAsUser is left out",
		    true);
	o.n = p->n;
	o.parallel = (size_t)p->parallel;
	o.what = p->what;
	o.keeps_output = p->keeps_output;
	o.work = live;
	o.end = provision_end;
	child_run(&o);
	if (!p->lost || p->keep)
		return;
	o.n = 1;
	o.last = true;
	o.seconds = GRACE;
	o.keeps_output = false;
	o.work = reap;
	o.end = provision_take_left;
	child_run(&o);
}

void
provision_run(struct provision *p)
{
	p->left = json_new_array();
	if (p->left == NULL)
		msg_nomem();
	else if (make_id(p->id) == 0 && provision_open(p) == 0) {
		provision_work(p);
		api_close(&p->api);
		return;
	}
	provision_end_all(p);
}

/* ------------------------------------------------------------------ failures
 */

void
provision_explain_stop(const struct provision *p, struct podstatus *w)
{
	const char *away = p->api.away;
	bool trouble = w->trouble || away[0] != '\0';
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
	if (signals_stop != SIGALRM) {
		strcpy(w->reason, "Interrupted");
		snprintf(w->text, sizeof w->text, "stopped by a signal; %s",
		    before);
		w->fix[0] = '\0';
		return;
	}
	result_because("Timeout");
	strcpy(w->reason, "Timeout");
	snprintf(w->text, sizeof w->text, "after %" PRIu64 " s: %s", p->timeout,
	    before);
	/* if something is wrong, more time does not help */
	if (!trouble && w->fix[0] == '\0')
		strcpy(w->fix, "give it more time with --timeout");
}

/* Print " OPTION VALUE", two words for a shell. */
static void
print_option(FILE *f, const char *option, const char *value)
{
	char word[QUOTE_MAX];

	if (value != NULL)
		fprintf(f, " %s %s", option,
		    quote_name(word, sizeof word, value));
}

/*
 * The command that deletes the pod of this name, or all pods that are ours if
 * it is NULL; owned, NULL when out of memory.
 */
static char *
delete_command(const struct provision *p, const char *name)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return NULL;
	(void)fputs("kubectl", f);
	print_option(f, "--kubeconfig", p->kubectl.kubeconfig);
	print_option(f, "--context", p->kubectl.context);
	(void)fprintf(f, " -n %s delete ", p->namespace);
	/* one of several, by its pattern, is not a name */
	if (name != NULL && *name != '*')
		(void)fprintf(f, "pod %s --ignore-not-found", name);
	else
		(void)fprintf(f, "pods -l " PODLIFE_LABEL "=%s", p->id);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void
add_left(struct json *left, const struct provision *p, const struct json *pod)
{
	const char *name = json_get_text(pod, "pod");
	struct json *one = json_add_object(left, NULL);
	char *command = delete_command(p, name);

	json_add_string(one, "pod", name);
	json_add_string(one, "message", json_get_text(pod, "message"));
	json_add_string(one, "fix", command);
	free(command);
}

void
provision_tell_left(const struct provision *p, struct json *left)
{
	const struct json *pod;
	char *command;

	for (pod = json_first(p->left); pod != NULL; pod = json_next(pod)) {
		msg_warn(0, "pod %s/%s may still be there: %s", p->namespace,
		    json_get_text(pod, "pod"), json_get_text(pod, "message"));
		if (left != NULL)
			add_left(left, p, pod);
	}
	if (json_size(p->left) == 0)
		return;
	command = delete_command(p,
	    json_size(p->left) == 1 ? json_get_text(json_at(p->left, 0), "pod")
	                            : NULL);
	if (command != NULL)
		msg_line("fix: %s", command);
	free(command);
}

void
provision_free(struct provision *p)
{
	json_free(p->left);
	p->left = NULL;
	podstatus_free(&p->failure);
	names_free(&p->allowed);
}

/* ------------------------------------------------------------------- options
 */

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
        "the bundle has nothing at PATH: a mount that the cluster\nadds there is no failure",
        OPT_OTHER(struct provision, allowed, take_mount,
            "an absolute path without ..")},
    {"context", 0, "CONTEXT", "context of the kubeconfig",
        OPT_TEXT(struct provision, kubectl.context)},
    {"kubeconfig", 0, "FILE", "the kubeconfig to use",
        OPT_TEXT(struct provision, kubectl.kubeconfig)},
    {0},
};
