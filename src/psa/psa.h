/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards: Pod -> violations, by level and version.
 *
 * Checks and versions are those of the admission controller that enforces them
 * (kubernetes/pod-security-admission): a pod violates a check here exactly when
 * the controller would turn it away for it.
 */
#ifndef PSA_H
#define PSA_H

#include "psa/psatable.h"

struct json;

enum {
	PSA_LATEST = 37 /* minor version of the newest policy known here */
};

struct psa_policy {
	enum psa_level level;
	int minor; /* policy version 1.minor, at most PSA_LATEST */
};

/*
 * Judge a pod by its metadata (NULL: none) and spec.  Fills report, which
 * psa_report_free frees; strings in it are borrowed from the pod.  Returns 0,
 * violations or not, or -1 (reported as of `where`): this is not a pod.
 */
int psa_judge(struct psa_report *report, const char *where,
    const struct json *metadata, const struct json *spec,
    struct psa_policy policy);

void psa_report_free(struct psa_report *report);

/* "restricted" and back; 0, or -1 where text is not a level. */
const char *psa_level_name(enum psa_level level);
int psa_level_parse(enum psa_level *level, const char *text);

/*
 * "latest", "v1.N" or "1.N" to N, at most PSA_LATEST, as a controller takes the
 * newest policy that it knows; 0, or -1 where text is none of them.
 */
int psa_version_parse(int *minor, const char *text);

#endif
