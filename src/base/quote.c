/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names as words: of a command line that somebody may paste, and of a line
 * that somebody, or a program, reads.
 */
#include "base/quote.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/@%+=,-";
static const char cut[] = "...";

/* Print lead and name as one word.  Returns whether it fits. */
static bool
quote_print(char *out, size_t size, const char *lead, const char *name)
{
	size_t len = strlen(name), at, used, n;
	bool escaped = false;
	bool bare = len > 0 && len + 2 < size && strspn(name, plain) == len;
	const char *quote = bare ? "" : "'";
	char unit[4], *to = out;

	/* is there a character that must be shown as \xHH? */
	for (at = 0; at < len; at += used)
		escaped |= msg_mask_one(unit, name, len, at, &used) > 1 &&
		    unit[0] == '\\' && name[at] != '\\';
	to = stpcpy(stpcpy(stpcpy(to, escaped ? "$" : ""), quote), lead);
	for (at = 0; at < len; at += used) {
		n = msg_mask_one(unit, name, len, at, &used);
		if (name[at] == '\'') {
			n = escaped ? 2 : 4;
			memcpy(unit, escaped ? "\\'" : "'\\''", n);
		} else if (name[at] == '\\' && !escaped) {
			n = 1;
		} else if (name[at] == '!' && escaped) {
			/* a word of an interactive shell's history */
			n = 4;
			memcpy(unit, "\\x21", n);
		}
		if ((size_t)(to - out) + n + sizeof "'..." > size && !bare) {
			stpcpy(stpcpy(to, quote), cut);
			return false;
		}
		to = (char *)memcpy(to, unit, n) + n;
	}
	stpcpy(to, quote);
	return true;
}

char *
quote_name(char *out, size_t size, const char *name)
{
	quote_print(out, size, "", name);
	return out;
}

char *
quote_path(char *out, size_t size, const char *path)
{
	return quote_print(out, size, *path == '-' ? "./" : "", path) ? out
	                                                              : NULL;
}

/* One character of a word behind its opening quote; NULL: that is no such. */
static const char *
quote_read_one(const char *text, bool escaped, char *c)
{
	char hex[3] = "", *end;

	*c = *text++;
	if (*c == '\'' && !escaped && strncmp(text, "\\''", 3) == 0)
		return text + 3;
	if (*c != '\\' || !escaped)
		return *c == '\'' || *c == '\0' ? NULL : text;
	*c = *text;
	if (*c == '\\' || *c == '\'')
		return text + 1;
	if (*c != 'x' || text[1] == '\0' || text[2] == '\0')
		return NULL;
	memcpy(hex, text + 1, 2);
	*c = (char)strtoul(hex, &end, 16);
	return *end == '\0' && *c != '\0' ? text + 3 : NULL;
}

const char *
quote_read(const char *text, char *name, size_t size)
{
	bool escaped = *text == '$';
	const char *p = text + escaped, *next;
	char again[QUOTE_MAX];
	size_t n = 0;

	if (*p == '\'') {
		for (p++; n < size - 1 &&
		     (next = quote_read_one(p, escaped, &name[n])) != NULL;
		     p = next)
			n++;
		if (*p++ != '\'')
			return NULL;
	} else {
		n = strspn(p, plain);
		if (n == 0 || n >= size)
			return NULL;
		memcpy(name, p, n);
		p += n;
	}
	name[n] = '\0';
	/* in this form and no other; cut, it is no name */
	if (strncmp(p, cut, sizeof cut - 1) == 0 ||
	    !quote_print(again, sizeof again, "", name) ||
	    strlen(again) != (size_t)(p - text) ||
	    memcmp(again, text, (size_t)(p - text)) != 0)
		return NULL;
	return p;
}
