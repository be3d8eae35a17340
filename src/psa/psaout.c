/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what was found in a pod: as text, as JSON, as a case for CI services.
 */
#include "psa/psaout.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/term.h"
#include "bundle/ci.h"
#include "bundle/codes.h"

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

/* Where a violation stands: a line of its own, or else the object's. */
static size_t
psaout_line(const struct psaout_pod *p, const struct psa_violation *v)
{
	return v->line > 0 ? v->line : p->line;
}

/* "container" or "volume", where the violation has a name for it. */
static const char *
psaout_subject(const struct psa_violation *v)
{
	if (v->name == NULL)
		return NULL;
	return v->subject == PSA_CONTAINER ? "container"
	    : v->subject == PSA_VOLUME     ? "volume"
	                                   : NULL;
}

/*
 * The real path and what is wrong with it: "FIELD (container "NAME") is VALUE;
 * must ...", masked; owned, NULL (reported).
 */
static char *
psaout_words(const struct psaout_pod *p, const struct psa_violation *v)
{
	const char *subject = psaout_subject(v);
	char name[300], *text = NULL;
	char *value = psaout_mask(v->value != NULL ? v->value : "not set");
	char *must = psaout_mask(v->must);

	if (value == NULL || must == NULL)
		goto out;
	if (asprintf(&text, "%s%s%s%s%s%s%s%s is %s; %s", p->path,
	        p->path[0] != '\0' ? "." : "", v->field,
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

/*
 * "violates LEVEL:VERSION: CHECK, CHECK", each once; "" where it does not;
 * owned, NULL (reported).
 */
static char *
psaout_message(const struct psaout_pod *p)
{
	const struct psa_violation *v = p->report->violations;
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	for (i = 0; f != NULL && i < p->report->n; i++) {
		if (i == 0)
			fprintf(f, "violates %s:%s: %s",
			    psa_level_name(p->level), p->version,
			    v[i].check->id);
		else if (strcmp(v[i].check->id, v[i - 1].check->id) != 0)
			fprintf(f, ", %s", v[i].check->id);
	}
	if (f != NULL && fclose(f) == 0)
		return text;
	free(text);
	msg_nomem();
	return NULL;
}

int
psaout_text(FILE *to, const struct term *t, const struct psaout_pod *p)
{
	const struct psa_report *r = p->report;
	char *where = psaout_where(p), *words = psaout_message(p);
	size_t i;
	int ret = -1;

	if (where == NULL || words == NULL)
		goto out;
	ret = 0;
	if (r->n == 0) {
		(void)fprintf(to, "%s: %spasses%s %s:%s\n", where,
		    term_sgr(t, TERM_GREEN), term_sgr(t, TERM_PLAIN),
		    psa_level_name(p->level), p->version);
		goto out;
	}
	(void)fprintf(to, "%s: %sviolates%s%s\n", where, term_sgr(t, TERM_RED),
	    term_sgr(t, TERM_PLAIN), words + strlen("violates"));
	for (i = 0; i < r->n && ret == 0; i++) {
		free(words);
		words = psaout_words(p, &r->violations[i]);
		if (words == NULL)
			ret = -1;
		else
			(void)fprintf(to, "  %s:%zu: %s [%s]\n", p->file,
			    psaout_line(p, &r->violations[i]), words,
			    r->violations[i].check->id);
	}
	if (r->n == PSA_VIOLATIONS_MAX)
		(void)fputs("  and perhaps more\n", to);
out:
	free(where);
	free(words);
	return ret;
}

/* The real path in the object; owned, NULL when out of memory. */
static char *
psaout_field(const struct psaout_pod *p, const struct psa_violation *v)
{
	char *field = NULL;

	if (asprintf(&field, "%s%s%s", p->path, p->path[0] != '\0' ? "." : "",
	        v->field) < 0)
		return NULL;
	return field;
}

static void
add_violation(struct json *to, const struct psaout_pod *p,
    const struct psa_violation *v)
{
	struct json *one = json_add_object(to, NULL);
	char *field = psaout_field(p, v);
	const char *subject = psaout_subject(v);

	json_add_string(one, "check", v->check->id);
	json_add_string(one, "level", psa_level_name(v->check->level));
	json_add_uint(one, "line", psaout_line(p, v));
	json_add_string(one, "field", field);
	json_add_string(one, "must", v->must);
	if (v->value != NULL)
		json_add_raw(one, "value", v->value);
	if (subject != NULL)
		json_add_string(one, subject, v->name);
	free(field);
}

void
psaout_json(struct json *pods, const struct psaout_pod *p)
{
	struct json *pod = json_add_object(pods, NULL), *list;
	char *message = psaout_message(p);
	size_t i;

	json_add_string(pod, "file", p->file);
	json_add_uint(pod, "line", p->line);
	json_add_string(pod, "kind", p->kind);
	if (p->name != NULL)
		json_add_string(pod, "name", p->name);
	if (p->namespace != NULL)
		json_add_string(pod, "namespace", p->namespace);
	json_add_string(pod, "path", p->path);
	json_add_bool(pod, "allowed", p->report->n == 0);
	json_add_string(pod, "message", message);
	free(message);
	list = json_add_array(pod, "violations");
	for (i = 0; i < p->report->n; i++)
		add_violation(list, p, &p->report->violations[i]);
}

void
psaout_case(struct json *cases, const struct psaout_pod *p)
{
	char *where = psaout_where(p), *message = psaout_message(p);
	const struct psa_violation *v;
	const struct codes_row *row;
	struct json *one;
	char *words, *field;
	size_t i;

	if (where == NULL || message == NULL)
		json_spoil(cases);
	one = ci_add_case(cases, where, p->file,
	    p->report->n > 0 ? CI_FAILED : CI_PASSED, message);
	for (i = 0; i < p->report->n; i++) {
		v = &p->report->violations[i];
		row = codes_find(v->check->id);
		words = psaout_words(p, v);
		field = psaout_field(p, v);
		ci_add_finding(one,
		    &(struct ci_finding){.code = v->check->id,
		        .severity = CODES_ERROR,
		        .message = words,
		        .fix = row != NULL ? row->fix : NULL,
		        .file = p->file,
		        .line = psaout_line(p, v),
		        .where = field});
		free(words);
		free(field);
	}
	free(where);
	free(message);
}
