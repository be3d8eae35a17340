/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of names: those of a command line, and those of a file.
 */
#include "base/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/msg.h"

enum {
	NAMES_LINE = 4096 /* bytes of a line */
};

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

int
names_read(struct names *l, const char *file)
{
	char line[NAMES_LINE], shown[MSG_NAME];
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	char *name;
	int ret = 0;

	msg_mask(shown, sizeof shown, file);
	if (f == NULL) {
		msg_warn(errno, "%s", shown);
		return -1;
	}
	while (ret == 0 && fgets(line, sizeof line, f) != NULL) {
		name = line + strspn(line, " \t");
		name[strcspn(name, " \t\r\n")] = '\0';
		if (*name != '\0' && *name != '#')
			ret = names_add(l, name);
	}
	if (ret == 0 && ferror(f)) {
		msg_warn(errno, "%s", shown);
		ret = -1;
	}
	if (f != stdin)
		(void)fclose(f);
	return ret;
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
