/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subcommands of unpackctl, one file each.
 *
 * Each takes its own name as argv[0], parses its options by its table
 * (base/opt.h), and returns the exit code (enum wire_exit).  None of them
 * exits.
 */
#ifndef CMD_H
#define CMD_H

#include "base/opt.h"

/* A subcommand. */
struct cmd {
	const struct opt_command *options; /* NULL ends the table */
	int (*run)(int argc, char **argv);
	const char *help; /* what it does, on one line */
	const char *kind; /* of its result as JSON; NULL: it has none */
};

int cmd_check_pod(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_extract(int argc, char **argv);
int cmd_pod(int argc, char **argv);
int cmd_run(int argc, char **argv); /* and test */

/* What each takes; for completion too. */
extern const struct opt_command cmd_check_options;
extern const struct opt_command cmd_completion_options;
extern const struct opt_command cmd_explain_options;
extern const struct opt_command cmd_check_pod_options;
extern const struct opt_command cmd_extract_options;
extern const struct opt_command cmd_pod_options;
extern const struct opt_command cmd_run_options;
extern const struct opt_command cmd_test_options;

/*
 * Print what may stand for the last of words[0..n), of which words[0] is the
 * subcommand: "WORD\tMEANING" lines that begin like it, then one that says
 * what the shell is to do:
 *
 *	:words	offer these
 *	:files, :dirs, :namespaces, :contexts	offer such names, not words
 *
 * For --name=VALUE the words are values.  A "=" that stands alone, as bash has
 * it, is part of the option before.  Returns the exit code.
 */
int completion_offer(const struct cmd *commands, char *const *words, int n);

#endif
