/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one hash of the house: SipHash-2-4 (Aumasson and Bernstein, 2012).
 */
#include "base/hash.h"

#include <sys/auxv.h>

static uint64_t
hash_rotate(uint64_t n, unsigned int bits)
{
	return n << bits | n >> (64 - bits);
}

static void
hash_round(uint64_t *v)
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = hash_rotate(v[1], 13) ^ v[0];
	v[3] = hash_rotate(v[3], 16) ^ v[2];
	v[0] = hash_rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = hash_rotate(v[3], 21) ^ v[0];
	v[1] = hash_rotate(v[1], 17) ^ v[2];
	v[2] = hash_rotate(v[2], 32);
}

static void
hash_word(uint64_t *v, uint64_t word)
{
	v[3] ^= word;
	hash_round(v);
	hash_round(v);
	v[0] ^= word;
}

/* Up to 8 bytes, the lowest first. */
static uint64_t
hash_load(const unsigned char *p, size_t len)
{
	uint64_t word = 0;

	while (len-- > 0)
		word = word << 8 | p[len];
	return word;
}

uint64_t
hash_keyed(const unsigned char key[16], uint64_t salt, const void *data,
    size_t len)
{
	const uint64_t k0 = hash_load(key, 8), k1 = hash_load(key + 8, 8);
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU,
	    k0 ^ 0x6c7967656e657261U, k1 ^ 0x7465646279746573U};
	const unsigned char *p = data;
	uint64_t last = (uint64_t)(len + sizeof salt) << 56;
	int i;

	hash_word(v, salt);
	for (; len >= 8; p += 8, len -= 8)
		hash_word(v, hash_load(p, 8));
	hash_word(v, last | hash_load(p, len));
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_bytes(uint64_t salt, const void *data, size_t len)
{
	/* 16 random bytes of the kernel's for each program: getauxval(3) */
	const unsigned char *key = (const unsigned char *)getauxval(AT_RANDOM);

	return hash_keyed(key, salt, data, len);
}
