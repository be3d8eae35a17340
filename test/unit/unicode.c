/* SPDX-License-Identifier: Apache-2.0 */
/* YAML's encodings (YAML 1.2, 5.2), with and without a mark. */
#include "base/unicode.h"

#include <stdlib.h>

#include "tap.h"

/* The bytes come out as this UTF-8. */
static void
gives(const char *bytes, size_t len, const char *wanted)
{
	size_t n = 0;
	char *got = unicode_to_utf8(bytes, len, &n);

	OK_STR(got, wanted);
	OK(got != NULL && n == strlen(wanted));
	free(got);
}

#define GIVES(bytes, wanted) gives(bytes, sizeof bytes - 1, wanted)

static void
put(uint32_t c, const char *wanted)
{
	char out[5] = "";
	size_t n = unicode_put(out, c);

	OK(n == strlen(wanted));
	OK_STR(out, wanted);
}

int
main(void)
{
	/* the first and the last of each length */
	put(0x7f, "\x7f");
	put(0x80, "\xc2\x80");
	put(0x7ff, "\xdf\xbf");
	put(0x800, "\xe0\xa0\x80");
	put(0xffff, "\xef\xbf\xbf");
	put(0x10000, "\xf0\x90\x80\x80");
	put(0x10ffff, "\xf4\x8f\xbf\xbf");
	OK(unicode_join(0xd83d, 0xde00) == 0x1f600);
	OK(unicode_join(0xd800, 0xdc00) == 0x10000);
	OK(unicode_join(0xdbff, 0xdfff) == 0x10ffff);

	GIVES("", "");
	GIVES("a", "a");
	GIVES("a\xc3\xa4", "a\xc3\xa4");
	GIVES("\xef\xbb\xbf"
	      "ab",
	    "ab");
	GIVES("\xef\xbb", "\xef\xbb");
	GIVES("a\0b\0", "ab");
	GIVES("\0a\0b", "ab");
	GIVES("\xff\xfe\x61\0", "a");
	GIVES("\xfe\xff\0a", "a");
	GIVES("a\0\0\0\xe4\0\0\0", "a\xc3\xa4");
	GIVES("\0\0\0a\0\0\0\xe4", "a\xc3\xa4");
	GIVES("\xff\xfe\0\0a\0\0\0", "a");
	GIVES("\0\0\xfe\xff\0\0\0a", "a");
	/* pairs, whole and in halves, and what is cut */
	GIVES("a\0\x3d\xd8\x00\xde", "a\xf0\x9f\x98\x80");
	GIVES("\0a\xd8\x3d\xde\x00", "a\xf0\x9f\x98\x80");
	GIVES("a\0\x3d\xd8", "a\xef\xbf\xbd");
	GIVES("a\0\x3d\xd8"
	      "b\0",
	    "a\xef\xbf\xbd"
	    "b");
	GIVES("a\0\x00\xde"
	      "b\0",
	    "a\xef\xbf\xbd"
	    "b");
	GIVES("a\0\x3d\xd8\x3d\xd8\x00\xde", "a\xef\xbf\xbd\xf0\x9f\x98\x80");
	GIVES("a\0b", "a\xef\xbf\xbd");
	GIVES("\0\0\0a\0", "a\xef\xbf\xbd");
	GIVES("\0\0\0a\0\x11\0\0", "a\xef\xbf\xbd");
	GIVES("\0\0\0a\0\x10\xff\xff", "a\xf4\x8f\xbf\xbf");
	GIVES("\0\0\0a\0\0\xd8\0\0\0\xdc\0", "a\xef\xbf\xbd\xef\xbf\xbd");
	GIVES("\0\0\0a\0\0\xdf\xff\0\0\xe0\0", "a\xef\xbf\xbd\xee\x80\x80");
	return tap_done();
}
