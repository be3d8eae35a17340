/* SPDX-License-Identifier: Apache-2.0 */
/* Lines no wider than the terminal. */
#include "base/term.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void
prints(unsigned int width, const char *text, const char *wanted)
{
	struct term t = {false, width};
	char *got = term_wrap(&t, text);

	OK_STR(got, wanted);
	free(got);
}

int
main(void)
{
	struct term plain = {false, 0}, colour = {true, 0};

	prints(0, "a b c\n\nd\n", "a b c\n\nd\n");
	prints(10, "one two three four\n", "one two\n  three\n  four\n");
	prints(10, "  one two three\n", "  one two\n    three\n");
	prints(10, "a-word-that-is-longer b\n", "a-word-that-is-longer\n  b\n");
	prints(10, TERM_WHOLE "chmod -R a+rX manifests\nx\n",
	    "chmod -R a+rX manifests\nx\n");
	prints(10, "\033[31mred\033[0m one two\n",
	    "\033[31mred\033[0m one\n  two\n");
	prints(10,
	    "\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\n",
	    "\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\n");
	prints(10, "no end", "no end\n");
	OK_STR(term_sgr(&plain, TERM_RED), "");
	OK_STR(term_sgr(&colour, TERM_RED), "\033[31m");
	return tap_done();
}
