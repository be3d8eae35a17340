/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4) digests as OCI writes them; the only user of libmd.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DIGEST_TEXT = sizeof "sha256:" +
	    64 /* bytes of "sha256:<hex>", NUL too */
};

/* A running digest; start it with digest_init.  Holds nothing to free. */
struct digest {
	uint64_t len; /* bytes added */
	uint32_t state[8]; /* after the whole blocks among them */
	uint8_t rest[64]; /* and the bytes after these */
	/* of n blocks at p into the state */
	void (*transform)(uint32_t state[static 8], const uint8_t *p, size_t n);
};

void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *buf, size_t len);

/*
 * Finish d (start again with digest_init) and write "sha256:" and 64 lower
 * case hex digits with a NUL to text.
 */
void digest_text(struct digest *d, char text[static DIGEST_TEXT]);

/* Is text "sha256:" and 64 lower case hex digits? */
bool digest_is_text(const char *text);

/* The digest of buf[0..len), as text. */
void digest_of(const void *buf, size_t len, char text[static DIGEST_TEXT]);

#endif
