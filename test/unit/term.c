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
	static const char *const wanted[] = {"\033[0m", "\033[31m", "\033[32m",
	    "\033[33m", "\033[1m", "\033[2m"};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int fd = -1, mine = dup(STDOUT_FILENO);
	const char *got[6], *empty, *set;
	int i;

	unsetenv("NO_COLOR");
	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
		fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		printf("# no terminals here\n");
		return;
	}
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	for (i = TERM_PLAIN; i <= TERM_DIM; i++)
		got[i] = term_sgr((enum term_colour)i);
	setenv("NO_COLOR", "", 1);
	empty = term_sgr(TERM_RED);
	setenv("NO_COLOR", "1", 1);
	set = term_sgr(TERM_RED);
	unsetenv("NO_COLOR");
	dup2(mine, STDOUT_FILENO);
	for (i = TERM_PLAIN; i <= TERM_DIM; i++)
		OK_STR(got[i], wanted[i]);
	OK_STR(empty, wanted[TERM_RED]);
	OK_STR(set, "");
	close(fd);
	close(master);
	close(mine);
}

int
main(void)
{
	int mine = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR);
	const char *got;

	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	got = term_sgr(TERM_RED);
	dup2(mine, STDOUT_FILENO);
	OK_STR(got, "");
	close(null);
	close(mine);
	terminals();
	return tap_done();
}
