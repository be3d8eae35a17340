/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl check-pod: do pods pass the Pod Security Standards?
 */
#include "cmd/cmd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/term.h"
#include "pod/files.h"
#include "pod/manifest.h"
#include "pod/template.h"
#include "pod/yaml.h"
#include "psa/psa.h"
#include "psa/psaout.h"
#include "result/found.h"
#include "result/services.h"
#include "result/text.h"
#include "wire.h"

struct opts {
	struct psa_policy policy;
	const char *version; /* borrowed; as it was given */
	bool may_be_none; /* no pod at all is no error */
	struct found_opts found; /* not strict: there are no warnings */
};

/* What was found so far. */
struct tally {
	struct opts *o;
	struct term term;
	struct json *pods; /* owned; what is printed at the end, or NULL */
	struct json *problems; /* owned; what could not be judged, likewise */
	size_t n_good; /* pods that pass */
	size_t n_bad; /* pods that violate */
	size_t n_over; /* objects without a pod */
	size_t n_unknown; /* files and pods that could not be judged */
	size_t n_empty; /* lists without items */
};

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
        OPT_CHOICE(struct opts, policy.level)},
    {"version", 0, "latest|v1.N", "version of the policy (default: latest)",
        .take = check_pod_take_version,
        .takes = "latest, or a version as in v1.31 or 1.31"},
    {"ignore-not-found", 0, NULL, "succeed where there is no pod at all",
        OPT_FLAG(struct opts, may_be_none)},
    {0},
};
static const struct opt_group check_pod_groups[] = {
    {"The standard", check_pod_rows, 0},
    {"The result", found_rows + FOUND_ROWS_ERRORS,
        offsetof(struct opts, found)},
    {0},
};
const struct opt_command cmd_check_pod_options = {
    .name = "check-pod",
    .usage = " [OPTION...] FILE|DIR...",
    .about =
        "Check Pods and pod templates against the Pod Security Standards.  FILE is YAML\n"
        "or JSON; - is standard input.  DIR has such files, in it or below.\n"
        "Pod templates in unknown kinds are also found.  Objects without a pod are\n"
        "skipped and counted.\n",
    .groups = check_pod_groups,
    .after = "exit: 0 all pass, 1 a file could not be checked, 2 wrong usage,\n"
             "3 a pod violates the standard\n",
    .operands = "FILEs or DIRs",
    .least = 1,
    .most = OPT_ANY,
};

/* Something could not be judged: why, has just been reported. */
static void
check_pod_note_problem(struct tally *t, const char *name)
{
	struct json *one;

	t->n_unknown++;
	if (t->problems == NULL)
		return;
	one = json_add_object(t->problems, NULL);
	json_add_string(one, "file", name);
	json_add_string(one, "code", "pod-not-judged");
	json_add_string(one, "message", msg_last());
}

/* Judge one pod, and tell what there is to say; 0 or -1. */
static int
check_pod_judge(struct tally *t, struct psaout_pod *p, const struct json *pod)
{
	char *where = psaout_where(p);
	struct json *item, *violations;
	int ret = 0;

	if (where == NULL)
		return -1;
	violations = psa_judge(where, p->path, json_get(pod, "metadata"),
	    json_get(pod, "spec"), t->o->policy);
	if (violations == NULL) {
		free(where);
		check_pod_note_problem(t, p->file);
		return 0;
	}
	p->where = where;
	p->violations = violations;
	item = psaout_object(p, &t->o->found.ignores);
	json_free(violations);
	free(where);
	if (found_state(item) == FOUND_GOOD)
		t->n_good++;
	else
		t->n_bad++;
	if (t->pods != NULL) {
		(void)json_add(t->pods, NULL, item);
		return 0;
	}
	if (!t->o->found.quiet)
		ret = text_print_list(item, &t->term);
	json_free(item);
	return ret;
}

/* Judge the pods of one object; 0 or -1. */
static int
judge_object(struct tally *t, const char *file, const struct manifest *m)
{
	struct template_walk *w = calloc(1, sizeof *w);
	struct psaout_pod p = {.file = file,
	    .line = m->line,
	    .kind = m->kind,
	    .name = manifest_metadata(m->object, "name"),
	    .namespace = manifest_metadata(m->object, "namespace"),
	    .level = t->o->policy.level,
	    .version = t->o->version};
	const struct json *pod;
	const char *field = manifest_wrong(json_get(m->object, "metadata"));
	size_t n = 0;
	int ret = 0;

	if (w == NULL) {
		msg_nomem();
		return -1;
	}
	w->manifest = m;
	while (ret == 0 && template_next(w, &pod)) {
		p.path = w->path;
		p.several = w->depth > 0;
		n++;
		if (field == NULL) {
			ret = check_pod_judge(t, &p, pod);
			continue;
		}
		msg_warn(0, "%s:%zu: %s: not what Kubernetes takes there", file,
		    m->line, field);
		check_pod_note_problem(t, file);
		break;
	}
	t->n_over += n == 0;
	free(w);
	return ret;
}

/* A file that is a template of Helm's is not YAML yet: say what makes it so. */
static void
check_pod_hint(const char *path)
{
	char head[65536], shown[MSG_NAME];
	FILE *f = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");
	size_t n = f != NULL ? fread(head, 1, sizeof head - 1, f) : 0;

	if (f != NULL)
		(void)fclose(f);
	head[n] = '\0';
	if (strstr(head, "{{") != NULL)
		msg_line(
		    "%s looks like a Helm template; render it first: helm template CHART | %s check-pod -",
		    msg_mask(shown, sizeof shown, path), msg_program());
}

static int
judge_file(struct tally *t, const char *path)
{
	char file[MSG_NAME];
	struct json *docs = yaml_load(path);
	struct manifest_cursor c = {.doc = json_first(docs)};
	const struct json *doc;
	struct manifest m;
	int ret = 0;

	msg_mask(file, sizeof file,
	    strcmp(path, "-") == 0 ? "standard input" : path);
	if (docs == NULL) {
		check_pod_note_problem(t, file);
		check_pod_hint(path);
	}
	for (doc = c.doc; doc != NULL; doc = json_next(doc))
		t->n_empty += manifest_is_empty(doc);
	while (ret == 0 && signals_stop == 0 && manifest_next(&c, &m))
		ret = judge_object(t, file, &m);
	json_free(docs);
	return ret;
}

static int
judge_directory(struct tally *t, const char *path)
{
	struct files files = {0};
	char shown[MSG_NAME];
	size_t i;
	int ret = 0;

	msg_mask(shown, sizeof shown, path);
	if (files_add(&files, path) < 0) {
		check_pod_note_problem(t, shown);
	} else if (files.n == 0) {
		msg_warn(0,
		    "%s: has no file with a name that ends in .yaml, .yml or .json",
		    shown);
		check_pod_note_problem(t, shown);
	}
	for (i = 0; i < files.n && ret == 0 && signals_stop == 0; i++)
		ret = judge_file(t, files.names[i]);
	files_free(&files);
	return ret;
}

static enum wire_exit
check_pod_exit(const struct tally *t)
{
	if (t->n_bad > 0)
		return WIRE_BUNDLE;
	return t->n_unknown > 0 ? WIRE_FAIL : WIRE_OK;
}

/* Print the object of all pods; 0 or -1. */
static int
check_pod_print(struct tally *t)
{
	enum wire_exit code = check_pod_exit(t);
	char message[64];
	struct json *all;

	snprintf(message, sizeof message, "%zu of %zu pods violate %s",
	    t->n_bad, t->n_good + t->n_bad, psa_level_name(t->o->policy.level));
	all = result_new(code, NULL,
	    code == WIRE_BUNDLE     ? "PodSecurity"
	        : code == WIRE_FAIL ? "NotJudged"
	                            : NULL,
	    code == WIRE_FAIL ? NULL : message);
	json_add_string(all, "level", psa_level_name(t->o->policy.level));
	json_add_string(all, "version", t->o->version);
	json_add_bool(all, "allowed", code == WIRE_OK);
	json_add_uint(all, "passed", t->n_good);
	json_add_uint(all, "violating", t->n_bad);
	json_add_uint(all, "passedOver", t->n_over);
	json_add_uint(all, "notJudged", t->n_unknown);
	(void)json_add(all, "problems", t->problems);
	(void)json_add(all, "pods", t->pods);
	t->pods = t->problems = NULL;
	return services_print(t->o->found.form, "check-pod", all);
}

/* Print what comes at the end; 0 or -1. */
static int
check_pod_end(struct tally *t)
{
	const struct found_opts *found = &t->o->found;
	size_t n = t->n_good + t->n_bad;
	bool none = t->n_good + t->n_bad + t->n_unknown == 0;
	/* an empty list: kubectl get pods, of a namespace without any */
	bool empty = none &&
	    (t->o->may_be_none || (t->n_empty > 0 && t->n_over == 0));

	/* what was asked for must have been a pod, or nothing is known */
	if (none && !empty) {
		msg_warn(0,
		    "no Pod and no pod template found; %zu object%s without a pod",
		    t->n_over, t->n_over == 1 ? "" : "s");
		check_pod_note_problem(t, "");
	}
	if (t->n_unknown == 0)
		ignores_tell(&found->ignores);
	if (found->form != FOUND_TEXT)
		return check_pod_print(t);
	if (found->quiet)
		return 0;
	if (empty)
		out_line("no pods to check");
	if (n + (t->n_over + t->n_unknown > 0) < 2)
		return 0;
	out_printf("%zu pod%s checked: %zu pass%s, %zu violate%s %s:%s", n,
	    n == 1 ? "" : "s", t->n_good, t->n_good == 1 ? "es" : "", t->n_bad,
	    t->n_bad == 1 ? "s" : "", psa_level_name(t->o->policy.level),
	    t->o->version);
	if (t->n_over > 0)
		out_printf("; %zu object%s without a pod skipped", t->n_over,
		    t->n_over == 1 ? "" : "s");
	if (t->n_unknown > 0)
		out_printf("; %zu could not be checked", t->n_unknown);
	out_text("\n");
	return 0;
}

static int
judge_all(struct opts *o, char **files)
{
	struct tally t = {.o = o, .term = term_of(OUT_FD)};
	struct sandbox_places places = {0};
	struct stat st;
	int ret = 0;
	size_t i;

	if (o->found.form != FOUND_TEXT) {
		t.pods = json_new_array();
		t.problems = json_new_array();
	}
	/* from here on only the files can be read */
	for (i = 0; files[i] != NULL; i++)
		sandbox_allow(&places, files[i], -1, SANDBOX_READ);
	(void)sandbox_shut(&places, SANDBOX_CHECK);
	for (; *files != NULL && ret == 0 && signals_stop == 0; files++)
		ret = strcmp(*files, "-") != 0 && stat(*files, &st) == 0 &&
		        S_ISDIR(st.st_mode)
		    ? judge_directory(&t, *files)
		    : judge_file(&t, *files);
	if (ret == 0)
		ret = signals_stop != 0 ? -1 : check_pod_end(&t);
	json_free(t.pods);
	json_free(t.problems);
	if (ret == 0)
		ret = out_flush();
	return ret < 0 ? WIRE_FAIL : (int)check_pod_exit(&t);
}

int
cmd_check_pod(int argc, char **argv)
{
	struct opts o = {.policy = {PSA_RESTRICTED, PSA_LATEST},
	    .version = "latest"};
	int code;

	if (opt_parse(&cmd_check_pod_options, &o, argc, argv, &code) < 0)
		return code;
	code = (int)ignores_read(&o.found.ignores);
	if (code == WIRE_OK)
		code = judge_all(&o, argv + 1);
	ignores_free(&o.found.ignores);
	return code;
}
