/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards as a table of checks.
 */
#include "psa/psatable.h"

/* clang-format off */

/*
 * kubernetes.io/docs/concepts/security/pod-security-standards, in the order
 * of the API server's messages: baseline first, then by id.
 */
const struct psa_check psatable[] = {
{
	.id = "appArmorProfile", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.appArmorProfile.type",
	    "*.securityContext.appArmorProfile.type"},
	.whole = true, .values = {{"RuntimeDefault", 0}, {"Localhost", 0}},
}, {
	.id = "appArmorProfile", .level = PSA_BASELINE,
	.fields = {"container.apparmor.security.beta.kubernetes.io/*"},
	.values = {{"", 0}, {"runtime/default", 0}, {"localhost/*", 0}},
}, {
	.id = "capabilities_baseline", .level = PSA_BASELINE,
	.fields = {"*.securityContext.capabilities.add[]"},
	.values = {{"AUDIT_WRITE", 0}, {"CHOWN", 0}, {"DAC_OVERRIDE", 0},
	    {"FOWNER", 0}, {"FSETID", 0}, {"KILL", 0}, {"MKNOD", 0},
	    {"NET_BIND_SERVICE", 0}, {"SETFCAP", 0}, {"SETGID", 0},
	    {"SETPCAP", 0}, {"SETUID", 0}, {"SYS_CHROOT", 0}},
}, {
	.id = "hostNamespaces", .level = PSA_BASELINE,
	.fields = {"spec.hostNetwork", "spec.hostPID", "spec.hostIPC"},
	.type = PSA_BOOL, .values = {{"false", 0}},
}, {
	.id = "hostPathVolumes", .level = PSA_BASELINE,
	.fields = {"spec.volumes[].hostPath"},
	.type = PSA_ANY,
}, {
	.id = "hostPorts", .level = PSA_BASELINE,
	.fields = {"*.ports[].hostPort"},
	.type = PSA_NUMBER, .values = {{"0", 0}},
}, {
	.id = "hostProbesAndHostLifecycle", .level = PSA_BASELINE, .from = 34,
	.fields = {"*.livenessProbe.httpGet.host",
	    "*.livenessProbe.tcpSocket.host",
	    "*.readinessProbe.httpGet.host",
	    "*.readinessProbe.tcpSocket.host",
	    "*.startupProbe.httpGet.host", "*.startupProbe.tcpSocket.host",
	    "*.lifecycle.postStart.httpGet.host",
	    "*.lifecycle.postStart.tcpSocket.host",
	    "*.lifecycle.preStop.httpGet.host",
	    "*.lifecycle.preStop.tcpSocket.host"},
	.values = {{"", 0}},
}, {
	.id = "privileged", .level = PSA_BASELINE,
	.fields = {"*.securityContext.privileged"},
	.type = PSA_BOOL, .values = {{"false", 0}},
}, {
	.id = "procMount", .level = PSA_BASELINE, .userns = 35,
	.fields = {"*.securityContext.procMount"},
	.values = {{"Default", 0}},
}, {
	.id = "seLinuxOptions", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.seLinuxOptions.type",
	    "*.securityContext.seLinuxOptions.type"},
	.values = {{"", 0}, {"container_t", 0}, {"container_init_t", 0},
	    {"container_kvm_t", 0}, {"container_engine_t", 31}},
}, {
	.id = "seLinuxOptions", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.seLinuxOptions.user",
	    "*.securityContext.seLinuxOptions.user",
	    "spec.securityContext.seLinuxOptions.role",
	    "*.securityContext.seLinuxOptions.role"},
	.values = {{"", 0}},
}, {
	.id = "seccompProfile_baseline", .level = PSA_BASELINE, .until = 18,
	.fields = {"seccomp.security.alpha.kubernetes.io/pod",
	    "container.seccomp.security.alpha.kubernetes.io/@"},
	.values = {{"runtime/default", 0}, {"docker/default", 0},
	    {"localhost/*", 0}},
}, {
	.id = "seccompProfile_baseline", .level = PSA_BASELINE, .from = 19,
	.fields = {"spec.securityContext.seccompProfile.type",
	    "*.securityContext.seccompProfile.type"},
	.whole = true, .values = {{"RuntimeDefault", 0}, {"Localhost", 0}},
}, {
	.id = "sysctls", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.sysctls[].name"},
	.whole = true, .values = {{"kernel.shm_rmid_forced", 0},
	    {"net.ipv4.ip_local_port_range", 0},
	    {"net.ipv4.tcp_syncookies", 0},
	    {"net.ipv4.ping_group_range", 0},
	    {"net.ipv4.ip_unprivileged_port_start", 0},
	    {"net.ipv4.ip_local_reserved_ports", 27},
	    {"net.ipv4.tcp_keepalive_time", 29},
	    {"net.ipv4.tcp_fin_timeout", 29},
	    {"net.ipv4.tcp_keepalive_intvl", 29},
	    {"net.ipv4.tcp_keepalive_probes", 29},
	    {"net.ipv4.tcp_rmem", 32}, {"net.ipv4.tcp_wmem", 32},
	    {"net.ipv4.tcp_slow_start_after_idle", 37},
	    {"net.ipv4.tcp_notsent_lowat", 37}},
}, {
	.id = "windowsHostProcess", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.windowsOptions.hostProcess",
	    "*.securityContext.windowsOptions.hostProcess"},
	.type = PSA_BOOL, .values = {{"false", 0}},
}, {
	.id = "allowPrivilegeEscalation", .level = PSA_RESTRICTED, .from = 8,
	.windows = 25,
	.fields = {"*.securityContext.allowPrivilegeEscalation"},
	.type = PSA_BOOL, .rule = PSA_REQUIRE, .values = {{"false", 0}},
}, {
	.id = "capabilities_restricted", .level = PSA_RESTRICTED, .from = 22,
	.windows = 25, .overrides = "capabilities_baseline",
	.fields = {"*.securityContext.capabilities.drop"},
	.type = PSA_LIST, .rule = PSA_INCLUDE, .values = {{"ALL", 0}},
}, {
	.id = "capabilities_restricted", .level = PSA_RESTRICTED, .from = 22,
	.windows = 25, .overrides = "capabilities_baseline",
	.fields = {"*.securityContext.capabilities.add[]"},
	.values = {{"NET_BIND_SERVICE", 0}},
}, {
	.id = "procMount_restricted", .level = PSA_RESTRICTED, .from = 35,
	.overrides = "procMount",
	.fields = {"*.securityContext.procMount"},
	.values = {{"Default", 0}},
}, {
	.id = "restrictedVolumes", .level = PSA_RESTRICTED,
	.overrides = "hostPathVolumes",
	.fields = {"spec.volumes[]"},
	.type = PSA_ANY, .rule = PSA_VOLUMES,
	.values = {{"configMap", 0}, {"csi", 0}, {"downwardAPI", 0},
	    {"emptyDir", 0}, {"ephemeral", 0}, {"image", 0},
	    {"persistentVolumeClaim", 0}, {"projected", 0}, {"secret", 0}},
}, {
	.id = "runAsNonRoot", .level = PSA_RESTRICTED, .userns = 35,
	.fields = {"spec.securityContext.runAsNonRoot",
	    "*.securityContext.runAsNonRoot"},
	.type = PSA_BOOL, .rule = PSA_INHERIT, .values = {{"true", 0}},
}, {
	.id = "runAsUser", .level = PSA_RESTRICTED, .from = 23, .userns = 35,
	.fields = {"spec.securityContext.runAsUser",
	    "*.securityContext.runAsUser"},
	.type = PSA_NUMBER, .rule = PSA_DENY, .values = {{"0", 0}},
}, {
	.id = "seccompProfile_restricted", .level = PSA_RESTRICTED, .from = 19,
	.windows = 25, .overrides = "seccompProfile_baseline",
	.fields = {"spec.securityContext.seccompProfile.type",
	    "*.securityContext.seccompProfile.type"},
	.rule = PSA_INHERIT, .whole = true,
	.values = {{"RuntimeDefault", 0}, {"Localhost", 0}},
}, {
	.id = NULL,
},
};
/* clang-format on */
