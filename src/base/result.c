/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of a command for programs: unpack-json(5).
 */
#include "base/result.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/signals.h"

static const char *kind = "Result";
static const char *because;
static bool wanted;
static bool told;

void
result_start(const char *name, bool json)
{
	kind = name;
	wanted = json;
	told = false;
	because = NULL;
}

bool
result_is_asked(const struct opt_command *c, int argc, char *const *argv)
{
	const struct opt *row;
	const char *value;
	bool asked = false;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		row = opt_word(c, argv[i], &value);
		if (row != NULL && value == NULL && i + 1 < argc)
			value = argv[++i];
		if (row != NULL && value != NULL && row->letter == 'o')
			asked = strcmp(value, "json") == 0;
	}
	return asked;
}

void
result_because(const char *reason)
{
	because = reason;
}

/*
 * The reason of a failure with this exit code: what result_because noted, or
 * what the error number of the last warning tells, or what the code says.
 */
static const char *
result_reason(enum wire_exit code)
{
	if (code == WIRE_OK)
		return "OK";
	if (code == WIRE_USAGE)
		return "WrongUsage";
	if (code == WIRE_SIGINT || code == WIRE_SIGTERM)
		return "Interrupted";
	if (because != NULL)
		return because;
	if (code == WIRE_BUNDLE)
		return "BundleRefused";
	if (code == WIRE_CORRUPT)
		return "StreamIncomplete";
	switch (msg_last_error()) {
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
		return "IOError";
	}
}

struct json *
result_new(enum wire_exit code, const char *result, const char *reason,
    const char *message)
{
	struct json *o = json_new_object();

	if (result == NULL)
		result = code == WIRE_OK ? "ok" : "failed";
	if (message == NULL && (code == WIRE_SIGINT || code == WIRE_SIGTERM))
		message = "stopped by a signal";
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

enum wire_exit
result_end(enum wire_exit code)
{
	/* what was done before a signal came is done */
	if (code == WIRE_FAIL && signals_stop != 0 && signals_stop != SIGALRM)
		code = signals_exit();
	if (wanted && !told && code != WIRE_OK)
		(void)result_print(result_new(code, NULL, NULL, NULL));
	return code;
}
