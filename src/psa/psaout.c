/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found in a pod as an item of check-pod's result.
 */
#include "psa/psaout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

/* text with what is not text made visible; owned, NULL (reported). */
static char *
psaout_mask(const char *text)
{
	size_t size = 4 * strlen(text) + 16;
	char *shown = malloc(size);

	if (shown == NULL) {
		msg_nomem();
		return NULL;
	}
	return msg_mask(shown, size, text);
}

char *
psaout_where(const struct psaout_pod *p)
{
	char name[300], kind[128], *where = NULL;
	bool path = p->several && p->path[0] != '\0';

	(void)msg_mask(kind, sizeof kind,
	    p->kind[0] != '\0' ? p->kind : "(no kind)");
	(void)msg_mask(name, sizeof name,
	    p->name != NULL ? p->name : "(no name)");
	if (asprintf(&where, "%s:%zu: %s %s%s%s", p->file, p->line, kind, name,
	        path ? ": " : "", path ? p->path : "") < 0) {
		msg_nomem();
		return NULL;
	}
	return where;
}

/*
 * The real path and what is wrong with it: "FIELD (container "NAME") is VALUE;
 * must ...", masked; owned, NULL (reported).
 */
static char *
psaout_words(const char *field, const struct psa_violation *v,
    const char *subject)
{
	char name[300], *text = NULL;
	char *value = psaout_mask(v->value != NULL ? v->value : "not set");
	char *must = psaout_mask(v->must);

	if (value == NULL || must == NULL)
		goto out;
	if (asprintf(&text, "%s%s%s%s%s%s is %s; %s", field,
	        subject != NULL ? " (" : "", subject != NULL ? subject : "",
	        subject != NULL ? " \"" : "",
	        subject != NULL ? msg_mask(name, sizeof name, v->name) : "",
	        subject != NULL ? "\")" : "", value, must) < 0) {
		msg_nomem();
		text = NULL;
	}
out:
	free(value);
	free(must);
	return text;
}

/* Owned. */
static struct json *
psaout_violation(const struct psaout_pod *p, const struct psa_violation *v)
{
	struct json *one = json_new_object();
	const char *subject = v->name == NULL ? NULL
	    : v->subject == PSA_CONTAINER     ? "container"
	    : v->subject == PSA_VOLUME        ? "volume"
	                                      : NULL;
	char *field = NULL, *words;

	if (asprintf(&field, "%s%s%s", p->path, p->path[0] != '\0' ? "." : "",
	        v->field) < 0)
		field = NULL;
	json_add_string(one, "check", v->check->id);
	json_add_string(one, "level", psa_level_name(v->check->level));
	json_add_uint(one, "line", v->line > 0 ? v->line : p->line);
	json_add_string(one, "field", field);
	json_add_string(one, "must", v->must);
	if (v->value != NULL)
		json_add_raw(one, "value", v->value);
	if (subject != NULL)
		json_add_string(one, subject, v->name);
	words = field != NULL ? psaout_words(field, v, subject) : NULL;
	json_add_string(one, "message", words);
	free(words);
	free(field);
	return one;
}

/*
 * "violates LEVEL:VERSION: CHECK, CHECK", each once, or "passes LEVEL:VERSION";
 * owned, NULL when out of memory.
 */
static char *
psaout_message(const struct psaout_pod *p, const struct json *v, bool bad)
{
	const char *check, *last = "";
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f != NULL)
		fprintf(f, "%s %s:%s", bad ? "violates" : "passes",
		    psa_level_name(p->level), p->version);
	for (; f != NULL && v != NULL; v = json_next(v), last = check) {
		check = json_get_text(v, "check");
		if (strcmp(check, last) != 0)
			fprintf(f, "%s%s", *last != '\0' ? ", " : ": ", check);
	}
	if (f != NULL && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

struct json *
psaout_object(const struct psaout_pod *p, struct ignores *ignores)
{
	struct json *pod = json_new_object(), *list = json_new_array();
	const struct psa_violation *v;
	struct ignore *by;
	char *message;
	bool bad;
	size_t i;

	for (i = 0; i < p->report->n; i++) {
		v = &p->report->violations[i];
		if (ignores_find(ignores, v->check->id, p->file, &by))
			ignores_keep(by, psaout_violation(p, v));
		else
			(void)json_add(list, NULL, psaout_violation(p, v));
	}
	/* there may be more than those that are ignored */
	bad = json_first(list) != NULL || p->report->n == PSA_VIOLATIONS_MAX;
	message = psaout_message(p, json_first(list), bad);
	json_add_string(pod, "where", p->where);
	json_add_string(pod, "file", p->file);
	json_add_uint(pod, "line", p->line);
	json_add_string(pod, "kind", p->kind);
	if (p->name != NULL)
		json_add_string(pod, "name", p->name);
	if (p->namespace != NULL)
		json_add_string(pod, "namespace", p->namespace);
	json_add_string(pod, "path", p->path);
	json_add_bool(pod, "allowed", !bad);
	json_add_string(pod, "message", message);
	free(message);
	(void)json_add(pod, "violations", list);
	if (p->report->n == PSA_VIOLATIONS_MAX)
		json_add_bool(pod, "more", true);
	ignores_add(ignores, pod);
	return pod;
}
