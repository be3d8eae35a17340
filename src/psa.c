/* SPDX-License-Identifier: Apache-2.0 */
#include "psa.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "msg.h"

enum {
	FIELDS_MAX = 11,
	VALUES_MAX = 15,
	PATH_LEN = 512
};

enum rule {
	ALLOW, /* where it is set, it must be one of the values */
	DENY, /* where it is set, it must be none of the values */
	REQUIRE, /* it must be set, to one of the values */
	INHERIT, /* so it must, in the pod (1st field) or container (2nd) */
	INCLUDE, /* this list must have the value in it */
	VOLUME /* this volume must be one of the values */
};

enum type {
	BOOL,
	NUMBER,
	STRING,
	LIST,
	ANY
};

/* A value, and the first policy version that has it. */
struct value {
	const char *text; /* a final '*' stands for anything */
	int from;
};

/*
 * One check of the standard, or a part of it: consecutive rows with one id
 * and no `detail` of their own share the message of the first.
 *
 * Fields: "*." is each container, init and ephemeral ones too; "[]" is each
 * element of a list; an annotation's name may end in any text ('*') or in
 * the name of one of the containers ('@').
 *
 * reason, detail, unset and note are what the API server says:
 *	%s pod, containers, annotations at fault   %v values, quoted, sorted
 *	%c containers or volumes at fault          %w values, sorted
 *	%C the same, sorted                        %l values, in order
 *	%f fields with their values                %n the notes of the rows
 * after %c and %v, "{one|several}" is one of the two words instead.
 */
struct psa_check {
	const char *id;
	enum psa_level level;
	enum type type;
	enum rule rule;
	bool whole; /* where its object is there, the field must be as well */
	int from; /* first policy version 1.N that has it */
	int until; /* the last one; 0: still there */
	int windows; /* Windows pods are exempt from this version on; 0: no */
	int userns; /* likewise pods in a user namespace */
	const char *overrides; /* baseline check that this one stands for */
	const char *fields[FIELDS_MAX];
	struct value values[VALUES_MAX];
	const char *reason;
	const char *detail;
	const char *unset; /* INHERIT: detail where nobody set it */
	const char *note;
};

/* clang-format off */

/*
 * kubernetes.io/docs/concepts/security/pod-security-standards, in the order
 * of the messages: baseline first, then by id.
 */
static const struct psa_check checks[] = {
{
	.id = "appArmorProfile", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.appArmorProfile.type",
	    "*.securityContext.appArmorProfile.type"},
	.type = STRING, .rule = ALLOW, .whole = true,
	.values = {{"RuntimeDefault"}, {"Localhost"}},
	.reason = "%v{forbidden AppArmor profile|forbidden AppArmor profiles}",
	.detail = "%s must not set AppArmor profile type to %v",
}, {
	.id = "appArmorProfile", .level = PSA_BASELINE,
	.fields = {"container.apparmor.security.beta.kubernetes.io/*"},
	.type = STRING, .rule = ALLOW,
	.values = {{""}, {"runtime/default"}, {"localhost/*"}},
}, {
	.id = "capabilities_baseline", .level = PSA_BASELINE,
	.fields = {"*.securityContext.capabilities.add[]"},
	.type = STRING, .rule = ALLOW,
	.values = {{"AUDIT_WRITE"}, {"CHOWN"}, {"DAC_OVERRIDE"}, {"FOWNER"},
	    {"FSETID"}, {"KILL"}, {"MKNOD"}, {"NET_BIND_SERVICE"},
	    {"SETFCAP"}, {"SETGID"}, {"SETPCAP"}, {"SETUID"},
	    {"SYS_CHROOT"}},
	.reason = "non-default capabilities",
	.detail = "%c must not include %v in securityContext.capabilities.add",
}, {
	.id = "hostNamespaces", .level = PSA_BASELINE,
	.fields = {"spec.hostNetwork", "spec.hostPID", "spec.hostIPC"},
	.type = BOOL, .rule = ALLOW, .values = {{"false"}},
	.reason = "host namespaces", .detail = "%f",
}, {
	.id = "hostPathVolumes", .level = PSA_BASELINE,
	.fields = {"spec.volumes[].hostPath"},
	.type = ANY, .rule = ALLOW,
	.reason = "hostPath volumes", .detail = "%c",
}, {
	.id = "hostPorts", .level = PSA_BASELINE,
	.fields = {"*.ports[].hostPort"},
	.type = NUMBER, .rule = ALLOW, .values = {{"0"}},
	.reason = "hostPort",
	.detail = "%c %c{uses|use} %v{hostPort|hostPorts} %w",
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
	.type = STRING, .rule = ALLOW, .values = {{""}},
	.reason = "probe or lifecycle host",
	.detail = "%C %C{uses|use} "
	    "%v{probe or lifecycle host|probe or lifecycle hosts} %v",
}, {
	.id = "privileged", .level = PSA_BASELINE,
	.fields = {"*.securityContext.privileged"},
	.type = BOOL, .rule = ALLOW, .values = {{"false"}},
	.reason = "privileged",
	.detail = "%c must not set securityContext.privileged=true",
}, {
	.id = "procMount", .level = PSA_BASELINE, .userns = 35,
	.fields = {"*.securityContext.procMount"},
	.type = STRING, .rule = ALLOW, .values = {{"Default"}},
	.reason = "procMount",
	.detail = "%c must not set securityContext.procMount to %v",
}, {
	.id = "seLinuxOptions", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.seLinuxOptions.type",
	    "*.securityContext.seLinuxOptions.type"},
	.type = STRING, .rule = ALLOW,
	.values = {{""}, {"container_t"}, {"container_init_t"},
	    {"container_kvm_t"}, {"container_engine_t", 31}},
	.reason = "seLinuxOptions",
	.detail = "%s set forbidden securityContext.seLinuxOptions: %n",
	.note = "%v{type|types} %v",
}, {
	.id = "seLinuxOptions", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.seLinuxOptions.user",
	    "*.securityContext.seLinuxOptions.user"},
	.type = STRING, .rule = ALLOW, .values = {{""}},
	.note = "user may not be set",
}, {
	.id = "seLinuxOptions", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.seLinuxOptions.role",
	    "*.securityContext.seLinuxOptions.role"},
	.type = STRING, .rule = ALLOW, .values = {{""}},
	.note = "role may not be set",
}, {
	.id = "seccompProfile_baseline", .level = PSA_BASELINE, .until = 18,
	.fields = {"seccomp.security.alpha.kubernetes.io/pod",
	    "container.seccomp.security.alpha.kubernetes.io/@"},
	.type = STRING, .rule = ALLOW,
	.values = {{"runtime/default"}, {"docker/default"}, {"localhost/*"}},
	.reason = "seccompProfile",
	.detail = "forbidden %v{annotation|annotations} %w",
}, {
	.id = "seccompProfile_baseline", .level = PSA_BASELINE, .from = 19,
	.fields = {"spec.securityContext.seccompProfile.type",
	    "*.securityContext.seccompProfile.type"},
	.type = STRING, .rule = ALLOW, .whole = true,
	.values = {{"RuntimeDefault"}, {"Localhost"}},
	.reason = "seccompProfile",
	.detail = "%s must not set securityContext.seccompProfile.type to %v",
}, {
	.id = "sysctls", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.sysctls[].name"},
	.type = STRING, .rule = ALLOW, .whole = true,
	.values = {{"kernel.shm_rmid_forced"},
	    {"net.ipv4.ip_local_port_range"}, {"net.ipv4.tcp_syncookies"},
	    {"net.ipv4.ping_group_range"},
	    {"net.ipv4.ip_unprivileged_port_start"},
	    {"net.ipv4.ip_local_reserved_ports", 27},
	    {"net.ipv4.tcp_keepalive_time", 29},
	    {"net.ipv4.tcp_fin_timeout", 29},
	    {"net.ipv4.tcp_keepalive_intvl", 29},
	    {"net.ipv4.tcp_keepalive_probes", 29},
	    {"net.ipv4.tcp_rmem", 32}, {"net.ipv4.tcp_wmem", 32},
	    {"net.ipv4.tcp_slow_start_after_idle", 37},
	    {"net.ipv4.tcp_notsent_lowat", 37}},
	.reason = "forbidden sysctls", .detail = "%l",
}, {
	.id = "windowsHostProcess", .level = PSA_BASELINE,
	.fields = {"spec.securityContext.windowsOptions.hostProcess",
	    "*.securityContext.windowsOptions.hostProcess"},
	.type = BOOL, .rule = ALLOW, .values = {{"false"}},
	.reason = "hostProcess",
	.detail = "%s must not set "
	    "securityContext.windowsOptions.hostProcess=true",
}, {
	.id = "allowPrivilegeEscalation", .level = PSA_RESTRICTED, .from = 8,
	.windows = 25,
	.fields = {"*.securityContext.allowPrivilegeEscalation"},
	.type = BOOL, .rule = REQUIRE, .values = {{"false"}},
	.reason = "allowPrivilegeEscalation != false",
	.detail = "%c must set securityContext.allowPrivilegeEscalation=false",
}, {
	.id = "capabilities_restricted", .level = PSA_RESTRICTED, .from = 22,
	.windows = 25, .overrides = "capabilities_baseline",
	.fields = {"*.securityContext.capabilities.drop"},
	.type = LIST, .rule = INCLUDE, .values = {{"ALL"}},
	.reason = "unrestricted capabilities",
	.detail = "%c must set securityContext.capabilities.drop=[\"ALL\"]",
}, {
	.id = "capabilities_restricted", .level = PSA_RESTRICTED, .from = 22,
	.windows = 25, .overrides = "capabilities_baseline",
	.fields = {"*.securityContext.capabilities.add[]"},
	.type = STRING, .rule = ALLOW, .values = {{"NET_BIND_SERVICE"}},
	.reason = "unrestricted capabilities",
	.detail = "%c must not include %v in securityContext.capabilities.add",
}, {
	.id = "procMount_restricted", .level = PSA_RESTRICTED, .from = 35,
	.overrides = "procMount",
	.fields = {"*.securityContext.procMount"},
	.type = STRING, .rule = ALLOW, .values = {{"Default"}},
	.reason = "procMount",
	.detail = "%c must not set securityContext.procMount to %v",
}, {
	.id = "restrictedVolumes", .level = PSA_RESTRICTED,
	.overrides = "hostPathVolumes",
	.fields = {"spec.volumes[]"},
	.type = ANY, .rule = VOLUME,
	.values = {{"configMap"}, {"csi"}, {"downwardAPI"}, {"emptyDir"},
	    {"ephemeral"}, {"image"}, {"persistentVolumeClaim"},
	    {"projected"}, {"secret"}},
	.reason = "restricted volume types",
	.detail = "%c %c{uses|use} "
	    "%v{restricted volume type|restricted volume types} %v",
}, {
	.id = "runAsNonRoot", .level = PSA_RESTRICTED, .userns = 35,
	.fields = {"spec.securityContext.runAsNonRoot",
	    "*.securityContext.runAsNonRoot"},
	.type = BOOL, .rule = INHERIT, .values = {{"true"}},
	.reason = "runAsNonRoot != true",
	.detail = "%s must not set securityContext.runAsNonRoot=false",
	.unset = "pod or %c must set securityContext.runAsNonRoot=true",
}, {
	.id = "runAsUser", .level = PSA_RESTRICTED, .from = 23, .userns = 35,
	.fields = {"spec.securityContext.runAsUser",
	    "*.securityContext.runAsUser"},
	.type = NUMBER, .rule = DENY, .values = {{"0"}},
	.reason = "runAsUser=0", .detail = "%s must not set runAsUser=0",
}, {
	.id = "seccompProfile_restricted", .level = PSA_RESTRICTED, .from = 19,
	.windows = 25, .overrides = "seccompProfile_baseline",
	.fields = {"spec.securityContext.seccompProfile.type",
	    "*.securityContext.seccompProfile.type"},
	.type = STRING, .rule = INHERIT, .whole = true,
	.values = {{"RuntimeDefault"}, {"Localhost"}},
	.reason = "seccompProfile",
	.detail = "%s must not set securityContext.seccompProfile.type to %v",
	.unset = "pod or %c must set securityContext.seccompProfile.type to "
	    "\"RuntimeDefault\" or \"Localhost\"",
},
};
/* clang-format on */

enum {
	N_CHECKS = sizeof checks / sizeof *checks
};

/* A place in the pod that a field leads to. */
struct place {
	enum psa_subject subject;
	const char *name; /* of the container or volume; borrowed */
	size_t index;
	const cJSON *value; /* NULL: not set */
	bool in_object; /* it is the object's last step that is not set */
	bool implicit; /* not set here, nor for the whole pod */
	char path[PATH_LEN];
};

struct run {
	const char *where; /* borrowed */
	const cJSON *metadata, *spec; /* borrowed */
	enum psa_level level;
	int minor;
	bool inherited; /* INHERIT: the pod has set it right */
	struct psa_report *out;
};

const char *
psa_check_id(const struct psa_check *check)
{
	return check->id;
}

enum psa_level
psa_check_level(const struct psa_check *check)
{
	return check->level;
}

/* ----------------------------------------------------------------- values */

/* The member `key`; null is the same as none. */
static const cJSON *
get(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNull(item) ? NULL : item;
}

static const char *
get_string(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(get(object, key));
}

static bool
is_type(const cJSON *value, enum type type)
{
	switch (type) {
	case BOOL:
		return cJSON_IsBool(value);
	case NUMBER:
		return cJSON_IsNumber(value);
	case STRING:
		return cJSON_IsString(value);
	case LIST:
		return cJSON_IsArray(value);
	case ANY:
		break;
	}
	return true;
}

static const char *
type_name(enum type type)
{
	static const char *const names[] = {[BOOL] = "true or false",
	    [NUMBER] = "a number",
	    [STRING] = "a string",
	    [LIST] = "a list",
	    [ANY] = "something"};

	return names[type];
}

/* value as JSON, or NULL after a message; owned by the caller. */
static char *
value_json(const cJSON *value)
{
	char *json = cJSON_PrintUnformatted(value);

	if (json == NULL)
		msg_nomem();
	return json;
}

/* value as the table writes it, NULL after a message; owned. */
static char *
value_text(const cJSON *value)
{
	const char *s = value == NULL ? "" : cJSON_GetStringValue(value);
	char *text = s != NULL ? strdup(s) : value_json(value);

	if (text == NULL && s != NULL)
		msg_nomem();
	return text;
}

static bool
matches(const char *pattern, const char *text)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, text, len - 1) == 0;
	return strcmp(pattern, text) == 0;
}

/* Is text one of the check's values in this version? */
static bool
is_listed(const struct run *r, const struct psa_check *k, const char *text)
{
	const struct value *v;

	for (v = k->values; v->text != NULL; v++)
		if (r->minor >= v->from && matches(v->text, text))
			return true;
	return false;
}

/* ------------------------------------------------------------- violations */

/* Write "A, B or C", of the values that this version has. */
static void
print_values(FILE *f, const struct run *r, const struct psa_check *k)
{
	const struct value *v, *last = NULL;
	const char *quote = k->type == STRING || k->type == LIST ? "\"" : "";
	bool first = true;

	for (v = k->values; v->text != NULL; v++)
		if (r->minor >= v->from && v->text[0] != '\0')
			last = v;
	for (v = k->values; v->text != NULL; v++) {
		if (r->minor < v->from || v->text[0] == '\0')
			continue;
		(void)fprintf(f, "%s%s%s%s",
		    first           ? ""
		        : v == last ? " or "
		                    : ", ",
		    quote, v->text, quote);
		first = false;
	}
}

/* What the field must be, in words; owned, NULL after a message. */
static char *
must_text(const struct run *r, const struct psa_check *k)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool empty = k->values[0].text == NULL ||
	    (k->values[0].text[0] == '\0' && k->values[1].text == NULL);

	if (f == NULL) {
		msg_nomem();
		return NULL;
	}
	if (empty)
		(void)fputs("must not be set", f);
	else
		(void)fputs(k->rule == INCLUDE ? "must include "
		        : k->rule == DENY      ? "must not be "
		                               : "must be ",
		    f);
	print_values(f, r, k);
	if (k->rule == ALLOW && !empty && strstr(k->fields[0], "[]") == NULL)
		(void)fputs(", or not set", f);
	if (k->rule == INHERIT)
		(void)fputs(", here or for the pod", f);
	if (fclose(f) == 0)
		return text;
	free(text);
	msg_nomem();
	return NULL;
}

/* name="text", taking text over; owned, NULL after a message. */
static char *
annotation_text(const char *name, char *text)
{
	char *whole = NULL;

	if (asprintf(&whole, "%s=\"%s\"", name, text) < 0) {
		msg_nomem();
		whole = NULL;
	}
	free(text);
	return whole;
}

/*
 * Note that p violates k.  `text` is what it is; taken over, whatever
 * happens.  Returns 0, or -1 after a message.
 */
static int
violate(struct run *r, const struct psa_check *k, const struct place *p,
    char *text)
{
	struct psa_report *out = r->out;
	struct psa_violation *v;

	if (out->n == PSA_VIOLATIONS_MAX) {
		free(text);
		return 0;
	}
	if (p->subject == PSA_ANNOTATION)
		text = annotation_text(p->name, text);
	if (text == NULL)
		return -1;
	v = &out->violations[out->n++];
	*v = (struct psa_violation){.check = k,
	    .subject = p->subject,
	    .name = p->name,
	    .index = p->index,
	    .text = text,
	    .implicit = p->implicit};
	v->field = strdup(p->path);
	v->must = must_text(r, k);
	if (p->value != NULL) {
		v->value = value_json(p->value);
		if (v->value == NULL)
			return -1;
	}
	if (v->field == NULL)
		msg_nomem();
	return v->field != NULL && v->must != NULL ? 0 : -1;
}

static int
malformed(const struct run *r, const char *path, const char *what)
{
	msg_warn(0, "%s: no valid pod: %s: %s", r->where, path, what);
	return -1;
}

/* Does the list hold the check's value? */
static int
judge_include(struct run *r, const struct psa_check *k, const struct place *p)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, p->value)
	{
		if (!cJSON_IsString(item))
			return malformed(r, p->path, "not a list of strings");
		if (strcmp(item->valuestring, k->values[0].text) == 0)
			return 0;
	}
	return violate(r, k, p, value_text(NULL));
}

/*
 * Is the volume's source one of the values?  None at all is an emptyDir, as
 * the API server has it.
 */
static int
judge_volume(struct run *r, const struct psa_check *k, struct place *p)
{
	const cJSON *item, *source = NULL;
	size_t len = strlen(p->path);
	char name[128];
	char *text;

	cJSON_ArrayForEach(item, p->value)
	{
		if (cJSON_IsNull(item) || strcmp(item->string, "name") == 0)
			continue;
		if (is_listed(r, k, item->string))
			return 0;
		if (source == NULL)
			source = item;
	}
	if (source == NULL)
		return 0;
	text = strdup(source->string);
	if (text == NULL) {
		msg_nomem();
		return -1;
	}
	(void)snprintf(p->path + len, sizeof p->path - len, ".%s",
	    msg_mask(name, sizeof name, source->string));
	p->value = source;
	return violate(r, k, p, text);
}

/* Judge one place; 0, or -1 after a message. */
static int
judge(struct run *r, const struct psa_check *k, struct place *p)
{
	bool set = p->value != NULL || (k->whole && p->in_object);
	bool listed;
	char *text;

	if (p->value != NULL && !is_type(p->value, k->type)) {
		char what[64];

		(void)snprintf(what, sizeof what, "not %s", type_name(k->type));
		return malformed(r, p->path, what);
	}
	if (k->rule == INCLUDE)
		return judge_include(r, k, p);
	if (k->rule == VOLUME)
		return judge_volume(r, k, p);
	if (!set && (k->rule == ALLOW || k->rule == DENY))
		return 0;
	text = value_text(p->value);
	if (text == NULL)
		return -1;
	listed = set && is_listed(r, k, text);
	if (k->rule == INHERIT && p->subject == PSA_POD) {
		r->inherited = listed;
		listed = listed || !set;
	} else if (k->rule == INHERIT && !set) {
		listed = r->inherited;
		p->implicit = true;
	}
	if (listed != (k->rule == DENY)) {
		free(text);
		return 0;
	}
	return violate(r, k, p, text);
}

/* ----------------------------------------------------------------- fields */

/* Add to the path; what is too long for any field of a pod is cut. */
static void
path_add(struct place *p, const char *text, size_t len)
{
	size_t used = strlen(p->path);

	(void)snprintf(p->path + used, sizeof p->path - used, "%.*s", (int)len,
	    text);
}

static void
path_add_index(struct place *p, size_t index)
{
	char text[32];

	(void)snprintf(text, sizeof text, "[%zu]", index);
	path_add(p, text, strlen(text));
}

/*
 * Follow "a.b.c" from where p is, to the end or to "[]".  Returns what is
 * left of keys, or NULL after a message.
 */
static const char *
follow(const struct run *r, struct place *p, const char *keys)
{
	char key[64];
	size_t len;

	while (*keys != '\0' && *keys != '[') {
		keys += *keys == '.';
		len = strcspn(keys, ".[");
		(void)snprintf(key, sizeof key, "%.*s", (int)len, keys);
		if (p->value != NULL && !cJSON_IsObject(p->value)) {
			(void)malformed(r, p->path, "not a mapping");
			return NULL;
		}
		p->in_object = p->value != NULL;
		p->value = get(p->value, key);
		path_add(p, ".", p->path[0] != '\0');
		path_add(p, keys, len);
		keys += len;
	}
	return keys;
}

/* Judge the field that keys lead to from `from`, in all elements of a list. */
static int
judge_from(struct run *r, const struct psa_check *k, const struct place *from,
    const char *keys)
{
	struct place list = *from, one;
	const cJSON *item;
	size_t i = 0;

	keys = follow(r, &list, keys);
	if (keys == NULL)
		return -1;
	if (*keys == '\0')
		return judge(r, k, &list);
	if (list.value != NULL && !cJSON_IsArray(list.value))
		return malformed(r, list.path, "not a list");
	cJSON_ArrayForEach(item, list.value)
	{
		one = list;
		one.value = item;
		path_add_index(&one, i);
		if (strcmp(list.path, "spec.volumes") == 0) {
			one.subject = PSA_VOLUME;
			one.name = get_string(item, "name");
			one.index = i;
			if (!cJSON_IsObject(item))
				return malformed(r, one.path, "not a mapping");
		}
		if (follow(r, &one, keys + strlen("[]")) == NULL ||
		    judge(r, k, &one) < 0)
			return -1;
		i++;
	}
	return 0;
}

/* The lists that hold containers, in the order of the API server. */
static const char *const container_lists[] = {"initContainers", "containers",
    "ephemeralContainers"};
enum {
	N_LISTS = sizeof container_lists / sizeof *container_lists
};

/* Judge the field that keys lead to from each container. */
static int
judge_containers(struct run *r, const struct psa_check *k, const char *keys)
{
	struct place p = {.subject = PSA_CONTAINER};
	const cJSON *list, *item;
	size_t n, i;

	for (n = 0; n < N_LISTS; n++) {
		list = get(r->spec, container_lists[n]);
		i = 0;
		cJSON_ArrayForEach(item, list)
		{
			p.name = get_string(item, "name");
			p.value = item;
			(void)snprintf(p.path, sizeof p.path, "spec.%s[%zu]",
			    container_lists[n], i++);
			if (judge_from(r, k, &p, keys) < 0)
				return -1;
			p.index++;
		}
	}
	return 0;
}

/* Is there a container of this name? */
static bool
has_container(const struct run *r, const char *name)
{
	const cJSON *item;
	const char *s;
	size_t n;

	for (n = 0; n < N_LISTS; n++) {
		cJSON_ArrayForEach(item, get(r->spec, container_lists[n]))
		{
			s = get_string(item, "name");
			if (s != NULL && strcmp(s, name) == 0)
				return true;
		}
	}
	return false;
}

/* Does the annotation's name fit the field of the table? */
static bool
is_annotation(const struct run *r, const char *field, const char *name)
{
	size_t len = strlen(field);

	if (field[len - 1] == '@')
		return strncmp(field, name, len - 1) == 0 &&
		    has_container(r, name + len - 1);
	return matches(field, name);
}

/* Judge the annotations that fit the field. */
static int
judge_annotations(struct run *r, const struct psa_check *k, const char *field)
{
	struct place p = {.subject = PSA_ANNOTATION};
	char name[256];
	const cJSON *item;

	cJSON_ArrayForEach(item, get(r->metadata, "annotations"))
	{
		if (!is_annotation(r, field, item->string))
			continue;
		p.value = cJSON_IsNull(item) ? NULL : item;
		p.name = item->string;
		(void)snprintf(p.path, sizeof p.path,
		    "metadata.annotations[%s]",
		    msg_mask(name, sizeof name, item->string));
		if (judge(r, k, &p) < 0)
			return -1;
	}
	return 0;
}

/* Judge the whole pod by one row of the table. */
static int
judge_check(struct run *r, const struct psa_check *k)
{
	struct place pod = {.subject = PSA_POD, .path = "spec"};
	const char *const *field;
	int ret = 0;

	pod.value = r->spec;
	r->inherited = false;
	for (field = k->fields; *field != NULL && ret == 0; field++) {
		if (strncmp(*field, "spec.", 5) == 0)
			ret = judge_from(r, k, &pod, *field + 5);
		else if (strncmp(*field, "*.", 2) == 0)
			ret = judge_containers(r, k, *field + 2);
		else
			ret = judge_annotations(r, k, *field);
	}
	return ret;
}

/* --------------------------------------------------------------- messages */

/* Violations of one message; row by row, in the order of the pod. */
struct slice {
	const struct psa_violation *v;
	size_t n;
};

/* What a template's %c or %v stands for, ready to print. */
struct list {
	const char *names[PSA_VIOLATIONS_MAX]; /* borrowed */
	size_t n;
};

static int
by_index(const void *a, const void *b)
{
	const struct psa_violation *const *x = a, *const *y = b;

	return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Fields' values before annotations, each sorted. */
static int
by_text(const void *a, const void *b)
{
	const struct psa_violation *const *x = a, *const *y = b;
	bool p = (*x)->subject == PSA_ANNOTATION;
	bool q = (*y)->subject == PSA_ANNOTATION;

	return p != q ? p - q : strcmp((*x)->text, (*y)->text);
}

/* The containers or volumes at fault, each once; sorted by name if told. */
static void
list_subjects(struct list *l, const struct slice *s, bool sorted)
{
	const struct psa_violation *p[PSA_VIOLATIONS_MAX] = {NULL};
	size_t n = 0, i;

	l->n = 0;
	for (i = 0; i < s->n; i++)
		if (s->v[i].subject == PSA_CONTAINER ||
		    s->v[i].subject == PSA_VOLUME)
			p[n++] = &s->v[i];
	qsort(p, n, sizeof *p, by_index);
	for (i = 0; i < n; i++)
		if (i == 0 || p[i]->index != p[i - 1]->index)
			l->names[l->n++] = p[i]->name != NULL ? p[i]->name : "";
	if (sorted)
		qsort(l->names, l->n, sizeof *l->names, by_name);
}

/* The values at fault, each once. */
static void
list_values(struct list *l, const struct slice *s)
{
	const struct psa_violation *p[PSA_VIOLATIONS_MAX] = {NULL};
	size_t i;

	l->n = 0;
	for (i = 0; i < s->n; i++)
		p[i] = &s->v[i];
	qsort(p, s->n, sizeof *p, by_text);
	for (i = 0; i < s->n; i++)
		if (i == 0 || strcmp(p[i]->text, p[i - 1]->text) != 0)
			l->names[l->n++] = p[i]->text;
}

static void
print_list(FILE *f, const struct list *l, const char *quote)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		(void)fprintf(f, "%s%s%s%s", i > 0 ? ", " : "", quote,
		    l->names[i], quote);
}

static size_t
count_subject(const struct slice *s, enum psa_subject subject)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->v[i].subject == subject;
	return n;
}

/* "containers "a", "b"" */
static void
print_subjects(FILE *f, const struct slice *s, const struct list *l)
{
	(void)fprintf(f, "%s%s ",
	    count_subject(s, PSA_VOLUME) > 0 ? "volume" : "container",
	    l->n == 1 ? "" : "s");
	print_list(f, l, "\"");
}

/* "pod and container "a" and annotation" */
static void
print_setters(FILE *f, const struct slice *s)
{
	size_t annotations = count_subject(s, PSA_ANNOTATION);
	const char *and = "";
	struct list l;

	if (count_subject(s, PSA_POD) > 0) {
		(void)fputs("pod", f);
		and = " and ";
	}
	list_subjects(&l, s, false);
	if (l.n > 0) {
		(void)fputs(and, f);
		print_subjects(f, s, &l);
		and = " and ";
	}
	if (annotations > 0)
		(void)fprintf(f, "%sannotation%s", and,
		    annotations == 1 ? "" : "s");
}

/* "hostPID=true, hostIPC=true" or, without names, the values in order. */
static void
print_in_order(FILE *f, const struct slice *s, bool names)
{
	const char *leaf;
	size_t i;

	for (i = 0; i < s->n; i++) {
		leaf = strrchr(s->v[i].field, '.');
		(void)fprintf(f, "%s%s%s%s", i > 0 ? ", " : "",
		    names && leaf != NULL ? leaf + 1 : "", names ? "=" : "",
		    s->v[i].text);
	}
}

/*
 * Print "{one|several}" at t, the one that fits n, if it stands there.
 * Returns what follows it, or NULL where it does not stand there.
 */
static const char *
print_plural(FILE *f, const char *t, size_t n)
{
	const char *bar, *end;

	if (*t != '{')
		return NULL;
	bar = strchr(t, '|');
	end = strchr(t, '}');
	if (n == 1)
		(void)fprintf(f, "%.*s", (int)(bar - t - 1), t + 1);
	else
		(void)fprintf(f, "%.*s", (int)(end - bar - 1), bar + 1);
	return end + 1;
}

/* Print what the '%' at t stands for; returns what follows it in t. */
static const char *
print_directive(FILE *f, const char *t, const struct slice *s,
    const char *notes)
{
	const char *rest;
	struct list l = {.n = 0};

	switch (t[1]) {
	case 's':
		print_setters(f, s);
		break;
	case 'c':
	case 'C':
		list_subjects(&l, s, t[1] == 'C');
		rest = print_plural(f, t + 2, l.n);
		if (rest != NULL)
			return rest;
		print_subjects(f, s, &l);
		break;
	case 'v':
	case 'w':
		list_values(&l, s);
		rest = print_plural(f, t + 2, l.n);
		if (rest != NULL)
			return rest;
		print_list(f, &l, t[1] == 'v' ? "\"" : "");
		break;
	case 'f':
	case 'l':
		print_in_order(f, s, t[1] == 'f');
		break;
	case 'n':
		(void)fputs(notes, f);
		break;
	default:
		break;
	}
	return t + 2;
}

static void
expand(FILE *f, const char *t, const struct slice *s, const char *notes)
{
	while (*t != '\0') {
		if (*t == '%')
			t = print_directive(f, t, s, notes);
		else
			(void)fputc(*t++, f);
	}
}

/* The notes of the rows that were violated; owned, NULL after a message. */
static char *
expand_notes(const struct slice *s)
{
	char *text = NULL;
	size_t size, i, n;
	FILE *f = open_memstream(&text, &size);
	struct slice row;

	if (f == NULL) {
		msg_nomem();
		return NULL;
	}
	for (i = 0; i < s->n; i += n) {
		for (n = 1; i + n < s->n; n++)
			if (s->v[i + n].check != s->v[i].check)
				break;
		row = (struct slice){s->v + i, n};
		if (s->v[i].check->note == NULL)
			continue;
		if (i > 0)
			(void)fputs("; ", f);
		expand(f, s->v[i].check->note, &row, "");
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	msg_nomem();
	return NULL;
}

static void
violation_free(struct psa_violation *v)
{
	free(v->field);
	free(v->value);
	free(v->text);
	free(v->must);
}

/*
 * Where somebody set it wrong, it is not worth saying who did not set it at
 * all: drop these from the violations that start at `from`.
 */
static void
drop_implicit(struct psa_report *out, size_t from)
{
	size_t i, n = from;
	bool explicit = false;

	for (i = from; i < out->n; i++)
		explicit = explicit || !out->violations[i].implicit;
	if (!explicit)
		return;
	for (i = from; i < out->n; i++) {
		if (out->violations[i].implicit)
			violation_free(&out->violations[i]);
		else
			out->violations[n++] = out->violations[i];
	}
	out->n = n;
}

/*
 * The rows of one message, k the first of them, are through: print what was
 * found from `from` on, after a message that *last began.
 */
static int
message_add(FILE *f, struct psa_report *out, const struct psa_check *k,
    size_t from, const struct psa_check **last)
{
	struct slice s;
	char *notes;

	drop_implicit(out, from);
	s = (struct slice){out->violations + from, out->n - from};
	if (s.n == 0)
		return 0;
	notes = expand_notes(&s);
	if (notes == NULL)
		return -1;
	if (*last != NULL && strcmp((*last)->id, k->id) == 0) {
		(void)fputs("; ", f);
	} else {
		if (*last != NULL)
			(void)fputs("), ", f);
		expand(f, k->reason, &s, "");
		(void)fputs(" (", f);
	}
	expand(f, s.v[0].implicit ? k->unset : k->detail, &s, notes);
	free(notes);
	*last = k;
	return 0;
}

/* ------------------------------------------------------------------ judge */

/* Is this row in force for this pod? */
static bool
is_active(const struct run *r, const struct psa_check *k)
{
	return k->level <= r->level && r->minor >= k->from &&
	    (k->until == 0 || r->minor <= k->until);
}

/* Does a check of a higher level stand for this one? */
static bool
is_overridden(const struct run *r, const struct psa_check *k)
{
	size_t i;

	for (i = 0; i < N_CHECKS; i++)
		if (checks[i].overrides != NULL && is_active(r, &checks[i]) &&
		    strcmp(checks[i].overrides, k->id) == 0)
			return true;
	return false;
}

static bool
is_exempt(const struct run *r, const struct psa_check *k)
{
	const char *os = get_string(get(r->spec, "os"), "name");

	if (k->windows != 0 && r->minor >= k->windows && os != NULL &&
	    strcmp(os, "windows") == 0)
		return true;
	return k->userns != 0 && r->minor >= k->userns &&
	    cJSON_IsFalse(get(r->spec, "hostUsers"));
}

/* Judge by the whole table, and write the message to f. */
static int
judge_all(struct run *r, FILE *f)
{
	const struct psa_check *k, *group = NULL, *last = NULL;
	size_t from = 0;

	for (k = checks; k < checks + N_CHECKS; k++) {
		if (!is_active(r, k) || is_exempt(r, k) || is_overridden(r, k))
			continue;
		if (k->detail != NULL) {
			if (group != NULL &&
			    message_add(f, r->out, group, from, &last) < 0)
				return -1;
			group = k;
			from = r->out->n;
		}
		if (judge_check(r, k) < 0)
			return -1;
	}
	if (group != NULL && message_add(f, r->out, group, from, &last) < 0)
		return -1;
	if (last != NULL)
		(void)fputc(')', f);
	return 0;
}

/* Is it a pod, as far as its outline goes? */
static int
check_outline(const struct run *r)
{
	const cJSON *list, *item;
	char path[64];
	size_t n;

	if (!cJSON_IsObject(r->spec))
		return malformed(r, "spec", "not a mapping");
	item = get(r->metadata, "annotations");
	if (item != NULL && !cJSON_IsObject(item))
		return malformed(r, "metadata.annotations", "not a mapping");
	for (n = 0; n < N_LISTS; n++) {
		(void)snprintf(path, sizeof path, "spec.%s",
		    container_lists[n]);
		list = get(r->spec, container_lists[n]);
		if (list != NULL && !cJSON_IsArray(list))
			return malformed(r, path, "not a list");
		cJSON_ArrayForEach(item, list)
		{
			if (!cJSON_IsObject(item))
				return malformed(r, path,
				    "holds something that is no container");
		}
	}
	list = get(r->spec, "containers");
	if (cJSON_GetArraySize(list) == 0)
		return malformed(r, "spec.containers", "none");
	return 0;
}

int
psa_judge(struct psa_report *report, const char *where, const cJSON *metadata,
    const cJSON *spec, struct psa_policy policy)
{
	struct run r = {.where = where,
	    .metadata = metadata,
	    .spec = spec,
	    .level = policy.level,
	    .minor = policy.minor,
	    .out = report};
	char *message = NULL;
	size_t size;
	FILE *f = NULL;
	int ret;

	*report = (struct psa_report){0};
	if (check_outline(&r) < 0)
		return -1;
	report->violations = calloc(PSA_VIOLATIONS_MAX,
	    sizeof *report->violations);
	f = open_memstream(&message, &size);
	if (report->violations == NULL || f == NULL) {
		msg_nomem();
		ret = -1;
	} else {
		ret = judge_all(&r, f);
	}
	if (f != NULL && fclose(f) != 0) {
		msg_nomem();
		ret = -1;
	}
	report->message = message;
	if (ret < 0)
		psa_report_free(report);
	return ret;
}

void
psa_report_free(struct psa_report *report)
{
	size_t i;

	for (i = 0; report->violations != NULL && i < report->n; i++)
		violation_free(&report->violations[i]);
	free(report->violations);
	free(report->message);
	*report = (struct psa_report){0};
}

/* --------------------------------------------------------------- policies */

static const char *const level_names[] = {[PSA_PRIVILEGED] = "privileged",
    [PSA_BASELINE] = "baseline",
    [PSA_RESTRICTED] = "restricted"};

const char *
psa_level_name(enum psa_level level)
{
	return level_names[level];
}

int
psa_level_parse(enum psa_level *level, const char *text)
{
	int i;

	for (i = PSA_PRIVILEGED; i <= PSA_RESTRICTED; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum psa_level)i;
			return 0;
		}
	}
	return -1;
}

int
psa_version_parse(int *minor, const char *text)
{
	uint64_t n;

	if (strcmp(text, "latest") == 0) {
		*minor = PSA_LATEST;
		return 0;
	}
	if (strncmp(text, "v1.", 3) != 0 ||
	    (text[3] == '0' && text[4] != '\0') ||
	    io_number(text + 3, 0, INT32_MAX, &n) < 0)
		return -1;
	*minor = n > PSA_LATEST ? PSA_LATEST : (int)n;
	return 0;
}
