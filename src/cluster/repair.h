/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts a repair pod's containers print again, so that no log of them
 * is ever rotated.
 */
#ifndef REPAIR_H
#define REPAIR_H

#include <stddef.h>
#include <stdint.h>

#include "log/gather.h"
#include "pod/pod.h"

/*
 * Plan up to `max` containers, each with a list of missing parts, from the
 * first one on, the log of each shorter than WIRE_LOG_SAFE for any data in the
 * parts.  `size` is that of the whole in bytes of gzip, 0 where nobody knows.
 *
 * Returns how many there are: 0 where nothing is missing, or where parts do
 * not help.
 */
size_t repair_plan(const struct gather *g, uint64_t size, struct ranges *ranges,
    size_t max);

#endif
