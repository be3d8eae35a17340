/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip and zstd, as archives and layers are compressed; the only user of zlib
 * and libzstd for them.
 */
#ifndef INFLATE_H
#define INFLATE_H

#include <stdbool.h>

#include "digest.h"
#include "spool.h"

/* Does b begin like gzip or zstd? */
bool inflate_needed(const struct blob *b);

/*
 * Decompress all of b, gzip members or zstd frames, into the spool.  Returns
 * 0, where the result is, and its digest in text (DIGEST_TEXT bytes, or NULL);
 * or -1, reported: damaged, cut off, or more than the spool takes.
 */
int inflate_blob(struct spool *s, const struct blob *b, const char *what,
    struct blob *out, char *text);

#endif
