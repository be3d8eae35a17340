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

/* What pax records and GNU long names say of the entry that follows. */
struct extra {
	bool long_name, long_link; /* GNU's, which count more than pax's */
	bool cut; /* one of the names was too long */
	bool has_name, has_link, has_size, has_uid, has_gid, has_mtime;
	int64_t size, uid, gid, mtime;
	struct tarscan_xattrs xattrs;
	struct sparse sparse;
};

static int
tarscan_refuse(const struct tarscan *t, const char *why)
{
	msg_warn(0, "%s: %s at byte %ju of the tar", t->what, why,
	    (uintmax_t)t->at);
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

/* The `size` bytes that follow the header at t->at, with a NUL; owned. */
static char *
read_extension(struct tarscan *t, uint64_t size)
{
	struct blob b = *t->blob;
	char *text;

	if (size > EXTENSION_MAX || t->at + BLOCK + size > b.len) {
		(void)tarscan_refuse(t,
		    size > EXTENSION_MAX ? "a header with an impossible size"
		                         : "cut off");
		return NULL;
	}
	b.at += t->at + BLOCK;
	b.len = size;
	text = blob_text(&b, EXTENSION_MAX, t->what);
	return text;
}

/* Store a name, as much as a file system could hold. */
static int
keep_name(struct tarscan *t, char *to, const char *name, size_t len)
{
	if (len >= TARSCAN_NAME)
		len = TARSCAN_NAME - 1;
	if (memchr(name, '\0', len) != NULL)
		return tarscan_refuse(t, "a name with a NUL in it");
	memcpy(to, name, len);
	to[len] = '\0';
	return 0;
}

/* A decimal number with a sign, of at most 64 bits.  0, or -1. */
static int
parse_decimal(const char *text, int64_t *number)
{
	bool negative = *text == '-';
	uint64_t n;

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

/* Whole seconds of a pax time (POSIX.1-2017, pax), bounded.  0, or -1. */
static int
parse_time(const char *text, int64_t *seconds)
{
	size_t len = strcspn(text, "."), digits;
	char whole[24], nanos[10] = "000000000";

	if (len >= sizeof whole)
		return -1;
	memcpy(whole, text, len);
	whole[len] = '\0';
	if (parse_decimal(whole, seconds) < 0)
		return -1;
	*seconds = bound_time(*seconds);
	if (text[len] == '\0')
		return 0;
	text += len + 1;
	digits = strspn(text, "0123456789");
	if (text[digits] != '\0')
		return -1;
	memcpy(nanos, text, digits < 9 ? digits : 9);
	/* before 1970, or after the last moment */
	if ((whole[0] == '-' && strcmp(nanos, "000000000") != 0) ||
	    (*seconds == TIME_MAX && strtol(nanos, NULL, 10) > TIME_MAX_NANOS))
		*seconds = 0;
	return 0;
}

/* A pax record. */
struct record {
	const char *key;
	const char *value; /* with a NUL after it */
	size_t at; /* where value is in the header's data */
	size_t len; /* bytes of value */
};

static const char acl_key[] = "system.posix_acl_access";

/* Does the kernel take such a value (cap_convert_nscap)? */
static bool
xattr_is_taken(const char *key, const unsigned char *value, size_t len)
{
	if (*key == '\0' || strlen(key) > 255 || len > 65536)
		return false;
	if (strcmp(key, acl_key) == 0) /* another version is passed over */
		return acl_is_foreign(value, len) || acl_is_valid(value, len);
	if (strcmp(key, "security.capability") == 0)
		return (len == 20 && value[3] == 2) ||
		    (len == 24 && value[3] == 3);
	return true;
}

static void
take_xattr(const struct tarscan *t, struct tarscan_xattrs *x, const char *key,
    const struct record *r)
{
	const unsigned char *bytes = (const unsigned char *)r->value;
	const size_t len = r->len;
	static const char overlay[] = "trusted.overlay.";

	if (strcmp(key, "trusted.overlay.opaque") == 0 && len == 1 &&
	    *bytes == 'y')
		x->opaque = true;
	else if (strncmp(key, overlay, sizeof overlay - 1) == 0)
		x->overlay = true;
	else if (strncmp(key, "user.", 5) == 0)
		x->user = true;
	else if (strcmp(key, acl_key) == 0 && !acl_is_foreign(bytes, len))
		x->acl = (struct blob){t->blob->fd,
		    t->blob->at + t->at + BLOCK + r->at, len};
	if (!xattr_is_taken(key, bytes, len))
		x->bad = true;
}

/* Take a number of a record; an empty value takes it back, as in Go. */
static int
take_number(bool *has, int64_t *number, const char *value)
{
	*has = *value != '\0';
	return *has ? parse_decimal(value, number) : 0;
}

/* Take one pax record. */
static int
take_record(struct tarscan *t, struct tarscan_entry *e, struct extra *x,
    const struct record *r)
{
	static const char xattr[] = "SCHILY.xattr.", sparse[] = "GNU.sparse.";
	const char *key = r->key, *value = r->value;
	const size_t len = r->len;
	int ret = 0;

	if (strcmp(key, "path") == 0) {
		x->has_name = len > 0;
		x->cut = x->cut || len >= TARSCAN_NAME;
		return x->long_name ? 0 : keep_name(t, e->name, value, len);
	}
	if (strcmp(key, "linkpath") == 0) {
		x->has_link = len > 0;
		x->cut = x->cut || len >= TARSCAN_NAME;
		return x->long_link ? 0 : keep_name(t, e->link, value, len);
	}
	if (strncmp(key, sparse, sizeof sparse - 1) == 0)
		return sparse_take(&x->sparse, key + sizeof sparse - 1, value);
	if (strncmp(key, xattr, sizeof xattr - 1) == 0)
		take_xattr(t, &x->xattrs, key + sizeof xattr - 1, r);
	else if (strcmp(key, "size") == 0)
		ret = take_number(&x->has_size, &x->size, value);
	else if (strcmp(key, "uid") == 0)
		ret = take_number(&x->has_uid, &x->uid, value);
	else if (strcmp(key, "gid") == 0)
		ret = take_number(&x->has_gid, &x->gid, value);
	else if (strcmp(key, "mtime") == 0 && len > 0)
		ret = parse_time(value, &x->mtime);
	if (strcmp(key, "mtime") == 0)
		x->has_mtime = len > 0;
	return ret < 0 ? tarscan_refuse(t, "a damaged pax record") : 0;
}

/* Take all records, "<length> <key>=<value>\n" each. */
static int
take_pax(struct tarscan *t, struct tarscan_entry *e, struct extra *x,
    uint64_t size)
{
	char *text = read_extension(t, size);
	char *p, *end, *blank, *equals;
	struct record r;
	unsigned long len;
	int ret = -1;

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
		r = (struct record){blank + 1, equals + 1,
		    (size_t)(equals + 1 - text),
		    (size_t)(p + len - 1 - (equals + 1))};
		if (take_record(t, e, x, &r) < 0)
			goto out;
	}
	ret = 0;
	goto out;
bad:
	(void)tarscan_refuse(t, "a damaged pax header");
out:
	free(text);
	return ret;
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

/* Where the data is, and how much of it is in the tar. */
static int
set_data(struct tarscan *t, struct tarscan_entry *e, struct extra *x,
    int64_t size)
{
	struct blob packed;
	int ret;

	if (x->has_size)
		size = x->size;
	if (size < 0)
		return tarscan_refuse(t, "a damaged tar header");
	e->data = (struct blob){t->blob->fd, t->blob->at + t->at + BLOCK, 0};
	/* these have no bytes behind the header, although it has a size */
	if (e->type < TARSCAN_LINK || e->type > TARSCAN_FIFO)
		e->data.len = (uint64_t)size;
	if (t->blob->len - t->at - BLOCK < e->data.len)
		return tarscan_refuse(t, "cut off in a file");
	x->size = (int64_t)e->data.len;
	if (e->type != TARSCAN_FILE) {
		e->data.len = 0;
		return 0;
	}
	if (!sparse_is(&x->sparse))
		return 0;
	if (x->sparse.name[0] != '\0')
		stpcpy(e->name, x->sparse.name);
	packed = e->data;
	ret = t->tempfile == NULL ? 0
	                          : sparse_expand(&x->sparse, &packed,
	                                t->tempfile, t->what, &e->data);
	return ret == 0 ? tarscan_refuse(t, "a damaged sparse file") : ret;
}

/* Fill e from the header and what came before it. */
static int
set_entry(struct tarscan *t, struct tarscan_entry *e, const struct header *h,
    struct extra *x)
{
	int64_t mode, uid, gid, size, mtime;
	size_t len;

	if (parse_number(h->mode, sizeof h->mode, &mode) < 0 ||
	    parse_number(h->uid, sizeof h->uid, &uid) < 0 ||
	    parse_number(h->gid, sizeof h->gid, &gid) < 0 ||
	    parse_number(h->size, sizeof h->size, &size) < 0 ||
	    parse_number(h->mtime, sizeof h->mtime, &mtime) < 0)
		return tarscan_refuse(t, "a damaged tar header");
	if (!x->has_name && !x->long_name)
		header_name(h, e->name);
	if (!x->has_link && !x->long_link) {
		memcpy(e->link, h->linkname, sizeof h->linkname);
		e->link[sizeof h->linkname] = '\0';
	}
	e->type = (enum tarscan_type)(unsigned char)h->typeflag;
	/* tars older than ustar: a slash makes a directory */
	len = strlen(e->name);
	if (h->typeflag == '\0')
		e->type = len > 0 && e->name[len - 1] == '/' ? TARSCAN_DIR
		                                             : TARSCAN_FILE;
	if (e->type != TARSCAN_LINK && e->type != TARSCAN_SYMLINK)
		e->link[0] = '\0';
	e->mode = (mode_t)mode & 07777;
	/* as chown(2) takes them: the low 32 bits */
	e->uid = (uid_t)(x->has_uid ? x->uid : uid);
	e->gid = (gid_t)(x->has_gid ? x->gid : gid);
	e->mtime = x->has_mtime ? x->mtime : bound_time(mtime);
	e->xattrs = x->xattrs;
	e->cut = x->cut;
	return set_device(t, e, h) < 0 ? -1 : set_data(t, e, x, size);
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
	bool is_name = h->typeflag == 'L';
	char *text, *to = is_name ? e->name : e->link;
	int64_t size;
	int ret = 0;

	if (strchr("xLK", h->typeflag) == NULL || h->typeflag == '\0')
		return 0;
	if (parse_number(h->size, sizeof h->size, &size) < 0 || size < 0 ||
	    size > EXTENSION_MAX)
		return tarscan_refuse(t, "a header with an impossible size");
	if (h->typeflag == 'x') {
		sparse_free(&x->sparse);
		*x = (struct extra){.long_name = x->long_name,
		    .long_link = x->long_link,
		    .cut = x->cut};
		ret = take_pax(t, e, x, (uint64_t)size);
	} else if (size > TARSCAN_NAME) {
		x->cut = true;
	} else {
		text = read_extension(t, (uint64_t)size);
		ret = text == NULL ? -1 : keep_name(t, to, text, strlen(text));
		free(text);
		*(is_name ? &x->long_name : &x->long_link) = ret == 0 &&
		    *to != '\0';
	}
	t->at += BLOCK + padded((uint64_t)size);
	return ret < 0 ? -1 : 1;
}

/* A global header is an entry of its own, whose name a record of it can say. */
static int
take_global(struct tarscan *t, struct tarscan_entry *e, const struct header *h,
    struct extra *x)
{
	struct extra own = {0};
	int64_t size;
	int ret;

	if (parse_number(h->size, sizeof h->size, &size) < 0 || size < 0)
		return tarscan_refuse(t, "a header with an impossible size");
	ret = take_pax(t, e, &own, (uint64_t)size);
	sparse_free(&own.sparse);
	sparse_free(&x->sparse);
	*x = (struct extra){.has_name = own.has_name, .cut = own.cut};
	return ret < 0 ? -1 : set_entry(t, e, h, x);
}

int
tarscan_next(struct tarscan *t, struct tarscan_entry *e)
{
	struct extra *x = calloc(1, sizeof *x);
	struct header h;
	int ret;

	if (x == NULL) {
		msg_nomem();
		return -1;
	}
	for (;;) {
		ret = read_header(t, &h);
		if (ret <= 0)
			break;
		ret = take_prelude(t, e, &h, x);
		if (ret == 0)
			ret = (h.typeflag == 'g' ? take_global(t, e, &h, x)
			                         : set_entry(t, e, &h, x)) < 0
			    ? -1
			    : 2;
		if (ret != 1)
			break;
	}
	ret = ret > 1 ? 1 : ret;
	if (ret > 0)
		t->at += BLOCK + padded((uint64_t)x->size);
	sparse_free(&x->sparse);
	free(x);
	return ret;
}
