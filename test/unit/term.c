/* SPDX-License-Identifier: Apache-2.0 */
/* Colours where a terminal shows them. */
#include "base/term.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static void
terminals(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int fd = -1;

	unsetenv("NO_COLOR");
	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
		fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		printf("# no terminals here\n");
		return;
	}
	OK(term_of(fd).colour);
	setenv("NO_COLOR", "", 1);
	OK(term_of(fd).colour);
	setenv("NO_COLOR", "1", 1);
	OK(!term_of(fd).colour);
	unsetenv("NO_COLOR");
	close(fd);
	close(master);
}

int
main(void)
{
	struct term plain = {false}, colour = {true};

	OK_STR(term_sgr(&plain, TERM_RED), "");
	OK_STR(term_sgr(&colour, TERM_RED), "\033[31m");
	OK_STR(term_sgr(&colour, TERM_PLAIN), "\033[0m");
	OK_STR(term_sgr(&colour, TERM_GREEN), "\033[32m");
	OK_STR(term_sgr(&colour, TERM_YELLOW), "\033[33m");
	OK_STR(term_sgr(&colour, TERM_BOLD), "\033[1m");
	OK_STR(term_sgr(&colour, TERM_DIM), "\033[2m");
	OK(!term_of(open("/dev/null", O_RDWR | O_CLOEXEC)).colour);
	terminals();
	return tap_done();
}
