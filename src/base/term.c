/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: colours where a terminal shows it.
 */
#include "base/term.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/out.h"

const char *
term_sgr(enum term_colour colour)
{
	static const char *const codes[] = {"\033[0m", "\033[31m", "\033[32m",
	    "\033[33m", "\033[1m", "\033[2m"};
	const char *none = getenv("NO_COLOR");

	return isatty(OUT_FD) != 0 && (none == NULL || *none == '\0')
	    ? codes[colour]
	    : "";
}
