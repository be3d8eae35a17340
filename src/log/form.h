/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoes the forms that a log can have: takes the bytes of a file, and gives
 * the text that the container wrote.
 *
 * - gzip, around a log;
 * - UTF-16 with a byte order mark, as `kubectl logs >log` writes in
 *   PowerShell, of which only ASCII is kept, and UTF-8 with one;
 * - runs of NUL, which a rotation or a crash leaves in a file;
 * - the files that container runtimes write for kubelet, "STAMP stdout F TEXT",
 *   where P marks a piece of a line (CRI logging format);
 * - JSON around each piece of a line, as docker's json-file driver writes it:
 *   {"log":"TEXT\n","stream":"stdout","time":"STAMP"}.
 *
 * Standard error is left out where the form tells it from standard output.  A
 * tar and a tar.gz are not logs: they come out as they are.
 *
 * In constant memory.
 */
#ifndef FORM_H
#define FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "log/notes.h"

enum form_kind {
	FORM_LOG,
	FORM_TAR,
	FORM_GZIP /* a tar.gz, which stays compressed */
};

struct form;

/*
 * Where the file comes from: writes its next bytes to `to`, up to `room`.
 * Returns how many, 0 at the end, or -1 (reported).
 */
typedef ssize_t (*form_source)(void *arg, void *to, size_t room);

/*
 * Start reading what from(arg) gives, and look what it is.  What is seen goes
 * to notes, borrowed until form_close.  Returns an owned form, or NULL:
 * reported, also by the source.
 */
struct form *form_open(form_source from, void *arg, struct notes *notes);
void form_close(struct form *f);

/* Is it a log, or an archive? */
enum form_kind form_kind(const struct form *f);

/*
 * Write the next bytes to `to`, up to `room`.  Returns how many, 0 at the end,
 * or -1: what the source reported.
 */
ssize_t form_read(struct form *f, char *to, size_t room);

/* At the end: does a piece of a line wait for another file with the rest? */
bool form_is_cut(const struct form *f);

#endif
