/* SPDX-License-Identifier: Apache-2.0 */
/* Entries to tar: ustar where it can say it, pax where it cannot. */
#include "stream/tarout.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "tap.h"

#define BLOCK 512

/* libarchive loses a little where its output fails (sanitizer/lsan_interface.h)
 */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libarchive.so";
}

static char tar[1 << 20];
static size_t len;
static size_t room = sizeof tar;

static int
sink(void *arg, const void *buf, size_t n)
{
	(void)arg;
	if (n > room - len)
		return -1;
	memcpy(tar + len, buf, n);
	len += n;
	return 0;
}

static void
headers(void)
{
	static const struct tarout_entry dir = {"d", NULL, S_IFDIR | 0755, 0,
	                                     0},
	                                 file = {"d/f", NULL, S_IFREG | 06711,
	                                     3, 01234567},
	                                 link = {"d/l", "to", S_IFLNK | 0777, 0,
	                                     0};
	struct tarout *t = tarout_open(sink, NULL);

	OK(t != NULL);
	len = 0;
	OK(tarout_entry(t, &dir) == 0 && len == BLOCK);
	OK_STR(tar, "d/");
	OK(tar[156] == '5');
	OK(tarout_entry(t, &file) == 0);
	OK(tarout_data(t, "abc", 3) == 0);
	OK_STR(tar + BLOCK, "d/f");
	/* without set-user-ID and set-group-ID */
	OK(memcmp(tar + BLOCK + 100, "000711 ", 7) == 0);
	OK(memcmp(tar + BLOCK + 124, "00000000003 ", 12) == 0);
	OK(memcmp(tar + BLOCK + 136, "00001234567 ", 12) == 0);
	OK(memcmp(tar + BLOCK + 257, "ustar\00000", 8) == 0);
	OK(tar[BLOCK + 265] == '\0' && tar[BLOCK + 297] == '\0');
	OK(tarout_entry(t, &link) == 0 && len == 4 * BLOCK);
	OK(memcmp(tar + 2 * BLOCK, "abc\0", 4) == 0);
	OK_STR(tar + 3 * BLOCK + 157, "to");
	OK(tar[3 * BLOCK + 156] == '2');
	OK(tarout_finish(t) == 0 && len == 6 * BLOCK);
	tarout_free(t);
	OK(len == 6 * BLOCK);
}

/* What only pax can say: the type of the entry's first header. */
static char
type_of(const char *path, const char *target, int64_t size, int64_t mtime)
{
	struct tarout_entry e = {path, target,
	    target != NULL ? S_IFLNK | 0777 : S_IFREG | 0644, size, mtime};
	struct tarout *t = tarout_open(sink, NULL);
	char type = '-';

	len = 0;
	if (t != NULL && tarout_entry(t, &e) == 0)
		type = tar[156];
	tarout_free(t);
	return type;
}

static void
pax(void)
{
	char name[300], target[120];

	memset(name, 'n', sizeof name);
	memset(target, 't', sizeof target);
	OK(type_of("f", NULL, 0, 0) == '0');
	name[100] = '\0';
	OK(type_of(name, NULL, 0, 0) == '0');
	name[100] = 'n';
	name[101] = '\0';
	OK(type_of(name, NULL, 0, 0) == 'x');
	name[101] = 'n';
	name[155] = '/';
	name[256] = '\0';
	OK(type_of(name, NULL, 0, 0) == '0');
	target[100] = '\0';
	OK(type_of("l", target, 0, 0) == '2');
	target[100] = 't';
	target[101] = '\0';
	OK(type_of("l", target, 0, 0) == 'x');
	OK(type_of("\xff", NULL, 0, 0) == 'x');
	OK(type_of("l", "\xff", 0, 0) == 'x');
	OK(type_of("\xc3\xa4", "\xc3\xa4", 0, 0) == '2');
	OK(type_of("f", NULL, 077777777777, 0) == '0');
	OK(type_of("f", NULL, 0100000000000, 0) == 'x');
	OK(type_of("f", NULL, 0, -1) == 'x');
}

static void
failures(void)
{
	static const struct tarout_entry file = {"f", NULL, S_IFREG | 0644, 3,
	    0};
	struct tarout *t = tarout_open(sink, NULL);

	/* more than was announced */
	len = 0;
	OK(tarout_entry(t, &file) == 0);
	OK(tarout_data(t, "abcd", 4) < 0);
	tarout_free(t);
	/* nobody takes it: header, data, the end of an entry, of the archive */
	for (room = 0; room < 4 * BLOCK; room += BLOCK) {
		int ret = 0;

		len = 0;
		t = tarout_open(sink, NULL);
		if (tarout_entry(t, &file) < 0 ||
		    tarout_data(t, "abc", 3) < 0 ||
		    tarout_entry(t, &file) < 0 || tarout_finish(t) < 0)
			ret = -1;
		OK(ret < 0);
		tarout_free(t);
		OK(len <= room);
	}
	room = sizeof tar;
	tarout_free(NULL);
}

int
main(void)
{
	headers();
	pax();
	failures();
	return tap_done();
}
