/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder and the encode: the first byte says in what pieces the rest
 * arrives, and the events must not depend on it.
 */
#include "fuzz.h"

#include <string.h>

#include "log/decode.h"

static struct decode d;

/* A sum of all events, as text: data that is forgotten does not count. */
static void
run(const uint8_t *data, size_t len, size_t step, char sum[static DIGEST_TEXT])
{
	struct digest all, piece;
	enum decode_event event;
	char text[DIGEST_TEXT];
	uint64_t bytes = 0;
	size_t room, n;
	char *to;

	digest_init(&all);
	digest_init(&piece);
	decode_start(&d);
	while ((event = decode_next(&d)) != DECODE_END) {
		if (event == DECODE_MORE) {
			to = decode_room(&d, &room);
			MUST(room > 0);
			n = step < room ? step : room;
			n = n < len ? n : len;
			memcpy(to, data, n);
			decode_fed(&d, n);
			data += n;
			len -= n;
			continue;
		}
		if (event == DECODE_DATA) {
			MUST(d.data_len > 0);
			digest_add(&piece, d.data, d.data_len);
			bytes += d.data_len;
			continue;
		}
		digest_text(&piece, text);
		digest_init(&piece);
		if (event != DECODE_BAD && event != DECODE_TRAILER) {
			MUST(bytes == d.piece.size);
			MUST(strcmp(text, d.piece.digest) == 0);
		}
		if (event != DECODE_TRAILER)
			bytes = 0;
		if (event != DECODE_BAD)
			digest_add(&all, &d.piece, sizeof d.piece);
		digest_add(&all, &event, sizeof event);
	}
	digest_add(&all, &d.foreign, sizeof d.foreign);
	digest_add(&all, &d.damaged, sizeof d.damaged);
	digest_text(&all, sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct decode_piece p;
	char one[DIGEST_TEXT], other[DIGEST_TEXT];

	if (len == 0)
		return 0;
	(void)decode_whole((const char *)data + 1, len - 1, &p);
	run(data + 1, len - 1, len, one);
	run(data + 1, len - 1, (size_t)data[0] + 1, other);
	MUST(strcmp(one, other) == 0);
	return 0;
}
