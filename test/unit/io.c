/* SPDX-License-Identifier: Apache-2.0 */
#include "io.h"

#include "tap.h"

/* base64 test vectors of RFC 4648, section 10 */
static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="},
    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

static void
base64(void)
{
	char text[16], back[16];
	size_t i, n;
	ssize_t got;

	for (i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		n = io_base64(text, vectors[i][0], strlen(vectors[i][0]));
		text[n] = '\0';
		OK_STR(text, vectors[i][1]);
		got = io_unbase64(back, text, n);
		OK(got >= 0);
		back[got < 0 ? 0 : got] = '\0';
		OK_STR(back, vectors[i][0]);
	}
	OK(io_unbase64(back, "Zg=", 3) < 0);
	OK(io_unbase64(back, "Zh==", 4) < 0);
	OK(io_unbase64(back, "Zm9=", 4) < 0);
	OK(io_unbase64(back, "Z===", 4) < 0);
	OK(io_unbase64(back, "Zg==Zg==", 8) < 0);
	OK(io_unbase64(back, "Zm9\n", 4) < 0);
	OK(io_unbase64(back, "Zm-_", 4) < 0);
}

int
main(void)
{
	uint64_t n;

	base64();
	OK(io_number("0", 0, 9, &n) == 0 && n == 0);
	OK(io_number("18446744073709551615", 0, UINT64_MAX, &n) == 0 &&
	    n == UINT64_MAX);
	OK(io_number("18446744073709551616", 0, UINT64_MAX, &n) < 0);
	OK(io_number("10", 0, 9, &n) < 0);
	OK(io_number("0", 1, 9, &n) < 0);
	OK(io_number("", 0, 9, &n) < 0);
	OK(io_number("-1", 0, 9, &n) < 0);
	OK(io_number(" 1", 0, 9, &n) < 0);
	OK(io_number("1x", 0, 9, &n) < 0);
	OK(io_size("10Mi", 0, UINT64_MAX, &n) == 0 && n == 10 << 20);
	OK(io_size("10M", 0, UINT64_MAX, &n) == 0 && n == 10 << 20);
	OK(io_size("512", 0, UINT64_MAX, &n) == 0 && n == 512);
	OK(io_size("16777216T", 0, UINT64_MAX, &n) < 0);
	OK(io_size("1MB", 0, UINT64_MAX, &n) < 0);
	OK(io_size("Mi", 0, UINT64_MAX, &n) < 0);
	return tap_done();
}
