/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of a pod's log, in place of the few of its last message. */
#include "cluster/podfindings.h"

#include <stdlib.h>

#include "tap.h"

/* The report, after the log was read. */
static void
reads(const char *report, const char *log, const char *wanted)
{
	struct json *object = json_parse(report, strlen(report));
	struct tempfile f;
	char *text;

	OK(tempfile_open(&f, 1 << 20) == 0);
	OK(tempfile_add(&f, log, strlen(log)) == 0);
	podfindings_read(object, &f);
	text = json_print(object, JSON_COMPACT);
	OK_STR(text, wanted);
	free(text);
	json_free(object);
	tempfile_close(&f);
}

static bool
more(const char *report)
{
	struct json *object = json_parse(report, strlen(report));
	bool yes = podfindings_more(object);

	json_free(object);
	return yes;
}

#define FILE_LINE "unpack: a/b: not readable by uid 7; fix: chmod a+r\n"
#define FILE_FOUND \
	"{\"code\":\"file-not-readable\",\"path\":\"a/b\",\"message\":\"not " \
	"readable by uid 7\",\"fix\":\"chmod a+r\"}"

int
main(void)
{
	OK(more("{\"more\":1}") && more("{\"more\":2}"));
	OK(!more("{\"more\":0}") && !more("{}") && !more("{\"more\":\"1\"}"));

	reads("{\"findings\":[{\"x\":1}],\"more\":2}",
	    "{\"part\":0}\n" FILE_LINE
	    "unpack: d: directory not readable by x; fix: f1\n"
	    "unpack: e: directory not searchable by x; fix: f2\n"
	    "unpack: h: hidden by a mount of x; fix: f3\n"
	    "unpack: something else; fix: f\n"
	    "unpack: a/c: not readable by uid 7\n"
	    "other: a/c: not readable by uid 7; fix: f\n",
	    "{\"findings\":[" FILE_FOUND
	    ",{\"code\":\"directory-not-readable\",\"path\":\"d\",\"message\":"
	    "\"directory not readable by x\",\"fix\":\"f1\"},"
	    "{\"code\":\"directory-not-searchable\",\"path\":\"e\",\"message\":"
	    "\"directory not searchable by x\",\"fix\":\"f2\"},"
	    "{\"code\":\"content-hidden\",\"path\":\"h\",\"message\":"
	    "\"hidden by a mount of x\",\"fix\":\"f3\"}]}");
	/* fewer than there are: some are still more */
	reads("{\"findings\":[{\"x\":1}],\"more\":2}", FILE_LINE FILE_LINE,
	    "{\"findings\":[" FILE_FOUND "," FILE_FOUND "],\"more\":1}");
	/* fewer than the report has: it stays */
	reads("{\"findings\":[1,2],\"more\":2}", FILE_LINE,
	    "{\"findings\":[1,2],\"more\":2}");
	reads("{\"findings\":[1],\"more\":2}", "",
	    "{\"findings\":[1],\"more\":2}");
	reads("{\"findings\":[1],\"more\":1}", FILE_LINE,
	    "{\"findings\":[" FILE_FOUND "],\"more\":1}");
	/* the first of such words counts; what is not text is masked */
	reads("{}",
	    "unpack: a: not readable b: hidden by a mount; fix: f; fix: g\n",
	    "{\"findings\":[{\"code\":\"file-not-readable\",\"path\":\"a\","
	    "\"message\":\"not readable b: hidden by a mount\",\"fix\":"
	    "\"f; fix: g\"}]}");
	reads("{}", "unpack: b: hidden by a mount: not readable; fix: f\n",
	    "{\"findings\":[{\"code\":\"content-hidden\",\"path\":\"b\",\"message\":"
	    "\"hidden by a mount: not readable\",\"fix\":\"f\"}]}");
	reads("{}", "unpack: \033a\xff: not readable; fix: \x7f\n",
	    "{\"findings\":[{\"code\":\"file-not-readable\",\"path\":"
	    "\"\\\\x1ba\\\\xff\",\"message\":\"not readable\",\"fix\":"
	    "\"\\\\x7f\"}]}");
	return tap_done();
}
