/* SPDX-License-Identifier: Apache-2.0 */
/* Children and tools: how they end, and what is left of them. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/signals.h"
#include "base/tool.h"
#include "tap.h"

#define check(good, what) tap_ok(good, what, __FILE__, __LINE__)

enum {
	MANY = 12
};

static enum child_how how[MANY];
static char said[MANY][CHILD_TEXT];
static int value[MANY];
static int ends;
static char status[256];

/* What number i does. */
static struct json *
work(void *arg, size_t i)
{
	const char *const *what = arg;
	struct json *o = json_new_object();
	char *big;
	int n;

	json_add_int(o, "value", (int)i * 10);
	if (strcmp(what[i], "crash") == 0) {
		/* sanitizers have a handler */
		(void)signal(SIGSEGV, SIG_DFL);
		(void)raise(SIGSEGV);
	}
	if (strcmp(what[i], "abort") == 0)
		(void)raise(SIGABRT);
	if (strcmp(what[i], "kill") == 0)
		(void)raise(SIGKILL);
	if (strcmp(what[i], "hang") == 0)
		for (;;)
			(void)pause();
	if (strcmp(what[i], "closed") == 0) {
		(void)close(2);
		for (i = 3; i < 64; i++)
			(void)close((int)i);
		for (;;)
			(void)pause();
	}
	if (strcmp(what[i], "says") == 0) {
		(void)!write(2, "\033[Kfar\r", 7);
		msg_warn(0, "what is wrong");
		msg_line("fix: nothing");
		return NULL;
	}
	if (strcmp(what[i], "evil") == 0) {
		(void)!write(2, "\033]0;title\a\n", 11);
		return NULL;
	}
	if (strcmp(what[i], "floods") == 0)
		for (n = 0; n < 400; n++)
			msg_line("%08000d", 1);
	if (strcmp(what[i], "output") == 0 && write(1, "x", 1) == 1)
		(void)!write(1, "not ok - a child reached standard output\n",
		    41);
	if (strcmp(what[i], "memory") == 0) {
		big = malloc(256 << 20);
		if (big == NULL) {
			msg_nomem();
			return NULL;
		}
		memset(big, 1, 256 << 20);
	}
	if (strcmp(what[i], "large") == 0) {
		big = calloc(1, 8 << 20);
		memset(big, 'a', (8 << 20) - 1);
		json_add_string(o, "text", big);
	}
	return o;
}

static void
end(void *arg, const struct child_end *e)
{
	int64_t n = -1;

	(void)arg;
	ends++;
	how[e->number] = e->how;
	(void)snprintf(said[e->number], CHILD_TEXT, "%s", e->message);
	(void)json_int(json_get(e->result, "value"), 0, 1000, &n);
	value[e->number] = (int)n;
}

static void
show(void *arg, size_t i, const char *text)
{
	(void)arg;
	(void)i;
	(void)snprintf(status, sizeof status, "%s", text);
}

/* Run these, up to NULL. */
static int
run(const char *const *what, size_t parallel, unsigned int seconds)
{
	struct child_opts o = {.parallel = parallel,
	    .seconds = seconds,
	    .memory = 64 << 20,
	    .what = "the image",
	    .arg = (void *)(uintptr_t)what,
	    .work = work,
	    .end = end,
	    .status = show};

	ends = 0;
	memset(value, 0, sizeof value);
	while (what[o.n] != NULL)
		o.n++;
	return child_run(&o);
}

static void
test_ends(void)
{
	static const char *const what[] = {"good", "crash", "good", "kill",
	    "says", "abort", "large", NULL};

	check(run(what, 2, 0) == 0 && ends == 7, "all are told");
	check(how[0] == CHILD_DONE && value[0] == 0 && how[2] == CHILD_DONE &&
	        value[2] == 20 && value[6] == 60,
	    "those that are good have their results");
	check(how[1] == CHILD_CRASHED && how[5] == CHILD_CRASHED &&
	        strstr(said[1], "the image made the reader crash") != NULL &&
	        strstr(said[1], "please report it") != NULL,
	    "a crash is told as one");
	check(how[3] == CHILD_KILLED, "SIGKILL too");
	check(how[4] == CHILD_DIED && strcmp(said[4], "what is wrong") == 0,
	    "without a result: its last warning, not the line after it");
	check(strcmp(status, "far") == 0, "a status line is not a message");
}

static void
test_limits(void)
{
	static const char *const late[] = {"good", "hang", "closed", "good",
	    NULL};
	static const char *const memory[] = {"memory", "good", NULL};
	static const char *const evil[] = {"evil", "floods", "output", NULL};
	int64_t begin = clock_now();

	check(run(late, 0, 1) == 0 && ends == 4 && how[1] == CHILD_LATE &&
	        how[2] == CHILD_LATE && how[3] == CHILD_DONE,
	    "one that hangs is ended, with its pipes closed too");
	check(clock_now() - begin < 60000, "within its time");
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
	check(run(memory, 0, 0) == 0 && how[0] == CHILD_DIED &&
	        strstr(said[0], "emory") != NULL && how[1] == CHILD_DONE,
	    "memory is limited");
#else
	(void)memory;
#endif
	check(run(evil, 0, 0) == 0 && how[0] == CHILD_DIED &&
	        strcmp(said[0], "\\x1b]0;title\\x07") == 0,
	    "what is not masked is masked");
	check(how[1] == CHILD_DONE && how[2] == CHILD_DONE,
	    "one that says too much goes on, in part unheard");
}

/* A signal comes while these run. */
static void
test_signals(void)
{
	static const char *const what[] = {"good", "hang", "hang", "good",
	    "good", NULL};
	int64_t begin = clock_now();
	pid_t pid = fork();
	bool right;

	if (pid == 0) {
		signals_catch(1);
		(void)run(what, 3, 0);
		right = ends == 5 && how[1] == CHILD_STOPPED &&
		    how[2] == CHILD_STOPPED;
		_exit(right ? 0 : 1);
	}
	check(waitpid(pid, &value[0], 0) == pid && value[0] == 0,
	    "a signal reaches all that run");
	check(clock_now() - begin < 60000, "at once");
}

/* -------------------------------------------------------------------- tools */

static struct tool t;

static int
start(const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};

	return tool_start(&t, argv, NULL);
}

static void
test_tools(void)
{
	const char *const none[] = {"no-such-program", NULL};
	char text[1024], *out;
	int64_t begin;

	check(tool_start(&t, none, "get it") < 0 &&
	        strcmp(msg_last(), "no-such-program: not found; get it") == 0,
	    "no such program");
	check(start("echo out; echo one >&2; printf 'two\\n' >&2; exit 3") == 0,
	    "a program is started");
	out = tool_text(&t, 100);
	check(out != NULL && strcmp(out, "out\n") == 0, "what it prints");
	free(out);
	check(tool_finish(&t, false) == 3, "its exit code");
	check(strcmp(tool_said(&t, text, sizeof text), "two") == 0,
	    "the last line that it says");
	tool_free(&t);

	check(start("yes | head -c 10000000") == 0 &&
	        tool_text(&t, 1000) == NULL,
	    "too much output is refused");
	(void)tool_finish(&t, true);
	tool_free(&t);

	check(start("yes error | head -c 30000000 >&2; echo last >&2") == 0,
	    "one that floods standard error");
	out = tool_text(&t, 100);
	check(out != NULL && *out == '\0' && tool_finish(&t, false) == 0 &&
	        t.n <= TOOL_TAIL &&
	        strcmp(tool_said(&t, text, sizeof text), "last") == 0,
	    "the end of it is kept");
	free(out);
	tool_free(&t);

	begin = clock_now();
	check(start("exec sleep 1000 >&- 2>&-") == 0 &&
	        tool_finish(&t, true) < 0,
	    "one that stays is ended");
	tool_free(&t);
	check(start("trap '' TERM; echo; while :; do sleep 1; done") == 0 &&
	        tool_read(&t, text, 1) == 1 && tool_finish(&t, true) < 0,
	    "one that does not hear SIGTERM, too");
	tool_free(&t);
	check(start("exec sleep 1000 >&-") == 0 && tool_finish(&t, false) < 0,
	    "one that closes its output and stays is not waited for");
	tool_free(&t);
	check(clock_now() - begin < 120000, "in time");
}

/* A tool ends with us, however that is. */
static void
test_orphans(void)
{
	char buf[32] = "";
	int pipes[2];
	pid_t pid, tool;
	int i;

	if (pipe(pipes) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		(void)start("echo $$; exec sleep 1000");
		(void)!write(pipes[1], buf, (size_t)tool_read(&t, buf, 31));
		(void)raise(SIGKILL);
	}
	(void)waitpid(pid, NULL, 0);
	(void)!read(pipes[0], buf, sizeof buf - 1);
	tool = (pid_t)atoi(buf);
	for (i = 0; i < 500 && tool > 0 && kill(tool, 0) == 0; i++) {
		/* a zombie may have nobody who waits for it */
		char path[64], stat[256] = "";
		int fd;

		(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)tool);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, stat, sizeof stat - 1) > 0 &&
		    strstr(stat, ") Z ") != NULL)
			i = 1000;
		if (fd >= 0)
			(void)close(fd);
		(void)usleep(10000);
	}
	check(tool > 0 && i != 500, "a tool does not outlive us");
}

int
main(void)
{
	msg_name("child");
	test_ends();
	test_limits();
	test_tools();
	test_orphans();
	test_signals();
	return tap_done();
}
