/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster/provision.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "cluster/repair.h"
#include "log/decode.h"

#define UID_RANGE "openshift.io/sa.scc.uid-range"

enum {
	ROUNDS = 16, /* repair pods, one after the other */
	RANGES = 16 /* containers of one of them */
};

static void __attribute__((format(printf, 2, 3)))
provision_say_line(const struct provision *p, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	p->say(p->say_arg, text);
}

/* What a kubectl that failed said is the failure; "" was reported. */
static enum wire_exit
fail_kubectl(struct provision *p, const struct kubectl_job *job)
{
	podstatus_refused(&p->failure, kubectl_words(job));
	return WIRE_FAIL;
}

/* --------------------------------------------------------------- namespace */

/* Which namespace is kubectl's default?  Returns WIRE_OK or a failure. */
static enum wire_exit
find_namespace(struct provision *p)
{
	static const char *const args[] = {"create", "--dry-run=client",
	    "--validate=false", "-o", "json", "-f", "-", NULL};
	static const char any[] =
	    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"any\"}}";
	struct kubectl_job job;
	const char *name;
	struct json *pod;

	if (p->pod->namespace == NULL) {
		pod = kubectl_json(&p->kubectl, &job, args, any);
		if (pod == NULL)
			return fail_kubectl(p, &job);
		name = json_string(
		    json_path(pod, "metadata", "namespace", NULL));
		(void)snprintf(p->namespace_name, sizeof p->namespace_name,
		    "%s", name != NULL ? name : "default");
		json_free(pod);
		p->pod->namespace = p->namespace_name;
	}
	p->kubectl.namespace = p->pod->namespace;
	return WIRE_OK;
}

/* Does the namespace choose who runs its pods, as on OpenShift? */
static bool
has_uid_range(const struct json *namespace)
{
	return json_has(json_path(namespace, "metadata", "annotations", NULL),
	    UID_RANGE);
}

static void
leave_user(struct provision *p)
{
	provision_say_line(p,
	    "namespace %s chooses the user itself: runAsUser is left out",
	    p->kubectl.namespace);
	p->pod->uid = -1;
}

/* See what the namespace wants.  Who may not look does without. */
static enum wire_exit
look_namespace(struct provision *p)
{
	const char *args[] = {"get", "namespace", p->kubectl.namespace, "-o",
	    "json", NULL};
	struct kubectl_job job;
	char words[POD_NAME + 32];
	struct json *namespace;

	namespace = kubectl_json(&p->kubectl, &job, args, NULL);
	if (namespace == NULL) {
		if (kubectl_is(&job, "Forbidden"))
			return WIRE_OK;
		if (!kubectl_is(&job, "NotFound"))
			return fail_kubectl(p, &job);
		(void)snprintf(words, sizeof words, "there is no namespace %s",
		    p->kubectl.namespace);
		podstatus_refused(&p->failure, words);
		return WIRE_FAIL;
	}
	if (!p->user_set && has_uid_range(namespace))
		leave_user(p);
	json_free(namespace);
	return WIRE_OK;
}

/* -------------------------------------------------------------------- pods */

/* A podrun_show: what the pod does now. */
static void
provision_show_pod(void *arg, const struct podrun *r)
{
	const struct provision *p = arg;
	const struct podstatus *w = &r->watch;

	if (*p->stop != 0 || w->state >= PODSTATUS_DONE)
		return;
	if (w->trouble)
		provision_say_line(p, "%s: %s: %s", r->name, w->reason,
		    w->text);
	else if (w->state == PODSTATUS_PULLING && w->image[0] != '\0')
		provision_say_line(p, "%s: pulling %s", r->name, w->image);
	else if (w->state == PODSTATUS_STARTED)
		provision_say_line(p, "%s: streaming", r->name);
	else
		provision_say_line(p, "%s: pending", r->name);
}

static void
provision_start_pod(struct provision *p, struct podrun *r)
{
	*r = (struct podrun){.kubectl = &p->kubectl,
	    .id = p->id,
	    .stop = p->stop,
	    .show = provision_show_pod,
	    .show_arg = p};
}

/* Take pod, owned, call it so and create it.  Returns 0 or -1. */
static int
create(struct podrun *r, struct json *pod, const char *name)
{
	int ret;

	if (pod == NULL)
		return -1;
	(void)json_set(json_get(pod, "metadata"), "name",
	    json_new_string(name));
	ret = podrun_create(r, pod);
	json_free(pod);
	return ret;
}

/* Keep what went wrong with a pod. */
static void
keep_failure(struct provision *p, struct podrun *r)
{
	podstatus_free(&p->failure);
	p->failure = r->watch;
	r->watch = (struct podstatus){0};
}

/* The end of a pod: delete it unless told otherwise. */
static void
provision_finish_pod(struct provision *p, struct podrun *r)
{
	if (!p->keep)
		(void)podrun_delete(r);
	podrun_free(r);
}

/* What the bundle's container left in its termination message. */
static void
take_message(struct provision *p, const struct podrun *r)
{
	const char *message = podstatus_message(r->pod, POD_BUNDLE);
	struct decode_piece whole;

	podstatus_resolved(p->resolved, sizeof p->resolved, r->pod, POD_BUNDLE,
	    p->pod->image);
	if (message == NULL ||
	    decode_whole(message, strlen(message), &whole) < 0)
		return;
	p->size = whole.size;
	(void)gather_witness(p->gather, message, strlen(message));
}

/* Follow the pod to its end.  Returns 0, or -1 with r->watch telling. */
static int
provision_follow_pod(struct provision *p, struct podrun *r)
{
	if (podrun_wait(r, PODSTATUS_STARTED) < 0)
		return -1;
	provision_say_line(p, "%s: streaming", r->name);
	progress_start(p->progress, "streaming", p->quiet);
	if (podrun_log(r, POD_BUNDLE, true, p->gather) < 0)
		return -1;
	progress_clear(p->progress);
	if (podrun_wait(r, PODSTATUS_DONE) < 0)
		return -1;
	take_message(p, r);
	return 0;
}

/* Is it whole?  If not, once more the log as it is now. */
static enum wire_exit
provision_judge_log(struct provision *p, struct podrun *r)
{
	enum wire_exit status;

	provision_say_line(p, "%s: verifying", r->name);
	status = gather_judge(p->gather);
	if (status != WIRE_CORRUPT || *p->stop != 0)
		return status;
	provision_say_line(p, "%s: the log came incomplete; reading it again",
	    r->name);
	progress_start(p->progress, "streaming", p->quiet);
	if (podrun_log(r, POD_BUNDLE, false, p->gather) < 0)
		return WIRE_FAIL;
	progress_clear(p->progress);
	return gather_judge(p->gather);
}

/* Create the pod; where OpenShift refuses its user, without. */
static int
create_main(struct provision *p, struct podrun *r)
{
	char suffix[16] = "";

	if (p->pod->name == NULL)
		(void)snprintf(suffix, sizeof suffix, "-%.8s", p->id);
	pod_name(p->pod, p->name, suffix);
	provision_say_line(p, "%s: creating the pod", p->name);
	if (create(r, pod_build(p->pod), p->name) == 0)
		return 0;
	if (p->user_set || p->pod->uid < 0 ||
	    strstr(r->watch.text, "security context constraint") == NULL)
		return -1;
	leave_user(p);
	podrun_free(r);
	provision_start_pod(p, r);
	return create(r, pod_build(p->pod), p->name);
}

static enum wire_exit
run_main(struct provision *p)
{
	enum wire_exit status = WIRE_FAIL;
	struct podrun r;

	provision_start_pod(p, &r);
	if (create_main(p, &r) == 0 && provision_follow_pod(p, &r) == 0) {
		status = provision_judge_log(p, &r);
	} else {
		keep_failure(p, &r);
		status = p->failure.exit != WIRE_OK ? p->failure.exit
		                                    : WIRE_FAIL;
	}
	provision_finish_pod(p, &r);
	return status;
}

/* ------------------------------------------------------------------ repair */

static uint64_t
count_parts(const struct gather *g)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < g->n_parts; i++)
		n += g->parts[i].size != 0;
	return n;
}

/* Read the logs of n containers; each is short, and whole. */
static int
read_repair(struct provision *p, struct podrun *r, size_t n)
{
	char container[32];
	size_t i;

	progress_start(p->progress, "repairing", p->quiet);
	for (i = 0; i < n && *p->stop == 0; i++) {
		(void)snprintf(container, sizeof container, POD_BUNDLE "-%zu",
		    i);
		if (podrun_log(r, container, false, p->gather) < 0)
			return -1;
	}
	progress_clear(p->progress);
	return 0;
}

/* One repair pod, for these ranges.  Returns 0, or -1. */
static int
run_repair(struct provision *p, const struct pod_parts *ranges, size_t n)
{
	char suffix[32], name[POD_NAME];
	struct pod_opts opts = *p->pod;
	struct podrun r;
	int ret = -1;

	p->repair_pods++;
	if (p->pod->name == NULL)
		(void)snprintf(suffix, sizeof suffix, "-%.8s-r%" PRIu64, p->id,
		    p->repair_pods);
	else
		(void)snprintf(suffix, sizeof suffix, "-r%" PRIu64,
		    p->repair_pods);
	pod_name(&opts, name, suffix);
	/* parts are of jsonl, which keeps symlinks where json does not */
	if (strcmp(opts.format, "json") == 0 && opts.symlinks == NULL)
		opts.symlinks = "skip";
	/* the very image, should its tag have moved */
	if (p->resolved[0] != '\0')
		opts.image = p->resolved;
	provision_start_pod(p, &r);
	if (create(&r, pod_build_repair(&opts, ranges, n, ""), name) == 0 &&
	    podrun_wait(&r, PODSTATUS_DONE) == 0)
		ret = read_repair(p, &r, n);
	else
		keep_failure(p, &r);
	provision_finish_pod(p, &r);
	return ret;
}

/* Complete the bundle from repair pods, as long as each brings something. */
static enum wire_exit
repair(struct provision *p)
{
	struct pod_parts ranges[RANGES];
	uint64_t before, now = count_parts(p->gather);
	size_t n;
	int round;

	for (round = 0; round < ROUNDS && *p->stop == 0; round++) {
		n = repair_plan(p->gather, p->size, ranges, RANGES);
		if (n == 0)
			break;
		provision_say_line(p,
		    "the log lost parts to its rotation (%" PRIu64
		    " of %" PRIu64
		    " are here); fetching them again with %zu container%s",
		    now, p->gather->total, n, n == 1 ? "" : "s");
		if (run_repair(p, ranges, n) < 0)
			return WIRE_CORRUPT;
		before = now;
		now = count_parts(p->gather);
		p->repaired += now - before;
		if (gather_judge(p->gather) == WIRE_OK)
			return WIRE_OK;
		if (now == before)
			break;
	}
	p->gather->opts.tacit = false;
	return *p->stop != 0 ? WIRE_FAIL : gather_judge(p->gather);
}

/* --------------------------------------------------------------------- all */

enum wire_exit
provision_run(struct provision *p)
{
	enum wire_exit status;

	if (podrun_make_id(p->id) < 0)
		return WIRE_FAIL;
	p->gather->opts.tacit = true;
	status = find_namespace(p);
	if (status == WIRE_OK)
		status = look_namespace(p);
	if (status == WIRE_OK)
		status = run_main(p);
	if (status == WIRE_CORRUPT && *p->stop == 0)
		status = repair(p);
	return status;
}

void
provision_free(struct provision *p)
{
	podstatus_free(&p->failure);
}
