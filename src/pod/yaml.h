/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 and JSON text to JSON trees, and trees to YAML: the only user of
 * libyaml.
 *
 * Plain scalars get the types that kubectl gives them: null, yes/no and on/off
 * are not strings, 0x1f and 017 are numbers, dates are strings.  Keys become
 * strings, "<<" merges, an alias becomes a copy.  A key that stands twice in a
 * mapping is an error.  Of tags, YAML's own types of scalars are obeyed,
 * !!binary is refused, others leave strings, mappings and sequences what they
 * are.  A directive before the first "---" is an error, as for kubectl.
 *
 * The text is in UTF-8, with or without a byte order mark, bytes that are not
 * becoming U+FFFD, or in UTF-16 with a mark; JSON objects may follow each
 * other.
 */
#ifndef YAML_H_
#define YAML_H_

#include <stddef.h>

enum {
	YAML_TEXT_MAX = 8 << 20, /* bytes of one file */
	YAML_NODES_MAX = 200000, /* of one file, copies by aliases included */
	YAML_DEPTH_MAX = 100, /* nested sequences and mappings */
	YAML_KEYS_MAX = 4096 /* keys of one mapping */
};

struct json;

/*
 * Parse all documents of text[0..len): an array of them, owned by the caller,
 * without those that have no content.  json_line of a value is the line of its
 * key, or its own in a list; in what an alias copied, that of the original.
 * `name` is what messages call the file.  NULL (reported as "NAME:LINE:COLUMN:
 * what").
 */
struct json *yaml_parse(const char *name, const char *text, size_t len);

/* yaml_parse for a file, "-" being standard input. */
struct json *yaml_load(const char *path);

/*
 * tree as a YAML document in block style, which reads back as the same tree,
 * numbers above 2^53 excepted.  Owned by the caller, free() it; NULL
 * (reported), also where a text is not UTF-8.
 */
char *yaml_print(const struct json *tree);

#endif
