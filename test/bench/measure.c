/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run a command and tell what it took,:
 *
 *	measure [-o FILE] COMMAND [ARG...]
 *
 * prints "SECONDS CPU_SECONDS PEAK_KIB BYTES STATUS": from before fork to its
 * end, user and system time, the peak memory of the largest process, what it
 * wrote to standard output, and its exit code.  Its output is a pipe, read in
 * blocks of 1 MiB and thrown away, or, with -o, FILE.
 *
 * A program of its own because ru_maxrss also counts the process that calls
 * exec (getrusage(2)): it must be smaller than what it measures.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static int
fail(const char *what)
{
	(void)fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	return 125;
}

/* Read fd to its end.  Returns the bytes, or -1. */
static long long
drain(int fd)
{
	static char buf[1 << 20];
	long long total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		total += n;
	return n < 0 ? -1 : total;
}

int
main(int argc, char **argv)
{
	const char *file = NULL;
	struct rusage use;
	struct stat st;
	long long bytes;
	double start, end;
	pid_t child;
	int p[2], status;

	argv++;
	if (argc > 3 && strcmp(argv[0], "-o") == 0) {
		file = argv[1];
		argv += 2;
	}
	if (argv[0] == NULL)
		return fail("no command");
	if (file == NULL
	        ? pipe2(p, O_CLOEXEC) < 0
	        : (p[1] = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	               0644)) < 0)
		return fail("output");
	start = now();
	child = fork();
	if (child < 0)
		return fail("fork");
	if (child == 0) {
		(void)dup2(p[1], STDOUT_FILENO);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	(void)close(p[1]);
	bytes = file == NULL ? drain(p[0]) : 0;
	if (wait4(child, &status, 0, &use) < 0)
		return fail("wait");
	end = now();
	if (file != NULL && stat(file, &st) == 0)
		bytes = st.st_size;
	(void)printf("%.6f %.6f %ld %lld %d\n", end - start,
	    seconds(&use.ru_utime) + seconds(&use.ru_stime), use.ru_maxrss,
	    bytes, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
