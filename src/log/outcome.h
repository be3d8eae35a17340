/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports the outcome of reading logs: the keys that the results of extract and
 * run have in common, and lines for people.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "base/json.h"
#include "log/deliver.h"
#include "log/gather.h"
#include "log/tarin.h"
#include "wire.h"

/* "json", "jsonl", "tar.gz" or "tar". */
const char *outcome_format(enum gather_format format);

/* The word for "result" in JSON: "ok", "refused", "incomplete" and so on. */
const char *outcome_word(const struct gather *g, enum wire_exit status);

/* The code for "reason"; NULL: not of this room. */
const char *outcome_reason(const struct gather *g, const struct deliver *d,
    enum wire_exit status);

/*
 * Add what was delivered: format, verified, size, digest, entries, bytes, and
 * "directory" or "tar" with its name.
 */
void outcome_add_delivered(struct json *to, const struct gather *g,
    const struct deliver *d);

/*
 * Add what else there is to say: which parts to fetch ("parts", "missing",
 * "total"), which bundles there are ("bundles"), what a failed `unpack` said
 * ("findings", "log"), the entry that was refused ("path", "rule"), how the
 * logs were encoded ("forms") and the counts of what was odd.
 */
void outcome_add_logs(struct json *to, const struct gather *g,
    const struct deliver *d, enum wire_exit status);

/* An object that describes an entry of the tar; owned by the caller. */
struct json *outcome_entry(const struct tarin_entry *e);

/* Write the entry to standard output as a line. */
void outcome_show_entry(const struct tarin_entry *e);

#endif
