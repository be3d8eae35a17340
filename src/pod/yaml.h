/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 and JSON text to JSON trees, and trees to YAML: the only user of
 * libyaml.
 *
 * Plain scalars get the types that kubectl gives them: null, yes/no and on/off
 * are not strings, 0x1f and 017 are numbers, dates are strings.  Keys become
 * strings, "<<" merges, an alias becomes a copy.  A key that stands twice in a
 * mapping is an error.  Of tags, YAML's own types of scalars are obeyed,
 * !!binary is decoded, others leave strings, mappings and sequences what they
 * are.  A directive before the first "---" is an error, as for kubectl.
 *
 * The text is in UTF-8, with or without a byte order mark, bytes that are not
 * becoming U+FFFD, or in UTF-16 with a mark; JSON objects may follow each
 * other.
 */
#ifndef YAML_H_
#define YAML_H_

#include <stddef.h>

#include "pod/lines.h"

enum {
	YAML_TEXT_MAX = 8 << 20, /* bytes of one file */
	YAML_NODES_MAX = 200000, /* of one file, copies by aliases included */
	YAML_DEPTH_MAX = 100, /* nested sequences and mappings */
	YAML_KEYS_MAX = 4096 /* keys of one mapping */
};

struct json;

/* The documents of one file; {0} holds none. */
struct yaml_docs {
	struct json **tree; /* owned, each of them too */
	size_t *line; /* owned; where the document begins, from 1 */
	size_t n, tree_room, line_room;
	struct lines lines; /* of values: their keys', or their own in lists;
	                       not of those that an alias or "<<" copied */
};

/*
 * Parse all documents of text[0..len) into docs, which yaml_docs_free frees.
 * Documents without content are left out.  `name` is what messages call the
 * file.  Returns 0, or -1 (reported as "NAME:LINE:COLUMN: what").
 */
int yaml_parse(struct yaml_docs *docs, const char *name, const char *text,
    size_t len);

/* yaml_parse for a file, "-" being standard input. */
int yaml_load(struct yaml_docs *docs, const char *path);

/* Free what docs holds; docs is {0} afterwards. */
void yaml_docs_free(struct yaml_docs *docs);

/*
 * tree as a YAML document in block style, which reads back as the same tree,
 * numbers above 2^53 excepted.  Owned by the caller, free() it; NULL
 * (reported).
 */
char *yaml_print(const struct json *tree);

#endif
