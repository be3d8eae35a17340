/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's headers are not among musl's: the constants below are those of
 * linux/landlock.h, linux/seccomp.h, linux/filter.h and linux/audit.h.
 */
#include "base/sandbox.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/array.h"

/* --------------------------------------------------------------- landlock */

/* What Landlock keeps within, from version 6 on. */
enum {
	SCOPE_SOCKETS = 1, /* abstract ones */
	SCOPE_ALL = 3 /* signals, too */
};

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13, /* from version 2 on */
	FS_TRUNCATE = 1 << 14, /* from version 3 on */
	FS_IOCTL_DEV = 1 << 15, /* from version 5 on */

	FS_DIRS = FS_READ_DIR | FS_MAKE_DIR | FS_REMOVE_DIR | FS_REFER,
	FS_FILES = FS_READ_DIR | FS_MAKE_REG | FS_REMOVE_FILE,
	FS_READ = FS_READ_FILE | FS_READ_DIR,
	FS_WRITE = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE |
	    FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE,
	FS_OF_FILES = FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE,

	NET_ALL = 3, /* bind and connect of TCP; from version 4 on */

	CREATE_VERSION = 1,
	RULE_PATH_BENEATH = 1
};

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

/*
 * Open one place in the rules, where there is one.  Returns 0; or -1, and
 * nothing is to be used.
 */
static int
sandbox_add_place(int rules, const struct sandbox_place *place,
    uint64_t handled)
{
	static const uint64_t access[] = {[SANDBOX_READ] = FS_READ,
	    [SANDBOX_WRITE] = FS_READ | FS_WRITE,
	    [SANDBOX_DIRS] = FS_DIRS,
	    [SANDBOX_FILES] = FS_FILES};
	struct path_beneath rule = {access[place->access], place->fd};
	struct stat st;
	int ret = 0;

	if (place->path != NULL)
		rule.fd = openat(AT_FDCWD, place->path, O_PATH | O_CLOEXEC);
	/* not there; but without descriptors nothing can be said of it */
	else if (rule.fd < 0)
		return 0;
	if (rule.fd < 0)
		return errno == EMFILE || errno == ENFILE ? -1 : 0;
	if (fstat(rule.fd, &st) < 0)
		ret = -1;
	else if (!S_ISDIR(st.st_mode))
		rule.access &= FS_OF_FILES;
	rule.access &= handled;
	if (ret == 0 &&
	    syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &rule, 0) <
	        0)
		ret = -1;
	if (place->path != NULL)
		(void)close(rule.fd);
	return ret;
}

static bool
sandbox_landlock(const struct sandbox_place *places, size_t n, uint64_t scoped)
{
	/* the last right of files that versions 0 to 5 know */
	static const uint32_t last[] = {0, FS_MAKE_SYM, FS_REFER, FS_TRUNCATE,
	    FS_TRUNCATE, FS_IOCTL_DEV};
	struct ruleset rights = {0};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION);
	size_t size, i;
	bool done = false;
	int rules, ret = 0;

	/* version 1 forbids every rename from one directory to another */
	if (version < 2)
		return false;
	/* what this version can forbid */
	rights.fs = 2 * last[version < 5 ? version : 5] - 1;
	rights.net = version >= 4 ? NET_ALL : 0;
	rights.scoped = version >= 6 ? scoped : 0;
	size = version >= 6 ? sizeof rights
	    : version >= 4  ? offsetof(struct ruleset, scoped)
	                    : offsetof(struct ruleset, net);
	rules = (int)syscall(SYS_landlock_create_ruleset, &rights, size, 0);
	if (rules < 0)
		return false;
	for (i = 0; i < n && ret == 0; i++)
		ret = sandbox_add_place(rules, places + i, rights.fs);
	if (ret == 0)
		done = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	(void)close(rules);
	return done;
}

/* ---------------------------------------------------------------- seccomp */

#if defined __x86_64__
#define ARCHITECTURE 0xc000003e
#elif defined __aarch64__
#define ARCHITECTURE 0xc00000b7
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define ARCHITECTURE 0xc0000015
#elif defined __s390x__
#define ARCHITECTURE 0x80000016
#else
#error "no seccomp filter: this architecture's AUDIT_ARCH_ is missing above"
#endif

enum {
	BPF_LOAD = 0x20, /* BPF_LD | BPF_W | BPF_ABS */
	BPF_IF_EQUAL = 0x15, /* BPF_JMP | BPF_JEQ | BPF_K */
	BPF_IF_AT_LEAST = 0x35, /* BPF_JMP | BPF_JGE | BPF_K */
	BPF_IF_BITS = 0x45, /* BPF_JMP | BPF_JSET | BPF_K */
	BPF_RETURN = 0x06, /* BPF_RET | BPF_K */

	DATA_NUMBER = 0, /* offsets in struct seccomp_data */
	DATA_ARCHITECTURE = 4,
	DATA_ARGUMENTS = 16, /* 64 bits each */

	X32_NUMBERS = 0x40000000, /* amd64: calls of the x32 ABI */
	MODE_FILTER = 2, /* SECCOMP_MODE_FILTER */

	RETURN_ALLOW = 0x7fff0000,
	RETURN_ERRNO = 0x00050000
};

#define RETURN_KILL 0x80000000 /* the whole process */

struct instruction {
	uint16_t code;
	uint8_t yes; /* instructions to skip if it is so */
	uint8_t no;
	uint32_t k;
};

struct program {
	unsigned short len; /* instructions */
	const struct instruction *filter;
};

/* Whose calls: bits of enum sandbox_role. */
enum {
	ALL = 31,
	FILES = SANDBOX_COPY | SANDBOX_EXTRACT | SANDBOX_RUN,
	TEMPORARY = FILES | SANDBOX_CHECK,
	RUN = SANDBOX_RUN
};

/* All that is allowed: what is neither here nor below is EPERM. */
static const struct {
	uint16_t number : 11;
	uint16_t roles : 5;
} calls[] = {
    {SYS_read, ALL},
    {SYS_write, ALL},
    {SYS_openat, ALL},
    {SYS_close, ALL},
    {SYS_fstat, ALL},
    {SYS_newfstatat, ALL},
    {SYS_readv, ALL}, /* musl's stdio reads and writes so */
    {SYS_writev, ALL},
    {SYS_pread64, ALL},
    {SYS_pwrite64, ALL},
    {SYS_lseek, ALL},
    {SYS_ftruncate, ALL},
    {SYS_getdents64, ALL},
    {SYS_readlinkat, ALL},
    {SYS_faccessat, ALL},
    {SYS_fgetxattr, ALL},
    {SYS_statfs, ALL},
    {SYS_fstatfs, ALL},
    {SYS_getcwd, ALL},
    {SYS_dup, ALL},
    {SYS_dup3, ALL},
    {SYS_pipe2, ALL},
    {SYS_statx, ALL}, /* musl's stat(2) where a time may exceed 32 bits */
    {SYS_faccessat2, ALL},
    {SYS_openat2, ALL},
#ifdef SYS_open /* calls that newer architectures do not have */
    {SYS_open, ALL},
    {SYS_stat, ALL},
    {SYS_lstat, ALL},
    {SYS_access, ALL},
    {SYS_readlink, ALL},
    {SYS_dup2, ALL},
    {SYS_poll, ALL},
    {SYS_unlink, TEMPORARY},
    {SYS_rmdir, FILES},
    {SYS_mkdir, FILES},
    {SYS_rename, FILES},
#endif
    {SYS_ppoll, ALL},
/* memory */
#ifdef __s390x__ /* its arguments are in memory */
    {SYS_mmap, ALL},
#endif
    {SYS_munmap, ALL},
    {SYS_mremap, ALL},
    {SYS_madvise, ALL},
    {SYS_brk, ALL},
    {SYS_memfd_create, SANDBOX_CHECK | SANDBOX_EXTRACT | RUN},
    /* threads: gzip's; musl's and glibc's way to start and end them */
    {SYS_futex, ALL},
    {SYS_set_robust_list, ALL},
    {SYS_sched_getaffinity, ALL},
    {SYS_sched_yield, ALL},
    {SYS_gettid, ALL},
    {SYS_rseq, ALL},
    {SYS_exit, ALL},
    {SYS_exit_group, ALL},
    /* signals and time */
    {SYS_rt_sigaction, ALL},
    {SYS_rt_sigprocmask, ALL},
    {SYS_rt_sigreturn, ALL},
#ifdef SYS_sigreturn
    {SYS_sigreturn, ALL},
#endif
    {SYS_restart_syscall, ALL},
    {SYS_setitimer, ALL}, /* alarm(2) */
    {SYS_clock_gettime, ALL}, /* where the kernel has no vDSO */
    {SYS_gettimeofday, ALL},
    {SYS_nanosleep, ALL},
    {SYS_clock_nanosleep, ALL},
    /* who and where we are */
    {SYS_getpid, ALL},
    {SYS_getppid, ALL},
    {SYS_getuid, ALL},
    {SYS_geteuid, ALL},
    {SYS_getgid, ALL},
    {SYS_getegid, ALL},
    {SYS_getgroups, ALL},
    {SYS_uname, ALL},
    {SYS_getrandom, ALL},
    /* files of our own */
    {SYS_unlinkat, TEMPORARY},
    {SYS_utimensat, FILES},
    {SYS_mkdirat, FILES},
    {SYS_symlinkat, FILES},
    {SYS_linkat, FILES},
    {SYS_renameat, FILES},
    {SYS_renameat2, FILES},
    {SYS_flock, FILES},
    {SYS_fsetxattr, FILES},
    {SYS_fsync, FILES},
    {SYS_fdatasync, FILES},
    {SYS_syncfs, FILES},
    {SYS_fallocate, FILES},
    {SYS_copy_file_range, SANDBOX_COPY},
    /* the proxy that serves us */
    {SYS_connect, RUN},
    {SYS_sendto, RUN},
    {SYS_recvfrom, RUN},
    {SYS_shutdown, RUN},
    {SYS_getsockopt, RUN},
    {SYS_wait4, RUN},
    {SYS_waitid, RUN},
#ifdef __SANITIZE_ADDRESS__ /* its reports, and its leak checker's thread */
    {SYS_clone, ALL},
    {SYS_prctl, ALL},
    {SYS_ptrace, ALL},
    {SYS_wait4, ALL},
    {SYS_sigaltstack, ALL},
    {SYS_getrusage, ALL},
    {SYS_mmap, ALL},
#endif
};

/* What the lower half of an argument must be. */
enum {
	EQUAL, /* k */
	BITS, /* some of those in k */
	NO_BITS, /* none of them */
	US /* our process */
};

/* Likewise, by an argument.  Several rows of a call: one is enough. */
static const struct condition {
	uint16_t number : 11;
	uint16_t roles : 5;
	uint8_t argument; /* its number, from 0 on */
	uint8_t must; /* be that */
	uint32_t k;
} conditions[] = {
    {SYS_fcntl, ALL, 1, EQUAL, F_DUPFD},
    {SYS_fcntl, ALL, 1, EQUAL, F_GETFD},
    {SYS_fcntl, ALL, 1, EQUAL, F_SETFD},
    {SYS_fcntl, ALL, 1, EQUAL, F_GETFL},
    {SYS_fcntl, ALL, 1, EQUAL, F_SETFL},
    {SYS_fcntl, ALL, 1, EQUAL, F_DUPFD_CLOEXEC},
    {SYS_fcntl, ALL, 1, EQUAL, F_SETPIPE_SZ},
    {SYS_ioctl, ALL, 1, EQUAL, TIOCGWINSZ}, /* musl's isatty(3), too */
    {SYS_ioctl, ALL, 1, EQUAL, TCGETS}, /* glibc's */
/* memory that is run is not there */
#ifndef __s390x__
    {SYS_mmap, ALL, 2, NO_BITS, PROT_EXEC},
#endif
    {SYS_mprotect, ALL, 2, NO_BITS, PROT_EXEC},
/* threads, but no processes */
#ifdef __s390x__
    {SYS_clone, ALL, 1, BITS, CLONE_THREAD},
#else
    {SYS_clone, ALL, 0, BITS, CLONE_THREAD},
#endif
    {SYS_kill, ALL, 0, US},
    {SYS_tgkill, ALL, 0, US},
    {SYS_prlimit64, ALL, 0, EQUAL, 0}, /* glibc's pthread_create(3) */
    {SYS_fchmod, FILES, 1, NO_BITS, S_ISUID},
    {SYS_fchmodat, FILES, 2, NO_BITS, S_ISUID},
    {SYS_socket, RUN, 0, EQUAL, AF_UNIX},
};

enum {
	CALLS = sizeof calls / sizeof *calls,
	CONDITIONS = sizeof conditions / sizeof *conditions,
	FILTER_MAX = 10 + 2 * CALLS + 5 * CONDITIONS
};

static bool
sandbox_seccomp(enum sandbox_role role)
{
	static const struct instruction first[] = {
	    {BPF_LOAD, 0, 0, DATA_ARCHITECTURE},
	    {BPF_IF_EQUAL, 1, 0, ARCHITECTURE},
	    {BPF_RETURN, 0, 0, RETURN_KILL},
	    {BPF_LOAD, 0, 0, DATA_NUMBER},
	    {BPF_IF_AT_LEAST, 0, 1, X32_NUMBERS},
	    {BPF_RETURN, 0, 0, RETURN_ERRNO | EPERM},
	    /* its flags are in memory; C libraries then use clone */
	    {BPF_IF_EQUAL, 0, 1, SYS_clone3},
	    {BPF_RETURN, 0, 0, RETURN_ERRNO | ENOSYS},
	};
	struct instruction filter[FILTER_MAX], *f = filter;
	struct program program = {0, filter};
	/* where the lower half of an argument is */
	const uint32_t half = __BYTE_ORDER == __LITTLE_ENDIAN ? 0 : 4;
	const struct condition *c;
	bool bits, no;
	size_t i;

	memcpy(f, first, sizeof first);
	f += sizeof first / sizeof *first;
	for (i = 0; i < CALLS; i++)
		if ((calls[i].roles & role) != 0) {
			*f++ = (struct instruction){BPF_IF_EQUAL, 0, 1,
			    calls[i].number};
			*f++ = (struct instruction){BPF_RETURN, 0, 0,
			    RETURN_ALLOW};
		}
	for (c = conditions; c < conditions + CONDITIONS; c++) {
		if ((c->roles & role) == 0)
			continue;
		no = c->must == NO_BITS;
		bits = no || c->must == BITS;
		*f++ = (struct instruction){BPF_IF_EQUAL, 0, 4, c->number};
		*f++ = (struct instruction){BPF_LOAD, 0, 0,
		    DATA_ARGUMENTS + 8U * c->argument + half};
		*f++ = (struct instruction){bits ? BPF_IF_BITS : BPF_IF_EQUAL,
		    no, !no, c->must == US ? (uint32_t)getpid() : c->k};
		*f++ = (struct instruction){BPF_RETURN, 0, 0, RETURN_ALLOW};
		*f++ = (struct instruction){BPF_LOAD, 0, 0, DATA_NUMBER};
	}
	*f++ = (struct instruction){BPF_RETURN, 0, 0, RETURN_ERRNO | EPERM};
	program.len = (unsigned short)(f - filter);
	return prctl(PR_SET_SECCOMP, MODE_FILTER, &program) == 0;
}

/* ------------------------------------------------------------------- both */

unsigned int
sandbox_enter(const struct sandbox_place *places, size_t n,
    enum sandbox_role role)
{
	unsigned int state = 0;

#ifdef SANDBOX_OFF /* to measure coverage: what was run is written at exit */
	return 0;
#endif
	/* the other two are refused without it */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 0;
	state |= SANDBOX_NO_NEW_PRIVS;
	if (sandbox_landlock(places, n,
	        role == SANDBOX_RUN ? SCOPE_SOCKETS : SCOPE_ALL))
		state |= SANDBOX_LANDLOCK;
	if (sandbox_seccomp(role))
		state |= SANDBOX_SECCOMP;
	return state;
}

void
sandbox_allow(struct sandbox_places *p, const char *path, int fd,
    enum sandbox_access access)
{
	struct sandbox_place *more = array_grow(p->at, &p->room, p->n + 1,
	    sizeof *more);

	if (more == NULL) {
		p->failed = true;
		return;
	}
	p->at = more;
	p->at[p->n++] = (struct sandbox_place){path, fd, access};
}

void
sandbox_allow_temporary(struct sandbox_places *p)
{
	const char *dir = getenv("TMPDIR");

	if (dir != NULL && *dir != '\0') {
		sandbox_allow(p, dir, -1, SANDBOX_WRITE);
		return;
	}
	sandbox_allow(p, "/tmp", -1, SANDBOX_WRITE);
	sandbox_allow(p, "/var/tmp", -1, SANDBOX_WRITE);
}

unsigned int
sandbox_shut(struct sandbox_places *p, enum sandbox_role role)
{
	unsigned int state = p->failed ? 0 : sandbox_enter(p->at, p->n, role);

	free(p->at);
	*p = (struct sandbox_places){0};
	return state;
}

const char *
sandbox_describe(char text[static SANDBOX_TEXT], unsigned int state)
{
	static const char *const names[] = {"no_new_privs", "landlock",
	    "seccomp"};
	char *to = text;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if ((state & 1u << i) == 0)
			continue;
		if (to != text)
			to = stpcpy(to, ", ");
		to = stpcpy(to, names[i]);
	}
	if (to == text)
		stpcpy(text, "none");
	return text;
}
