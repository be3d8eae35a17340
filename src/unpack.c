/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack: stream the bundle below a directory to standard output.
 */
#include "bundle/content.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "stream/install.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/version.h"
#include "stream/preflight.h"
#include "bundle/report.h"
#include "stream/stream.h"
#include "wire.h"

enum {
	DEFAULT_JOBS_MAX = 4,
	JOBS_MAX = 64
};

/* For options without a short form; beyond any character. */
enum {
	OPT_BUNDLE_DIR = 256,
	OPT_FORMAT,
	OPT_SYMLINKS,
	OPT_JOBS,
	OPT_LEVEL,
	OPT_PARTS,
	OPT_LOG_LIMIT,
	OPT_VERSION
};

static const struct option longs[] = {
    {"bundle-dir", required_argument, NULL, OPT_BUNDLE_DIR},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"symlinks", required_argument, NULL, OPT_SYMLINKS},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"level", required_argument, NULL, OPT_LEVEL},
    {"parts", required_argument, NULL, OPT_PARTS},
    {"log-limit", required_argument, NULL, OPT_LOG_LIMIT},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: unpack [OPTION...]           write the bundle to standard output\n"
    "       unpack check [OPTION...]     can it be read? (JSON, exit 0 or 3)\n"
    "       unpack install DEST          copy this program to DEST\n"
    "       cp [-Rv] SRC DEST            the same, under the name cp\n"
    "\n"
    "  --bundle-dir DIR      what to write (the current directory)\n"
    "  --format FORMAT       json   one line: base64 of a tar.gz (default)\n"
    "                        jsonl  a line for each part, then the whole's\n"
    "                        tar    the tar itself, not for a pod log\n"
    "  --symlinks keep|skip  default: skip in json, keep in jsonl and "
    "tar\n"
    "  --level 1-9           of compression (6)\n"
    "  --jobs N              threads that compress (processors, at most 4)\n"
    "  --parts FIRST[-LAST]  jsonl: only these parts, and the last line;\n"
    "                        FIRST- means to the end\n"
    "  --log-limit SIZE      json, jsonl: refuse to write more; 10Mi = 10M\n"
    "  --version, --help\n"
    "\n"
    "exit: 0 the whole bundle was written; 1 I/O error, or standard output\n"
    "closed; 2 wrong usage; 3 the bundle is at fault: not readable, or over\n"
    "--log-limit; 143 SIGTERM.  Nothing is written before all is known to be\n"
    "readable.  The result is in /dev/termination-log.\n";

struct args {
	struct stream_opts stream;
	uint64_t log_limit; /* bytes; 0 = none */
	bool symlinks_set;
	bool parts_set;
	bool done; /* --help or --version was all */
};

/* Warn that option `name` does not take `value`.  Returns -1. */
static int
unpack_refuse_value(const char *name, const char *value, const char *takes)
{
	char masked[256];

	msg_warn(0, "--%s '%s': takes %s; see --help", name,
	    msg_mask(masked, sizeof masked, value), takes);
	return -1;
}

static int
set_format(struct args *a, const char *value)
{
	int f;

	for (f = STREAM_JSON; f <= STREAM_TAR; f++) {
		a->stream.format = (enum stream_format)f;
		if (strcmp(value, stream_format_name(a->stream.format)) == 0)
			return 0;
	}
	return unpack_refuse_value("format", value, "json, jsonl, or tar");
}

static int
set_symlinks(struct args *a, const char *value)
{
	a->symlinks_set = true;
	a->stream.content.skip_symlinks = strcmp(value, "skip") == 0;
	if (a->stream.content.skip_symlinks || strcmp(value, "keep") == 0)
		return 0;
	return unpack_refuse_value("symlinks", value, "keep or skip");
}

/* FIRST, FIRST-, or FIRST-LAST */
static int
set_parts(struct args *a, const char *value)
{
	static const char takes[] = "FIRST, FIRST-LAST, or FIRST-, from 0";
	char first[32];
	size_t n = strcspn(value, "-");
	uint64_t *last = &a->stream.last;

	a->parts_set = true;
	if (n >= sizeof first)
		return unpack_refuse_value("parts", value, takes);
	memcpy(first, value, n);
	first[n] = '\0';
	if (io_number(first, 0, UINT64_MAX - 1, &a->stream.first) < 0)
		return unpack_refuse_value("parts", value, takes);
	if (value[n] == '\0')
		*last = a->stream.first;
	else if (value[n + 1] == '\0')
		*last = UINT64_MAX;
	else if (io_number(value + n + 1, a->stream.first, UINT64_MAX, last) <
	    0)
		return unpack_refuse_value("parts", value, takes);
	return 0;
}

static int
set_number(struct args *a, int option, const char *value)
{
	uint64_t n;

	switch (option) {
	case OPT_JOBS:
		if (io_number(value, 1, JOBS_MAX, &n) < 0)
			return unpack_refuse_value("jobs", value,
			    "a number from 1 to 64");
		a->stream.jobs = (unsigned int)n;
		return 0;
	case OPT_LEVEL:
		if (io_number(value, 1, WIRE_LEVEL_MAX, &n) < 0)
			return unpack_refuse_value("level", value,
			    "a number from 1 to 9");
		a->stream.level = (int)n;
		return 0;
	default:
		if (io_size(value, 1, INT64_MAX, &a->log_limit) < 0)
			return unpack_refuse_value("log-limit", value,
			    "bytes, with Ki, Mi, or Gi behind");
		return 0;
	}
}

static int
unpack_set_option(struct args *a, int option, const char *value)
{
	switch (option) {
	case OPT_BUNDLE_DIR:
		a->stream.content.dir = value;
		return 0;
	case OPT_FORMAT:
		return set_format(a, value);
	case OPT_SYMLINKS:
		return set_symlinks(a, value);
	case OPT_PARTS:
		return set_parts(a, value);
	default:
		return set_number(a, option, value);
	}
}

/* Do the options go together?  0, or -1 after a warning. */
static int
unpack_check_options(struct args *a)
{
	if (a->parts_set && a->stream.format != STREAM_JSONL) {
		msg_warn(0, "--parts goes with --format jsonl; see --help");
		return -1;
	}
	if (a->log_limit > 0 && a->stream.format == STREAM_TAR) {
		msg_warn(0,
		    "--log-limit goes with --format json or jsonl; see --help");
		return -1;
	}
	if (!a->symlinks_set)
		a->stream.content.skip_symlinks = a->stream.format ==
		    STREAM_JSON;
	if (a->stream.jobs == 0) {
		a->stream.jobs = cpus_allowed();
		if (a->stream.jobs > DEFAULT_JOBS_MAX)
			a->stream.jobs = DEFAULT_JOBS_MAX;
	}
	return 0;
}

/* Print text, for --help and --version.  The exit code. */
static int
unpack_print_text(const char *text)
{
	return io_write(STDOUT_FILENO, text, strlen(text)) < 0 ? WIRE_FAIL
	                                                       : WIRE_OK;
}

/*
 * Parse argv[1..] into *a.  Returns an exit code: WIRE_OK to go on, or, with
 * a->done or otherwise, to end with.
 */
static int
unpack_parse_args(struct args *a, int argc, char **argv)
{
	char name[256];
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (option) {
		case 'h':
			a->done = true;
			return unpack_print_text(help);
		case OPT_VERSION:
			a->done = true;
			return unpack_print_text("unpack " VERSION_TEXT);
		case '?':
		case ':':
			(void)msg_mask(name, sizeof name, argv[optind - 1]);
			msg_warn(0, "%s: %s; see --help", name,
			    option == ':' ? "needs a value" : "no such option");
			return WIRE_USAGE;
		default:
			if (unpack_set_option(a, option, optarg) < 0)
				return WIRE_USAGE;
			break;
		}
	}
	if (optind < argc) {
		msg_warn(0, "unexpected argument '%s'; see --help",
		    msg_mask(name, sizeof name, argv[optind]));
		return WIRE_USAGE;
	}
	return unpack_check_options(a) < 0 ? WIRE_USAGE : WIRE_OK;
}

/* ---------------------------------------------------------------- commands */

/* Note that it failed, for the reason that the last warning gave. */
static void
note_failure(struct report *r)
{
	r->reason = REPORT_IO;
	(void)snprintf(r->message, sizeof r->message, "%s", msg_last());
}

/* The log would be too long.  0, or -1 after a warning. */
static int
measure(const struct args *a, const struct stream_opts *opts, struct report *r)
{
	struct stream_opts counting = *opts;
	struct stream_result result;

	if (a->log_limit == 0)
		return 0;
	counting.fd = -1;
	if (stream_run(&counting, &result) < 0)
		return -1;
	if (result.written <= a->log_limit)
		return 0;
	r->reason = REPORT_TOO_LARGE;
	(void)snprintf(r->message, sizeof r->message,
	    "the log would have %" PRIu64 " bytes, over --log-limit %" PRIu64
	    "; %s",
	    result.written, a->log_limit,
	    a->stream.format == STREAM_JSON
	        ? "use --format jsonl and --parts, or make the bundle smaller"
	        : "ask for fewer --parts at a time");
	return 0;
}

/*
 * From here on only what is read can be read, and only the termination message
 * can be written: the tree is a stranger's.
 */
static void
unpack_shut_doors(const struct args *a)
{
	const char *dir = a->stream.content.dir;
	const struct sandbox_place places[] = {
	    {dir[0] != '\0' ? dir : ".", -1, false},
	    {"/proc", -1, false}, /* the mounts */
	    {WIRE_TERM_PATH, -1, true},
	};

	(void)sandbox_enter(places, sizeof places / sizeof *places);
}

static int
run_stream(const struct args *a)
{
	struct content_opts content = a->stream.content;
	struct stream_opts stream = a->stream;
	struct report r;
	struct stream_result result = {0};
	struct report_written written = {
	    .format = stream_format_name(a->stream.format)};
	int code = WIRE_FAIL, ret;

	unpack_shut_doors(a);
	report_init(&r);
	content.lazy = true; /* nobody asks for the files' sizes */
	ret = preflight_run(&content, &r);
	stream.checked = true;
	stream.names = r.names;
	if (ret == 0 && r.reason == REPORT_OK)
		ret = measure(a, &stream, &r);
	if (ret == 0 && r.reason == REPORT_OK)
		ret = stream_run(&stream, &result);
	if (ret < 0) {
		note_failure(&r);
	} else if (r.reason != REPORT_OK) {
		report_print(&r);
		msg_warn(0, "%s", r.message);
		code = WIRE_BUNDLE;
	} else {
		code = WIRE_OK;
		written.entries = result.entries;
		written.size = result.size;
		written.parts = result.parts;
		if (result.digest[0] != '\0')
			written.digest = result.digest;
	}
	report_terminate(&r, code == WIRE_OK ? &written : NULL);
	report_free(&r);
	return code;
}

static int
run_check(const struct args *a)
{
	struct report r;
	int code = WIRE_FAIL;

	unpack_shut_doors(a);
	report_init(&r);
	if (preflight_run(&a->stream.content, &r) == 0 &&
	    result_print(report_object(&r)) == 0)
		code = r.reason == REPORT_OK ? WIRE_OK : WIRE_BUNDLE;
	report_free(&r);
	return code;
}

static int
run_install(int argc, char **argv)
{
	if (argc != 3) {
		msg_warn(0, "install takes one destination; see --help");
		return WIRE_USAGE;
	}
	return install_to(argv[2], "unpack") < 0 ? WIRE_FAIL : WIRE_OK;
}

/* Provisioners' init containers say cp -Rv /unpack /util/bin/unpack. */
static int
run_cp(int argc, char **argv)
{
	char src[MSG_NAME], dest[MSG_NAME];
	const char *base;
	bool verbose = false;
	int option, self;

	opterr = 0;
	while ((option = getopt(argc, argv, "RrvafpHLPdT")) != -1) {
		if (option == '?') {
			msg_warn(0, "usage: cp [-Rv] SRC DEST");
			return WIRE_USAGE;
		}
		verbose = verbose || option == 'v';
	}
	if (argc - optind != 2) {
		msg_warn(0, "usage: cp [-Rv] SRC DEST");
		return WIRE_USAGE;
	}
	(void)msg_mask(src, sizeof src, argv[optind]);
	(void)msg_mask(dest, sizeof dest, argv[optind + 1]);
	self = install_is_self(argv[optind]);
	if (self < 0) {
		msg_warn(errno, "%s", src);
		return WIRE_FAIL;
	}
	if (self == 0) {
		msg_warn(0, "%s: this cp copies only unpack itself", src);
		return WIRE_USAGE;
	}
	base = strrchr(argv[optind], '/');
	base = base != NULL ? base + 1 : argv[optind];
	if (install_to(argv[optind + 1], base) < 0)
		return WIRE_FAIL;
	if (verbose)
		(void)printf("'%s' -> '%s'\n", src, dest);
	return fflush(stdout) == 0 ? WIRE_OK : WIRE_FAIL;
}

/* ---------------------------------------------------------------- main */

/*
 * As PID 1 of a container we die of no signal that we do not handle
 * (pid_namespaces(7)).  Ending in the handler leaves no moment in which a
 * signal could go unseen before a write that blocks.
 */
static void
unpack_on_signal(int number)
{
	report_terminate_signal();
	_exit(number == SIGINT ? WIRE_SIGINT : WIRE_SIGTERM);
}

static void
unpack_catch_signals(void)
{
	struct sigaction end = {.sa_handler = unpack_on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGINT, &end, NULL);
	/* a closed pipe is an error like any other: EPIPE */
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

int
main(int argc, char **argv)
{
	struct args a = {.stream = {.content = {.dir = "."},
	                     .fd = STDOUT_FILENO,
	                     .level = WIRE_LEVEL,
	                     .last = UINT64_MAX}};
	const char *base = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *command = argc > 1 ? argv[1] : "";
	int code;

	if (io_std() < 0)
		return WIRE_FAIL;
	unpack_catch_signals();
	/* so that libarchive knows UTF-8; the environment does not count */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (argc > 0 && strcmp(base != NULL ? base + 1 : argv[0], "cp") == 0)
		return run_cp(argc, argv);
	if (strcmp(command, "install") == 0)
		return run_install(argc, argv);
	if (strcmp(command, "check") == 0) {
		result_start("UnpackCheckResult", true);
		code = unpack_parse_args(&a, argc - 1, argv + 1);
		if (code == WIRE_OK && !a.done)
			code = run_check(&a);
		return (int)result_end((enum wire_exit)code);
	}
	code = unpack_parse_args(&a, argc, argv);
	return code != WIRE_OK || a.done ? code : run_stream(&a);
}
