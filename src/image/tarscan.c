/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of an uncompressed tar, with the places of their data: ustar,
 * pax and GNU long names, and pax's sparse files, read the way container
 * runtimes read layers, which is that of Go's archive/tar.
 */
#include "image/tarscan.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/acl.h"
#include "base/number.h"
#include "base/msg.h"
#include "image/sparse.h"

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

/* The last second of a time in nanoseconds, and the last of these in it. */
#define TIME_MAX INT64_C(9223372036)
#define TIME_MAX_NANOS 854775807

/* The pax records of which the last one of an entry counts. */
enum pax_key {
	PAX_PATH,
	PAX_LINKPATH,
	PAX_SIZE,
	PAX_UID,
	PAX_GID,
	PAX_MTIME,
	PAX_KEYS
};

/* What pax records and GNU long names say of the entry that follows. */
struct extra {
	char *name, *link; /* owned; GNU's, which count more than pax's; NULL */
	char *pax; /* owned; the records */
	const char *value[PAX_KEYS]; /* points into it; "": none */
	struct tarscan_xattrs xattrs;
	struct sparse sparse;
};

/* Forget what pax records said. */
static void
extra_reset(struct extra *x)
{
	size_t i;

	for (i = 0; i < PAX_KEYS; i++)
		x->value[i] = "";
	x->xattrs = (struct tarscan_xattrs){.opaque = false};
	sparse_reset(&x->sparse);
	free(x->pax);
	x->pax = NULL;
}

/* Forget all; and free it. */
static void
extra_free(struct extra *x)
{
	extra_reset(x);
	free(x->name);
	free(x->link);
	x->name = x->link = NULL;
}

static int
tarscan_refuse(const struct tarscan *t, const char *why)
{
	msg_warn(0, "%s: %s at byte %ju of the tar", t->what, why,
	    (uintmax_t)t->at);
	return -1;
}

/*
 * Octal digits between blanks and NULs; or, where the first byte's highest bit
 * is set, a binary number, as GNU tar writes them.  0, or -1.
 */
static int
parse_number(const char *field, size_t len, int64_t *number)
{
	const unsigned int flip = (field[0] & 0x40) != 0 ? 0xff : 0;
	uint64_t n = 0;
	size_t i = 0;

	if ((field[0] & 0x80) != 0) {
		for (; i < len; i++) {
			if (n >> 55 != 0)
				return -1;
			n = n << 8 |
			    (((unsigned char)field[i] ^ flip) &
			        (i == 0 ? 0x7f : 0xff));
		}
		*number = flip != 0 ? -(int64_t)n - 1 : (int64_t)n;
		return 0;
	}
	while (i < len && (field[i] == ' ' || field[i] == '\0'))
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		n = n << 3 | (uint64_t)(field[i] - '0');
	*number = (int64_t)n;
	return i == len || field[i] == ' ' || field[i] == '\0' ? 0 : -1;
}

static bool
tarscan_is_zero(const struct header *h)
{
	static const struct header zero;

	return memcmp(h, &zero, sizeof zero) == 0;
}

static uint64_t
padded(uint64_t size)
{
	return (size + BLOCK - 1) / BLOCK * BLOCK;
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

bool
tarscan_is_tar(const struct blob *blob)
{
	struct header h;

	return blob_read(blob, 0, &h, sizeof h) == (ssize_t)sizeof h &&
	    (tarscan_is_zero(&h) || sum_is_right(&h));
}

/* Read a header: 1, 0 at the end of the tar, -1 (reported). */
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
		return tarscan_refuse(t, "cut off, or not a tar");
	}
	if (!sum_is_right(h))
		return tarscan_refuse(t, "not a tar header");
	return 1;
}

/*
 * Store the name that counts, that of GNU's header, or of a pax record, or
 * `other`, as much as a file system could hold.
 */
static void
keep_name(struct tarscan_entry *e, char *to, const char *gnu, const char *pax,
    const char *other)
{
	if (gnu == NULL || *gnu == '\0')
		gnu = *pax != '\0' ? pax : other;
	if (snprintf(to, TARSCAN_NAME, "%s", gnu) >= TARSCAN_NAME)
		e->cut = true;
}

/* A decimal number with a sign, of at most 64 bits, unless "".  0, or -1. */
static int
parse_decimal(const char *text, int64_t *number)
{
	bool negative = *text == '-';
	uint64_t n;

	if (*text == '\0')
		return 0;
	text += negative || *text == '+';
	if (number_parse(text, 0, INT64_MAX, &n) < 0)
		return -1;
	*number = negative ? -(int64_t)n : (int64_t)n;
	return 0;
}

/* What runtimes make of a time that nanoseconds since 1970 cannot say. */
static int64_t
bound_time(int64_t seconds)
{
	return seconds < 0 || seconds > TIME_MAX ? 0 : seconds;
}

/*
 * Whole seconds of a pax time (POSIX.1-2017, pax), bounded, unless "".  0, or
 * -1.
 */
static int
parse_time(const char *text, int64_t *seconds)
{
	const bool negative = *text == '-';
	char nanos[10] = "000000000";
	uint64_t whole;
	size_t digits;

	if (*text == '\0')
		return 0;
	text += negative || *text == '+';
	if (number_take(&text, INT64_MAX, &whole) < 0)
		return -1;
	if (*text == '.') {
		digits = strspn(++text, "0123456789");
		memcpy(nanos, text, digits < 9 ? digits : 9);
		text += digits;
	}
	/* before 1970, or after the last moment */
	*seconds = negative ||
	        (whole == TIME_MAX && strtol(nanos, NULL, 10) > TIME_MAX_NANOS)
	    ? 0
	    : bound_time((int64_t)whole);
	return *text == '\0' ? 0 : -1;
}

static const char acl_key[] = "system.posix_acl_access";

/* Take an extended attribute, whose value is `at` bytes into the records. */
static void
take_xattr(const struct tarscan *t, struct tarscan_xattrs *x, const char *key,
    const char *value, size_t at, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)value;
	static const char overlay[] = "trusted.overlay.";
	bool acl = strcmp(key, acl_key) == 0;

	if (strcmp(key, "trusted.overlay.opaque") == 0 && len == 1 &&
	    *bytes == 'y')
		x->opaque = true;
	else if (strncmp(key, overlay, sizeof overlay - 1) == 0)
		x->overlay = true;
	else if (strncmp(key, "user.", 5) == 0)
		x->user = true;
	/* one of another version is passed over */
	else if (acl && acl_is_foreign(bytes, len))
		acl = false;
	else if (acl)
		x->acl = (struct blob){t->blob->fd,
		    t->blob->at + t->at + BLOCK + at, len};
	/* what the kernel does not take (cap_convert_nscap) */
	if (*key == '\0' || strlen(key) > 255 || len > 65536 ||
	    (acl && !acl_is_valid(bytes, len)) ||
	    (strcmp(key, "security.capability") == 0 &&
	        !(len == 20 && bytes[3] == 2) && !(len == 24 && bytes[3] == 3)))
		x->bad = true;
}

/* Take one pax record. */
static int
take_record(struct tarscan *t, struct extra *x, const char *key,
    const char *value, size_t len)
{
	static const char xattr[] = "SCHILY.xattr.", sparse[] = "GNU.sparse.";
	static const char *const keys[] = {"path", "linkpath", "size", "uid",
	    "gid", "mtime"};
	size_t i;

	for (i = 0; i < PAX_KEYS; i++)
		if (strcmp(key, keys[i]) == 0)
			x->value[i] = value;
	if (strlen(value) < len &&
	    (x->value[PAX_PATH] == value || x->value[PAX_LINKPATH] == value))
		return tarscan_refuse(t, "a name with a NUL in it");
	if (strncmp(key, sparse, sizeof sparse - 1) == 0)
		return sparse_take(&x->sparse, key + sizeof sparse - 1, value);
	if (strncmp(key, xattr, sizeof xattr - 1) == 0)
		take_xattr(t, &x->xattrs, key + sizeof xattr - 1, value,
		    (size_t)(value - x->pax), len);
	return 0;
}

/* Take all records, "<length> <key>=<value>\n" each. */
static int
take_pax(struct tarscan *t, struct extra *x, size_t size)
{
	char *p, *end, *equals;
	const char *key;
	uint64_t len;

	for (p = x->pax, end = p + size; p < end; p += len) {
		key = p;
		if (number_take(&key, (uint64_t)(end - p), &len) < 0 ||
		    *key != ' ' || p + len < key + 2 || p[len - 1] != '\n')
			break;
		p[len - 1] = '\0';
		equals = strchr(++key, '=');
		if (equals == NULL)
			break;
		*equals++ = '\0';
		if (take_record(t, x, key, equals,
		        (size_t)(p + len - 1 - equals)) < 0)
			return -1;
	}
	return p < end ? tarscan_refuse(t, "a damaged pax header") : 0;
}

/* A character device 0:0, as mknod(2) takes the numbers. */
static int
set_device(struct tarscan *t, struct tarscan_entry *e, const struct header *h)
{
	int64_t major = 0, minor = 0;

	e->whiteout = false;
	if (e->type != TARSCAN_CHAR)
		return 0;
	if (memcmp(h->magic, "ustar", 5) == 0 &&
	    (parse_number(h->devmajor, sizeof h->devmajor, &major) < 0 ||
	        parse_number(h->devminor, sizeof h->devminor, &minor) < 0))
		return tarscan_refuse(t, "a damaged tar header");
	e->whiteout = (major & 0xfff) == 0 && (minor & 0xfffff) == 0;
	return 0;
}

/*
 * Where the data is, and how much of it is in the tar: `size` bytes, but for
 * what has none behind its header.
 */
static int
set_data(struct tarscan *t, struct tarscan_entry *e, struct extra *x,
    uint64_t size)
{
	struct blob packed;
	int ret;

	e->data = (struct blob){t->blob->fd, t->blob->at + t->at + BLOCK, size};
	if (t->blob->len - t->at - BLOCK < size)
		return tarscan_refuse(t, "cut off in a file");
	if (e->type != TARSCAN_FILE)
		e->data.len = 0;
	if (e->type != TARSCAN_FILE || !sparse_is(&x->sparse))
		return 0;
	if (*x->sparse.value[SPARSE_NAME] != '\0')
		keep_name(e, e->name, x->sparse.value[SPARSE_NAME], "", "");
	packed = e->data;
	ret = t->tempfile == NULL ? 0
	                          : sparse_expand(&x->sparse, &packed,
	                                t->tempfile, t->what, &e->data);
	return ret == 0 ? tarscan_refuse(t, "a damaged sparse file") : ret;
}

/*
 * Fill e from the header and what came before it, and go on behind it.  0, or
 * -1 (reported).
 */
static int
set_entry(struct tarscan *t, struct tarscan_entry *e, const struct header *h,
    struct extra *x)
{
	char name[sizeof h->prefix + 1 + sizeof h->name + 1];
	char link[sizeof h->linkname + 1];
	bool prefix = memcmp(h->magic, "ustar", 6) == 0 && h->prefix[0] != '\0';
	int64_t mode, uid, gid, size, mtime;

	if (parse_number(h->mode, sizeof h->mode, &mode) < 0 ||
	    parse_number(h->uid, sizeof h->uid, &uid) < 0 ||
	    parse_number(h->gid, sizeof h->gid, &gid) < 0 ||
	    parse_number(h->size, sizeof h->size, &size) < 0 ||
	    parse_number(h->mtime, sizeof h->mtime, &mtime) < 0)
		return tarscan_refuse(t, "a damaged tar header");
	mtime = bound_time(mtime);
	if (parse_decimal(x->value[PAX_UID], &uid) < 0 ||
	    parse_decimal(x->value[PAX_GID], &gid) < 0 ||
	    parse_decimal(x->value[PAX_SIZE], &size) < 0 ||
	    parse_time(x->value[PAX_MTIME], &mtime) < 0)
		return tarscan_refuse(t, "a damaged pax record");
	if (size < 0)
		return tarscan_refuse(t, "a damaged tar header");
	snprintf(name, sizeof name, "%.*s%s%.*s",
	    prefix ? (int)sizeof h->prefix : 0, h->prefix, prefix ? "/" : "",
	    (int)sizeof h->name, h->name);
	snprintf(link, sizeof link, "%.*s", (int)sizeof h->linkname,
	    h->linkname);
	*e->link = '\0';
	e->cut = false;
	keep_name(e, e->name, x->name, x->value[PAX_PATH], name);
	e->type = (enum tarscan_type)(unsigned char)h->typeflag;
	/* tars older than ustar: a slash makes a directory */
	if (h->typeflag == '\0')
		e->type = *e->name != '\0' &&
		        e->name[strlen(e->name) - 1] == '/'
		    ? TARSCAN_DIR
		    : TARSCAN_FILE;
	if (e->type == TARSCAN_LINK || e->type == TARSCAN_SYMLINK)
		keep_name(e, e->link, x->link, x->value[PAX_LINKPATH], link);
	e->mode = (mode_t)mode & 07777;
	/* as chown(2) takes them: the low 32 bits */
	e->uid = (uid_t)uid;
	e->gid = (gid_t)gid;
	e->mtime = mtime;
	e->xattrs = x->xattrs;
	/* these have no bytes behind the header, although it has a size */
	if ((e->type >= TARSCAN_LINK && e->type <= TARSCAN_FIFO) ||
	    e->type == TARSCAN_GLOBAL)
		size = 0;
	if (set_device(t, e, h) < 0 || set_data(t, e, x, (uint64_t)size) < 0)
		return -1;
	t->at += BLOCK + padded((uint64_t)size);
	return 0;
}

/*
 * Take a header whose data says something of the next one, or, a global one, of
 * itself: its records are its name.  1, 0 if it is none, -1 (reported).
 */
static int
take_text(struct tarscan *t, const struct header *h, struct extra *x)
{
	char *text, **name = h->typeflag == 'L' ? &x->name : &x->link;
	struct blob b = *t->blob;
	int64_t size;
	int ret;

	if (h->typeflag == '\0' || strchr("gxLK", h->typeflag) == NULL)
		return 0;
	if (parse_number(h->size, sizeof h->size, &size) < 0 || size < 0 ||
	    size > EXTENSION_MAX)
		return tarscan_refuse(t, "a header with an impossible size");
	if (t->at + BLOCK + (uint64_t)size > b.len)
		return tarscan_refuse(t, "cut off");
	b.at += t->at + BLOCK;
	b.len = (uint64_t)size;
	text = blob_text(&b, EXTENSION_MAX, t->what);
	if (text == NULL)
		return -1;
	if (h->typeflag == 'g')
		extra_free(x);
	if (h->typeflag == 'x' || h->typeflag == 'g') {
		extra_reset(x);
		x->pax = text;
		ret = take_pax(t, x, (size_t)size);
		if (h->typeflag == 'g')
			x->xattrs = (struct tarscan_xattrs){.opaque = false};
	} else {
		free(*name);
		*name = text;
		ret = 0;
	}
	t->at += padded((uint64_t)size);
	return ret < 0 ? -1 : 1;
}

int
tarscan_next(struct tarscan *t, struct tarscan_entry *e)
{
	struct extra x = {.name = NULL};
	struct header h;
	int ret;

	extra_reset(&x);
	while ((ret = read_header(t, &h)) > 0) {
		ret = take_text(t, &h, &x);
		if (ret == 0 || (ret > 0 && h.typeflag == 'g'))
			ret = set_entry(t, e, &h, &x) < 0 ? -1 : 2;
		if (ret != 1)
			break;
		t->at += BLOCK;
	}
	extra_free(&x);
	return ret > 1 ? 1 : ret;
}
