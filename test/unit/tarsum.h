/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of a tar header, for tests and fuzzers that write one. */
#ifndef TARSUM_H
#define TARSUM_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/*
 * Set it in this block of 512 bytes, and return it (POSIX.1-1988, 10.1.1): the
 * sum of all bytes, its own field taken as blanks.
 */
static inline unsigned int
tarsum_set(void *block)
{
	unsigned char *h = block;
	unsigned int sum = 0;
	size_t i;

	memset(h + 148, ' ', 8);
	for (i = 0; i < 512; i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 8, "%06o", sum);
	return sum;
}

#endif
