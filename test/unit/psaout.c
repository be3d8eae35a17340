/* SPDX-License-Identifier: Apache-2.0 */
/* What was found of a pod, as an item of a result. */
#include "psa/psaout.h"

#include <stdlib.h>

#include "tap.h"

static struct psaout_pod pod;

/* The item of it is this. */
static void
makes(struct ignores *ignores, const char *wanted)
{
	char *place = psaout_where(&pod);
	char *text;

	pod.where = place;
	text = json_finish(psaout_object(&pod, ignores), JSON_COMPACT);
	OK_STR(text, wanted);
	free(text);
	free(place);
}

static void
where(const char *path, bool several, const char *kind, const char *name,
    const char *wanted)
{
	char *text;

	pod.path = path;
	pod.several = several;
	pod.kind = kind;
	pod.name = name;
	text = psaout_where(&pod);
	OK_STR(text, wanted);
	free(text);
}

static void
places(void)
{
	pod = (struct psaout_pod){.file = "f.yaml", .line = 7};
	where("", true, "Pod", "n", "f.yaml:7: Pod n");
	where("spec.template", false, "Job", "n", "f.yaml:7: Job n");
	where("spec.template", true, "Job", "n",
	    "f.yaml:7: Job n: spec.template");
	where("", false, "", NULL, "f.yaml:7: (no kind) (no name)");
	where("", false, "P\033d", "a\nb", "f.yaml:7: P\\x1bd a\\x0ab");
}

static void
items(const struct json *spec)
{
	struct ignores none = {0}, some = {0}, all = {0};
	struct json *violations;

	pod = (struct psaout_pod){.file = "f",
	    .line = 1,
	    .kind = "Pod",
	    .name = "n",
	    .namespace = "ns",
	    .path = "",
	    .level = PSA_BASELINE,
	    .version = "v1.30"};
	pod.violations = violations = psa_judge("f", "", NULL, spec,
	    (struct psa_policy){PSA_PRIVILEGED, 30});
	OK(violations != NULL && json_size(violations) == 0);
	makes(&none,
	    "{\"where\":\"f:1: Pod n\",\"file\":\"f\",\"line\":1,"
	    "\"kind\":\"Pod\",\"name\":\"n\",\"namespace\":\"ns\","
	    "\"path\":\"\",\"allowed\":true,"
	    "\"message\":\"passes baseline:v1.30\",\"violations\":[],"
	    "\"ignored\":[]}");
	json_free(violations);
	pod.violations = violations = psa_judge("f", "spec.template", NULL,
	    spec, (struct psa_policy){PSA_BASELINE, 30});
	OK(json_size(violations) == 3);
	pod.name = NULL;
	pod.namespace = NULL;
	pod.path = "spec.template";
#define HEAD \
	"{\"where\":\"f:1: Pod (no name)\",\"file\":\"f\",\"line\":1," \
	"\"kind\":\"Pod\",\"path\":\"spec.template\","
#define PID \
	"{\"check\":\"hostNamespaces\",\"level\":\"baseline\",\"line\":1," \
	"\"field\":\"spec.template.spec.hostPID\",\"must\":\"must be false, " \
	"or not set\",\"value\":true,\"message\":\"spec.template.spec.hostPID " \
	"is true; must be false, or not set\"}"
#define PATHS \
	"{\"check\":\"hostPathVolumes\",\"level\":\"baseline\",\"line\":5," \
	"\"field\":\"spec.template.spec.volumes[0].hostPath\",\"must\":\"must " \
	"not be set\",\"value\":{},\"volume\":\"v\",\"message\":\"spec." \
	"template.spec.volumes[0].hostPath (volume \\\"v\\\") is {}; must not " \
	"be set\"}"
#define PRIVILEGED \
	"{\"check\":\"privileged\",\"level\":\"baseline\",\"line\":1," \
	"\"field\":\"spec.template.spec.containers[0].securityContext." \
	"privileged\",\"must\":\"must be false, or not set\",\"value\":true," \
	"\"container\":\"a\\u001b\",\"message\":\"spec.template.spec." \
	"containers[0].securityContext.privileged (container \\\"a\\\\x1b\\\") " \
	"is true; must be false, or not set\"}"
	makes(&none,
	    HEAD "\"allowed\":false,\"message\":\"violates baseline:v1.30: "
	         "hostNamespaces, hostPathVolumes, privileged\","
	         "\"violations\":[" PID "," PATHS "," PRIVILEGED
	         "],\"ignored\":[]}");
	OK(ignores_take(NULL, &some, "hostPathVolumes:f") == NULL);
	OK(ignores_take(NULL, &some, "privileged:g") == NULL);
	makes(&some,
	    HEAD "\"allowed\":false,\"message\":\"violates baseline:v1.30: "
	         "hostNamespaces, privileged\",\"violations\":[" PID
	         "," PRIVILEGED "],\"ignored\":[{\"ignore\":"
	         "\"hostPathVolumes:f\",\"count\":1,\"findings\":[" PATHS
	         "]}]}");
	OK(ignores_take(NULL, &all, "hostPathVolumes") == NULL);
	OK(ignores_take(NULL, &all, "privileged") == NULL);
	OK(ignores_take(NULL, &all, "hostNamespaces") == NULL);
	makes(&all,
	    HEAD
	    "\"allowed\":true,\"message\":\"passes baseline:v1.30\","
	    "\"violations\":[],\"ignored\":[{\"ignore\":"
	    "\"hostPathVolumes\",\"count\":1,\"findings\":[" PATHS
	    "]},{\"ignore\":\"privileged\",\"count\":1,\"findings\":[" PRIVILEGED
	    "]},{\"ignore\":\"hostNamespaces\",\"count\":1,"
	    "\"findings\":[" PID "]}]}");
	ignores_free(&some);
	ignores_free(&all);
	json_free(violations);
}

int
main(void)
{
	static const char text[] =
	    "{\"hostPID\":true,\"volumes\":[{\"name\":\"v\",\"hostPath\":{}}],"
	    "\"containers\":[{\"name\":\"a\\u001b\",\"securityContext\":"
	    "{\"privileged\":true}}]}";
	struct json *spec = json_parse(text, strlen(text));

	json_set_line(spec, 1);
	json_set_line(json_get(json_first(json_get(spec, "volumes")),
	                  "hostPath"),
	    5);
	places();
	items(spec);
	json_free(spec);
	return tap_done();
}
