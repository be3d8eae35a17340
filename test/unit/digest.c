/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: known answers, and libmd's, however the bytes come in. */
#include "base/digest.h"

#include <sha2.h>

#include "tap.h"

/* As libmd alone would say it. */
static const char *
by_libmd(const uint8_t *buf, size_t len, char text[static DIGEST_TEXT])
{
	memcpy(text, "sha256:", 7);
	(void)SHA256Data(buf, len, text + 7);
	return text;
}

/* As a processor without the instructions does it. */
static void
slowly(uint32_t state[static 8], const uint8_t *p, size_t n)
{
	for (; n > 0; n--, p += SHA256_BLOCK_LENGTH)
		SHA256Transform(state, p);
}

int
main(void)
{
	static uint8_t buf[5000];
	char text[DIGEST_TEXT], wanted[DIGEST_TEXT];
	struct digest d;
	size_t i, at, n;
	int same = 0;

	/* FIPS 180-4's own examples */
	digest_of("abc", 3, text);
	OK_STR(text,
	    "sha256:ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    56, text);
	OK_STR(text,
	    "sha256:248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
	digest_of("", 0, text);
	OK_STR(text,
	    "sha256:e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");

	for (i = 0; i < sizeof buf; i++)
		buf[i] = (uint8_t)(i * i >> 3);
	for (i = 0; i < 300; i++) {
		digest_of(buf, i, text);
		same += strcmp(text, by_libmd(buf, i, wanted)) == 0;
	}
	OK(same == 300);

	/* in pieces of all sizes up to 300 bytes, and one after the other; half
	 * of them as a processor without the instructions does it */
	same = 0;
	(void)by_libmd(buf, sizeof buf, wanted);
	for (i = 0; i <= 300; i++) {
		digest_init(&d);
		if (i % 2 == 0)
			d.transform = slowly;
		for (at = 0; at < sizeof buf; at += n) {
			n = i == 0 ? 1 + at % 200 : i;
			if (n > sizeof buf - at)
				n = sizeof buf - at;
			digest_add(&d, buf + at, n);
		}
		digest_text(&d, text);
		same += strcmp(text, wanted) == 0;
	}
	OK(same == 301);
	return tap_done();
}
