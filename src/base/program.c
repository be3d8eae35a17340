/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs other programs, and reads what they print.
 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"

enum {
	ARGS_MAX = 32 /* arguments of one program, NULL included */
};

bool
program_exists(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char file[4096];
	int n;

	for (; path != NULL && *path != '\0'; path = end + (*end == ':')) {
		end = path + strcspn(path, ":");
		n = snprintf(file, sizeof file, "%.*s/%s", (int)(end - path),
		    path, name);
		if (n > 0 && n < (int)sizeof file && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* Spawn it with these as its descriptors 0 to 2.  0 or an errno. */
static int
program_spawn(pid_t *pid, const char *const *args, const int fds[static 3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *argv[ARGS_MAX];
	sigset_t set;
	int i = 0, err = 0;

	/* posix_spawn(3p): the strings are not written to */
	do
		argv[i] = (char *)(uintptr_t)args[i];
	while (++i < ARGS_MAX - 1 && args[i] != NULL);
	argv[i] = NULL;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	for (i = 0; i < 3 && err == 0; i++)
		err = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
	/* threads have signals blocked, which a program must not inherit */
	(void)sigemptyset(&set);
	(void)posix_spawnattr_setsigmask(&attr, &set);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	if (err == 0)
		err = posix_spawnp(pid, argv[0], &actions, &attr, argv,
		    environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return err;
}

int
program_start(struct program *p, const char *const *argv)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int pipes[2] = {-1, -1}, err;

	p->said[0] = '\0';
	p->err = memfd_create("stderr", MFD_CLOEXEC);
	if (in < 0 || p->err < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		err = errno;
	else
		err = program_spawn(&p->pid, argv,
		    (int[3]){in, pipes[1], p->err});
	if (in >= 0)
		(void)close(in);
	if (pipes[1] >= 0)
		(void)close(pipes[1]);
	p->out = pipes[0];
	if (err == 0)
		return 0;
	msg_warn(err, "start %s", argv[0]);
	if (p->out >= 0)
		(void)close(p->out);
	if (p->err >= 0)
		(void)close(p->err);
	return -1;
}

/* The last line of what it said. */
static void
program_read_said(struct program *p)
{
	char text[PROGRAM_SAID / 2], *line;
	off_t size = lseek(p->err, 0, SEEK_END);
	off_t at = size > (off_t)sizeof text - 1 ? size - (off_t)sizeof text + 1
	                                         : 0;
	ssize_t got = pread(p->err, text, sizeof text - 1, at);

	text[got > 0 ? got : 0] = '\0';
	while (got > 0 && text[got - 1] == '\n')
		text[--got] = '\0';
	line = strrchr(text, '\n');
	(void)msg_mask(p->said, sizeof p->said, line != NULL ? line + 1 : text);
}

int
program_finish(struct program *p)
{
	int status = 0;
	pid_t pid;

	(void)close(p->out);
	do
		pid = waitpid(p->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	program_read_said(p);
	(void)close(p->err);
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
program_run(struct program *p, const char *const *argv)
{
	char buf[4096];
	ssize_t n;

	if (program_start(p, argv) < 0)
		return -1;
	do
		n = read(p->out, buf, sizeof buf);
	while (n > 0 || (n < 0 && errno == EINTR));
	return program_finish(p);
}
