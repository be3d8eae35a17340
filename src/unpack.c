/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack: stream the bundle below a directory to standard output.
 */
#include "bundle/content.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cpus.h"
#include "stream/copy.h"
#include "stream/install.h"
#include "base/io.h"
#include "base/number.h"
#include "base/msg.h"
#include "base/path.h"
#include "base/ranges.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/result.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/version.h"
#include "stream/preflight.h"
#include "bundle/report.h"
#include "stream/stream.h"
#include "wire.h"

enum {
	DEFAULT_JOBS_MAX = 4,
	JOBS_MAX = 64
};

struct args {
	struct content_opts content;
	struct stream_opts stream;
	uint64_t log_limit; /* bytes; 0 = none */
	int symlinks; /* 0 keep, 1 skip; -1: as the format has it */
	bool parts_set;
	bool force; /* write to a terminal, too */
	bool version;
};

/* An opt_take, of struct args: "a/b", "/a//b/"; argv's text is cleaned. */
static const char *
take_path(const struct opt *o, void *to, const char *value)
{
	struct args *a = to;

	(void)o;
	if (path_clean_beneath((char *)(uintptr_t)value) < 0)
		return "";
	a->content.sub = value;
	return NULL;
}

/* An opt_take, of struct args: "2-5,8,20-". */
static const char *
take_parts(const struct opt *o, void *to, const char *value)
{
	struct args *a = to;

	(void)o;
	a->parts_set = true;
	return ranges_parse(&a->stream.parts, value, UINT64_MAX - 1) < 0 ? ""
	                                                                 : NULL;
}

/* what the stream and a copy have in common */
static const struct opt common[] = {
    {"bundle-dir", 0, "DIR", "what to write (default: the current directory)",
        OPT_TEXT(struct args, content.dir)},
    {"path", 0, "SUB", "only this path, and what is below it",
        .take = take_path,
        .takes = "a path below the bundle directory, without .."},
    {"symlinks", 0, "keep|skip", "default: skip in json, else keep",
        OPT_CHOICE(struct args, symlinks)},
    {"force", 0, NULL,
        "write to a terminal, too; copy: replace an earlier copy",
        OPT_FLAG(struct args, force)},
    {0},
};
static const struct opt rows[] = {
    {"format", 0, "json|jsonl|tar",
        "json: one line; for readers that exist (default)\n"
        "jsonl: a line for each part; for unpackctl\n"
        "tar: the tar itself, not for a pod log",
        OPT_CHOICE(struct args, stream.format)},
    {"level", 0, "N", "of compression, 1 to 9 (default: 6)",
        OPT_NUMBER(struct args, stream.level, 1, WIRE_LEVEL_MAX)},
    {"jobs", 0, "N",
        "threads that compress (default: as many as processors, at most 4)",
        OPT_NUMBER(struct args, stream.jobs, 1, JOBS_MAX)},
    {"parts", 0, "FIRST[-[LAST]][,...]",
        "jsonl: only these parts, and the last line; FIRST- means to the end",
        .take = take_parts,
        .takes =
            "FIRST, FIRST-LAST or FIRST-, from 0, with commas between them"},
    {"log-limit", 0, "SIZE", "json, jsonl: refuse to write more (10Mi = 10M)",
        OPT_SIZE(struct args, log_limit, 1, INT64_MAX)},
    {"version", 0, NULL, "print the version, the commit and what is linked",
        OPT_FLAG(struct args, version)},
    {0},
};
static const struct opt_group groups[] = {{NULL, common, 0},
    {"The stream", rows, 0}, {0}};
static const struct opt_group copy_groups[] = {{NULL, common, 0}, {0}};
static const struct opt_command copy_command = {
    .name = "copy",
    .usage = " [OPTION...] DEST",
    .about =
        "Copy the bundle to DEST: a directory that is empty, or not there.\n",
    .groups = copy_groups,
    .operands = "one DEST",
    .least = 1,
    .most = 1,
    .one_dash = true,
};
static const struct opt_command command = {
    .usage =
        " [OPTION...]           write the bundle to standard output\n"
        "       unpack copy [OPTION...] DEST write it to a directory instead\n"
        "       unpack check [OPTION...]     can it be read? (JSON, exit 0 or 3)\n"
        "       unpack install DEST          copy this program to DEST\n"
        "       cp [-Rv] SRC DEST            the same, under the name cp",
    .about =
        "Nothing is written until all is known to be readable.  The result is in\n"
        "/dev/termination-log.\n",
    .groups = groups,
    .after =
        "exit: 0 the whole bundle was written; 1 I/O error, or standard output\n"
        "closed; 2 wrong usage; 3 the bundle is at fault: not readable, or over\n"
        "--log-limit; 143 SIGTERM\n",
    .one_dash = true,
};

/* ---------------------------------------------------------------- commands */

/* Note that it failed, for the reason that the last warning gave. */
static void
note_failure(struct report *r)
{
	r->reason = REPORT_IO;
	snprintf(r->message, sizeof r->message, "%s", msg_last());
}

/*
 * Deflate makes of n bytes 1/1032 of them at the least (RFC 1951: 258 bytes
 * for 2 bits), base64 four of three.
 */
enum {
	LOG_RATIO = 1032 / 4 * 3,
	ENTRY_MAX = 8192, /* bytes of tar of an entry without its data, about */
	COUNT_MORE = 64 << 20 /* bytes beyond the limit that are counted */
};

/* Refuse a log that would have so many bytes, or more. */
static void
refuse_log(const struct args *a, struct report *r, uint64_t bytes, bool more)
{
	r->reason = REPORT_TOO_LARGE;
	snprintf(r->message, sizeof r->message,
	    "the log would have %s%" PRIu64 " bytes, over --log-limit %" PRIu64
	    "; %s",
	    more ? "more than " : "", bytes, a->log_limit,
	    a->stream.format == STREAM_JSON
	        ? "use --format jsonl and --parts, or make the bundle smaller"
	        : "raise it, or print fewer parts at a time");
}

/*
 * Would the log be too long?  What the preflight has counted tells it of small
 * bundles, and of terabytes of zeros; else the bundle is compressed for it.
 * Returns 0, or -1 (reported).
 */
static int
measure(const struct args *a, const struct stream_opts *opts, struct report *r)
{
	struct stream_opts counting = *opts;
	struct report_written counted;
	uint64_t tar = r->bytes + r->entries * ENTRY_MAX;

	/* base64, and the lines around it, are less than half as much again */
	if (a->log_limit == 0 || tar + tar / 2 < a->log_limit)
		return 0;
	if (!a->parts_set && r->bytes / LOG_RATIO > a->log_limit) {
		refuse_log(a, r, r->bytes / LOG_RATIO, true);
		return 0;
	}
	counting.fd = -1;
	counting.enough = a->log_limit + COUNT_MORE;
	if (stream_run(&counting, &counted) < 0)
		return -1;
	if (counted.log > a->log_limit)
		refuse_log(a, r, counted.log, counted.more);
	return 0;
}

/*
 * From here on only what is read can be read, and only the termination message
 * can be written: the tree is not trusted.
 */
static void
unpack_shut_doors(const struct args *a)
{
	const struct copy *copy = a->stream.copy;
	const char *dir = a->content.dir;
	const struct sandbox_place places[] = {
	    {dir[0] != '\0' ? dir : ".", -1, SANDBOX_READ},
	    {"/proc", -1, SANDBOX_READ}, /* the mounts */
	    {WIRE_TERM_PATH, -1, SANDBOX_WRITE},
	    {NULL, copy != NULL ? copy->hidden : -1, SANDBOX_WRITE},
	    {NULL, copy != NULL ? copy->dir : -1,
	        copy != NULL && copy->inside ? SANDBOX_WRITE : SANDBOX_DIRS},
	};

	(void)sandbox_enter(places, sizeof places / sizeof *places,
	    copy != NULL ? SANDBOX_COPY : SANDBOX_STREAM);
}

/*
 * Look, and write the stream, or the copy that was begun; then it is completed.
 * The exit code.
 */
static int
run_stream(const struct args *a)
{
	struct copy *copy = a->stream.copy;
	struct content_opts opts = a->content;
	struct content content = {0};
	struct stream_opts stream = a->stream;
	struct report r = {0};
	struct report_written written = {0};
	int code = WIRE_FAIL, ret;

	unpack_shut_doors(a);
	/* only for --log-limit does anybody ask for the files' sizes */
	opts.lazy = a->log_limit == 0;
	ret = preflight_run(&content, &opts, &r);
	stream.content = &content;
	if (ret == 0 && r.reason == REPORT_OK)
		ret = measure(a, &stream, &r);
	if (ret == 0 && r.reason == REPORT_OK)
		ret = stream_run(&stream, &written);
	if (ret == 0 && r.reason == REPORT_OK && copy != NULL && !io_stopped())
		ret = copy_commit(copy);
	else if (io_stopped())
		ret = -1;
	if (ret < 0) {
		note_failure(&r);
	} else if (r.reason != REPORT_OK) {
		report_print(&r);
		msg_warn(0, "%s", r.message);
		code = WIRE_BUNDLE;
	} else {
		code = WIRE_OK;
		written.filled = copy != NULL && copy->inside;
	}
	report_terminate(&r, code == WIRE_OK ? &written : NULL);
	report_free(&r);
	content_close(&content);
	return code;
}

static int
run_copy(int argc, char **argv)
{
	struct args a = {.content = {.dir = "."},
	    .stream = {.format = STREAM_COPY, .fd = -1}};
	struct report r = {0};
	struct copy copy;
	int code;

	if (opt_parse(&copy_command, &a, argc, argv, &code) < 0)
		return code;
	a.content.skip_symlinks = a.symlinks == 1;
	a.stream.copy = &copy;
	/* a copy is cleared away before the end */
	signals_catch(0);
	code = (int)copy_open(&copy, argv[1], a.force,
	    strcmp(a.content.dir, "/") == 0);
	if (code == WIRE_OK) {
		code = run_stream(&a);
	} else {
		note_failure(&r);
		report_terminate(&r, NULL);
	}
	copy_close(&copy);
	if (signals_stop == 0 || code == WIRE_OK)
		return code;
	report_terminate_now(false);
	return (int)signals_exit();
}

static int
run_check(const struct args *a)
{
	struct content content = {0};
	struct report r = {0};
	int code = WIRE_FAIL;

	unpack_shut_doors(a);
	if (preflight_run(&content, &a->content, &r) == 0 &&
	    result_print(report_object(&r)) == 0)
		code = r.reason == REPORT_OK ? WIRE_OK : WIRE_BUNDLE;
	report_free(&r);
	content_close(&content);
	return code;
}

/* Provisioners' init containers say cp -Rv /unpack /util/bin/unpack. */
static int
run_cp(int argc, char **argv)
{
	static const char letters[] = "RrvafpHLPdT";
	char src[MSG_NAME], dest[MSG_NAME];
	const char *base;
	bool verbose = false;
	int self, i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (argv[i][1 + strspn(argv[i] + 1, letters)] != '\0')
			i = argc;
		else if (strchr(argv[i], 'v') != NULL)
			verbose = true;
	}
	if (argc - i != 2) {
		msg_warn(0, "usage: cp [-Rv] SRC DEST");
		return WIRE_USAGE;
	}
	msg_mask(src, sizeof src, argv[i]);
	msg_mask(dest, sizeof dest, argv[i + 1]);
	self = install_is_self(argv[i]);
	if (self < 0) {
		msg_warn(errno, "%s", src);
		return WIRE_FAIL;
	}
	if (self == 0) {
		msg_warn(0, "%s: this cp copies only unpack itself", src);
		return WIRE_USAGE;
	}
	base = strrchr(argv[i], '/');
	base = base != NULL ? base + 1 : argv[i];
	if (install_to(argv[i + 1], base) < 0)
		return WIRE_FAIL;
	if (verbose)
		out_printf("'%s' -> '%s'\n", src, dest);
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
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
	report_terminate_now(false);
	_exit(number == SIGINT ? WIRE_SIGINT : WIRE_SIGTERM);
}

/*
 * Memory ran out: end before anybody goes on without it.  What was written has
 * no end, so that no reader takes it for whole.
 */
static void
unpack_on_no_memory(void)
{
	msg_nomem();
	report_terminate_now(true);
	_exit(WIRE_FAIL);
}

/*
 * In place of strtod(3), by the linker: cJSON reads back each number that it
 * prints, and ours are whole ones.  strtod is 7 KB.
 */
double __wrap_strtod(const char *text, char **end);

double
__wrap_strtod(const char *text, char **end)
{
	return (double)strtol(text, end, 10);
}

/* Take the options, then stream, or only check; the exit code. */
static int
unpack_run(int argc, char **argv, bool check)
{
	struct args a = {.content = {.dir = "."},
	    .stream = {.fd = OUT_FD, .level = WIRE_LEVEL},
	    .symlinks = -1};
	const char *wrong = NULL;
	char sandbox[SANDBOX_TEXT];
	int code;

	if (opt_parse(&command, &a, argc, argv, &code) < 0)
		return code;
	if (a.version) {
		out_text("unpack " VERSION_TEXT);
		/* what it has here, now that nothing else is to be done */
		out_printf("sandbox %s\n",
		    sandbox_describe(sandbox,
		        sandbox_enter(NULL, 0, SANDBOX_STREAM)));
		return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
	}
	if (a.parts_set && a.stream.format != STREAM_JSONL)
		wrong = "--parts goes with --format jsonl";
	else if (a.log_limit > 0 && a.stream.format == STREAM_TAR)
		wrong = "--log-limit goes with --format json or jsonl";
	else if (!check && !a.force && isatty(OUT_FD) == 1)
		wrong =
		    "the bundle is not written to a terminal: send it to a file or a pipe, or give --force";
	if (wrong != NULL)
		return opt_wrong(&command, "%s", wrong);
	a.content.skip_symlinks = a.symlinks < 0
	    ? a.stream.format == STREAM_JSON
	    : a.symlinks == 1;
	if (a.stream.jobs == 0) {
		a.stream.jobs = cpus_allowed();
		if (a.stream.jobs > DEFAULT_JOBS_MAX)
			a.stream.jobs = DEFAULT_JOBS_MAX;
	}
	return check ? run_check(&a) : run_stream(&a);
}

int
main(int argc, char **argv)
{
	const char *base = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *word = argc > 1 ? argv[1] : "";
	enum wire_exit code;

	if (io_std() < 0)
		return WIRE_FAIL;
	alloc_on_failure(unpack_on_no_memory);
	alloc_strict(true);
	(void)signal(SIGTERM, unpack_on_signal);
	(void)signal(SIGINT, unpack_on_signal);
	/* a closed pipe is an error like any other: EPIPE */
	(void)signal(SIGPIPE, SIG_IGN);
	/* so is a limit of the size of files: EFBIG */
	(void)signal(SIGXFSZ, SIG_IGN);
	/* so that libarchive knows UTF-8; the environment does not count */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (argc > 0 && strcmp(base != NULL ? base + 1 : argv[0], "cp") == 0)
		return run_cp(argc, argv);
	if (strcmp(word, "install") == 0 && argc == 3)
		return install_to(argv[2], "unpack") < 0 ? WIRE_FAIL : WIRE_OK;
	if (strcmp(word, "install") == 0)
		return opt_wrong(&command, "install takes one DEST");
	if (strcmp(word, "copy") == 0)
		return run_copy(argc - 1, argv + 1);
	if (strcmp(word, "check") != 0)
		return unpack_run(argc, argv, false);
	result_start("UnpackCheckResult", true);
	signals_catch(0);
	code = result_end((enum wire_exit)unpack_run(argc - 1, argv + 1, true));
	if (signals_stop != 0 && code > WIRE_CORRUPT)
		report_terminate_now(false);
	return (int)code;
}
