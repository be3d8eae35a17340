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

/* A command that failed, whose output goes to the file "told". */
static int
failed(bool json, int number, enum wire_exit code, bool before)
{
	if (freopen("told", "w", stdout) == NULL)
		return BAD;
	result_start("CheckResult", json);
	if (before)
		(void)result_print(result_new(WIRE_FAIL, NULL, NULL, "before"));
	signals_catch(number == SIGALRM ? 100 : 0);
	(void)raise(number);
	return io_stopped() ? (int)result_end(code) : BAD;
}

static int
ended_by_int(void)
{
	return failed(true, SIGINT, WIRE_FAIL, false);
}

static int
ended_by_term(void)
{
	return failed(true, SIGTERM, WIRE_FAIL, false);
}

static int
over_time(void)
{
	return failed(true, SIGALRM, WIRE_FAIL, false);
}

/* What was known before it came. */
static int
bundle_is_bad(void)
{
	return failed(true, SIGTERM, WIRE_BUNDLE, false);
}

static int
all_is_well(void)
{
	return failed(true, SIGTERM, WIRE_OK, false);
}

/* What is told already is not told again. */
static int
told_before(void)
{
	return failed(true, SIGTERM, WIRE_FAIL, true);
}

/* Nobody wants JSON. */
static int
text_only(void)
{
	return failed(false, SIGTERM, WIRE_FAIL, false);
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
	OK(in_child(over_time) == WIRE_FAIL);
	OK(strstr(told(), "\"exit\":1,\"reason\":\"IOError\"") != NULL);
	OK(in_child(bundle_is_bad) == WIRE_BUNDLE);
	OK(strstr(told(), "\"exit\":3,") != NULL);
	OK(in_child(all_is_well) == WIRE_OK);
	OK_STR(told(), "");
	OK(in_child(told_before) == WIRE_SIGTERM);
	OK(strstr(told(), "\"message\":\"before\"}\n") != NULL);
	OK(strchr(told(), '\n')[1] == '\0');
	OK(in_child(text_only) == WIRE_SIGTERM);
	OK_STR(told(), "");
	return tap_done();
}
