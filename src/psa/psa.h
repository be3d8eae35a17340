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
	PSA_LATEST = 37, /* minor version of the newest policy known here */
	PSA_VIOLATIONS_MAX = 1000 /* kept of one pod */
};

struct psa_policy {
	enum psa_level level;
	int minor; /* policy version 1.minor, at most PSA_LATEST */
};

/*
 * Judge a pod by its metadata (NULL: none) and spec, which are at `path` of an
 * object ("": they are its own).  Returns its violations, an array, owned by
 * the caller, of what check-pod's result has of each: check, level, line (of
 * the field, or of the nearest around it that is there), field, must, value (if
 * it is set), container or volume, and message, masked.  At most
 * PSA_VIOLATIONS_MAX; where memory ran out it cannot be printed.  NULL
 * (reported as of `where`): this is not a pod.
 */
struct json *psa_judge(const char *where, const char *path,
    const struct json *metadata, const struct json *spec,
    struct psa_policy policy);

const char *psa_level_name(enum psa_level level);

#endif
