/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one hash of the house: SipHash-2-4 (Aumasson and Bernstein, 2012) with a
 * key that differs from process to process, so that nobody can make names that
 * have the same hash.
 */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * The hash of data[0..len) and a salt, which is another hash or a number.  Only
 * of use in this process and those that it forks.
 */
uint64_t hash_bytes(uint64_t salt, const void *data, size_t len);

/* The same with a key of the caller's: the salt is 8 bytes in front. */
uint64_t hash_keyed(const unsigned char key[16], uint64_t salt,
    const void *data, size_t len);

#endif
