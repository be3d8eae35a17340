/* SPDX-License-Identifier: Apache-2.0 */
#include "base/msg.h"

#include "tap.h"

int
main(void)
{
	char buf[64], small[16], name[5000];

	OK_STR(msg_mask(buf, sizeof buf, "manifests/a b.yaml"),
	    "manifests/a b.yaml");
	OK_STR(msg_mask(buf, sizeof buf, "a\nb\\c\x1b[1m"),
	    "a\\x0ab\\\\c\\x1b[1m");
	OK_STR(msg_mask(buf, sizeof buf, "caf\xc3\xa9"), "caf\xc3\xa9");
	OK_STR(msg_mask(buf, sizeof buf, "\xff\xc3"), "\\xff\\xc3");
	/* overlong, surrogate, beyond U+10FFFF, C1, right-to-left override */
	OK_STR(msg_mask(buf, sizeof buf, "\xc0\xaf"), "\\xc0\\xaf");
	OK_STR(msg_mask(buf, sizeof buf, "\xed\xa0\x80"), "\\xed\\xa0\\x80");
	OK_STR(msg_mask(buf, sizeof buf, "\xf4\x90\x80\x80"),
	    "\\xf4\\x90\\x80\\x80");
	OK_STR(msg_mask(buf, sizeof buf, "\xc2\x9b"), "\\xc2\\x9b");
	OK_STR(msg_mask(buf, sizeof buf, "\xe2\x80\xae"), "\\xe2\\x80\\xae");
	/* Arabic letter mark, a tag, non-characters; and what is beside them */
	OK_STR(msg_mask(buf, sizeof buf, "\xd8\x9c\xd8\x9b"),
	    "\\xd8\\x9c\xd8\x9b");
	OK_STR(msg_mask(buf, sizeof buf, "\xf3\xa0\x81\x81"),
	    "\\xf3\\xa0\\x81\\x81");
	OK_STR(msg_mask(buf, sizeof buf, "\xf3\xa0\x82\x80"),
	    "\xf3\xa0\x82\x80");
	OK_STR(msg_mask(buf, sizeof buf,
	           "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"),
	    "\\xef\\xbf\\xbe\\xef\\xbf\\xbf\xef\xbf\xbd");
	OK_STR(msg_mask(buf, sizeof buf, "\xef\xb7\x90"), "\\xef\\xb7\\x90");
	OK_STR(msg_mask(buf, sizeof buf, "\xf0\x9f\xbf\xbe"),
	    "\\xf0\\x9f\\xbf\\xbe");
	/* workflow commands */
	OK_STR(msg_mask(buf, sizeof buf, "::set-output name=a::b"),
	    "\\x3a:set-output name=a::b");
	OK_STR(msg_mask(buf, sizeof buf, " \xc2\xa0::x"), " \xc2\xa0\\x3a:x");
	OK_STR(msg_mask(buf, sizeof buf, "a##[error]"), "a#\\x23[error]");
	OK_STR(msg_mask(buf, sizeof buf, "###vso[x]"), "#\\x23\\x23vso[x]");
	OK_STR(msg_mask(buf, sizeof buf, "a::b #[c] :d"), "a::b #[c] :d");
	OK_STR(msg_mask_mem(buf, sizeof buf, "a\0b", 3), "a\\x00b");
	OK_STR(msg_mask(small, sizeof small, "123456789012345"),
	    "123456789012345");
	OK_STR(msg_mask(small, sizeof small, "1234567890123456"),
	    "123456...123456");
	memset(name, 0xff, sizeof name - 1);
	name[sizeof name - 1] = '\0';
	OK_STR(msg_mask(small, sizeof small, name), "\\xff...\\xff\\xff");
	OK(msg_is_utf8("gr\xc3\xbc\xc3\x9f", 6));
	OK(!msg_is_utf8("gr\xfc\xdf", 4));
	return tap_done();
}
