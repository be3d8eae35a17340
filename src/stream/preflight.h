/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before the first byte: can everything that belongs to the bundle be read?
 */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "bundle/content.h"
#include "bundle/report.h"

/*
 * Open the bundle as c, {0} before, for the caller to close in any case.  Walk
 * it without reading its data and note in *r, which the caller has begun and
 * will free, who we are, what there is, what is skipped, and every path that
 * cannot be read; r->reason and r->message give the verdict.  With opts->lazy,
 * r->bytes stays 0.
 *
 * Returns 0 with the verdict (REPORT_OK, REPORT_UNREADABLE, REPORT_MISSING), or
 * -1 (reported) where there is none: an I/O error.
 */
int preflight_run(struct content *c, const struct content_opts *opts,
    struct report *r);

#endif
