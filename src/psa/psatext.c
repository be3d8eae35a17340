/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Violations in the words of the API server.
 */
#include "psa/psatext.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

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
psatext_compare_names(const void *a, const void *b)
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
		qsort(l->names, l->n, sizeof *l->names, psatext_compare_names);
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

/* The notes of the rows that were violated; owned, NULL (reported). */
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
			psatable_free_violation(&out->violations[i]);
		else
			out->violations[n++] = out->violations[i];
	}
	out->n = n;
}

int
psatext_add(FILE *f, struct psa_report *out, const struct psa_check *k,
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
