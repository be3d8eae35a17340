/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask to stop: noted, counted, again each second, and the end. */
#include "base/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/result.h"
#include "tap.h"

enum {
	BAD = 99
};

/* The exit code of `what` in a process of its own; BAD after any other end. */
static int
in_child(int (*what)(void))
{
	pid_t pid;
	int status;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(what());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
	    ? WEXITSTATUS(status)
	    : BAD;
}

/* Wait for n more signals; for how many of them a wait ended. */
static int
waits_that_end(int n)
{
	const struct timespec long_time = {.tv_sec = 5};
	int i, ended = 0;

	for (i = 0; i < n; i++)
		ended += nanosleep(&long_time, NULL) < 0 && errno == EINTR;
	return ended;
}

static int
first_counts(void)
{
	signals_catch(0);
	if (signals_stop != 0 || signals_count != 0 || io_stopped())
		return 1;
	(void)raise(SIGINT);
	(void)raise(SIGTERM);
	/* at once: they are one */
	if (signals_stop != SIGINT || signals_count != 1 || !io_stopped())
		return 2;
	(void)nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
	(void)raise(SIGINT);
	if (signals_stop != SIGINT || signals_count != 2)
		return 3;
	return (int)signals_exit();
}

static int
term(void)
{
	signals_catch(0);
	(void)raise(SIGTERM);
	return (int)signals_exit();
}

static int
hup(void)
{
	signals_catch(0);
	(void)raise(SIGHUP);
	return signals_stop == SIGHUP ? (int)signals_exit() : 1;
}

static int
hup_is_ignored(void)
{
	(void)signal(SIGHUP, SIG_IGN);
	signals_catch(0);
	(void)raise(SIGHUP);
	return signals_stop;
}

/* Without a limit: each second, and these do not count. */
static int
again_each_second(void)
{
	signals_catch(0);
	(void)raise(SIGTERM);
	return waits_that_end(2) == 2 && signals_count == 1 &&
	        signals_stop == SIGTERM
	    ? 0
	    : 1;
}

/* With one: when it is over, and not again. */
static int
time_is_over(void)
{
	signals_catch(1);
	if (waits_that_end(1) != 1 || signals_stop != SIGALRM)
		return BAD;
	if (signals_count != 1 || alarm(0) != 0)
		return BAD;
	return (int)signals_exit();
}

static int
not_before(void)
{
	signals_catch(100);
	(void)raise(SIGTERM);
	return alarm(0) > 90 && signals_stop == SIGTERM ? 0 : 1;
}

static void
end(enum wire_exit code)
{
	_exit((int)code);
}

/* Start a command whose output goes to the file "told". */
static bool
start(bool json)
{
	if (freopen("told", "w", stdout) == NULL)
		return false;
	result_start("CheckResult", json);
	signals_end_with(end);
	return true;
}

/* `code` after a signal: its own, with the object in the file "told". */
static int
ended_by(int number)
{
	if (!start(true))
		return BAD;
	(void)raise(number);
	return BAD;
}

static int
ended_by_int(void)
{
	return ended_by(SIGINT);
}

static int
ended_by_term(void)
{
	return ended_by(SIGTERM);
}

/* A process that is forked later ends as well, and tells nothing. */
static int
ended_fork(void)
{
	int status = 0;
	pid_t pid;

	if (!start(true))
		return BAD;
	pid = fork();
	if (pid == 0) {
		(void)raise(SIGTERM);
		_exit(BAD);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BAD;
}

/* What is told already is not told again, and nothing ends in between. */
static int
told_before(void)
{
	if (!start(true))
		return BAD;
	result_is_told();
	(void)raise(SIGTERM);
	return signals_stop == SIGTERM && io_stopped() ? 0 : 1;
}

/* Nobody wants JSON. */
static int
text_only(void)
{
	if (!start(false))
		return BAD;
	(void)raise(SIGTERM);
	return BAD;
}

/* What is in the file "told". */
static const char *
told(void)
{
	static char text[1024];
	FILE *f = fopen("told", "r");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

	text[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
	return text;
}

int
main(void)
{
	OK(in_child(first_counts) == WIRE_SIGINT);
	OK(in_child(term) == WIRE_SIGTERM);
	OK(in_child(hup) == WIRE_SIGTERM);
	OK(in_child(hup_is_ignored) == 0);
	OK(in_child(again_each_second) == 0);
	OK(in_child(time_is_over) == WIRE_FAIL);
	OK(in_child(not_before) == 0);
	OK(in_child(ended_by_int) == WIRE_SIGINT);
	OK_STR(told(),
	    "{\"apiVersion\":\"unpack/v1\",\"kind\":\"CheckResult\",\"result\":\"failed\",\"exit\":130,\"reason\":\"Interrupted\",\"message\":\"stopped by a signal\"}\n");
	OK(in_child(ended_by_term) == WIRE_SIGTERM);
	OK(strstr(told(), "\"exit\":143,") != NULL);
	OK(in_child(ended_fork) == WIRE_SIGTERM);
	OK_STR(told(), "");
	OK(in_child(told_before) == 0);
	OK_STR(told(), "");
	OK(in_child(text_only) == WIRE_SIGTERM);
	OK_STR(told(), "");
	return tap_done();
}
