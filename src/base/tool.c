/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs (kubectl, skopeo, podman, docker), and what they print.
 */
#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "base/process.h"

enum {
	ARGS_MAX = 32, /* arguments of one program, NULL included */
	LOOK = 200, /* milliseconds between looks whether we are to stop */
	STEP = 10, /* likewise whether it has ended */
	ITSELF = 5000, /* milliseconds to end once its output is closed */
	GRACE = 5000 /* and after SIGTERM */
};

bool
tool_exists(const char *name)
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

/* ------------------------------------------------------------------- start */

/* Start it with these as its descriptors.  Returns 0 or an errno. */
static int
tool_spawn(pid_t *pid, const char *const *args, const int fds[static 3])
{
	char *argv[ARGS_MAX];
	int pipes[2], err = 0, i;
	sigset_t none;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return errno;
	*pid = process_fork();
	if (*pid == 0) {
		/* execvp(3p): the strings are not written to */
		for (i = 0; i < ARGS_MAX - 1 && args[i] != NULL; i++)
			argv[i] = (char *)(uintptr_t)args[i];
		argv[i] = NULL;
		(void)signal(SIGPIPE, SIG_DFL);
		(void)signal(SIGXFSZ, SIG_DFL);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		if (dup2(fds[0], 0) == 0 && dup2(fds[1], 1) == 1 &&
		    dup2(fds[2], 2) == 2)
			(void)execvp(argv[0], argv);
		err = errno;
		(void)!write(pipes[1], &err, sizeof err);
		(void)raise(SIGKILL);
	}
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
close_all(const int *fds, size_t n)
{
	for (; n > 0; n--)
		if (fds[n - 1] >= 0)
			(void)close(fds[n - 1]);
}

int
tool_start(struct tool *t, const char *const *argv, const char *missing)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC), err = 0;
	int out[2] = {-1, -1}, said[2] = {-1, -1};
	char shown[MSG_NAME];

	*t = (struct tool){.out = -1, .err = -1};
	t->tail = malloc(TOOL_TAIL + 1);
	if (t->tail == NULL || in < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(said, O_CLOEXEC) < 0)
		err = errno;
	if (err == 0)
		err = tool_spawn(&t->pid, argv, (int[3]){in, out[1], said[1]});
	close_all((int[3]){in, out[1], said[1]}, 3);
	if (err == 0) {
		t->out = out[0];
		t->err = said[0];
		(void)fcntl(t->err, F_SETFL, O_NONBLOCK);
		return 0;
	}
	close_all((int[2]){out[0], said[0]}, 2);
	tool_free(t);
	msg_mask(shown, sizeof shown, argv[0]);
	if (err == ENOENT && missing != NULL)
		msg_warn(0, "%s: not found; %s", shown, missing);
	else
		msg_warn(err, "start %s", shown);
	return -1;
}

/* ------------------------------------------------------------------- output */

void
tool_listen(struct tool *t)
{
	char buf[4096];
	ssize_t got;
	size_t n, drop;

	while (t->err >= 0) {
		got = read(t->err, buf, sizeof buf);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			(void)close(t->err);
			t->err = -1;
			return;
		}
		n = (size_t)got;
		drop = t->n + n > TOOL_TAIL ? t->n + n - TOOL_TAIL : 0;
		memmove(t->tail, t->tail + drop, t->n - drop);
		t->n -= drop;
		memcpy(t->tail + t->n, buf, n);
		t->n += n;
	}
}

ssize_t
tool_read(struct tool *t, void *buf, size_t size)
{
	struct pollfd p[2];
	ssize_t got;

	for (;;) {
		if (io_stopped()) {
			errno = EINTR;
			return -1;
		}
		p[0] = (struct pollfd){.fd = t->out, .events = POLLIN};
		p[1] = (struct pollfd){.fd = t->err, .events = POLLIN};
		if (poll(p, 2, LOOK) <= 0)
			continue;
		if (p[1].revents != 0)
			tool_listen(t);
		if (p[0].revents == 0)
			continue;
		got = read(t->out, buf, size);
		if (got >= 0 || errno != EINTR)
			return got;
	}
}

char *
tool_text(struct tool *t, size_t max)
{
	char *text = malloc(max + 1);
	size_t len = 0;
	ssize_t got = 0;

	if (text == NULL) {
		msg_nomem();
		return NULL;
	}
	do {
		got = tool_read(t, text + len, max + 1 - len);
		if (got > 0)
			len += (size_t)got;
	} while (got > 0 && len <= max);
	if (got == 0 && len <= max) {
		text[len] = '\0';
		return text;
	}
	if (len > max)
		msg_warn(0, "a program printed more than %zu bytes", max);
	else
		msg_warn(errno, "read what a program prints");
	free(text);
	return NULL;
}

const char *
tool_said(const struct tool *t, char *text, size_t size)
{
	size_t end = t->n, at;

	while (
	    end > 0 && (t->tail[end - 1] == '\n' || t->tail[end - 1] == '\r'))
		end--;
	for (at = end; at > 0 && t->tail[at - 1] != '\n'; at--)
		;
	return msg_mask_mem(text, size, t->tail + at, end - at);
}

/* ------------------------------------------------------------------- finish */

/* Wait for it, so long at most.  Is it gone? */
static bool
await_end(struct tool *t, int milliseconds, bool stoppable, int *status)
{
	struct pollfd p;
	pid_t pid;
	int i;

	for (i = 0; i <= milliseconds; i += STEP) {
		pid = waitpid(t->pid, status, WNOHANG);
		if (pid > 0 || (pid < 0 && errno != EINTR))
			return true;
		if (stoppable && io_stopped())
			return false;
		/* its end closes it, a moment before waitpid(2) knows */
		p = (struct pollfd){.fd = t->err, .events = POLLIN};
		(void)poll(&p, 1,
		    t->err >= 0         ? STEP
		        : i < STEP * 10 ? 1
		                        : STEP);
		tool_listen(t);
	}
	return false;
}

int
tool_finish(struct tool *t, bool end)
{
	int status = 0;

	if (t->pid == 0)
		return -1;
	if (t->out >= 0)
		(void)close(t->out);
	t->out = -1;
	if (end || !await_end(t, ITSELF, true, &status)) {
		(void)kill(-t->pid, SIGTERM);
		if (!await_end(t, GRACE, false, &status)) {
			(void)kill(-t->pid, SIGKILL);
			(void)await_end(t, GRACE, false, &status);
		}
	}
	tool_listen(t);
	if (t->err >= 0)
		(void)close(t->err);
	t->err = -1;
	t->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
tool_free(struct tool *t)
{
	free(t->tail);
	*t = (struct tool){.out = -1, .err = -1};
}
