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

/* The i-th row of those that are asked for, or of all; NULL: no more. */
static const struct codes_row *
explain_at(char *const *asked, size_t i)
{
	if (asked[0] == NULL)
		return codes_table[i].code != NULL ? &codes_table[i] : NULL;
	return asked[i] != NULL ? codes_find(asked[i]) : NULL;
}

int
cmd_explain(int argc, char **argv)
{
	static const char *const articles[] = {"an", "a", "the"};
	struct explain a = {0};
	struct json *all, *codes, *o;
	const struct codes_row *r;
	int code, area = -1;
	char shown[256];
	size_t i;

	if (opt_parse(&cmd_explain_options, &a, argc, argv, &code) < 0)
		return code;
	argv++;
	for (i = 0; argv[i] != NULL; i++)
		if (codes_find(argv[i]) == NULL)
			return opt_wrong(&cmd_explain_options,
			    "unknown code '%s'",
			    msg_mask(shown, sizeof shown, argv[i]));
	all = a.json ? result_new(WIRE_OK, NULL, NULL, "") : NULL;
	codes = json_add_array(all, "codes");
	for (i = 0; (r = explain_at(argv, i)) != NULL; i++) {
		if (a.json) {
			o = json_add_object(codes, NULL);
			json_add_string(o, "code", r->code);
			json_add_string(o, "severity",
			    codes_severities[r->severity]);
			json_add_string(o, "of", codes_areas[r->area]);
			json_add_string(o, "meaning", r->meaning);
			json_add_string(o, "seen", r->seen);
			json_add_string(o, "fix", r->fix);
			continue;
		}
		if (argv[0] != NULL) {
			out_printf(
			    "%s%s (%s, of %s %s)\n\nWhat it means:\n  %s\nIn the cluster:\n  %s\n%s:\n  %s\n",
			    i > 0 ? "\n" : "", r->code,
			    codes_severities[r->severity], articles[r->area],
			    codes_areas[r->area], r->meaning, r->seen,
			    r->severity == CODES_NOTE ? "To avoid it" : "Fix",
			    r->fix);
			continue;
		}
		/* all codes, a line each */
		if ((int)r->area != area)
			out_printf("%sOf %s %s:\n", area < 0 ? "" : "\n",
			    articles[r->area], codes_areas[r->area]);
		area = (int)r->area;
		out_printf("  %-26s %-7s  %s\n", r->code,
		    codes_severities[r->severity], r->meaning);
	}
	if (a.json)
		return result_print(all) == 0 ? WIRE_OK : WIRE_FAIL;
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
}
