/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes of a pod on its way into the cluster are refused. */
#include "cluster/podasked.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "pod/pod.h"
#include "tap.h"

static struct json *asked;

/* What stands in place of `was` in the pod's text: owned, NULL = no JSON. */
static struct json *
change(const char *was, const char *is)
{
	char *text = json_print(asked, JSON_COMPACT);
	char *at = strstr(text, was), *changed;
	struct json *pod;

	if (at == NULL)
		printf("# not in the pod: %s\n", was);
	if (at == NULL ||
	    asprintf(&changed, "%.*s%s%s", (int)(at - text), text, is,
	        at + strlen(was)) < 0) {
		free(text);
		return NULL;
	}
	pod = json_parse(changed, strlen(changed));
	free(changed);
	free(text);
	return pod;
}

/* `was` became `is`: refused, with these words, which are masked. */
static void
refuses(const char *was, const char *is, const char *words)
{
	struct podasked p = {0};
	struct json *pod = change(was, is);
	bool good = pod != NULL && !podasked_is(&p, asked, pod) &&
	    strstr(p.why, words) != NULL && strchr(p.why, '\033') == NULL &&
	    strchr(p.fix, '\033') == NULL && p.fix[0] != '\0';

	tap_ok(good, words, __FILE__, __LINE__);
	if (pod != NULL && !good)
		printf("# why: %s\n", p.why);
	json_free(pod);
}

/* The same, but only listed, in these words. */
static void
lists(const char *was, const char *is, const char *words)
{
	struct json *pod = change(was, is), *others = json_new_array();
	struct podasked p = {.others = others};

	tap_ok(pod != NULL && podasked_is(&p, asked, pod) &&
	        json_size(others) == 1,
	    words, __FILE__, __LINE__);
	OK_STR(json_text(json_at(others, 0)), words);
	json_free(others);
	json_free(pod);
}

#define BUNDLE "\"containers\":[{"
#define INIT "\"initContainers\":[{"
#define POD "\"spec\":{"

static void
test_refused(void)
{
	refuses("\"runAsUser\":65532", "\"runAsUser\":0", "runAsUser");
	/* a container's own setting counts, not its pod's */
	refuses("\"readOnlyRootFilesystem\":true,\"runAsNonRoot\":true",
	    "\"readOnlyRootFilesystem\":true,\"runAsNonRoot\":false",
	    "runAsNonRoot");
	refuses("\"restartPolicy\":\"Never\"", "\"restartPolicy\":\"Always\"",
	    "restartPolicy");
	refuses("\"automountServiceAccountToken\":false",
	    "\"automountServiceAccountToken\":true",
	    "automountServiceAccountToken");
	refuses("\"allowPrivilegeEscalation\":false",
	    "\"allowPrivilegeEscalation\":true", "allowPrivilegeEscalation");
	refuses("\"drop\":[\"ALL\"]", "\"drop\":[]", "capabilities.drop");
	refuses("\"drop\":[\"ALL\"]",
	    "\"drop\":[\"ALL\"],\"add\":[\"SYS_ADMIN\"]", "capabilities.add");
	refuses("\"allowPrivilegeEscalation\":false",
	    "\"allowPrivilegeEscalation\":false,\"privileged\":true",
	    "privileged");
	refuses("\"allowPrivilegeEscalation\":false",
	    "\"allowPrivilegeEscalation\":false,\"procMount\":\"Unmasked\"",
	    "procMount");
	refuses(
	    "\"runAsNonRoot\":true,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}}",
	    "\"runAsNonRoot\":true,\"seccompProfile\":{\"type\":\"Unconfined\"}}}",
	    "seccompProfile.type");
	refuses(POD, POD "\"hostNetwork\":true,", "hostNetwork");
	refuses(POD, POD "\"securityContext\":{\"fsGroup\":7},", "fsGroup");
	refuses(POD, POD "\"securityContext\":{\"supplementalGroups\":[7]},",
	    "supplementalGroups");
	refuses("\"runAsUser\":65532", "\"runAsUser\":65532,\"runAsGroup\":0",
	    "runAsGroup");
	refuses(POD, POD "\"hostPID\":true,", "hostPID");
	refuses(POD, POD "\"hostIPC\":true,", "hostIPC");
	refuses(POD, POD "\"shareProcessNamespace\":true,",
	    "shareProcessNamespace");
	refuses(POD, POD "\"hostUsers\":false,", "hostUsers");
	refuses("example.com/b:v1", "example.com/evil:v1", "image: asked");
	refuses("example.com/u:v1", "example.com/evil:v1", "image: asked");
	refuses(BUNDLE, BUNDLE "\"command\":[\"sh\"],", "command");
	refuses(BUNDLE, BUNDLE "\"lifecycle\":{},", "lifecycle");
	refuses(INIT, INIT "\"restartPolicy\":\"Always\",", "restartPolicy");
	refuses("\"name\":\"bundle\"", "\"name\":\"\\u001b[2J\"", "name");
	refuses("\"emptyDir\":{",
	    "\"hostPath\":{\"path\":\"/\"},\"emptyDir\":{", "volumes");
	refuses("\"mountPath\":\"", "\"subPath\":\"x\",\"mountPath\":\"",
	    "volumeMounts");
	refuses("\"volumeMounts\":[",
	    "\"volumeMounts\":[{\"name\":\"x\",\"mountPath\":\"/m/unpack\"},",
	    "volumeMounts");
	refuses("\"volumeMounts\":[",
	    "\"volumeMounts\":[{\"name\":\"x\",\"mountPath\":\"/\"},",
	    "volumeMounts");
}

/* With a mount of the bundle's container at path: 0 refused, 1 only listed. */
static void
mounts(const char *path, int good, const struct names *allowed)
{
	struct json *pod = json_copy(asked), *others = json_new_array(), *m;
	struct podasked p = {.others = others, .allowed = allowed};
	bool same;

	m = json_add_object(json_get(json_at(json_path(pod, "spec",
	                                         "containers", NULL),
	                                 0),
	                        "volumeMounts"),
	    NULL);
	json_add_string(m, "name", "certs");
	json_add_string(m, "mountPath", path);
	same = podasked_is(&p, asked, pod);
	tap_ok(good ? same && json_size(others) == 1
	            : !same && strstr(p.why, path) != NULL &&
	            strstr(p.fix, "--allow-mount ") != NULL &&
	            strstr(p.fix, "--strategy image-volume") != NULL &&
	            strstr(p.fix, "--overrides") != NULL,
	    path, __FILE__, __LINE__);
	json_free(others);
	json_free(pod);
}

/* What hides a place of the image, and what cannot. */
static void
test_mounts(void)
{
	struct names allowed = {0};
	struct pod_opts o = POD_OPTS;
	struct json *before = asked;

	mounts("/etc/ssl/certs", 0, NULL);
	mounts("/manifests", 0, NULL);
	mounts("/development", 0, NULL);
	mounts("/run", 0, NULL);
	mounts("/run/secretsx", 0, NULL);
	mounts("/var/run", 0, NULL);
	mounts("/dev/../manifests", 0, NULL);
	mounts("dev/x", 0, NULL);
	mounts("/dev/shm", 1, NULL);
	mounts("/sys/fs/x", 1, NULL);
	mounts("/proc/x", 1, NULL);
	mounts("/run/secrets", 1, NULL);
	mounts("/var/run/secrets/kubernetes.io/serviceaccount", 1, NULL);
	OK(names_add(&allowed, "/etc/ssl/") == 0);
	OK(names_add(&allowed, "/agent") == 0);
	mounts("/etc/ssl/certs", 1, &allowed);
	mounts("/etc/ssl", 1, &allowed);
	mounts("/agent", 1, &allowed);
	mounts("/etc", 0, &allowed);
	mounts("/etc/ssl2", 0, &allowed);
	names_free(&allowed);
	/* a volume of its own: nothing hides what is in it but what is on it */
	o.name = "p";
	o.image = "example.com/b:v1";
	o.unpacker = "example.com/u:v1";
	o.mount_path = "/m";
	o.strategy = POD_IMAGE_VOLUME;
	asked = pod_build(&o, NULL, 0);
	mounts("/etc/ssl/certs", 1, NULL);
	json_free(asked);
	asked = before;
}

/* Shapes that no server sends. */
static void
test_hostile(void)
{
	static const char *const pods[] = {"{}", "[]", "null", "7",
	    "{\"spec\":null}", "{\"spec\":[]}", "{\"spec\":{\"containers\":7}}",
	    "{\"spec\":{\"containers\":[null,7,[]],\"volumes\":{}}}",
	    "{\"metadata\":7,\"spec\":{\"containers\":[{\"name\":\"bundle\",\"securityContext\":[]}]}}"};
	struct podasked p = {0};
	struct json *pod;
	size_t i;

	for (i = 0; i < sizeof pods / sizeof *pods; i++) {
		pod = json_parse(pods[i], strlen(pods[i]));
		tap_ok(!podasked_is(&p, asked, pod) && p.why[0] != '\0',
		    pods[i], __FILE__, __LINE__);
		json_free(pod);
	}
	OK(!podasked_is(&p, asked, NULL));
}

int
main(void)
{
	struct pod_opts o = POD_OPTS;
	struct json *others = json_new_array();
	struct podasked p = {.others = others};

	o.name = "p";
	o.image = "example.com/b:v1";
	o.unpacker = "example.com/u:v1";
	o.mount_path = "/m";
	asked = pod_build(&o, NULL, 0);
	OK(podasked_is(&p, asked, asked) && json_size(others) == 0);
	json_free(others);
	test_refused();
	lists("\"containers\":[{",
	    "\"containers\":[{\"name\":\"s\",\"image\":\"i\"},{",
	    "container s, image i");
	/* a sidecar, from Kubernetes 1.29 on */
	lists(INIT,
	    INIT
	    "\"name\":\"s\",\"image\":\"i\",\"restartPolicy\":\"Always\"},{",
	    "init container s, image i");
	lists(BUNDLE, BUNDLE "\"env\":[{\"name\":\"\\u001b\"}],",
	    "container bundle: environment variable \\x1b");
	lists("\"volumeMounts\":[",
	    "\"volumeMounts\":[{\"name\":\"x\",\"mountPath\":\"/mm\"},",
	    "container install-unpacker: mount of volume x at /mm");
	lists("\"volumes\":[", "\"volumes\":[{\"name\":\"x\",\"emptyDir\":{}},",
	    "volume x");
	test_mounts();
	test_hostile();
	json_free(asked);
	return tap_done();
}
