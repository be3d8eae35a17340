/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TAP for unit tests: OK(condition) or OK_STR(got, wanted), then
 * `return tap_done();`.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_n, tap_failed;

static inline void
tap_ok(bool good, const char *what, const char *file, int line)
{
	tap_n++;
	printf("%sok %d - %s\n", good ? "" : "not ", tap_n, what);
	if (!good) {
		printf("#   at %s:%d\n", file, line);
		tap_failed++;
	}
}

static inline void
tap_str(const char *got, const char *wanted, const char *file, int line)
{
	bool good = got != NULL && strcmp(got, wanted) == 0;

	if (!good)
		printf("# got:    %s\n# wanted: %s\n", got ? got : "(null)",
		    wanted);
	tap_ok(good, wanted, file, line);
}

/* Make a file that has this text. */
static inline void
tap_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f != NULL) {
		(void)fputs(text, f);
		(void)fclose(f);
	}
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_failed != 0;
}

#define OK(condition) tap_ok((condition), #condition, __FILE__, __LINE__)
#define OK_STR(got, wanted) tap_str((got), (wanted), __FILE__, __LINE__)

#endif
