/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of names: those of a command line, and those of a file.
 */
#include "base/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

enum {
	NAMES_LINE = 4096 /* bytes of a line */
};

int
names_add(struct names *l, const char *name)
{
	char **at = l->at;

	if (l->n == NAMES_MAX) {
		msg_warn(0, "more than %d names", NAMES_MAX);
		return -1;
	}
	if ((l->n & (l->n - 1)) == 0)
		at = reallocarray(at, l->n > 0 ? l->n * 2 : 1, sizeof *at);
	if (at == NULL) {
		msg_nomem();
		return -1;
	}
	l->at = at;
	at[l->n] = strdup(name);
	if (at[l->n] == NULL) {
		msg_nomem();
		return -1;
	}
	l->n++;
	return 0;
}

int
names_read(struct names *l, const char *file)
{
	char line[NAMES_LINE], shown[MSG_NAME];
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	char *name;
	int ret = 0;

	(void)msg_mask(shown, sizeof shown, file);
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
