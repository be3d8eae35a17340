/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that starts kubectl.
 */
#include "cluster/kubectl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/msg.h"

enum {
	ARGS_MAX = 16, /* arguments of one kubectl, NULL included */
	GRACE = 5, /* seconds it has to end */
	LOOK = 200 /* milliseconds between looks at *stop */
};

/* ------------------------------------------------------------------- start */

/* The whole command line; pointers are borrowed from k and args. */
static void
make_argv(char *argv[static ARGS_MAX], const struct kubectl *k,
    const char *program, const char *const *args)
{
	const char *all[ARGS_MAX] = {program};
	size_t n = 1, i;

	if (k->kubeconfig != NULL) {
		all[n++] = "--kubeconfig";
		all[n++] = k->kubeconfig;
	}
	if (k->context != NULL) {
		all[n++] = "--context";
		all[n++] = k->context;
	}
	while (*args != NULL && n < ARGS_MAX - 1)
		all[n++] = *args++;
	/* execvp(3p): the strings are not written to */
	for (i = 0; i <= n; i++)
		argv[i] = (char *)(uintptr_t)(i < n ? all[i] : NULL);
}

/*
 * In the child: become kubectl, with these as descriptors 0 to 2.  What stops
 * it is written to fds[3].
 */
static void
become(char *const *argv, const int fds[static 4], pid_t parent)
{
	sigset_t none;
	int i, err;

	/* it serves all who reach its socket: never without us */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		(void)raise(SIGKILL);
	/* Ctrl-C is for us: what kubectl does then, we decide */
	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			break;
	if (i == 3)
		(void)execvp(argv[0], argv);
	err = errno;
	(void)!write(fds[3], &err, sizeof err);
	(void)raise(SIGKILL);
}

/* Start it with these as its descriptors.  Returns 0 or an errno. */
static int
kubectl_spawn(pid_t *pid, char *const *argv, const int fds[static 3])
{
	pid_t parent = getpid();
	int pipes[2], err = 0;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return errno;
	*pid = fork();
	if (*pid == 0)
		become(argv, (int[4]){fds[0], fds[1], fds[2], pipes[1]},
		    parent);
	if (*pid < 0)
		err = errno;
	(void)close(pipes[1]);
	/* execvp(3p) closes the pipe; what comes is why it did not */
	while (
	    *pid > 0 && read(pipes[0], &err, sizeof err) < 0 && errno == EINTR)
		;
	(void)close(pipes[0]);
	if (*pid > 0 && err != 0)
		(void)waitpid(*pid, NULL, 0);
	return err;
}

static void
say_spawn(int err, const char *program)
{
	char shown[MSG_NAME];

	(void)msg_mask(shown, sizeof shown, program);
	if (err == ENOENT)
		msg_warn(0,
		    "%s: not found; install kubectl, or name it in the environment variable KUBECTL",
		    shown);
	else
		msg_warn(err, "start %s", shown);
}

int
kubectl_start(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args)
{
	const char *program = getenv("KUBECTL");
	char *argv[ARGS_MAX];
	int pipes[2] = {-1, -1}, in, err;

	job->said[0] = '\0';
	if (program == NULL || *program == '\0')
		program = "kubectl";
	make_argv(argv, k, program, args);
	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	job->err = memfd_create("kubectl", MFD_CLOEXEC);
	if (in < 0 || job->err < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		err = errno;
	else
		err = kubectl_spawn(&job->pid, argv,
		    (int[3]){in, pipes[1], job->err});
	if (in >= 0)
		(void)close(in);
	if (pipes[1] >= 0)
		(void)close(pipes[1]);
	job->out = pipes[0];
	if (err == 0)
		return 0;
	say_spawn(err, program);
	if (job->out >= 0)
		(void)close(job->out);
	if (job->err >= 0)
		(void)close(job->err);
	return -1;
}

/* ------------------------------------------------------------------- words */

/* Is this one of klog's lines ("E1123 19:11:22.345 1 x.go:1] ...")? */
static bool
is_klog(const char *line)
{
	return strchr("IWEF", line[0]) != NULL &&
	    strspn(line + 1, "0123456789") == 4 && line[5] == ' ';
}

/*
 * Fold what it has said so far into job->said, one masked line, the lines of
 * its own log left out.
 */
static void
kubectl_hear(struct kubectl_job *job)
{
	char text[KUBECTL_SAID / 2], fold[KUBECTL_SAID / 2];
	char *line, *rest = text;
	size_t len = 0, n;
	ssize_t got = pread(job->err, text, sizeof text - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "error: ", 7) == 0)
			line += 7;
		n = strlen(line);
		if (n == 0 || is_klog(line))
			continue;
		if (len > 0)
			fold[len++] = ' ';
		memcpy(fold + len, line, n);
		len += n;
	}
	(void)msg_mask_mem(job->said, sizeof job->said, fold, len);
}

/* ------------------------------------------------------------------ finish */

bool
kubectl_has_ended(struct kubectl_job *job)
{
	siginfo_t info = {0};

	/* it stays to be waited for: kubectl_finish */
	if (waitid(P_PID, (id_t)job->pid, &info, WEXITED | WNOHANG | WNOWAIT) <
	        0 ||
	    info.si_pid == 0)
		return false;
	kubectl_hear(job);
	return true;
}

/* Wait for it, `seconds` at most; 0: however long.  Is it gone? */
static bool
await_end(const struct kubectl_job *job, int seconds, int *status)
{
	static const struct timespec pause = {.tv_nsec = 10000000};
	int i, looks = seconds * 100;
	pid_t pid;

	for (i = 0; seconds == 0 || i < looks; i++) {
		pid = waitpid(job->pid, status, seconds == 0 ? 0 : WNOHANG);
		if (pid > 0 || (pid < 0 && errno != EINTR))
			return true;
		if (seconds > 0)
			(void)nanosleep(&pause, NULL);
	}
	return false;
}

int
kubectl_finish(struct kubectl_job *job, bool end)
{
	int status = 0;

	if (job->out >= 0)
		(void)close(job->out);
	job->out = -1;
	if (end) {
		(void)kill(-job->pid, SIGTERM);
		if (!await_end(job, GRACE, &status)) {
			(void)kill(-job->pid, SIGKILL);
			(void)await_end(job, 0, &status);
		}
	} else {
		(void)await_end(job, 0, &status);
	}
	kubectl_hear(job);
	(void)close(job->err);
	if (end || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return 0;
	if (job->said[0] == '\0')
		(void)strcpy(job->said,
		    "kubectl failed, and printed no message");
	return -1;
}

/* ------------------------------------------------------------------ output */

char *
kubectl_read(struct kubectl_job *job, const volatile sig_atomic_t *stop)
{
	struct pollfd p = {.fd = job->out, .events = POLLIN};
	char *text = malloc(KUBECTL_OUT + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (text == NULL) {
		msg_nomem();
		return NULL;
	}
	while (n != 0 && len < KUBECTL_OUT && *stop == 0) {
		if (poll(&p, 1, LOOK) <= 0)
			continue;
		n = read(job->out, text + len, KUBECTL_OUT - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno != EINTR)
			break;
	}
	text[len] = '\0';
	return text;
}
