/* SPDX-License-Identifier: Apache-2.0 */
/* What was found of a pod, told as text, as JSON and as a case. */
#include "psa/psaout.h"

#include <stdlib.h>

#include "base/term.h"
#include "bundle/ci.h"
#include "tap.h"

static struct psa_report report;
static struct psaout_pod pod;

/* The text of it; owned. */
static char *
text_of(bool colour)
{
	struct term t = {colour, 0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	OK(f != NULL && psaout_text(f, &t, &pod) == 0);
	(void)fclose(f);
	return text;
}

static void
tells(bool colour, const char *wanted)
{
	char *text = text_of(colour);

	OK_STR(text, wanted);
	free(text);
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
texts(const struct json *spec)
{
	struct json *list = json_new_array(), *cases = json_new_array();
	char *text;

	pod = (struct psaout_pod){.file = "f",
	    .line = 1,
	    .kind = "Pod",
	    .name = "n",
	    .namespace = "ns",
	    .path = "",
	    .report = &report,
	    .level = PSA_BASELINE,
	    .version = "v1.30"};
	OK(psa_judge(&report, "f", NULL, spec,
	       (struct psa_policy){PSA_PRIVILEGED, 30}) == 0);
	OK(report.n == 0);
	tells(false, "f:1: Pod n: passes baseline:v1.30\n");
	tells(true, "f:1: Pod n: \033[32mpasses\033[0m baseline:v1.30\n");
	psaout_json(list, &pod);
	psaout_case(cases, &pod);
	psa_report_free(&report);
	OK(psa_judge(&report, "f", NULL, spec,
	       (struct psa_policy){PSA_BASELINE, 30}) == 0);
	OK(report.n == 3);
	pod.name = NULL;
	pod.namespace = NULL;
	pod.path = "spec.template";
	tells(false,
	    "f:1: Pod (no name): violates baseline:v1.30: "
	    "hostNamespaces, hostPathVolumes, privileged\n"
	    "  f:1: spec.template.spec.hostPID is true; must be false, or not "
	    "set [hostNamespaces]\n"
	    "  f:5: spec.template.spec.volumes[0].hostPath (volume \"v\") is "
	    "{}; must not be set [hostPathVolumes]\n"
	    "  f:1: spec.template.spec.containers[0].securityContext."
	    "privileged (container \"a\\x1b\") is true; must be false, or not "
	    "set [privileged]\n");
	text = text_of(true);
	OK(strstr(text, "\033[31mviolates\033[0m") != NULL);
	free(text);
	psaout_json(list, &pod);
	psaout_case(cases, &pod);
	text = json_finish(list, JSON_COMPACT);
	OK_STR(text,
	    "[{\"file\":\"f\",\"line\":1,\"kind\":\"Pod\",\"name\":\""
	    "n\",\"namespace\":\"ns\",\"path\":\"\",\"allowed\":true,"
	    "\"message\":\"\",\"violations\":[]},{\"file\":\"f\",\"li"
	    "ne\":1,\"kind\":\"Pod\",\"path\":\"spec.template\",\"all"
	    "owed\":false,\"message\":\"violates baseline:v1.30: host"
	    "Namespaces, hostPathVolumes, privileged\",\"violations\""
	    ":[{\"check\":\"hostNamespaces\",\"level\":\"baseline\","
	    "\"line\":1,\"field\":\"spec.template.spec.hostPID\",\"mu"
	    "st\":\"must be false, or not set\",\"value\":true},{\"ch"
	    "eck\":\"hostPathVolumes\",\"level\":\"baseline\",\"line"
	    "\":5,\"field\":\"spec.template.spec.volumes[0].hostPath"
	    "\",\"must\":\"must not be set\",\"value\":{},\"volume\":"
	    "\"v\"},{\"check\":\"privileged\",\"level\":\"baseline\","
	    "\"line\":1,\"field\":\"spec.template.spec.containers[0]."
	    "securityContext.privileged\",\"must\":\"must be false, o"
	    "r not set\",\"value\":true,\"container\":\"a\\u001b\"}]}"
	    "]");
	free(text);
	text = json_print(cases, JSON_COMPACT);
	OK_STR(text,
	    "[{\"name\":\"f:1: Pod n\",\"file\":\"f\",\"state\":\"pas"
	    "sed\",\"message\":\"\",\"findings\":[]},{\"name\":\"f:1:"
	    " Pod (no name)\",\"file\":\"f\",\"state\":\"failed\",\"m"
	    "essage\":\"violates baseline:v1.30: hostNamespaces, host"
	    "PathVolumes, privileged\",\"findings\":[{\"code\":\"host"
	    "Namespaces\",\"severity\":\"error\",\"message\":\"spec.t"
	    "emplate.spec.hostPID is true; must be false, or not set"
	    "\",\"fix\":\"leave hostNetwork, hostPID and hostIPC out"
	    "\",\"file\":\"f\",\"line\":1,\"where\":\"spec.template.s"
	    "pec.hostPID\"},{\"code\":\"hostPathVolumes\",\"severity"
	    "\":\"error\",\"message\":\"spec.template.spec.volumes[0]"
	    ".hostPath (volume \\\"v\\\") is {}; must not be set\",\""
	    "fix\":\"use a persistentVolumeClaim or an emptyDir in pl"
	    "ace of hostPath\",\"file\":\"f\",\"line\":5,\"where\":\""
	    "spec.template.spec.volumes[0].hostPath\"},{\"code\":\"pr"
	    "ivileged\",\"severity\":\"error\",\"message\":\"spec.tem"
	    "plate.spec.containers[0].securityContext.privileged (con"
	    "tainer \\\"a\\\\x1b\\\") is true; must be false, or not "
	    "set\",\"fix\":\"leave securityContext.privileged out\","
	    "\"file\":\"f\",\"line\":1,\"where\":\"spec.template.spec"
	    ".containers[0].securityContext.privileged\"}]}]");
	free(text);
	json_free(cases);
}

int
main(void)
{
	static const char text[] =
	    "{\"hostPID\":true,\"volumes\":[{\"name\":\"v\",\"hostPath\":{}}],"
	    "\"containers\":[{\"name\":\"a\\u001b\",\"securityContext\":"
	    "{\"privileged\":true}}]}";
	struct json *spec = json_parse(text, strlen(text));

	json_set_line(json_get(json_first(json_get(spec, "volumes")),
	                  "hostPath"),
	    5);
	places();
	texts(spec);
	psa_report_free(&report);
	json_free(spec);
	return tap_done();
}
