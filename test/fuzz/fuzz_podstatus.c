/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods and lists of events as a server may send them, one a line, one after the
 * other: what is said of them is masked text.
 */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"
#include "base/msg.h"
#include "cluster/podstatus.h"

static void
check_text(const char *text)
{
	const char *p;

	MUST(msg_is_utf8(text, strlen(text)));
	for (p = text; *p != '\0'; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void
look(struct podstatus *w, const struct json *pod)
{
	char text[PODSTATUS_IMAGE], unpacked[PODSTATUS_IMAGE];

	podstatus_look(w, pod, false);
	podstatus_events(w, pod);
	MUST(w->state != PODSTATUS_FAILED || w->exit != WIRE_OK);
	check_text(w->reason);
	check_text(w->container);
	podstatus_images(pod, "a/b:c", "d/e:f", text, unpacked);
	check_text(text);
	check_text(unpacked);
	(void)podstatus_message(pod, "bundle");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct podstatus w = {0};
	const uint8_t *end;
	struct json *pod;
	size_t n;

	while (len > 0) {
		end = memchr(data, '\n', len);
		n = end != NULL ? (size_t)(end - data) : len;
		pod = json_parse((const char *)data, n);
		look(&w, pod);
		json_free(pod);
		n += end != NULL;
		data += n;
		len -= n;
	}
	podstatus_free(&w);
	return 0;
}
