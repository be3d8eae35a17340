/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl explain: what a finding's code means.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/result.h"
#include "bundle/codes.h"
#include "wire.h"

struct explain {
	int json;
};

static const struct opt explain_rows[] = {
    {"output", 'o', "text|json", "format (default: text)",
        OPT_CHOICE(struct explain, json)},
    {0},
};
static const struct opt_group explain_groups[] = {
    {NULL, explain_rows, 0},
    {0},
};
static const char *
explain_code(size_t i)
{
	return codes_table[i].code;
}

const struct opt_command cmd_explain_options = {
    .name = "explain",
    .usage = " [OPTION...] [CODE...]",
    .about =
        "Print what the code of a finding means, what happens in a cluster, and\n"
        "how to fix it.  Without CODE all codes are listed.\n",
    .groups = explain_groups,
    .after = "exit: 0 done, 1 failure, 2 no such code, or wrong usage\n",
    .operands = "codes",
    .least = 0,
    .most = OPT_ANY,
    .offer = explain_code,
};

/* The page of a code. */
static void
explain_row(const struct codes_row *r)
{
	out_printf("%s (%s, of %s %s)\n\n", r->code,
	    codes_severity_name(r->severity),
	    r->area == CODES_IMAGE     ? "an"
	        : r->area == CODES_POD ? "a"
	                               : "the",
	    codes_area_name(r->area));
	out_printf("What it means:\n  %s\nIn the cluster:\n  %s\n%s:\n  %s\n",
	    r->meaning, r->seen,
	    r->severity == CODES_NOTE ? "To avoid it" : "Fix", r->fix);
}

static void
explain_add(struct json *to, const struct codes_row *r)
{
	struct json *o = json_add_object(to, NULL);

	json_add_string(o, "code", r->code);
	json_add_string(o, "severity", codes_severity_name(r->severity));
	json_add_string(o, "of", codes_area_name(r->area));
	json_add_string(o, "meaning", r->meaning);
	json_add_string(o, "seen", r->seen);
	json_add_string(o, "fix", r->fix);
}

int
cmd_explain(int argc, char **argv)
{
	static const char *const heads[] = {"Of an image:", "Of a pod:",
	    "Of the cluster:"};
	struct explain a = {0};
	struct json *o, *all;
	const struct codes_row *r;
	int code, area = -1;
	char **c, shown[256];

	if (opt_parse(&cmd_explain_options, &a, argc, argv, &code) < 0)
		return code;
	for (c = argv + 1; *c != NULL; c++)
		if (codes_find(*c) == NULL) {
			(void)opt_wrong(&cmd_explain_options,
			    "unknown code '%s'",
			    msg_mask(shown, sizeof shown, *c));
			return WIRE_USAGE;
		}
	if (a.json) {
		o = result_new(WIRE_OK, NULL, NULL, "");
		all = json_add_array(o, "codes");
		for (r = codes_table; argv[1] == NULL && r->code != NULL; r++)
			explain_add(all, r);
		for (c = argv + 1; *c != NULL; c++)
			explain_add(all, codes_find(*c));
		return result_print(o) < 0 ? WIRE_FAIL : WIRE_OK;
	}
	/* all codes, a line each */
	for (r = codes_table; argv[1] == NULL && r->code != NULL; r++) {
		if ((int)r->area != area)
			out_printf("%s%s\n", area < 0 ? "" : "\n",
			    heads[r->area]);
		area = (int)r->area;
		out_printf("  %-26s %-7s  %s\n", r->code,
		    codes_severity_name(r->severity), r->meaning);
	}
	for (c = argv + 1; *c != NULL; c++) {
		if (c > argv + 1)
			out_text("\n");
		explain_row(codes_find(*c));
	}
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
}
