/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image's history: which lines of a Dockerfile made a layer, as their
 * author wrote them.
 *
 * What builders write of COPY deploy /manifests (image-spec, config.md, says
 * no more than that "created_by" is a string):
 *
 *	COPY deploy /manifests # buildkit			BuildKit
 *	/bin/sh -c #(nop) COPY dir:HEX in /manifests 		Docker, buildah
 *
 * buildah puts all lines into one layer unless told otherwise: then all but
 * the last are marked as making no layer.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>

struct json;

enum {
	HISTORY_LINE = 200 /* bytes of what made a layer, where it is told */
};

/* A line that made files. */
struct history_step {
	char *text; /* owned; "COPY deploy /manifests"; not masked */
	char *target; /* owned; of a COPY, without slashes around it, or NULL */
	bool sets_mode; /* with --chmod */
};

/* {0} is an empty one. */
struct history {
	struct history_step *steps; /* owned */
	size_t n, room;
	struct history_layer {
		size_t first, n; /* steps */
	} * layers; /* owned; from 1 */
	unsigned int n_layers;
};

/*
 * Read the history of an image with this configuration and so many layers.
 * Returns 0, or -1 (reported).  history_free may be called in either case.
 */
int history_read(struct history *h, const struct json *config,
    unsigned int n_layers);
void history_free(struct history *h);

/*
 * The step that put `path` ("a/b", without a slash in front) into the layer,
 * from 1; 0: not known.
 */
size_t history_find(const struct history *h, unsigned int layer,
    const char *path);

/* How many steps went into the layer. */
size_t history_count(const struct history *h, unsigned int layer);

/*
 * What made the layer, in one masked line: the step, from 1, or with 0 all
 * that went into the layer, with "; " between.  "" where nothing is known.
 * Cut to size bytes.  Returns buf.
 */
char *history_text(const struct history *h, size_t step, unsigned int layer,
    char *buf, size_t size);

/*
 * Add to an object "layer" and in "history" what made it, as of history_text;
 * nothing where the layer is 0.
 */
void history_tell(const struct history *h, struct json *o, size_t step,
    unsigned int layer);

/*
 * Does step copy the file `path` as one file, not in a directory?  Then its
 * --chmod is of no directory.
 */
bool history_copies_file(const struct history *h, size_t step,
    const char *path);

#endif
