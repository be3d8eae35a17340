/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of a command for programs: unpack-json(5).
 *
 * With -o json exactly one object is written to standard output, on one line,
 * also after a failure.  Each has the same keys, first or after a list:
 *
 *	{"apiVersion":"unpack/v1",	of the shape
 *	 "kind":"ExtractResult",	the command: result_start
 *	 "result":"ok",			or another word: it went wrong
 *	 "exit":0,			the exit code
 *	 "reason":"OK",			a stable code
 *	 "message":"...",		a sentence for people
 *
 * and goes on with what the command adds.  main brackets a command with
 * result_start and result_end; a command prints what it has to say with
 * result_print; where it did not come to that, result_end says what is known.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>

#include "base/json.h"
#include "wire.h"

#define RESULT_VERSION "unpack/v1"

/*
 * A command begins: `kind`, as in "ExtractResult", is borrowed for good.
 * json: its result goes to standard output as JSON.
 */
void result_start(const char *kind, bool json);

/*
 * Do these arguments of command c ask for -o json, in any spelling?  For errors
 * in other options, which are found before all have been read.
 */
struct opt_command;
bool result_is_asked(const struct opt_command *c, int argc, char *const *argv);

/*
 * Note why it fails, for the reason of an object that does not say itself: a
 * literal such as "TargetExists", or NULL to forget.  The latest one counts.
 */
void result_because(const char *reason);

/*
 * A new object with the common keys, owned by the caller.  NULL for `result`
 * is "ok" or "failed", for `reason` "OK" or result_reason, for `message` the
 * text of the last warning; all by the exit code.
 */
struct json *result_new(enum wire_exit code, const char *result,
    const char *reason, const char *message);

/*
 * Write an object and a newline to standard output, and free it.  Returns 0,
 * or -1 (reported).
 */
int result_print(struct json *object);

/*
 * The command is over: where JSON is wanted and a failure has not been told,
 * tell it.  Returns the exit code: one that failed because of a signal
 * (base/signals.h) has that of the signal.
 */
enum wire_exit result_end(enum wire_exit code);

#endif
