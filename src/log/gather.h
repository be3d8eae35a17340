/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gathers a bundle from any number of logs: verified pieces are kept in an
 * unlinked file until the bundle is whole; missing parts can be named.
 */
#ifndef GATHER_H
#define GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "log/gathered.h"
#include "wire.h"

struct gather;

/* "json", "jsonl", "tar.gz" or "tar". */
const char *gather_format_name(enum gather_format format);

/* Start with nothing.  Returns an owned gather, or NULL (reported); to close
 * NULL is fine. */
struct gather *gather_open(const struct gather_opts *opts);
void gather_close(struct gather *g);

/*
 * Take in all of the log on fd, called `name` (masked) in messages.  Returns
 * 0, also where it holds nothing of use, or -1 (reported): a failure here.
 *
 * A line that a container runtime's file breaks off goes on in the next one
 * that begins in the middle of a line: give files of one log in the order of
 * time.
 */
int gather_log(struct gather *g, int fd, const char *name);

/*
 * Take what another witness says of the whole: a pod's termination message,
 * text[0..len).  Returns 0, or -1 where it describes no bundle.
 */
int gather_witness(struct gather *g, const char *text, size_t len);

/*
 * Is text[0..len), called `name` (masked), the report of an `unpack` that
 * failed?  Then say so, and keep it.  Returns 0, or -1 where it is not.
 */
int gather_report(struct gather *g, const char *name, const char *text,
    size_t len);

/*
 * How many entries the bundle is to have, as its log or a witness says; 0:
 * nobody does.
 */
uint64_t gather_promised(const struct gather *g);

/*
 * Is the bundle whole, and the right one?  WIRE_OK: gather_pull reads it.
 * WIRE_CORRUPT (reported where `tell`): it is not, and gather_missing says
 * which parts to fetch.  WIRE_BUNDLE (reported): it is over max_size, or the
 * log holds the report of an `unpack` that found the bundle at fault. WIRE_FAIL
 * (reported): a failure here.
 */
enum wire_exit gather_judge(struct gather *g, bool tell);

/* What came out, which failed: it may be better the next time. */
void gather_doubt(struct gather *g);

/* What was found; borrowed, and true until the next call. */
const struct gather_result *gather_result(const struct gather *g);

/* Why it is not whole, as a stable code; NULL where it is. */
const char *gather_reason(const struct gather *g);

/*
 * The i-th bundle that a log describes; *log is the log's name, masked.
 * Returns its digest, or NULL where there are no more.
 */
const char *gather_bundle(const struct gather *g, size_t i, const char **log);

/*
 * The next range of parts to fetch, from part *first on; start with 0 and go
 * on with *last + 1.  *last is GATHER_OPEN where the end is unknown.  Returns
 * false where there is none.
 */
bool gather_missing(const struct gather *g, uint64_t *first, uint64_t *last);

/*
 * Write "3-7,12" to text, as --parts takes it; where there are too many ranges
 * for that, it has parts that are there, too.  Returns text.
 */
char *gather_missing_text(const struct gather *g,
    char text[static RANGES_TEXT]);

/* Read from the beginning (again). */
void gather_rewind(struct gather *g);

/* The next bytes of the tar.gz, or tar; an io_pull with a struct gather. */
ssize_t gather_pull(void *arg, const void **data);

#endif
