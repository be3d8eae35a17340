/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster/podrun.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/msg.h"

#define RUN_LABEL "app.kubernetes.io/instance"
#define PATIENCE "--request-timeout=20s" /* of what must not hang */

enum {
	SILENCE = 10, /* seconds without news before we look at events */
	TRIES = 3 /* to watch, before we give up */
};

int
podrun_make_id(char id[static PODRUN_ID])
{
	unsigned char random[(PODRUN_ID - 1) / 2];
	size_t i;

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
		msg_warn(errno, "random numbers");
		return -1;
	}
	for (i = 0; i < sizeof random; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/* ------------------------------------------------------------------ create */

/* Label the pod.  Its text, owned, or NULL (reported). */
static char *
labelled(struct json *pod, const char *id)
{
	struct json *metadata = json_get(pod, "metadata");
	struct json *labels = json_get(metadata, "labels");
	char *text;

	if (labels == NULL)
		labels = json_add_object(metadata, "labels");
	json_add_string(labels, RUN_LABEL, id);
	text = json_print(pod, JSON_COMPACT);
	if (text == NULL)
		msg_nomem();
	return text;
}

/* The server, or kubectl, did not want it. */
static void
refused(struct podrun *r, const struct kubectl_job *job)
{
	char words[KUBECTL_SAID];

	r->watch.exit = WIRE_FAIL;
	if (kubectl_is(job, "AlreadyExists")) {
		(void)snprintf(words, sizeof words,
		    "a pod %s/%s exists, and is not ours",
		    r->kubectl->namespace, r->name);
		podstatus_refused(&r->watch, words);
		(void)snprintf(r->watch.fix, sizeof r->watch.fix,
		    "choose another name with --name, or delete that pod");
		/* nothing of ours to delete */
		r->tried = false;
		return;
	}
	podstatus_refused(&r->watch, kubectl_words(job));
}

int
podrun_create(struct podrun *r, struct json *pod)
{
	static const char *const args[] = {"create", "-o", "json", "-f", "-",
	    NULL};
	struct kubectl_job job;
	char *text = labelled(pod, r->id);

	(void)snprintf(r->name, sizeof r->name, "%s",
	    json_text(json_path(pod, "metadata", "name", NULL)));
	if (text == NULL)
		return -1;
	r->tried = true;
	r->pod = kubectl_json(r->kubectl, &job, args, text);
	free(text);
	if (r->pod == NULL) {
		refused(r, &job);
		return -1;
	}
	(void)snprintf(r->uid, sizeof r->uid, "%s",
	    json_text(json_path(r->pod, "metadata", "uid", NULL)));
	podstatus_look(&r->watch, r->pod);
	return 0;
}

/* ------------------------------------------------------------------- watch */

/* Take a watch event: {"type":"ADDED","object":{...}}. */
static void
take_event(struct podrun *r, struct json *event)
{
	const char *type = json_get_string(event, "type");
	struct json *pod = json_take(event, "object");

	if (strcmp(json_text(json_path(pod, "metadata", "uid", NULL)),
	        r->uid) != 0) {
		/* an error's Status, or another pod of the same name */
		if (type != NULL && strcmp(type, "ERROR") != 0)
			podstatus_gone(&r->watch);
		json_free(pod);
	} else {
		json_free(r->pod);
		r->pod = pod;
		podstatus_look(&r->watch, pod);
		if (type != NULL && strcmp(type, "DELETED") == 0 &&
		    r->watch.state != PODSTATUS_DONE &&
		    r->watch.state != PODSTATUS_FAILED)
			podstatus_gone(&r->watch);
	}
	json_free(event);
	r->show(r->show_arg, r);
}

/* Nothing has happened for a while: do the events say why? */
static void
look_events(struct podrun *r)
{
	const char *args[] = {"get", "events", "-o", "json", "--field-selector",
	    NULL, PATIENCE, NULL};
	struct kubectl_job job;
	char selector[96];
	struct json *list;

	if (r->watch.state > PODSTATUS_PULLING)
		return;
	(void)snprintf(selector, sizeof selector, "involvedObject.uid=%s",
	    r->uid);
	args[5] = selector;
	/* who may not read events does without */
	list = kubectl_json(r->kubectl, &job, args, NULL);
	if (list == NULL)
		return;
	podstatus_events(&r->watch, list);
	json_free(list);
	r->show(r->show_arg, r);
}

static int
start_watch(struct podrun *r)
{
	const char *args[] = {"get", "pod", r->name, "--watch",
	    "--output-watch-events", "-o", "json", NULL};

	if (r->watching)
		return 0;
	if (kubectl_start(r->kubectl, &r->job, args, NULL) < 0)
		return -1;
	r->watching = true;
	return 0;
}

static void
end_watch(struct podrun *r)
{
	if (!r->watching)
		return;
	(void)kubectl_finish(&r->job, true);
	kubectl_values_free(&r->values);
	r->watching = false;
}

/*
 * The watch came to its end, as the server likes to have it now and then.
 * *tries counts those that brought nothing.
 */
static void
watch_ended(struct podrun *r, int *tries)
{
	static const struct timespec pause = {.tv_sec = 1};

	r->watching = false;
	kubectl_values_free(&r->values);
	if (kubectl_finish(&r->job, false) < 0 && *r->stop == 0) {
		if (kubectl_is(&r->job, "NotFound"))
			podstatus_gone(&r->watch);
		else if (++*tries >= TRIES)
			podstatus_refused(&r->watch, kubectl_words(&r->job));
	}
	if (r->watch.state != PODSTATUS_FAILED && *r->stop == 0)
		(void)nanosleep(&pause, NULL);
}

int
podrun_wait(struct podrun *r, enum podstatus_state state)
{
	struct json *event;
	bool ended;
	int tries = 0;

	while (r->watch.state < state && *r->stop == 0) {
		if (start_watch(r) < 0)
			return -1;
		event = kubectl_next(&r->job, &r->values, SILENCE, &ended);
		if (event != NULL) {
			tries = 0;
			take_event(r, event);
		} else if (ended) {
			watch_ended(r, &tries);
		} else if (*r->stop == 0) {
			look_events(r);
		}
	}
	if (r->watch.state >= PODSTATUS_DONE)
		end_watch(r);
	return *r->stop == 0 && r->watch.state != PODSTATUS_FAILED ? 0 : -1;
}

/* --------------------------------------------------------------------- log */

int
podrun_log(struct podrun *r, const char *container, bool follow,
    struct gather *g)
{
	const char *args[] = {"logs", r->name, "-c", container,
	    follow ? "--follow" : NULL, NULL};
	struct kubectl_job job;
	char name[256];
	int ret;

	if (kubectl_start(r->kubectl, &job, args, NULL) < 0)
		return -1;
	(void)snprintf(name, sizeof name, "log of %s/%s, container %s",
	    r->kubectl->namespace, r->name, container);
	ret = gather_log(g, job.out, name);
	if (kubectl_finish(&job, ret < 0) < 0 && *r->stop == 0)
		msg_warn(0, "%s: %s", name, kubectl_words(&job));
	return ret;
}

/* ------------------------------------------------------------------ delete */

/* It may have been created, but nobody told us: the label finds it. */
static int
delete_labelled(struct podrun *r, struct kubectl_job *job)
{
	const char *args[] = {"delete", "pod", "--ignore-not-found",
	    "--wait=false", PATIENCE, "-l", NULL, NULL};
	char selector[96];

	(void)snprintf(selector, sizeof selector, RUN_LABEL "=%s", r->id);
	args[6] = selector;
	return kubectl_do(r->kubectl, job, args, NULL);
}

/* The server compares the uid, and deletes no other pod of that name. */
static int
delete_uid(struct podrun *r, struct kubectl_job *job)
{
	const char *args[] = {"delete", PATIENCE, "--raw", NULL, "-f", "-",
	    NULL};
	char path[256], options[256];

	(void)snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods/%s",
	    r->kubectl->namespace, r->name);
	args[3] = path;
	(void)snprintf(options, sizeof options,
	    "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":2,\"preconditions\":{\"uid\":\"%s\"}}",
	    r->uid);
	return kubectl_do(r->kubectl, job, args, options);
}

int
podrun_delete(struct podrun *r)
{
	struct kubectl_job job;
	int ret;

	end_watch(r);
	if (!r->tried)
		return 0;
	kubectl_resume();
	ret = r->uid[0] != '\0' ? delete_uid(r, &job)
	                        : delete_labelled(r, &job);
	r->tried = false;
	if (ret == 0 || kubectl_is(&job, "NotFound") ||
	    kubectl_is(&job, "Conflict"))
		return 0;
	if (r->uid[0] == '\0')
		/* it was never ours to delete */
		return 0;
	msg_warn(0, "pod %s/%s is still there: %s", r->kubectl->namespace,
	    r->name, kubectl_words(&job));
	return -1;
}

void
podrun_free(struct podrun *r)
{
	end_watch(r);
	json_free(r->pod);
	r->pod = NULL;
	podstatus_free(&r->watch);
}
