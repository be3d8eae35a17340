/* SPDX-License-Identifier: Apache-2.0 */
/* Characters in UTF-8, and pairs of UTF-16. */
#include "base/unicode.h"

#include "tap.h"

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
	return tap_done();
}
