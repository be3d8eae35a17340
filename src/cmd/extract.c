/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl extract: logs, or an image, in; a verified directory or tar out.
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
#include "base/io.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "base/result.h"
#include "base/tempfile.h"
#include "image/podstream.h"
#include "image/source.h"
#include "log/deliver.h"
#include "log/findings.h"
#include "log/gather.h"
#include "wire.h"

struct extract {
	/* options */
	const char *witness; /* borrowed; --witness, NULL without */
	const char *expect; /* borrowed; --expect-digest, NULL without */
	const char *image; /* borrowed; --image, NULL: logs */
	const char *sub; /* borrowed; --path, NULL: everything */
	int json;
	bool quiet;
	char **logs; /* borrowed; names of files */
	size_t n_logs; /* 0: standard input */

	/* work */
	struct source source; /* of the image */
	int stream; /* owned; what a pod of it would send, in a file */
	struct json *failure; /* owned; what the witness says of one */
	char reason[64]; /* its reason, fit for a result; "": none */
	struct progress progress;
	struct deliver deliver;
	struct gather *gather; /* owned */
};

/* ------------------------------------------------------------------- input */

/* What follows the last ".log" of a name, without ".gz"; its length. */
static const char *
order_suffix(const char *name, size_t *len)
{
	const char *at = name, *next;

	while ((next = strstr(at, ".log")) != NULL)
		at = next + 4;
	*len = strlen(at);
	if (*len >= 3 && strcmp(at + *len - 3, ".gz") == 0)
		*len -= 3;
	return at;
}

/* Are these files of one log?  *c is then how their times compare. */
static bool
order_is_same(const char *a, const char *b, int *c)
{
	size_t n, m;
	const char *x = order_suffix(a, &n), *y = order_suffix(b, &m);

	/* ".9" and ".10" are numbers, ".20261124-100000" is a date */
	*c = strverscmp(x, y);
	if (n < 6 && m < 6)
		*c = -*c;
	if (n == 0 || m == 0)
		*c = (n == 0) - (m == 0);
	return x > a && x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0;
}

/*
 * The order of time: kubelet and container runtimes rotate a log in the middle
 * of a line, and people name its files in any order.  Sort those of n names
 * that are one log's, equal up to their last ".log", by the suffixes of
 * rotation: a later date is later, a higher number is earlier, none is last.
 * They come where the first of them is; all others keep their places.
 */
static void
order_logs(char **names, size_t n)
{
	size_t i, k;
	char *name;
	int c;

	/* sorted by insertion; files of one log are next to each other */
	for (i = 1; i < n; i++) {
		name = names[i];
		for (k = 0; k < i && !order_is_same(names[k], name, &c); k++)
			continue;
		while (k < i && order_is_same(names[k], name, &c) && c <= 0)
			k++;
		memmove(names + k + 1, names + k, (i - k) * sizeof *names);
		names[k] = name;
	}
}

/* Take in the log `name`, "-" is standard input.  WIRE_OK, or reported. */
static enum wire_exit
extract_read_log(struct extract *x, const char *name)
{
	bool is_stdin = strcmp(name, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	enum wire_exit status = WIRE_OK;
	char shown[MSG_NAME];
	struct stat st;

	msg_mask(shown, sizeof shown, is_stdin ? "standard input" : name);
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_warn(errno, "%s", shown);
		return WIRE_FAIL;
	}
	if (S_ISREG(st.st_mode))
		x->progress.total += (uint64_t)st.st_size;
	if (gather_log(x->gather, fd, shown) < 0)
		status = WIRE_FAIL;
	if (!is_stdin)
		(void)close(fd);
	return status;
}

/*
 * Read the witness.  WIRE_OK: it describes a bundle, and x->gather knows it.
 * Else reported: WIRE_BUNDLE: the pod found the bundle at fault, WIRE_CORRUPT:
 * it failed otherwise; WIRE_FAIL: it cannot be read, or is neither.
 */
static enum wire_exit
extract_read_witness(struct extract *x)
{
	char text[WIRE_TERM_MAX + 1], shown[MSG_NAME], message[1024];
	int fd = open(x->witness, O_RDONLY | O_CLOEXEC);
	const char *reason;
	ssize_t n = -1;

	msg_mask(shown, sizeof shown, x->witness);
	if (fd >= 0)
		n = io_read(fd, text, sizeof text);
	if (n < 0)
		msg_warn(errno, "%s", shown);
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return WIRE_FAIL;
	if (gather_witness(x->gather, text, (size_t)n) == 0)
		return WIRE_OK;
	x->failure = json_parse(text, (size_t)n);
	if (strcmp(json_get_text(x->failure, "result"), "failed") == 0) {
		reason = json_get_text(x->failure, "reason");
		msg_mask(x->reason, sizeof x->reason,
		    *reason != '\0' ? reason : "UnpackFailed");
		msg_warn(0, "%s: the pod failed: %s: %s", shown, x->reason,
		    msg_mask(message, sizeof message,
		        json_get_text(x->failure, "message")));
		findings_tell(x->failure);
	} else if (gather_report(x->gather, shown, text, (size_t)n) == 0) {
		/* the end of the log: terminationMessagePolicy */
		snprintf(x->reason, sizeof x->reason, "%s",
		    gather_reason(x->gather));
	} else {
		msg_warn(0,
		    "%s: not a termination message of unpack: it describes neither a bundle nor a failure",
		    shown);
		return WIRE_FAIL;
	}
	return strncmp(x->reason, "Bundle", 6) == 0 ? WIRE_BUNDLE
	                                            : WIRE_CORRUPT;
}

/* Take in everything.  WIRE_OK, or what it comes to (reported). */
static enum wire_exit
extract_read(struct extract *x)
{
	enum wire_exit status = WIRE_OK;
	char shown[MSG_NAME];
	size_t i;

	if (x->witness != NULL)
		status = extract_read_witness(x);
	if (status != WIRE_OK)
		return status;
	if (x->image != NULL) {
		/* the stream that a pod of the image would send */
		msg_mask(shown, sizeof shown, x->image);
		status = podstream_write(&x->source, shown, x->sub,
		    x->deliver.max_size, x->stream);
		if (status == WIRE_OK && lseek(x->stream, 0, SEEK_SET) < 0) {
			msg_warn(errno, "read a temporary file");
			status = WIRE_FAIL;
		}
		if (status == WIRE_OK &&
		    gather_log(x->gather, x->stream, shown) < 0)
			status = WIRE_FAIL;
		return status;
	}
	if (x->n_logs == 0)
		return extract_read_log(x, "-");
	order_logs(x->logs, x->n_logs);
	for (i = 0; i < x->n_logs && status == WIRE_OK; i++)
		status = extract_read_log(x, x->logs[i]);
	return status;
}

/* ------------------------------------------------------------------ result */

/* The sentence of a success. */
static const char *
extract_summary(const struct extract *x, char *out, size_t size)
{
	const struct deliver *d = &x->deliver;
	const struct gather_result *g = gather_result(x->gather);
	const char *name = d->tar != NULL ? d->tar : d->dir;
	char shown[MSG_NAME];

	snprintf(out, size,
	    "%s%s%" PRIu64 " entries, %" PRIu64 " bytes, %s %s, %s",
	    name != NULL ? msg_mask(shown, sizeof shown, name) : "",
	    name != NULL ? ": " : "", d->counts.entries, d->counts.bytes,
	    gather_format_name(g->format), g->whole.digest,
	    g->verified ? "verified" : "not verified");
	return out;
}

/* The code for the reason. */
static const char *
extract_reason(const struct extract *x, enum wire_exit status)
{
	const char *rule = x->deliver.counts.rule;

	if (x->reason[0] != '\0')
		return x->reason;
	if (status == WIRE_OK || gather_reason(x->gather) != NULL)
		return gather_reason(x->gather);
	if (status == WIRE_CORRUPT)
		return "StreamCorrupt";
	if (status != WIRE_BUNDLE || rule == NULL)
		return NULL;
	return strcmp(rule, "too-large") == 0 ? "BundleTooLarge"
	                                      : "EntryRefused";
}

/* Add which parts to fetch. */
static void
extract_add_missing(struct json *to, const struct gather *g)
{
	struct json *list, *one;
	char text[RANGES_TEXT];
	uint64_t first = 0, last;

	json_add_string(to, "parts", gather_missing_text(g, text));
	list = json_add_array(to, "missing");
	for (; gather_missing(g, &first, &last); first = last + 1) {
		one = json_add_array(list, NULL);
		json_add_uint(one, NULL, first);
		if (last == GATHER_OPEN) {
			(void)json_add(one, NULL, json_new_null());
			break;
		}
		json_add_uint(one, NULL, last);
	}
	if (gather_result(g)->total != 0)
		json_add_uint(to, "total", gather_result(g)->total);
}

/* Add what an `unpack` that failed has said in a log. */
static void
extract_add_report(struct json *to, const struct notes *n)
{
	bool found = json_has(to, "findings");
	struct json *list, *lines;
	char shown[MSG_NAME];
	const char *at, *end;
	size_t len;

	list = found ? NULL : json_add_array(to, "findings");
	lines = json_add_array(to, "log");
	for (at = n->report; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		len = (size_t)(end - at);
		json_add_string(lines, NULL,
		    msg_mask_mem(shown, sizeof shown, at, len));
		findings_read_line(list, at, len);
	}
	if (n->report_more > 0 && !found)
		json_add_uint(to, "more", n->report_more);
}

/* The word for the result; what makes it incomplete is to be fetched. */
static const char *
extract_word(const struct extract *x, enum wire_exit status)
{
	const struct gather_result *is = gather_result(x->gather);
	uint64_t first = 0, last;
	bool other = is->why == GATHER_FINE || is->why == GATHER_OTHER;

	if (status == WIRE_OK)
		return "ok";
	if (status == WIRE_BUNDLE && is->why == GATHER_FINE)
		return "refused";
	if (status != WIRE_CORRUPT)
		return "failed";
	if ((other || is->why == GATHER_MISSING ||
	        (is->why == GATHER_SEVERAL && is->again)) &&
	    gather_missing(x->gather, &first, &last))
		return "incomplete";
	return other ? "corrupt" : "failed";
}

/* The result as an object. */
static struct json *
extract_object(struct extract *x, enum wire_exit status)
{
	const struct gather_result *is = gather_result(x->gather);
	const struct tarin_counts *counts = &x->deliver.counts;
	const char *word = extract_word(x, status), *digest, *log;
	char message[MSG_MAX], shown[MSG_NAME];
	bool ok = status == WIRE_OK;
	struct json *o, *list, *one;
	size_t i;

	o = result_new(status, word, extract_reason(x, status),
	    ok ? extract_summary(x, message, sizeof message) : NULL);
	if (x->image != NULL)
		json_add_string(o, "image",
		    msg_mask(shown, sizeof shown, x->image));
	if (ok)
		deliver_describe(o, &x->deliver);
	if (json_get_array(x->failure, "findings") != NULL)
		(void)json_add(o, "findings",
		    json_copy(json_get(x->failure, "findings")));
	if (strcmp(word, "incomplete") == 0)
		extract_add_missing(o, x->gather);
	if (is->why == GATHER_SEVERAL || is->why == GATHER_OTHER) {
		list = json_add_array(o, "bundles");
		for (i = 0;
		     (digest = gather_bundle(x->gather, i, &log)) != NULL;
		     i++) {
			one = json_add_object(list, NULL);
			json_add_string(one, "digest", digest);
			json_add_string(one, "log", log);
		}
	}
	if (!ok && is->notes.report != NULL)
		extract_add_report(o, &is->notes);
	if (!ok && counts->rule != NULL) {
		json_add_string(o, "rule", counts->rule);
		if (counts->path[0] != '\0')
			json_add_string(o, "path", counts->path);
	}
	json_add_uint(o, "foreign", is->foreign);
	json_add_uint(o, "damaged", is->damaged);
	json_add_uint(o, "repeated", is->repeated);
	return o;
}

/* Tell how it went; the exit code. */
static enum wire_exit
extract_tell_result(struct extract *x, enum wire_exit status)
{
	const struct gather_result *g = gather_result(x->gather);
	char summary[MSG_MAX];
	bool ok = status == WIRE_OK;
	int ret = 0;

	if (ok && !g->verified)
		msg_warn(0, "not verified: %s has no digest%s",
		    g->format == GATHER_JSON ? "this form of log"
		                             : gather_format_name(g->format),
		    x->deliver.counts.is_image
		        ? "; it looks like an image: extract --image writes the files of one"
		        : "");
	if (x->json)
		ret = result_print(extract_object(x, status));
	else if (ok && !x->quiet && x->deliver.has_target)
		out_line(extract_summary(x, summary, sizeof summary));
	else if (ok && x->deliver.list && !x->quiet)
		msg_line("%s", extract_summary(x, summary, sizeof summary));
	if (out_flush() < 0)
		return WIRE_FAIL;
	return ok && ret < 0 ? WIRE_FAIL : status;
}

/* ----------------------------------------------------------------- command */

/* Can all that was named be read?  Returns 0, or -1 (reported). */
static int
extract_check_input(const struct extract *x)
{
	char shown[MSG_NAME];
	const char *name;
	size_t i;

	for (i = 0; i <= x->n_logs; i++) {
		name = i < x->n_logs ? x->logs[i] : x->witness;
		if (name == NULL || strcmp(name, "-") == 0 ||
		    access(name, R_OK) == 0)
			continue;
		msg_warn(errno, "%s", msg_mask(shown, sizeof shown, name));
		return -1;
	}
	return 0;
}

/*
 * From here on only the logs or the image can be read, and only the target be
 * written.
 */
static void
extract_shut_doors(const struct extract *x)
{
	struct sandbox_places places = {0};
	size_t i;

	if (x->image != NULL)
		sandbox_allow(&places, x->source.path, -1, SANDBOX_READ);
	for (i = 0; i < x->n_logs; i++)
		sandbox_allow(&places, x->logs[i], -1, SANDBOX_READ);
	if (x->witness != NULL)
		sandbox_allow(&places, x->witness, -1, SANDBOX_READ);
	deliver_allow(&x->deliver, &places);
	sandbox_allow_temporary(&places);
	(void)sandbox_shut(&places, SANDBOX_EXTRACT);
}

static enum wire_exit
extract(struct extract *x)
{
	struct gather_opts o = {.max_size = x->deliver.max_size,
	    .expect = x->expect,
	    .stop = &signals_stop,
	    .progress = &x->progress};
	enum wire_exit status = WIRE_OK;

	x->deliver.stop = &signals_stop;
	x->deliver.quiet = x->quiet;
	x->deliver.progress = &x->progress;
	if (extract_check_input(x) < 0 || deliver_open(&x->deliver) < 0)
		return WIRE_FAIL;
	o.dir = deliver_temp(&x->deliver);
	/* before the doors are shut: a tool may have to fetch it */
	if (x->image != NULL)
		status = source_fetch(&x->source, x->image,
		    x->deliver.max_size * PODSTREAM_FACTOR, NULL);
	if (status == WIRE_OK &&
	    ((x->image != NULL && (x->stream = tempfile_unnamed(o.dir)) < 0) ||
	        (x->gather = gather_open(&o)) == NULL ||
	        deliver_begin(&x->deliver) < 0))
		status = WIRE_FAIL;
	if (status != WIRE_OK)
		goto out;
	extract_shut_doors(x);
	progress_start(&x->progress, "read", x->quiet);
	status = extract_read(x);
	if (status == WIRE_OK)
		status = gather_judge(x->gather, true);
	if (status == WIRE_OK) {
		status = deliver_make(&x->deliver, x->gather);
		/* what no digest verified may be better the next time */
		if (status == WIRE_CORRUPT)
			gather_doubt(x->gather);
	}
	/* what was done before a signal came is done */
	if (status != WIRE_OK && signals_stop != 0)
		status = signals_exit();
	else
		status = extract_tell_result(x, status);
out:
	gather_close(x->gather);
	if (x->stream > 0)
		(void)close(x->stream);
	source_close(&x->source);
	json_free(x->failure);
	deliver_close(&x->deliver);
	return status;
}

/* An opt_take: sha256:HEX. */
static const char *
extract_take_digest(const struct opt *o, void *to, const char *value)
{
	return digest_is_text(value) ? opt_take_text(o, to, value) : "";
}

/* An opt_take: "a/b", "/a//b/"; argv's text is cleaned. */
static const char *
extract_take_path(const struct opt *o, void *to, const char *value)
{
	return path_clean_beneath((char *)(uintptr_t)value) == 0
	    ? opt_take_text(o, to, value)
	    : "";
}

static const struct opt extract_rows[] = {
    {"expect-digest", 0, "DIGEST", "the tar.gz must have this digest",
        OPT_OTHER(struct extract, expect, extract_take_digest,
            "sha256: and 64 hexadecimal digits in lower case")},
    {"witness", 0, "FILE",
        "compare with the termination message in FILE; fail if they differ",
        OPT_TEXT(struct extract, witness)},
    {0},
};
static const struct opt extract_result_rows[] = {
    {"list", 0, NULL, "only list the entries",
        OPT_FLAG(struct extract, deliver.list)},
    {"output", 'o', "text|json", "format of the result (default: text)",
        OPT_CHOICE(struct extract, json)},
    {"quiet", 'q', NULL, "no progress, no summary",
        OPT_FLAG(struct extract, quiet)},
    {0},
};
static const struct opt extract_image_rows[] = {
    {"image", 0, "NAME", "extract this image; NAME is as check takes it",
        OPT_TEXT(struct extract, image)},
    {"path", 0, "SUB", "only this file, or this directory and all below it",
        OPT_OTHER(struct extract, sub, extract_take_path,
            "a path in the image, without ..")},
    {0},
};
static const struct opt_group extract_groups[] = {
    {"An image in place of logs", extract_image_rows, 0},
    {"Where the bundle goes", deliver_rows, offsetof(struct extract, deliver)},
    {"What is written, and the result", extract_result_rows, 0},
    {"What must agree", extract_rows, 0},
    {0},
};
const struct opt_command cmd_extract_options = {
    .name = "extract",
    .usage = " [OPTION...] [LOG... | --image NAME [--path SUB]]",
    .about =
        "Read a bundle from pod logs (json, jsonl, tar.gz or tar), or the files of an\n"
        "image (--image: from a registry, a store or an archive, without privileges),\n"
        "verify it, and write it whole or not at all.  Without LOG standard input is\n"
        "read.  Logs of one bundle complete each other, in any order: as kubectl prints\n"
        "them, or the log files of a node, also rotated or in gzip.\n",
    .groups = extract_groups,
    .after =
        "exit: 0 done, 1 failure, 2 wrong usage, 3 the bundle is refused, 4 the log is\n"
        "incomplete or corrupt\n",
    .operands = "LOGs",
    .most = OPT_ANY,
};

int
cmd_extract(int argc, char **argv)
{
	struct extract *x;
	const char *why;
	int n, code;

	x = calloc(1, sizeof *x);
	if (x == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	x->deliver = (struct deliver)DELIVER_DEFAULTS;
	n = opt_parse(&cmd_extract_options, x, argc, argv, &code);
	if (n >= 0) {
		x->logs = argv + 1;
		x->n_logs = (size_t)n;
		why = deliver_conflict(&x->deliver, x->json);
		if (why == NULL && x->image != NULL && n > 0)
			why = "give one of --image and LOG";
		if (why == NULL && x->image == NULL && x->sub != NULL)
			why =
			    "--path goes with --image; of a log's bundle: --tar - LOG | tar x PATH";
		if (x->deliver.tar == NULL && x->deliver.dir == NULL &&
		    !x->deliver.list)
			x->deliver.dir = "bundle";
		code = why != NULL ? opt_wrong(&cmd_extract_options, "%s", why)
		                   : (int)extract(x);
	}
	free(x);
	return code;
}
