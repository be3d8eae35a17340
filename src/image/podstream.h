/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream that `unpack` would write in a pod of an image: its layers
 * merged as a runtime would, without what the runtime covers.
 */
#ifndef PODSTREAM_H
#define PODSTREAM_H

#include <stdint.h>

#include "image/source.h"
#include "wire.h"

enum {
	PODSTREAM_FACTOR = 2 /* blobs and layers: the image's bytes, twice */
};

/*
 * Write the stream of s, which is called `name` (masked) in messages, in jsonl
 * to `to`, a seekable file, as if all could read the files.  With `sub`, only
 * this path, the directories above it and what is below: relative or absolute,
 * without "..".  At most max bytes are unpacked.  Returns WIRE_OK; WIRE_BUNDLE
 * (reported): no runtime would start it, or there is no such path; WIRE_USAGE
 * (reported): there are several images; WIRE_FAIL (reported).
 */
enum wire_exit podstream_write(const struct source *s, const char *name,
    const char *sub, uint64_t max, int to);

#endif
