/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The findings that `unpack` prints as lines (bundle/report), read back, and
 * printed again.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/tempfile.h"

/*
 * Is the line text[0..len), without its newline, a finding: "unpack: WORD:
 * REASON; fix: FIX", with words as quote_name prints them and a reason as
 * finding_reason has it?  If so it is added to `to`, an array, or NULL.  A line
 * that was cut is none.
 */
bool findings_read_line(struct json *to, const char *text, size_t len);

/*
 * The report of a failure has the first findings, and says how many "more"
 * there are: add those that only the log has.
 */
void findings_read_log(struct json *report, const struct tempfile *log);

/* Print the findings of an object on standard error, and how many more. */
void findings_tell(const struct json *object);

#endif
