/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that is printed into memory.
 */
#include "base/memfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/msg.h"

static ssize_t
memfile_write(void *arg, const char *buf, size_t len)
{
	struct memfile *m = arg;
	char *text = array_grow(m->text, &m->room, m->len + len + 1, 1);

	if (text == NULL) {
		m->failed = true;
		return 0;
	}
	m->text = text;
	memcpy(text + m->len, buf, len);
	m->len += len;
	text[m->len] = '\0';
	return (ssize_t)len;
}

int
memfile_open(struct memfile *m)
{
	*m = (struct memfile){0};
	m->to = fopencookie(m, "w",
	    (cookie_io_functions_t){.write = memfile_write});
	if (m->to != NULL && memfile_write(m, "", 0) == 0 && !m->failed)
		return 0;
	msg_nomem();
	if (m->to != NULL)
		(void)fclose(m->to);
	return -1;
}

char *
memfile_close(struct memfile *m)
{
	if (fclose(m->to) == 0 && !m->failed)
		return m->text;
	msg_nomem();
	free(m->text);
	return NULL;
}
