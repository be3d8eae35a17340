/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion for shells: what may stand in the place of the last word, from
 * the tables of the commands.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include "cmd/cmd.h"

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

/* What `completion` takes. */
extern const struct opt_command completion_options;

/* Print the script for a shell.  Returns the exit code. */
int completion_print_script(const char *shell);

#endif
