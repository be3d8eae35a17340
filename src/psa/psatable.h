/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards as a table of checks, and what a pod that
 * violates some of them looks like.
 */
#ifndef PSATABLE_H
#define PSATABLE_H

#include <stdbool.h>
#include <stddef.h>

struct json;

enum psa_level {
	PSA_PRIVILEGED,
	PSA_BASELINE,
	PSA_RESTRICTED
};

enum {
	PSA_FIELDS_MAX = 11,
	PSA_VALUES_MAX = 15
};

enum psa_rule {
	PSA_ALLOW, /* where it is set, it must be one of the values */
	PSA_DENY, /* where it is set, it must be none of the values */
	PSA_REQUIRE, /* it must be set, to one of the values */
	PSA_INHERIT, /* so it must, in the pod (1st field) or container (2nd) */
	PSA_INCLUDE, /* this list must have the value in it */
	PSA_VOLUMES /* this volume must be one of the values */
};

enum psa_type {
	PSA_BOOL,
	PSA_NUMBER,
	PSA_STRING,
	PSA_LIST,
	PSA_ANY
};

/* A value, and the first policy version that has it. */
struct psa_value {
	const char *text; /* a final '*' stands for anything */
	int from;
};

/*
 * One check of the standard, or a part of it: rows may share an id.
 *
 * Fields: "*." is each container, init and ephemeral ones too; "[]" is each
 * element of a list; an annotation's name may end in any text ('*') or in
 * the name of one of the containers ('@').
 */
struct psa_check {
	const char *id;
	enum psa_level level;
	enum psa_type type;
	enum psa_rule rule;
	bool whole; /* where its object is there, the field must be as well */
	int from; /* first policy version 1.N that has it */
	int until; /* the last one; 0: still there */
	int windows; /* Windows pods are exempt from this version on; 0: no */
	int userns; /* likewise pods in a user namespace */
	const char *overrides; /* baseline check that this one stands for */
	const char *fields[PSA_FIELDS_MAX];
	struct psa_value values[PSA_VALUES_MAX];
};

/* All rows; the last has no id. */
extern const struct psa_check psatable[];

enum {
	PSA_VIOLATIONS_MAX = 1000 /* kept of one pod */
};

/* What a violation is about. */
enum psa_subject {
	PSA_POD,
	PSA_CONTAINER,
	PSA_VOLUME,
	PSA_ANNOTATION
};

struct psa_violation {
	const struct psa_check *check; /* static; a row of the table */
	enum psa_subject subject;
	const char *name; /* borrowed from the pod; of container or volume */
	char *field; /* owned; "spec.containers[0].securityContext..." */
	size_t line; /* of the field, or of the last on the way that is there;
	                0: not known */
	char *value; /* owned; what it is, as JSON; NULL: not set */
	char *must; /* owned; "must be false" */
	bool implicit; /* not set here, nor for the whole pod */
};

/* {0} is a report without violations. */
struct psa_report {
	struct psa_violation *violations; /* owned */
	size_t n;
};

/* Free what v owns. */
void psatable_free_violation(struct psa_violation *v);

#endif
