/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one unpack pod, from its creation to its deletion.  Read it from
 * top to bottom: podlife_run, at the end, is the summary.
 */
#include "cluster/podlife.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cluster/podasked.h"
#include "cluster/repair.h"
#include "log/decode.h"
#include "log/findings.h"

enum {
	SILENCE = 10000, /* ms without news before we look at events */
	LOG_LINGER = 4000, /* ms that a status may come after the log's end */
	LOG_SILENCE = 10000, /* ms of silence of a log that must end */
	LOG_TRIES = 5, /* refusals of a log before we do without */
	TAIL = 40, /* bytes that end the line which describes the whole */
	ROUNDS = 16, /* repair pods, one after the other */
	CONTAINERS = 16, /* of one */
	GRACE = 2 /* seconds the containers have to end */
};

/* How a step ends that can end the life. */
enum step {
	OVER = -1, /* it failed: l->status tells */
	ON, /* go on */
	WHOLE, /* the gather holds the bundle */
	AGAIN /* of the pod's creation: it is to be tried again */
};

/* It failed, as l->status has it. */
static enum step
fail(struct podlife *l)
{
	if (l->status.exit == WIRE_OK)
		l->status.exit = WIRE_FAIL;
	if (l->rounds > 0)
		/* what there is of the bundle lacks parts */
		l->status.exit = WIRE_CORRUPT;
	return OVER;
}

/* It failed for a reason that has been reported. */
static enum step
fail_reported(struct podlife *l, enum wire_exit code)
{
	podstatus_free(&l->status);
	l->status.exit = code;
	return OVER;
}

/* The server refused something; `words` are masked. */
static enum step
fail_refused(struct podlife *l, const char *words)
{
	podstatus_refused(&l->status, words);
	return fail(l);
}

/* ------------------------------------------------------------------ create */

/* Send the pod, or only try (dryRun=All) what would become of it. */
static enum api_outcome
podlife_send(struct podlife *l, const struct json *asked, const char *query)
{
	api_start(&l->call, l->api, "POST", asked,
	    "pods?fieldValidation=Strict%s", query);
	return api_finish(&l->call);
}

/* The pod exists, or would exist: is it the one that was sent?  Takes got. */
static enum step
podlife_compare(struct podlife *l, const struct json *asked,
    const struct json *got, bool there)
{
	struct podasked compared = {.allowed = l->allowed};

	json_free(l->others);
	l->others = compared.others = json_new_array();
	if (podasked_is(&compared, asked, got))
		return ON;
	podstatus_fail(&l->status, "PodChanged", "", compared.fix);
	/* it is masked already */
	snprintf(l->status.text, sizeof l->status.text,
	    "the cluster changes the pod: %s%s", compared.why,
	    there ? "; the pod was deleted" : "; no pod was created");
	return fail(l);
}

/*
 * A server that does not know hostUsers would run this pod as root on the node:
 * ask what would become of it before it is created.
 */
static enum step
podlife_try(struct podlife *l, const struct json *asked)
{
	enum api_outcome outcome = podlife_send(l, asked, "&dryRun=All");
	struct json *pod;
	enum step step;

	if (outcome == API_STOPPED)
		return fail(l);
	if (outcome != API_OK)
		/* 400: a webhook that cannot be asked */
		return l->call.status == 400 ? ON
		                             : fail_refused(l, l->call.words);
	pod = api_json(&l->call);
	step = podlife_compare(l, asked, pod, false);
	json_free(pod);
	return step;
}

/* The pod of our name, if this run made it: owned, or NULL. */
static struct json *
podlife_find(struct podlife *l)
{
	struct json *pod = NULL;

	api_start(&l->call, l->api, "GET", NULL, "pods/%s", l->name);
	if (api_finish(&l->call) == API_OK)
		pod = api_json(&l->call);
	if (strcmp(json_text(json_path(pod, "metadata", "labels", PODLIFE_LABEL,
	               NULL)),
	        l->id) == 0)
		return pod;
	json_free(pod);
	return NULL;
}

/* The pod is there; takes it. */
static enum step
podlife_accept(struct podlife *l, const struct json *asked, struct json *pod)
{
	const struct json *metadata = json_get(pod, "metadata");

	snprintf(l->uid, sizeof l->uid, "%s", json_get_text(metadata, "uid"));
	/* a UUID (RFC 9562): it goes into a URL */
	l->uid[strspn(l->uid, "0123456789abcdefABCDEF-")] = '\0';
	l->unsure = l->uid[0] == '\0';
	l->news = clock_now();
	l->watch = (struct podwatch){.api = l->api,
	    .name = l->name,
	    .uid = l->uid,
	    .pod = pod};
	podwatch_set_version(&l->watch, pod);
	podstatus_look(&l->status, pod, false);
	return podlife_compare(l, asked, pod, true);
}

/* Send the pod.  ON: it is there; or AGAIN, or OVER. */
static enum step
podlife_ask(struct podlife *l, const struct json *asked)
{
	const struct api_call *call = &l->call;
	enum api_outcome outcome;
	struct json *pod;

	if (l->pod->user_namespace && podlife_try(l, asked) == OVER)
		return OVER;
	l->unsure = true;
	outcome = podlife_send(l, asked, "");
	if (outcome == API_OK)
		return podlife_accept(l, asked, api_json(call));
	if (outcome == API_STOPPED) {
		l->unsure = call->reached || call->http.buf != NULL;
		l->common = !l->unsure;
		return fail(l);
	}
	if (call->exists) {
		/* ours, whose creation was not answered? */
		pod = podlife_find(l);
		if (pod != NULL)
			return podlife_accept(l, asked, pod);
		if (call->busy)
			return fail(l);
		if (call->status == 404)
			/* gone again */
			return AGAIN;
		l->unsure = false;
		return fail_refused(l,
		    call->status == 200
		        ? "a pod of this name exists already, and this run did not make it"
		        : call->words);
	}
	if (l->pod->uid >= 0 && !l->pod->uid_set && !l->pod->user_namespace &&
	    strstr(call->words, "security context constraint") != NULL) {
		progress_say(
		    "%s: the namespace sets the user itself: runAsUser is left out",
		    l->name);
		l->pod->uid = -1;
		return AGAIN;
	}
	/* one that was asked for before may be there */
	l->unsure = call->status == 0 && call->reached;
	/* it is not about this pod, but about the namespace, us, or the way to
	 * the server */
	l->common = call->status == 0 || call->status == 401 ||
	    call->status == 404 || call->status >= 500;
	return fail_refused(l, call->words);
}

/* Make the first pod, or the next repair pod, which prints n ranges. */
static enum step
podlife_create(struct podlife *l, const struct ranges *ranges, size_t n)
{
	struct pod_opts opts = *l->pod;
	struct json *asked, *metadata, *labels;
	char suffix[64];
	enum step step;

	snprintf(suffix, sizeof suffix, "%s", l->suffix);
	if (n > 0)
		snprintf(suffix, sizeof suffix, "%s-r%u", l->suffix, l->rounds);
	pod_name(l->pod, l->name, suffix);
	opts.name = l->name;
	/* parts are of jsonl, which keeps symlinks where json does not */
	if (n > 0 && strcmp(opts.format, "json") == 0 && opts.symlinks == NULL)
		opts.symlinks = "skip";
	/* the same image, even if its tag has moved */
	if (n > 0 && l->resolved[0] != '\0')
		opts.image = l->resolved;
	l->uid[0] = '\0';
	progress_say("%s: creating the pod", l->name);
	do {
		opts.uid = l->pod->uid;
		asked = pod_build(&opts, ranges, n);
		metadata = json_get(asked, "metadata");
		labels = json_get(metadata, "labels");
		if (labels == NULL)
			labels = json_add_object(metadata, "labels");
		json_set(labels, PODLIFE_LABEL, json_new_string(l->id));
		step = asked != NULL ? podlife_ask(l, asked)
		                     : fail_reported(l, WIRE_FAIL);
		json_free(asked);
	} while (step == AGAIN);
	return step;
}

/* -------------------------------------------------------------------- waits */

/*
 * Wait until something happens to the pod, or to the log, which may be NULL,
 * or until `wake` (clock_now()).  All waiting for a pod is here.  It is ON,
 * with what came of the log, API_WAIT where nothing did; or OVER: we are told
 * to stop, or cannot see the pod.
 */
static enum step
podlife_wait(struct podlife *l, struct api_call *log, int64_t wake,
    enum api_outcome *came)
{
	struct podstatus *w = &l->status;
	int changed;

	for (;;) {
		*came = API_WAIT;
		if (signals_stop != 0)
			return fail(l);
		changed = podwatch_move(&l->watch);
		if (changed < 0) {
			/* that is so for all of them */
			l->common = true;
			return fail_refused(l, l->watch.call.words);
		}
		if (changed > 0)
			break;
		if (log != NULL)
			*came = api_move(log);
		if (*came != API_WAIT || clock_now() >= wake)
			return ON;
		(void)api_wait(&l->watch.call, log, wake);
	}
	l->news = clock_now();
	podstatus_look(w, l->watch.pod, l->watch.gone);
	if (w->state >= PODSTATUS_DONE)
		return ON;
	if (w->trouble)
		progress_say("%s: %s: %s", l->name, w->reason, w->text);
	else if (w->state == PODSTATUS_PULLING && w->image[0] != '\0')
		progress_say("%s: pulling %s", l->name, w->image);
	else
		progress_say("%s: %s", l->name,
		    w->state == PODSTATUS_STARTED ? "streaming" : "pending");
	return ON;
}

/* --------------------------------------------------------------------- log */

/* Let the gather take what came of the log. */
static enum step
podlife_gather(struct podlife *l)
{
	char name[256];

	snprintf(name, sizeof name, "log of %s/%s", l->api->namespace, l->name);
	if (l->log.len > 0 && lseek(l->log.fd, 0, SEEK_SET) == 0 &&
	    gather_log(l->gather, l->log.fd, name) < 0)
		return fail_reported(l, WIRE_FAIL);
	return ON;
}

/* What the bundle's container left in its termination message. */
static void
take_message(struct podlife *l)
{
	const struct json *pod = l->watch.pod;
	const char *message = podstatus_message(pod, POD_BUNDLE);
	struct decode_piece whole;

	podstatus_images(pod, l->pod->image, l->pod->unpacker, l->resolved,
	    l->unpacker);
	if (message == NULL)
		return;
	json_free(l->report);
	l->report = json_parse(message, strlen(message));
	if (l->gather == NULL ||
	    decode_whole(message, strlen(message), &whole) < 0)
		return;
	l->size = whole.size;
	gather_witness(l->gather, message, strlen(message));
}

/*
 * Is the bundle whole before its pod has ended?  The log must end with the end
 * of a stream, and the status tell which image it was, which the kubelet does a
 * moment after the start.
 */
static enum step
podlife_judge_early(struct podlife *l)
{
	static const char last[] = "\"entries\":"; /* unpack-stream(5) */
	struct blob b = {.fd = l->log.fd, .len = l->log.len};
	const struct json *bundle = podstatus_named(json_path(l->watch.pod,
	                                                "status",
	                                                "containerStatuses",
	                                                NULL),
	    POD_BUNDLE);
	char tail[TAIL + 1];
	const char *end;
	ssize_t n;

	n = blob_read(&b, b.len > TAIL ? b.len - TAIL : 0, tail, TAIL);
	tail[n > 0 ? n : 0] = '\0';
	end = strstr(tail, last);
	if (end == NULL || json_get_text(bundle, "imageID")[0] == '\0')
		return ON;
	end += strlen(last);
	if (strcmp(end + strspn(end, "0123456789"), "}\n") != 0)
		return ON;
	if (podlife_gather(l) == OVER)
		return OVER;
	take_message(l);
	return gather_judge(l->gather, false) == WIRE_OK &&
	        gather_result(l->gather)->verified
	    ? WHOLE
	    : ON;
}

/*
 * Read a container's log into l->log from its beginning to its end (l->logged);
 * `follow`: while it is written, and until the bundle is whole.  A log that
 * breaks off is read again, unless the pod has failed meanwhile; what there is
 * of it is gathered each time.
 */
static enum step
podlife_read_log(struct podlife *l, const char *container, bool follow)
{
	bool failed = l->status.state == PODSTATUS_FAILED;
	struct api_call log = {0};
	unsigned int refusals = 0;
	enum api_outcome came;
	enum step step = ON;

	l->logged = false;
	while (step == ON && !l->logged &&
	    (log.busy || failed || l->status.state != PODSTATUS_FAILED)) {
		if (!log.busy && clock_now() >= log.wake) {
			tempfile_close(&l->log);
			if (tempfile_open(&l->log, l->log_max) < 0) {
				step = fail_reported(l, WIRE_FAIL);
				break;
			}
			api_start(&log, l->api, "GET", NULL,
			    "pods/%s/log?container=%s%s", l->name, container,
			    follow ? "&follow=true" : "");
			log.stream = true;
			log.patience = follow ? 0 : LOG_SILENCE;
		}
		/* it ends when the container does, unless a server is stuck */
		if (follow && l->status.state >= PODSTATUS_DONE &&
		    log.http.buf != NULL && log.patience == 0) {
			log.patience = LOG_SILENCE;
			log.wake = clock_now() + LOG_SILENCE;
		}
		step = podlife_wait(l, &log, log.busy ? INT64_MAX : log.wake,
		    &came);
		if (came == API_DATA) {
			l->news = clock_now();
			l->progress->bytes += log.http.len;
			progress_show(l->progress);
			if (tempfile_add(&l->log, log.http.data, log.http.len) <
			    0)
				step = fail_reported(l, WIRE_FAIL);
			else if (follow && !l->patient)
				step = podlife_judge_early(l);
		} else if (came != API_WAIT) {
			l->logged = came == API_OK ||
			    (came == API_REFUSED && ++refusals == LOG_TRIES);
			if (refusals == LOG_TRIES)
				msg_warn(0, "log of %s/%s: %s",
				    l->api->namespace, l->name, log.words);
			step = podlife_gather(l);
			api_again(&log);
		}
	}
	api_call_free(&log);
	return step;
}

/*
 * Wait until the pod is as far as this, or until `wake`.  It is ON in both
 * cases; a pod that fails is OVER.  Its message has the first findings, its log
 * all of them.
 */
static enum step
podlife_await(struct podlife *l, enum podstatus_state state, int64_t wake)
{
	struct podstatus *w = &l->status;
	enum api_outcome came;
	struct json *list;
	int64_t silence;

	while (w->state != PODSTATUS_FAILED) {
		if (w->state >= state || clock_now() >= wake)
			return ON;
		silence = w->state < PODSTATUS_STARTED ? l->news + SILENCE
		                                       : INT64_MAX;
		if (podlife_wait(l, NULL, wake < silence ? wake : silence,
		        &came) == OVER)
			return OVER;
		if (w->state >= PODSTATUS_STARTED ||
		    clock_now() < l->news + SILENCE)
			continue;
		/* it waits, and has not said why: its events may tell */
		l->news = clock_now();
		api_start(&l->call, l->api, "GET", NULL,
		    "events?fieldSelector=involvedObject.uid%%3D%s", l->uid);
		/* without the right to read them, go on without them */
		l->call.optional = true;
		if (api_finish(&l->call) != API_OK)
			continue;
		list = api_json(&l->call);
		podstatus_events(w, list);
		json_free(list);
		if (w->trouble)
			progress_say("%s: %s: %s", l->name, w->reason, w->text);
	}
	if (l->gather != NULL && l->rounds == 0 &&
	    json_has(w->report, "more")) {
		if (!l->logged && podlife_read_log(l, POD_BUNDLE, true) == OVER)
			return OVER;
		findings_read_log(w->report, &l->log);
	}
	return fail(l);
}

/* ------------------------------------------------------------------ delete */

/* It may still be there. */
static void
podlife_note_left(struct podlife *l)
{
	const char *words = l->call.busy ? "" : l->call.words;
	struct json *one = json_add_object(l->left, NULL);

	json_add_string(one, "pod", l->name);
	json_add_string(one, "message",
	    words[0] != '\0'              ? words
	        : l->api->away[0] != '\0' ? l->api->away
	                                  : API_AWAY " in time");
}

/* Ask for its deletion, on the condition that it is the one. */
static void
podlife_ask_deletion(struct podlife *l)
{
	/* one that admission changed must not even begin */
	bool now = strcmp(l->status.reason, "PodChanged") == 0;
	struct json *o = json_new_object();

	json_add_string(o, "kind", "DeleteOptions");
	json_add_string(o, "apiVersion", "v1");
	json_add_int(o, "gracePeriodSeconds", now ? 0 : GRACE);
	json_add_string(json_add_object(o, "preconditions"), "uid", l->uid);
	api_start(&l->call, l->api, "DELETE", o, "pods/%s", l->name);
	json_free(o);
	/* off it goes, before anybody does something that takes long */
	api_move(&l->call);
}

/* Delete the pod, and no other: the server compares the uid. */
static void
podlife_delete(struct podlife *l)
{
	const struct api_call *call = &l->call;
	enum api_outcome outcome;
	struct json *pod = NULL;

	if (l->unsure) {
		/* its creation was not answered: is it there? */
		if (call->busy && strcmp(call->method, "POST") == 0 &&
		    api_finish(&l->call) == API_OK)
			pod = api_json(call);
		if (pod == NULL && !call->busy)
			pod = podlife_find(l);
		snprintf(l->uid, sizeof l->uid, "%s",
		    json_get_text(json_get(pod, "metadata"), "uid"));
		json_free(pod);
		/* 404, or another's pod */
		if (l->uid[0] == '\0' &&
		    (call->busy ||
		        (call->status != 404 && call->status != 200)))
			podlife_note_left(l);
		l->unsure = false;
	}
	if (l->uid[0] == '\0')
		return;
	if (call->method == NULL || strcmp(call->method, "DELETE") != 0)
		podlife_ask_deletion(l);
	outcome = api_finish(&l->call);
	if (outcome == API_STOPPED && !l->api->parting)
		/* podlife_leave goes on with it */
		return;
	/* 404, 409: it is gone, or another one has its name */
	if (outcome != API_OK && call->status != 404 && call->status != 409)
		podlife_note_left(l);
	l->uid[0] = '\0';
	api_call_free(&l->call);
}

/* ------------------------------------------------------------------ verify */

/* Is the bundle whole?  ON: not yet. */
static enum step
podlife_verify(struct podlife *l)
{
	enum wire_exit code;

	progress_say("%s: verifying", l->name);
	if (l->rounds == 0)
		take_message(l);
	code = gather_judge(l->gather, false);
	if (code == WIRE_OK)
		return WHOLE;
	return code == WIRE_CORRUPT ? ON : fail_reported(l, code);
}

/*
 * Fetch what a rotation of the log has lost, by further pods whose containers
 * print what is missing, until nothing more comes.
 */
static enum step
podlife_repair(struct podlife *l)
{
	const struct gather_result *is = gather_result(l->gather);
	struct ranges ranges[CONTAINERS];
	uint64_t here;
	char container[32];
	enum wire_exit code;
	enum step step;
	size_t i, n;

	do {
		n = repair_plan(l->gather, l->size, ranges, CONTAINERS);
		if (n == 0 || l->rounds == ROUNDS)
			break;
		here = is->have;
		progress_say(
		    "%s: the log was rotated and lost parts (%" PRIu64
		    " of %" PRIu64
		    " are here); fetching the others again with %zu container%s",
		    l->name, here, is->total, n, n == 1 ? "" : "s");
		if (!l->keep)
			podlife_delete(l);
		if (l->call.busy)
			/* stopped */
			return fail(l);
		podwatch_free(&l->watch);
		podstatus_free(&l->status);
		l->rounds++;
		step = podlife_create(l, ranges, n);
		if (step == ON)
			step = podlife_await(l, PODSTATUS_DONE, INT64_MAX);
		for (i = 0; step == ON && i < n; i++) {
			snprintf(container, sizeof container, POD_BUNDLE "-%zu",
			    i);
			step = podlife_read_log(l, container, false);
		}
		if (step == ON)
			step = podlife_verify(l);
		l->repaired += is->have - here;
		if (step != ON)
			return step;
	} while (is->have > here);
	/* it cannot be completed: say so */
	code = gather_judge(l->gather, true);
	return fail_reported(l, code == WIRE_OK ? WIRE_CORRUPT : code);
}

/* ------------------------------------------------------------------- leave */

void
podlife_leave(struct podlife *l)
{
	l->api->parting = true;
	if (!l->keep)
		podlife_delete(l);
	api_call_free(&l->call);
	podwatch_free(&l->watch);
	tempfile_close(&l->log);
	json_free(l->others);
	json_free(l->report);
	podstatus_free(&l->status);
}

void
podlife_reap(struct api *a, const char *id, struct json *left)
{
	struct podlife l = {.api = a, .left = left};
	const struct json *pod, *metadata;
	struct json *list = NULL;

	a->parting = true;
	api_start(&l.call, a, "GET", NULL,
	    "pods?labelSelector=" PODLIFE_LABEL "%%3D%s", id);
	if (api_finish(&l.call) == API_OK)
		list = api_json(&l.call);
	if (list == NULL) {
		snprintf(l.name, sizeof l.name, "*-%.8s*", id);
		podlife_note_left(&l);
	}
	api_call_free(&l.call);
	pod = json_first(json_get_array(list, "items"));
	for (; pod != NULL; pod = json_next(pod)) {
		metadata = json_get(pod, "metadata");
		if (json_has(metadata, "deletionTimestamp"))
			continue;
		snprintf(l.name, sizeof l.name, "%s",
		    json_get_text(metadata, "name"));
		snprintf(l.uid, sizeof l.uid, "%s",
		    json_get_text(metadata, "uid"));
		podlife_delete(&l);
	}
	json_free(list);
	api_call_free(&l.call);
}

/* --------------------------------------------------------------------- all */

enum wire_exit
podlife_run(struct podlife *l)
{
	enum step step = podlife_create(l, NULL, 0);

	if (step == ON && l->gather == NULL) {
		step = podlife_await(l, PODSTATUS_DONE, INT64_MAX);
		step = step == ON ? WHOLE : step;
	}
	while (step == ON) {
		step = podlife_await(l, PODSTATUS_STARTED, INT64_MAX);
		if (step == ON)
			step = podlife_read_log(l, POD_BUNDLE, true);
		if (step == ON)
			step = podlife_await(l, PODSTATUS_DONE,
			    l->logged ? clock_now() + LOG_LINGER : 0);
		/* again where the log ended, and its container did not */
		if (step == ON && l->status.state == PODSTATUS_DONE) {
			step = podlife_verify(l);
			break;
		}
	}
	if (step == ON && gather_promised(l->gather) > l->max_entries)
		/* more than deliver_make will take: it says so */
		step = WHOLE;
	if (step == ON) {
		progress_say("%s: the log is incomplete; reading it again",
		    l->name);
		step = podlife_read_log(l, POD_BUNDLE, false);
		if (step == ON)
			step = podlife_verify(l);
	}
	if (step == ON)
		step = podlife_repair(l);
	if (l->rounds == 0)
		take_message(l);
	if (!l->keep && l->uid[0] != '\0' && !l->call.busy)
		podlife_ask_deletion(l);
	if (step != WHOLE)
		return l->status.exit;
	podstatus_free(&l->status);
	return WIRE_OK;
}
