/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that `unpack` found wrong with a bundle.  Its termination message holds
 * the first findings and how many more there are; its log has a line for each.
 */
#ifndef PODFINDINGS_H
#define PODFINDINGS_H

#include "base/json.h"
#include "base/tempfile.h"

/*
 * Add to the report's findings, which count, those that only the log has, at
 * most as many as there are more.
 */
void podfindings_read(struct json *report, const struct tempfile *log);

#endif
