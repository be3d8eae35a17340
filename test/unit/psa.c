/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards, row by row: the value that is refused, the one
 * that is not, the first and the last version that say so.
 */
#include "psa/psa.h"

#include <stdlib.h>

#include "base/json.h"
#include "tap.h"

#define CHECK(good, what) tap_ok((good), (what), __FILE__, __LINE__)

/* Judge a pod; "FIELD FIELD..." of what is wrong by the check `id` alone. */
static const char *
fields(enum psa_level level, int minor, const char *text, const char *id)
{
	static char list[2048];
	struct psa_policy policy = {level, minor};
	struct psa_report report = {0};
	struct json *pod = json_parse(text, strlen(text));
	size_t i, n = 0;

	list[0] = '\0';
	if (pod == NULL ||
	    psa_judge(&report, "pod", json_get(pod, "metadata"),
	        json_get(pod, "spec"), policy) < 0)
		(void)snprintf(list, sizeof list, "no pod");
	for (i = 0; i < report.n; i++)
		if (id == NULL ||
		    strcmp(report.violations[i].check->id, id) == 0)
			n += (size_t)snprintf(list + n, sizeof list - n, "%s%s",
			    n > 0 ? " " : "", report.violations[i].field);
	psa_report_free(&report);
	json_free(pod);
	return list;
}

#define POD(more, container) \
	"{\"spec\":{" more "\"containers\":[{\"name\":\"a\"," container "}]}}"
#define SECURITY(text) POD("", "\"securityContext\":{" text "}")
#define WHOLE(text) POD("\"securityContext\":{" text "},", "\"image\":\"i\"")

/* The container's securityContext with this is refused, or not. */
static void
refused(const char *id, enum psa_level level, int minor, const char *text,
    const char *wanted)
{
	OK_STR(fields(level, minor, text, id), wanted);
}

#define C "spec.containers[0].securityContext."
#define S "spec.securityContext."

static void
baseline(void)
{
	static const char *const capabilities[] = {"AUDIT_WRITE", "CHOWN",
	    "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
	    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
	    "SYS_CHROOT"};
	static const char *const hosts[] = {"livenessProbe", "readinessProbe",
	    "startupProbe"};
	char text[512], wanted[128];
	size_t i;

	refused("appArmorProfile", PSA_BASELINE, 30,
	    SECURITY("\"appArmorProfile\":{\"type\":\"Unconfined\"}"),
	    C "appArmorProfile.type");
	refused("appArmorProfile", PSA_BASELINE, 30,
	    WHOLE("\"appArmorProfile\":{\"type\":\"x\"}"),
	    S "appArmorProfile.type");
	refused("appArmorProfile", PSA_BASELINE, 30,
	    WHOLE("\"appArmorProfile\":{}"), S "appArmorProfile.type");
	refused("appArmorProfile", PSA_BASELINE, 30,
	    WHOLE("\"appArmorProfile\":{\"type\":\"Localhost\"}"), "");
	refused("appArmorProfile", PSA_BASELINE, 30,
	    WHOLE("\"appArmorProfile\":{\"type\":\"RuntimeDefault\"}"), "");
	for (i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
		(void)snprintf(text, sizeof text,
		    SECURITY("\"capabilities\":{\"add\":[\"%s\"]}"),
		    capabilities[i]);
		refused("capabilities_baseline", PSA_BASELINE, 30, text, "");
	}
	refused("capabilities_baseline", PSA_BASELINE, 30,
	    SECURITY("\"capabilities\":{\"add\":[\"KILL\",\"SYS_ADMIN\"]}"),
	    C "capabilities.add[1]");
	refused("hostNamespaces", PSA_BASELINE, 30,
	    POD("\"hostNetwork\":true,\"hostPID\":true,\"hostIPC\":true,",
	        "\"image\":\"i\""),
	    "spec.hostNetwork spec.hostPID spec.hostIPC");
	refused("hostNamespaces", PSA_BASELINE, 30,
	    POD("\"hostNetwork\":false,", "\"image\":\"i\""), "");
	refused("hostPathVolumes", PSA_BASELINE, 30,
	    POD("\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}},"
	        "{\"name\":\"w\",\"hostPath\":{\"path\":\"/\"}}],",
	        "\"image\":\"i\""),
	    "spec.volumes[1].hostPath");
	refused("hostPorts", PSA_BASELINE, 30,
	    POD("",
	        "\"ports\":[{\"hostPort\":0},{\"hostPort\":80},"
	        "{\"containerPort\":8}]"),
	    "spec.containers[0].ports[1].hostPort");
	for (i = 0; i < 3; i++) {
		(void)snprintf(text, sizeof text,
		    POD("", "\"%s\":{\"httpGet\":{\"host\":\"h\"}}"), hosts[i]);
		(void)snprintf(wanted, sizeof wanted,
		    "spec.containers[0].%s.httpGet.host", hosts[i]);
		refused("hostProbesAndHostLifecycle", PSA_BASELINE, 34, text,
		    wanted);
		refused("hostProbesAndHostLifecycle", PSA_BASELINE, 33, text,
		    "");
		(void)snprintf(text, sizeof text,
		    POD("", "\"%s\":{\"tcpSocket\":{\"host\":\"h\"}}"),
		    hosts[i]);
		(void)snprintf(wanted, sizeof wanted,
		    "spec.containers[0].%s.tcpSocket.host", hosts[i]);
		refused("hostProbesAndHostLifecycle", PSA_BASELINE, 34, text,
		    wanted);
	}
	refused("hostProbesAndHostLifecycle", PSA_BASELINE, 34,
	    POD("",
	        "\"lifecycle\":{\"postStart\":{\"httpGet\":{\"host\":\"h\"},"
	        "\"tcpSocket\":{\"host\":\"\"}},\"preStop\":"
	        "{\"httpGet\":{\"host\":\"\"},\"tcpSocket\":{\"host\":\"h\"}}}"),
	    "spec.containers[0].lifecycle.postStart.httpGet.host "
	    "spec.containers[0].lifecycle.preStop.tcpSocket.host");
	refused("hostProbesAndHostLifecycle", PSA_BASELINE, 34,
	    POD("",
	        "\"lifecycle\":{\"postStart\":{\"tcpSocket\":{\"host\":\"h\"}},"
	        "\"preStop\":{\"httpGet\":{\"host\":\"h\"}}}"),
	    "spec.containers[0].lifecycle.postStart.tcpSocket.host "
	    "spec.containers[0].lifecycle.preStop.httpGet.host");
	refused("privileged", PSA_BASELINE, 30, SECURITY("\"privileged\":true"),
	    C "privileged");
	refused("privileged", PSA_BASELINE, 30,
	    SECURITY("\"privileged\":false"), "");
	refused("windowsHostProcess", PSA_BASELINE, 30,
	    SECURITY("\"windowsOptions\":{\"hostProcess\":true}"),
	    C "windowsOptions.hostProcess");
	refused("windowsHostProcess", PSA_BASELINE, 30,
	    WHOLE("\"windowsOptions\":{\"hostProcess\":true}"),
	    S "windowsOptions.hostProcess");
	refused("windowsHostProcess", PSA_BASELINE, 30,
	    WHOLE("\"windowsOptions\":{\"hostProcess\":false}"), "");
}

/* What newer versions allow, and older ones refuse. */
static void
versions(void)
{
	static const struct {
		const char *name;
		int from;
	} sysctls[] = {{"kernel.shm_rmid_forced", 0},
	    {"net.ipv4.ip_local_port_range", 0}, {"net.ipv4.tcp_syncookies", 0},
	    {"net.ipv4.ping_group_range", 0},
	    {"net.ipv4.ip_unprivileged_port_start", 0},
	    {"net.ipv4.ip_local_reserved_ports", 27},
	    {"net.ipv4.tcp_keepalive_time", 29},
	    {"net.ipv4.tcp_fin_timeout", 29},
	    {"net.ipv4.tcp_keepalive_intvl", 29},
	    {"net.ipv4.tcp_keepalive_probes", 29}, {"net.ipv4.tcp_rmem", 32},
	    {"net.ipv4.tcp_wmem", 32},
	    {"net.ipv4.tcp_slow_start_after_idle", 37},
	    {"net.ipv4.tcp_notsent_lowat", 37}};
	char text[256];
	size_t i;

	for (i = 0; i < sizeof sysctls / sizeof *sysctls; i++) {
		(void)snprintf(text, sizeof text,
		    WHOLE("\"sysctls\":[{\"name\":\"%s\",\"value\":\"1\"}]"),
		    sysctls[i].name);
		refused("sysctls", PSA_BASELINE, sysctls[i].from, text, "");
		if (sysctls[i].from > 0)
			refused("sysctls", PSA_BASELINE, sysctls[i].from - 1,
			    text, S "sysctls[0].name");
	}
	refused("sysctls", PSA_BASELINE, 37,
	    WHOLE("\"sysctls\":[{\"value\":\"1\"}]"), S "sysctls[0].name");
}

/* The labels of SELinux and the profiles of seccomp. */
static void
labels(void)
{
	static const char *const types[] = {"container_t", "container_init_t",
	    "container_kvm_t", "container_engine_t", ""};
	char text[256];
	size_t i;

	for (i = 0; i < sizeof types / sizeof *types; i++) {
		(void)snprintf(text, sizeof text,
		    SECURITY("\"seLinuxOptions\":{\"type\":\"%s\"}"), types[i]);
		refused("seLinuxOptions", PSA_BASELINE, 31, text, "");
		refused("seLinuxOptions", PSA_BASELINE, 30, text,
		    i == 3 ? C "seLinuxOptions.type" : "");
	}
	refused("seLinuxOptions", PSA_BASELINE, 31,
	    WHOLE("\"seLinuxOptions\":{\"type\":\"t\",\"user\":\"u\","
	          "\"role\":\"r\"}"),
	    S "seLinuxOptions.type " S "seLinuxOptions.user " S
	      "seLinuxOptions.role");
	refused("seLinuxOptions", PSA_BASELINE, 31,
	    SECURITY("\"seLinuxOptions\":{\"user\":\"u\",\"role\":\"r\"}"),
	    C "seLinuxOptions.user " C "seLinuxOptions.role");
	refused("seccompProfile_baseline", PSA_BASELINE, 19,
	    SECURITY("\"seccompProfile\":{\"type\":\"Unconfined\"}"),
	    C "seccompProfile.type");
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    SECURITY("\"seccompProfile\":{\"type\":\"Unconfined\"}"), "");
	refused("seccompProfile_baseline", PSA_BASELINE, 19,
	    WHOLE("\"seccompProfile\":{}"), S "seccompProfile.type");
	refused("seccompProfile_baseline", PSA_BASELINE, 19,
	    WHOLE("\"seccompProfile\":{\"type\":\"RuntimeDefault\"}"), "");
	refused("seccompProfile_baseline", PSA_BASELINE, 19,
	    WHOLE("\"seccompProfile\":{\"type\":\"Localhost\"}"), "");
}

/* Annotations, of which some name a container. */
#define NOTED(key, value) \
	"{\"metadata\":{\"annotations\":{\"" key "\":\"" value "\"}}," \
	"\"spec\":{\"containers\":[{\"name\":\"a\"}]}}"
#define APPARMOR "container.apparmor.security.beta.kubernetes.io/"
#define SECCOMP "seccomp.security.alpha.kubernetes.io/"

static void
annotations(void)
{
	refused("appArmorProfile", PSA_BASELINE, 30, NOTED(APPARMOR "x", "un"),
	    "metadata.annotations[" APPARMOR "x]");
	refused("appArmorProfile", PSA_BASELINE, 30, NOTED(APPARMOR "x", ""),
	    "");
	refused("appArmorProfile", PSA_BASELINE, 30,
	    NOTED(APPARMOR "x", "runtime/default"), "");
	refused("appArmorProfile", PSA_BASELINE, 30,
	    NOTED(APPARMOR "x", "localhost/y"), "");
	refused("appArmorProfile", PSA_BASELINE, 30, NOTED("other/x", "un"),
	    "");
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    NOTED(SECCOMP "pod", "unconfined"),
	    "metadata.annotations[" SECCOMP "pod]");
	refused("seccompProfile_baseline", PSA_BASELINE, 19,
	    NOTED(SECCOMP "pod", "unconfined"), "");
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    NOTED(SECCOMP "pod", "runtime/default"), "");
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    NOTED(SECCOMP "pod", "docker/default"), "");
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    NOTED(SECCOMP "pod", "localhost/p"), "");
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    NOTED("container." SECCOMP "a", "unconfined"),
	    "metadata.annotations[container." SECCOMP "a]");
	/* no container of this pod */
	refused("seccompProfile_baseline", PSA_BASELINE, 18,
	    NOTED("container." SECCOMP "b", "unconfined"), "");
}

#define WINDOWS(text) POD("\"os\":{\"name\":\"windows\"},", text)
#define USERNS(text) \
	POD("\"hostUsers\":false,", "\"securityContext\":{" text "}")

static void
restricted(void)
{
	static const char *const sources[] = {"configMap", "csi", "downwardAPI",
	    "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
	    "projected", "secret"};
	char text[256];
	size_t i;

	refused("allowPrivilegeEscalation", PSA_RESTRICTED, 8,
	    SECURITY("\"allowPrivilegeEscalation\":true"),
	    C "allowPrivilegeEscalation");
	refused("allowPrivilegeEscalation", PSA_RESTRICTED, 8,
	    POD("", "\"image\":\"i\""), C "allowPrivilegeEscalation");
	refused("allowPrivilegeEscalation", PSA_RESTRICTED, 8,
	    SECURITY("\"allowPrivilegeEscalation\":false"), "");
	refused("allowPrivilegeEscalation", PSA_RESTRICTED, 7,
	    POD("", "\"image\":\"i\""), "");
	refused("allowPrivilegeEscalation", PSA_RESTRICTED, 24,
	    WINDOWS("\"image\":\"i\""), C "allowPrivilegeEscalation");
	refused("allowPrivilegeEscalation", PSA_RESTRICTED, 25,
	    WINDOWS("\"image\":\"i\""), "");
	refused("capabilities_restricted", PSA_RESTRICTED, 22,
	    SECURITY("\"capabilities\":{\"drop\":[\"KILL\"],"
	             "\"add\":[\"CHOWN\",\"NET_BIND_SERVICE\"]}"),
	    C "capabilities.drop " C "capabilities.add[0]");
	refused("capabilities_restricted", PSA_RESTRICTED, 22,
	    SECURITY("\"capabilities\":{\"drop\":[\"KILL\",\"ALL\"]}"), "");
	refused("capabilities_restricted", PSA_RESTRICTED, 21,
	    POD("", "\"image\":\"i\""), "");
	refused("capabilities_restricted", PSA_RESTRICTED, 25,
	    WINDOWS("\"securityContext\":{\"capabilities\":"
	            "{\"add\":[\"CHOWN\"]}}"),
	    "");
	/* the stricter one stands for the other */
	refused("capabilities_baseline", PSA_RESTRICTED, 22,
	    SECURITY("\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}"), "");
	refused("capabilities_baseline", PSA_RESTRICTED, 21,
	    SECURITY("\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}"),
	    C "capabilities.add[0]");
	refused("procMount", PSA_BASELINE, 34,
	    USERNS("\"procMount\":\"Unmasked\""), C "procMount");
	refused("procMount", PSA_BASELINE, 35,
	    USERNS("\"procMount\":\"Unmasked\""), "");
	refused("procMount", PSA_BASELINE, 35,
	    SECURITY("\"procMount\":\"Unmasked\""), C "procMount");
	refused("procMount", PSA_BASELINE, 35,
	    SECURITY("\"procMount\":\"Default\""), "");
	refused("procMount_restricted", PSA_RESTRICTED, 35,
	    USERNS("\"procMount\":\"Unmasked\""), C "procMount");
	refused("procMount_restricted", PSA_RESTRICTED, 35,
	    SECURITY("\"procMount\":\"Default\""), "");
	refused("procMount_restricted", PSA_RESTRICTED, 34,
	    SECURITY("\"procMount\":\"Unmasked\""), "");
	for (i = 0; i < sizeof sources / sizeof *sources; i++) {
		(void)snprintf(text, sizeof text,
		    POD("\"volumes\":[{\"name\":\"v\",\"%s\":{}}],",
		        "\"image\":\"i\""),
		    sources[i]);
		refused("restrictedVolumes", PSA_RESTRICTED, 30, text, "");
	}
	refused("restrictedVolumes", PSA_RESTRICTED, 30,
	    POD("\"volumes\":[{\"name\":\"v\"},{\"name\":\"w\",\"nfs\":{}}],",
	        "\"image\":\"i\""),
	    "spec.volumes[1].nfs");
	refused("hostPathVolumes", PSA_RESTRICTED, 30,
	    POD("\"volumes\":[{\"name\":\"w\",\"hostPath\":{}}],",
	        "\"image\":\"i\""),
	    "");
}

/* Who it runs as, for the pod or for a container. */
static void
users(void)
{
	refused("runAsNonRoot", PSA_RESTRICTED, 30, POD("", "\"image\":\"i\""),
	    C "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 30,
	    WHOLE("\"runAsNonRoot\":true"), "");
	refused("runAsNonRoot", PSA_RESTRICTED, 30,
	    WHOLE("\"runAsNonRoot\":false"), S "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 30,
	    POD("\"securityContext\":{\"runAsNonRoot\":true},",
	        "\"securityContext\":{\"runAsNonRoot\":false}"),
	    C "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 30,
	    SECURITY("\"runAsNonRoot\":true"), "");
	refused("runAsNonRoot", PSA_RESTRICTED, 34,
	    USERNS("\"runAsNonRoot\":false"), C "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 35,
	    USERNS("\"runAsNonRoot\":false"), "");
	refused("runAsUser", PSA_RESTRICTED, 23, SECURITY("\"runAsUser\":0"),
	    C "runAsUser");
	refused("runAsUser", PSA_RESTRICTED, 22, SECURITY("\"runAsUser\":0"),
	    "");
	refused("runAsUser", PSA_RESTRICTED, 23, SECURITY("\"runAsUser\":1"),
	    "");
	refused("runAsUser", PSA_RESTRICTED, 23, WHOLE("\"runAsUser\":0"),
	    S "runAsUser");
	refused("runAsUser", PSA_RESTRICTED, 35, USERNS("\"runAsUser\":0"), "");
	refused("runAsUser", PSA_RESTRICTED, 34, USERNS("\"runAsUser\":0"),
	    C "runAsUser");
	refused("seccompProfile_restricted", PSA_RESTRICTED, 19,
	    POD("", "\"image\":\"i\""), C "seccompProfile.type");
	refused("seccompProfile_restricted", PSA_RESTRICTED, 18,
	    POD("", "\"image\":\"i\""), "");
	refused("seccompProfile_restricted", PSA_RESTRICTED, 24,
	    WINDOWS("\"image\":\"i\""), C "seccompProfile.type");
	refused("seccompProfile_restricted", PSA_RESTRICTED, 25,
	    WINDOWS("\"image\":\"i\""), "");
	refused("seccompProfile_restricted", PSA_RESTRICTED, 30,
	    WHOLE("\"seccompProfile\":{\"type\":\"Localhost\"}"), "");
	refused("seccompProfile_restricted", PSA_RESTRICTED, 30,
	    SECURITY("\"seccompProfile\":{\"type\":\"RuntimeDefault\"}"), "");
}

/* What a violation carries. */
static void
violation(const char *text, const char *must, const char *value,
    const char *name)
{
	struct psa_policy policy = {PSA_RESTRICTED, 37};
	struct psa_report report = {0};
	struct json *pod = json_parse(text, strlen(text));
	const struct psa_violation *v;

	OK(psa_judge(&report, "pod", NULL, json_get(pod, "spec"), policy) == 0);
	OK(report.n > 0);
	if (report.n > 0) {
		v = &report.violations[0];
		OK_STR(v->must, must);
		OK(value == NULL ? v->value == NULL
		                 : strcmp(v->value, value) == 0);
		OK(name == NULL ? v->name == NULL : strcmp(v->name, name) == 0);
	}
	psa_report_free(&report);
	json_free(pod);
}

static void
words(void)
{
	violation(POD("\"hostPID\":true,", "\"image\":\"i\""),
	    "must be false, or not set", "true", NULL);
	violation(POD("\"initContainers\":[{\"name\":\"i\"},{\"name\":\"j\","
	              "\"securityContext\":{\"privileged\":true}}],",
	              "\"image\":\"i\""),
	    "must be false, or not set", "true", "j");
	violation(POD("", "\"ports\":[{\"hostPort\":7}]"), "must be 0", "7",
	    "a");
	violation(WHOLE("\"seLinuxOptions\":{\"user\":\"u\"}"),
	    "must not be set", "\"u\"", NULL);
	violation(WHOLE("\"appArmorProfile\":{\"type\":\"x\"}"),
	    "must be \"RuntimeDefault\" or \"Localhost\", or not set", "\"x\"",
	    NULL);
	violation(WHOLE("\"seLinuxOptions\":{\"type\":\"x\"}"),
	    "must be \"container_t\", \"container_init_t\", "
	    "\"container_kvm_t\" or \"container_engine_t\", or not set",
	    "\"x\"", NULL);
	violation(SECURITY("\"allowPrivilegeEscalation\":false"),
	    "must include \"ALL\"", NULL, "a");
}

/* Where it is set wrong, nobody who did not set it is named. */
static void
implicit(void)
{
	refused("runAsNonRoot", PSA_RESTRICTED, 7,
	    SECURITY("\"runAsNonRoot\":false"), C "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 7,
	    WHOLE("\"runAsNonRoot\":false"), S "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 7,
	    POD("\"securityContext\":{\"runAsNonRoot\":false},",
	        "\"securityContext\":{\"runAsNonRoot\":false}"),
	    S "runAsNonRoot " C "runAsNonRoot");
	refused("runAsNonRoot", PSA_RESTRICTED, 7, POD("", "\"image\":\"i\""),
	    C "runAsNonRoot");
}

/* What is not a pod, and names of levels and versions. */
static void
parse(void)
{
	enum psa_level level = PSA_RESTRICTED;
	int minor = 1;

	OK_STR(fields(PSA_BASELINE, 30, SECURITY("\"privileged\":1"), NULL),
	    "no pod");
	OK_STR(fields(PSA_BASELINE, 30, WHOLE("\"sysctls\":[{\"name\":1}]"),
	           NULL),
	    "no pod");
	OK_STR(fields(PSA_RESTRICTED, 30,
	           SECURITY("\"capabilities\":{\"drop\":[1]}"), NULL),
	    "no pod");
	OK_STR(fields(PSA_RESTRICTED, 30, SECURITY("\"runAsUser\":\"0\""),
	           NULL),
	    "no pod");
	OK_STR(fields(PSA_RESTRICTED, 30, SECURITY("\"runAsUser\":0.5"), NULL),
	    "no pod");
	OK_STR(fields(PSA_BASELINE, 30, POD("", "\"image\":1"), NULL),
	    "no pod");
	OK_STR(fields(PSA_BASELINE, 30,
	           "{\"metadata\":{\"name\":1},\"spec\":{\"containers\":[{}]}}",
	           NULL),
	    "no pod");
	/* null is what is not there */
	OK_STR(fields(PSA_BASELINE, 30, SECURITY("\"privileged\":null"), NULL),
	    "");
	OK_STR(fields(PSA_PRIVILEGED, 30, SECURITY("\"privileged\":true"),
	           NULL),
	    "");
	OK(psa_level_parse(&level, "baseline") == 0 && level == PSA_BASELINE);
	OK(psa_level_parse(&level, "privileged") == 0 &&
	    level == PSA_PRIVILEGED);
	OK(psa_level_parse(&level, "restricted") == 0 &&
	    level == PSA_RESTRICTED);
	OK(psa_level_parse(&level, "restrict") < 0);
	OK_STR(psa_level_name(PSA_BASELINE), "baseline");
	OK(psa_version_parse(&minor, "latest") == 0 && minor == PSA_LATEST);
	OK(psa_version_parse(&minor, "v1.0") == 0 && minor == 0);
	OK(psa_version_parse(&minor, "1.29") == 0 && minor == 29);
	OK(psa_version_parse(&minor, "v1.99") == 0 && minor == PSA_LATEST);
	OK(psa_version_parse(&minor, "v2.1") < 0);
	OK(psa_version_parse(&minor, "v1.") < 0);
	OK(psa_version_parse(&minor, "1.x") < 0);
	OK(psa_version_parse(&minor, "") < 0);
}

/* One finding that does not count takes no others with it. */
static void
drop(void)
{
	static const char text[] = SECURITY("\"privileged\":true");
	struct psa_policy policy = {PSA_RESTRICTED, 37};
	struct psa_report report = {0};
	struct json *pod = json_parse(text, strlen(text));
	size_t before, i;

	OK(psa_judge(&report, "pod", NULL, json_get(pod, "spec"), policy) == 0);
	before = report.n;
	psa_report_drop(&report, "runAsNonRoot");
	OK(report.n == before - 1);
	for (i = 0; i < report.n; i++)
		CHECK(strcmp(report.violations[i].check->id, "runAsNonRoot") !=
		        0,
		    report.violations[i].check->id);
	psa_report_drop(&report, "hostPorts");
	OK(report.n == before - 1);
	psa_report_free(&report);
	json_free(pod);
}

int
main(void)
{
	baseline();
	versions();
	labels();
	annotations();
	restricted();
	users();
	words();
	implicit();
	parse();
	drop();
	return tap_done();
}
