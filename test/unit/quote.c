/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quote.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static char out[QUOTE_MAX], name[4097];

/* What is printed for any name is read back as that name, and ends there. */
static bool
comes_back(const char *given)
{
	char line[QUOTE_MAX + 64];
	const char *end;

	snprintf(line, sizeof line, "%s: not readable",
	    quote_name(out, sizeof out, given));
	end = quote_read(line, name, sizeof name);
	return end == line + strlen(out) && strcmp(name, given) == 0;
}

static bool
any_comes_back(void)
{
	static const char hard[] = "a'\\$x!\n #:[\xc3\xa9\xff-. ";
	char given[24];
	size_t n, i, round;

	srandom(1);
	for (round = 0; round < 20000; round++) {
		n = (size_t)random() % (sizeof given - 1);
		for (i = 0; i < n; i++)
			given[i] = hard[(size_t)random() % (sizeof hard - 1)];
		given[n] = '\0';
		if (!comes_back(given)) {
			printf("# not read back: %s\n", out);
			return false;
		}
	}
	return true;
}

#define PRINTS(given, want) OK_STR(quote_name(out, sizeof out, given), want)
#define REFUSED(text) OK(quote_read(text, name, sizeof name) == NULL)

int
main(void)
{
	char small[16], tiny[4];

	PRINTS("manifests/a-b_c.yaml", "manifests/a-b_c.yaml");
	PRINTS("a@b%c+d=e,f", "a@b%c+d=e,f");
	PRINTS(".", ".");
	PRINTS("", "''");
	PRINTS("a b", "'a b'");
	PRINTS("~", "'~'");
	PRINTS("a'$(touch x)'.yaml", "'a'\\''$(touch x)'\\''.yaml'");
	PRINTS("a\\b", "'a\\b'");
	PRINTS("caf\xc3\xa9", "'caf\xc3\xa9'");
	PRINTS("a!b", "'a!b'");
	PRINTS("a\nb", "$'a\\x0ab'");
	PRINTS("\xff'\\!", "$'\\xff\\'\\\\\\x21'");
	PRINTS("a: not readable; fix: x", "'a: not readable; fix: x'");
	/* workflow commands */
	PRINTS("::set-output x", "$'\\x3a:set-output x'");
	PRINTS("  ::x", "$'  \\x3a:x'");
	PRINTS("##[error]x", "$'#\\x23[error]x'");
	PRINTS("a##vso[x]y", "$'a#\\x23vso[x]y'");
	PRINTS("-n", "-n");
	OK_STR(quote_path(out, sizeof out, "-n"), "./-n");
	OK_STR(quote_path(out, sizeof out, "--reference=x y"),
	    "'./--reference=x y'");
	OK_STR(quote_path(out, sizeof out, "-\n"), "$'./-\\x0a'");
	OK_STR(quote_path(out, sizeof out, "a-n"), "a-n");
	/* what does not fit */
	OK_STR(quote_name(small, sizeof small, "1234567890123"),
	    "1234567890123");
	OK_STR(quote_name(small, sizeof small, "12345678901234"),
	    "'1234567890'...");
	OK_STR(quote_name(small, sizeof small, "a b\n\n\n"), "$'a b\\x0a'...");
	OK(quote_path(small, sizeof small, "12345678901234") == NULL);
	REFUSED("'1234567890'...");
	REFUSED("$'a b\\x0a'...");
	OK(quote_read("abcd", tiny, sizeof tiny) == NULL);
	OK(quote_read("'abcd'", tiny, sizeof tiny) == NULL);
	OK(quote_read("abc", tiny, sizeof tiny) != NULL);

	OK(any_comes_back());
	OK(comes_back("'"));
	OK(comes_back("a'; fix: x"));
	/* no other form */
	REFUSED("");
	REFUSED(" a");
	REFUSED(": x");
	REFUSED("'");
	REFUSED("'a");
	REFUSED("'a'\\'");
	REFUSED("'a'");
	REFUSED("$'a b'");
	REFUSED("$'a\\x41'");
	REFUSED("$'a\\x0A'");
	REFUSED("$'a\\x00'");
	REFUSED("$'a\\n'");
	REFUSED("$'\\x");
	REFUSED("$'\\x-1'");
	REFUSED("$a");
	REFUSED("'a\nb'");
	return tap_done();
}
