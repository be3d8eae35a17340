/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of a command for programs: unpack-json(5).
 */
#include "base/result.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/out.h"

/* for people, after a signal */
#define RESULT_STOPPED "stopped by a signal"

static const char *kind = "Result";
static const char *because;
static bool wanted;
static volatile sig_atomic_t told;

void
result_start(const char *name, bool json)
{
	kind = name;
	wanted = json;
	told = false;
	because = NULL;
}

/*
 * The value of arg, an option of c: "" where that is the next argument; NULL
 * where it has none.  Is it the one for the output?
 */
static const char *
result_value(const struct opt_command *c, const char *arg, bool *output)
{
	static const char name[] = "output";
	const struct opt *row;
	size_t n;

	if (arg[1] == '-') {
		n = strcspn(arg + 2, "=");
		row = opt_find(c, arg + 2, n, 0);
		*output = n > 0 && n < sizeof name &&
		    memcmp(name, arg + 2, n) == 0;
		if (arg[2 + n] == '=')
			return arg + 2 + n + 1;
		return *output || (row != NULL && row->value != NULL) ? ""
		                                                      : NULL;
	}
	for (arg++; *arg != '\0'; arg++) {
		row = opt_find(c, NULL, 0, *arg);
		*output = *arg == 'o';
		if (*output || (row != NULL && row->value != NULL))
			return arg[1] == '=' ? arg + 2 : arg + 1;
	}
	return NULL;
}

bool
result_is_asked(const struct opt_command *c, int argc, char *const *argv)
{
	const char *value;
	bool asked = false, output = false;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		value = argv[i][0] == '-' && argv[i][1] != '\0'
		    ? result_value(c, argv[i], &output)
		    : NULL;
		if (value != NULL && *value == '\0' && i + 1 < argc)
			value = argv[++i];
		if (value != NULL && output)
			asked = strcmp(value, "json") == 0;
	}
	return asked;
}

void
result_because(const char *reason)
{
	because = reason;
}

/* A reason for an error number; NULL where it tells too little. */
static const char *
result_errno_reason(int err)
{
	switch (err) {
	case ENOSPC:
	case EDQUOT:
		return "NoSpace";
	case EACCES:
	case EPERM:
	case EROFS:
		return "NoPermission";
	case ENOENT:
	case ENOTDIR:
		return "NotFound";
	case ENOMEM:
		return "NoMemory";
	default:
		return NULL;
	}
}

/*
 * The reason of a failure with this exit code: what result_because noted, or
 * what the error number of the last warning tells, or what the code says.
 */
static const char *
result_reason(enum wire_exit code)
{
	const char *reason = NULL;

	switch (code) {
	case WIRE_OK:
		return "OK";
	case WIRE_USAGE:
		return "WrongUsage";
	case WIRE_SIGINT:
	case WIRE_SIGTERM:
		return "Interrupted";
	case WIRE_FAIL:
		reason = result_errno_reason(msg_last_error());
		if (because == NULL)
			return reason != NULL ? reason : "IOError";
		return because;
	case WIRE_BUNDLE:
		return because != NULL ? because : "BundleRefused";
	case WIRE_CORRUPT:
		return because != NULL ? because : "StreamIncomplete";
	}
	return "IOError";
}

struct json *
result_new(enum wire_exit code, const char *result, const char *reason,
    const char *message)
{
	struct json *o = json_new_object();

	if (result == NULL)
		result = code == WIRE_OK ? "ok" : "failed";
	if (message == NULL && (code == WIRE_SIGINT || code == WIRE_SIGTERM))
		message = RESULT_STOPPED;
	if (message == NULL)
		message = msg_last();
	json_add_string(o, "apiVersion", RESULT_VERSION);
	json_add_string(o, "kind", kind);
	json_add_string(o, "result", result);
	json_add_int(o, "exit", code);
	json_add_string(o, "reason",
	    reason != NULL ? reason : result_reason(code));
	json_add_string(o, "message", message);
	return o;
}

int
result_print(struct json *object)
{
	char *text = json_finish(object, JSON_COMPACT);

	if (text == NULL)
		return -1;
	told = true;
	out_line(text);
	free(text);
	return out_flush();
}

void
result_is_told(void)
{
	told = true;
}

bool
result_interrupted(enum wire_exit code)
{
	/* snprintf is not safe in a handler: signal-safety(7) */
	const char *const texts[] = {"{\"apiVersion\":\"" RESULT_VERSION
	                             "\",\"kind\":\"",
	    kind, "\",\"result\":\"failed\",\"exit\":",
	    code == WIRE_SIGINT ? "130" : "143",
	    ",\"reason\":\"Interrupted\",\"message\":\"" RESULT_STOPPED
	    "\"}\n"};
	char line[512];
	size_t i, n, len = 0;

	if (!wanted)
		return true;
	if (told)
		return false;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		n = strlen(texts[i]);
		if (n > sizeof line - len)
			return true;
		memcpy(line + len, texts[i], n);
		len += n;
	}
	out_last_words(line, len);
	return true;
}

enum wire_exit
result_end(enum wire_exit code)
{
	if (!wanted || told || code == WIRE_OK)
		return code;
	(void)result_print(result_new(code, NULL, NULL, NULL));
	return code;
}
