/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time, for deadlines.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_now(void);

#endif
