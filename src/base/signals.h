/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that ask a command to stop, SIGINT, SIGTERM and SIGHUP, and
 * SIGALRM, which says that its time is over.  SIGHUP stays ignored where it is:
 * nohup(1).
 *
 * main calls signals_end_with for each command; one that has something to
 * clean up calls signals_catch, and looks at signals_stop.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdint.h>

#include "wire.h"

/* The first such signal that came, 0 before; only to be read. */
extern volatile sig_atomic_t signals_stop;

/*
 * How many times somebody asked; only to be read.  Signals within a tenth of a
 * second are one: timeout(1), and a shell with its group, send two.  SIGALRM
 * counts where it is the first one.
 */
extern volatile sig_atomic_t signals_count;

/*
 * From here on they are noted in signals_stop; base/io heeds it (io_heed).
 * After `seconds` SIGALRM comes.  0: there is no such limit, and after a signal
 * SIGALRM comes each second: the first one may have come just before a call
 * that waits.
 */
void signals_catch(uint64_t seconds);

/*
 * The exit code of a command that stopped, by signals_stop: WIRE_SIGINT,
 * WIRE_FAIL when the time is over, else WIRE_SIGTERM.
 */
enum wire_exit signals_exit(void);

/*
 * From here on such a signal, but for SIGALRM, has result_interrupted called
 * (base/result.h), and then `end` with that exit code; it is called in a signal
 * handler and must not return.  Where the result is just being written, only a
 * write that waits is given up.  A process that is forked later tells nothing.
 */
void signals_end_with(void (*end)(enum wire_exit code));

#endif
