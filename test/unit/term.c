/* SPDX-License-Identifier: Apache-2.0 */
/* Lines no wider than the terminal. */
#include "base/term.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/out.h"
#include "tap.h"

static void
prints(unsigned int width, const char *text, const char *wanted)
{
	struct term t = {false, width};
	char *got = term_wrap(&t, text);

	OK_STR(got, wanted);
	free(got);
}

/* A terminal of so many columns, or another descriptor. */
static void
looks(int fd, unsigned short columns, bool colour, unsigned int width)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	struct term t;

	(void)ioctl(fd, TIOCSWINSZ, &size);
	t = term_of(fd);
	OK(t.colour == colour);
	OK(t.width == width);
}

static void
terminals(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int fd = -1;

	(void)unsetenv("NO_COLOR");
	(void)unsetenv("COLUMNS");
	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
		fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		printf("# no terminals here\n");
		return;
	}
	looks(fd, 100, true, 100);
	looks(fd, 20, true, 40);
	looks(fd, 40, true, 40);
	looks(fd, 0, true, 0);
	(void)setenv("COLUMNS", "77", 1);
	looks(fd, 100, true, 77);
	(void)setenv("COLUMNS", "0", 1);
	looks(fd, 100, true, 100);
	(void)setenv("COLUMNS", "1001", 1);
	looks(fd, 100, true, 100);
	(void)setenv("COLUMNS", "1", 1);
	looks(fd, 100, true, 40);
	(void)unsetenv("COLUMNS");
	(void)setenv("NO_COLOR", "", 1);
	looks(fd, 100, true, 100);
	(void)setenv("NO_COLOR", "1", 1);
	looks(fd, 100, false, 100);
	(void)unsetenv("NO_COLOR");
	(void)close(fd);
	(void)close(master);
}

/* What is printed goes to standard output, wrapped. */
static void
printed(void)
{
	struct term narrow = {false, 10};
	int fd = open("out", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	int tap = dup(STDOUT_FILENO);
	char text[64] = "";

	(void)fflush(stdout);
	(void)dup2(fd, STDOUT_FILENO);
	(void)term_print(&narrow, "one two three\n");
	(void)out_flush();
	(void)dup2(tap, STDOUT_FILENO);
	(void)close(tap);
	OK(pread(fd, text, sizeof text - 1, 0) > 0);
	OK_STR(text, "one two\n  three\n");
	(void)close(fd);
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
	OK_STR(term_sgr(&colour, TERM_PLAIN), "\033[0m");
	OK_STR(term_sgr(&colour, TERM_GREEN), "\033[32m");
	OK_STR(term_sgr(&colour, TERM_YELLOW), "\033[33m");
	OK_STR(term_sgr(&colour, TERM_BOLD), "\033[1m");
	OK_STR(term_sgr(&colour, TERM_DIM), "\033[2m");
	looks(open("/dev/null", O_RDWR | O_CLOEXEC), 100, false, 0);
	terminals();
	printed();
	return tap_done();
}
