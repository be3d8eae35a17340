/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of names; and words.
 */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/msg.h"

int
names_add(struct names *l, const char *name)
{
	char **at, *copy;

	if (l->n == NAMES_MAX) {
		msg_warn(0, "more than %d names", NAMES_MAX);
		return -1;
	}
	at = array_grow(l->at, &l->room, l->n + 1, sizeof *at);
	l->at = at != NULL ? at : l->at;
	copy = at != NULL ? strdup(name) : NULL;
	if (copy == NULL) {
		msg_nomem();
		return -1;
	}
	at[l->n++] = copy;
	return 0;
}

void
names_free(struct names *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->at[i]);
	free(l->at);
	*l = (struct names){0};
}

bool
names_one_of(const char *text, const char *const *words)
{
	while (*words != NULL && strcmp(text, *words) != 0)
		words++;
	return *words != NULL;
}
