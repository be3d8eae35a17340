/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl extract: logs in, a verified directory or tar out.
 */
#include "cmd.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gather.h"
#include "gunzip.h"
#include "io.h"
#include "msg.h"
#include "progress.h"
#include "tarin.h"
#include "target.h"
#include "wire.h"

#define SIZE_DEFAULT (UINT64_C(1) << 30)
#define SIZE_LIMIT (UINT64_C(1) << 50)

enum {
	ENTRIES_DEFAULT = 100000
};

struct extract {
	/* options */
	const char *dir; /* borrowed; -C, NULL without */
	const char *tar; /* borrowed; --tar, NULL without */
	const char *witness; /* borrowed; --witness, NULL without */
	const char *expect; /* borrowed; --expect-digest, NULL without */
	uint64_t max_size, max_entries;
	bool list, json, quiet;

	/* work */
	struct progress progress;
	struct target target;
	bool has_target;
	struct gather gather;
	struct gunzip gunzip;
	struct tarin_counts counts;
};

/* The signal that asks us to stop. */
static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	stop = number;
}

static void
catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
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

/* Start reading the tar from its beginning.  Returns 0, or -1 (reported). */
static int
open_tar(struct extract *x, io_pull *pull, void **arg)
{
	gather_rewind(&x->gather);
	*pull = gather_pull;
	*arg = &x->gather;
	if (x->gather.format == GATHER_TAR)
		return 0;
	if (gunzip_open(&x->gunzip, gather_pull, &x->gather) < 0)
		return -1;
	*pull = gunzip_pull;
	*arg = &x->gunzip;
	return 0;
}

/* After open_tar; was it damaged gzip that made status a failure? */
static enum wire_exit
close_tar(struct extract *x, enum wire_exit status)
{
	if (x->gather.format == GATHER_TAR)
		return status;
	gunzip_close(&x->gunzip);
	return x->gunzip.corrupt ? WIRE_CORRUPT : status;
}

/*
 * Read the tar whole: into dir unless it is -1, showing entries if asked to.
 */
static enum wire_exit
read_tar(struct extract *x, int dir, tarin_show show)
{
	struct tarin_opts o = {.dir = dir,
	    .max_size = x->max_size,
	    .max_entries = x->max_entries,
	    .show = show,
	    .show_arg = x,
	    .progress = &x->progress};
	const struct decode_piece *whole = &x->gather.whole;
	enum wire_exit status;

	if (open_tar(x, &o.pull, &o.arg) < 0)
		return WIRE_FAIL;
	progress_start(&x->progress, dir >= 0 ? "extract" : "check", x->quiet);
	status = close_tar(x, tarin_run(&o, &x->counts));
	progress_clear(&x->progress);
	if (status == WIRE_OK && whole->entries != 0 &&
	    whole->entries != x->counts.entries) {
		msg_warn(0,
		    "the tar has %" PRIu64 " entries, not %" PRIu64
		    " as it should",
		    x->counts.entries, whole->entries);
		status = WIRE_CORRUPT;
	}
	return status;
}

static enum wire_exit
make_directory(struct extract *x)
{
	enum wire_exit status;

	if (target_begin(&x->target) < 0)
		return WIRE_FAIL;
	status = read_tar(x, x->target.fd, NULL);
	if (status != WIRE_OK || stop != 0)
		return status;
	return target_commit(&x->target) < 0 ? WIRE_FAIL : WIRE_OK;
}

/* Copy the tar to fd. */
static enum wire_exit
copy_tar(struct extract *x, int fd)
{
	const void *data;
	io_pull pull;
	void *arg;
	ssize_t n;

	if (open_tar(x, &pull, &arg) < 0)
		return WIRE_FAIL;
	while ((n = pull(arg, &data)) > 0) {
		if (io_write(fd, data, (size_t)n) < 0) {
			msg_warn(errno, "write the tar");
			n = -1;
			break;
		}
	}
	return close_tar(x, n < 0 ? WIRE_FAIL : WIRE_OK);
}

static enum wire_exit
make_tar(struct extract *x)
{
	/* nothing of it is seen before all of it is known to be good */
	enum wire_exit status = read_tar(x, -1, NULL);

	if (status != WIRE_OK)
		return status;
	if (!x->has_target)
		return copy_tar(x, STDOUT_FILENO);
	if (target_begin(&x->target) < 0)
		return WIRE_FAIL;
	status = copy_tar(x, x->target.fd);
	if (status != WIRE_OK || stop != 0)
		return status;
	return target_commit(&x->target) < 0 ? WIRE_FAIL : WIRE_OK;
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
	(void)printf("%s %12" PRIu64 " %s", mode, e->size,
	    msg_mask(path, sizeof path, e->path));
	if (to != NULL)
		(void)printf("%s%s", e->link != NULL ? " -> " : " link to ",
		    msg_mask(link, sizeof link, to));
	(void)putchar('\n');
}

/* Print an object and a newline, and delete it.  0, or -1 (reported). */
static int
print_object(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);

	cJSON_Delete(object);
	if (text == NULL) {
		msg_nomem();
		return -1;
	}
	(void)puts(text);
	cJSON_free(text);
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
	cJSON *object = cJSON_CreateObject();

	(void)snprintf(mode, sizeof mode, "%04o", (unsigned)e->mode & 07777);
	(void)cJSON_AddStringToObject(object, "path",
	    msg_mask(path, sizeof path, e->path));
	(void)cJSON_AddStringToObject(object, "type", types[letter - letters]);
	(void)cJSON_AddStringToObject(object, "mode", mode);
	(void)cJSON_AddNumberToObject(object, "size", (double)e->size);
	(void)cJSON_AddNumberToObject(object, "mtime", (double)e->mtime);
	if (to != NULL)
		(void)cJSON_AddStringToObject(object, "target",
		    msg_mask(link, sizeof link, to));
	return print_object(object);
}

static int
show(void *arg, const struct tarin_entry *e)
{
	const struct extract *x = arg;

	if (x->json)
		return show_json(e);
	show_text(e);
	return 0;
}

static enum wire_exit
make_list(struct extract *x)
{
	enum wire_exit status = read_tar(x, -1, NULL);

	return status == WIRE_OK ? read_tar(x, -1, show) : status;
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
add_missing(cJSON *object, const struct gather *g)
{
	char list[MSG_MAX];
	uint64_t first = 0, last = 0;
	cJSON *ranges, *range;

	gather_missing_text(g, list, sizeof list);
	(void)cJSON_AddStringToObject(object, "parts", list);
	ranges = cJSON_AddArrayToObject(object, "missing");
	for (; gather_missing(g, &first, &last); first = last + 1) {
		range = cJSON_CreateArray();
		(void)cJSON_AddItemToArray(range,
		    cJSON_CreateNumber((double)first));
		(void)cJSON_AddItemToArray(range,
		    last == GATHER_OPEN ? cJSON_CreateNull()
		                        : cJSON_CreateNumber((double)last));
		(void)cJSON_AddItemToArray(ranges, range);
		if (last == GATHER_OPEN)
			break;
	}
	if (g->total != 0)
		(void)cJSON_AddNumberToObject(object, "total",
		    (double)g->total);
}

static int
print_json(struct extract *x, enum wire_exit status)
{
	const struct gather *g = &x->gather;
	uint64_t first = 0, last;
	bool missing = status == WIRE_CORRUPT &&
	    gather_missing(g, &first, &last);
	cJSON *object = cJSON_CreateObject();

	(void)cJSON_AddStringToObject(object, "result",
	    result_name(status, missing));
	if (status == WIRE_OK) {
		(void)cJSON_AddStringToObject(object, "format",
		    format_name(g->format));
		(void)cJSON_AddBoolToObject(object, "verified", g->verified);
		(void)cJSON_AddNumberToObject(object, "size",
		    (double)g->whole.size);
		(void)cJSON_AddStringToObject(object, "digest",
		    g->whole.digest);
		(void)cJSON_AddNumberToObject(object, "entries",
		    (double)x->counts.entries);
		(void)cJSON_AddNumberToObject(object, "bytes",
		    (double)x->counts.bytes);
	}
	if (missing)
		add_missing(object, g);
	(void)cJSON_AddNumberToObject(object, "foreign", (double)g->foreign);
	(void)cJSON_AddNumberToObject(object, "damaged", (double)g->damaged);
	(void)cJSON_AddNumberToObject(object, "repeated", (double)g->repeated);
	return print_object(object);
}

static void
print_text(const struct extract *x, const char *name)
{
	const struct gather *g = &x->gather;
	char shown[MSG_NAME];

	(void)printf("%s: %" PRIu64 " entries, %" PRIu64 " bytes, %s %s, %s\n",
	    msg_mask(shown, sizeof shown, name), x->counts.entries,
	    x->counts.bytes, format_name(g->format), g->whole.digest,
	    g->verified ? "verified" : "not verified");
}

/* Tell how it went; the exit code. */
static enum wire_exit
tell(struct extract *x, enum wire_exit status)
{
	const struct gather *g = &x->gather;
	bool ok = status == WIRE_OK;

	if (ok && !g->verified)
		msg_warn(0, "not verified: %s does not carry a digest",
		    g->format == GATHER_JSON ? "this form of log"
		                             : format_name(g->format));
	if (x->json)
		ok = print_json(x, status) == 0 && ok;
	else if (ok && x->has_target && !x->quiet)
		print_text(x, x->tar != NULL ? x->tar : x->dir);
	if (fflush(stdout) != 0) {
		msg_warn(errno, "standard output");
		return status == WIRE_OK ? WIRE_FAIL : status;
	}
	return status == WIRE_OK && !ok ? WIRE_FAIL : status;
}

/* ----------------------------------------------------------------- command */

static enum wire_exit
work(struct extract *x, char **logs)
{
	enum wire_exit status;

	progress_start(&x->progress, "read", x->quiet);
	if (read_input(x, logs) < 0)
		return WIRE_FAIL;
	status = gather_judge(&x->gather);
	if (status != WIRE_OK)
		return status;
	if (x->list)
		status = make_list(x);
	else if (x->tar != NULL)
		status = make_tar(x);
	else
		status = make_directory(x);
	/* what nobody vouched for may be better the next time */
	if (status == WIRE_CORRUPT && !x->gather.verified)
		x->gather.again = true;
	return status;
}

/* Where the unlinked file goes when there is no target to put it beside. */
static const char *
temp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

static enum wire_exit
extract(struct extract *x, char **logs)
{
	struct gather_opts o = {.dir = temp_dir(),
	    .max_size = x->max_size,
	    .expect = x->expect,
	    .stop = &stop,
	    .progress = &x->progress};
	enum wire_exit status = WIRE_FAIL;

	x->has_target = !x->list &&
	    (x->tar == NULL || strcmp(x->tar, "-") != 0);
	if (x->has_target) {
		if (target_open(&x->target, x->tar != NULL ? x->tar : x->dir,
		        x->tar != NULL) < 0)
			return WIRE_FAIL;
		o.dir = x->target.dir;
	}
	if (gather_open(&x->gather, &o) == 0) {
		status = work(x, logs);
		if (stop == 0)
			status = tell(x, status);
		gather_close(&x->gather);
	}
	if (x->has_target)
		target_close(&x->target);
	if (stop != 0)
		return stop == SIGINT ? WIRE_SIGINT : WIRE_SIGTERM;
	return status;
}

static int
usage(FILE *to)
{
	(void)
	    fputs("usage: unpackctl extract [OPTION...] [LOG...]\n"
	          "\n"
	          "Read a bundle from pod logs (json, jsonl, tar.gz or tar; "
	          "standard "
	          "input without\nLOG), verify it, and write it whole or not "
	          "at "
	          "all.  Logs of the same bundle\ncomplete each other.\n"
	          "\n"
	          "  -C, --directory DIR     make this directory (default: "
	          "bundle)\n"
	          "      --tar FILE          write a tar instead; - is "
	          "standard "
	          "output\n"
	          "      --list              only list what is in it\n"
	          "      --expect-digest D   it must be the tar.gz sha256:...\n"
	          "      --witness FILE      the pod's termination message "
	          "must "
	          "agree\n"
	          "      --max-size SIZE     refuse a larger tar (default: "
	          "1Gi)\n"
	          "      --max-entries N     refuse more entries (default: "
	          "100000)\n"
	          "  -o, --output json|text  how to tell the result\n"
	          "  -q, --quiet             no progress, no summary\n"
	          "  -h, --help\n"
	          "\n"
	          "exit: 0 done, 1 failure, 2 usage, 3 the bundle is refused, "
	          "4 "
	          "incomplete or corrupt\n",
	        to);
	return to == stdout && fflush(stdout) != 0 ? WIRE_FAIL : WIRE_OK;
}

/* Report a wrong value; returns -1. */
static int
wrong(const char *option, const char *value)
{
	char text[128];

	msg_warn(0, "--%s: wrong value '%s'", option,
	    msg_mask(text, sizeof text, value));
	return -1;
}

static bool
is_digest(const char *text)
{
	return strlen(text) == DIGEST_TEXT - 1 &&
	    strncmp(text, "sha256:", 7) == 0 &&
	    strspn(text + 7, "0123456789abcdef") == 64;
}

enum extract_option {
	OPTION_TAR = 256,
	OPTION_LIST,
	OPTION_EXPECT,
	OPTION_WITNESS,
	OPTION_SIZE,
	OPTION_ENTRIES
};

/* Take one option.  Returns 0, or -1 (reported). */
static int
take_option(struct extract *x, int option, const char *value)
{
	switch (option) {
	case 'C':
		x->dir = value;
		return 0;
	case 'o':
		x->json = strcmp(value, "json") == 0;
		if (x->json || strcmp(value, "text") == 0)
			return 0;
		return wrong("output", value);
	case 'q':
		x->quiet = true;
		return 0;
	case OPTION_TAR:
		x->tar = value;
		return 0;
	case OPTION_LIST:
		x->list = true;
		return 0;
	case OPTION_EXPECT:
		x->expect = value;
		return is_digest(value) ? 0 : wrong("expect-digest", value);
	case OPTION_WITNESS:
		x->witness = value;
		return 0;
	case OPTION_SIZE:
		if (io_size(value, 1, SIZE_LIMIT, &x->max_size) == 0)
			return 0;
		return wrong("max-size", value);
	case OPTION_ENTRIES:
		if (io_number(value, 1, SIZE_LIMIT, &x->max_entries) == 0)
			return 0;
		return wrong("max-entries", value);
	default:
		return -1;
	}
}

/* Do the options go together?  Returns 0, or -1 (reported). */
static int
check_options(struct extract *x)
{
	if ((x->dir != NULL) + (x->tar != NULL) + x->list > 1) {
		msg_warn(0, "one of -C, --tar and --list, please");
		return -1;
	}
	if (x->tar != NULL && strcmp(x->tar, "-") == 0) {
		if (x->json) {
			msg_warn(0,
			    "--tar - and -o json both need standard "
			    "output");
			return -1;
		}
		if (isatty(STDOUT_FILENO) == 1) {
			msg_warn(0, "no tar to a terminal, please");
			return -1;
		}
	}
	if (x->dir == NULL)
		x->dir = "bundle";
	return 0;
}

int
cmd_extract(int argc, char **argv)
{
	static const struct option options[] = {{"directory", required_argument,
	                                            NULL, 'C'},
	    {"tar", required_argument, NULL, OPTION_TAR},
	    {"list", no_argument, NULL, OPTION_LIST},
	    {"expect-digest", required_argument, NULL, OPTION_EXPECT},
	    {"witness", required_argument, NULL, OPTION_WITNESS},
	    {"max-size", required_argument, NULL, OPTION_SIZE},
	    {"max-entries", required_argument, NULL, OPTION_ENTRIES},
	    {"output", required_argument, NULL, 'o'},
	    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0}};
	struct extract *x;
	int option, status = 0;

	x = calloc(1, sizeof *x);
	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->max_size = SIZE_DEFAULT;
	x->max_entries = ENTRIES_DEFAULT;
	while (status == 0 &&
	    (option = getopt_long(argc, argv, "C:o:qh", options, NULL)) != -1) {
		if (option == 'h') {
			free(x);
			return usage(stdout);
		}
		status = take_option(x, option, optarg);
	}
	if (status < 0 || check_options(x) < 0) {
		(void)usage(stderr);
		status = WIRE_USAGE;
	} else {
		catch_signals();
		status = (int)extract(x, argv + optind);
	}
	free(x);
	return status;
}
