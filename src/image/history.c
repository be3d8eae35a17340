/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image's history: which lines of a Dockerfile made a layer, as their
 * author wrote them.
 */
#include "image/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/path.h"

enum {
	STEPS_MAX = 2000, /* of an image; more is not a Dockerfile */
	TEXT_MAX = 4096, /* bytes of a step that count */
	HEX_LONG = 32, /* digits in a row that nobody wrote */
	HEX_SHOWN = 12
};

static const char hex_digits[] = "0123456789abcdef";

/* --------------------------------------------------------------- one line */

/*
 * What the author wrote, without what builders put around it, into
 * buf[TEXT_MAX].
 */
static void
history_unwrap(char *buf, const char *text)
{
	static const char buildkit[] = "# buildkit", shell[] = "/bin/sh -c ";
	const char *rest = text + strspn(text, " \t"), *behind;
	bool run = strncmp(rest, "RUN ", 4) == 0;
	size_t len;

	rest += run ? 4 : 0;
	/* "|2 A=b C=d /bin/sh -c x", as builders write RUN with ARG */
	behind = *rest == '|' ? strstr(rest, shell) : NULL;
	if (behind != NULL)
		rest = behind;
	if (strncmp(rest, shell, strlen(shell)) == 0) {
		rest += strlen(shell);
		run = strncmp(rest, "#(nop)", 6) != 0;
		rest += run ? 0 : 6;
	}
	rest += strspn(rest, " \t");
	snprintf(buf, TEXT_MAX, "%s%s", run ? "RUN " : "", rest);
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
	bool rooted = *target == '/';
	int n;

	n = asprintf(&whole, "%s%s%.*s", rooted ? "" : workdir,
	    rooted ? "" : "/", (int)len, target);
	if (n < 0)
		return NULL;
	path_clean_go(whole);
	return whole;
}

/* -------------------------------------------------------------------- all */

/*
 * Add a step; "COPY [--FLAG...] SOURCE... TARGET", or "... HASH in TARGET", is
 * taken apart.  Returns 0, or -1 (reported).
 */
static int
history_add(struct history *h, char *text, unsigned int layer,
    const char *workdir)
{
	struct history_step *s;
	const char *args = text, *word, *last = NULL;
	size_t len, last_len = 0, n = 0;

	if (h->n >= STEPS_MAX)
		return 0;
	s = array_grow(h->steps, &h->room, h->n + 1, sizeof *s);
	if (s == NULL)
		goto nomem;
	h->steps = s;
	s += h->n++;
	*s = (struct history_step){0};
	if (h->layers[layer].n++ == 0)
		h->layers[layer].first = h->n - 1;
	(void)history_next_word(&args, &word);
	if (strncmp(word, "COPY ", 5) != 0 && strncmp(word, "ADD ", 4) != 0)
		args = "";
	while ((len = history_next_word(&args, &word)) > 0) {
		if (n == 0 && strncmp(word, "--", 2) == 0) {
			s->sets_mode = s->sets_mode ||
			    strncmp(word, "--chmod=", 8) == 0;
			continue;
		}
		n++;
		last = word;
		last_len = len;
	}
	if (n >= 2) {
		s->target = history_resolve(workdir, last, last_len);
		if (s->target == NULL)
			goto nomem;
		path_clean(s->target);
	}
	history_shorten(text);
	s->text = strdup(text);
	if (s->text != NULL)
		return 0;
nomem:
	msg_nomem();
	return -1;
}

int
history_read(struct history *h, const struct json *config,
    unsigned int n_layers)
{
	/* what makes no files, only configuration */
	static const char *const words[] = {"ENV ", "LABEL ", "CMD ",
	    "ENTRYPOINT ", "EXPOSE ", "USER ", "VOLUME ", "ARG ", "SHELL ",
	    "STOPSIGNAL ", "HEALTHCHECK ", "MAINTAINER ", "ONBUILD ",
	    "WORKDIR ", "FROM ", NULL};
	char text[TEXT_MAX], workdir[TEXT_MAX] = "/", *next;
	const char *const *word;
	const struct json *one;
	unsigned int layer = 1;
	bool empty;

	*h = (struct history){.n_layers = n_layers};
	h->layers = calloc((size_t)n_layers + 1, sizeof *h->layers);
	if (h->layers == NULL) {
		msg_nomem();
		return -1;
	}
	for (one = json_first(json_get_array(config, "history"));
	     one != NULL && layer <= n_layers; one = json_next(one)) {
		empty = json_bool(json_get(one, "empty_layer"), false);
		history_unwrap(text, json_get_text(one, "created_by"));
		if (strncmp(text, "WORKDIR ", 8) == 0) {
			next = history_resolve(workdir, text + 8,
			    strlen(text + 8));
			snprintf(workdir, sizeof workdir, "%s",
			    next != NULL && *next == '/' ? next : "/");
			free(next);
		}
		for (word = words; *word != NULL; word++)
			if (strncmp(text, *word, strlen(*word)) == 0)
				break;
		/* a line without files ends a squashed layer, but made none */
		if ((empty ? strncmp(text, "COPY ", 5) == 0 ||
		                strncmp(text, "ADD ", 4) == 0 ||
		                strncmp(text, "RUN ", 4) == 0
		           : *text != '\0' &&
		                (*word == NULL ||
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
		free(h->steps[i].target);
	}
	free(h->steps);
	free(h->layers);
	*h = (struct history){0};
}

/* ---------------------------------------------------------------- asking */

size_t
history_count(const struct history *h, unsigned int layer)
{
	return h->layers != NULL && layer <= h->n_layers ? h->layers[layer].n
	                                                 : 0;
}

size_t
history_find(const struct history *h, unsigned int layer, const char *path)
{
	size_t i = history_count(h, layer), first, len;
	const char *target;

	if (i == 0)
		return 0;
	first = h->layers[layer].first;
	/* the last whose target is the path, or a directory above it */
	for (; i > 0; i--) {
		target = h->steps[first + i - 1].target;
		len = target != NULL ? strlen(target) : 0;
		if (target != NULL &&
		    (len == 0 ||
		        (strncmp(path, target, len) == 0 &&
		            strchr("/", path[len]) != NULL)))
			return first + i;
	}
	return history_count(h, layer) == 1 ? first + 1 : 0;
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
	for (i = 0; i < history_count(h, layer) && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s",
		    at > 0 ? "; " : "",
		    msg_mask(one, sizeof one,
		        h->steps[h->layers[layer].first + i].text));
	return buf;
}

void
history_tell(const struct history *h, struct json *o, size_t step,
    unsigned int layer)
{
	char text[HISTORY_LINE];

	if (layer == 0)
		return;
	json_add_uint(o, "layer", layer);
	json_add_string(o, "history",
	    history_text(h, step, layer, text, sizeof text));
}

bool
history_copies_file(const struct history *h, size_t step, const char *path)
{
	const struct history_step *s = step > 0 ? &h->steps[step - 1] : NULL;
	const char *name = strrchr(path, '/'), *text, *word;
	size_t len, n;

	if (s == NULL || s->target == NULL)
		return false;
	if (strcmp(s->target, path) == 0)
		return true;
	/* "COPY d/a.yaml b.yaml /manifests/" */
	len = name != NULL ? (size_t)(name - path) : 0;
	name = name != NULL ? name + 1 : path;
	if (strlen(s->target) != len || strncmp(s->target, path, len) != 0)
		return false;
	text = s->text;
	len = strlen(name);
	while ((n = history_next_word(&text, &word)) > 0)
		if (n >= len && strncmp(word + n - len, name, len) == 0 &&
		    (n == len || word[n - len - 1] == '/'))
			return true;
	return false;
}
