/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster/api.h"

#include "tap.h"

/* What the value of a field selector looks like in a URL. */
static const char *
escape(const char *text)
{
	static char buf[1024];

	return api_escape_field(buf, text);
}

int
main(void)
{
	char longest[API_ESCAPED * 3 + 1];

	OK_STR(escape(""), "");
	OK_STR(escape("0a1b-2c.3_D~Z"), "0a1b-2c.3_D~Z");
	OK_STR(escape("x&watch=1"), "x%26watch%5C%3D1");
	OK_STR(escape("x,metadata.name!=y"), "x%5C%2Cmetadata.name%21%5C%3Dy");
	OK_STR(escape("a\\b"), "a%5C%5Cb");
	OK_STR(escape("a HTTP/1.1\r\nX: y"), "a%20HTTP%2F1.1%0D%0AX%3A%20y");
	OK_STR(escape("100%#?+"), "100%25%23%3F%2B");
	OK_STR(escape("\xc3\xbc\x01\x7f"), "%C3%BC%01%7F");
	OK(strlen(api_escape_field(longest, "=,\\")) == sizeof longest - 1);
	return tap_done();
}
