/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets any number of bundles out of a cluster at once: one kubectl, one watch,
 * and a job for each bundle.
 */
#include "cluster/provision.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"

#define UID_RANGE "openshift.io/sa.scc.uid-range"
#define OWN_NAMESPACE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
#define FIX_KUBECONFIG \
	"name one with --kubeconfig or in the environment variable KUBECONFIG"

enum {
	LOOK = 500, /* milliseconds between looks at *stop, at most */
	FAREWELL = 4000 /* for deleting pods after a stop */
};

/* A random number for all pods of a run.  Returns 0, or -1 (reported). */
static int
make_id(char id[static PODJOB_ID])
{
	unsigned char random[(PODJOB_ID - 1) / 2];
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

/* See to kubectl's default namespace, which is -n's job otherwise. */
static int
finish_config(struct provision *p, struct tool *job)
{
	char *text = tool_text(job, KUBECTL_OUT), said[KUBECTL_SAID] = "";
	int ret;

	ret = tool_finish(job, text == NULL);
	if (ret != 0)
		(void)kubectl_said(job, said, KUBECTL_SILENT);
	tool_free(job);
	if (text == NULL || *p->stop != 0) {
		free(text);
		return -1;
	}
	ret = take_config(p, text, said);
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
	opened = api_open(&p->api, &p->kubectl, p->stop);
	ret = opened;
	if (ask && finish_config(p, &config) < 0)
		ret = -1;
	if (opened < 0 && p->failure.text[0] == '\0')
		provision_fail(p, p->api.away, "");
	if (ret < 0 && opened == 0)
		api_close(&p->api);
	return ret;
}

/* ---------------------------------------------------------------- namespace */

/* The namespace is there, or we may not look. */
static void
namespace_known(struct provision *p, const struct json *namespace)
{
	p->ready = true;
	p->shift = json_path(namespace, "metadata", "annotations", UID_RANGE,
	               NULL) != NULL;
	if (!p->shift || p->user_set)
		return;
	p->hooks.say(p->hooks.arg, NULL,
	    "the namespace chooses the user itself: runAsUser is left out");
}

/* See what the namespace wants. Returns -1 if there is none: p->failure. */
static int
move_namespace(struct provision *p)
{
	struct json *namespace;
	char words[POD_NAME + 32];

	switch (api_move(&p->call)) {
	case API_WAIT:
	case API_DATA:
	case API_LOST:
		return 0;
	case API_OK:
		namespace
		= api_json(&p->call);
		namespace_known(p, namespace);
		json_free(namespace);
		return 0;
	case API_REFUSED:
		break;
	}
	if (strcmp(p->call.reason, "Forbidden") == 0) {
		namespace_known(p, NULL);
		return 0;
	}
	if (p->call.status == 404) {
		(void)snprintf(words, sizeof words, "there is no namespace %s",
		    p->namespace);
		provision_fail(p, words,
		    "make it (kubectl create namespace), or give another with -n");
	} else {
		provision_fail(p, p->call.words, "");
	}
	return -1;
}

/* -------------------------------------------------------------------- watch */

static void
watch_begin(void *arg)
{
	struct provision *p = arg;
	size_t i;

	for (i = 0; i < p->next; i++)
		p->jobs[i].expected = p->jobs[i].uid[0] != '\0';
}

/* Take pod to the job whose it is. */
static void
watch_seen(void *arg, struct json *pod, bool deleted)
{
	struct provision *p = arg;
	const struct json *metadata = json_get(pod, "metadata");
	const char *uid = json_get_text(metadata, "uid");
	const char *name = json_get_text(metadata, "name");
	struct podjob *j;
	size_t i;

	for (i = 0; i < p->next; i++) {
		j = &p->jobs[i];
		if (j->step == PODJOB_OVER)
			continue;
		/* the label is the run's own, and so is the name */
		if (strcmp(j->uid, uid) == 0 ||
		    (j->uid[0] == '\0' && strcmp(j->name, name) == 0)) {
			podjob_see(j, pod, deleted);
			return;
		}
	}
	json_free(pod);
}

static void
watch_end(void *arg)
{
	struct provision *p = arg;
	size_t i;

	for (i = 0; i < p->next; i++)
		if (p->jobs[i].expected)
			podjob_miss(&p->jobs[i]);
}

/* --------------------------------------------------------------------- jobs */

/* Tell of a job that is over. */
static void
end_job(struct provision *p, struct podjob *j)
{
	bool whole = j->step == PODJOB_WHOLE;

	podjob_finish(j);
	p->hooks.end(p->hooks.arg, j, whole);
	p->active--;
}

static void
begin_job(struct provision *p)
{
	struct podjob *j = &p->jobs[p->next];

	j->run = &p->run;
	j->number = p->next++;
	p->active++;
	if (p->hooks.begin(p->hooks.arg, j) < 0) {
		j->exit = WIRE_FAIL;
		j->step = PODJOB_FAILED;
		return;
	}
	j->pod->namespace = p->namespace;
	if (p->shift && !p->user_set)
		j->pod->uid = -1;
	podjob_start(j);
}

static void
move_jobs(struct provision *p)
{
	struct podjob *j;
	size_t i;

	while (p->ready && p->next < p->n_jobs && p->active < p->parallel)
		begin_job(p);
	for (i = 0; i < p->next; i++) {
		j = &p->jobs[i];
		podjob_move(j);
		if (j->step == PODJOB_WHOLE || j->step == PODJOB_FAILED)
			end_job(p, j);
	}
}

/* Nothing will come of those that are left. */
static void
stop_jobs(struct provision *p)
{
	struct podjob *j;
	size_t i;

	for (i = 0; i < p->next; i++) {
		j = &p->jobs[i];
		if (j->step == PODJOB_OVER)
			continue;
		podjob_stop(j);
		end_job(p, j);
	}
	for (; p->next < p->n_jobs; p->next++) {
		j = &p->jobs[p->next];
		j->number = p->next;
		j->exit = WIRE_FAIL;
		j->step = PODJOB_OVER;
		p->hooks.end(p->hooks.arg, j, false);
	}
}

/* --------------------------------------------------------------------- loop */

/* Wait until something happens.  Returns 0, or -1 (reported). */
static int
provision_wait(struct provision *p, struct api_poll *poll, int milliseconds)
{
	int ret;
	size_t i;

	api_poll_start(poll, milliseconds);
	ret = api_poll_add(poll, &p->call);
	if (ret == 0)
		ret = api_poll_add(poll, &p->watch.call);
	if (!p->watch.call.busy)
		api_poll_by(poll, p->watch.wake);
	for (i = 0; i < p->next && ret == 0; i++)
		if (p->jobs[i].step != PODJOB_OVER)
			ret = podjob_poll(&p->jobs[i], poll);
	if (ret == 0)
		ret = podreap_poll(&p->reap, poll);
	if (ret == 0)
		api_poll_wait(poll);
	return ret;
}

/* Say once that the server is away. */
static void
look_away(struct provision *p)
{
	char text[KUBECTL_SAID + 64];

	if (p->api.away[0] == '\0') {
		p->said_away = false;
		return;
	}
	if (p->said_away)
		return;
	p->said_away = true;
	(void)snprintf(text, sizeof text,
	    "the API server does not answer, waiting for it: %s", p->api.away);
	p->hooks.say(p->hooks.arg, NULL, text);
}

/* Until all is done, or *stop is set.  Returns 0, or -1: it is all over. */
static int
provision_loop(struct provision *p, struct api_poll *poll)
{
	bool idle = false;

	while (*p->stop == 0) {
		if (p->call.busy && move_namespace(p) < 0)
			return -1;
		if (podwatch_move(&p->watch) < 0) {
			provision_fail(p, p->watch.call.words, "");
			return -1;
		}
		move_jobs(p);
		idle = podreap_move(&p->reap);
		if (p->ready && p->next == p->n_jobs && p->active == 0 && idle)
			return 0;
		look_away(p);
		if (provision_wait(p, poll, LOOK) < 0)
			return -1;
	}
	return 0;
}

/* Give pods that are left a last chance to be deleted. */
static void
provision_farewell(struct provision *p, struct api_poll *poll)
{
	int64_t end = api_now() + FAREWELL;
	struct podreap_pod *pod;
	size_t i;

	api_call_free(&p->watch.call);
	p->watch.wake = INT64_MAX;
	while (!podreap_move(&p->reap) && api_now() < end)
		if (provision_wait(p, poll, LOOK) < 0)
			break;
	for (i = 0; i < p->reap.n; i++) {
		pod = p->reap.pods[i];
		if (pod->words[0] == '\0')
			(void)snprintf(pod->words, sizeof pod->words, "%s",
			    p->api.away[0] != '\0'
			        ? p->api.away
			        : "the API server did not answer in time");
	}
}

static void
provision_set_up(struct provision *p)
{
	p->reap = (struct podreap){.api = &p->api,
	    .namespace = p->namespace,
	    .id = p->id};
	p->watch = (struct podwatch){.api = &p->api,
	    .namespace = p->namespace,
	    .hooks = {watch_begin, watch_seen, watch_end, p}};
	(void)snprintf(p->watch.selector, sizeof p->watch.selector,
	    PODREAP_LABEL "%%3D%s", p->id);
	p->run = (struct podjob_run){.api = &p->api,
	    .reap = &p->reap,
	    .namespace = p->namespace,
	    .id = p->id,
	    .stop = p->stop,
	    .keep = p->keep,
	    .user_set = p->user_set,
	    .several = p->n_jobs > 1,
	    .check = p->check,
	    .say = p->hooks.say,
	    .arg = p->hooks.arg};
}

/*
 * kubectl has been started, and nothing else will be: from here on untrusted
 * bytes come in.
 */
static void
provision_shut_doors(struct provision *p)
{
	/* kubectl's socket is there, too, and is removed at the end */
	sandbox_allow_temporary(&p->places);
	if (strncmp(p->api.dir, "/tmp/", 5) == 0)
		sandbox_allow(&p->places, "/tmp", true);
	p->places.local = true;
	(void)sandbox_shut(&p->places);
}

static int
provision_work(struct provision *p)
{
	struct api_poll poll = {0};
	int ret;

	provision_set_up(p);
	ret = api_start(&p->call, &p->api, "GET", NULL, "/api/v1/namespaces/%s",
	    p->namespace);
	p->call.optional = true;
	provision_shut_doors(p);
	if (ret == 0)
		ret = podwatch_start(&p->watch);
	if (ret == 0)
		ret = provision_loop(p, &poll);
	stop_jobs(p);
	provision_farewell(p, &poll);
	api_poll_free(&poll);
	podwatch_free(&p->watch);
	api_call_free(&p->call);
	return ret;
}

int
provision_run(struct provision *p)
{
	int ret = -1;

	p->jobs = calloc(p->n_jobs, sizeof *p->jobs);
	if (p->jobs == NULL)
		msg_nomem();
	else if (make_id(p->id) == 0 && provision_open(p) == 0) {
		ret = provision_work(p);
		api_close(&p->api);
	} else {
		stop_jobs(p);
	}
	return ret;
}

/* Print " OPTION 'VALUE'", two words for a shell: POSIX, XCU 2.2.2. */
static void
print_option(FILE *f, const char *option, const char *value)
{
	if (value == NULL)
		return;
	(void)fprintf(f, " %s '", option);
	for (; *value != '\0'; value++)
		(void)fputs(*value == '\'' ? "'\\''" : (char[2]){*value}, f);
	(void)fputc('\'', f);
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
	if (name != NULL)
		(void)fprintf(f, "pod %s --ignore-not-found", name);
	else
		(void)fprintf(f, "pods -l " PODREAP_LABEL "=%s", p->id);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void
add_left(struct json *left, const struct provision *p,
    const struct podreap_pod *pod)
{
	struct json *one = json_add_object(left, NULL);
	char *command = delete_command(p, pod->name);

	json_add_string(one, "pod", pod->name);
	json_add_string(one, "message", pod->words);
	json_add_string(one, "fix", command);
	free(command);
}

void
provision_tell_left(const struct provision *p, struct json *left)
{
	const struct podreap_pod *pod;
	char *command;
	size_t i;

	for (i = 0; i < p->reap.n; i++) {
		pod = p->reap.pods[i];
		msg_warn(0, "pod %s/%s may still be there: %s", p->namespace,
		    pod->name, pod->words);
		if (left != NULL)
			add_left(left, p, pod);
	}
	if (p->reap.n == 0)
		return;
	command = delete_command(p,
	    p->reap.n == 1 ? p->reap.pods[0]->name : NULL);
	if (command != NULL)
		msg_line("fix: %s", command);
	free(command);
}

void
provision_free(struct provision *p)
{
	size_t i;

	for (i = 0; p->jobs != NULL && i < p->n_jobs; i++)
		podjob_free(&p->jobs[i]);
	free(p->jobs);
	p->jobs = NULL;
	podreap_free(&p->reap);
	podstatus_free(&p->failure);
	sandbox_free(&p->places);
}
