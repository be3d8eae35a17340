/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a command for programs: when it is asked for, and its reason.
 */
#include "base/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/opt.h"
#include "tap.h"

static const struct opt rows[] = {
    {"quiet", 'q', NULL, "say nothing"},
    {"recursive", 'R', NULL, "all"},
    {"namespace", 'n', "NAMESPACE", "where"},
    {"output", 'o', "text|json", "how"},
    {0},
};
static const struct opt_group groups[] = {{NULL, rows, 0}, {0}};
static const struct opt_command command = {.name = "x", .groups = groups};

/* Is JSON asked for with these words, up to a NULL? */
static bool
asked(const char *a, const char *b, const char *c)
{
	const char *const words[] = {"command", a, b, c};
	char *argv[4] = {NULL};
	int argc = 1, i;
	bool yes;

	argv[0] = strdup(words[0]);
	for (i = 1; i < 4 && words[i] != NULL; i++)
		argv[argc++] = strdup(words[i]);
	yes = result_is_asked(&command, argc, argv);
	for (i = 0; i < argc; i++)
		free(argv[i]);
	return yes;
}

static void
questions(void)
{
	OK(asked("-o", "json", NULL));
	OK(asked("-ojson", NULL, NULL));
	OK(asked("-o=json", NULL, NULL));
	OK(asked("-qojson", NULL, NULL));
	OK(asked("-Ro", "json", NULL));
	OK(asked("-qRo=json", NULL, NULL));
	OK(asked("-hRqojson", NULL, NULL));
	OK(asked("-Xojson", NULL, NULL)); /* X is what is wrong */
	OK(asked("-nx", "-o", "json"));
	OK(asked("--namespace=x", "-ojson", NULL));
	OK(!asked("-n", "-ojson", NULL));
	OK(!asked("--namespace", "-ojson", NULL));
	OK(!asked("-Rn", "-o", "json"));
	OK(asked("--output", "json", NULL));
	OK(asked("--output=json", NULL, NULL));
	OK(asked("x", "-o", "json"));
	OK(asked("-o", "text", "-ojson"));
	OK(!asked("-ojson", "-o", "text"));
	OK(!asked("-o", "text", NULL));
	OK(!asked("-o", NULL, NULL));
	OK(!asked("--", "-o", "json"));
	OK(!asked("-", "json", NULL));
	OK(!asked("--output-more=json", NULL, NULL));
	OK(!asked("--outpux=json", NULL, NULL));
	OK(!asked("--", "json", NULL));
	OK(!asked("--=json", NULL, NULL));
	OK(!asked("-nojson", NULL, NULL));
	OK(!asked("json", NULL, NULL));
	OK(!asked(NULL, NULL, NULL));
}

static void
says(enum wire_exit code, const char *key, const char *wanted)
{
	struct json *o = result_new(code, NULL, NULL, NULL);

	OK_STR(json_get_string(o, key), wanted);
	json_free(o);
}

static void
reason(int err, const char *wanted)
{
	msg_warn(err, "it");
	says(WIRE_FAIL, "reason", wanted);
}

static void
reasons(void)
{
	struct json *o;

	result_start("TestResult", true);
	says(WIRE_OK, "reason", "OK");
	says(WIRE_OK, "result", "ok");
	says(WIRE_OK, "kind", "TestResult");
	says(WIRE_USAGE, "reason", "WrongUsage");
	says(WIRE_USAGE, "result", "failed");
	says(WIRE_SIGINT, "reason", "Interrupted");
	says(WIRE_SIGTERM, "reason", "Interrupted");
	says(WIRE_SIGTERM, "message", "stopped by a signal");
	says(WIRE_SIGINT, "message", "stopped by a signal");
	says(WIRE_BUNDLE, "reason", "BundleRefused");
	says(WIRE_CORRUPT, "reason", "StreamIncomplete");
	reason(ENOSPC, "NoSpace");
	reason(EDQUOT, "NoSpace");
	reason(EACCES, "NoPermission");
	reason(EPERM, "NoPermission");
	reason(EROFS, "NoPermission");
	reason(ENOENT, "NotFound");
	reason(ENOTDIR, "NotFound");
	reason(ENOMEM, "NoMemory");
	reason(EIO, "IOError");
	reason(0, "IOError");
	result_because("TargetExists");
	reason(ENOSPC, "TargetExists");
	says(WIRE_BUNDLE, "reason", "TargetExists");
	says(WIRE_CORRUPT, "reason", "TargetExists");
	says(WIRE_USAGE, "reason", "WrongUsage");
	result_start("Other", false);
	says(WIRE_BUNDLE, "reason", "BundleRefused");
	o = result_new(WIRE_SIGTERM, "some", "Reason", "words");
	OK_STR(json_get_string(o, "result"), "some");
	OK_STR(json_get_string(o, "reason"), "Reason");
	OK_STR(json_get_string(o, "message"), "words");
	OK_STR(json_get_string(o, "apiVersion"), RESULT_VERSION);
	json_free(o);
}

/* Printed once, where it is wanted and nobody else has. */
static void
ends(void)
{
	int fd = open("out", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	int tap = dup(STDOUT_FILENO);
	char text[1024] = "";
	const char *d, *e;
	bool same;

	(void)fflush(stdout);
	(void)dup2(fd, STDOUT_FILENO);
	result_start("A", false);
	(void)result_end(WIRE_FAIL);
	result_start("B", true);
	(void)result_end(WIRE_OK);
	result_start("D", true);
	(void)result_print(result_new(WIRE_BUNDLE, NULL, NULL, NULL));
	(void)result_end(WIRE_FAIL);
	result_start("E", true);
	same = result_end(WIRE_CORRUPT) == WIRE_CORRUPT;
	(void)dup2(tap, STDOUT_FILENO);
	(void)close(tap);
	OK(same);
	OK(pread(fd, text, sizeof text - 1, 0) > 0);
	(void)close(fd);
	d = strstr(text, "\"kind\":\"D\"");
	e = strstr(text, "\"kind\":\"E\"");
	OK(d != NULL && e > d);
	OK(strstr(text, "}\n{") != NULL && strstr(text, "}\n") < e);
	OK(strstr(text, "\"A\"") == NULL && strstr(text, "\"B\"") == NULL);
	/* one line each */
	OK(strlen(strstr(e, "\n")) == 1);
}

int
main(void)
{
	questions();
	reasons();
	ends();
	return tap_done();
}
