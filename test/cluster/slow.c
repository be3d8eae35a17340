/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow RATE COMMAND [ARG...]: run a command and pass its standard output on
 * at RATE bytes a second, so that a log is rotated while it is written.
 *
 * slow install DEST: copy this program.
 *
 * Built with -DRATE=N it takes the place of /unpack in an image, the real one
 * being /unpack.real: `install DEST` installs both, WAIT seconds later, and
 * everything else is the real one's, N bytes a second.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int
install(const char *from, const char *to)
{
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	do
		n = sendfile(out, in, NULL, 1 << 20);
	while (n > 0);
	return n < 0 || fchmod(out, 0755) < 0;
}

/* Run it and pass its output on. */
static int
pace(double rate, char **argv)
{
	static char buf[1 << 16];
	struct timespec begin, now;
	double ahead, done = 0;
	int fds[2], status;
	ssize_t n, i, w;
	pid_t pid;

	if (pipe(fds) < 0)
		return 2;
	pid = fork();
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)close(fds[0]);
		(void)close(fds[1]);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	(void)close(fds[1]);
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	while ((n = read(fds[0], buf, sizeof buf)) > 0) {
		for (i = 0; i < n; i += w) {
			w = write(STDOUT_FILENO, buf + i, (size_t)(n - i));
			if (w < 0)
				return 1;
		}
		done += (double)n;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		ahead = done / rate - (double)(now.tv_sec - begin.tv_sec) -
		    (double)(now.tv_nsec - begin.tv_nsec) / 1e9;
		if (ahead > 0)
			(void)usleep((useconds_t)(ahead * 1e6));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#ifdef RATE
#ifndef WAIT
#define WAIT 0
#endif
int
main(int argc, char **argv)
{
	char name[4096];

	if (argc == 3 && strcmp(argv[1], "install") == 0) {
		(void)sleep(WAIT);
		(void)snprintf(name, sizeof name, "%s.real", argv[2]);
		return install("/proc/self/exe", argv[2]) ||
		    install("/unpack.real", name);
	}
	(void)snprintf(name, sizeof name, "%s.real", argv[0]);
	argv[0] = name;
	return pace(RATE, argv);
}
#else
int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "install") == 0)
		return install("/proc/self/exe", argv[2]);
	if (argc < 3)
		return 2;
	return pace(strtod(argv[1], NULL), argv + 2);
}
#endif
