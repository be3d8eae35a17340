/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's headers are not among musl's: the constants below are those of
 * linux/landlock.h, linux/seccomp.h, linux/filter.h and linux/audit.h.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"

/* --------------------------------------------------------------- landlock */

/* What Landlock keeps within, from version 6 on. */
enum {
	SCOPE_SOCKETS = 1, /* abstract ones */
	SCOPE_ALL = 3 /* signals, too */
};

#ifdef SYS_landlock_create_ruleset

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
	FS_ALL_1 = (1 << 13) - 1,

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

/* What this version of Landlock can forbid. */
static struct ruleset
sandbox_rights(long version, size_t *size)
{
	struct ruleset r = {.fs = FS_ALL_1};

	if (version >= 2)
		r.fs |= FS_REFER;
	if (version >= 3)
		r.fs |= FS_TRUNCATE;
	if (version >= 4)
		r.net = NET_ALL;
	if (version >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		r.scoped = SCOPE_ALL;
	*size = version >= 6 ? sizeof r
	    : version >= 4   ? offsetof(struct ruleset, scoped)
	                     : offsetof(struct ruleset, net);
	return r;
}

/* Open one place in the rules.  Returns 0; or -1, and nothing is to be used. */
static int
sandbox_add_place(int rules, const struct sandbox_place *place,
    uint64_t handled)
{
	struct path_beneath rule = {.access = FS_READ, .fd = place->fd};
	struct stat st;
	int ret = 0;

	if (place->path != NULL)
		rule.fd = open(place->path, O_PATH | O_CLOEXEC);
	/* not there; but without descriptors nothing can be said of it */
	if (rule.fd < 0)
		return errno == EMFILE || errno == ENFILE ? -1 : 0;
	if (place->write)
		rule.access |= FS_WRITE;
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
	struct ruleset rights;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION);
	size_t size, i;
	bool done = false;
	int rules, ret = 0;

	/* version 1 forbids every rename from one directory to another */
	if (version < 2)
		return false;
	rights = sandbox_rights(version, &size);
	rights.scoped &= scoped;
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

#else /* a C library that does not know it */

static bool
sandbox_landlock(const struct sandbox_place *places, size_t n, uint64_t scoped)
{
	(void)places;
	(void)n;
	(void)scoped;
	return false;
}

#endif

/* ---------------------------------------------------------------- seccomp */

#if defined __x86_64__
#define ARCHITECTURE 0xc000003e
#elif defined __aarch64__
#define ARCHITECTURE 0xc00000b7
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define ARCHITECTURE 0xc0000015
#elif defined __s390x__
#define ARCHITECTURE 0x80000016
#endif

#ifdef ARCHITECTURE

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
	FILTER_MAX = 128, /* instructions that sandbox_write_filter makes */
	LOCAL_MAX = 16 /* likewise sandbox_write_local */
};

static const uint32_t ret_allow = 0x7fff0000;
static const uint32_t ret_kill = 0x80000000; /* the whole process */
static const uint32_t ret_errno = 0x00050000;

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

/* New programs, the network, other processes, and doors of the kernel's. */
static const int refused[] = {
    SYS_execve,
    SYS_execveat,
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_sendmsg,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
#ifndef __SANITIZE_ADDRESS__ /* its leak checker looks at our own threads */
    SYS_ptrace,
#endif
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_quotactl,
    SYS_swapon,
    SYS_reboot,
    SYS_acct,
    SYS_settimeofday,
    SYS_mknodat,
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup,
#endif
#ifdef SYS_pidfd_open
    SYS_pidfd_open,
#endif
#ifdef SYS_open_tree
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
#endif
};

/* Where the lower half of an argument is. */
static uint32_t
sandbox_argument_offset(uint32_t argument)
{
	const uint16_t one = 1;
	bool little = *(const uint8_t *)&one == 1;

	return DATA_ARGUMENTS + 8 * argument + (little ? 0 : 4);
}

#ifndef __SANITIZE_ADDRESS__
/* Where a clone(2)'s flags are. */
static uint32_t
sandbox_flags_offset(void)
{
#ifdef __s390x__
	return sandbox_argument_offset(1);
#else
	return sandbox_argument_offset(0);
#endif
}
#endif

/* Write the filter into f.  Returns its length, in instructions. */
static size_t
sandbox_write_filter(struct instruction f[static FILTER_MAX])
{
	const size_t n_refused = sizeof refused / sizeof *refused;
	size_t n = 0, i;

	f[n++] = (struct instruction){BPF_LOAD, 0, 0, DATA_ARCHITECTURE};
	f[n++] = (struct instruction){BPF_IF_EQUAL, 1, 0, ARCHITECTURE};
	f[n++] = (struct instruction){BPF_RETURN, 0, 0, ret_kill};
	f[n++] = (struct instruction){BPF_LOAD, 0, 0, DATA_NUMBER};
	f[n++] = (struct instruction){BPF_IF_AT_LEAST, 0, 1, X32_NUMBERS};
	f[n++] = (struct instruction){BPF_RETURN, 0, 0, ret_errno | EPERM};
	for (i = 0; i < n_refused; i++) {
		f[n++] = (struct instruction){BPF_IF_EQUAL, 0, 1,
		    (uint32_t)refused[i]};
		f[n++] = (struct instruction){BPF_RETURN, 0, 0,
		    ret_errno | EPERM};
	}
#ifdef SYS_clone3 /* its flags are in memory; C libraries fall back to clone \
                   */
	f[n++] = (struct instruction){BPF_IF_EQUAL, 0, 1, SYS_clone3};
	f[n++] = (struct instruction){BPF_RETURN, 0, 0, ret_errno | ENOSYS};
#endif
#ifndef __SANITIZE_ADDRESS__
	/* threads, but no processes */
	f[n++] = (struct instruction){BPF_IF_EQUAL, 0, 3, SYS_clone};
	f[n++] = (struct instruction){BPF_LOAD, 0, 0, sandbox_flags_offset()};
	f[n++] = (struct instruction){BPF_IF_BITS, 1, 0, CLONE_THREAD};
	f[n++] = (struct instruction){BPF_RETURN, 0, 0, ret_errno | EPERM};
#endif
	f[n++] = (struct instruction){BPF_RETURN, 0, 0, ret_allow};
	return n;
}

_Static_assert(2 * sizeof refused / sizeof *refused + 13 <= FILTER_MAX,
    "the filter fits");

static bool
sandbox_install_filter(struct instruction *filter, size_t n)
{
	struct program program = {(unsigned short)n, filter};

	return prctl(PR_SET_SECCOMP, MODE_FILTER, &program) == 0;
}

static bool
sandbox_seccomp(void)
{
	struct instruction filter[FILTER_MAX];

	return sandbox_install_filter(filter, sandbox_write_filter(filter));
}

/*
 * Write what goes before the filter where local sockets stay: what it does
 * not allow is for the filter to judge.  Returns its length.
 */
static size_t
sandbox_write_local(struct instruction f[static LOCAL_MAX])
{
	const struct instruction rules[] = {
	    {BPF_LOAD, 0, 0, DATA_ARCHITECTURE},
	    {BPF_IF_EQUAL, 0, 6, ARCHITECTURE},
	    {BPF_LOAD, 0, 0, DATA_NUMBER},
	    {BPF_IF_EQUAL, 3, 0, SYS_connect},
	    {BPF_IF_EQUAL, 0, 3, SYS_socket},
	    {BPF_LOAD, 0, 0, sandbox_argument_offset(0)},
	    {BPF_IF_EQUAL, 0, 1, AF_UNIX},
	    {BPF_RETURN, 0, 0, ret_allow},
	};

	_Static_assert(sizeof rules / sizeof *rules <= LOCAL_MAX, "they fit");
	memcpy(f, rules, sizeof rules);
	return sizeof rules / sizeof *rules;
}

static bool
sandbox_seccomp_local(void)
{
	struct instruction filter[LOCAL_MAX + FILTER_MAX];
	size_t n = sandbox_write_local(filter);

	n += sandbox_write_filter(filter + n);
	return sandbox_install_filter(filter, n);
}

#else /* an architecture whose number we do not know */

static bool
sandbox_seccomp(void)
{
	return false;
}

static bool
sandbox_seccomp_local(void)
{
	return false;
}

#endif

/* ------------------------------------------------------------------- both */

/* sandbox_enter, with what the two parts have to forbid. */
static unsigned int
sandbox_give_up(const struct sandbox_place *places, size_t n, uint64_t scoped,
    bool (*seccomp)(void))
{
	unsigned int state = 0;

#ifdef SANDBOX_OFF /* to measure coverage: what was run is written at exit */
	return 0;
#endif
	/* the other two are refused without it */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 0;
	state |= SANDBOX_NO_NEW_PRIVS;
	if (sandbox_landlock(places, n, scoped))
		state |= SANDBOX_LANDLOCK;
	if (seccomp())
		state |= SANDBOX_SECCOMP;
	return state;
}

unsigned int
sandbox_enter(const struct sandbox_place *places, size_t n)
{
	return sandbox_give_up(places, n, SCOPE_ALL, sandbox_seccomp);
}

/* Returns 0, or -1 without memory. */
static int
sandbox_add(struct sandbox_places *p, const char *path, int fd, bool write)
{
	struct sandbox_place *more = array_grow(p->at, &p->room, p->n + 1,
	    sizeof *more);

	if (more == NULL)
		return -1;
	p->at = more;
	p->at[p->n++] = (struct sandbox_place){path, fd, write};
	return 0;
}

void
sandbox_allow(struct sandbox_places *p, const char *path, bool write)
{
	char *copy = strdup(path);

	if (copy == NULL || sandbox_add(p, copy, -1, write) < 0) {
		free(copy);
		p->failed = true;
	}
}

void
sandbox_allow_fd(struct sandbox_places *p, int fd, bool write)
{
	if (fd >= 0 && sandbox_add(p, NULL, fd, write) < 0)
		p->failed = true;
}

void
sandbox_allow_temporary(struct sandbox_places *p)
{
	const char *dir = getenv("TMPDIR");

	if (dir != NULL && *dir != '\0') {
		sandbox_allow(p, dir, true);
		return;
	}
	sandbox_allow(p, "/tmp", true);
	sandbox_allow(p, "/var/tmp", true);
}

void
sandbox_free(struct sandbox_places *p)
{
	while (p->n > 0)
		free((char *)(uintptr_t)p->at[--p->n].path);
	free(p->at);
	*p = (struct sandbox_places){0};
}

unsigned int
sandbox_shut(struct sandbox_places *p)
{
	unsigned int state = 0;

	if (!p->failed && p->local)
		state = sandbox_give_up(p->at, p->n, SCOPE_SOCKETS,
		    sandbox_seccomp_local);
	else if (!p->failed)
		state = sandbox_enter(p->at, p->n);
	sandbox_free(p);
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
		(void)stpcpy(text, "none");
	return text;
}
