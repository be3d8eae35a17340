/* SPDX-License-Identifier: Apache-2.0 */
/* Each door is tried in a process of its own, before and after it is shut. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

enum {
	SHUT = 40, /* exit codes of a child that tried a door */
	OPEN = 41
};

static const struct sandbox_place places[] = {
    {"in", -1, false},
    {"out", -1, true},
    {"not-there", -1, true},
};

static void *
run_thread(void *arg)
{
	*(int *)arg = OPEN;
	return NULL;
}

static int
try_thread(void)
{
	pthread_t t;
	int result = SHUT;

	if (pthread_create(&t, NULL, run_thread, &result) == 0)
		(void)pthread_join(t, NULL);
	return result;
}

static int
try_open(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600) >= 0 ? OPEN : SHUT;
}

static int
try_exec(void)
{
	static char name[] = "true";
	char *argv[] = {name, NULL};

	(void)execv("/bin/true", argv);
	/* Landlock would say EACCES, but the filter comes first */
	return errno == EPERM ? SHUT : 1;
}

/* Go through a door; SHUT or OPEN. */
static int
try_door(const char *door)
{
	if (strcmp(door, "read inside") == 0)
		return try_open("in/file", O_RDONLY);
	if (strcmp(door, "read a descriptor") == 0) {
		char c;

		return read(3, &c, 1) == 1 ? OPEN : SHUT;
	}
	if (strcmp(door, "write inside") == 0)
		return try_open("out/new", O_WRONLY | O_CREAT);
	if (strcmp(door, "rename inside") == 0)
		return rename("out/old", "out/d/old") == 0 ? OPEN : SHUT;
	if (strcmp(door, "thread") == 0)
		return try_thread();
	if (strcmp(door, "read outside") == 0)
		return try_open("/etc/shadow", O_RDONLY);
	if (strcmp(door, "list outside") == 0)
		return try_open("/etc", O_RDONLY | O_DIRECTORY);
	if (strcmp(door, "write what is for reading") == 0)
		return try_open("in/file", O_WRONLY);
	if (strcmp(door, "make what is for reading") == 0)
		return try_open("in/new", O_WRONLY | O_CREAT);
	if (strcmp(door, "remove what is for reading") == 0)
		return unlink("in/file") == 0 ? OPEN : SHUT;
	if (strcmp(door, "rename out") == 0)
		return rename("out/new", "in/new") == 0 ? OPEN : SHUT;
	if (strcmp(door, "socket") == 0)
		return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? OPEN : SHUT;
	if (strcmp(door, "socket to a local service") == 0)
		return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? OPEN : SHUT;
	if (strcmp(door, "connect to a local service") == 0) {
		const struct sockaddr to = {.sa_family = AF_UNIX};

		/* there is no such service: ECONNREFUSED, EINVAL */
		return connect(4, &to, sizeof to) < 0 && errno == EPERM ? SHUT
		                                                        : OPEN;
	}
	if (strcmp(door, "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		return pid > 0 ? OPEN : SHUT;
	}
	if (strcmp(door, "exec") == 0)
		return try_exec();
	return 1;
}

/* Try a door in a child; its exit code, 0 where an exec went through. */
static int
child_tries(const char *door, bool enter)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (enter)
			(void)sandbox_enter(places, 3);
		_exit(try_door(door));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 0 ? OPEN : WEXITSTATUS(status);
}

/* What the kernel lets us have here. */
static unsigned int
state_here(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)sandbox_enter(places, 3));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
	    ? (unsigned int)WEXITSTATUS(status)
	    : 0;
}

/* The same where local sockets are to stay. */
static int
child_tries_local(const char *door)
{
	struct sandbox_places p = {.local = true};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sandbox_allow(&p, "in", false);
		sandbox_allow(&p, "out", true);
		(void)sandbox_shut(&p);
		_exit(try_door(door));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 0 ? OPEN : WEXITSTATUS(status);
}

static void
test_local_doors(unsigned int state)
{
	const int filtered = (state & SANDBOX_SECCOMP) != 0 ? SHUT : OPEN;
	const int landlocked = (state & SANDBOX_LANDLOCK) != 0 ? SHUT : OPEN;

	OK(child_tries_local("socket to a local service") == OPEN);
	OK(child_tries_local("connect to a local service") == OPEN);
	OK(child_tries_local("socket") == filtered);
	OK(child_tries_local("exec") == filtered);
	OK(child_tries_local("read inside") == OPEN);
	OK(child_tries_local("write inside") == OPEN);
	OK(child_tries_local("thread") == OPEN);
	OK(child_tries_local("read outside") == landlocked);
	OK(child_tries_local("write what is for reading") == landlocked);
}

static void
make_places(void)
{
	int fd;

	(void)mkdir("in", 0755);
	(void)mkdir("out", 0755);
	(void)mkdir("out/d", 0755);
	fd = open("in/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, "text", 4) == 4)
		(void)close(fd);
	fd = open("out/old", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	(void)close(fd);
	fd = open("in/file", O_RDONLY);
	if (fd != 3)
		(void)dup2(fd, 3);
}

static void
test_doors(unsigned int state)
{
	static const struct {
		const char *door;
		unsigned int shut_by; /* 0: stays open */
	} doors[] = {{"read inside", 0}, {"read a descriptor", 0},
	    {"write inside", 0}, {"rename inside", 0}, {"thread", 0},
	    {"read outside", SANDBOX_LANDLOCK},
	    {"list outside", SANDBOX_LANDLOCK},
	    {"write what is for reading", SANDBOX_LANDLOCK},
	    {"make what is for reading", SANDBOX_LANDLOCK},
	    {"rename out", SANDBOX_LANDLOCK},
	    {"remove what is for reading", SANDBOX_LANDLOCK},
	    {"socket", SANDBOX_SECCOMP},
	    {"socket to a local service", SANDBOX_SECCOMP},
	    {"connect to a local service", SANDBOX_SECCOMP},
#ifndef __SANITIZE_ADDRESS__
	    {"fork", SANDBOX_SECCOMP},
#endif
	    {"exec", SANDBOX_SECCOMP}};
	size_t i;

	for (i = 0; i < sizeof doors / sizeof *doors; i++) {
		bool shut = (doors[i].shut_by & state) != 0;

		tap_ok(child_tries(doors[i].door, true) == (shut ? SHUT : OPEN),
		    doors[i].door, __FILE__, __LINE__);
	}
	/* the doors were there */
	OK(child_tries("list outside", false) == OPEN);
	OK(child_tries("socket", false) == OPEN);
	OK(child_tries("exec", false) == OPEN);
}

int
main(void)
{
	char text[SANDBOX_TEXT];
	unsigned int state;

#ifdef SANDBOX_OFF
	printf("1..0 # SKIP built without the sandbox\n");
	return 0;
#endif
	make_places();
	state = state_here();
	printf("# in force here: %s\n", sandbox_describe(text, state));
	OK((state & SANDBOX_NO_NEW_PRIVS) != 0);
	test_doors(state);
	test_local_doors(state);
	OK_STR(sandbox_describe(text, 0), "none");
	OK_STR(sandbox_describe(text, 7), "no_new_privs, landlock, seccomp");
	OK_STR(sandbox_describe(text, SANDBOX_LANDLOCK), "landlock");
	return tap_done();
}
