/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip members -> the lines of json or jsonl (wire.h) on a descriptor.
 */
#include "stream/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/msg.h"
#include "wire.h"

int
encode_write(struct encode *e, const void *buf, size_t len)
{
	if (io_out_write(&e->out, buf, len) == 0)
		return 0;
	msg_warn(errno, "standard output");
	return -1;
}

/* Put the formatted text, which is short. */
__attribute__((format(printf, 2, 3))) static int
put_text(struct encode *e, const char *format, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	return encode_write(e, text, (size_t)n);
}

/*
 * Put buf[0..len) as base64; padded if len is not a multiple of three.  What
 * fills io_out's buffer is written from the cache that it was made in.
 */
static int
put_base64(struct encode *e, const unsigned char *buf, size_t len)
{
	enum {
		AT_ONCE = sizeof e->out.buf / 4 * 3
	};
	char text[BASE64_LEN(AT_ONCE)];
	size_t n;

	for (; len > 0; buf += n, len -= n) {
		n = len < AT_ONCE ? len : AT_ONCE;
		if (encode_write(e, text, base64_encode(text, buf, n)) < 0)
			return -1;
	}
	return 0;
}

int
encode_begin(struct encode *e, int fd, bool lines, const struct ranges *wanted)
{
	e->lines = lines;
	e->wanted = wanted;
	e->out.fd = fd;
	digest_init(&e->sum);
	return lines ? 0 : put_text(e, "{\"content\":\"");
}

int
encode_part(void *arg, const struct gzip_part *part)
{
	struct encode *e = arg;
	const unsigned char *buf = part->gzip;
	size_t len = part->len, whole;

	digest_add(&e->sum, buf, len);
	e->size += len;
	e->parts++;
	if (e->lines) {
		if (e->wanted != NULL && !ranges_have(e->wanted, part->index))
			return 0;
		if (put_text(e,
		        "{\"part\":%" PRIu64
		        ",\"size\":%zu,\"digest\":\"%s\",\"content\":\"",
		        part->index, len, part->digest) < 0 ||
		    put_base64(e, buf, len) < 0)
			return -1;
		return put_text(e, "\"}\n");
	}
	/* one long text: whole groups now, the rest with the next part */
	if (e->n_carry > 0) {
		for (; e->n_carry < 3 && len > 0; len--)
			e->carry[e->n_carry++] = *buf++;
		if (e->n_carry < 3)
			return 0;
		if (put_base64(e, e->carry, 3) < 0)
			return -1;
	}
	whole = len - len % 3;
	e->n_carry = len - whole;
	memcpy(e->carry, buf + whole, e->n_carry);
	return put_base64(e, buf, whole);
}

int
encode_end(struct encode *e, uint64_t entries)
{
	digest_text(&e->sum, e->digest);
	if (put_base64(e, e->carry, e->n_carry) < 0)
		return -1;
	if ((e->lines ? put_text(e, "{\"parts\":%" PRIu64 ",", e->parts)
	              : put_text(e, "\",")) < 0)
		return -1;
	return put_text(e,
	    "\"mediaType\":\"" WIRE_MEDIA_TYPE "\",\"size\":%" PRIu64
	    ",\"digest\":\"%s\",\"entries\":%" PRIu64 "}\n",
	    e->size, e->digest, entries);
}
