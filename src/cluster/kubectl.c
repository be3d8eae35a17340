/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster/kubectl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"

#define SERVER "Error from server ("

enum {
	ARGS_MAX = 32, /* arguments of one kubectl, NULL included */
	CHUNK = 1 << 16
};

/* Those under way, for the signal handler; 0 = a free slot. */
static volatile sig_atomic_t under_way[KUBECTL_JOBS_MAX];
static volatile sig_atomic_t stopped;

void
kubectl_stop(void)
{
	size_t i;

	stopped = 1;
	for (i = 0; i < KUBECTL_JOBS_MAX; i++)
		if (under_way[i] != 0)
			(void)kill(-(pid_t)under_way[i], SIGTERM);
}

void
kubectl_resume(void)
{
	stopped = 0;
}

/* ------------------------------------------------------------------- start */

/* A file without a name that holds text.  Owned, or -1 with errno set. */
static int
open_memory(const char *text)
{
	int fd = memfd_create("kubectl", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (text != NULL &&
	    (io_write(fd, text, strlen(text)) < 0 ||
	        lseek(fd, 0, SEEK_SET) < 0)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

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
	if (k->namespace != NULL) {
		all[n++] = "--namespace";
		all[n++] = k->namespace;
	}
	while (*args != NULL && n < ARGS_MAX - 1)
		all[n++] = *args++;
	/* posix_spawn(3p): the strings are not written to */
	for (i = 0; i <= n; i++)
		argv[i] = (char *)(uintptr_t)(i < n ? all[i] : NULL);
}

/* Spawn it with these as its descriptors 0 to 2.  0 or an errno. */
static int
spawn(pid_t *pid, char *const *argv, const int fds[static 3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	int i, err;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	for (err = 0, i = 0; i < 3 && err == 0; i++)
		err = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
	/* the caller has blocked signals, and ignores this one */
	(void)sigemptyset(&set);
	(void)posix_spawnattr_setsigmask(&attr, &set);
	(void)sigaddset(&set, SIGPIPE);
	(void)posix_spawnattr_setsigdefault(&attr, &set);
	/* Ctrl-C is for us: what kubectl does then, we decide */
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
	        POSIX_SPAWN_SETPGROUP);
	if (err == 0)
		err = posix_spawnp(pid, argv[0], &actions, &attr, argv,
		    environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* Spawn it, and list it as under way; no signal comes between. */
static int
spawn_listed(struct kubectl_job *job, char *const *argv,
    const int fds[static 3])
{
	sigset_t all, before;
	int err = ECANCELED;

	job->slot = 0;
	while (job->slot < KUBECTL_JOBS_MAX - 1 && under_way[job->slot] != 0)
		job->slot++;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	if (stopped == 0)
		err = spawn(&job->pid, argv, fds);
	if (err == 0)
		under_way[job->slot] = (sig_atomic_t)job->pid;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void
say_spawn(int err, const char *program)
{
	char shown[MSG_NAME];

	(void)msg_mask(shown, sizeof shown, program);
	if (err == ECANCELED)
		return;
	if (err == ENOENT)
		msg_warn(0,
		    "%s: not found; install kubectl, or name it in the environment variable KUBECTL",
		    shown);
	else
		msg_warn(err, "start %s", shown);
}

int
kubectl_start(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args, const char *input)
{
	const char *program = getenv("KUBECTL");
	char *argv[ARGS_MAX];
	int pipes[2], in, err;

	job->said[0] = '\0';
	if (program == NULL || *program == '\0')
		program = "kubectl";
	make_argv(argv, k, program, args);
	in = open_memory(input);
	job->err = open_memory(NULL);
	if (in < 0 || job->err < 0 || pipe2(pipes, O_CLOEXEC) < 0) {
		msg_warn(errno, "start %s", program);
		goto fail;
	}
	err = spawn_listed(job, argv, (int[3]){in, pipes[1], job->err});
	(void)close(pipes[1]);
	job->out = pipes[0];
	if (err == 0) {
		(void)close(in);
		return 0;
	}
	say_spawn(err, program);
	(void)close(job->out);
fail:
	if (in >= 0)
		(void)close(in);
	if (job->err >= 0)
		(void)close(job->err);
	return -1;
}

/* ------------------------------------------------------------------ finish */

/* Is this one of klog's lines ("E1123 19:11:22.345 1 x.go:1] ...")? */
static bool
is_klog(const char *line)
{
	return strchr("IWEF", line[0]) != NULL &&
	    strspn(line + 1, "0123456789") == 4 && line[5] == ' ';
}

/* Fold what it said into one masked line, klog's lines left out. */
static void
read_said(struct kubectl_job *job)
{
	char text[KUBECTL_SAID / 2], fold[KUBECTL_SAID / 2];
	char *line, *rest = text;
	size_t len = 0, n;
	ssize_t got = pread(job->err, text, sizeof text - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
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

/* Read what is left; a writer without a reader would be killed. */
static void
kubectl_drain_output(const struct kubectl_job *job)
{
	char buf[4096];
	ssize_t n;

	do
		n = read(job->out, buf, sizeof buf);
	while (n > 0 || (n < 0 && errno == EINTR));
}

int
kubectl_finish(struct kubectl_job *job, bool end)
{
	int status = 0;
	pid_t pid;

	if (job->out >= 0)
		(void)close(job->out);
	job->out = -1;
	if (end)
		(void)kill(-job->pid, SIGTERM);
	do
		pid = waitpid(job->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	/* a signal in between would hit a stranger only if the number of the
	 * process came round at this very moment */
	under_way[job->slot] = 0;
	read_said(job);
	(void)close(job->err);
	if (end || (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return 0;
	if (job->said[0] == '\0')
		(void)strcpy(job->said, "kubectl failed without a word");
	return -1;
}

/* -------------------------------------------------------------------- JSON */

/*
 * Read more from fd behind what v holds, waiting at most `seconds`.  Returns 1,
 * 0 at the end, or -1 where nothing came.
 */
static int
read_more(struct kubectl_values *v, int fd, int seconds)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char *buf;
	ssize_t n;

	if (v->room - v->len < CHUNK) {
		if (v->len + CHUNK > KUBECTL_JSON_MAX)
			return 0;
		buf = array_grow(v->buf, &v->room, v->len + CHUNK, 1);
		if (buf == NULL)
			return 0;
		v->buf = buf;
	}
	if (seconds >= 0 && poll(&p, 1, seconds * 1000) <= 0)
		return -1;
	do
		n = read(fd, v->buf + v->len, v->room - v->len - 1);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	v->len += (size_t)n;
	return 1;
}

/* How long the first object of text[0..len) is; 0: it has not ended. */
static size_t
object_len(const char *text, size_t len)
{
	bool quoted = false, escaped = false;
	unsigned int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (escaped)
			escaped = false;
		else if (text[i] == '\\')
			escaped = quoted;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == '{')
			depth++;
		else if (!quoted && text[i] == '}' && depth > 0 && --depth == 0)
			return i + 1;
	}
	return 0;
}

struct json *
kubectl_next(struct kubectl_job *job, struct kubectl_values *v, int seconds,
    bool *ended)
{
	size_t len;
	struct json *value;
	int more;

	*ended = false;
	while ((len = object_len(v->buf, v->len)) == 0) {
		more = read_more(v, job->out, seconds);
		if (more > 0)
			continue;
		*ended = more == 0;
		return NULL;
	}
	value = json_parse(v->buf, len);
	v->len -= len;
	memmove(v->buf, v->buf + len, v->len);
	*ended = value == NULL;
	return value;
}

void
kubectl_values_free(struct kubectl_values *v)
{
	free(v->buf);
	*v = (struct kubectl_values){0};
}

struct json *
kubectl_json(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args, const char *input)
{
	struct kubectl_values values = {0};
	struct json *value;
	bool ended;

	if (kubectl_start(k, job, args, input) < 0)
		return NULL;
	value = kubectl_next(job, &values, -1, &ended);
	kubectl_values_free(&values);
	kubectl_drain_output(job);
	if (kubectl_finish(job, false) == 0 && value != NULL)
		return value;
	if (job->said[0] == '\0')
		(void)strcpy(job->said, "kubectl printed no JSON");
	json_free(value);
	return NULL;
}

int
kubectl_do(const struct kubectl *k, struct kubectl_job *job,
    const char *const *args, const char *input)
{
	if (kubectl_start(k, job, args, input) < 0)
		return -1;
	kubectl_drain_output(job);
	return kubectl_finish(job, false);
}

/* ------------------------------------------------------------------- words */

bool
kubectl_is(const struct kubectl_job *job, const char *reason)
{
	size_t at = strlen(SERVER), len = strlen(reason);

	return strncmp(job->said, SERVER, at) == 0 &&
	    strncmp(job->said + at, reason, len) == 0 &&
	    job->said[at + len] == ')';
}

const char *
kubectl_words(const struct kubectl_job *job)
{
	const char *words = strstr(job->said, "): ");

	if (strncmp(job->said, SERVER, strlen(SERVER)) == 0 && words != NULL)
		return words + 3;
	words = job->said;
	return strncmp(words, "error: ", 7) == 0 ? words + 7 : words;
}
