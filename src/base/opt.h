/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one grammar for options: a row for each, from which come the parser,
 * --help, the complaints, completion and the check of the manuals.
 *
 *	static const struct opt rows[] = {
 *		{"jobs", 'j', "N", "threads that compress",
 *		    OPT_NUMBER(struct args, jobs, 1, 64)},
 *		{"format", 0, "json|tar", "what to write",
 *		    OPT_WORD(struct args, format)},
 *		{0}};
 *	static const struct opt_group groups[] = {{NULL, rows, 0}, {0}};
 *	static const struct opt_command command = {.groups = groups};
 *
 *	n = opt_parse(&command, &args, argc, argv, &code);
 *	if (n < 0)
 *		return code;
 *
 * An option is given as --name VALUE, --name=VALUE, -n VALUE, -nVALUE or
 * -n=VALUE; flags with a letter can stand together (-qv).  Options may follow
 * operands; -- ends them.  Names are not abbreviated.  --help and -h are part
 * of every command.
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt;

/*
 * Take `value` (NULL for a flag) to where the row says.  Returns NULL, or why
 * not, to be printed after what would be right; "" where that says it all.
 */
typedef const char *opt_take(const struct opt *o, void *to, const char *value);

struct opt {
	const char *name; /* without the dashes; NULL: a letter only */
	char letter; /* 0: a name only; no name either: the table ends */
	/*
	 * What it takes, as --help shows it; NULL: it is a flag.  Words in
	 * lower case, with '|' between, are literal (json|text).  FILE, DIR,
	 * NAMESPACE and CONTEXT are what completion offers some of.
	 */
	const char *value;
	const char *help; /* one sentence or less; '\n' begins a line */
	opt_take *take;
	size_t to; /* offset in what the command fills */
	const char *takes; /* what would be right; NULL: the row tells */
	uint64_t min, max;
};

/* The offset of a field; the compiler warns where it is not of that type. */
#define OPT_AT(type, s, field) \
	(offsetof(s, field) + 0 * sizeof((type *)0 == &((s *)0)->field))

/* The ends of rows, by what the field is. */

/* bool: true where the flag is given */
#define OPT_FLAG(s, field) .take = opt_take_flag, .to = OPT_AT(bool, s, field)

/* const char *: the value itself, borrowed from argv */
#define OPT_TEXT(s, field) \
	.take = opt_take_text, .to = OPT_AT(const char *, s, field)

/* uint64_t */
#define OPT_NUMBER(s, field, least, most) \
	.take = opt_take_number, .to = OPT_AT(uint64_t, s, field), \
	.min = (least), .max = (most)

/* uint64_t: bytes; see number_parse_size */
#define OPT_SIZE(s, field, least, most) \
	.take = opt_take_size, .to = OPT_AT(uint64_t, s, field), \
	.min = (least), .max = (most)

/* uint64_t: seconds, 1 to INT32_MAX */
#define OPT_TIME(s, field) \
	.take = opt_take_time, .to = OPT_AT(uint64_t, s, field), \
	.takes = "a time of at least 1s, such as 90s, 10m or 1h30m"

/* const char *: one of the words of `value`, borrowed from argv */
#define OPT_WORD(s, field) \
	.take = opt_take_word, .to = OPT_AT(const char *, s, field)

/* an enum or int: which of the words of `value` it is, from 0 */
#define OPT_CHOICE(s, field) .take = opt_take_choice, .to = offsetof(s, field)

/* anything: `function` is given the field's address */
#define OPT_OTHER(s, field, function, right) \
	.take = (function), .to = offsetof(s, field), .takes = (right)

opt_take opt_take_flag, opt_take_text, opt_take_number, opt_take_size,
    opt_take_time, opt_take_word, opt_take_choice;

/* Options for one task: --help shows them together. */
struct opt_group {
	const char *title; /* NULL: "Options", or more of the group before */
	const struct opt *rows; /* up to one of zeros; NULL ends the groups */
	size_t at; /* offset of what the rows' offsets are in */
};

struct opt_command {
	const char *name; /* of a subcommand; "" or NULL: the program itself */
	const char *usage; /* what --help shows after the name */
	const char *about; /* what it does; lines of up to 79 characters */
	const struct opt_group *groups;
	const char *after; /* what --help says at the end; NULL: nothing */
	/*
	 * Which operands it takes ("one IMAGE"), NULL: none, and how many; a
	 * `most` of 0 goes with NULL.  OPT_ANY: any number.
	 */
	const char *operands;
	int least, most;
	/* the i-th operand that completion offers, or NULL; NULL: files */
	const char *(*offer)(size_t i);
	bool one_dash; /* -name as --name, as Go's flag package has it */
};

#define OPT_ANY INT32_MAX

/*
 * Parse argv[1..argc) into *into, which holds the defaults.  Returns how many
 * operands there are, now argv[1] up to a NULL; or -1 with the exit code to
 * end with in *code: after --help, or after the one complaint about wrong
 * usage.  Then what else was right on the command line is in *into too, so
 * that `-o json` counts in any position.
 */
int opt_parse(const struct opt_command *c, void *into, int argc, char **argv,
    int *code);

/*
 * Complain about usage that the rows cannot know of, in the same form:
 * "PROGRAM: FORMAT... (see PROGRAM COMMAND --help)".  Returns WIRE_USAGE.
 */
int opt_wrong(const struct opt_command *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print --help to standard output.  Returns the exit code. */
int opt_help(const struct opt_command *c);

/*
 * Which option that takes a value is in the word `arg`; NULL: none.  *value is
 * borrowed from arg, or NULL: it is the next word.
 */
const struct opt *opt_word(const struct opt_command *c, const char *arg,
    const char **value);

#endif
