/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children: processes of this program that do one thing each.
 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/process.h"
#include "base/signals.h"

enum {
	LOOK = 500, /* milliseconds between looks at signals_stop, at most */
	LINGER = 2000 /* until one that has closed its pipes must be gone */
};

/* One that runs. */
struct child {
	pid_t pid; /* 0 = none */
	size_t number;
	int result, said; /* owned; pipes; -1 = closed */
	char *text; /* owned; of the result */
	size_t len, room;
	char line[MSG_MAX]; /* the one that it is saying */
	size_t n_line;
	size_t n_said; /* bytes so far */
	char last[CHILD_TEXT]; /* the last message */
	int64_t deadline; /* when it is killed */
	bool late; /* it was, for that */
	bool too_much; /* of a result */
};

struct family {
	const struct child_opts *opts;
	struct child *at; /* owned; opts->parallel of them */
	size_t parallel, next, ended;
	struct pollfd *fds; /* owned; two for each, and one */
	int told; /* the signal that was passed on */
};

/* -------------------------------------------------------------- the child */

/* All that a child is: its work, then the result. */
static void
child_live(const struct family *f, size_t number, int result, int said)
{
	const struct child_opts *o = f->opts;
	struct json *object;
	char *text;
	struct rlimit limit = {(rlim_t)o->memory, (rlim_t)o->memory};
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
	size_t i;
	int code = 1, null;

	for (i = 0; i < f->parallel; i++)
		if (f->at[i].pid != 0) {
			(void)close(f->at[i].result);
			(void)close(f->at[i].said);
		}
	/* signals end it as they end any program */
	for (i = 0; o->grace == 0 && i < sizeof numbers / sizeof *numbers; i++)
		(void)signal(numbers[i], SIG_DFL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    (!o->keeps_output && dup2(null, OUT_FD) < 0) ||
	    dup2(said, STDERR_FILENO) < 0)
		_exit(code);
	(void)close(null);
	(void)close(said);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
	if (o->memory > 0)
		(void)setrlimit(RLIMIT_DATA, &limit);
#endif
	(void)limit;
	object = o->work(o->arg, number);
	text = object != NULL ? json_finish(object, JSON_COMPACT) : NULL;
	/* it is done, and a signal does not undo it */
	io_heed(NULL);
	if (text != NULL && io_write(result, text, strlen(text)) == 0)
		code = 0;
	_exit(code);
}

/* --------------------------------------------------------------- the parent */

/* Tell of one that has ended. */
static void
family_tell(struct family *f, struct child_end *e)
{
	static const char *const reasons[] = {"", "Crashed", "Killed",
	    "IOError", "Timeout", "Interrupted"};

	e->reason = reasons[e->how];
	f->ended++;
	f->opts->end(f->opts->arg, e);
}

/* Start the next one in this place. */
static void
family_start(struct family *f, struct child *c)
{
	struct child_end e = {.number = f->next++, .how = CHILD_DIED};
	int pipes[4] = {-1, -1, -1, -1}, err = 0;
	size_t i;

	*c = (struct child){.number = e.number, .result = -1, .said = -1};
	if (pipe2(pipes, O_CLOEXEC) < 0 || pipe2(pipes + 2, O_CLOEXEC) < 0)
		err = errno;
	/* what waits there is ours alone */
	(void)out_flush();
	if (err == 0) {
		c->pid = process_fork();
		err = c->pid < 0 ? errno : 0;
	}
	if (err == 0 && c->pid == 0) {
		(void)close(pipes[0]);
		(void)close(pipes[2]);
		child_live(f, c->number, pipes[1], pipes[3]);
	}
	for (i = 0; i < 4; i++)
		if (pipes[i] >= 0 && (err != 0 || i % 2 == 1))
			(void)close(pipes[i]);
	if (err != 0) {
		c->pid = 0;
		snprintf(e.message, sizeof e.message, "start a process: %s",
		    strerror(err));
		msg_warn(0, "%s", e.message);
		family_tell(f, &e);
		return;
	}
	c->result = pipes[0];
	c->said = pipes[2];
	c->deadline = f->opts->seconds > 0
	    ? clock_now() + (int64_t)f->opts->seconds * 1000
	    : INT64_MAX;
}

/*
 * Take the line that it has said, which ended so.  What a child of ours says is
 * masked; one that an attack has may say all.
 */
static void
child_take_line(struct family *f, struct child *c, char end)
{
	const struct child_opts *o = f->opts;
	const char *line = c->line, *name = msg_program();
	size_t i = 0, n = strlen(name);
	char shown[MSG_MAX];
	bool warns;

	c->line[c->n_line] = '\0';
	c->n_line = 0;
	/* a terminal's line is cleared so: base/progress */
	while (strncmp(line, "\033[K", 3) == 0)
		line += 3;
	while ((unsigned char)line[i] >= ' ' && line[i] != 0x7f)
		i++;
	if (line[i] != '\0' || !msg_is_utf8(line, i))
		line = msg_mask(shown, sizeof shown, line);
	if (end == '\r') {
		if (o->status != NULL)
			o->status(o->arg, c->number, line);
		return;
	}
	c->n_said += strlen(line);
	if (c->n_said > CHILD_SAID_MAX)
		return;
	if (o->clear != NULL)
		o->clear(o->arg);
	msg_line("%s", line);
	/* kept for a result, without the program's name */
	warns = strncmp(line, name, n) == 0 && strncmp(line + n, ": ", 2) == 0;
	if (warns || c->last[0] == '\0')
		snprintf(c->last, sizeof c->last, "%.*s",
		    (int)sizeof c->last - 1, warns ? line + n + 2 : line);
}

/* Read from a pipe, which is closed at its end. */
static size_t
child_read(int *fd, char *buf, size_t size)
{
	ssize_t n = read(*fd, buf, size);

	if (n == 0 || (n < 0 && errno != EINTR)) {
		(void)close(*fd);
		*fd = -1;
	}
	return n > 0 ? (size_t)n : 0;
}

/* How it ended, in words. */
static void
child_judge(const struct family *f, const struct child *c, int status,
    struct child_end *e)
{
	const char *what = f->opts->what;
	size_t size = sizeof e->message;
	int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool fault = by == SIGSEGV || by == SIGBUS || by == SIGABRT ||
	    by == SIGILL || by == SIGFPE || by == SIGSYS || by == SIGTRAP;

	e->how = CHILD_DIED;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !c->too_much) {
		e->result = json_parse(c->text, c->len);
		if (e->result != NULL) {
			e->how = CHILD_DONE;
			return;
		}
	}
	if (c->late) {
		e->how = f->told != 0 ? CHILD_STOPPED : CHILD_LATE;
		snprintf(e->message, size, "%s was not done in time", what);
	} else if (fault) {
		e->how = CHILD_CRASHED;
		snprintf(e->message, size,
		    "%s made the reader crash (%s): please report it", what,
		    strsignal(by));
	} else if (by != 0 && f->told != 0) {
		e->how = CHILD_STOPPED;
		snprintf(e->message, size, "stopped by a signal");
	} else if (by != 0) {
		e->how = CHILD_KILLED;
		snprintf(e->message, size,
		    "the process that read %s was ended by a signal (%s), as the kernel does it where memory runs out",
		    what, strsignal(by));
	} else if (c->last[0] != '\0') {
		snprintf(e->message, size, "%s", c->last);
	} else {
		snprintf(e->message, size,
		    "the process that read %s ended without a result", what);
	}
}

/* Both pipes are closed, or it was killed: wait for it and tell. */
static void
family_end(struct family *f, struct child *c)
{
	struct child_end e = {.number = c->number, .begun = true};
	struct timespec pause = {.tv_nsec = 1000000};
	int64_t by = clock_now() + LINGER;
	int status = 0;
	pid_t pid;

	while (
	    (pid = waitpid(c->pid, &status, WNOHANG)) == 0 && clock_now() < by)
		(void)nanosleep(&pause, NULL);
	if (pid == 0) {
		c->late = true;
		(void)kill(-c->pid, SIGKILL);
		(void)waitpid(c->pid, &status, 0);
	}
	if (c->n_line > 0)
		child_take_line(f, c, '\n');
	child_judge(f, c, status, &e);
	c->pid = 0;
	if (e.how != CHILD_DONE && e.how != CHILD_STOPPED &&
	    strcmp(e.message, c->last) != 0) {
		if (f->opts->clear != NULL)
			f->opts->clear(f->opts->arg);
		msg_warn(0, "%s", e.message);
	}
	family_tell(f, &e);
	json_free(e.result);
	free(c->text);
	c->text = NULL;
}

/* Wait until something happens. */
static void
family_wait(struct family *f)
{
	struct tool *tool = f->opts->tool;
	int64_t wake = clock_now() + LOOK, left;
	size_t i, n = 0;

	for (i = 0; i < f->parallel; i++) {
		f->fds[n++] = (struct pollfd){.fd = f->at[i].result,
		    .events = POLLIN};
		f->fds[n++] = (struct pollfd){.fd = f->at[i].said,
		    .events = POLLIN};
		if (f->at[i].pid != 0 && f->at[i].deadline < wake)
			wake = f->at[i].deadline;
	}
	f->fds[n++] = (struct pollfd){.fd = tool != NULL ? tool->err : -1,
	    .events = POLLIN};
	left = wake - clock_now();
	if (poll(f->fds, (nfds_t)n, left > 0 ? (int)left : 0) < 0)
		memset(f->fds, 0, n * sizeof *f->fds);
	if (tool != NULL && f->fds[n - 1].revents != 0)
		tool_listen(tool);
}

/* Go on with one. */
static void
family_move(struct family *f, size_t i)
{
	struct child *c = &f->at[i];
	char buf[1 << 16], *text = NULL;
	size_t n = 0, at;

	if (c->pid == 0)
		return;
	/* messages first: they come before the result */
	if (c->said >= 0 && f->fds[2 * i + 1].revents != 0)
		n = child_read(&c->said, buf, sizeof buf);
	for (at = 0; at < n; at++) {
		if (buf[at] == '\n' || buf[at] == '\r' ||
		    c->n_line == sizeof c->line - 1)
			child_take_line(f, c, buf[at]);
		if (buf[at] != '\n' && buf[at] != '\r')
			c->line[c->n_line++] = buf[at];
	}
	if (c->result >= 0 && f->fds[2 * i].revents != 0) {
		n = child_read(&c->result, buf, sizeof buf);
		if (c->len + n <= CHILD_RESULT_MAX)
			text = array_grow(c->text, &c->room, c->len + n, 1);
		if (text != NULL) {
			c->text = text;
			memcpy(text + c->len, buf, n);
			c->len += n;
		}
		c->too_much = c->too_much || (n > 0 && text == NULL);
	}
	if (clock_now() >= c->deadline) {
		c->late = true;
		c->deadline = INT64_MAX;
		/* with all that it has started */
		(void)kill(-c->pid, SIGKILL);
	}
	if (c->said < 0 && c->result < 0)
		family_end(f, c);
}

/* Pass the signal on. */
static void
family_stop(struct family *f)
{
	struct child_end e = {.how = CHILD_STOPPED};
	int64_t by = clock_now() + (int64_t)f->opts->grace * 1000 + LOOK;
	size_t i;

	f->told = signals_stop;
	for (i = 0; i < f->parallel; i++) {
		if (f->at[i].pid == 0)
			continue;
		(void)kill(f->at[i].pid, f->told);
		if (f->at[i].deadline > by)
			f->at[i].deadline = by;
	}
	snprintf(e.message, sizeof e.message, "stopped by a signal");
	while (f->next < f->opts->n) {
		e.number = f->next++;
		family_tell(f, &e);
	}
}

int
child_run(const struct child_opts *opts)
{
	struct family f = {.opts = opts, .parallel = opts->parallel};
	size_t i;
	int ret = -1;

	if (f.parallel == 0 || f.parallel > opts->n)
		f.parallel = opts->n;
	f.at = calloc(f.parallel, sizeof *f.at);
	f.fds = calloc(2 * f.parallel + 1, sizeof *f.fds);
	if (f.at == NULL || f.fds == NULL) {
		msg_nomem();
		goto out;
	}
	for (i = 0; i < f.parallel; i++)
		f.at[i].result = f.at[i].said = -1;
	while (f.ended < opts->n) {
		if (signals_stop != 0 && f.told == 0 && !opts->last)
			family_stop(&f);
		for (i = 0; i < f.parallel && f.next < opts->n; i++)
			if (f.at[i].pid == 0)
				family_start(&f, &f.at[i]);
		if (f.ended == opts->n)
			break;
		family_wait(&f);
		for (i = 0; i < f.parallel; i++)
			family_move(&f, i);
	}
	ret = 0;
out:
	free(f.at);
	free(f.fds);
	return ret;
}
