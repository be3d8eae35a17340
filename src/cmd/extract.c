/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl extract: logs in, a verified directory or tar out.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/result.h"
#include "base/tempfile.h"
#include "base/term.h"
#include "image/podstream.h"
#include "log/deliver.h"
#include "log/gather.h"
#include "log/order.h"
#include "log/outcome.h"
#include "log/tarin.h"
#include "log/whole.h"
#include "log/witness.h"
#include "wire.h"

struct extract {
	/* options */
	const char *witness; /* borrowed; --witness, NULL without */
	const char *expect; /* borrowed; --expect-digest, NULL without */
	bool list, json, quiet;
	char **logs; /* borrowed; names of files */
	size_t n_logs; /* 0: standard input */

	/* work */
	bool listed; /* an entry was */
	bool closed; /* gather is */
	const char *image; /* borrowed; of one on disk; NULL: logs */
	struct witness pod;
	struct progress progress;
	struct deliver deliver;
	struct gather gather;
};

/* ------------------------------------------------------------------- input */

/*
 * Take in the log `name`, "-" is standard input.  Returns 0, or -1 (reported).
 */
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

/* Can all that was named be read?  Returns 0, or -1 (reported). */
static int
extract_check_input(const struct extract *x)
{
	char shown[MSG_NAME];
	const char *name;
	struct stat st;
	size_t i;

	for (i = x->image != NULL; i <= x->n_logs; i++) {
		name = i < x->n_logs ? x->logs[i] : x->witness;
		if (name == NULL || strcmp(name, "-") == 0)
			continue;
		errno = 0;
		if (access(name, R_OK) == 0 && stat(name, &st) == 0 &&
		    !S_ISDIR(st.st_mode))
			continue;
		msg_warn(errno != 0 ? errno : EISDIR, "%s",
		    msg_mask(shown, sizeof shown, name));
		return -1;
	}
	return 0;
}

/* Read the stream that is in fd, instead of what was read so far. */
static enum wire_exit
extract_read_instead(struct extract *x, int fd)
{
	struct gather *g = &x->gather;
	struct gather_opts o = g->opts;
	char said[DIGEST_TEXT];
	uint64_t entries = g->entries;

	memcpy(said, g->expect, sizeof said);
	gather_close(g);
	x->closed = gather_open(g, &o) < 0;
	if (x->closed)
		return WIRE_FAIL;
	if (said[0] != '\0') {
		memcpy(g->expect, said, sizeof said);
		g->opts.expect = g->expect;
		g->entries = entries;
	}
	if (lseek(fd, 0, SEEK_SET) < 0 || gather_log(g, fd, x->image) < 0)
		return WIRE_FAIL;
	return WIRE_OK;
}

/*
 * Read the stream that a pod of x->image would send; "-" for the archive in fd.
 * Returns WIRE_OK, or another (reported).
 */
static enum wire_exit
extract_read_image(struct extract *x, const char *image, int fd)
{
	enum wire_exit status;
	int to = tempfile_unnamed(deliver_temp(&x->deliver));

	if (to < 0)
		return WIRE_FAIL;
	status = podstream_write(image, fd, x->deliver.max_size, to);
	if (status == WIRE_OK)
		status = extract_read_instead(x, to);
	(void)close(to);
	return status;
}

/*
 * What was read is a tar: if it is an image's archive, the bundle in it is what
 * is wanted.  Returns WIRE_OK, or another (reported).
 */
static enum wire_exit
extract_unwrap(struct extract *x)
{
	const struct gather *g = &x->gather;
	const struct blob tar = {.fd = g->fd, .at = 0, .len = g->line.size};
	enum wire_exit status;

	if (g->format != GATHER_TAR || g->line.at != 0 ||
	    !podstream_is_archive(&tar))
		return WIRE_OK;
	x->image = x->n_logs > 0 ? x->logs[0] : "-";
	if (lseek(g->fd, 0, SEEK_SET) < 0 || ftruncate(g->fd, (off_t)tar.len)) {
		msg_warn(errno, "read a temporary file");
		return WIRE_FAIL;
	}
	status = extract_read_image(x, "-", g->fd);
	return status == WIRE_OK ? whole_judge(&x->gather) : status;
}

/* Take in everything.  WIRE_OK, or what it comes to (reported). */
static enum wire_exit
read_input(struct extract *x)
{
	static char dash[] = "-";
	enum wire_exit status;
	size_t i;

	if (x->witness != NULL) {
		status = witness_read(&x->pod, &x->gather, x->witness);
		if (status != WIRE_OK)
			return status;
	}
	if (x->image != NULL)
		return extract_read_image(x, x->image, 0);
	if (x->n_logs == 0)
		return read_log(x, dash) < 0 ? WIRE_FAIL : WIRE_OK;
	if (order_logs(x->logs, x->n_logs) < 0)
		return WIRE_FAIL;
	for (i = 0; i < x->n_logs; i++)
		if (read_log(x, x->logs[i]) < 0)
			return WIRE_FAIL;
	return WIRE_OK;
}

/* ------------------------------------------------------------------ result */

/* The sentence of a success. */
static const char *
extract_summary(const struct extract *x, char *out, size_t size)
{
	const struct deliver *d = &x->deliver;
	const struct gather *g = &x->gather;
	char shown[MSG_NAME], forms[256];
	const char *name = d->tar != NULL ? d->tar : d->dir;

	(void)notes_forms_text(&g->notes, forms, sizeof forms);
	(void)snprintf(out, size,
	    "%s%s%" PRIu64 " entries, %" PRIu64 " bytes, %s %s, %s%s%s",
	    name != NULL ? msg_mask(shown, sizeof shown, name) : "",
	    name != NULL ? ": " : "",
	    d->select.entries > 0 ? d->select.entries : d->counts.entries,
	    d->counts.bytes, outcome_format(g->format), g->whole.digest,
	    g->verified ? "verified" : "not verified",
	    *forms != '\0' ? "; the log was " : "", forms);
	return out;
}

/* The result as an object, but for what a list has. */
static struct json *
extract_object(struct extract *x, enum wire_exit status)
{
	char message[MSG_MAX], shown[MSG_NAME];
	bool ok = status == WIRE_OK;
	const char *reason = outcome_reason(&x->gather, &x->deliver, status);
	struct json *o;

	if (x->pod.reason[0] != '\0')
		reason = x->pod.reason;
	o = result_new(status, outcome_word(&x->gather, status), reason,
	    ok ? extract_summary(x, message, sizeof message) : NULL);
	if (x->image != NULL)
		json_add_string(o, "image",
		    msg_mask(shown, sizeof shown, x->image));
	if (ok)
		outcome_add_delivered(o, &x->gather, &x->deliver);
	if (ok && x->deliver.n_paths + x->deliver.strip > 0)
		json_add_uint(o, "selected", x->deliver.select.entries);
	if (x->pod.failure != NULL &&
	    json_get_array(x->pod.failure, "findings") != NULL)
		(void)json_add(o, "findings",
		    json_copy(json_get(x->pod.failure, "findings")));
	outcome_add_logs(o, &x->gather, &x->deliver, status);
	return o;
}

/* Warn of what is not verified. */
static void
extract_warn_unverified(const struct extract *x)
{
	const struct gather *g = &x->gather;

	if (!g->verified)
		msg_warn(0, "not verified: %s has no digest",
		    g->format == GATHER_JSON ? "this form of log"
		                             : outcome_format(g->format));
}

/* Tell how it went; the exit code. */
static enum wire_exit
extract_tell_result(struct extract *x, enum wire_exit status)
{
	char summary[MSG_MAX];
	bool ok = status == WIRE_OK;
	int ret = 0;

	if (ok)
		extract_warn_unverified(x);
	if (x->json && !x->listed)
		ret = result_print(extract_object(x, status));
	else if (ok && !x->json && !x->quiet && x->deliver.has_target)
		ret = term_out_line("%s",
		    extract_summary(x, summary, sizeof summary));
	else if (ok && x->list && !x->json && !x->quiet)
		term_err_line("%s",
		    extract_summary(x, summary, sizeof summary));
	if (out_flush() < 0)
		return WIRE_FAIL;
	return ok && ret < 0 ? WIRE_FAIL : status;
}

/* -------------------------------------------------------------------- list */

/* An entry of the list as JSON: each but the first one after a comma. */
static int
extract_show_json(struct extract *x, const struct tarin_entry *e)
{
	char *text = json_finish(outcome_entry(e), JSON_COMPACT);

	if (text == NULL)
		return -1;
	out_printf("%s%s", x->listed ? "," : "{\"list\":[", text);
	x->listed = true;
	result_is_told();
	free(text);
	return 0;
}

static int
extract_show_entry(void *arg, const struct tarin_entry *e)
{
	struct extract *x = arg;

	if (x->json)
		return extract_show_json(x, e);
	outcome_show_entry(e);
	return 0;
}

/*
 * The object with the list in it, which is written as it is read.  So it comes
 * first, and how that ended after it.
 */
static enum wire_exit
extract_list_json(struct extract *x)
{
	enum wire_exit status = deliver_show(&x->deliver, &x->gather,
	    extract_show_entry, x);
	char *text;

	if (status != WIRE_OK && signals_stop != 0)
		status = signals_exit();
	if (status != WIRE_OK && !x->listed)
		return status;
	text = json_finish(extract_object(x, status), JSON_COMPACT);
	if (text == NULL)
		return WIRE_FAIL;
	out_text(x->listed ? "]," : "{\"list\":[],");
	out_line(text + 1);
	free(text);
	x->listed = true;
	result_is_told();
	return status;
}

/* ----------------------------------------------------------------- command */

/* Do what was asked for with a bundle that is whole. */
static enum wire_exit
extract_deliver(struct extract *x)
{
	struct deliver *d = &x->deliver;

	if (d->cat != NULL)
		return deliver_cat(d, &x->gather);
	if (!x->list)
		return deliver_make(d, &x->gather);
	if (x->json)
		return extract_list_json(x);
	return deliver_show(d, &x->gather, extract_show_entry, x);
}

static enum wire_exit
extract_read_logs(struct extract *x)
{
	enum wire_exit status;

	progress_start(&x->progress, "read", x->quiet);
	status = read_input(x);
	if (status == WIRE_OK)
		status = whole_judge(&x->gather);
	if (status == WIRE_OK && x->image == NULL)
		status = extract_unwrap(x);
	if (status != WIRE_OK)
		return status;
	status = extract_deliver(x);
	/* what no digest verified may be better the next time */
	if (status == WIRE_CORRUPT && !x->gather.verified)
		x->gather.again = true;
	return status;
}

/* From here on only the logs can be read, and only the target be written. */
static void
extract_shut_doors(const struct extract *x)
{
	struct sandbox_places places = {0};
	size_t i;

	for (i = 0; i < x->n_logs; i++)
		sandbox_allow(&places, x->logs[i], false);
	if (x->witness != NULL)
		sandbox_allow(&places, x->witness, false);
	if (x->deliver.has_target)
		sandbox_allow_fd(&places, x->deliver.target.parent, true);
	/* an image archive is kept there, where it comes from a pipe */
	sandbox_allow_temporary(&places);
	(void)sandbox_shut(&places);
}

static enum wire_exit
extract(struct extract *x)
{
	struct gather_opts o = {.max_size = x->deliver.max_size,
	    .expect = x->expect,
	    .stop = &signals_stop,
	    .progress = &x->progress};
	enum wire_exit status = WIRE_FAIL;

	x->deliver.stop = &signals_stop;
	x->deliver.quiet = x->quiet;
	x->deliver.progress = &x->progress;
	if (extract_check_input(x) < 0 || deliver_open(&x->deliver) < 0)
		return WIRE_FAIL;
	o.dir = deliver_temp(&x->deliver);
	if (gather_open(&x->gather, &o) == 0) {
		extract_shut_doors(x);
		status = extract_read_logs(x);
		/* what was done before a signal came is done */
		if (status != WIRE_OK && signals_stop != 0)
			status = signals_exit();
		else
			status = extract_tell_result(x, status);
		if (!x->closed)
			gather_close(&x->gather);
	}
	witness_free(&x->pod);
	deliver_close(&x->deliver);
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
    {"expect-digest", 0, "DIGEST", "the tar.gz must have this digest",
        OPT_OTHER(struct extract, expect, extract_take_digest,
            "sha256: and 64 hexadecimal digits in lower case")},
    {"witness", 0, "FILE", "must agree with the termination message in FILE",
        OPT_TEXT(struct extract, witness)},
    {0},
};
static const struct opt extract_result_rows[] = {
    {"list", 0, NULL, "only list the entries", OPT_FLAG(struct extract, list)},
    {"cat", 0, "PATH", "only write this file to standard output",
        OPT_TEXT(struct extract, deliver.cat)},
    {"force", 0, NULL, "replace a directory or file that extract made before",
        OPT_FLAG(struct extract, deliver.force)},
    {"strip-components", 0, "N", "remove the first N components of each name",
        OPT_NUMBER(struct extract, deliver.strip, 0, 1000)},
    {"output", 'o', "text|json", "format of the result (default: text)",
        OPT_SECOND(struct extract, json)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct extract, quiet)},
    {0},
};
static const struct opt_group extract_groups[] = {
    {"Where the bundle goes", deliver_rows, offsetof(struct extract, deliver)},
    {"What is written, and the result", extract_result_rows, 0},
    {"What must agree", extract_rows, 0},
    {0},
};
const struct opt_command cmd_extract_options = {
    .name = "extract",
    .usage = " [OPTION...] [LOG...] [PATH...] [-- PATH...]",
    .about =
        "Read a bundle from pod logs (json, jsonl, tar.gz or tar), verify it, and write\n"
        "it whole or not at all.  Without LOG standard input is read.  Logs of one\n"
        "bundle complete each other, in any order: as kubectl prints them, or the log\n"
        "files of a node, also rotated or in gzip.  With PATH only this, and all below\n"
        "it, is written.  All arguments after -- are PATHs, and so is one after the\n"
        "first LOG that is not a file.\n",
    .groups = extract_groups,
    .after =
        "exit: 0 done, 1 failure, 2 wrong usage, 3 the bundle is refused, 4 the log is\n"
        "incomplete or corrupt\n",
    .operands = "LOGs and PATHs",
    .most = OPT_ANY,
};

/* Do the options go together?  Returns 0, or -1 (reported). */
static int
extract_check_options(struct extract *x)
{
	const char *why = deliver_conflict(&x->deliver, x->list, x->json);

	if (why != NULL)
		return opt_wrong(&cmd_extract_options, "%s", why);
	if (x->deliver.dir == NULL && x->deliver.tar == NULL &&
	    x->deliver.cat == NULL && !x->list)
		x->deliver.dir = "bundle";
	return 0;
}

/* How many operands come after "--": always paths. */
static size_t
extract_count_paths(int argc, char *const *argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		continue;
	return i < argc ? (size_t)(argc - i - 1) : 0;
}

/*
 * Part n operands into logs and paths, the last n_paths being such.  Behind the
 * first log, what is not a file is one, too.
 */
static void
extract_part_operands(struct extract *x, char **operands, size_t n,
    size_t n_paths)
{
	struct stat st;

	x->logs = operands;
	x->n_logs = n - n_paths;
	if (x->n_logs > 0 && podstream_is_reference(operands[0])) {
		x->image = operands[0];
		x->n_logs = 1;
	}
	while (x->n_logs > 1 && strcmp(operands[x->n_logs - 1], "-") != 0 &&
	    (stat(operands[x->n_logs - 1], &st) < 0 || S_ISDIR(st.st_mode)))
		x->n_logs--;
	x->deliver.paths = operands + x->n_logs;
	x->deliver.n_paths = n - x->n_logs;
}

int
cmd_extract(int argc, char **argv)
{
	static const struct deliver defaults = DELIVER_DEFAULTS;
	size_t n_paths = extract_count_paths(argc, argv);
	int n;
	struct extract *x;
	int code;

	x = calloc(1, sizeof *x);
	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->deliver = defaults;
	n = opt_parse(&cmd_extract_options, x, argc, argv, &code);
	if (n >= 0) {
		code = WIRE_USAGE;
		extract_part_operands(x, argv + 1, (size_t)n, n_paths);
		if (extract_check_options(x) == 0) {
			signals_catch(0);
			code = (int)extract(x);
		}
	}
	free(x);
	return code;
}
