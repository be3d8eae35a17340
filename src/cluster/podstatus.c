/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a pod's status: how far the pod is, and if it will fail, why and how to
 * fix it, in words.
 */
#include "cluster/podstatus.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "pod/pod.h"
#include "pod/reference.h"

/* A pull that failed this often will not succeed soon. */
enum {
	PULLS_MAX = 3
};

const struct json *
podstatus_named(const struct json *array, const char *name)
{
	const struct json *item = json_first(array);

	while (item != NULL && strcmp(json_get_text(item, "name"), name) != 0)
		item = json_next(item);
	return item;
}

/* ------------------------------------------------------------------- words */

/* What a message tells, and what repairs it. */
struct hint {
	const char *part; /* of the message, case does not count */
	bool over; /* waiting will not help */
	const char *fix; /* "" where there is nothing to say */
};

#define FIX_USER \
	"give the user a number: --run-as-user UID (or leave the option " \
	"out, which means 65532)"
#define FIX_ROLE \
	"ask for a Role with: pods create, get, list, watch, delete; pods/log get"
#define FIX_VOLUME \
	"--strategy image-volume (Kubernetes 1.33 and later) needs no mount " \
	"points in the image"

#define FIX_KUBECONFIG \
	"if there is no kubeconfig, name one with --kubeconfig or in the environment variable KUBECONFIG"

#define FIX_LAYER \
	"no node can extract a layer of this image: `unpackctl check` names the entry"

/* What to do depends on what the pod has: look_pull. */
static const char fix_login[] = "";

static const struct hint pull_hints[] = {
    {"HTTP response to HTTPS client", true,
        "the registry uses plain HTTP: allow that in the configuration of the nodes' container runtime"},
    {"x509:", true,
        "the nodes must trust the authority that signed the registry's certificate"},
    {"no such host", true, "check the registry's name"},
    {"connection refused", false,
        "check that the registry runs, and that the nodes can reach it"},
    {"i/o timeout", false, "check that the nodes can reach the registry"},
    {"toomanyrequests", false, "a pull secret usually lifts the limit"},
    {"no match for platform", true,
        "build the image for the node's platform, or FROM scratch as a single image, for any platform"},
    {"no space left", true, "make room on the node"},
    {"failed to extract layer", true, FIX_LAYER},
    {"processing tar file", true, FIX_LAYER},
    {"manifest unknown", true, "check the image's name and tag"},
    {"not found", true, "check the image's name and tag"},
    {"NAME_UNKNOWN", true, "check the image's name"},
    {"unsupported media type", true, "this is not a container image"},
    {"unauthorized", true, fix_login},
    {"authentication required", true, fix_login},
    {"no basic auth", true, fix_login},
    {"authorization failed", true, fix_login},
    {"denied", true, fix_login},
    {"403 Forbidden", true, fix_login},
    {"StatusCode: 401", true, fix_login},
    {NULL, false, ""},
};

static const struct hint start_hints[] = {
    {"non-root", true, FIX_USER},
    {"nonroot", true, FIX_USER},
    {"permission denied", true,
        "the node mounts volumes noexec, or the image forbids it: use --strategy image-volume, or another node"},
    {"not a directory", true, FIX_VOLUME},
    {"/proc", true, FIX_VOLUME},
    {"/etc/", true, FIX_VOLUME},
    {"/dev", true, FIX_VOLUME},
    {"no such file or directory", true,
        "the image given by --unpacker-image has no /unpack, or it is for another platform"},
    {"exec format error", true,
        "the image given by --unpacker-image is for another platform"},
    {NULL, true, ""},
};

static const struct hint refusal_hints[] = {
    {"violates PodSecurity", true,
        "every pod of unpackctl passes the restricted standard unless --user-namespace is given (uid 0 needs policy version 1.35); compare with: unpackctl pod ... | unpackctl check-pod -"},
    {"security context constraint", true,
        "on OpenShift: --run-as-user namespace"},
    {"exceeded quota", true,
        "wait for other pods to end, or raise the namespace's ResourceQuota"},
    {"failed quota", true,
        "the namespace's ResourceQuota requires these of each container: give --requests and --limits"},
    {"is forbidden: maximum", true,
        "the namespace's LimitRange is too tight for this pod"},
    {"is forbidden: minimum", true,
        "the namespace's LimitRange requires larger requests than this pod has"},
    {"exists already", true,
        "choose another name with --name, or delete that pod"},
    {"namespaces \"", true,
        "make it (kubectl create namespace), or give another with -n"},
    /* kubectl's default where it knows of no cluster */
    {":8080: connect", true, FIX_KUBECONFIG},
    {"there is no kubeconfig", true, FIX_KUBECONFIG},
    {"being terminated", true, "the namespace is being deleted"},
    {"cannot create resource", true, FIX_ROLE},
    {"cannot list resource", true, FIX_ROLE},
    {"cannot watch resource", true, FIX_ROLE},
    {"unknown field", true,
        "the cluster is too old for this strategy or option"},
    {NULL, true, ""},
};

/* The hint that fits, the last one (without a part) where none does. */
static const struct hint *
find_hint(const struct hint *hints, const char *text)
{
	while (hints->part != NULL && strcasestr(text, hints->part) == NULL)
		hints++;
	return hints;
}

/* Kubernetes' reason and words, which come from outside. */
static void
set_words(struct podstatus *w, const char *reason, const char *words)
{
	msg_mask(w->reason, sizeof w->reason, reason);
	msg_mask(w->text, sizeof w->text, words);
	w->fix[0] = '\0';
}

void
podstatus_fail(struct podstatus *w, const char *reason, const char *words,
    const char *fix)
{
	set_words(w, reason, words);
	snprintf(w->fix, sizeof w->fix, "%s", fix);
	w->state = PODSTATUS_FAILED;
	w->trouble = false;
	w->exit = WIRE_FAIL;
}

void
podstatus_refused(struct podstatus *w, const char *words)
{
	const char *reason = strcasestr(words, "violates PodSecurity") != NULL
	    ? "PodSecurity"
	    : strcasestr(words, "quota") != NULL     ? "Quota"
	    : strcasestr(words, "forbidden") != NULL ? "Forbidden"
	                                             : "";

	podstatus_fail(w, reason, "", find_hint(refusal_hints, words)->fix);
	/* they are masked already */
	snprintf(w->text, sizeof w->text, "%s", words);
}

/* ------------------------------------------------------------------- pulls */

/*
 * Is it the image of a volume that cannot be pulled?  The container waits just
 * as it does for its own.  Without words: the image of a volume it is.
 */
static void
name_volume(struct podstatus *w, const struct json *pod, const char *words)
{
	const struct json *v = json_first(
	    json_path(pod, "spec", "volumes", NULL));
	const char *reference;

	for (; v != NULL; v = json_next(v)) {
		reference = json_text(json_path(v, "image", "reference", NULL));
		if (reference[0] != '\0' &&
		    (words == NULL || strstr(words, reference) != NULL ||
		        strstr(words, w->image) == NULL))
			msg_mask(w->image, sizeof w->image, reference);
	}
}

/* A pull failed, or waits to be tried again. */
static void
look_pull(struct podstatus *w, const struct json *pod, const char *reason,
    const char *words)
{
	bool backing_off = strcmp(reason, "ImagePullBackOff") == 0;
	const struct json *s = json_first(
	    json_path(pod, "spec", "imagePullSecrets", NULL));
	const char *p = strstr(words, "desc = ");
	const struct hint *hint;
	char namespace[64], name[256];
	size_t len;

	w->state = PODSTATUS_PULLING;
	name_volume(w, pod, words);
	if (p != NULL)
		words = p + strlen("desc = ");
	/* newer kubelets repeat the words while they wait: "...: ErrImagePull:
	 * WORDS"; older ones forget them */
	p = strstr(words, "ErrImagePull: ");
	if (backing_off && p != NULL)
		words = p + strlen("ErrImagePull: ");
	if (!backing_off || p != NULL || w->pull_words[0] == '\0')
		snprintf(w->pull_words, sizeof w->pull_words, "%s", words);
	if (!backing_off && (w->backing_off || w->pulls == 0))
		w->pulls++;
	w->backing_off = backing_off;
	words = w->pull_words;
	hint = find_hint(pull_hints, words);
	set_words(w, reason, words);
	w->trouble = true;
	snprintf(w->fix, sizeof w->fix, "%s", hint->fix);
	if (hint->over || w->pulls >= PULLS_MAX)
		podstatus_fail(w, reason, words, hint->fix);
	if (hint->fix != fix_login)
		return;
	msg_mask(namespace, sizeof namespace,
	    json_get_text(json_get(pod, "metadata"), "namespace"));
	snprintf(w->fix, sizeof w->fix,
	    s == NULL
	        ? "make a secret (kubectl create secret docker-registry NAME -n %s ...) and give --pull-secret NAME"
	        : "check that the secret exists, and has the registry's host, and a user and password that the registry accepts:",
	    namespace);
	for (; s != NULL; s = json_next(s)) {
		len = strlen(w->fix);
		snprintf(w->fix + len, sizeof w->fix - len, " %s/%s", namespace,
		    msg_mask(name, sizeof name, json_get_text(s, "name")));
	}
}

/* -------------------------------------------------------------- containers */

/* A container ended badly: does `unpack` itself say what is wrong? */
static void
look_terminated(struct podstatus *w, const struct json *terminated)
{
	const char *reason = json_get_text(terminated, "reason");
	const char *words = json_get_text(terminated, "message");
	struct json *report = json_parse(words, strlen(words));
	bool over = strcmp(reason, "OOMKilled") == 0;
	char text[2048];
	int64_t code = 0;

	json_int(json_get(terminated, "exitCode"), INT32_MIN, INT32_MAX, &code);

	/* containerd 1.6 may hear of it too late from the kernel, and says
	 * Error, with the status of a program that SIGKILL ended */
	if (over || (code == 128 + SIGKILL && *words == '\0')) {
		podstatus_fail(w, reason,
		    over
		        ? "the container used more memory than its limit"
		        : "SIGKILL ended it: most likely the container used more memory than its limit",
		    "unpack needs the same few MiB for every bundle: check whether a LimitRange or a webhook of the cluster lowers the limit");
	} else if (strcmp(reason, "StartError") == 0 ||
	    strcmp(reason, "ContainerCannotRun") == 0) {
		podstatus_fail(w, reason, words,
		    find_hint(start_hints, words)->fix);
	} else if (strcmp(json_get_text(report, "result"), "failed") == 0) {
		podstatus_fail(w, json_get_text(report, "reason"),
		    json_get_text(report, "message"), "");
		if (code == WIRE_BUNDLE)
			w->exit = WIRE_BUNDLE;
		json_free(w->report);
		w->report = report;
		return;
	} else {
		snprintf(text, sizeof text, "exit code %d%s%s", (int)code,
		    words[0] != '\0' ? ": " : "", words);
		podstatus_fail(w, reason[0] != '\0' ? reason : "Error", text,
		    "");
	}
	json_free(report);
}

/* How far one container is. */
enum stage {
	WAITS,
	RUNS,
	ENDED_WELL,
	ENDED_BADLY
};

static enum stage
stage_of(const struct json *status)
{
	const struct json *state = json_get(status, "state");
	int64_t n;

	if (json_int(json_path(state, "terminated", "exitCode", NULL),
	        INT32_MIN, INT32_MAX, &n) < 0)
		return json_has(state, "running") ? RUNS : WAITS;
	return n == 0 ? ENDED_WELL : ENDED_BADLY;
}

/* Look at one that waits, or ended badly. */
static enum stage
look_container(struct podstatus *w, const struct json *pod,
    const struct json *status)
{
	const struct json *state = json_get(status, "state"), *waiting;
	const char *reason, *words;
	enum stage stage = stage_of(status);

	if (stage == RUNS || stage == ENDED_WELL)
		return stage;
	msg_mask(w->container, sizeof w->container,
	    json_get_text(status, "name"));
	msg_mask(w->image, sizeof w->image, json_get_text(status, "image"));
	if (stage == ENDED_BADLY) {
		/* is the bundle a volume of the container that failed? */
		if (strncmp(w->container, POD_BUNDLE, strlen(POD_BUNDLE)) == 0)
			name_volume(w, pod, NULL);
		look_terminated(w, json_get(state, "terminated"));
		return stage;
	}
	waiting = json_get(state, "waiting");
	reason = json_get_text(waiting, "reason");
	words = json_get_text(waiting, "message");
	if (reason[0] == '\0' || strcmp(reason, "ContainerCreating") == 0 ||
	    strcmp(reason, "PodInitializing") == 0)
		w->state = PODSTATUS_PULLING;
	else if (strcmp(reason, "ErrImageNeverPull") == 0)
		podstatus_fail(w, reason, words,
		    "put the image on the node, or allow nodes to pull it: --image-pull-policy IfNotPresent");
	else if (strcmp(reason, "ErrImagePull") == 0 ||
	    strcmp(reason, "ImagePullBackOff") == 0 ||
	    strcmp(reason, "RegistryUnavailable") == 0)
		look_pull(w, pod, reason, words);
	else
		/* CreateContainerConfigError, CreateContainerError,
		 * RunContainerError, SignatureValidationFailed, and what may be
		 * added */
		podstatus_fail(w, reason, words,
		    find_hint(start_hints, words)->fix);
	return stage;
}

/*
 * Look at the init containers; may the others begin?  A sidecar goes on beside
 * them, and is started again where it ends.
 */
static bool
look_inits(struct podstatus *w, const struct json *pod)
{
	const struct json *specs = json_path(pod, "spec", "initContainers",
	    NULL);
	const struct json *status = json_first(
	    json_path(pod, "status", "initContainerStatuses", NULL));
	const struct json *waiting, *spec;
	const char *reason;
	enum stage stage;

	for (; status != NULL; status = json_next(status)) {
		spec = podstatus_named(specs, json_get_text(status, "name"));
		waiting = json_path(status, "state", "waiting", NULL);
		reason = json_get_text(waiting, "reason");
		if (strcmp(json_get_text(spec, "restartPolicy"), "Always") ==
		    0) {
			if (stage_of(status) == RUNS)
				continue;
			if (waiting == NULL ||
			    strcmp(reason, "CrashLoopBackOff") == 0) {
				w->state = PODSTATUS_PULLING;
				w->trouble = waiting != NULL;
				if (w->trouble)
					set_words(w, reason,
					    json_get_text(waiting, "message"));
				return false;
			}
		}
		stage = look_container(w, pod, status);
		if (stage == RUNS)
			w->state = PODSTATUS_PULLING;
		if (stage != ENDED_WELL)
			return false;
	}
	return true;
}

/* --------------------------------------------------------------------- pod */

/* Is it a container of ours?  All others may do as they like. */
static bool
is_ours(const struct json *status)
{
	const char *name = json_get_text(status, "name");
	size_t len = strlen(POD_BUNDLE);

	if (strncmp(name, POD_BUNDLE, len) != 0)
		return false;
	name += len;
	/* a repair pod has POD_BUNDLE-0 and so on */
	return name[0] == '\0' ||
	    (name[0] == '-' && name[1] != '\0' &&
	        name[1 + strspn(name + 1, "0123456789")] == '\0');
}

/* Look at our containers, with what comes before they begin. */
static void
look_containers(struct podstatus *w, const struct json *pod, bool begun)
{
	const struct json *c = json_first(
	    json_path(pod, "status", "containerStatuses", NULL));
	const struct json *when = json_first(
	    json_path(pod, "status", "conditions", NULL));
	enum stage stage;

	for (; when != NULL; when = json_next(when)) {
		/* where no node takes it: that may change */
		if (strcmp(json_get_text(when, "type"), "PodScheduled") != 0 ||
		    strcmp(json_get_text(when, "status"), "False") != 0)
			continue;
		set_words(w, json_get_text(when, "reason"),
		    json_get_text(when, "message"));
		w->trouble = w->text[0] != '\0';
	}
	/* once one has begun, nothing that was before it matters */
	if (w->trouble || (!begun && !look_inits(w, pod)) ||
	    w->state == PODSTATUS_FAILED)
		return;
	for (; c != NULL; c = json_next(c)) {
		if (!is_ours(c))
			continue;
		stage = look_container(w, pod, c);
		if (stage == WAITS || stage == ENDED_BADLY)
			return;
		w->state = PODSTATUS_STARTED;
	}
}

void
podstatus_look(struct podstatus *w, const struct json *pod, bool gone)
{
	const struct json *status = json_get(pod, "status");
	const struct json *c = json_first(
	    json_get(status, "containerStatuses"));
	const char *reason = json_get_text(status, "reason");
	size_t ours = 0, begun = 0, good = 0;
	enum stage stage;

	w->state = PODSTATUS_PENDING;
	w->trouble = false;
	w->container[0] = '\0';
	for (; c != NULL; c = json_next(c)) {
		if (!is_ours(c))
			continue;
		stage = stage_of(c);
		ours++;
		begun += stage != WAITS;
		good += stage == ENDED_WELL;
	}
	if (ours > 0 && good == ours) {
		/* the rest of the pod does not matter */
		w->state = PODSTATUS_DONE;
		return;
	}
	if (strcmp(json_get_text(status, "phase"), "Failed") == 0 &&
	    reason[0] != '\0') {
		/* as a whole: evicted, over its deadline, and so on */
		podstatus_fail(w, reason, json_get_text(status, "message"),
		    strcmp(reason, "DeadlineExceeded") == 0
		        ? "give it more time with --deadline"
		        : strcmp(reason, "Evicted") == 0
		        ? "the node ran out of a resource: try again, on another node"
		        : "");
		return;
	}
	look_containers(w, pod, begun > 0);
	if (w->state != PODSTATUS_FAILED &&
	    (gone ||
	        json_path(pod, "metadata", "deletionTimestamp", NULL) !=
	            NULL)) {
		w->container[0] = '\0';
		podstatus_fail(w, "Deleted", "somebody else deleted the pod",
		    "");
	}
}

void
podstatus_events(struct podstatus *w, const struct json *list)
{
	const struct json *event = json_first(json_get(list, "items"));
	const struct json *last = NULL;

	for (; event != NULL; event = json_next(event))
		/* RFC 3339 in UTC: sorts as text */
		if (strcmp(json_get_text(event, "type"), "Warning") == 0 &&
		    (last == NULL ||
		        strcmp(json_get_text(event, "lastTimestamp"),
		            json_get_text(last, "lastTimestamp")) >= 0))
			last = event;
	if (last == NULL || w->trouble)
		return;
	set_words(w, json_get_text(last, "reason"),
	    json_get_text(last, "message"));
	w->trouble = true;
}

/* The status of a container, or of an init container. */
static const struct json *
status_of(const struct json *pod, const char *kind, const char *name)
{
	return podstatus_named(json_path(pod, "status", kind, NULL), name);
}

const char *
podstatus_message(const struct json *pod, const char *container)
{
	return json_string(
	    json_path(status_of(pod, "containerStatuses", container), "state",
	        "terminated", "message", NULL));
}

/* ---------------------------------------------------------------- resolved */

void
podstatus_reference(char text[static PODSTATUS_IMAGE], const char *image,
    const char *ref)
{
	const char *digest = strstr(ref, "@sha256:");
	const char *end = image + strcspn(image, "@"), *slash = end, *colon;
	char whole[PODSTATUS_IMAGE];

	text[0] = '\0';
	while (slash > image && *slash != '/')
		slash--;
	colon = memchr(slash, ':', (size_t)(end - slash));
	if (colon != NULL)
		end = colon;
	snprintf(whole, sizeof whole, "%.*s%s", (int)(end - image), image,
	    digest != NULL ? digest : "");
	if (digest != NULL && reference_error(whole) == NULL)
		msg_mask(text, PODSTATUS_IMAGE, whole);
}

/* Store REPOSITORY@DIGEST after the runtime's id, or after image; or "". */
static void
take_id(char text[static PODSTATUS_IMAGE], const char *id, const char *image)
{
	/* dockershim: docker-pullable://REPOSITORY@DIGEST, docker://sha256:ID;
	 * others: REPOSITORY@DIGEST, or the image's ID alone */
	const char *scheme = strstr(id, "://");

	if (scheme != NULL)
		id = scheme + 3;
	podstatus_reference(text, id, id);
	if (text[0] == '\0')
		podstatus_reference(text, image, image);
}

void
podstatus_images(const struct json *pod, const char *bundle,
    const char *unpacker, char resolved[static PODSTATUS_IMAGE],
    char unpacked[static PODSTATUS_IMAGE])
{
	const struct json *ran = status_of(pod, "containerStatuses",
	    POD_BUNDLE);
	const struct json *installer = status_of(pod, "initContainerStatuses",
	    POD_INSTALLER);
	const struct json *mount = json_first(json_get(ran, "volumeMounts"));
	const char *id = json_get_text(ran, "imageID");

	take_id(unpacked,
	    installer != NULL ? json_get_text(installer, "imageID") : id,
	    unpacker);
	/* is the bundle the container's image, or its volume?  Of that
	 * Kubernetes 1.35 tells */
	if (installer == NULL)
		for (id = ""; mount != NULL && *id == '\0';
		     mount = json_next(mount))
			id = json_text(json_path(mount, "volumeStatus", "image",
			    "imageRef", NULL));
	take_id(resolved, id, bundle);
}

void
podstatus_free(struct podstatus *w)
{
	json_free(w->report);
	*w = (struct podstatus){0};
}
