/* SPDX-License-Identifier: Apache-2.0 */
/* Each door is tried in a process of its own, before and after it is shut. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

enum {
	SHUT = 40, /* exit codes of a child that tried a door */
	OPEN = 41
};

static const struct sandbox_place places[] = {
    {"in", -1, SANDBOX_READ},
    {"out", -1, SANDBOX_WRITE},
    {"not-there", -1, SANDBOX_WRITE},
    {"names", -1, SANDBOX_DIRS},
    {"files", -1, SANDBOX_FILES},
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
	if (strcmp(door, "make a name") == 0)
		return mkdir("names/new", 0700) == 0 &&
		        rename("names/new", "names/final") == 0 &&
		        rmdir("names/final") == 0
		    ? OPEN
		    : SHUT;
	if (strcmp(door, "rename a file that is there") == 0)
		return rename("names/file", "names/to") == 0 &&
		        rename("names/to", "names/file") == 0
		    ? OPEN
		    : SHUT;
	if (strcmp(door, "remove a file that is there") == 0)
		return unlink("names/d/file") == 0 ? OPEN : SHUT;
	if (strcmp(door, "make a file there") == 0)
		return try_open("names/new", O_RDONLY | O_CREAT);
	if (strcmp(door, "move a file in") == 0)
		return rename("out/move", "names/move") == 0 ? OPEN : SHUT;
	if (strcmp(door, "name a file") == 0)
		return linkat(AT_FDCWD, "files/temp", AT_FDCWD, "files/final",
		           0) == 0 &&
		        unlink("files/temp") == 0 &&
		        rename("files/final", "files/temp") == 0
		    ? OPEN
		    : SHUT;
	if (strcmp(door, "read what is named") == 0)
		return try_open("files/temp", O_RDONLY);
	if (strcmp(door, "write what is named") == 0)
		return try_open("files/temp", O_WRONLY);
	if (strcmp(door, "rename a directory beside it") == 0)
		return rename("files/d", "files/e") == 0 &&
		        rename("files/e", "files/d") == 0
		    ? OPEN
		    : SHUT;
	if (strcmp(door, "make a directory beside it") == 0)
		return mkdir("files/new", 0700) == 0 ? OPEN : SHUT;
	if (strcmp(door, "read what has a name") == 0)
		return try_open("names/file", O_RDONLY);
	if (strcmp(door, "write what has a name") == 0)
		return try_open("names/file", O_WRONLY);
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
			(void)sandbox_enter(places, 5, SANDBOX_EXTRACT);
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
		_exit((int)sandbox_enter(places, 5, SANDBOX_EXTRACT));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
	    ? (unsigned int)WEXITSTATUS(status)
	    : 0;
}

/* The same where local sockets are to stay. */
static int
child_tries_local(const char *door)
{
	struct sandbox_places p = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sandbox_allow(&p, "in", -1, SANDBOX_READ);
		sandbox_allow(&p, "out", -1, SANDBOX_WRITE);
		(void)sandbox_shut(&p, SANDBOX_RUN);
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
make_file(const char *path)
{
	(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void
make_places(void)
{
	int fd;

	(void)mkdir("in", 0755);
	(void)mkdir("out", 0755);
	(void)mkdir("out/d", 0755);
	(void)mkdir("names", 0755);
	(void)mkdir("names/d", 0755);
	(void)mkdir("files", 0755);
	(void)mkdir("files/d", 0755);
	make_file("names/file");
	make_file("names/d/file");
	make_file("files/temp");
	make_file("out/move");
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
	    {"make a name", 0}, {"read what has a name", SANDBOX_LANDLOCK},
	    {"write what has a name", SANDBOX_LANDLOCK},
	    {"rename a file that is there", SANDBOX_LANDLOCK},
	    {"remove a file that is there", SANDBOX_LANDLOCK},
	    {"make a file there", SANDBOX_LANDLOCK},
	    {"move a file in", SANDBOX_LANDLOCK}, {"name a file", 0},
	    {"read what is named", SANDBOX_LANDLOCK},
	    {"write what is named", SANDBOX_LANDLOCK},
	    {"rename a directory beside it", SANDBOX_LANDLOCK},
	    {"make a directory beside it", SANDBOX_LANDLOCK},
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

/* ------------------------------------------------------------------ calls */

enum {
	ALL_ROLES = 31,
	NONE = 0,
	FILES = SANDBOX_COPY | SANDBOX_EXTRACT | SANDBOX_RUN
};

/*
 * Calls, with arguments that do no harm, and the roles that have them.  "them"
 * is another process.
 */
static const struct {
	const char *name;
	int roles;
	long number, a, b, c;
	bool them; /* the first argument is another process */
} attempts[] = {
    {"execve", NONE, SYS_execve, 0, 0, 0},
    {"execveat", NONE, SYS_execveat, -1, 0, 0},
#ifndef __SANITIZE_ADDRESS__
    {"clone of a process", NONE, SYS_clone, 0x7f000000, 0, 0},
    {"ptrace", NONE, SYS_ptrace, 16, -1, 0},
    {"prctl", NONE, SYS_prctl, 15, -1, 0},
    {"wait4", SANDBOX_RUN, SYS_wait4, -1, 0, 1},
    {"memory to run", NONE, SYS_mmap, 0, 0, PROT_READ | PROT_EXEC},
#endif
    {"memory that is run", NONE, SYS_mprotect, 0, 0, PROT_READ | PROT_EXEC},
    {"kill another", NONE, SYS_kill, 0, 0, 0, true},
    {"kill all", NONE, SYS_kill, -1, 0, 0},
    {"kill the group", NONE, SYS_kill, 0, 0, 0},
    {"tgkill another", NONE, SYS_tgkill, 0, 0, 0, true},
    {"tkill", NONE, SYS_tkill, 0, 0, 0, true},
    {"rt_sigqueueinfo", NONE, SYS_rt_sigqueueinfo, 0, 0, 0, true},
    {"rt_tgsigqueueinfo", NONE, SYS_rt_tgsigqueueinfo, 0, 0, 0, true},
    {"pidfd_open", NONE, SYS_pidfd_open, 0, 0, 0, true},
    {"pidfd_send_signal", NONE, SYS_pidfd_send_signal, -1, 0, 0},
    {"process_vm_readv", NONE, SYS_process_vm_readv, 0, 0, 0, true},
    {"process_vm_writev", NONE, SYS_process_vm_writev, 0, 0, 0, true},
    {"kcmp", NONE, SYS_kcmp, 0, 0, 0, true},
    {"prlimit of another", NONE, SYS_prlimit64, 0, RLIMIT_NOFILE, 0, true},
    {"setpriority", NONE, SYS_setpriority, PRIO_PROCESS, 0, 20},
    {"sched_setaffinity", NONE, SYS_sched_setaffinity, 0, 0, 0, true},
    {"sched_setscheduler", NONE, SYS_sched_setscheduler, 0, -1, 0, true},
    {"setpgid", NONE, SYS_setpgid, -1, 0, 0},
    {"setsid", NONE, SYS_setsid, 0, 0, 0},
    {"setuid", NONE, SYS_setuid, -1, 0, 0},
    {"setgid", NONE, SYS_setgid, -1, 0, 0},
    {"setgroups", NONE, SYS_setgroups, -1, 0, 0},
    {"capset", NONE, SYS_capset, 0, 0, 0},
    {"TIOCSTI", NONE, SYS_ioctl, -1, TIOCSTI, 0},
    {"TIOCLINUX", NONE, SYS_ioctl, -1, TIOCLINUX, 0},
    {"TIOCSCTTY", NONE, SYS_ioctl, -1, TIOCSCTTY, 0},
    {"FS_IOC_SETFLAGS", NONE, SYS_ioctl, -1, 0x40086602, 0},
    {"F_SETOWN", NONE, SYS_fcntl, -1, F_SETOWN, 0},
    {"socket, inet", NONE, SYS_socket, AF_INET, -1, 0},
    {"socket, netlink", NONE, SYS_socket, AF_NETLINK, -1, 0},
    {"socket, vsock", NONE, SYS_socket, 40, -1, 0},
    {"socket, unix", SANDBOX_RUN, SYS_socket, AF_UNIX, -1, 0},
    {"connect", SANDBOX_RUN, SYS_connect, -1, 0, 0},
    {"socketpair", NONE, SYS_socketpair, AF_UNIX, -1, 0},
    {"bind", NONE, SYS_bind, -1, 0, 0},
    {"listen", NONE, SYS_listen, -1, 0, 0},
    {"sendmsg", NONE, SYS_sendmsg, -1, 0, 0},
    {"sendmmsg", NONE, SYS_sendmmsg, -1, 0, 0},
    {"recvmsg", NONE, SYS_recvmsg, -1, 0, 0},
#ifdef SYS_socketcall
    {"socketcall", NONE, SYS_socketcall, -1, 0, 0},
#endif
#ifdef SYS_mknod
    {"mknod", NONE, SYS_mknod, 0, S_IFCHR, 0},
    {"chmod", NONE, SYS_chmod, 0, 0, 0},
    {"chown", NONE, SYS_chown, 0, 0, 0},
    {"utimes", NONE, SYS_utimes, 0, 0, 0},
#endif
    {"mknodat", NONE, SYS_mknodat, -1, 0, S_IFCHR},
    {"fchown", NONE, SYS_fchown, -1, 0, 0},
    {"fchownat", NONE, SYS_fchownat, -1, 0, 0},
    {"setxattr", NONE, SYS_setxattr, 0, 0, 0},
    {"removexattr", NONE, SYS_removexattr, 0, 0, 0},
    {"fchmod", FILES, SYS_fchmod, -1, 0644, 0},
    {"fchmod to set-user-ID", NONE, SYS_fchmod, -1, 04755, 0},
    {"fchmodat", FILES, SYS_fchmodat, -1, 0, 0644},
    {"fchmodat to set-user-ID", NONE, SYS_fchmodat, -1, 0, 04755},
    {"utimensat", FILES, SYS_utimensat, -1, 0, 0},
    {"mkdirat", FILES, SYS_mkdirat, -1, 0, 0},
    {"symlinkat", FILES, SYS_symlinkat, 0, -1, 0},
    {"linkat", FILES, SYS_linkat, -1, 0, -1},
    {"renameat2", FILES, SYS_renameat2, -1, 0, -1},
    {"truncate", NONE, SYS_truncate, 0, 0, 0},
    {"mount", NONE, SYS_mount, 0, 0, 0},
    {"umount2", NONE, SYS_umount2, 0, -1, 0},
    {"chroot", NONE, SYS_chroot, 0, 0, 0},
    {"pivot_root", NONE, SYS_pivot_root, 0, 0, 0},
    {"chdir", NONE, SYS_chdir, 0, 0, 0},
    {"unshare", NONE, SYS_unshare, -1, 0, 0},
    {"setns", NONE, SYS_setns, -1, 0, 0},
    {"fsopen", NONE, SYS_fsopen, 0, 0, 0},
    {"fspick", NONE, SYS_fspick, -1, 0, 0},
    {"open_tree", NONE, SYS_open_tree, -1, 0, 0},
    {"open_by_handle_at", NONE, SYS_open_by_handle_at, -1, 0, 0},
    {"inotify_init1", NONE, SYS_inotify_init1, -1, 0, 0},
    {"fanotify_init", NONE, SYS_fanotify_init, -1, 0, 0},
    {"io_uring_setup", NONE, SYS_io_uring_setup, 0, 0, 0},
    {"bpf", NONE, SYS_bpf, -1, 0, 0},
    {"perf_event_open", NONE, SYS_perf_event_open, 0, 0, 0},
    {"userfaultfd", NONE, SYS_userfaultfd, -1, 0, 0},
    {"keyctl", NONE, SYS_keyctl, -1, 0, 0},
    {"add_key", NONE, SYS_add_key, 0, 0, 0},
    {"shmget", NONE, SYS_shmget, 0, 0, 0},
    {"msgget", NONE, SYS_msgget, -1, 0, 0},
    {"semget", NONE, SYS_semget, -1, -1, 0},
    {"mq_open", NONE, SYS_mq_open, 0, 0, 0},
    {"syslog", NONE, SYS_syslog, -1, 0, 0},
    {"personality", NONE, SYS_personality, 0xffffffff, 0, 0},
    {"seccomp", NONE, SYS_seccomp, -1, 0, 0},
    {"modify_ldt, kexec_load", NONE, SYS_kexec_load, 0, -1, 0},
    {"reboot", NONE, SYS_reboot, 0, 0, 0},
    {"swapon", NONE, SYS_swapon, 0, 0, 0},
    {"acct", NONE, SYS_acct, -1, 0, 0},
    {"quotactl", NONE, SYS_quotactl, -1, 0, 0},
    {"clock_settime", NONE, SYS_clock_settime, -1, 0, 0},
    {"sethostname", NONE, SYS_sethostname, 0, -1, 0},
    /* and what all need */
    {"read", ALL_ROLES, SYS_read, -1, 0, 0},
    {"ioctl of a terminal's size", ALL_ROLES, SYS_ioctl, -1, TIOCGWINSZ, 0},
    {"fcntl", ALL_ROLES, SYS_fcntl, -1, F_GETFL, 0},
    {"fstat", ALL_ROLES, SYS_fstat, -1, 0, 0},
};

/* Call it; is it EPERM? */
static bool
attempt_is_refused(size_t i)
{
	long a = attempts[i].them ? getppid() : attempts[i].a;

	errno = 0;
	return syscall(attempts[i].number, a, attempts[i].b, attempts[i].c, 0,
	           0, 0) < 0 &&
	    errno == EPERM;
}

/* No Landlock from here on, as on a kernel that does not have it. */
static void
attempt_without_landlock(void)
{
	struct {
		uint16_t code;
		uint8_t yes, no;
		uint32_t k;
	} f[] = {{0x20, 0, 0, 0}, {0x15, 0, 1, SYS_landlock_create_ruleset},
	    {0x06, 0, 0, 0x00050000 | ENOSYS}, {0x06, 0, 0, 0x7fff0000}};
	struct {
		unsigned short len;
		void *filter;
	} program = {4, f};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, 2, &program) != 0)
		_exit(1);
}

/* In a child of this role, or without one: which are refused? */
static void
attempt_all(enum sandbox_role role, bool landlock, unsigned char *refused,
    unsigned int *state)
{
	size_t n = sizeof attempts / sizeof *attempts, i;
	unsigned char said[sizeof attempts / sizeof *attempts + 1] = {0};
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) < 0 || (pid = fork()) < 0)
		return;
	if (pid == 0) {
		if (!landlock)
			attempt_without_landlock();
		if (role != 0)
			said[n] = (unsigned char)sandbox_enter(places, 4, role);
		for (i = 0; i < n; i++)
			said[i] = attempt_is_refused(i);
		_exit(write(fd[1], said, n + 1) == (ssize_t)n + 1 ? 0 : 1);
	}
	(void)close(fd[1]);
	memset(refused, 2, n);
	if (read(fd[0], said, n + 1) == (ssize_t)n + 1) {
		memcpy(refused, said, n);
		*state = said[n];
	}
	(void)close(fd[0]);
	(void)waitpid(pid, &status, 0);
}

static void
test_calls(unsigned int here)
{
	const size_t n = sizeof attempts / sizeof *attempts;
	unsigned char refused[sizeof attempts / sizeof *attempts];
	unsigned int state = 0;
	char text[200];
	int role, landlock;
	size_t i, before;

	OK(n >= 70);
	attempt_all(0, true, refused, &state);
	for (i = 0, before = 0; i < n; i++)
		before += refused[i] == 0;
	printf("# of %zu calls, %zu are not refused without a sandbox\n", n,
	    before);
	OK(before > n / 2);
	if ((here & SANDBOX_SECCOMP) == 0)
		return;
	for (landlock = 0; landlock < 2; landlock++)
		for (role = 1; role < ALL_ROLES; role <<= 1) {
			attempt_all(role, landlock != 0, refused, &state);
			OK((state & SANDBOX_SECCOMP) != 0);
			if (!landlock)
				OK((state & SANDBOX_LANDLOCK) == 0);
			for (i = 0; i < n; i++) {
				(void)snprintf(text, sizeof text,
				    "role %d, landlock %d: %s", role, landlock,
				    attempts[i].name);
				tap_ok(refused[i] ==
				        ((attempts[i].roles & role) == 0),
				    text, __FILE__, __LINE__);
			}
		}
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
	test_calls(state);
	OK_STR(sandbox_describe(text, 0), "none");
	OK_STR(sandbox_describe(text, 7), "no_new_privs, landlock, seccomp");
	OK_STR(sandbox_describe(text, SANDBOX_LANDLOCK), "landlock");
	return tap_done();
}
