/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image's history: which lines of a Dockerfile made a layer, as their
 * author wrote them, and which file of the build context a path comes from.
 */
#include "image/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"

enum {
	STEPS_MAX = 2000, /* of an image; more is not a Dockerfile */
	TEXT_MAX = 4096, /* bytes of a step that count */
	HEX_LONG = 32, /* digits in a row that nobody wrote */
	HEX_SHOWN = 12
};

static const char hex_digits[] = "0123456789abcdef";

/* --------------------------------------------------------------- one line */

/* Does text begin with this?  Then what follows it, else NULL. */
static const char *
history_skip(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* "|2 A=b C=d /bin/sh -c x", as builders write RUN with ARG: from /bin/sh */
static const char *
history_skip_args(const char *text)
{
	const char *shell = strstr(text, "/bin/sh -c ");

	return *text == '|' && shell != NULL ? shell : text;
}

/*
 * What the author wrote, without what builders put around it, into
 * buf[TEXT_MAX].
 */
static void
history_unwrap(char *buf, const char *text)
{
	static const char buildkit[] = "# buildkit";
	const char *rest;
	bool run = false;
	size_t len;

	text = history_skip_args(text + strspn(text, " \t"));
	rest = history_skip(text, "RUN /bin/sh -c ");
	if (rest == NULL) {
		rest = history_skip(text, "RUN ");
		if (rest != NULL)
			rest = history_skip(history_skip_args(rest),
			    "/bin/sh -c ");
	}
	if (rest != NULL) {
		run = true;
	} else {
		rest = history_skip(text, "/bin/sh -c ");
		run = rest != NULL && strncmp(rest, "#(nop)", 6) != 0;
		if (rest == NULL)
			rest = text;
		else if (!run)
			rest += 6;
	}
	rest += strspn(rest, " \t");
	(void)snprintf(buf, TEXT_MAX, "%s%s", run ? "RUN " : "", rest);
	len = strlen(buf);
	if (len > sizeof buildkit &&
	    strcmp(buf + len - (sizeof buildkit - 1), buildkit) == 0)
		len -= sizeof buildkit - 1;
	while (len > 0 && strchr(" \t\r\n", buf[len - 1]) != NULL)
		len--;
	buf[len] = '\0';
}

/* The next word of *text, which moves on behind it; its length, 0: none. */
static size_t
history_next_word(const char **text, const char **word)
{
	*word = *text + strspn(*text, " \t");
	*text = *word + strcspn(*word, " \t");
	return (size_t)(*text - *word);
}

/* Is it "dir:HEX", "file:HEX" or "multi:HEX", which stands for sources? */
static bool
history_is_hash(const char *word, size_t len)
{
	static const char *const kinds[] = {"dir:", "file:", "multi:"};
	const char *hex;
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		hex = history_skip(word, kinds[i]);
		if (hex != NULL && strspn(hex, hex_digits) >= HEX_LONG &&
		    hex + strspn(hex, hex_digits) == word + len)
			return true;
	}
	return false;
}

/* Shorten digits that nobody wrote, in place. */
static void
history_shorten(char *text)
{
	size_t len;

	while (*(text += strcspn(text, hex_digits)) != '\0') {
		len = strspn(text, hex_digits);
		if (len >= HEX_LONG) {
			memcpy(text + HEX_SHOWN, "...", 3);
			(void)memmove(text + HEX_SHOWN + 3, text + len,
			    strlen(text + len) + 1);
			len = HEX_SHOWN + 3;
		}
		text += len;
	}
}

/* The target from "/" on: relative ones are below the WORKDIR. Owned. */
static char *
history_resolve(const char *workdir, const char *target, size_t len)
{
	char *whole = NULL;
	bool dot = len == 1 && *target == '.';

	while (len > 1 && target[0] == '.' && target[1] == '/') {
		target += 2;
		len -= 2;
		dot = len == 0;
	}
	if (*target == '/' && !dot) {
		if (asprintf(&whole, "%.*s", (int)len, target) < 0)
			return NULL;
	} else if (asprintf(&whole, "%s%s%.*s", workdir,
	               workdir[strlen(workdir) - 1] == '/' ? "" : "/",
	               dot ? 0 : (int)len, target) < 0) {
		return NULL;
	}
	return whole;
}

/*
 * Take "COPY [--FLAG...] SOURCE... TARGET", or "... HASH in TARGET", apart.
 * Returns 0, or -1 (reported).
 */
static int
history_parse_copy(struct history_step *s, const char *args,
    const char *workdir)
{
	char sources[TEXT_MAX] = "";
	const char *word, *last = NULL;
	size_t len, last_len = 0, at = 0;
	bool known = true, hash = false;

	while ((len = history_next_word(&args, &word)) > 0) {
		if (last == NULL && strncmp(word, "--", 2) == 0) {
			s->sets_mode = s->sets_mode ||
			    strncmp(word, "--chmod=", 8) == 0;
			/* --from is not of the build context */
			known = known && strncmp(word, "--from=", 7) != 0;
			continue;
		}
		if (hash && len == 2 && strncmp(word, "in", 2) == 0)
			continue;
		if (last != NULL)
			at += (size_t)snprintf(sources + at,
			    sizeof sources - at, "%s%.*s", at > 0 ? " " : "",
			    (int)last_len, last);
		hash = history_is_hash(word, len);
		known = known && !hash && strncmp(word, "<<", 2) != 0;
		last = word;
		last_len = len;
	}
	if (last == NULL || at == 0)
		return 0;
	s->target = history_resolve(workdir, last, last_len);
	if (known)
		s->sources = strdup(sources);
	if (s->target == NULL || (known && s->sources == NULL)) {
		msg_nomem();
		return -1;
	}
	return 0;
}

/* Replace "HASH in" by "...", in place. */
static void
history_hide_hash(char *text)
{
	const char *at = text, *word, *rest;
	char *to;
	size_t len;

	while ((len = history_next_word(&at, &word)) > 0) {
		if (!history_is_hash(word, len))
			continue;
		rest = at;
		if (history_next_word(&rest, &at) != 2 ||
		    strncmp(at, "in", 2) != 0)
			rest = word + len;
		to = text + (word - text);
		(void)memset(to, '.', 3);
		(void)memmove(to + 3, rest, strlen(rest) + 1);
		return;
	}
}

/* -------------------------------------------------------------------- all */

/* Add a step.  Returns 0, or -1 (reported). */
static int
history_add(struct history *h, char *text, unsigned int layer,
    const char *workdir)
{
	struct history_step *s;
	const char *args;

	if (h->n >= STEPS_MAX)
		return 0;
	s = array_grow(h->steps, &h->room, h->n + 1, sizeof *s);
	if (s == NULL) {
		msg_nomem();
		return -1;
	}
	h->steps = s;
	s += h->n++;
	*s = (struct history_step){.layer = layer};
	args = history_skip(text, "COPY ");
	if (args == NULL)
		args = history_skip(text, "ADD ");
	if (args != NULL && history_parse_copy(s, args, workdir) < 0)
		return -1;
	history_hide_hash(text);
	history_shorten(text);
	s->text = strdup(text);
	if (s->text == NULL)
		msg_nomem();
	return s->text != NULL ? 0 : -1;
}

/* Does this line make files? */
static bool
history_makes_files(const char *text)
{
	return strncmp(text, "COPY ", 5) == 0 ||
	    strncmp(text, "ADD ", 4) == 0 || strncmp(text, "RUN ", 4) == 0;
}

/* Does this line make no files, only configuration? */
static bool
history_is_config(const char *text)
{
	static const char *const words[] = {"ENV ", "LABEL ", "CMD ",
	    "ENTRYPOINT ", "EXPOSE ", "USER ", "VOLUME ", "ARG ", "SHELL ",
	    "STOPSIGNAL ", "HEALTHCHECK ", "MAINTAINER ", "ONBUILD ",
	    "WORKDIR ", "FROM "};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

int
history_read(struct history *h, const struct json *config,
    unsigned int n_layers)
{
	char text[TEXT_MAX], workdir[TEXT_MAX] = "/", *next;
	const struct json *one;
	unsigned int layer = 1;
	bool empty;

	*h = (struct history){0};
	for (one = json_first(json_get_array(config, "history"));
	     one != NULL && layer <= n_layers; one = json_next(one)) {
		empty = json_bool(json_get(one, "empty_layer"), false);
		history_unwrap(text, json_get_text(one, "created_by"));
		if (strncmp(text, "WORKDIR ", 8) == 0) {
			next = history_resolve(workdir, text + 8,
			    strlen(text + 8));
			(void)snprintf(workdir, sizeof workdir, "%s",
			    next != NULL && *next == '/' ? next : "/");
			free(next);
		}
		/* a line without files ends a squashed layer, but made none */
		if ((empty ? history_makes_files(text)
		           : *text != '\0' &&
		                (!history_is_config(text) ||
		                    history_count(h, layer) == 0)) &&
		    history_add(h, text, layer, workdir) < 0)
			return -1;
		layer += !empty;
	}
	return 0;
}

void
history_free(struct history *h)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		free(h->steps[i].text);
		free(h->steps[i].sources);
		free(h->steps[i].target);
	}
	free(h->steps);
	*h = (struct history){0};
}

/* ---------------------------------------------------------------- asking */

/*
 * What of path lies below the target of the step: "" where it is the target.
 * NULL: it is elsewhere.
 */
static const char *
history_below(const struct history_step *s, const char *path)
{
	const char *target = s->target;
	size_t len;

	if (target == NULL)
		return NULL;
	target += strspn(target, "/");
	len = strlen(target);
	while (len > 0 && target[len - 1] == '/')
		len--;
	if (len == 0)
		return path;
	if (strncmp(path, target, len) != 0 ||
	    (path[len] != '\0' && path[len] != '/'))
		return NULL;
	return path + len + strspn(path + len, "/");
}

size_t
history_count(const struct history *h, unsigned int layer)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		n += h->steps[i].layer == layer;
	return n;
}

size_t
history_find(const struct history *h, unsigned int layer, const char *path)
{
	size_t i, found = 0, only = 0;

	for (i = 0; i < h->n; i++) {
		if (h->steps[i].layer != layer)
			continue;
		only = i + 1;
		if (history_below(&h->steps[i], path) != NULL)
			found = i + 1;
	}
	if (found > 0)
		return found;
	return history_count(h, layer) == 1 ? only : 0;
}

char *
history_text(const struct history *h, size_t step, unsigned int layer,
    char *buf, size_t size)
{
	char one[512];
	size_t i, at = 0;

	buf[0] = '\0';
	if (step > 0)
		return msg_mask(buf, size, h->steps[step - 1].text);
	for (i = 0; i < h->n && at < size; i++)
		if (h->steps[i].layer == layer)
			at += (size_t)snprintf(buf + at, size - at, "%s%s",
			    at > 0 ? "; " : "",
			    msg_mask(one, sizeof one, h->steps[i].text));
	return buf;
}

/* The part of path behind the last slash. */
static const char *
history_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/*
 * Join what a source and the rest of the path name: a directory's content is
 * copied, and a file goes by its own name into a target that ends in "/".
 */
static void
history_join(char *buf, size_t size, const char *source, const char *rest,
    const struct history_step *s)
{
	size_t len = strlen(source), target = strlen(s->target);

	while (len > 1 && source[len - 1] == '/')
		len--;
	if (len > 2 && source[0] == '.' && source[1] == '/') {
		source += 2;
		len -= 2;
	}
	if (*rest == '\0' ||
	    (s->target[target - 1] == '/' &&
	        strlen(history_base(source)) == strlen(rest) &&
	        strcmp(history_base(source), rest) == 0))
		(void)snprintf(buf, size, "%.*s", (int)len, source);
	else if ((len == 1 && (*source == '.' || *source == '/')))
		(void)snprintf(buf, size, "%s", rest);
	else
		(void)snprintf(buf, size, "%.*s/%s", (int)len, source, rest);
}

/* Of several sources, the one whose name the rest begins with. */
static int
history_pick(char *to, size_t size, const char *sources, const char *rest)
{
	const char *word, *base;
	size_t len, n = 0;

	while ((len = history_next_word(&sources, &word)) > 0) {
		(void)snprintf(to, size, "%.*s", (int)len, word);
		base = history_base(to);
		if (*base != '\0' && strcmp(base, rest) == 0)
			return 0;
		n++;
	}
	return n == 1 ? 0 : -1;
}

int
history_source(const struct history *h, size_t step, const char *path,
    char *buf, size_t size)
{
	const struct history_step *s;
	char source[TEXT_MAX], *slash;
	const char *rest;

	buf[0] = '\0';
	if (step == 0)
		return -1;
	s = &h->steps[step - 1];
	rest = history_below(s, strcmp(path, ".") == 0 ? "" : path);
	if (rest == NULL || s->sources == NULL || strstr(s->sources, "://") ||
	    strchr(s->sources, '$') != NULL ||
	    history_pick(source, sizeof source, s->sources, rest) < 0)
		return -1;
	if (strpbrk(source, "*?[") != NULL) {
		/* "deploy/ *.yaml": the directory is known, if it is plain */
		slash = strrchr(source, '/');
		if (slash == NULL)
			(void)snprintf(source, sizeof source, ".");
		else
			*slash = '\0';
		if (strpbrk(source, "*?[") != NULL || *rest == '\0' ||
		    strchr(rest, '/') != NULL)
			return -1;
	}
	while (source[0] == '/')
		(void)memmove(source, source + 1, strlen(source));
	history_join(buf, size, *source != '\0' ? source : ".", rest, s);
	return 0;
}
