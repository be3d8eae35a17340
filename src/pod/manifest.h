/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes manifests: the objects in a file, and what they say.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

struct json;

/*
 * Where a walk over the manifests of a file is; start with
 * {.doc = json_first(docs)}.  All is borrowed.
 */
struct manifest_cursor {
	const struct json *doc; /* the next one; NULL: none */
	const struct json *list; /* the list that item is of */
	const struct json *item; /* the next one of a list; NULL: none */
};

struct manifest {
	const struct json *object; /* borrowed from the docs */
	char kind[64]; /* "" where it has none; a list's items may inherit it */
	size_t line; /* where it begins */
};

/*
 * Find the next manifest, in a List (PodList, ...) its items.  Returns 1, or
 * 0 at the end.
 */
int manifest_next(struct manifest_cursor *c, struct manifest *m);

/* The value at a path of keys, "a.b.c"; NULL: none. */
const struct json *manifest_follow(const struct json *object, const char *path);

/* Is it a List without items, as kubectl prints where there is nothing? */
bool manifest_is_empty(const struct json *object);

/* The member `key` where it is a string that is not empty; else NULL. */
const char *manifest_string(const struct json *object, const char *key);

/* metadata.name or another string of the metadata; NULL: none. */
const char *manifest_metadata(const struct json *object, const char *key);

/*
 * Is the metadata of an object or a template what Kubernetes takes: names that
 * are strings, mappings of strings?  NULL, or the field that is not.
 */
const char *manifest_wrong(const struct json *metadata);

/*
 * Say what is wrong at `where`, which is printable, with the value, masked, in
 * it (NULL: without).  Returns -1.
 */
int manifest_refuse(const char *where, const char *what, const char *value);

#endif
