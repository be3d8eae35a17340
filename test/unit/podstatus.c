/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods as clusters show them, to words.  test/unit/pods/ was recorded from
 * Kubernetes 1.20 with containerd 1.6, what tells nothing left out.
 */
#include "cluster/podstatus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tap.h"

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)

/* A recorded pod; json_free it. */
static struct json *
load(const char *name)
{
	static char text[1 << 16];
	char path[4096];
	const char *top = getenv("TOP");
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/test/unit/pods/%s.json",
	    top != NULL ? top : ".", name);
	f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	n = fread(text, 1, sizeof text - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	return json_parse(text, n);
}

/* Look at a recorded pod: does it come out like this? */
static void
looks(const char *name, enum podstatus_state state, const char *reason,
    const char *words, const char *fix)
{
	struct podstatus w = {0};
	struct json *pod = load(name);

	podstatus_look(&w, pod, false);
	CHECK(pod != NULL && w.state == state, name);
	CHECK(strcmp(w.reason, reason) == 0, "... its reason");
	CHECK(strstr(w.text, words) != NULL, "... the words");
	CHECK(strstr(w.fix, fix) != NULL, "... the fix");
	json_free(pod);
	podstatus_free(&w);
}

/* A pod whose only container waits like this. */
static void
look_waiting(struct podstatus *w, const char *reason, const char *message)
{
	struct json *pod = load("pull");
	struct json *status = json_get(pod, "status");
	struct json *all = json_get(status, "containerStatuses");
	struct json *state = json_get(json_at(all, 0), "state");
	struct json *waiting = json_get(state, "waiting");

	(void)json_set(waiting, "reason", json_new_string(reason));
	(void)json_set(waiting, "message", json_new_string(message));
	podstatus_look(w, pod, false);
	json_free(pod);
}

static void
test_pulls(void)
{
	struct podstatus w = {0};

	look_waiting(&w, "ErrImagePull",
	    "rpc error: code = Unknown desc = dial tcp: connection refused");
	CHECK(w.state == PODSTATUS_PULLING && w.trouble,
	    "a registry that does not answer may do so later");
	CHECK(strncmp(w.text, "dial tcp", 8) == 0, "... without gRPC's words");
	look_waiting(&w, "ImagePullBackOff", "Back-off pulling image \"x\"");
	CHECK(strstr(w.text, "refused") != NULL,
	    "what a pull said is remembered while kubelet backs off");
	look_waiting(&w, "ErrImagePull", "connection refused");
	CHECK(w.state == PODSTATUS_PULLING, "... nor is twice enough");
	look_waiting(&w, "ImagePullBackOff", "Back-off");
	look_waiting(&w, "ErrImagePull", "connection refused");
	CHECK(w.state == PODSTATUS_FAILED, "... but three times are");
	podstatus_free(&w);

	look_waiting(&w, "ImagePullBackOff",
	    "Back-off pulling image \"x\": ErrImagePull: x: not found");
	CHECK(w.state == PODSTATUS_FAILED &&
	        strcmp(w.text, "x: not found") == 0,
	    "newer kubelets repeat the words");
	podstatus_free(&w);

	look_waiting(&w, "ErrImagePull", "unexpected status: 401 Unauthorized");
	CHECK(w.state == PODSTATUS_FAILED &&
	        strstr(w.fix, "--pull-secret") != NULL,
	    "no credentials");
	podstatus_free(&w);
	look_waiting(&w, "ErrImagePull",
	    "rpc error: code = Unknown desc = reading sha256:7401fe: EOF");
	CHECK(w.state == PODSTATUS_PULLING &&
	        strstr(w.fix, "--pull-secret") == NULL,
	    "... not because a digest has 401 in it");
	podstatus_free(&w);
	look_waiting(&w, "ErrImagePull",
	    "desc = failed to pull and unpack image \"x\": failed to extract layer sha256:12: mkdir a: not a directory: unknown");
	CHECK(w.state == PODSTATUS_FAILED &&
	        strstr(w.fix, "`unpackctl check` names the entry") != NULL,
	    "a layer that no node can extract");
	podstatus_free(&w);
	look_waiting(&w, "ErrImagePull",
	    "failed to extract layer sha256:12: no space left on device");
	CHECK(strstr(w.fix, "make room") != NULL, "... or has no room for");
	podstatus_free(&w);

	look_waiting(&w, "InvalidImageName", "\033[2Jbad");
	CHECK(w.state == PODSTATUS_FAILED && strcmp(w.text, "\\x1b[2Jbad") == 0,
	    "words are masked");
	podstatus_free(&w);
	look_waiting(&w, "SomethingNew", "who knows");
	CHECK(w.state == PODSTATUS_FAILED &&
	        strcmp(w.reason, "SomethingNew") == 0,
	    "an unknown reason is shown");
	podstatus_free(&w);
}

static void
test_refusals(void)
{
	struct podstatus w = {0};

	/* as Kubernetes 1.36 says it */
	podstatus_refused(&w,
	    "pods \"x\" is forbidden: violates "
	    "PodSecurity \"restricted:latest\": runAsUser=0 (pod must not set "
	    "runAsUser=0)");
	CHECK(strcmp(w.reason, "PodSecurity") == 0 &&
	        strncmp(w.text, "pods \"x\"", 8) == 0 && w.fix[0] != '\0',
	    "PodSecurity refuses");
	podstatus_refused(&w,
	    "pods \"x\" is forbidden: unable to validate against any security "
	    "context constraint: provider restricted-v2: .containers[0]."
	    "runAsUser: Invalid value: 65532: must be in the ranges: "
	    "[1000640000, 1000649999]");
	CHECK(strstr(w.fix, "--run-as-user namespace") != NULL,
	    "OpenShift refuses");
	podstatus_free(&w);
}

/* The reference for an imageID, when the pod says `image`. */
static const char *
resolve(const char *id, const char *image)
{
	static char text[PODSTATUS_IMAGE];
	struct json *pod = load("ok");
	struct json *status = json_get(pod, "status");
	struct json *all = json_get(status, "containerStatuses");
	struct json *inits = json_add_array(status, "initContainerStatuses");
	char unpacker[PODSTATUS_IMAGE];

	(void)json_set(json_at(all, 0), "imageID", json_new_string(id));
	json_add_string(json_add_object(inits, NULL), "name",
	    "install-unpacker");
	podstatus_images(pod, image, "u", text, unpacker);
	json_free(pod);
	return text;
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_resolved(void)
{
	static const char want[] = "example.com:5000/a/b@sha256:" HEX;

	CHECK(strcmp(resolve(want, "example.com:5000/a/b:v1"), want) == 0,
	    "imageID: containerd and CRI-O");
	CHECK(strcmp(resolve("docker-pullable://example.com:5000/a/"
	                     "b@sha256:" HEX,
	                 "example.com:5000/a/b:v1"),
	          want) == 0,
	    "imageID: dockershim");
	CHECK(strcmp(resolve("sha256:" HEX, "example.com:5000/a/b:v1"), "") ==
	        0,
	    "imageID: an image's ID is not a reference");
	CHECK(strcmp(resolve("docker://sha256:" HEX,
	                 "example.com:5000/a/b:v1@sha256:" HEX),
	          want) == 0,
	    "imageID: unless the reference has a digest itself");
}

/* A bundle that is a volume of the unpack image's container, of whose image
 * only Kubernetes 1.35 tells. */
static void
test_volume(const char *mounts, const char *wanted)
{
	char pod[1024], text[PODSTATUS_IMAGE], unpacker[PODSTATUS_IMAGE];
	struct json *j;

	(void)snprintf(pod, sizeof pod,
	    "{\"status\":{\"containerStatuses\":[{\"name\":\"bundle\","
	    "\"imageID\":\"h/u@sha256:" HEX "\",\"volumeMounts\":[%s]}]}}",
	    mounts);
	j = json_parse(pod, strlen(pod));
	podstatus_images(j, "h/b:t", "h/u:t", text, unpacker);
	OK_STR(text, wanted);
	OK_STR(unpacker, "h/u@sha256:" HEX);
	json_free(j);
}

/*
 * What podstatus_images makes of the imageID of our init container, before
 * which admission put a sidecar.
 */
static void
unpacked_by(const char *id, const char *image, const char *wanted)
{
	char pod[1024], text[PODSTATUS_IMAGE], resolved[PODSTATUS_IMAGE];
	struct json *j;

	(void)snprintf(pod, sizeof pod,
	    "{\"spec\":{\"initContainers\":[{\"name\":\"s\",\"image\":\"s\"},"
	    "{\"name\":\"install-unpacker\",\"image\":\"%s\"}]},"
	    "\"status\":{\"initContainerStatuses\":[{\"name\":\"s\",\"imageID\":\"s\"},"
	    "{\"name\":\"install-unpacker\",\"imageID\":\"%s\"}]}}",
	    image, id);
	j = json_parse(pod, strlen(pod));
	podstatus_images(j, "b", image, resolved, text);
	OK_STR(text, wanted);
	json_free(j);
}

/*
 * A pod with a native sidecar (an init container that restarts, Kubernetes
 * 1.29): the states of that and of the bundle's container, as JSON.
 */
static void
beside(const char *sidecar, const char *bundle, enum podstatus_state state,
    const char *reason)
{
	struct podstatus w = {0};
	char text[1024];
	struct json *pod;

	(void)snprintf(text, sizeof text,
	    "{\"spec\":{\"initContainers\":[{\"name\":\"s\",\"restartPolicy\":\"Always\"}]},"
	    "\"status\":{\"phase\":\"Running\",\"initContainerStatuses\":[{\"name\":\"s\",\"state\":{%s}}],"
	    "\"containerStatuses\":[{\"name\":\"bundle\",\"state\":{%s}}]}}",
	    sidecar, bundle);
	pod = json_parse(text, strlen(text));
	podstatus_look(&w, pod, false);
	CHECK(pod != NULL && w.state == state, text);
	OK_STR(w.reason, reason);
	json_free(pod);
	podstatus_free(&w);
}

static void
test_sidecars(void)
{
	static const char runs[] = "\"running\":{}";
	static const char crashed[] = "\"terminated\":{\"exitCode\":1}";
	static const char done[] = "\"terminated\":{\"exitCode\":0}";
	static const char
	    loops[] = "\"waiting\":{\"reason\":\"CrashLoopBackOff\"}";
	static const char
	    pulls[] = "\"waiting\":{\"reason\":\"InvalidImageName\"}";
	static const char
	    waits[] = "\"waiting\":{\"reason\":\"PodInitializing\"}";

	beside(runs, waits, PODSTATUS_PULLING, "");
	beside(runs, runs, PODSTATUS_STARTED, "");
	beside(runs, done, PODSTATUS_DONE, "");
	beside(crashed, runs, PODSTATUS_STARTED, "");
	beside(loops, runs, PODSTATUS_STARTED, "");
	beside(crashed, done, PODSTATUS_DONE, "");
	beside(runs, crashed, PODSTATUS_FAILED, "Error");
	/* it may run the next time */
	beside(crashed, waits, PODSTATUS_PULLING, "");
	beside(loops, waits, PODSTATUS_PULLING, "CrashLoopBackOff");
	beside(pulls, waits, PODSTATUS_FAILED, "InvalidImageName");
}

int
main(void)
{
	struct podstatus w = {0};
	struct json *pod = load("ok");
	const char *message = podstatus_message(pod, "bundle");

	CHECK(message != NULL && strstr(message, "\"result\":\"ok\"") != NULL,
	    "the termination message");
	CHECK(podstatus_message(pod, "other") == NULL, "of no other container");
	json_free(pod);
	looks("ok", PODSTATUS_DONE, "", "", "");
	looks("nouser", PODSTATUS_FAILED, "CreateContainerConfigError",
	    "image will run as root", "--run-as-user");
	looks("pull", PODSTATUS_PULLING, "ImagePullBackOff", "Back-off", "");
	looks("oom", PODSTATUS_FAILED, "OOMKilled", "memory", "LimitRange");
	looks("killed", PODSTATUS_FAILED, "Error", "SIGKILL", "LimitRange");
	looks("secret", PODSTATUS_FAILED, "BundleUnreadable",
	    "cannot be read by uid 65532", "");
	looks("node", PODSTATUS_PENDING, "Unschedulable", "nodes", "");
	looks("deadline", PODSTATUS_FAILED, "DeadlineExceeded", "deadline",
	    "--deadline");
	pod = load("secret");
	podstatus_look(&w, pod, false);
	CHECK(w.exit == WIRE_BUNDLE && w.report != NULL,
	    "a bundle at fault has a report, and exit 3");
	json_add_string(json_get(pod, "metadata"), "deletionTimestamp",
	    "2026-11-23T20:00:00Z");
	podstatus_look(&w, pod, false);
	CHECK(w.exit == WIRE_BUNDLE, "... whether or not somebody deletes it");
	json_free(pod);
	podstatus_free(&w);
	pod = load("node");
	json_add_string(json_get(pod, "metadata"), "deletionTimestamp",
	    "2026-11-23T20:00:00Z");
	podstatus_look(&w, pod, false);
	CHECK(strcmp(w.reason, "Deleted") == 0, "a pod that somebody deletes");
	json_free(pod);
	podstatus_look(&w, NULL, false);
	CHECK(w.state == PODSTATUS_PENDING, "no pod at all");
	podstatus_free(&w);
	test_pulls();
	test_refusals();
	test_resolved();
	test_sidecars();
	unpacked_by("h/u@sha256:" HEX, "h/u:t", "h/u@sha256:" HEX);
	unpacked_by("docker-pullable://h/u@sha256:" HEX, "h/u:t",
	    "h/u@sha256:" HEX);
	unpacked_by("sha256:" HEX, "h/u@sha256:" HEX, "h/u@sha256:" HEX);
	unpacked_by("sha256:" HEX, "h/u:t", "");
	test_volume("", "");
	test_volume("{\"name\":\"x\"},{\"volumeStatus\":{\"image\":"
	            "{\"imageRef\":\"h/b@sha256:" HEX "\"}}}",
	    "h/b@sha256:" HEX);
	return tap_done();
}
