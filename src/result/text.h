/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result (result/found.h) as text for people.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

#include "base/json.h"
#include "result/found.h"

/*
 * Print an item of check's to standard output: the verdict, then what is wrong
 * and how to fix it; what else is known where something is, or with `verbose`.
 * An item may come from a child that an attack has: what a terminal must not
 * see is masked.  Returns 0, or -1 (reported).
 */
int text_print_verdict(const struct json *item, bool verbose);

/* The same for one of check-pod's or of test's: a line, then its findings. */
int text_print_list(const struct json *item);

/*
 * The first columns of a table's row: an item's name, and its state in words;
 * `broken` is that for FOUND_BROKEN.
 */
void text_print_row(const char *name, int width, enum found_state state,
    const char *broken);

#endif
