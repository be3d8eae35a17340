/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutation of tars: whole entries are moved, repeated and dropped, fields are
 * changed, and the headers' checksums are set right again, or hardly any input
 * would get past its first header.  libFuzzer calls LLVMFuzzerCustomMutator
 * where there is one.
 */
#include "fuzz.h"

#include <string.h>

#include "../unit/tarsum.h"

enum {
	BLOCK = 512, /* of a tar; POSIX.1-1988, ustar */
	NAME = 0, /* where fields of a header are, and their lengths */
	SIZE = 124,
	TYPE = 156,
	LINK = 157,
	MAGIC = 257
};

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t room,
    unsigned int seed);

static unsigned int
next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245U + 12345U;
	return *seed >> 16;
}

static bool
is_header(const uint8_t *block)
{
	return memcmp(block + MAGIC, "ustar", 5) == 0;
}

/* Change one field of a header to something that means something. */
static void
change_field(uint8_t *block, unsigned int *seed)
{
	static const char *const names[] = {"a", "a/b", "./", "../x", "/abs",
	    ".wh.a", "a/.wh..wh..opq", ".wh..wh.plnk/1", "a/../b", "."};
	static const char types[] = "0123456\0gxLKSD7";
	const char
	    *name = names[next_random(seed) % (sizeof names / sizeof *names)];

	switch (next_random(seed) % 6) {
	case 0:
		memset(block + NAME, 0, 100);
		memcpy(block + NAME, name, strlen(name));
		break;
	case 1:
		memset(block + LINK, 0, 100);
		memcpy(block + LINK, name, strlen(name));
		break;
	case 2:
	case 3:
		block[TYPE] = (uint8_t)
		    types[next_random(seed) % (sizeof types - 1)];
		break;
	case 4:
		(void)snprintf((char *)block + SIZE, 12, "%011o",
		    next_random(seed) % 1537);
		break;
	default:
		(void)snprintf((char *)block + 100, 8, "%07o",
		    next_random(seed) & 07777);
	}
}

/* Move, repeat or drop up to four blocks.  Returns the new length. */
static size_t
change_blocks(uint8_t *data, size_t len, size_t room, unsigned int *seed)
{
	size_t blocks = len / BLOCK, n, from, to;
	uint8_t piece[4 * BLOCK];

	n = next_random(seed) % 4 + 1;
	if (blocks < n + 1)
		return len;
	from = next_random(seed) % (blocks - n + 1) * BLOCK;
	to = next_random(seed) % (blocks - n + 1) * BLOCK;
	n *= BLOCK;
	memcpy(piece, data + from, n);
	if (next_random(seed) % 3 == 0) { /* drop */
		memmove(data + from, data + from + n, len - from - n);
		return len - n;
	}
	if (next_random(seed) % 2 == 0 && len + n <= room) { /* repeat */
		memmove(data + to + n, data + to, len - to);
		len += n;
	}
	memcpy(data + to, piece, n);
	return len;
}

/* where the tar begins in an input; make fuzz says it for each target */
#ifndef FUZZ_TAR_AT
#define FUZZ_TAR_AT 0
#endif

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t room,
    unsigned int seed)
{
	size_t at, tar = FUZZ_TAR_AT;

	if (len < tar + BLOCK || next_random(&seed) % 2 == 0)
		len = LLVMFuzzerMutate(data, len, room);
	else if (next_random(&seed) % 2 == 0)
		len = tar +
		    change_blocks(data + tar, len - tar, room - tar, &seed);
	else {
		at = tar + next_random(&seed) % ((len - tar) / BLOCK) * BLOCK;
		if (is_header(data + at))
			change_field(data + at, &seed);
	}
	/* now and then a sum stays wrong */
	if (next_random(&seed) % 16 == 0)
		return len;
	for (at = tar; at + BLOCK <= len; at += BLOCK)
		if (is_header(data + at))
			(void)tarsum_set(data + at);
	return len;
}
