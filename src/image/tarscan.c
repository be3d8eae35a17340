/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tarscan.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/msg.h"

enum {
	BLOCK = 512,
	EXTENSION_MAX = 1 << 20 /* bytes of a pax header or a GNU long name */
};

/* POSIX.1-1988 ustar; GNU tar's has the same fields up to devminor. */
struct header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char typeflag;
	char linkname[100];
	char magic[6]; /* "ustar\0", or "ustar " of GNU tar */
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155]; /* not in GNU tar's */
	char pad[12];
};

/* What pax records and GNU long names say of the entry that follows. */
struct extra {
	bool has_name, has_link, has_size, has_uid, has_gid, has_mtime;
	uint64_t size, uid, gid;
	int64_t mtime;
};

static int
tarscan_refuse(const struct tarscan *t, const char *why)
{
	msg_warn(0, "%s: %s at byte %ju", t->what, why, (uintmax_t)t->at);
	return -1;
}

/* Binary numbers of GNU tar: the first byte's highest bit is set. */
static int
parse_binary(const unsigned char *field, size_t len, int64_t *number)
{
	bool negative = (field[0] & 0x40) != 0;
	uint64_t n = 0;
	size_t i;
	unsigned int c;

	for (i = 0; i < len; i++) {
		c = negative ? field[i] ^ 0xffU : field[i];
		if (i == 0)
			c &= 0x7f;
		if (n >> 55 != 0)
			return -1;
		n = n << 8 | c;
	}
	*number = negative ? -(int64_t)n - 1 : (int64_t)n;
	return 0;
}

/* Octal digits between blanks and NULs, or a binary number. */
static int
parse_number(const char *field, size_t len, int64_t *number)
{
	size_t i = 0;

	*number = 0;
	if ((field[0] & 0x80) != 0)
		return parse_binary((const unsigned char *)field, len, number);
	while (i < len && (field[i] == ' ' || field[i] == '\0'))
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*number = *number << 3 | (field[i] - '0');
	return i == len || field[i] == ' ' || field[i] == '\0' ? 0 : -1;
}

static bool
tarscan_is_zero(const struct header *h)
{
	static const struct header zero;

	return memcmp(h, &zero, sizeof zero) == 0;
}

/* Old tars summed signed bytes; both are accepted, as everywhere. */
static bool
sum_is_right(const struct header *h)
{
	const char *p = (const char *)h;
	int64_t wanted, is_unsigned = 0, is_signed = 0;
	size_t i, begin = offsetof(struct header, chksum);
	char c;

	if (parse_number(h->chksum, sizeof h->chksum, &wanted) < 0)
		return false;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return true;
#endif
	for (i = 0; i < sizeof *h; i++) {
		c = i >= begin && i < begin + sizeof h->chksum ? ' ' : p[i];
		is_unsigned += (unsigned char)c;
		is_signed += (signed char)c;
	}
	return wanted == is_unsigned || wanted == is_signed;
}

/* Read a header: 1, 0 at the end of the tar, -1 reported. */
static int
read_header(struct tarscan *t, struct header *h)
{
	struct header next;
	ssize_t got = blob_read(t->blob, t->at, h, sizeof *h);

	if (got == 0)
		return 0;
	if (got < (ssize_t)sizeof *h)
		return tarscan_refuse(t, got < 0 ? "read error" : "cut off");
	if (tarscan_is_zero(h)) {
		got = blob_read(t->blob, t->at + BLOCK, &next, sizeof next);
		if (got == 0 ||
		    (got == (ssize_t)sizeof next && tarscan_is_zero(&next)))
			return 0;
		return tarscan_refuse(t, "cut off, or no tar");
	}
	if (!sum_is_right(h))
		return tarscan_refuse(t, "no tar header");
	return 1;
}

/* The `size` bytes that follow the header at t->at, with a NUL; owned. */
static char *
read_extension(struct tarscan *t, uint64_t size)
{
	struct blob b = *t->blob;
	char *text;

	if (size > EXTENSION_MAX || t->at + BLOCK + size > b.len) {
		(void)tarscan_refuse(t,
		    size > EXTENSION_MAX ? "absurd header" : "cut off");
		return NULL;
	}
	b.at += t->at + BLOCK;
	b.len = size;
	text = blob_text(&b, EXTENSION_MAX, t->what);
	return text;
}

/* Store a name that a file system could hold. */
static int
keep_name(struct tarscan *t, char *to, const char *name, size_t len)
{
	if (len >= TARSCAN_NAME)
		return tarscan_refuse(t, "a name longer than 4095 bytes");
	if (memchr(name, '\0', len) != NULL)
		return tarscan_refuse(t, "a name with a NUL in it");
	memcpy(to, name, len);
	to[len] = '\0';
	return 0;
}

/* Whole seconds of a pax time, "-1.5" is -2 as in POSIX.1-2017, pax. */
static int
parse_time(const char *text, int64_t *seconds)
{
	bool negative = *text == '-';
	char whole[24];
	uint64_t n;
	size_t len;

	text += negative;
	len = strcspn(text, ".");
	if (len >= sizeof whole)
		return -1;
	memcpy(whole, text, len);
	whole[len] = '\0';
	if (number_parse(whole, 0, INT64_MAX / 2, &n) < 0)
		return -1;
	*seconds = negative ? -(int64_t)n : (int64_t)n;
	if (negative && strspn(text + len, ".0") != strlen(text + len))
		--*seconds;
	return 0;
}

/* Take one pax record. */
static int
take_record(struct tarscan *t, struct tarscan_entry *e, struct extra *x,
    const char *key, const char *value)
{
	size_t len = strlen(value);
	int rc = 0;

	/* an empty value takes the record back; so says pax, so does Go */
	if (strcmp(key, "path") == 0) {
		x->has_name = len > 0;
		return keep_name(t, e->name, value, len);
	}
	if (strcmp(key, "linkpath") == 0) {
		x->has_link = len > 0;
		return keep_name(t, e->link, value, len);
	}
	if (strncmp(key, "GNU.sparse.", 11) == 0)
		return tarscan_refuse(t, "sparse files are not supported;");
	if (strcmp(key, "size") == 0) {
		x->has_size = len > 0;
		rc = len > 0 ? number_parse(value, 0, INT64_MAX, &x->size) : 0;
	} else if (strcmp(key, "uid") == 0) {
		x->has_uid = len > 0;
		rc = len > 0 ? number_parse(value, 0, UINT32_MAX, &x->uid) : 0;
	} else if (strcmp(key, "gid") == 0) {
		x->has_gid = len > 0;
		rc = len > 0 ? number_parse(value, 0, UINT32_MAX, &x->gid) : 0;
	} else if (strcmp(key, "mtime") == 0) {
		x->has_mtime = len > 0;
		rc = len > 0 ? parse_time(value, &x->mtime) : 0;
	}
	return rc < 0 ? tarscan_refuse(t, "a damaged pax record") : 0;
}

/* Take all records, "<length> <key>=<value>\n" each. */
static int
take_pax(struct tarscan *t, struct tarscan_entry *e, struct extra *x,
    uint64_t size)
{
	char *text = read_extension(t, size);
	char *p, *end, *blank, *equals;
	unsigned long len;
	int rc = -1;

	if (text == NULL)
		return -1;
	for (p = text, end = text + size; p < end; p += len) {
		len = strtoul(p, &blank, 10);
		if (*p < '0' || *p > '9' || *blank != ' ' ||
		    len > (size_t)(end - p) || p + len < blank + 2 ||
		    p[len - 1] != '\n')
			goto bad;
		p[len - 1] = '\0';
		equals = strchr(blank, '=');
		if (equals == NULL)
			goto bad;
		*equals = '\0';
		/* binary xattrs hold NULs; what we read must not */
		if (strncmp(blank + 1, "SCHILY.xattr.", 13) != 0 &&
		    strlen(equals + 1) !=
		        (size_t)(p + len - 1 - (equals + 1))) {
			(void)tarscan_refuse(t,
			    "a pax record with a NUL in it");
			goto out;
		}
		if (take_record(t, e, x, blank + 1, equals + 1) < 0)
			goto out;
	}
	rc = 0;
	goto out;
bad:
	(void)tarscan_refuse(t, "a damaged pax header");
out:
	free(text);
	return rc;
}

static int
take_long(struct tarscan *t, char *to, uint64_t size)
{
	char *text = read_extension(t, size);
	int rc;

	if (text == NULL)
		return -1;
	rc = keep_name(t, to, text, strlen(text));
	free(text);
	return rc;
}

/* The name of a header: prefix/name in ustar. */
static void
header_name(const struct header *h, char *to)
{
	size_t n = 0, len;

	if (memcmp(h->magic, "ustar", 6) == 0 && h->prefix[0] != '\0') {
		n = strnlen(h->prefix, sizeof h->prefix);
		memcpy(to, h->prefix, n);
		to[n++] = '/';
	}
	len = strnlen(h->name, sizeof h->name);
	memcpy(to + n, h->name, len);
	to[n + len] = '\0';
}

static int
set_type(struct tarscan *t, struct tarscan_entry *e, char flag)
{
	size_t len = strlen(e->name);

	switch (flag) {
	case '\0': /* tars older than ustar: a slash makes a directory */
		e->type = len > 0 && e->name[len - 1] == '/' ? TARSCAN_DIR
		                                             : TARSCAN_FILE;
		return 0;
	case '0':
	case '7':
		e->type = TARSCAN_FILE;
		return 0;
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
		e->type = (enum tarscan_type)flag;
		return 0;
	case 'S':
		return tarscan_refuse(t, "sparse files are not supported;");
	default:
		return tarscan_refuse(t, "an entry of unknown type");
	}
}

/* Fill e from the header and what came before it. */
static int
set_entry(struct tarscan *t, struct tarscan_entry *e, const struct header *h,
    const struct extra *x)
{
	int64_t mode, uid, gid, size, mtime;

	if (parse_number(h->mode, sizeof h->mode, &mode) < 0 ||
	    parse_number(h->uid, sizeof h->uid, &uid) < 0 ||
	    parse_number(h->gid, sizeof h->gid, &gid) < 0 ||
	    parse_number(h->size, sizeof h->size, &size) < 0 ||
	    parse_number(h->mtime, sizeof h->mtime, &mtime) < 0 || size < 0)
		return tarscan_refuse(t, "a damaged tar header");
	if (!x->has_name)
		header_name(h, e->name);
	if (!x->has_link) {
		memcpy(e->link, h->linkname, sizeof h->linkname);
		e->link[sizeof h->linkname] = '\0';
	}
	if (set_type(t, e, h->typeflag) < 0)
		return -1;
	if (e->type != TARSCAN_LINK && e->type != TARSCAN_SYMLINK)
		e->link[0] = '\0';
	e->mode = (mode_t)mode & 07777;
	e->uid = x->has_uid ? (uid_t)x->uid : (uid_t)uid;
	e->gid = x->has_gid ? (gid_t)x->gid : (gid_t)gid;
	e->mtime = x->has_mtime ? x->mtime : mtime;
	e->data = (struct blob){t->blob->fd, t->blob->at + t->at + BLOCK, 0};
	if (e->type == TARSCAN_FILE)
		e->data.len = x->has_size ? x->size : (uint64_t)size;
	if (t->blob->len - t->at - BLOCK < e->data.len)
		return tarscan_refuse(t, "cut off in a file");
	return 0;
}

static uint64_t
padded(uint64_t size)
{
	return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* Take a header that only says something of the next one: 1, 0 if not, -1. */
static int
take_prelude(struct tarscan *t, struct tarscan_entry *e, const struct header *h,
    struct extra *x)
{
	int64_t size;
	int rc = 0;

	if (strchr("xgLK", h->typeflag) == NULL || h->typeflag == '\0')
		return 0;
	if (parse_number(h->size, sizeof h->size, &size) < 0 || size < 0 ||
	    size > EXTENSION_MAX)
		return tarscan_refuse(t, "absurd header");
	if (h->typeflag == 'x') {
		*x = (struct extra){0};
		rc = take_pax(t, e, x, (uint64_t)size);
	} else if (h->typeflag == 'L') {
		x->has_name = true;
		rc = take_long(t, e->name, (uint64_t)size);
	} else if (h->typeflag == 'K') {
		x->has_link = true;
		rc = take_long(t, e->link, (uint64_t)size);
	} /* runtimes ignore global headers, 'g' */
	t->at += BLOCK + padded((uint64_t)size);
	return rc < 0 ? -1 : 1;
}

int
tarscan_next(struct tarscan *t, struct tarscan_entry *e)
{
	struct extra x = {0};
	struct header h;
	int rc;

	do {
		rc = read_header(t, &h);
		if (rc <= 0)
			return rc;
		rc = take_prelude(t, e, &h, &x);
	} while (rc > 0);
	if (rc < 0 || set_entry(t, e, &h, &x) < 0)
		return -1;
	t->at += BLOCK + padded(e->data.len);
	return 1;
}
