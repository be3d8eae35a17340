/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <stdint.h>

#include "tap.h"

/* base64 test vectors of RFC 4648, section 10 */
static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="},
    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

static void
vectors_of_rfc(void)
{
	char text[16], back[16];
	size_t i, n;
	ssize_t got;

	for (i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		n = base64_encode(text, vectors[i][0], strlen(vectors[i][0]));
		text[n] = '\0';
		OK_STR(text, vectors[i][1]);
		got = base64_decode(back, text, n);
		OK(got >= 0);
		back[got < 0 ? 0 : got] = '\0';
		OK_STR(back, vectors[i][0]);
	}
	OK(base64_decode(back, "Zg=", 3) < 0);
	OK(base64_decode(back, "Zh==", 4) < 0);
	OK(base64_decode(back, "Zm9=", 4) < 0);
	OK(base64_decode(back, "Z===", 4) < 0);
	OK(base64_decode(back, "Zg==Zg==", 8) < 0);
	OK(base64_decode(back, "Zm9\n", 4) < 0);
	OK(base64_decode(back, "Zm-_", 4) < 0);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* Each digit at each place, and all bytes over. */
static void
base64_digits(void)
{
	char text[9];
	unsigned char back[6];
	unsigned int place, value, good = 0;
	uint32_t word;

	for (place = 0; place < 8; place++) {
		for (value = 0; value < 64; value++) {
			memset(text, 'A', sizeof text);
			text[place] = alphabet[value];
			if (base64_decode(back, text, 8) != 6)
				continue;
			word = (uint32_t)back[place / 4 * 3] << 16 |
			    (uint32_t)back[place / 4 * 3 + 1] << 8 |
			    back[place / 4 * 3 + 2];
			good += word == value << (18 - place % 4 * 6);
		}
	}
	OK(good == 8 * 64);
}

/* What is not a digit is refused in any position. */
static void
base64_refuses(void)
{
	char text[12];
	unsigned char back[9];
	unsigned int place, c, refused = 0, others = 0;

	for (place = 0; place < sizeof text; place++) {
		for (c = 0; c < 256; c++) {
			if (c != 0 && strchr(alphabet, (int)c) != NULL)
				continue;
			/* the one place for a single '=' */
			if (c == '=' && place == sizeof text - 1)
				continue;
			memset(text, 'A', sizeof text);
			text[place] = (char)c;
			others++;
			refused += base64_decode(back, text, sizeof text) < 0;
		}
	}
	OK(others == 12 * (256 - 64) - 1);
	OK(refused == others);
}

/* Padding goes with bits that are zero, and only with these. */
static void
base64_padding(void)
{
	char text[9] = "AAAAAA==", copy[8];
	unsigned char back[6] = {0};
	unsigned int value, good = 0;
	ssize_t n;

	for (value = 0; value < 64; value++) {
		memcpy(text + 4, "AA==", 4);
		text[5] = alphabet[value];
		n = base64_decode(back, text, 8);
		good += value % 16 == 0 ? n == 4 && back[3] == value >> 4
		                        : n == -1;
		memcpy(text + 4, "AAA=", 4);
		text[6] = alphabet[value];
		n = base64_decode(back, text, 8);
		good += value % 4 == 0 ? n == 5 && back[4] == value >> 2
		                       : n == -1;
	}
	OK(good == 128);
	OK(base64_decode(back, "====", 4) < 0);
	OK(base64_decode(back, "A===", 4) < 0);
	OK(base64_decode(back, "AA=A", 4) < 0);
	OK(base64_decode(back, "AA==AAAA", 8) < 0);
	OK(base64_decode(back, "AAA=AAAA", 8) < 0);
	/* no more is written than was decoded; out may be text */
	memset(back, 7, sizeof back);
	OK(base64_decode(back, "AAAAAA==", 8) == 4 && back[4] == 7);
	memcpy(copy, "Zm9vYmE=", 8);
	OK(base64_decode(copy, copy, 8) == 5 && memcmp(copy, "fooba", 5) == 0);
}

int
main(void)
{
	vectors_of_rfc();
	base64_digits();
	base64_refuses();
	base64_padding();
	return tap_done();
}
