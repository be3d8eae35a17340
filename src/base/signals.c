/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that ask a command to stop.
 */
#include "base/signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

enum {
	APART = 100 /* milliseconds between signals that are two */
};

volatile sig_atomic_t signals_stop, signals_count;

static bool again; /* each second, once one came */

/*
 * The first one counts: what cleans up is not stopped.  It is counted, unless
 * it belongs to the one before.
 */
static void
signals_on_signal(int number)
{
	static int64_t last;
	int64_t now = clock_now();

	if (signals_stop == 0 || number != SIGALRM) {
		if (signals_count == 0 ||
		    (now - last >= APART && signals_count < SIG_ATOMIC_MAX))
			signals_count++;
		last = now;
	}
	if (signals_stop == 0)
		signals_stop = number;
	if (again)
		(void)alarm(1);
}

void
signals_catch(uint64_t seconds)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
	struct sigaction action;
	size_t i;

	again = seconds == 0;
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		/* nohup(1) */
		if (numbers[i] == SIGHUP &&
		    sigaction(SIGHUP, NULL, &action) == 0 &&
		    action.sa_handler == SIG_IGN)
			continue;
		/* no SA_RESTART: what waits must notice */
		action = (struct sigaction){.sa_handler = signals_on_signal};
		/* one at a time */
		(void)sigfillset(&action.sa_mask);
		(void)sigaction(numbers[i], &action, NULL);
	}
	io_heed(&signals_stop);
	(void)alarm((unsigned int)seconds);
}

enum wire_exit
signals_exit(void)
{
	if (signals_stop == SIGALRM)
		return WIRE_FAIL;
	return signals_stop == SIGINT ? WIRE_SIGINT : WIRE_SIGTERM;
}
