/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream that `unpack` would write in a pod of an image on disk: its layers
 * merged as a runtime would, without what the runtime covers.
 */
#ifndef PODSTREAM_H
#define PODSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tempfile.h"
#include "wire.h"

/*
 * Does this tar hold an image, in the layout of OCI or of docker, rather than
 * files of its own?  Silent.
 */
bool podstream_is_archive(const struct blob *tar);

/* Is `text` a directory with such a layout, or written as skopeo does? */
bool podstream_is_reference(const char *text);

/*
 * Write the stream in jsonl to `to`, a seekable file, as if all could read the
 * files.  `image` is as image_ref_parse takes it; "-" is the archive that can
 * be read from fd.  At most max bytes are unpacked.  Returns WIRE_OK;
 * WIRE_BUNDLE (reported): no runtime would start it; WIRE_FAIL (reported).
 */
enum wire_exit podstream_write(const char *image, int fd, uint64_t max, int to);

#endif
