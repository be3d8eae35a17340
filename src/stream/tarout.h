/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries -> tar.  The only user of libarchive in `unpack`.
 *
 * Headers are POSIX.1-1988 ustar where ustar can say it, and pax
 * (POSIX.1-2001, pax(1)) for what it cannot: names beyond 100 + 155 bytes or
 * not UTF-8, link targets beyond 100 bytes, sizes of 8 GiB and more, times
 * before 1970.  Owner 0:0 without names, no set-user-ID and set-group-ID bits,
 * whole seconds, no padding to records: the same entries give the same bytes.
 */
#ifndef TAROUT_H
#define TAROUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Takes tar bytes; returns 0, or -1 (reported), which ends it all. */
typedef int tarout_sink(void *arg, const void *buf, size_t len);

struct tarout_entry {
	const char *path; /* without a leading "/" */
	const char *target; /* of a symlink; otherwise NULL */
	mode_t mode; /* type and permissions; directory, file, or symlink */
	int64_t size; /* bytes that tarout_data will bring; files only */
	int64_t mtime; /* seconds since 1970 */
};

struct tarout;

/* Start a tar.  Returns it, or NULL (reported). */
struct tarout *tarout_open(tarout_sink *sink, void *arg);

/*
 * Write the header of e, which ends the entry before it.  Returns 0, or -1
 * (reported).
 */
int tarout_entry(struct tarout *t, const struct tarout_entry *e);

/*
 * Write data of the last entry; all calls together must bring exactly its size.
 * Returns 0, or -1 (reported).
 */
int tarout_data(struct tarout *t, const void *buf, size_t len);

/*
 * Write the end of the archive, two blocks of zeros.  Returns 0, or -1
 * (reported).  t still has to be freed.
 */
int tarout_finish(struct tarout *t);

/* Free t, finished or not; writes nothing.  NULL is fine. */
void tarout_free(struct tarout *t);

#endif
