/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl, and kubectl-unpack: the same program by another name.
 */
#include "base/alloc.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/term.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/result.h"
#include "base/version.h"
#include "wire.h"

static int unpackctl_help(int argc, char **argv);
static int unpackctl_version(int argc, char **argv);

static const struct opt main_rows[] = {
    {"version", 0, NULL, "print the version, the commit and what is linked"},
    {0},
};
static const struct opt_group main_groups[] = {
    {NULL, main_rows, 0},
    {0},
};
static const struct opt_group no_groups[] = {{0}};
static const struct opt_command main_options = {.groups = main_groups};
static const struct opt_command help_options = {
    .name = "help",
    .usage = " [COMMAND]",
    .about = "List the commands, or print the options of COMMAND.\n",
    .groups = no_groups,
    .operands = "one COMMAND",
    .most = 1,
};
static const struct opt_command version_options = {
    .name = "version",
    .usage = "",
    .about = "Print the version, the commit and what is linked.\n",
    .groups = no_groups,
};

static const struct cmd commands[] = {
    {&cmd_run_options, cmd_run, "unpack bundle images with a pod in a cluster",
        "RunResult"},
    {&cmd_extract_options, cmd_extract,
        "extract a bundle from pod logs or an image", "ExtractResult"},
    {&cmd_pod_options, cmd_pod,
        "print the unpack pod of a bundle image or BundleDeployment", NULL},
    {&cmd_check_pod_options, cmd_check_pod,
        "check pods against the Pod Security Standards", "CheckPodResult"},
    {&cmd_check_options, cmd_check,
        "check whether bundle images can be unpacked, without a cluster",
        "CheckResult"},
    {&cmd_test_options, cmd_run, "check many bundle images in a cluster",
        "TestResult"},
    {&cmd_explain_options, cmd_explain,
        "print what the code of a finding means, and how to fix it",
        "ExplainResult"},
    {&cmd_completion_options, cmd_completion,
        "print the completion script of a shell", NULL},
    {&help_options, unpackctl_help,
        "list the commands, or print the options of one", NULL},
    {&version_options, unpackctl_version,
        "print the version, the libraries, and the sandbox", NULL},
    {NULL, NULL, NULL, NULL},
};

/* Print what there is; the exit code. */
static int
print_usage(void)
{
	const struct cmd *c;

	out_printf("usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n",
	    msg_program());
	for (c = commands; c->options != NULL; c++)
		out_printf("  %-11s %s\n", c->options->name, c->help);
	out_printf("\n%s COMMAND --help prints the options of COMMAND.\n",
	    msg_program());
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
}

/* The command of this name; NULL (reported). */
static const struct cmd *
find_command(const char *name)
{
	const struct cmd *c;
	char shown[64];

	for (c = commands; c->options != NULL; c++)
		if (strcmp(name, c->options->name) == 0)
			return c;
	(void)opt_wrong(&main_options, "unknown command '%s'",
	    msg_mask(shown, sizeof shown, name));
	return NULL;
}

static int
unpackctl_help(int argc, char **argv)
{
	const struct cmd *c;
	int code, n = opt_parse(&help_options, NULL, argc, argv, &code);

	if (n < 0)
		return code;
	if (n == 0)
		return print_usage();
	c = find_command(argv[1]);
	return c != NULL ? opt_help(c->options) : WIRE_USAGE;
}

static int
unpackctl_version(int argc, char **argv)
{
	char sandbox[SANDBOX_TEXT];
	int code;

	if (opt_parse(&version_options, NULL, argc, argv, &code) < 0)
		return code;
	/* what it has here, now that nothing else is to be done */
	out_line("unpackctl " VERSION_TEXT);
	out_printf("sandbox %s\n",
	    sandbox_describe(sandbox, sandbox_enter(NULL, 0, SANDBOX_CHECK)));
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
}

/* Run what argv asks for; the program's exit code. */
static int
dispatch(int argc, char **argv)
{
	const struct cmd *c;
	int code;

	if (argc < 2)
		return opt_wrong(&main_options,
		    "%s takes a command, such as run, extract, pod or check",
		    msg_program());
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_usage();
	if (strcmp(argv[1], "--version") == 0)
		return unpackctl_version(1, argv);
	if (strcmp(argv[1], "__complete") == 0)
		return completion_offer(commands, argv + 2, argc - 2);
	if (argv[1][0] == '-' && argv[1][1] != '\0') {
		/* none of the program's own options: the complaint */
		(void)opt_parse(&main_options, NULL, 2, argv, &code);
		return WIRE_USAGE;
	}
	c = find_command(argv[1]);
	if (c == NULL)
		return WIRE_USAGE;
	argc--;
	argv++;
	if (c->kind == NULL)
		return c->run(argc, argv);
	result_start(c->kind, result_is_asked(c->options, argc, argv));
	signals_catch(0);
	return (int)result_end((enum wire_exit)c->run(argc, argv));
}

/* Where libarchive reads a tar and memory runs out: alloc.h. */
static void
unpackctl_on_no_memory(void)
{
	msg_nomem();
	_exit(WIRE_FAIL);
}

int
main(int argc, char **argv)
{
	const char *base = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *program = "unpackctl";
	int code;

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
	/* a closed pipe is EPIPE: what is under way ends as it should */
	(void)signal(SIGPIPE, SIG_IGN);
	out_expect_head();
	(void)signal(SIGXFSZ, SIG_IGN);
	alloc_on_failure(unpackctl_on_no_memory);
	code = dispatch(argc, argv);
	if (out_flush() < 0)
		return signals_stop != 0 ? (int)signals_exit() : WIRE_FAIL;
	return code;
}
