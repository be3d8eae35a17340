/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What check, check-pod and test found.
 */
#include "result/found.h"

#include <string.h>

#include "wire.h"

const struct opt found_rows[] = {
    {"fail-on", 0, "error|warning", "what makes an image fail (default: error)",
        OPT_CHOICE(struct found_opts, strict)},
    {"ignore", 0, "CODE[:PATH]", "ignore this finding (repeatable)",
        OPT_OTHER(struct found_opts, ignores, ignores_take,
            "a code that unpackctl explain lists, and perhaps :PATH")},
    {"ignores-from", 0, "FILE",
        "ignore what FILE lists: CODE[:PATH]  # REASON on each line",
        OPT_TEXT(struct found_opts, ignores.file)},
    {"output", 'o', FOUND_WORDS, "format of the result (default: text)",
        OPT_CHOICE(struct found_opts, form)},
    {"quiet", 'q', NULL, "print no text, only set the exit code",
        OPT_FLAG(struct found_opts, quiet)},
    {0},
};

enum found_state
found_state(const struct json *item)
{
	const char *result = json_get_text(item, "result");
	int64_t code = WIRE_FAIL;

	if (json_has(item, "allowed"))
		return json_bool(json_get(item, "allowed"), false) ? FOUND_GOOD
		                                                   : FOUND_BAD;
	if (json_int(json_get(item, "exit"), 0, 255, &code) < 0 &&
	    *result != '\0')
		code = strcmp(result, "ok") == 0    ? WIRE_OK
		    : strcmp(result, "failed") == 0 ? WIRE_BUNDLE
		                                    : WIRE_FAIL;
	return code == WIRE_OK    ? FOUND_GOOD
	    : code == WIRE_BUNDLE ? FOUND_BAD
	                          : FOUND_BROKEN;
}

const char *
found_name(const struct json *item)
{
	const char *name = json_get_string(item, "image");

	if (name == NULL)
		name = json_get_string(item, "where");
	return name != NULL ? name : json_get_text(item, "file");
}
