/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl check-pod: do pods pass the Pod Security Standards?
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/result.h"
#include "pod/manifest.h"
#include "psa/psa.h"
#include "wire.h"

struct opts {
	struct psa_policy policy;
	const char *version; /* borrowed; as it was given */
	bool json;
	bool quiet;
};

/* What was found so far. */
struct tally {
	struct json *pods; /* owned; for -o json, else NULL */
	size_t n_bad; /* pods that violate */
	size_t n_unknown; /* files and pods that could not be judged */
};

/* An opt_take: the name of a level. */
static const char *
check_pod_take_level(const struct opt *o, void *to, const char *value)
{
	(void)o;
	return psa_level_parse(to, value) < 0 ? "" : NULL;
}

/* An opt_take, of struct opts: a policy's version. */
static const char *
check_pod_take_version(const struct opt *o, void *to, const char *value)
{
	struct opts *opts = to;

	(void)o;
	opts->version = value;
	return psa_version_parse(&opts->policy.minor, value) < 0 ? "" : NULL;
}

static const struct opt check_pod_rows[] = {
    {"level", 0, "restricted|baseline|privileged",
        "which standard (default: restricted)",
        OPT_OTHER(struct opts, policy.level, check_pod_take_level, NULL)},
    {"version", 0, "latest|v1.N", "the policy's version (default: latest)",
        .take = check_pod_take_version, .takes = "latest, or v1.N as in v1.31"},
    {0},
};
static const struct opt check_pod_output_rows[] = {
    {"output", 'o', "text|json", "how to tell the verdict",
        OPT_SECOND(struct opts, json)},
    {"quiet", 'q', NULL, "print nothing; the exit code tells",
        OPT_FLAG(struct opts, quiet)},
    {0},
};
static const struct opt_group check_pod_groups[] = {
    {"The standard", check_pod_rows, 0},
    {"What is told", check_pod_output_rows, 0},
    {0},
};
const struct opt_command cmd_check_pod_options = {
    .name = "check-pod",
    .usage = " [OPTION...] FILE...",
    .about =
        "Judge Pods and pod templates by the Pod Security Standards; FILE is YAML or\n"
        "JSON, - is standard input.\n",
    .groups = check_pod_groups,
    .after =
        "exit: 0 all pass, 3 some violate, 1 some cannot be judged, 2 wrong usage\n",
    .operands = "one or more FILEs",
    .least = 1,
    .most = OPT_ANY,
};

/* Print text to standard output with what is no text made visible. */
static int
print_masked(const char *text)
{
	size_t size = 4 * strlen(text) + 16;
	char *shown = malloc(size);

	if (shown == NULL) {
		msg_nomem();
		return -1;
	}
	out_text(msg_mask(shown, size, text));
	free(shown);
	return 0;
}

/* "FIELD (container "NAME") is VALUE; must ..." */
static int
print_violation(const struct psa_violation *v)
{
	out_printf("  %s", v->field);
	if (v->name != NULL &&
	    (v->subject == PSA_CONTAINER || v->subject == PSA_VOLUME)) {
		out_printf(" (%s \"",
		    v->subject == PSA_CONTAINER ? "container" : "volume");
		if (print_masked(v->name) < 0)
			return -1;
		out_text("\")");
	}
	out_text(" is ");
	if (v->value == NULL)
		out_text("not set");
	else if (print_masked(v->value) < 0)
		return -1;
	out_text("; ");
	if (print_masked(v->must) < 0)
		return -1;
	out_printf(" [%s]\n", v->check->id);
	return 0;
}

static int
check_pod_print_text(const struct opts *o, const char *where,
    const struct psa_report *report)
{
	size_t i;

	if (report->n == 0) {
		out_printf("%s: passes %s:%s\n", where,
		    psa_level_name(o->policy.level), o->version);
		return 0;
	}
	out_printf("%s: violates PodSecurity \"%s:%s\": ", where,
	    psa_level_name(o->policy.level), o->version);
	if (print_masked(report->message) < 0)
		return -1;
	out_text("\n");
	for (i = 0; i < report->n; i++)
		if (print_violation(&report->violations[i]) < 0)
			return -1;
	if (report->n == PSA_VIOLATIONS_MAX)
		out_line("  and perhaps more");
	return 0;
}

static void
add_violation(struct json *to, const struct psa_violation *v)
{
	static const char *const subjects[] = {[PSA_POD] = NULL,
	    [PSA_CONTAINER] = "container",
	    [PSA_VOLUME] = "volume",
	    [PSA_ANNOTATION] = NULL};
	struct json *one = json_add_object(to, NULL);

	json_add_string(one, "check", v->check->id);
	json_add_string(one, "level", psa_level_name(v->check->level));
	json_add_string(one, "field", v->field);
	json_add_string(one, "must", v->must);
	if (v->value != NULL)
		json_add_raw(one, "value", v->value);
	if (subjects[v->subject] != NULL && v->name != NULL)
		json_add_string(one, subjects[v->subject], v->name);
}

/* Add what was found of a pod to the list of pods. */
static void
add_json(struct json *pods, const char *file, const struct manifest *m,
    const struct psa_report *report)
{
	const char *name = manifest_metadata(m->object, "name");
	const char *namespace = manifest_metadata(m->object, "namespace");
	struct json *pod = json_add_object(pods, NULL), *list;
	size_t i;

	json_add_string(pod, "file", file);
	json_add_uint(pod, "line", m->line);
	json_add_string(pod, "kind", m->kind);
	if (name != NULL)
		json_add_string(pod, "name", name);
	if (namespace != NULL)
		json_add_string(pod, "namespace", namespace);
	json_add_bool(pod, "allowed", report->n == 0);
	json_add_string(pod, "message", report->message);
	list = json_add_array(pod, "violations");
	for (i = 0; i < report->n; i++)
		add_violation(list, &report->violations[i]);
}

/* Where a kind has its pod: the path to what has a metadata and a spec. */
static const struct {
	const char *kind;
	const char *path[4];
} templates[] = {
    {"Pod", {NULL}},
    {"PodTemplate", {"template"}},
    {"Deployment", {"spec", "template"}},
    {"DaemonSet", {"spec", "template"}},
    {"StatefulSet", {"spec", "template"}},
    {"ReplicaSet", {"spec", "template"}},
    {"ReplicationController", {"spec", "template"}},
    {"Job", {"spec", "template"}},
    {"CronJob", {"spec", "jobTemplate", "spec", "template"}},
};

/* Find the pod in m.  Returns 1, or 0 where this kind has none. */
static int
find_pod(const struct manifest *m, const struct json **pod)
{
	size_t i, n;

	for (i = 0; i < sizeof templates / sizeof *templates; i++) {
		if (strcmp(templates[i].kind, m->kind) != 0)
			continue;
		*pod = m->object;
		for (n = 0; n < 4 && templates[i].path[n] != NULL; n++)
			*pod = json_get(*pod, templates[i].path[n]);
		return 1;
	}
	return 0;
}

/* Judge one pod, and print what there is to say; 0 or -1. */
static int
check_pod_judge(const struct opts *o, struct tally *t, const char *file,
    const struct manifest *m, const struct json *pod)
{
	const char *name = manifest_metadata(m->object, "name");
	char where[MSG_NAME + 512], shown[300];
	struct psa_report report;
	int ret = 0;

	(void)snprintf(where, sizeof where, "%s:%zu: %s %s", file, m->line,
	    m->kind,
	    msg_mask(shown, sizeof shown, name != NULL ? name : "(no name)"));
	if (psa_judge(&report, where, json_get(pod, "metadata"),
	        json_get(pod, "spec"), o->policy) < 0) {
		t->n_unknown++;
		return 0;
	}
	t->n_bad += report.n > 0;
	if (o->json)
		add_json(t->pods, file, m, &report);
	else if (!o->quiet)
		ret = check_pod_print_text(o, where, &report);
	psa_report_free(&report);
	return ret;
}

static int
judge_file(const struct opts *o, struct tally *t, const char *path)
{
	char file[MSG_NAME];
	struct yaml_docs docs;
	struct manifest_cursor c = {.docs = &docs};
	struct manifest m;
	const struct json *pod;
	size_t n = 0;
	int ret = 0;

	if (yaml_load(&docs, path) < 0) {
		t->n_unknown++;
		return 0;
	}
	(void)msg_mask(file, sizeof file,
	    strcmp(path, "-") == 0 ? "standard input" : path);
	while (ret == 0 && manifest_next(&c, &m)) {
		if (!find_pod(&m, &pod))
			continue;
		n++;
		ret = check_pod_judge(o, t, file, &m, pod);
	}
	if (n == 0) {
		msg_warn(0, "%s: neither a Pod nor a pod template in it", file);
		t->n_unknown++;
	}
	yaml_docs_free(&docs);
	return ret;
}

/* Print the JSON of all pods; 0 or -1. */
static int
check_pod_print_json(const struct opts *o, struct tally *t)
{
	struct json *all = json_new_object();
	char *text;

	json_add_string(all, "level", psa_level_name(o->policy.level));
	json_add_string(all, "version", o->version);
	json_add_bool(all, "allowed", t->n_bad == 0 && t->n_unknown == 0);
	(void)json_add(all, "pods", t->pods);
	t->pods = NULL;
	text = json_finish(all, JSON_PRETTY);
	if (text == NULL)
		return -1;
	out_line(text);
	result_is_told();
	free(text);
	return 0;
}

static int
judge_files(const struct opts *o, char **files)
{
	struct tally t = {.pods = o->json ? json_new_array() : NULL};
	int ret = 0;

	if (o->json && t.pods == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	for (; *files != NULL && ret == 0; files++)
		ret = judge_file(o, &t, *files);
	if (ret == 0 && o->json && !o->quiet)
		ret = check_pod_print_json(o, &t);
	json_free(t.pods);
	if (ret == 0)
		ret = out_flush();
	if (ret < 0)
		return WIRE_FAIL;
	if (t.n_bad > 0)
		return WIRE_BUNDLE;
	return t.n_unknown > 0 ? WIRE_FAIL : WIRE_OK;
}

int
cmd_check_pod(int argc, char **argv)
{
	struct opts o = {.policy = {PSA_RESTRICTED, PSA_LATEST},
	    .version = "latest"};
	int code;

	if (opt_parse(&cmd_check_pod_options, &o, argc, argv, &code) < 0)
		return code;
	return judge_files(&o, argv + 1);
}
