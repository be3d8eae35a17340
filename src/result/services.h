/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result (result/found.h) as CI services show it: SARIF 2.1.0 (OASIS),
 * JUnit's XML, the annotations of GitHub's workflow commands.
 */
#ifndef SERVICES_H
#define SERVICES_H

#include "result/found.h"

/*
 * Print the result in any form but text, to standard output; `command` found
 * it, as in "check".  Frees it.  Returns 0, or -1 (reported).
 */
int services_print(enum found_form form, const char *command,
    struct json *result);

#endif
