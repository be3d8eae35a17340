/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip and zstd, as archives and layers are compressed; the only user of
 * libzstd.
 */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/tempfile.h"

/* Does b begin like gzip or zstd? */
bool decompress_needed(const struct blob *b);

/* Does b begin with a frame of zstd that is to be skipped? */
bool decompress_skips(const struct blob *b);

/*
 * Does b begin like something else that is compressed?  Its name, static, as
 * in "xz", or NULL.
 */
const char *decompress_unread(const struct blob *b);

/*
 * Decompress all of b, gzip members or zstd frames, into the tempfile.  Returns
 * 0, where the result is, and its digest in text (DIGEST_TEXT bytes, or NULL);
 * or -1 (reported): damaged, cut off, or more than the tempfile takes.
 */
int decompress_blob(struct tempfile *s, const struct blob *b, const char *what,
    struct blob *out, char *text);

#endif
