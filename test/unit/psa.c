/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards, row by row: the value that is refused, the one
 * that is not, the first and the last version that say so.
 */
#include "psa/psa.h"

#include <stdlib.h>

#include "base/json.h"
#include "tap.h"

/* Judge a pod; "FIELD FIELD..." of what is wrong by the check `id` alone. */
static const char *
fields(enum psa_level level, int minor, const char *text, const char *id)
{
	static char list[2048];
	struct json *pod = json_parse(text, strlen(text));
	struct json *all = psa_judge("pod", "", json_get(pod, "metadata"),
	    json_get(pod, "spec"), (struct psa_policy){level, minor});
	const struct json *v;
	size_t n = 0;

	snprintf(list, sizeof list, "%s", all == NULL ? "no pod" : "");
	for (v = json_first(all); v != NULL; v = json_next(v))
		if (id == NULL || strcmp(json_get_text(v, "check"), id) == 0)
			n += (size_t)snprintf(list + n, sizeof list - n, "%s%s",
			    n > 0 ? " " : "", json_get_text(v, "field"));
	json_free(all);
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

#define B PSA_BASELINE
#define R PSA_RESTRICTED
/* Annotations, of which some name a container. */
#define NOTED(key, value) \
	"{\"metadata\":{\"annotations\":{\"" key "\":\"" value "\"}}," \
	"\"spec\":{\"containers\":[{\"name\":\"a\"}]}}"
#define APPARMOR "container.apparmor.security.beta.kubernetes.io/"
#define SECCOMP "seccomp.security.alpha.kubernetes.io/"

#define WINDOWS(text) POD("\"os\":{\"name\":\"windows\"},", text)
#define USERNS(text) \
	POD("\"hostUsers\":false,", "\"securityContext\":{" text "}")

static const struct {
	const char *id;
	enum psa_level level;
	int minor;
	const char *pod, *wanted; /* the fields that are refused */
} cases[] = {
    {"appArmorProfile", B, 30,
        SECURITY("\"appArmorProfile\":{\"type\":\"Unconfined\"}"),
        C "appArmorProfile.type"},
    {"appArmorProfile", B, 30, WHOLE("\"appArmorProfile\":{\"type\":\"x\"}"),
        S "appArmorProfile.type"},
    {"appArmorProfile", B, 30, WHOLE("\"appArmorProfile\":{}"),
        S "appArmorProfile.type"},
    {"appArmorProfile", B, 30,
        WHOLE("\"appArmorProfile\":{\"type\":\"Localhost\"}"), ""},
    {"appArmorProfile", B, 30,
        WHOLE("\"appArmorProfile\":{\"type\":\"RuntimeDefault\"}"), ""},
    {"capabilities_baseline", B, 30,
        SECURITY("\"capabilities\":{\"add\":[\"KILL\",\"SYS_ADMIN\"]}"),
        C "capabilities.add[1]"},
    {"hostNamespaces", B, 30,
        POD("\"hostNetwork\":true,\"hostPID\":true,\"hostIPC\":true,",
            "\"image\":\"i\""),
        "spec.hostNetwork spec.hostPID spec.hostIPC"},
    {"hostNamespaces", B, 30, POD("\"hostNetwork\":false,", "\"image\":\"i\""),
        ""},
    {"hostPathVolumes", B, 30,
        POD("\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}},{\"name\":\"w\",\"hostPath\":{\"path\":\"/\"}}],",
            "\"image\":\"i\""),
        "spec.volumes[1].hostPath"},
    {"hostPorts", B, 30,
        POD("",
            "\"ports\":[{\"hostPort\":0},{\"hostPort\":80},{\"containerPort\":8}]"),
        "spec.containers[0].ports[1].hostPort"},
    {"hostProbesAndHostLifecycle", B, 34,
        POD("",
            "\"lifecycle\":{\"postStart\":{\"httpGet\":{\"host\":\"h\"},\"tcpSocket\":{\"host\":\"\"}},\"preStop\":{\"httpGet\":{\"host\":\"\"},\"tcpSocket\":{\"host\":\"h\"}}}"),
        "spec.containers[0].lifecycle.postStart.httpGet.host spec.containers[0].lifecycle.preStop.tcpSocket.host"},
    {"hostProbesAndHostLifecycle", B, 34,
        POD("",
            "\"lifecycle\":{\"postStart\":{\"tcpSocket\":{\"host\":\"h\"}},\"preStop\":{\"httpGet\":{\"host\":\"h\"}}}"),
        "spec.containers[0].lifecycle.postStart.tcpSocket.host spec.containers[0].lifecycle.preStop.httpGet.host"},
    {"privileged", B, 30, SECURITY("\"privileged\":true"), C "privileged"},
    {"privileged", B, 30, SECURITY("\"privileged\":false"), ""},
    {"windowsHostProcess", B, 30,
        SECURITY("\"windowsOptions\":{\"hostProcess\":true}"),
        C "windowsOptions.hostProcess"},
    {"windowsHostProcess", B, 30,
        WHOLE("\"windowsOptions\":{\"hostProcess\":true}"),
        S "windowsOptions.hostProcess"},
    {"windowsHostProcess", B, 30,
        WHOLE("\"windowsOptions\":{\"hostProcess\":false}"), ""},
    {"sysctls", B, 37, WHOLE("\"sysctls\":[{\"value\":\"1\"}]"),
        S "sysctls[0].name"},
    {"seLinuxOptions", B, 31,
        WHOLE(
            "\"seLinuxOptions\":{\"type\":\"t\",\"user\":\"u\",\"role\":\"r\"}"),
        S "seLinuxOptions.type " S "seLinuxOptions.user " S
          "seLinuxOptions.role"},
    {"seLinuxOptions", B, 31,
        SECURITY("\"seLinuxOptions\":{\"user\":\"u\",\"role\":\"r\"}"),
        C "seLinuxOptions.user " C "seLinuxOptions.role"},
    {"seccompProfile_baseline", B, 19,
        SECURITY("\"seccompProfile\":{\"type\":\"Unconfined\"}"),
        C "seccompProfile.type"},
    {"seccompProfile_baseline", B, 18,
        SECURITY("\"seccompProfile\":{\"type\":\"Unconfined\"}"), ""},
    {"seccompProfile_baseline", B, 19, WHOLE("\"seccompProfile\":{}"),
        S "seccompProfile.type"},
    {"seccompProfile_baseline", B, 19,
        WHOLE("\"seccompProfile\":{\"type\":\"RuntimeDefault\"}"), ""},
    {"seccompProfile_baseline", B, 19,
        WHOLE("\"seccompProfile\":{\"type\":\"Localhost\"}"), ""},
    {"appArmorProfile", B, 30, NOTED(APPARMOR "x", "un"),
        "metadata.annotations[" APPARMOR "x]"},
    {"appArmorProfile", B, 30, NOTED(APPARMOR "x", ""), ""},
    {"appArmorProfile", B, 30, NOTED(APPARMOR "x", "runtime/default"), ""},
    {"appArmorProfile", B, 30, NOTED(APPARMOR "x", "localhost/y"), ""},
    {"appArmorProfile", B, 30, NOTED("other/x", "un"), ""},
    {"seccompProfile_baseline", B, 18, NOTED(SECCOMP "pod", "unconfined"),
        "metadata.annotations[" SECCOMP "pod]"},
    {"seccompProfile_baseline", B, 19, NOTED(SECCOMP "pod", "unconfined"), ""},
    {"seccompProfile_baseline", B, 18, NOTED(SECCOMP "pod", "runtime/default"),
        ""},
    {"seccompProfile_baseline", B, 18, NOTED(SECCOMP "pod", "docker/default"),
        ""},
    {"seccompProfile_baseline", B, 18, NOTED(SECCOMP "pod", "localhost/p"), ""},
    {"seccompProfile_baseline", B, 18,
        NOTED("container." SECCOMP "a", "unconfined"),
        "metadata.annotations[container." SECCOMP "a]"},
    {"seccompProfile_baseline", B, 18,
        NOTED("container." SECCOMP "b", "unconfined"), ""},
    {"allowPrivilegeEscalation", R, 8,
        SECURITY("\"allowPrivilegeEscalation\":true"),
        C "allowPrivilegeEscalation"},
    {"allowPrivilegeEscalation", R, 8, POD("", "\"image\":\"i\""),
        C "allowPrivilegeEscalation"},
    {"allowPrivilegeEscalation", R, 8,
        SECURITY("\"allowPrivilegeEscalation\":false"), ""},
    {"allowPrivilegeEscalation", R, 7, POD("", "\"image\":\"i\""), ""},
    {"allowPrivilegeEscalation", R, 24, WINDOWS("\"image\":\"i\""),
        C "allowPrivilegeEscalation"},
    {"allowPrivilegeEscalation", R, 25, WINDOWS("\"image\":\"i\""), ""},
    {"capabilities_restricted", R, 22,
        SECURITY(
            "\"capabilities\":{\"drop\":[\"KILL\"],\"add\":[\"CHOWN\",\"NET_BIND_SERVICE\"]}"),
        C "capabilities.drop " C "capabilities.add[0]"},
    {"capabilities_restricted", R, 22,
        SECURITY("\"capabilities\":{\"drop\":[\"KILL\",\"ALL\"]}"), ""},
    {"capabilities_restricted", R, 21, POD("", "\"image\":\"i\""), ""},
    {"capabilities_restricted", R, 25,
        WINDOWS("\"securityContext\":{\"capabilities\":{\"add\":[\"CHOWN\"]}}"),
        ""},
    {"capabilities_baseline", R, 22,
        SECURITY("\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}"), ""},
    {"capabilities_baseline", R, 21,
        SECURITY("\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}"),
        C "capabilities.add[0]"},
    {"procMount", B, 34, USERNS("\"procMount\":\"Unmasked\""), C "procMount"},
    {"procMount", B, 35, USERNS("\"procMount\":\"Unmasked\""), ""},
    {"procMount", B, 35, SECURITY("\"procMount\":\"Unmasked\""), C "procMount"},
    {"procMount", B, 35, SECURITY("\"procMount\":\"Default\""), ""},
    {"procMount_restricted", R, 35, USERNS("\"procMount\":\"Unmasked\""),
        C "procMount"},
    {"procMount_restricted", R, 35, SECURITY("\"procMount\":\"Default\""), ""},
    {"procMount_restricted", R, 34, SECURITY("\"procMount\":\"Unmasked\""), ""},
    {"restrictedVolumes", R, 30,
        POD("\"volumes\":[{\"name\":\"v\"},{\"name\":\"w\",\"nfs\":{}}],",
            "\"image\":\"i\""),
        "spec.volumes[1].nfs"},
    {"hostPathVolumes", R, 30,
        POD("\"volumes\":[{\"name\":\"w\",\"hostPath\":{}}],",
            "\"image\":\"i\""),
        ""},
    {"runAsNonRoot", R, 30, POD("", "\"image\":\"i\""), C "runAsNonRoot"},
    {"runAsNonRoot", R, 30, WHOLE("\"runAsNonRoot\":true"), ""},
    {"runAsNonRoot", R, 30, WHOLE("\"runAsNonRoot\":false"), S "runAsNonRoot"},
    {"runAsNonRoot", R, 30,
        POD("\"securityContext\":{\"runAsNonRoot\":true},",
            "\"securityContext\":{\"runAsNonRoot\":false}"),
        C "runAsNonRoot"},
    {"runAsNonRoot", R, 30, SECURITY("\"runAsNonRoot\":true"), ""},
    {"runAsNonRoot", R, 34, USERNS("\"runAsNonRoot\":false"), C "runAsNonRoot"},
    {"runAsNonRoot", R, 35, USERNS("\"runAsNonRoot\":false"), ""},
    {"runAsUser", R, 23, SECURITY("\"runAsUser\":0"), C "runAsUser"},
    {"runAsUser", R, 22, SECURITY("\"runAsUser\":0"), ""},
    {"runAsUser", R, 23, SECURITY("\"runAsUser\":1"), ""},
    {"runAsUser", R, 23, WHOLE("\"runAsUser\":0"), S "runAsUser"},
    {"runAsUser", R, 35, USERNS("\"runAsUser\":0"), ""},
    {"runAsUser", R, 34, USERNS("\"runAsUser\":0"), C "runAsUser"},
    {"seccompProfile_restricted", R, 19, POD("", "\"image\":\"i\""),
        C "seccompProfile.type"},
    {"seccompProfile_restricted", R, 18, POD("", "\"image\":\"i\""), ""},
    {"seccompProfile_restricted", R, 24, WINDOWS("\"image\":\"i\""),
        C "seccompProfile.type"},
    {"seccompProfile_restricted", R, 25, WINDOWS("\"image\":\"i\""), ""},
    {"seccompProfile_restricted", R, 30,
        WHOLE("\"seccompProfile\":{\"type\":\"Localhost\"}"), ""},
    {"seccompProfile_restricted", R, 30,
        SECURITY("\"seccompProfile\":{\"type\":\"RuntimeDefault\"}"), ""},
    {"runAsNonRoot", R, 7, SECURITY("\"runAsNonRoot\":false"),
        C "runAsNonRoot"},
    {"runAsNonRoot", R, 7, WHOLE("\"runAsNonRoot\":false"), S "runAsNonRoot"},
    {"runAsNonRoot", R, 7,
        POD("\"securityContext\":{\"runAsNonRoot\":false},",
            "\"securityContext\":{\"runAsNonRoot\":false}"),
        S "runAsNonRoot " C "runAsNonRoot"},
    {"runAsNonRoot", R, 7, POD("", "\"image\":\"i\""), C "runAsNonRoot"},
};

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

	for (i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
		(void)snprintf(text, sizeof text,
		    SECURITY("\"capabilities\":{\"add\":[\"%s\"]}"),
		    capabilities[i]);
		refused("capabilities_baseline", PSA_BASELINE, 30, text, "");
	}
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
}

static void
restricted(void)
{
	static const char *const sources[] = {"configMap", "csi", "downwardAPI",
	    "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
	    "projected", "secret"};
	char text[256];
	size_t i;

	/* the stricter one stands for the other */
	for (i = 0; i < sizeof sources / sizeof *sources; i++) {
		(void)snprintf(text, sizeof text,
		    POD("\"volumes\":[{\"name\":\"v\",\"%s\":{}}],",
		        "\"image\":\"i\""),
		    sources[i]);
		refused("restrictedVolumes", PSA_RESTRICTED, 30, text, "");
	}
}

/* What a violation carries. */
static void
violation(const char *text, const char *must, const char *value,
    const char *name)
{
	struct json *pod = json_parse(text, strlen(text));
	struct json *all = psa_judge("pod", "", NULL, json_get(pod, "spec"),
	    (struct psa_policy){PSA_RESTRICTED, 37});
	const struct json *v = json_first(all);
	char *is = json_print(json_get(v, "value"), JSON_COMPACT);

	OK_STR(json_get_text(v, "must"), must);
	OK_STR(is != NULL ? is : "", value != NULL ? value : "");
	OK_STR(json_get_text(v, json_has(v, "volume") ? "volume" : "container"),
	    name != NULL ? name : "");
	free(is);
	json_free(all);
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

/* What is not a pod, and names of levels and versions. */
static void
parse(void)
{
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
	OK_STR(psa_level_name(PSA_BASELINE), "baseline");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		refused(cases[i].id, cases[i].level, cases[i].minor,
		    cases[i].pod, cases[i].wanted);
	baseline();
	versions();
	labels();
	restricted();
	words();
	parse();
	return tap_done();
}
