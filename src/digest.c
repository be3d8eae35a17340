/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <string.h>

void
digest_init(struct digest *d)
{
	SHA256Init(&d->sha);
}

void
digest_add(struct digest *d, const void *buf, size_t len)
{
	SHA256Update(&d->sha, buf, len);
}

void
digest_text(struct digest *d, char text[static DIGEST_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t sum[SHA256_DIGEST_LENGTH];
	size_t i, n = sizeof "sha256:" - 1;

	SHA256Final(sum, &d->sha);
	memcpy(text, "sha256:", n);
	for (i = 0; i < sizeof sum; i++) {
		text[n++] = hex[sum[i] >> 4];
		text[n++] = hex[sum[i] & 15];
	}
	text[n] = '\0';
}

void
digest_of(const void *buf, size_t len, char text[static DIGEST_TEXT])
{
	struct digest d;

	digest_init(&d);
	digest_add(&d, buf, len);
	digest_text(&d, text);
}
