/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output: in order, of any length, and a failure that is kept. */
#include "base/out.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/io.h"
#include "tap.h"

static char big[20000], got[60000];
static int tap;

/* Standard output is fd from here on; -1: the test's own. */
static void
redirect(int fd)
{
	if (fd >= 0) {
		(void)fflush(stdout);
		(void)dup2(fd, STDOUT_FILENO);
	} else {
		(void)dup2(tap, STDOUT_FILENO);
	}
}

static void
order(void)
{
	int fd = open("out", O_CREAT | O_RDWR | O_CLOEXEC, 0644), flushed;
	ssize_t n, early;

	memset(big, 'b', sizeof big);
	big[sizeof big - 1] = '\0';
	redirect(fd);
	out_text("a");
	out_line("b");
	early = pread(fd, got, sizeof got, 0);
	out_printf("%s-%d\n", "c", 7);
	out_write(big, sizeof big - 1); /* more than the buffer takes */
	out_printf("<%s>", big);
	out_write(big, 8000);
	out_write("", 0);
	out_write("1234567890", 10);
	flushed = out_flush();
	redirect(-1);
	n = pread(fd, got, sizeof got - 1, 0);
	OK(early == 0);
	OK(flushed == 0);
	OK(n == 3 + 4 + 19999 + 20001 + 8000 + 10);
	OK(memcmp(got + n - 11, "b1234567890", 11) == 0);
	OK(memcmp(got + 7 + 19998, "b<b", 3) == 0);
	OK(memcmp(got, "ab\nc-7\nbbb", 10) == 0);
	(void)close(fd);
}

/* Nobody takes it: what comes later is dropped, and that is told for good. */
static void
failure(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), first, second, third;
	int file = open("later", O_CREAT | O_RDWR | O_CLOEXEC, 0644);

	redirect(fd);
	out_text("lost");
	first = out_flush();
	redirect(file);
	out_text("dropped");
	second = out_flush();
	third = out_flush();
	redirect(-1);
	OK(first < 0 && second < 0 && third < 0);
	OK(lseek(file, 0, SEEK_END) == 0);
	(void)close(fd);
	(void)close(file);
}

static volatile sig_atomic_t stop;

/* Told to stop: what a reader takes at once is written, no more. */
static void
hasty(void)
{
	int p[2], status = 0;
	ssize_t n, all = 0;

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	stop = 1;
	io_heed(&stop);
	redirect(p[1]);
	out_write(big, sizeof big - 1);
	out_text("end");
	n = out_flush();
	redirect(-1);
	OK(n == 0);
	while ((n = read(p[0], got, sizeof got)) > 0)
		all += n;
	OK(all == sizeof big - 1 + 3);
	/* a reader that takes nothing costs a second */
	while (write(p[1], big, sizeof big) > 0)
		;
	redirect(p[1]);
	if (fork() == 0) {
		out_text("nobody");
		_exit(out_flush() < 0 ? 7 : 0);
	}
	redirect(-1);
	OK(wait(&status) > 0 && WIFEXITED(status));
	OK(WEXITSTATUS(status) == 7);
	io_heed(NULL);
	(void)close(p[0]);
	(void)close(p[1]);
}

int
main(void)
{
	tap = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	order();
	hasty();
	failure();
	return tap_done();
}
