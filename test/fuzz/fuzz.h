/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz targets share.  A target defines LLVMFuzzerTestOneInput; linked
 * with libFuzzer it is fuzzed, linked with replay.c it runs files.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What must hold, in any build. */
#define MUST(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, \
			    __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
