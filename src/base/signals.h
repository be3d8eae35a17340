/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that ask a command to stop, SIGINT, SIGTERM and SIGHUP, and
 * SIGALRM, which says that its time is over.  SIGHUP stays ignored where it is:
 * nohup(1).
 *
 * main calls signals_catch for each command that has a result; what waits, and
 * what takes long, looks at signals_stop, and fails.
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

#endif
