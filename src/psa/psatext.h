/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Violations in the words of the API server:
 *
 *	hostPort (container "a" uses hostPort 80), privileged (...)
 */
#ifndef PSATEXT_H
#define PSATEXT_H

#include <stdio.h>

#include "psa/psatable.h"

/*
 * The rows of one message, `check` the first of them, are through: add what was
 * found from `from` on to the message in f, whose last part was about *last
 * (NULL: it is empty; set to check).  The caller closes the last parenthesis.
 * Drops from report what others make superfluous.  Returns 0, or -1 (reported).
 */
int psatext_add(FILE *f, struct psa_report *report,
    const struct psa_check *check, size_t from, const struct psa_check **last);

#endif
