/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards: Pod -> violations, by level and version.
 *
 * Checks, versions and wording are those of the admission controller that
 * enforces them (kubernetes/pod-security-admission): a pod violates a check
 * here exactly when the controller would turn it away for it.
 */
#ifndef PSA_H
#define PSA_H

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

enum psa_level {
	PSA_PRIVILEGED,
	PSA_BASELINE,
	PSA_RESTRICTED
};

enum {
	PSA_LATEST = 37, /* minor version of the newest policy known here */
	PSA_VIOLATIONS_MAX = 1000 /* kept of one pod */
};

struct psa_policy {
	enum psa_level level;
	int minor; /* policy version 1.minor, at most PSA_LATEST */
};

/* What a violation is about. */
enum psa_subject {
	PSA_POD,
	PSA_CONTAINER,
	PSA_VOLUME,
	PSA_ANNOTATION
};

struct psa_violation {
	const struct psa_check *check; /* static; see psa_check_* */
	enum psa_subject subject;
	const char *name; /* borrowed from the pod; of container or volume */
	size_t index; /* of the container or volume in the pod */
	char *field; /* owned; "spec.containers[0].securityContext..." */
	char *value; /* owned; what it is, as JSON; NULL: not set */
	char *text; /* owned; what it is, without quotes; "": not set */
	char *must; /* owned; "must be false" */
	bool implicit; /* not set here, nor for the whole pod */
};

/* {0} is a report without violations. */
struct psa_report {
	struct psa_violation *violations; /* owned */
	size_t n;
	char *message; /* owned; all of them as the API server puts it */
};

/* The check's name, the level it belongs to. */
const char *psa_check_id(const struct psa_check *check);
enum psa_level psa_check_level(const struct psa_check *check);

/*
 * Judge a pod by its metadata (NULL: none) and spec.  Fills report, which
 * psa_report_free frees; strings in it are borrowed from the pod.  Returns 0,
 * violations or not, or -1 after a message that begins with `where` if this is
 * no pod.
 */
int psa_judge(struct psa_report *report, const char *where,
    const cJSON *metadata, const cJSON *spec, struct psa_policy policy);

void psa_report_free(struct psa_report *report);

/* "restricted" and back; 0, or -1 where text is no level. */
const char *psa_level_name(enum psa_level level);
int psa_level_parse(enum psa_level *level, const char *text);

/*
 * "latest" or "v1.N" to N, at most PSA_LATEST, as a controller takes the
 * newest policy that it knows; 0, or -1 where text is neither.
 */
int psa_version_parse(int *minor, const char *text);

#endif
