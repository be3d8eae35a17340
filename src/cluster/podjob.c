/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets one bundle out of a cluster: creates its pod, follows it, reads its log,
 * verifies the log, and fetches the parts that a rotation lost with a second
 * pod.
 */
#include "cluster/podjob.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "cluster/podasked.h"
#include "cluster/podfindings.h"
#include "cluster/repair.h"
#include "log/decode.h"
#include "log/whole.h"

enum {
	SILENCE = 10000, /* ms without news before we look at events */
	LOG_AGAIN = 300, /* ms before a log that broke off is read again */
	LOG_LINGER = 4000, /* ms that a status may come after the log's end */
	LOG_SILENCE = 10000, /* ms of silence of a log that must end */
	LOG_TRIES = 5, /* refusals of a log before we do without */
	TAIL = 512, /* bytes of the line that describes all parts, at most */
	ROUNDS = 16 /* repair pods, one after the other */
};

static void __attribute__((format(printf, 2, 3)))
say(const struct podjob *j, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	j->run->say(j->run->arg, j, text);
}

/* The job failed, as the pod's status has it. */
static void
podjob_fail(struct podjob *j)
{
	podstatus_free(&j->failure);
	j->failure = j->status;
	j->status = (struct podstatus){0};
	j->exit = j->failure.exit != WIRE_OK ? j->failure.exit : WIRE_FAIL;
	if (j->rounds > 0)
		/* what there is of the bundle lacks parts */
		j->exit = WIRE_CORRUPT;
	j->step = PODJOB_FAILED;
}

/* It failed for a reason that has been reported. */
static void
fail_reported(struct podjob *j, enum wire_exit status)
{
	podstatus_free(&j->failure);
	j->exit = status;
	j->step = PODJOB_FAILED;
}

/* ------------------------------------------------------------------ create */

/* Label the pod, and ask for it. */
static void
ask(struct podjob *j)
{
	struct json *metadata = json_get(j->asked, "metadata");
	struct json *labels = json_get(metadata, "labels");
	const char *query = "";
	char *text;

	if (labels == NULL)
		labels = json_add_object(metadata, "labels");
	(void)json_set(labels, PODREAP_LABEL, json_new_string(j->run->id));
	text = json_print(j->asked, JSON_COMPACT);
	/* who would run as the node's root if the server did not know the
	 * field must not even be created */
	j->step = j->pod->user_namespace && j->step != PODJOB_TRY
	    ? PODJOB_TRY
	    : PODJOB_CREATE;
	if (j->step == PODJOB_TRY)
		query = "&dryRun=All";
	if (text == NULL)
		msg_nomem();
	if (text == NULL ||
	    api_start(&j->call, j->run->api, "POST", text,
	        "/api/v1/namespaces/%s/pods?fieldValidation=Strict%s",
	        j->run->namespace, query) < 0)
		fail_reported(j, WIRE_FAIL);
	free(text);
}

/* Make the first pod, or the next repair pod. */
static void
podjob_create(struct podjob *j)
{
	char suffix[64] = "", number[24] = "", repair[16] = "";
	struct pod_opts opts = *j->pod;

	if (j->run->several)
		(void)snprintf(number, sizeof number, "-%zu", j->number);
	if (j->rounds > 0)
		(void)snprintf(repair, sizeof repair, "-r%u", j->rounds);
	if (j->pod->name == NULL)
		(void)snprintf(suffix, sizeof suffix, "-%.8s%s%s", j->run->id,
		    number, repair);
	else
		(void)snprintf(suffix, sizeof suffix, "%s", repair);
	pod_name(j->pod, j->name, suffix);
	if (j->rounds == 0)
		(void)snprintf(j->first_name, sizeof j->first_name, "%s",
		    j->name);
	j->uid[0] = '\0';
	j->logged = false;
	j->log_wake = 0;
	j->log_tries = 0;
	json_free(j->asked);
	opts.name = j->name;
	if (j->rounds == 0) {
		j->asked = pod_build(&opts);
	} else {
		/* parts are of jsonl, which keeps symlinks where json does not
		 */
		if (strcmp(opts.format, "json") == 0 && opts.symlinks == NULL)
			opts.symlinks = "skip";
		/* the same image, even if its tag has moved */
		if (j->resolved[0] != '\0')
			opts.image = j->resolved;
		j->asked = pod_build_repair(&opts, j->ranges, j->n_ranges);
	}
	if (j->asked == NULL) {
		fail_reported(j, WIRE_FAIL);
		return;
	}
	say(j, "%s: creating the pod", j->name);
	ask(j);
}

/* The pod exists, or would exist: is it the one that was sent? */
static bool
is_asked(struct podjob *j, const struct json *got, bool there)
{
	char why[PODASKED_WHY];
	struct json *others = json_new_array();

	if (podasked_is(j->asked, got, why, others)) {
		json_free(j->others);
		j->others = others;
		return true;
	}
	json_free(others);
	podstatus_changed(&j->status, why, there);
	if (there)
		(void)podreap_add(j->run->reap, j->name, j->uid, true, NULL);
	j->uid[0] = '\0';
	podjob_fail(j);
	return false;
}

/* The pod was created; takes pod. */
static void
accept_pod(struct podjob *j, struct json *pod)
{
	(void)snprintf(j->uid, sizeof j->uid, "%s",
	    json_text(json_path(pod, "metadata", "uid", NULL)));
	j->news = api_now();
	if (!is_asked(j, pod, true)) {
		json_free(pod);
		return;
	}
	j->step = PODJOB_WAIT;
	if (j->seen == NULL) {
		podjob_see(j, pod, false);
	} else {
		/* the watch was faster, and knows more */
		podstatus_look(&j->status, j->seen);
		json_free(pod);
	}
}

/* OpenShift refused the user: leave it out?  */
static bool
leaves_user(struct podjob *j)
{
	if (j->run->user_set || j->pod->uid < 0 ||
	    strstr(j->call.words, "security context constraint") == NULL)
		return false;
	say(j, "namespace %s chooses the user itself: runAsUser is left out",
	    j->run->namespace);
	j->pod->uid = -1;
	podjob_create(j);
	return true;
}

static void
create_refused(struct podjob *j)
{
	char words[KUBECTL_SAID];

	if (j->step == PODJOB_TRY && j->call.status == 400) {
		/* a webhook that cannot be asked */
		ask(j);
		return;
	}
	if (strcmp(j->call.reason, "AlreadyExists") == 0) {
		j->step = PODJOB_FIND;
		if (api_start(&j->call, j->run->api, "GET", NULL,
		        "/api/v1/namespaces/%s/pods/%s", j->run->namespace,
		        j->name) < 0)
			fail_reported(j, WIRE_FAIL);
		return;
	}
	if (leaves_user(j))
		return;
	/* one that was asked for before may be there */
	if (j->call.status == 0 &&
	    (j->step == PODJOB_FIND ||
	        (j->step == PODJOB_CREATE && j->call.tries > 0)))
		(void)podreap_add(j->run->reap, j->name, "", false, NULL);
	(void)snprintf(words, sizeof words, "%s", j->call.words);
	podstatus_refused(&j->status, words);
	podjob_fail(j);
}

/* Is it our pod, whose creation was not answered, or another one? */
static void
podjob_take_found(struct podjob *j)
{
	struct json *pod = api_json(&j->call);
	char words[256];

	if (pod != NULL &&
	    strcmp(json_text(json_path(pod, "metadata", "labels", PODREAP_LABEL,
	               NULL)),
	        j->run->id) == 0) {
		accept_pod(j, pod);
		return;
	}
	json_free(pod);
	(void)snprintf(words, sizeof words,
	    "a pod %s/%s exists already, and this run did not make it",
	    j->run->namespace, j->name);
	podstatus_refused(&j->status, words);
	(void)strcpy(j->status.fix,
	    "choose another name with --name, or delete that pod");
	podjob_fail(j);
}

/* Go on with creating.  Is there more to do at once? */
static bool
move_create(struct podjob *j)
{
	struct json *pod;

	switch (api_move(&j->call)) {
	case API_WAIT:
		return false;
	case API_OK:
		if (j->step == PODJOB_FIND) {
			podjob_take_found(j);
			return true;
		}
		pod = api_json(&j->call);
		if (j->step == PODJOB_CREATE) {
			accept_pod(j, pod);
			return true;
		}
		if (is_asked(j, pod, false))
			ask(j);
		json_free(pod);
		return true;
	case API_DATA:
	case API_LOST:
	case API_REFUSED:
		break;
	}
	if (j->step == PODJOB_FIND && j->call.status != 0)
		/* gone again */
		podjob_create(j);
	else
		create_refused(j);
	return true;
}

/* --------------------------------------------------------------------- log */

/* Begin to read the log of a container. */
static void
start_log(struct podjob *j, enum podjob_step step)
{
	char container[32] = POD_BUNDLE;

	if (j->n_ranges > 0)
		(void)snprintf(container, sizeof container, POD_BUNDLE "-%zu",
		    j->range);
	if (j->log_open)
		tempfile_close(&j->log);
	j->log_open = tempfile_open(&j->log, j->log_max) == 0;
	if (!j->log_open ||
	    api_start_stream(&j->call, j->run->api,
	        step == PODJOB_READ ? LOG_SILENCE : 0,
	        "/api/v1/namespaces/%s/pods/%s/log?container=%s%s",
	        j->run->namespace, j->name, container,
	        step == PODJOB_FOLLOW ? "&follow=true" : "") < 0) {
		fail_reported(j, WIRE_FAIL);
		return;
	}
	if (j->step == PODJOB_WAIT && step == PODJOB_FOLLOW)
		say(j, "%s: streaming", j->name);
	j->step = step;
}

/* Let the gather take what came of the log. */
static int
gather_it(struct podjob *j)
{
	char name[256];

	(void)snprintf(name, sizeof name, "log of %s/%s", j->run->namespace,
	    j->name);
	if (j->log.len > 0 && lseek(j->log.fd, 0, SEEK_SET) == 0 &&
	    gather_log(j->gather, j->log.fd, name) < 0) {
		fail_reported(j, WIRE_FAIL);
		return -1;
	}
	return 0;
}

/*
 * Does the log end with the end of a stream? Then do not wait until the
 * container has ended and its status is known.
 */
static bool
ends_stream(const struct podjob *j)
{
	struct blob b = {.fd = j->log.fd, .len = j->log.len};
	char tail[TAIL + 1];
	uint64_t at = b.len > TAIL ? b.len - TAIL : 0;
	ssize_t n;
	char *line;

	n = blob_read(&b, at, tail, TAIL);
	if (n < 3 || memcmp(tail + n - 2, "}\n", 2) != 0)
		return false;
	tail[n - 1] = '\0';
	line = strrchr(tail, '\n');
	line = line != NULL ? line + 1 : tail;
	/* unpack-stream(5): keys come in this order */
	return strncmp(line, "{\"parts\":", 9) == 0 ||
	    (strstr(line, "\"digest\":\"sha256:") != NULL &&
	        strstr(line, "\"entries\":") != NULL);
}

/* What the bundle's container left in its termination message. */
static void
take_message(struct podjob *j)
{
	const char *message = podstatus_message(j->seen, POD_BUNDLE);
	struct decode_piece whole;

	if (j->unpacker[0] == '\0')
		podstatus_unpacker(j->unpacker, sizeof j->unpacker, j->seen,
		    j->pod->unpacker);
	if (j->resolved[0] == '\0')
		podstatus_resolved(j->resolved, sizeof j->resolved, j->seen,
		    POD_BUNDLE, j->pod->image);
	if (message == NULL ||
	    decode_whole(message, strlen(message), &whole) < 0)
		return;
	j->size = whole.size;
	(void)gather_witness(j->gather, message, strlen(message));
}

/*
 * Try whether the bundle is whole before its pod has ended.  The status must
 * tell which image it was, which the kubelet does a moment after the start.
 */
static bool
is_whole_early(struct podjob *j)
{
	if (!podstatus_has_image(j->seen, POD_BUNDLE) || !ends_stream(j) ||
	    gather_it(j) < 0)
		return false;
	take_message(j);
	if (whole_judge(j->gather) != WIRE_OK || !j->gather->verified)
		return false;
	api_call_free(&j->call);
	j->step = PODJOB_WHOLE;
	return true;
}

/* ------------------------------------------------------------------ verdict */

static uint64_t
count_parts(const struct gather *g)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < g->n_parts; i++)
		n += g->parts[i].size != 0;
	return n;
}

/* Leave this pod. */
static void
leave_pod(struct podjob *j, bool keep)
{
	bool tried = j->step == PODJOB_CREATE || j->step == PODJOB_FIND;

	if (!keep && (j->uid[0] != '\0' || tried))
		(void)podreap_add(j->run->reap, j->name, j->uid, false,
		    &j->call);
	j->uid[0] = '\0';
	json_free(j->seen);
	j->seen = NULL;
	podstatus_free(&j->status);
	api_call_free(&j->call);
}

/* It cannot be completed: say so. */
static void
podjob_give_up(struct podjob *j)
{
	enum wire_exit status;

	j->gather->opts.tacit = false;
	status = whole_judge(j->gather);
	fail_reported(j, status == WIRE_OK ? WIRE_CORRUPT : status);
}

/* Fetch what is missing by another pod. */
static void
podjob_repair(struct podjob *j)
{
	uint64_t now = count_parts(j->gather);

	if (j->rounds > 0)
		j->repaired += now - j->before;
	j->n_ranges = repair_plan(j->gather, j->size, j->ranges, PODJOB_RANGES);
	if (j->n_ranges == 0 || j->rounds == ROUNDS ||
	    (j->rounds > 0 && now == j->before)) {
		podjob_give_up(j);
		return;
	}
	say(j,
	    "the log was rotated and lost parts (%" PRIu64 " of %" PRIu64
	    " are here); fetching the others again with %zu container%s",
	    now, j->gather->total, j->n_ranges, j->n_ranges == 1 ? "" : "s");
	j->before = now;
	leave_pod(j, j->run->keep);
	j->rounds++;
	j->range = 0;
	podjob_create(j);
}

/* All logs of this pod were read. */
static void
podjob_judge(struct podjob *j)
{
	enum wire_exit status;

	say(j, "%s: verifying", j->name);
	if (j->n_ranges == 0)
		take_message(j);
	status = whole_judge(j->gather);
	if (status == WIRE_OK) {
		if (j->rounds > 0)
			j->repaired += count_parts(j->gather) - j->before;
		j->step = PODJOB_WHOLE;
	} else if (status != WIRE_CORRUPT) {
		fail_reported(j, status);
	} else if (j->n_ranges == 0 && !j->again) {
		say(j, "%s: the log is incomplete; reading it again", j->name);
		j->again = true;
		start_log(j, PODJOB_READ);
	} else {
		podjob_repair(j);
	}
}

/* ---------------------------------------------------------------- log moves */

/* The log's end has come, or that of this try to read it. */
static void
log_ended(struct podjob *j, bool broken)
{
	enum podjob_step step = j->step;

	j->step = PODJOB_WAIT;
	if (gather_it(j) < 0)
		return;
	if (broken) {
		/* PODJOB_WAIT begins again where it was */
		j->log_wake = api_again(&j->call, LOG_AGAIN);
		return;
	}
	j->log_wake = api_now() + LOG_LINGER;
	if (step == PODJOB_FOLLOW) {
		j->logged = true;
		return;
	}
	j->range++;
	if (j->range < j->n_ranges)
		start_log(j, PODJOB_READ);
	else
		podjob_judge(j);
}

/* The server will not show the log. */
static void
log_refused(struct podjob *j)
{
	bool gone = ++j->log_tries >= LOG_TRIES;

	if (gone)
		msg_warn(0, "log of %s/%s: %s", j->run->namespace, j->name,
		    j->call.words);
	log_ended(j, !gone);
}

/* Keep more of the log.  Returns 0, or -1 (reported). */
static int
log_add(struct podjob *j)
{
	const struct http *h = &j->call.http;

	j->news = api_now();
	j->gather->opts.progress->bytes += h->len;
	progress_show(j->gather->opts.progress);
	if (tempfile_add(&j->log, h->data, h->len) == 0)
		return 0;
	fail_reported(j, WIRE_FAIL);
	return -1;
}

static bool
move_log(struct podjob *j)
{
	enum api_outcome outcome;

	/* it ends when the container does, unless a server is stuck */
	if (j->step == PODJOB_FOLLOW && j->status.state >= PODSTATUS_DONE &&
	    j->call.open && j->call.patience == 0) {
		j->call.patience = LOG_SILENCE;
		j->call.wake = api_now() + LOG_SILENCE;
	}
	outcome = api_move(&j->call);
	switch (outcome) {
	case API_WAIT:
		return false;
	case API_DATA:
		if (log_add(j) == 0 && j->step == PODJOB_FOLLOW)
			(void)is_whole_early(j);
		return true;
	case API_OK:
	case API_LOST:
		log_ended(j, outcome == API_LOST);
		return true;
	case API_REFUSED:
		log_refused(j);
		return true;
	}
	return false;
}

/* -------------------------------------------------------------------- waits */

static void
show_pod(const struct podjob *j)
{
	const struct podstatus *w = &j->status;

	if (*j->run->stop != 0 || w->state >= PODSTATUS_DONE)
		return;
	if (w->trouble)
		say(j, "%s: %s: %s", j->name, w->reason, w->text);
	else if (w->state == PODSTATUS_PULLING && w->image[0] != '\0')
		say(j, "%s: pulling %s", j->name, w->image);
	else if (w->state == PODSTATUS_STARTED)
		say(j, "%s: streaming", j->name);
	else
		say(j, "%s: pending", j->name);
}

void
podjob_see(struct podjob *j, struct json *pod, bool deleted)
{
	json_free(j->seen);
	j->seen = pod;
	j->news = api_now();
	j->expected = false;
	if (j->uid[0] == '\0')
		/* its creation is not answered yet */
		return;
	podstatus_look(&j->status, pod);
	if (deleted && j->status.state < PODSTATUS_DONE)
		podstatus_gone(&j->status);
	show_pod(j);
}

void
podjob_miss(struct podjob *j)
{
	j->expected = false;
	if (j->uid[0] != '\0' && j->status.state < PODSTATUS_DONE)
		podstatus_gone(&j->status);
}

/* The pod failed. */
static bool
pod_failed(struct podjob *j)
{
	/* the message has only the first findings, the log all of them */
	if (!j->run->check && podfindings_more(j->status.report) && !j->again) {
		if (!j->logged && api_now() < j->log_wake)
			return false;
		if (!j->logged) {
			start_log(j, PODJOB_FOLLOW);
			return true;
		}
		podfindings_read(j->status.report, &j->log);
	}
	podjob_fail(j);
	return true;
}

static void
look_events(struct podjob *j)
{
	char uid[API_ESCAPED * sizeof j->uid];

	j->news = api_now();
	j->step = PODJOB_EVENTS;
	if (api_start(&j->call, j->run->api, "GET", NULL,
	        "/api/v1/namespaces/%s/events?fieldSelector=involvedObject.uid%%3D%s",
	        j->run->namespace, api_escape_field(uid, j->uid)) < 0)
		fail_reported(j, WIRE_FAIL);
	j->call.optional = true;
}

/* Of a pod that only looks: is it done?  Its message is what it found. */
static bool
wait_for_check(struct podjob *j)
{
	const char *message;

	if (j->status.state == PODSTATUS_DONE) {
		message = podstatus_message(j->seen, POD_BUNDLE);
		if (message != NULL)
			j->report = json_parse(message, strlen(message));
		j->step = PODJOB_WHOLE;
		return true;
	}
	if (j->status.state >= PODSTATUS_STARTED ||
	    api_now() - j->news < SILENCE)
		return false;
	look_events(j);
	return true;
}

/* Has the status changed what there is to do? */
static bool
move_wait(struct podjob *j)
{
	enum podstatus_state state = j->status.state;
	int64_t now = api_now();

	if (state == PODSTATUS_FAILED)
		return pod_failed(j);
	if (j->run->check)
		return wait_for_check(j);
	if (now < j->log_wake && !(j->logged && state == PODSTATUS_DONE))
		return false;
	if (j->n_ranges > 0) {
		if (state != PODSTATUS_DONE)
			return false;
		start_log(j, PODJOB_READ);
		return true;
	}
	if (state >= PODSTATUS_STARTED && j->again) {
		start_log(j, PODJOB_READ);
		return true;
	}
	if (j->logged && state == PODSTATUS_DONE) {
		podjob_judge(j);
		return true;
	}
	if (state >= PODSTATUS_STARTED) {
		/* for the first time, or it ended and the container did not */
		start_log(j, PODJOB_FOLLOW);
		return true;
	}
	if (now - j->news >= SILENCE) {
		look_events(j);
		return true;
	}
	return false;
}

static bool
move_events(struct podjob *j)
{
	enum api_outcome outcome = api_move(&j->call);
	struct json *list;

	if (outcome == API_WAIT)
		return false;
	/* without the right to read events, go on without them */
	if (outcome == API_OK) {
		list = api_json(&j->call);
		podstatus_events(&j->status, list);
		json_free(list);
		show_pod(j);
	}
	j->step = PODJOB_WAIT;
	return true;
}

/* --------------------------------------------------------------------- all */

void
podjob_start(struct podjob *j)
{
	podjob_create(j);
}

void
podjob_move(struct podjob *j)
{
	bool more = true;

	while (more && *j->run->stop == 0) {
		switch (j->step) {
		case PODJOB_TRY:
		case PODJOB_CREATE:
		case PODJOB_FIND:
			more = move_create(j);
			break;
		case PODJOB_WAIT:
			more = move_wait(j);
			break;
		case PODJOB_EVENTS:
			more = move_events(j);
			break;
		case PODJOB_FOLLOW:
		case PODJOB_READ:
			more = move_log(j);
			break;
		case PODJOB_IDLE:
		case PODJOB_WHOLE:
		case PODJOB_FAILED:
		case PODJOB_OVER:
			return;
		}
	}
}

int
podjob_poll(const struct podjob *j, struct api_poll *p)
{
	if (j->step == PODJOB_WAIT && j->log_wake > api_now())
		api_poll_by(p, j->log_wake);
	return api_poll_add(p, &j->call);
}

void
podjob_stop(struct podjob *j)
{
	if (j->step == PODJOB_WHOLE || j->step >= PODJOB_FAILED)
		return;
	podstatus_free(&j->failure);
	j->failure = j->status;
	j->status = (struct podstatus){0};
	j->exit = WIRE_FAIL;
}

void
podjob_finish(struct podjob *j)
{
	if (j->resolved[0] == '\0' && j->seen != NULL && j->n_ranges == 0)
		podstatus_resolved(j->resolved, sizeof j->resolved, j->seen,
		    POD_BUNDLE, j->pod->image);
	if (j->run != NULL) /* it has begun */
		leave_pod(j, j->run->keep);
	if (j->log_open)
		tempfile_close(&j->log);
	j->log_open = false;
	json_free(j->asked);
	j->asked = NULL;
	j->step = PODJOB_OVER;
}

void
podjob_free(struct podjob *j)
{
	/* one that never began has nothing to finish */
	if (j->run != NULL)
		podjob_finish(j);
	json_free(j->others);
	j->others = NULL;
	json_free(j->report);
	j->report = NULL;
	podstatus_free(&j->failure);
}
