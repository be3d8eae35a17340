/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards as a table of checks.
 */
#ifndef PSATABLE_H
#define PSATABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Each has all checks of those behind it. */
enum psa_level {
	PSA_RESTRICTED,
	PSA_BASELINE,
	PSA_PRIVILEGED
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
	PSA_STRING,
	PSA_BOOL,
	PSA_NUMBER,
	PSA_LIST,
	PSA_ANY
};

/* A value, and the first policy version that has it. */
struct psa_value {
	const char *text; /* a final '*' stands for anything */
	int from;
};

/*
 * One check of the standard, or a part of it: rows may share an id.  A row that
 * does not say otherwise is a string, and PSA_ALLOW.
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

#endif
