/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4) digests as OCI writes them; the only user of libmd.
 */
#include "base/digest.h"

#include <sha2.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

/*
 * Most processors have instructions for SHA-256 that are several times as
 * fast as libmd, which remains in charge of the first and the last.  Intel,
 * "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2:
 * SHA256RNDS2, SHA256MSG1, SHA256MSG2.
 */
#define SHA_INSTRUCTIONS __attribute__((target("sha,sse4.1")))

/* FIPS 180-4, section 4.2.2 */
static const uint32_t round_constant[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf,
    0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
    0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
    0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
    0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee,
    0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

static bool
have_instructions(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_1) != 0 &&
	    __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

/* Four rounds, of which `words` are the message's and `k` the constants. */
SHA_INSTRUCTIONS static inline void
four_rounds(__m128i *abef, __m128i *cdgh, __m128i words, const uint32_t *k)
{
	__m128i sum = _mm_add_epi32(words, _mm_loadu_si128((const void *)k));

	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
	sum = _mm_shuffle_epi32(sum, 0x0e);
	*abef = _mm_sha256rnds2_epu32(*abef, *cdgh, sum);
}

/* One block, 64 bytes at p. */
SHA_INSTRUCTIONS static inline void
one_block(__m128i *abef, __m128i *cdgh, const uint8_t *p)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b,
	    0x0405060700010203);
	const __m128i abef0 = *abef, cdgh0 = *cdgh;
	__m128i w[4], next;
	size_t i;

	for (i = 0; i < 4; i++) {
		w[i] = _mm_loadu_si128((const void *)(p + i * 16));
		w[i] = _mm_shuffle_epi8(w[i], big_endian);
		four_rounds(abef, cdgh, w[i], &round_constant[i * 4]);
	}
	for (; i < 16; i++) {
		next = _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]),
		    _mm_alignr_epi8(w[3], w[2], 4));
		next = _mm_sha256msg2_epu32(next, w[3]);
		w[0] = w[1];
		w[1] = w[2];
		w[2] = w[3];
		w[3] = next;
		four_rounds(abef, cdgh, next, &round_constant[i * 4]);
	}
	*abef = _mm_add_epi32(*abef, abef0);
	*cdgh = _mm_add_epi32(*cdgh, cdgh0);
}

SHA_INSTRUCTIONS static void
transform_fast(uint32_t state[static 8], const uint8_t *p, size_t n_blocks)
{
	__m128i *abcd = (void *)state, *efgh = abcd + 1;
	__m128i badc, hgfe, abef, cdgh;

	/* the words that the instructions want together, highest first */
	badc = _mm_shuffle_epi32(_mm_loadu_si128(abcd), 0xb1);
	hgfe = _mm_shuffle_epi32(_mm_loadu_si128(efgh), 0x1b);
	abef = _mm_alignr_epi8(badc, hgfe, 8);
	cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
	for (; n_blocks > 0; n_blocks--, p += SHA256_BLOCK_LENGTH)
		one_block(&abef, &cdgh, p);
	badc = _mm_shuffle_epi32(abef, 0x1b);
	hgfe = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128(abcd, _mm_blend_epi16(badc, hgfe, 0xf0));
	_mm_storeu_si128(efgh, _mm_alignr_epi8(hgfe, badc, 8));
}

#endif

static void
transform_by_libmd(uint32_t state[static 8], const uint8_t *p, size_t n_blocks)
{
	for (; n_blocks > 0; n_blocks--, p += SHA256_BLOCK_LENGTH)
		SHA256Transform(state, p);
}

void
digest_init(struct digest *d)
{
	SHA2_CTX sha = {0};

	SHA256Init(&sha);
	memcpy(d->state, sha.state.st32, sizeof d->state);
	d->len = 0;
	d->transform = transform_by_libmd;
#ifdef __x86_64__
	if (have_instructions())
		d->transform = transform_fast;
#endif
}

void
digest_add(struct digest *d, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	size_t used = d->len % SHA256_BLOCK_LENGTH, n;

	d->len += len;
	if (used > 0) {
		n = SHA256_BLOCK_LENGTH - used;
		n = n < len ? n : len;
		memcpy(d->rest + used, p, n);
		if (used + n < SHA256_BLOCK_LENGTH)
			return;
		d->transform(d->state, d->rest, 1);
		p += n;
		len -= n;
	}
	n = len / SHA256_BLOCK_LENGTH;
	d->transform(d->state, p, n);
	memcpy(d->rest, p + n * SHA256_BLOCK_LENGTH, len % SHA256_BLOCK_LENGTH);
}

void
digest_text(struct digest *d, char text[static DIGEST_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha = {.bitcount = {d->len * 8}};
	size_t i, n = sizeof "sha256:" - 1;

	memcpy(sha.state.st32, d->state, sizeof d->state);
	memcpy(sha.buffer, d->rest, sizeof d->rest);
	SHA256Final(sum, &sha);
	memcpy(text, "sha256:", n);
	for (i = 0; i < sizeof sum; i++) {
		text[n++] = hex[sum[i] >> 4];
		text[n++] = hex[sum[i] & 15];
	}
	text[n] = '\0';
}

bool
digest_is_text(const char *text)
{
	return strlen(text) == DIGEST_TEXT - 1 &&
	    memcmp(text, "sha256:", 7) == 0 &&
	    strspn(text + 7, "0123456789abcdef") == 64;
}

void
digest_of(const void *buf, size_t len, char text[static DIGEST_TEXT])
{
	struct digest d;

	digest_init(&d);
	digest_add(&d, buf, len);
	digest_text(&d, text);
}
