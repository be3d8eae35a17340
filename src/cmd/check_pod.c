/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl check-pod: do pods pass the Pod Security Standards?
 */
#include "cmd/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/names.h"
#include "base/number.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "pod/manifest.h"
#include "pod/template.h"
#include "pod/yaml.h"
#include "psa/psa.h"
#include "result/found.h"
#include "result/services.h"
#include "result/text.h"
#include "wire.h"

struct check_pod {
	struct psa_policy policy;
	const char *version; /* borrowed; as it was given */
	bool may_be_none; /* no pod at all is no error */
	struct found_opts found; /* not strict: there are no warnings */

	/* what was found so far */
	struct json *pods; /* owned; what is printed at the end */
	struct json *problems; /* owned; what could not be judged */
	size_t n_good; /* pods that pass */
	size_t n_bad; /* pods that violate */
	size_t n_over; /* objects without a pod */
	size_t n_unknown; /* files and pods that could not be judged */
	size_t n_empty; /* lists without items */
};

/*
 * An opt_take: "latest", "v1.N" or "1.N", at most PSA_LATEST, as a controller
 * takes the newest policy that it knows.
 */
static const char *
check_pod_take_version(const struct opt *o, void *to, const char *value)
{
	struct check_pod *a = to;
	uint64_t n = PSA_LATEST;

	(void)o;
	a->version = value;
	if (strcmp(value, "latest") != 0) {
		value += *value == 'v';
		if (strncmp(value, "1.", 2) != 0 ||
		    (value[2] == '0' && value[3] != '\0') ||
		    number_parse(value + 2, 0, INT32_MAX, &n) < 0)
			return "";
	}
	a->policy.minor = n > PSA_LATEST ? PSA_LATEST : (int)n;
	return NULL;
}

static const struct opt check_pod_rows[] = {
    {"level", 0, "restricted|baseline|privileged",
        "which standard (default: restricted)",
        OPT_CHOICE(struct check_pod, policy.level)},
    {"version", 0, "latest|v1.N", "version of the policy (default: latest)",
        .take = check_pod_take_version,
        .takes = "latest, or a version as in v1.31 or 1.31"},
    {"ignore-not-found", 0, NULL, "succeed where there is no pod at all",
        OPT_FLAG(struct check_pod, may_be_none)},
    {0},
};
static const struct opt_group check_pod_groups[] = {
    {"The standard", check_pod_rows, 0},
    {"The result", found_rows + FOUND_ROWS_ERRORS,
        offsetof(struct check_pod, found)},
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
check_pod_note_problem(struct check_pod *a, const char *name)
{
	struct json *one = json_add_object(a->problems, NULL);

	a->n_unknown++;
	json_add_string(one, "file", name);
	json_add_string(one, "code", "pod-not-judged");
	json_add_string(one, "message", msg_last());
}

/*
 * Add to an item what is wrong with the pod, but for what is ignored, and what
 * follows from it.  Returns whether it violates the standard.
 */
static bool
check_pod_add_violations(struct check_pod *a, struct json *item,
    const struct json *violations)
{
	struct json *list = json_new_array();
	const char *check, *last = "";
	const struct json *v;
	struct ignore *by;
	char message[2048]; /* has room for all checks */
	/* there may be more than those that are ignored */
	bool more = json_size(violations) == PSA_VIOLATIONS_MAX, bad = more;
	int at = 0;

	message[0] = '\0';
	for (v = json_first(violations); v != NULL; v = json_next(v)) {
		check = json_get_text(v, "check");
		if (ignores_find(&a->found.ignores, check,
		        json_get_text(item, "file"), &by)) {
			ignores_keep(by, json_copy(v));
			continue;
		}
		bad = true;
		(void)json_add(list, NULL, json_copy(v));
		/* each once */
		if (strcmp(check, last) != 0)
			at += sprintf(message + at, "%s%s",
			    *last != '\0' ? ", " : ": ", check);
		last = check;
	}
	json_add_bool(item, "allowed", !bad);
	json_add_format(item, "message", "%s %s:%s%s",
	    bad ? "violates" : "passes", psa_level_name(a->policy.level),
	    a->version, message);
	(void)json_add(item, "violations", list);
	if (more)
		json_add_bool(item, "more", true);
	ignores_add(&a->found.ignores, item);
	return bad;
}

/* Judge the pod that w is at, and tell what there is to say; 0 or -1. */
static int
check_pod_judge(struct check_pod *a, const char *file,
    const struct template_walk *w, const struct json *pod)
{
	const struct manifest *m = w->manifest;
	const char *name = manifest_metadata(m->object, "name");
	const char *space = manifest_metadata(m->object, "namespace");
	struct json *item, *violations;
	char shown[300], kind[128];
	bool path = w->depth > 0 && w->path[0] != '\0';
	int ret = 0;

	item = json_new_object();
	json_add_format(item, "where", "%s:%zu: %s %s%s%s", file, m->line,
	    msg_mask(kind, sizeof kind,
	        m->kind[0] != '\0' ? m->kind : "(no kind)"),
	    msg_mask(shown, sizeof shown, name != NULL ? name : "(no name)"),
	    path ? ": " : "", path ? w->path : "");
	violations = psa_judge(found_name(item), w->path,
	    json_get(pod, "metadata"), json_get(pod, "spec"), a->policy);
	if (violations == NULL) {
		json_free(item);
		check_pod_note_problem(a, file);
		return 0;
	}
	json_add_string(item, "file", file);
	json_add_uint(item, "line", m->line);
	json_add_string(item, "kind", m->kind);
	if (name != NULL)
		json_add_string(item, "name", name);
	if (space != NULL)
		json_add_string(item, "namespace", space);
	json_add_string(item, "path", w->path);
	if (check_pod_add_violations(a, item, violations))
		a->n_bad++;
	else
		a->n_good++;
	json_free(violations);
	if (a->found.form != FOUND_TEXT) {
		(void)json_add(a->pods, NULL, item);
		return 0;
	}
	if (!a->found.quiet)
		ret = text_print_list(item);
	json_free(item);
	return ret;
}

/* Judge the pods of one object; 0 or -1. */
static int
judge_object(struct check_pod *a, const char *file, const struct manifest *m)
{
	struct template_walk *w = calloc(1, sizeof *w);
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
		n++;
		if (field == NULL) {
			ret = check_pod_judge(a, file, w, pod);
			continue;
		}
		msg_warn(0, "%s:%zu: %s: not what Kubernetes takes there", file,
		    m->line, field);
		check_pod_note_problem(a, file);
		break;
	}
	a->n_over += n == 0;
	free(w);
	return ret;
}

static int
judge_file(struct check_pod *a, const char *path)
{
	char file[MSG_NAME], head[65536] = "";
	struct json *docs = yaml_load(path);
	FILE *f = NULL;
	struct manifest_cursor c = {.doc = json_first(docs)};
	const struct json *doc;
	struct manifest m;
	int ret = 0;

	msg_mask(file, sizeof file,
	    strcmp(path, "-") == 0 ? "standard input" : path);
	if (docs == NULL) {
		check_pod_note_problem(a, file);
		if (strcmp(path, "-") != 0)
			f = fopen(path, "re");
		if (f != NULL)
			head[fread(head, 1, sizeof head - 1, f)] = '\0';
		if (f != NULL)
			(void)fclose(f);
		/* a template of Helm's is not YAML yet */
		if (strstr(head, "{{") != NULL)
			msg_line(
			    "%s looks like a Helm template; render it first: helm template CHART | %s check-pod -",
			    file, msg_program());
	}
	for (doc = c.doc; doc != NULL; doc = json_next(doc))
		a->n_empty += manifest_is_empty(doc);
	while (ret == 0 && signals_stop == 0 && manifest_next(&c, &m))
		ret = judge_object(a, file, &m);
	json_free(docs);
	return ret;
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/*
 * Add, in order, the manifests of the directory `path` and of all directories
 * below it, hidden ones and symlinks excepted: names that end in .yaml, .yml
 * or .json, as kubectl has it.  Returns 0, or -1 (reported).
 */
static int
find_manifests(struct names *found, const char *path)
{
	static const char *const ends[] = {".yaml", ".yml", ".json", NULL};
	struct names dirs = {0};
	char shown[MSG_NAME], *name;
	const char *dot;
	struct dirent *e;
	struct stat st;
	DIR *d;
	size_t i;
	int ret = names_add(&dirs, path);

	/* dirs grows while it is worked through */
	for (i = 0; ret == 0 && i < dirs.n; i++) {
		path = dirs.at[i];
		d = opendir(path);
		if (d == NULL) {
			msg_warn(errno, "%s",
			    msg_mask(shown, sizeof shown, path));
			ret = -1;
			break;
		}
		while (ret == 0 && (e = readdir(d)) != NULL) {
			dot = strrchr(e->d_name, '.');
			if (e->d_name[0] == '.')
				continue;
			if (asprintf(&name, "%s%s%s", path,
			        path[strlen(path) - 1] == '/' ? "" : "/",
			        e->d_name) < 0) {
				msg_nomem();
				ret = -1;
				break;
			}
			if (lstat(name, &st) == 0 && S_ISDIR(st.st_mode))
				ret = names_add(&dirs, name);
			else if (dot != NULL && names_one_of(dot, ends))
				ret = names_add(found, name);
			free(name);
		}
		(void)closedir(d);
	}
	names_free(&dirs);
	if (found->n > 0)
		qsort(found->at, found->n, sizeof *found->at, compare_names);
	return ret;
}

static int
judge_directory(struct check_pod *a, const char *path)
{
	struct names files = {0};
	char shown[MSG_NAME];
	size_t i;
	int ret = 0;

	msg_mask(shown, sizeof shown, path);
	if (find_manifests(&files, path) < 0) {
		check_pod_note_problem(a, shown);
	} else if (files.n == 0) {
		msg_warn(0,
		    "%s: has no file with a name that ends in .yaml, .yml or .json",
		    shown);
		check_pod_note_problem(a, shown);
	}
	for (i = 0; i < files.n && ret == 0 && signals_stop == 0; i++)
		ret = judge_file(a, files.at[i]);
	names_free(&files);
	return ret;
}

/* Print the object of all pods; 0 or -1. */
static int
check_pod_print(struct check_pod *a, enum wire_exit code)
{
	char message[64];
	struct json *all;

	snprintf(message, sizeof message, "%zu of %zu pods violate %s",
	    a->n_bad, a->n_good + a->n_bad, psa_level_name(a->policy.level));
	all = result_new(code, NULL,
	    code == WIRE_BUNDLE     ? "PodSecurity"
	        : code == WIRE_FAIL ? "NotJudged"
	                            : NULL,
	    code == WIRE_FAIL ? NULL : message);
	json_add_string(all, "level", psa_level_name(a->policy.level));
	json_add_string(all, "version", a->version);
	json_add_bool(all, "allowed", code == WIRE_OK);
	json_add_uint(all, "passed", a->n_good);
	json_add_uint(all, "violating", a->n_bad);
	json_add_uint(all, "passedOver", a->n_over);
	json_add_uint(all, "notJudged", a->n_unknown);
	(void)json_add(all, "problems", a->problems);
	(void)json_add(all, "pods", a->pods);
	a->pods = a->problems = NULL;
	return services_print(a->found.form, "check-pod", all);
}

/* Print what comes at the end; the exit code. */
static enum wire_exit
check_pod_end(struct check_pod *a)
{
	const struct found_opts *found = &a->found;
	enum wire_exit code;
	size_t n = a->n_good + a->n_bad;
	bool none = n + a->n_unknown == 0;
	/* an empty list: kubectl get pods, of a namespace without any */
	bool empty = none &&
	    (a->may_be_none || (a->n_empty > 0 && a->n_over == 0));

	/* what was asked for must have been a pod, or nothing is known */
	if (none && !empty) {
		msg_warn(0,
		    "no Pod and no pod template found; %zu object%s without a pod",
		    a->n_over, a->n_over == 1 ? "" : "s");
		check_pod_note_problem(a, "");
	}
	code = a->n_bad > 0    ? WIRE_BUNDLE
	    : a->n_unknown > 0 ? WIRE_FAIL
	                       : WIRE_OK;
	if (a->n_unknown == 0)
		ignores_tell(&found->ignores);
	if (found->form != FOUND_TEXT)
		return check_pod_print(a, code) == 0 ? code : WIRE_FAIL;
	if (found->quiet)
		return code;
	if (empty)
		out_line("no pods to check");
	if (n + (a->n_over + a->n_unknown > 0) < 2)
		return code;
	out_printf("%zu pod%s checked: %zu pass%s, %zu violate%s %s:%s", n,
	    n == 1 ? "" : "s", a->n_good, a->n_good == 1 ? "es" : "", a->n_bad,
	    a->n_bad == 1 ? "s" : "", psa_level_name(a->policy.level),
	    a->version);
	if (a->n_over > 0)
		out_printf("; %zu object%s without a pod skipped", a->n_over,
		    a->n_over == 1 ? "" : "s");
	if (a->n_unknown > 0)
		out_printf("; %zu could not be checked", a->n_unknown);
	out_text("\n");
	return code;
}

int
cmd_check_pod(int argc, char **argv)
{
	struct check_pod a = {.policy = {PSA_RESTRICTED, PSA_LATEST},
	    .version = "latest",
	    .pods = json_new_array(),
	    .problems = json_new_array()};
	struct sandbox_places places = {0};
	struct stat st;
	int code, ret = 0;
	char **file;

	if (opt_parse(&cmd_check_pod_options, &a, argc, argv, &code) < 0)
		goto out;
	code = (int)ignores_read(&a.found.ignores);
	if (code != WIRE_OK)
		goto out;
	/* from here on only the files can be read */
	for (file = argv + 1; *file != NULL; file++)
		sandbox_allow(&places, *file, -1, SANDBOX_READ);
	(void)sandbox_shut(&places, SANDBOX_CHECK);
	for (file = argv + 1; *file != NULL && ret == 0 && signals_stop == 0;
	     file++)
		ret = strcmp(*file, "-") != 0 && stat(*file, &st) == 0 &&
		        S_ISDIR(st.st_mode)
		    ? judge_directory(&a, *file)
		    : judge_file(&a, *file);
	code = WIRE_FAIL;
	if (ret == 0 && signals_stop == 0)
		code = (int)check_pod_end(&a);
	if (out_flush() < 0)
		code = WIRE_FAIL;
out:
	json_free(a.pods);
	json_free(a.problems);
	ignores_free(&a.found.ignores);
	return code;
}
