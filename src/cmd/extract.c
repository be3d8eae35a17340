/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl extract: logs in, a verified directory or tar out.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/result.h"
#include "log/deliver.h"
#include "log/gather.h"
#include "log/tarin.h"
#include "wire.h"

struct extract {
	/* options */
	const char *witness; /* borrowed; --witness, NULL without */
	const char *expect; /* borrowed; --expect-digest, NULL without */
	bool list, json, quiet;

	/* work */
	struct progress progress;
	struct deliver deliver;
	struct gather gather;
};

/* The signal that asks us to stop. */
static volatile sig_atomic_t stop;

static void
extract_on_signal(int number)
{
	stop = number;
}

static void
extract_catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = extract_on_signal};
	size_t i;

	/* no SA_RESTART: a read that waits must notice */
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		(void)sigaction(numbers[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
}

/* ------------------------------------------------------------------- input */

/* Take in the log `name`, "-" is standard input.  0, or -1 (reported). */
static int
read_log(struct extract *x, const char *name)
{
	char shown[MSG_NAME];
	struct stat st;
	int fd = STDIN_FILENO, status;
	bool is_stdin = strcmp(name, "-") == 0;

	(void)msg_mask(shown, sizeof shown, is_stdin ? "standard input" : name);
	if (!is_stdin)
		fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_warn(errno, "%s", shown);
		return -1;
	}
	if (S_ISREG(st.st_mode))
		x->progress.total += (uint64_t)st.st_size;
	status = gather_log(&x->gather, fd, shown);
	if (!is_stdin)
		(void)close(fd);
	return status;
}

/* Take in what --witness names.  Returns 0, or -1 (reported). */
static int
read_witness(struct extract *x)
{
	char text[WIRE_TERM_MAX + 1], shown[MSG_NAME];
	ssize_t n = -1;
	int fd;

	(void)msg_mask(shown, sizeof shown, x->witness);
	fd = open(x->witness, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = io_read(fd, text, sizeof text);
	if (n < 0)
		msg_warn(errno, "%s", shown);
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return -1;
	if (gather_witness(&x->gather, text, (size_t)n) == 0)
		return 0;
	msg_warn(0, "%s: no termination message that describes a bundle",
	    shown);
	return -1;
}

/* Take in everything.  Returns 0, or -1 (reported). */
static int
read_input(struct extract *x, char **logs)
{
	static char dash[] = "-";
	char *only[] = {dash, NULL};

	if (x->witness != NULL && read_witness(x) < 0)
		return -1;
	for (logs = *logs != NULL ? logs : only; *logs != NULL; logs++)
		if (read_log(x, *logs) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------------ output */

static const char *
format_name(enum gather_format format)
{
	static const char *const names[] = {"nothing", "json", "jsonl",
	    "tar.gz", "tar"};

	return names[format];
}

/* -------------------------------------------------------------------- list */

static char
type_letter(const struct tarin_entry *e)
{
	if (e->hard != NULL)
		return 'h';
	if (S_ISDIR(e->mode))
		return 'd';
	return S_ISLNK(e->mode) ? 'l' : '-';
}

static void
show_text(const struct tarin_entry *e)
{
	char path[MSG_NAME], link[MSG_NAME], mode[] = "?rwxrwxrwx";
	const char *to = e->link != NULL ? e->link : e->hard;
	int i;

	mode[0] = type_letter(e);
	for (i = 0; i < 9; i++)
		if (!(e->mode >> (8 - i) & 1))
			mode[i + 1] = '-';
	out_printf("%s %12" PRIu64 " %s", mode, e->size,
	    msg_mask(path, sizeof path, e->path));
	if (to != NULL)
		out_printf("%s%s", e->link != NULL ? " -> " : " link to ",
		    msg_mask(link, sizeof link, to));
	out_text("\n");
}

/* Print an object and a newline, and delete it.  0, or -1 (reported). */
static int
print_object(struct json *object)
{
	char *text = json_finish(object, JSON_COMPACT);

	if (text == NULL)
		return -1;
	out_line(text);
	result_is_told();
	free(text);
	return 0;
}

static int
show_json(const struct tarin_entry *e)
{
	static const char *const types[] = {"file", "dir", "symlink", "link"};
	static const char letters[] = "-dlh";
	char path[MSG_NAME], link[MSG_NAME], mode[8];
	const char *to = e->link != NULL ? e->link : e->hard;
	const char *letter = strchr(letters, type_letter(e));
	struct json *object = json_new_object();

	(void)snprintf(mode, sizeof mode, "%04o", (unsigned)e->mode & 07777);
	json_add_string(object, "path", msg_mask(path, sizeof path, e->path));
	json_add_string(object, "type", types[letter - letters]);
	json_add_string(object, "mode", mode);
	json_add_uint(object, "size", e->size);
	json_add_int(object, "mtime", e->mtime);
	if (to != NULL)
		json_add_string(object, "target",
		    msg_mask(link, sizeof link, to));
	return print_object(object);
}

static int
extract_show_entry(void *arg, const struct tarin_entry *e)
{
	const struct extract *x = arg;

	if (x->json)
		return show_json(e);
	show_text(e);
	return 0;
}

/* ------------------------------------------------------------------ result */

static const char *
result_name(enum wire_exit status, bool missing)
{
	if (status == WIRE_OK)
		return "ok";
	if (status == WIRE_BUNDLE)
		return "refused";
	if (status == WIRE_CORRUPT)
		return missing ? "incomplete" : "corrupt";
	return "failed";
}

/* Add which parts to fetch again. */
static void
add_missing(struct json *object, const struct gather *g)
{
	char list[MSG_MAX];
	uint64_t first = 0, last = 0;
	struct json *ranges, *range;

	gather_missing_text(g, list, sizeof list);
	json_add_string(object, "parts", list);
	ranges = json_add_array(object, "missing");
	for (; gather_missing(g, &first, &last); first = last + 1) {
		range = json_add_array(ranges, NULL);
		json_add_uint(range, NULL, first);
		if (last == GATHER_OPEN)
			json_add_null(range, NULL);
		else
			json_add_uint(range, NULL, last);
		if (last == GATHER_OPEN)
			break;
	}
	if (g->total != 0)
		json_add_uint(object, "total", g->total);
}

static int
extract_print_json(struct extract *x, enum wire_exit status)
{
	const struct gather *g = &x->gather;
	uint64_t first = 0, last;
	bool missing = status == WIRE_CORRUPT &&
	    gather_missing(g, &first, &last);
	struct json *object = json_new_object();

	json_add_string(object, "result", result_name(status, missing));
	if (status == WIRE_OK) {
		json_add_string(object, "format", format_name(g->format));
		json_add_bool(object, "verified", g->verified);
		json_add_uint(object, "size", g->whole.size);
		json_add_string(object, "digest", g->whole.digest);
		json_add_uint(object, "entries", x->deliver.counts.entries);
		json_add_uint(object, "bytes", x->deliver.counts.bytes);
	}
	if (missing)
		add_missing(object, g);
	json_add_uint(object, "foreign", g->foreign);
	json_add_uint(object, "damaged", g->damaged);
	json_add_uint(object, "repeated", g->repeated);
	return print_object(object);
}

static void
extract_print_text(const struct extract *x, const char *name)
{
	const struct gather *g = &x->gather;
	char shown[MSG_NAME];

	out_printf("%s: %" PRIu64 " entries, %" PRIu64 " bytes, %s %s, %s\n",
	    msg_mask(shown, sizeof shown, name), x->deliver.counts.entries,
	    x->deliver.counts.bytes, format_name(g->format), g->whole.digest,
	    g->verified ? "verified" : "not verified");
}

/* Tell how it went; the exit code. */
static enum wire_exit
extract_tell_result(struct extract *x, enum wire_exit status)
{
	const struct gather *g = &x->gather;
	bool ok = status == WIRE_OK;

	if (ok && !g->verified)
		msg_warn(0, "not verified: %s does not carry a digest",
		    g->format == GATHER_JSON ? "this form of log"
		                             : format_name(g->format));
	if (x->json)
		ok = extract_print_json(x, status) == 0 && ok;
	else if (ok && x->deliver.has_target && !x->quiet)
		extract_print_text(x,
		    x->deliver.tar != NULL ? x->deliver.tar : x->deliver.dir);
	if (out_flush() < 0)
		return WIRE_FAIL;
	return status == WIRE_OK && !ok ? WIRE_FAIL : status;
}

/* ----------------------------------------------------------------- command */

static enum wire_exit
extract_read_logs(struct extract *x, char **logs)
{
	enum wire_exit status;

	progress_start(&x->progress, "read", x->quiet);
	if (read_input(x, logs) < 0)
		return WIRE_FAIL;
	status = gather_judge(&x->gather);
	if (status != WIRE_OK)
		return status;
	status = x->list
	    ? deliver_show(&x->deliver, &x->gather, extract_show_entry, x)
	    : deliver_make(&x->deliver, &x->gather);
	/* what nobody vouched for may be better the next time */
	if (status == WIRE_CORRUPT && !x->gather.verified)
		x->gather.again = true;
	return status;
}

static enum wire_exit
extract(struct extract *x, char **logs)
{
	struct gather_opts o = {.max_size = x->deliver.max_size,
	    .expect = x->expect,
	    .stop = &stop,
	    .progress = &x->progress};
	enum wire_exit status = WIRE_FAIL;

	x->deliver.stop = &stop;
	x->deliver.quiet = x->quiet;
	x->deliver.progress = &x->progress;
	if (deliver_open(&x->deliver) < 0)
		return WIRE_FAIL;
	o.dir = deliver_temp(&x->deliver);
	if (gather_open(&x->gather, &o) == 0) {
		status = extract_read_logs(x, logs);
		if (stop == 0)
			status = extract_tell_result(x, status);
		gather_close(&x->gather);
	}
	deliver_close(&x->deliver);
	if (stop != 0)
		return stop == SIGINT ? WIRE_SIGINT : WIRE_SIGTERM;
	return status;
}

/* An opt_take: sha256:HEX. */
static const char *
extract_take_digest(const struct opt *o, void *to, const char *value)
{
	(void)o;
	if (!digest_is_text(value))
		return "";
	*(const char **)to = value;
	return NULL;
}

static const struct opt extract_rows[] = {
    {"expect-digest", 0, "DIGEST", "it must be the tar.gz sha256:...",
        OPT_OTHER(struct extract, expect, extract_take_digest,
            "sha256: and 64 hexadecimal digits in lower case")},
    {"witness", 0, "FILE", "the pod's termination message must agree",
        OPT_TEXT(struct extract, witness)},
    {"max-size", 0, "SIZE", "refuse a larger tar (default: 1Gi)",
        OPT_SIZE(struct extract, deliver.max_size, 1, DELIVER_SIZE_LIMIT)},
    {"max-entries", 0, "N", "refuse more entries (default: 100000)",
        OPT_NUMBER(struct extract, deliver.max_entries, 1, DELIVER_SIZE_LIMIT)},
    {0},
};
static const struct opt extract_result_rows[] = {
    {"directory", 'C', "DIR", "make this directory (default: bundle)",
        OPT_TEXT(struct extract, deliver.dir)},
    {"tar", 0, "FILE", "write a tar instead; - is standard output",
        OPT_TEXT(struct extract, deliver.tar)},
    {"list", 0, NULL, "only list what is in it",
        OPT_FLAG(struct extract, list)},
    {"output", 'o', "text|json", "how to tell the result",
        OPT_SECOND(struct extract, json)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct extract, quiet)},
    {0},
};
static const struct opt_group extract_groups[] = {
    {"What it becomes", extract_result_rows, 0},
    {"What is believed", extract_rows, 0},
    {0},
};
const struct opt_command cmd_extract_options = {
    .name = "extract",
    .usage = " [OPTION...] [LOG...]",
    .about =
        "Read a bundle from pod logs (json, jsonl, tar.gz or tar; standard input without\n"
        "LOG), verify it, and write it whole or not at all.  Logs of the same bundle\n"
        "complete each other.\n",
    .groups = extract_groups,
    .after =
        "exit: 0 done, 1 failure, 2 usage, 3 the bundle is refused, 4 incomplete or\n"
        "corrupt\n",
    .operands = "LOGs",
    .most = OPT_ANY,
};

/* Do the options go together?  Returns 0, or -1 (reported). */
static int
extract_check_options(struct extract *x)
{
	const struct opt_command *c = &cmd_extract_options;
	bool to_stdout = x->deliver.tar != NULL &&
	    strcmp(x->deliver.tar, "-") == 0;

	if ((x->deliver.dir != NULL) + (x->deliver.tar != NULL) + x->list > 1)
		return opt_wrong(c, "give one of -C, --tar and --list");
	if (to_stdout && x->json)
		return opt_wrong(c,
		    "--tar - and -o json both need standard output");
	if (to_stdout && isatty(OUT_FD) == 1)
		return opt_wrong(c,
		    "--tar - does not write to a terminal; send it to a file or a pipe");
	if (x->deliver.dir == NULL && x->deliver.tar == NULL && !x->list)
		x->deliver.dir = "bundle";
	return 0;
}

int
cmd_extract(int argc, char **argv)
{
	struct extract *x;
	int code;

	x = calloc(1, sizeof *x);
	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->deliver.max_size = DELIVER_SIZE;
	x->deliver.max_entries = DELIVER_ENTRIES;
	if (opt_parse(&cmd_extract_options, x, argc, argv, &code) >= 0) {
		code = WIRE_USAGE;
		if (extract_check_options(x) == 0) {
			extract_catch_signals();
			code = (int)extract(x, argv + 1);
		}
	}
	free(x);
	return code;
}
