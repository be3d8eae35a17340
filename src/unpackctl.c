/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl, and kubectl-unpack: the same program by another name.
 */
#include "base/msg.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "base/io.h"
#include "base/result.h"
#include "base/version.h"
#include "wire.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* one line */
	const char *kind; /* of its result as JSON; NULL: it has none */
};

static const struct command commands[] = {
    {"run", cmd_run, "bundle to its files, with a pod in a cluster",
        "RunResult"},
    {"extract", cmd_extract, "pod log to a verified directory or tar",
        "ExtractResult"},
    {"pod", cmd_pod, "bundle image or BundleDeployment to its unpack Pod",
        NULL},
    {"check-pod", cmd_check_pod, "do Pods pass the Pod Security Standards?",
        "CheckPodResult"},
    {"check", cmd_check, "will a bundle image on disk unpack?", "CheckResult"},
    {"explain", cmd_explain, "what a finding's code means, and what mends it",
        "ExplainResult"},
    {NULL, NULL, NULL, NULL},
};

static int
unpackctl_usage(FILE *to, const char *program)
{
	const struct command *c;

	(void)fprintf(to, "usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n",
	    program);
	for (c = commands; c->name != NULL; c++)
		(void)fprintf(to, "  %-10s %s\n", c->name, c->help);
	(void)fprintf(to,
	    "\n%s COMMAND --help tells more; --version prints the version.\n",
	    program);
	return to == stdout && fflush(stdout) != 0 ? WIRE_FAIL : WIRE_OK;
}

/* Run c with its arguments; its exit code. */
static int
unpackctl_run(const struct command *c, int argc, char **argv)
{
	if (c->kind == NULL)
		return c->run(argc, argv);
	result_start(c->kind, result_is_asked(argc, argv));
	return (int)result_end((enum wire_exit)c->run(argc, argv));
}

/* Run what argv asks for; the program's exit code. */
static int
dispatch(const char *program, int argc, char **argv)
{
	char name[64];
	const struct command *c;

	if (argc < 2) {
		(void)unpackctl_usage(stderr, program);
		return WIRE_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return unpackctl_usage(stdout, program);
	if (strcmp(argv[1], "--version") == 0) {
		(void)fputs("unpackctl " VERSION_TEXT, stdout);
		return fflush(stdout) == 0 ? WIRE_OK : WIRE_FAIL;
	}
	for (c = commands; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return unpackctl_run(c, argc - 1, argv + 1);
	msg_warn(0, "no command '%s'; see %s --help",
	    msg_mask(name, sizeof name, argv[1]), program);
	return WIRE_USAGE;
}

int
main(int argc, char **argv)
{
	const char *base = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *program = "unpackctl";

	if (argc > 0)
		base = base != NULL ? base + 1 : argv[0];
	/* kubectl runs "kubectl unpack" as kubectl-unpack */
	if (base != NULL && strcmp(base, "kubectl-unpack") == 0)
		program = "kubectl unpack";
	msg_name(program);
	if (io_std() < 0)
		return WIRE_FAIL;
	/* so that libarchive knows UTF-8; the environment does not count */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return dispatch(program, argc, argv);
}
