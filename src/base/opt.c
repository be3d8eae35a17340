/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options from tables: reads them, reports errors, suggests names, prints
 * --help.
 */
#include "base/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/number.h"
#include "base/msg.h"
#include "base/out.h"
#include "wire.h"

enum {
	WIDTH = 79, /* characters of a line of --help */
	LEFT_MAX = 28 /* where what an option does begins, at most */
};

static const struct opt help_rows[] = {{"help", 'h', NULL, "print this help",
                                           NULL, 0, NULL, 0, 0},
    {0}};

/* ------------------------------------------------------------------ values */

const char *
opt_take_flag(const struct opt *o, void *to, const char *value)
{
	(void)o;
	(void)value;
	*(bool *)to = true;
	return NULL;
}

const char *
opt_take_text(const struct opt *o, void *to, const char *value)
{
	(void)o;
	*(const char **)to = value;
	return NULL;
}

const char *
opt_take_number(const struct opt *o, void *to, const char *value)
{
	return number_parse(value, o->min, o->max, to) < 0 ? "" : NULL;
}

const char *
opt_take_size(const struct opt *o, void *to, const char *value)
{
	return number_parse_size(value, o->min, o->max, to) < 0 ? "" : NULL;
}

const char *
opt_take_time(const struct opt *o, void *to, const char *value)
{
	static const char units[] = "hms";
	static const uint64_t seconds[] = {3600, 60, 1};
	const char *unit = units, *found;
	uint64_t all = 0, n;

	(void)o;
	if (number_parse(value, 1, INT32_MAX, to) == 0)
		return NULL;
	/* as Go's durations: 1h30m, each unit once and the larger first */
	for (; *value != '\0'; value++) {
		if (number_take(&value, INT32_MAX, &n) < 0 || *value == '\0')
			return "";
		found = strchr(unit, *value);
		if (found == NULL)
			return "";
		all += n * seconds[found - units];
		unit = found + 1;
	}
	if (all == 0 || all > INT32_MAX)
		return "";
	*(uint64_t *)to = all;
	return NULL;
}

/* Which of the words of o->value, from 0; or -1. */
static int
opt_find_word(const struct opt *o, const char *value)
{
	const char *word = o->value;
	size_t len = strlen(value), n;
	int i;

	for (i = 0;; i++) {
		n = strcspn(word, "|");
		if (n == len && memcmp(word, value, n) == 0)
			return i;
		if (word[n] == '\0')
			return -1;
		word += n + 1;
	}
}

const char *
opt_take_word(const struct opt *o, void *to, const char *value)
{
	if (opt_find_word(o, value) < 0)
		return "";
	*(const char **)to = value;
	return NULL;
}

const char *
opt_take_choice(const struct opt *o, void *to, const char *value)
{
	int i = opt_find_word(o, value);

	if (i < 0)
		return "";
	*(int *)to = i;
	return NULL;
}

/* -------------------------------------------------------------- complaints */

int
opt_wrong(const struct opt_command *c, const char *format, ...)
{
	const char *name = c->name != NULL ? c->name : "";
	char text[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	msg_warn(0, "%s (see %s%s%s --help)", text, msg_program(),
	    *name != '\0' ? " " : "", name);
	return WIRE_USAGE;
}

/* What would be right for o; text is for where that must be made. */
static const char *
right(const struct opt *o, char *text, size_t size)
{
	if (o->value == NULL)
		return "no value";
	if (o->takes != NULL)
		return o->takes;
	if (o->take == opt_take_number) {
		snprintf(text, size, "a number from %" PRIu64 " to %" PRIu64,
		    o->min, o->max);
		return text;
	}
	if (o->take == opt_take_size)
		return o->min == 0
		    ? "a size such as 512Ki, 10Mi or 1Gi"
		    : "a size of at least 1 byte, such as 512Ki, 10Mi or 1Gi";
	return o->value;
}

/* ------------------------------------------------------------------ parser */

struct opt_scan {
	const struct opt_command *command;
	char *into;
	char **argv;
	int argc;
	int next; /* the argument to look at */
	int n; /* operands so far: argv[1..n] */
	bool failed; /* there was a complaint: no other */
	bool help;
	bool ended; /* by -- */
};

/*
 * The row with this name of len characters, or with this letter, and the offset
 * of what it fills; NULL: there is none.
 */
static const struct opt *
find_row(const struct opt_command *c, const char *name, size_t len, char letter,
    size_t *at)
{
	static const struct opt_group help = {NULL, help_rows, 0};
	const struct opt_group *g;
	const struct opt *o;

	for (g = c->groups;; g++) {
		if (g->rows == NULL)
			g = &help;
		for (o = g->rows; o->name != NULL || o->letter != 0; o++) {
			*at = g->at + o->to;
			if (name == NULL ? o->letter == letter
			                 : o->name != NULL &&
			            strncmp(o->name, name, len) == 0 &&
			            o->name[len] == '\0')
				return o;
		}
		if (g == &help)
			return NULL;
	}
}

const struct opt *
opt_word(const struct opt_command *c, const char *arg, const char **value)
{
	size_t n = strcspn(arg, "="), at;
	const struct opt *o;

	*value = NULL;
	if (arg[0] != '-')
		return NULL;
	if (arg[1] == '-') {
		o = find_row(c, arg + 2, n - 2, 0, &at);
		if (arg[n] == '=')
			*value = arg + n + 1;
		return o != NULL && o->value != NULL ? o : NULL;
	}
	for (arg++; *arg != '\0'; arg++) {
		o = find_row(c, NULL, 0, *arg, &at);
		if (o == NULL || o->value == NULL)
			continue;
		if (arg[1] != '\0')
			*value = arg + 1 + (arg[1] == '=');
		return o;
	}
	return NULL;
}

static void
refuse_unknown(struct opt_scan *s, const char *arg, size_t len)
{
	char shown[128];

	if (!s->failed)
		(void)opt_wrong(s->command, "unknown option '%s'",
		    msg_mask_mem(shown, sizeof shown, arg, len));
	s->failed = true;
}

/*
 * Do what the option says; value is NULL where none was given.  Or complain
 * that it is not what the row takes.
 */
static void
take_option(struct opt_scan *s, const struct opt *o, size_t at,
    const char *value)
{
	char letter[2] = {o->letter, '\0'}, text[256], shown[256];
	const char *dashes = o->name != NULL ? "--" : "-", *why = "";
	const char *name = o->name != NULL ? o->name : letter;

	if (o == help_rows && value == NULL) {
		s->help = s->help || !s->failed;
		return;
	}
	if ((o->value != NULL) == (value != NULL))
		why = o->take(o, s->into + at, value);
	if (why == NULL || s->failed)
		return;
	s->failed = true;
	if (value == NULL)
		(void)opt_wrong(s->command, "%s%s takes %s, but none follows",
		    dashes, name, right(o, text, sizeof text));
	else
		(void)opt_wrong(s->command, "%s%s takes %s, not '%s'%s%s",
		    dashes, name, right(o, text, sizeof text),
		    msg_mask(shown, sizeof shown, value),
		    *why != '\0' ? ": " : "", why);
}

/* --name, --name=VALUE or --name VALUE, with one or two dashes. */
static void
parse_long(struct opt_scan *s, const char *arg, size_t dashes)
{
	const char *name = arg + dashes, *value = NULL;
	size_t len = strcspn(name, "="), at;
	const struct opt *o = find_row(s->command, name, len, 0, &at);

	if (o == NULL) {
		refuse_unknown(s, arg, dashes + len);
		return;
	}
	if (name[len] == '=')
		value = name + len + 1;
	else if (o->value != NULL && s->next < s->argc)
		value = s->argv[s->next++];
	take_option(s, o, at, value);
}

/* Letters after one dash; the first that takes a value has the rest. */
static void
parse_letters(struct opt_scan *s, const char *arg)
{
	const char *p, *value = NULL;
	const struct opt *o;
	size_t at;

	for (p = arg + 1; *p != '\0' && value == NULL; p++) {
		o = find_row(s->command, NULL, 0, *p, &at);
		if (o == NULL) {
			refuse_unknown(s, arg, strlen(arg));
			return;
		}
		if (o->value != NULL && p[1] != '\0')
			value = p[1] == '=' ? p + 2 : p + 1;
		else if (o->value != NULL && s->next < s->argc)
			value = s->argv[s->next++];
		take_option(s, o, at, value);
	}
}

int
opt_parse(const struct opt_command *c, void *into, int argc, char **argv,
    int *code)
{
	struct opt_scan s = {c, into, argv, argc, 1, 0, false, false, false};
	const char *name = c->name != NULL && *c->name != '\0' ? c->name
	                                                       : msg_program();
	char shown[256], *arg;

	while (s.next < argc) {
		arg = argv[s.next++];
		if (s.ended || arg[0] != '-' || arg[1] == '\0')
			s.argv[++s.n] = arg;
		else if (strcmp(arg, "--") == 0)
			s.ended = true;
		else if (arg[1] == '-')
			parse_long(&s, arg, 2);
		else if (c->one_dash && arg[2] != '\0')
			parse_long(&s, arg, 1);
		else
			parse_letters(&s, arg);
	}
	if (argc > 0)
		argv[s.n + 1] = NULL;
	if (s.help) {
		*code = opt_help(c);
		return -1;
	}
	*code = WIRE_USAGE;
	if (!s.failed && (s.n < c->least || s.n > c->most)) {
		s.failed = true;
		if (s.n < c->least)
			(void)opt_wrong(c, "%s takes %s, but %s", name,
			    c->operands,
			    s.n == 0 ? "none was given" : "fewer were given");
		else
			(void)opt_wrong(c, "%s takes %s, not '%s'%s", name,
			    c->operands != NULL ? c->operands : "options only",
			    msg_mask(shown, sizeof shown, argv[c->most + 1]),
			    c->most > 0 ? " as well" : "");
	}
	return s.failed ? -1 : s.n;
}

/* -------------------------------------------------------------------- help */

/* "  -o, --output json|text" into text. */
static size_t
print_left(char *text, size_t size, const struct opt *o)
{
	char letter[] = "-x, ";

	letter[1] = o->letter;
	if (o->name == NULL)
		letter[2] = '\0';
	return (size_t)snprintf(text, size, "  %s%s%s%s%s",
	    o->letter != 0 ? letter : "    ", o->name != NULL ? "--" : "",
	    o->name != NULL ? o->name : "", o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "");
}

static void
print_row(const struct opt *o, size_t column)
{
	static const char blank[LEFT_MAX + 1] = "                            ";
	const char *help = o->help;
	char left[80];
	size_t n = print_left(left, sizeof left, o), fit;

	out_text(left);
	if (n + 2 > column) {
		out_text("\n");
		n = 0;
	}
	for (;; n = 0, help++) {
		out_write(blank, column - n);
		n = strcspn(help, "\n");
		for (fit = WIDTH - column; n > WIDTH - column && fit > 0; fit--)
			if (help[fit] == ' ')
				n = fit;
		out_write(help, n);
		out_text("\n");
		help += n;
		if (*help == '\0')
			return;
	}
}

int
opt_help(const struct opt_command *c)
{
	const char *name = c->name != NULL ? c->name : "";
	const struct opt_group *g;
	const struct opt *o;
	char text[80];
	size_t column = print_left(text, sizeof text, help_rows) + 2, n;

	/* where the right column begins */
	for (g = c->groups; g->rows != NULL; g++)
		for (o = g->rows; o->name != NULL || o->letter != 0; o++) {
			n = print_left(text, sizeof text, o) + 2;
			if (n > column && n <= LEFT_MAX)
				column = n;
		}

	out_printf("usage: %s%s%s%s\n\n%s", msg_program(),
	    *name != '\0' ? " " : "", name,
	    c->usage != NULL ? c->usage : " [OPTION...]",
	    c->about != NULL ? c->about : "");
	for (g = c->groups; g->rows != NULL; g++) {
		/* without a title: more of the group before */
		if (g == c->groups || g->title != NULL)
			out_printf("\n%s:\n",
			    g->title != NULL ? g->title : "Options");
		for (o = g->rows; o->name != NULL || o->letter != 0; o++)
			print_row(o, column);
	}
	out_text("\n");
	print_row(help_rows, column);
	if (c->after != NULL)
		out_printf("\n%s", c->after);
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
}
