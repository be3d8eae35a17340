/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read an untrusted tar, and extract it where it can do no harm.
 * The only reader of streams that uses libarchive.
 */
#include "log/tarin.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/msg.h"
#include "base/out.h"
#include "base/path.h"

enum {
	END_LEN = 1024, /* bytes of zeros that end a tar: POSIX.1, pax */
	TABLE = 1 << 14 /* places in the table of directories */
};

enum tarin_rule {
	TARIN_TOO_LONG,
	TARIN_NO_DIR,
	TARIN_TWICE,
	TARIN_ABSOLUTE,
	TARIN_DOTS,
	TARIN_HARD,
	TARIN_HARD_OUT,
	TARIN_HARD_DATA,
	TARIN_TYPE,
	TARIN_ROOT,
	TARIN_SET_ID,
	TARIN_LINK_OUT,
	TARIN_SIZE,
	TARIN_ENTRIES
};

/* An entry. */
struct tarin_entry {
	const char *path; /* without "./"; "." for the root; raw bytes */
	mode_t mode; /* type and permission bits */
	uint64_t size; /* bytes */
	int64_t mtime; /* seconds since the epoch */
	const char *link; /* target of a symlink, or NULL */
	const char *hard; /* name that this is a hard link to, or NULL */
};

/* A directory that was made. */
struct tarin_dir {
	struct tarin_dir *parent; /* NULL: it is the root */
	struct tarin_dir *next; /* in the same place of the table */
	struct tarin_dir *before; /* made before it */
	mode_t mode;
	time_t mtime;
	bool named; /* by an entry; else a name in it implies it */
	char name[]; /* in parent */
};

struct tarin {
	const struct tarin_opts *opts;
	struct tarin_counts *counts;
	struct archive *archive; /* owned */
	enum wire_exit status;
	uint64_t zeros; /* at the end of what was read */
	uint64_t content; /* bytes of files */

	char path[PATH_MAX]; /* of the entry, cleaned; "" is the root */
	const char *named; /* borrowed; what messages are about */

	struct tarin_dir *table[TABLE]; /* owned; by parent and name */
	struct tarin_dir *root, *last; /* borrowed; made first and last */
	struct tarin_dir *here; /* borrowed; where fd is */
	int fd; /* owned, but for the root's */
	uint64_t implied; /* directories made that no entry had named */
};

/* What an entry must not be. */
static const struct {
	const char *code; /* part of the contract: unpack-json(5) */
	const char *text;
} tarin_rules[] = {
    [TARIN_TOO_LONG] = {"name-too-long",
        "the name is too long for the file system"},
    [TARIN_NO_DIR] = {"leads-through-file",
        "leads through something that is not a directory"},
    [TARIN_TWICE] = {"name-twice", "the same name comes twice"},
    [TARIN_ABSOLUTE] = {"absolute-name", "the name is absolute"},
    [TARIN_DOTS] = {"dotdot-name", "the name has \"..\" in it"},
    [TARIN_HARD] = {"hard-link-to-no-file",
        "a hard link to something that is not a file of the bundle"},
    [TARIN_HARD_OUT] = {"hard-link-leads-out",
        "a hard link that leads out of the bundle"},
    [TARIN_HARD_DATA] = {"hard-link-with-data", "a hard link with data"},
    [TARIN_TYPE] = {"special-file", "not a directory, regular file or link"},
    [TARIN_ROOT] = {"root-no-directory", "the root is not a directory"},
    [TARIN_SET_ID] = {"set-id",
        "a file with a set-user-ID or set-group-ID bit"},
    [TARIN_LINK_OUT] = {"symlink-leads-out",
        "a symlink that can lead out of the bundle; unpack --symlinks skip leaves symlinks out"},
    [TARIN_SIZE] = {"too-large", "larger than --max-size allows"},
    [TARIN_ENTRIES] = {"too-many-entries",
        "more entries than --max-entries allows, counting the directories that names imply"},
};

/* The bundle is at fault.  Returns -1. */
static int
tarin_refuse(struct tarin *t, enum tarin_rule rule)
{
	struct tarin_counts *c = t->counts;

	progress_clear(t->opts->progress);
	c->rule = tarin_rules[rule].code;
	msg_mask(c->path, sizeof c->path, t->named);
	if (rule == TARIN_SIZE)
		msg_warn(0, "%s: refused: %s: %" PRIu64 " bytes", c->path,
		    tarin_rules[rule].text, t->opts->max_size);
	else if (rule == TARIN_ENTRIES)
		msg_warn(0, "%s: refused: %s: %" PRIu64, c->path,
		    tarin_rules[rule].text, t->opts->max_entries);
	else
		msg_warn(0, "%s: refused: %s", c->path, tarin_rules[rule].text);
	t->status = WIRE_BUNDLE;
	return -1;
}

/*
 * A failure of the system, or of the bundle if err is one of its errors.
 * Returns -1.
 */
static int
tarin_fail(struct tarin *t, int err, const char *what)
{
	char name[MSG_NAME];

	if (err == ENAMETOOLONG)
		return tarin_refuse(t, TARIN_TOO_LONG);
	if (err == ELOOP || err == ENOTDIR)
		return tarin_refuse(t, TARIN_NO_DIR);
	if (err == EEXIST)
		return tarin_refuse(t, TARIN_TWICE);
	progress_clear(t->opts->progress);
	msg_warn(err, "%s: %s", msg_mask(name, sizeof name, t->named), what);
	t->status = WIRE_FAIL;
	return -1;
}

/* Was a stop requested? Then the rest fails, without a message. */
static bool
tarin_is_stopped(struct tarin *t)
{
	if (t->opts->stop == NULL || *t->opts->stop == 0)
		return false;
	t->status = WIRE_FAIL;
	return true;
}

/* ------------------------------------------------------------------- names */

/*
 * Clean a name (path_clean).  Stores it in out.  Returns 0, or -1 with *why
 * where it is refused.
 */
static int
tarin_clean_name(char out[static PATH_MAX], const char *name,
    enum tarin_rule *why)
{
	size_t len = strlen(name), n;

	*why = TARIN_ABSOLUTE;
	if (*name == '/')
		return -1;
	*why = TARIN_TOO_LONG;
	if (len >= PATH_MAX)
		return -1;
	memcpy(out, name, len + 1);
	for (; *name != '\0'; name += n + (name[n] == '/')) {
		n = strcspn(name, "/");
		if (n > NAME_MAX)
			return -1;
	}
	*why = TARIN_DOTS;
	return path_clean_beneath(out);
}

bool
tarin_leads_out(const char *path, const char *target)
{
	size_t up = 0, n;

	for (; *path != '\0'; path++)
		up += *path == '/';
	if (*target == '/' || *target == '\0')
		return true;
	for (; strncmp(target, "../", 3) == 0 || strcmp(target, "..") == 0;
	     target += n) {
		if (up-- == 0)
			return true;
		n = strlen(target) > 2 ? 3 : 2;
		n += strspn(target + n, "/");
	}
	for (; *target != '\0'; target += n + (target[n] == '/')) {
		n = strcspn(target, "/");
		if (n == 2 && target[0] == '.' && target[1] == '.')
			return true;
	}
	return false;
}

/* ------------------------------------------------------------- directories
 *
 * A directory is 0700 while entries come, so that we can always go there, and
 * gets its mode and time when all are read.  The table says which there are:
 * what it does not have is no directory, whatever the file system says.
 */

/*
 * The directory parent/name[0..len), or NULL where none was made.  `add`: it
 * was made now; NULL: reported.
 */
static struct tarin_dir *
tarin_dir(struct tarin *t, struct tarin_dir *parent, const char *name,
    size_t len, bool add)
{
	uint64_t hash = hash_bytes((uintptr_t)parent, name, len);
	struct tarin_dir **place = &t->table[hash % TABLE], *d;

	for (d = *place; d != NULL && !add; d = d->next)
		if (d->parent == parent && strncmp(d->name, name, len) == 0 &&
		    d->name[len] == '\0')
			return d;
	if (!add)
		return NULL;
	d = calloc(1, sizeof *d + len + 1);
	if (d == NULL) {
		msg_nomem();
		t->status = WIRE_FAIL;
		return NULL;
	}
	memcpy(d->name, name, len);
	d->mode = 0755;
	d->parent = parent;
	d->next = *place;
	*place = d;
	d->before = t->last;
	t->last = d;
	return d;
}

/*
 * Make `to` the directory that t->fd is.  It is opened through no symlink and
 * no mount, as openat2(2) does; step by step where the kernel, before
 * Linux 5.6, or a filter has no such call.  Returns 0, or -1 (reported).
 */
static int
tarin_go(struct tarin *t, struct tarin_dir *to)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	/* struct open_how of linux/openat2.h, and its RESOLVE_BENEATH,
	 * RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV */
	const uint64_t how[3] = {(uint64_t)flags, 0, 0x08 | 0x04 | 0x01};
	char path[PATH_MAX], *at = path + sizeof path - 1, *rest;
	const struct tarin_dir *d;
	int fd = t->opts->dir, from, up;

	if (to == t->here)
		return 0;
	*at = '\0';
	/* from where we are, if that is on the way: each step of many is one */
	for (d = to; d->parent != NULL && d != t->here; d = d->parent) {
		if (*at != '\0')
			*--at = '/';
		at -= strlen(d->name);
		memcpy(at, d->name, strlen(d->name));
	}
	if (d == t->here)
		fd = t->fd;
	from = up = fd;
	if (*at != '\0')
		fd = (int)syscall(SYS_openat2, from, at, how, sizeof how);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		for (; at != NULL; at = rest, up = fd) {
			rest = strchr(at, '/');
			if (rest != NULL)
				*rest++ = '\0';
			fd = openat(up, at, flags);
			if (up != from)
				(void)close(up);
			if (fd < 0)
				break;
		}
	if (fd < 0)
		return tarin_fail(t, errno, "open");
	if (t->fd != t->opts->dir)
		(void)close(t->fd);
	t->fd = fd;
	t->here = to;
	return 0;
}

/*
 * Go to the directory `path`, or with `base` to the one that it is in: *base is
 * the name in it.  `make`: make what is not there.  Returns it, or NULL:
 * reported, but where there is none and none is to be made.
 */
static struct tarin_dir *
tarin_go_path(struct tarin *t, const char *path, const char **base, bool make)
{
	struct tarin_dir *dir = t->root, *next;
	char name[NAME_MAX + 1];
	size_t len;

	for (; *path != '\0'; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (base != NULL && path[len] == '\0')
			break;
		next = tarin_dir(t, dir, path, len, false);
		if (next == NULL && !make)
			return NULL;
		if (next == NULL) {
			/* one that only a name in it implies */
			if (path[len] != '\0' &&
			    t->counts->entries + ++t->implied >
			        t->opts->max_entries) {
				tarin_refuse(t, TARIN_ENTRIES);
				return NULL;
			}
			if (tarin_go(t, dir) < 0)
				return NULL;
			memcpy(name, path, len);
			name[len] = '\0';
			if (mkdirat(t->fd, name, 0700) < 0) {
				tarin_fail(t,
				    errno == EEXIST && path[len] != '\0'
				        ? ENOTDIR
				        : errno,
				    "make");
				return NULL;
			}
			next = tarin_dir(t, dir, path, len, true);
		}
		if (next == NULL)
			return NULL;
		dir = next;
	}
	if (base != NULL)
		*base = path;
	return tarin_go(t, dir) < 0 ? NULL : dir;
}

/*
 * All entries are read: give directories their modes and times, those that were
 * made last first, so that nothing changes in one afterwards.
 */
static void
tarin_finish_dirs(struct tarin *t)
{
	struct timespec times[2] = {{0}, {0}};
	struct tarin_dir *d;

	for (d = t->last; d != NULL && !tarin_is_stopped(t); d = d->before) {
		t->named = d->parent != NULL ? d->name : ".";
		times[0].tv_sec = times[1].tv_sec = d->mtime;
		if (tarin_go(t, d->parent != NULL ? d->parent : d) < 0)
			return;
		if (utimensat(t->fd, t->named, times, AT_SYMLINK_NOFOLLOW) <
		        0 ||
		    fchmodat(t->fd, t->named, d->mode, 0) < 0) {
			tarin_fail(t, errno, "set its mode and time");
			return;
		}
	}
}

/* ----------------------------------------------------------------- entries */

static int
make_dir(struct tarin *t, const struct tarin_entry *e)
{
	struct tarin_dir *d = tarin_go_path(t, t->path, NULL, true);

	if (d == NULL)
		return -1;
	if (d->named)
		return tarin_refuse(t, TARIN_TWICE);
	d->named = true;
	d->mode = e->mode & 07777;
	d->mtime = (time_t)e->mtime;
	return 0;
}

/* What libarchive says on a failure; ours is reported already. */
static int
tarin_explain(struct tarin *t)
{
	char text[512];
	const char *why = archive_error_string(t->archive);

	if (t->status != WIRE_OK)
		return -1;
	progress_clear(t->opts->progress);
	msg_warn(0, "tar: corrupt: %s",
	    msg_mask(text, sizeof text, why != NULL ? why : "unreadable"));
	t->status = WIRE_CORRUPT;
	return -1;
}

/* Count n bytes of a file.  Returns 0, or -1 (reported): too many. */
static int
add_content(struct tarin *t, uint64_t n)
{
	t->content += n;
	if (t->content > t->opts->max_size)
		return tarin_refuse(t, TARIN_SIZE);
	return 0;
}

/*
 * Copy the entry's data to fd, or nowhere; what lies between its blocks is a
 * hole.  Returns 0, or -1 (reported).
 */
static int
copy_data(struct tarin *t, int fd)
{
	const void *data;
	int64_t at = 0, offset = 0;
	size_t len;
	int status;

	while ((status = archive_read_data_block(t->archive, &data, &len,
	            &offset)) == ARCHIVE_OK) {
		if (offset < at) {
			archive_set_error(t->archive, EINVAL,
			    "the blocks of a sparse file are not in order");
			return tarin_explain(t);
		}
		/* a sparse file is larger than what is in the archive */
		if (add_content(t, (uint64_t)(offset - at) + len) < 0)
			return -1;
		if (fd >= 0 &&
		    ((at < offset && lseek(fd, offset, SEEK_SET) < 0) ||
		        io_write(fd, data, len) < 0))
			return tarin_fail(t, errno, "write");
		at = offset + (int64_t)len;
		progress_show(t->opts->progress);
	}
	if (status != ARCHIVE_EOF)
		return tarin_explain(t);
	/* the end may be a hole too */
	if (offset <= at)
		return 0;
	if (fd >= 0 && ftruncate(fd, offset) < 0)
		return tarin_fail(t, errno, "write");
	return add_content(t, (uint64_t)(offset - at));
}

/* Make a file or a symlink. */
static int
make_leaf(struct tarin *t, const struct tarin_entry *e)
{
	const struct timespec mtime = {.tv_sec = (time_t)e->mtime};
	const struct timespec times[2] = {mtime, mtime};
	const char *base;
	int fd, err = 0;

	if (tarin_go_path(t, t->path, &base, true) == NULL)
		return -1;
	if (e->link != NULL) {
		if (symlinkat(e->link, t->fd, base) < 0 ||
		    utimensat(t->fd, base, times, AT_SYMLINK_NOFOLLOW) < 0)
			return tarin_fail(t, errno, "make");
		return 0;
	}
	fd = openat(t->fd, base,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return tarin_fail(t, errno, "make");
	if (copy_data(t, fd) < 0) {
		(void)close(fd);
		return -1;
	}
	if (fchmod(fd, e->mode & 0777) < 0 || futimens(fd, times) < 0)
		err = errno;
	if (close(fd) < 0 && err == 0)
		err = errno;
	return err != 0 ? tarin_fail(t, err, "write") : 0;
}

/* Link t->path to the regular file e->hard. */
static int
make_hard(struct tarin *t, const struct tarin_entry *e)
{
	const char *base;
	struct stat st;

	if (tarin_go_path(t, e->hard, &base, false) == NULL ||
	    fstatat(t->fd, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return t->status != WIRE_OK ? -1 : tarin_refuse(t, TARIN_HARD);
	if (tarin_go_path(t, t->path, &base, true) == NULL)
		return -1;
	/* all that leads to it are directories that we have made */
	if (linkat(t->opts->dir, e->hard, t->fd, base, 0) < 0)
		return tarin_fail(t, errno, "link");
	return 0;
}

/* Judge type, mode and links.  Returns 0, or -1 (reported). */
static int
tarin_judge_entry(struct tarin *t, const struct tarin_entry *e)
{
	if (!S_ISREG(e->mode) && !S_ISDIR(e->mode) && !S_ISLNK(e->mode))
		return tarin_refuse(t, TARIN_TYPE);
	if (*t->path == '\0' && !S_ISDIR(e->mode))
		return tarin_refuse(t, TARIN_ROOT);
	if (e->mode & (S_ISUID | S_ISGID))
		return tarin_refuse(t, TARIN_SET_ID);
	if (e->hard != NULL && e->size > 0)
		return tarin_refuse(t, TARIN_HARD_DATA);
	if (e->link != NULL && tarin_leads_out(t->path, e->link))
		return tarin_refuse(t, TARIN_LINK_OUT);
	if (e->size > t->opts->max_size - t->content)
		return tarin_refuse(t, TARIN_SIZE);
	return 0;
}

/* Print the entry as a line. */
static void
tarin_list_entry(const struct tarin_entry *e)
{
	char path[MSG_NAME], link[MSG_NAME] = "", when[32];
	char mode[] = "-rwxrwxrwx";
	const time_t mtime = (time_t)e->mtime;
	struct tm tm;
	int i;

	if (e->hard != NULL || e->link != NULL)
		msg_mask(link, sizeof link,
		    e->link != NULL ? e->link : e->hard);
	if (e->hard != NULL || !S_ISREG(e->mode))
		mode[0] = e->hard != NULL ? 'h' : e->link != NULL ? 'l' : 'd';
	for (i = 0; i < 9; i++)
		if (!(e->mode >> (8 - i) & 1))
			mode[i + 1] = '-';
	if (gmtime_r(&mtime, &tm) == NULL ||
	    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(when, sizeof when, "%" PRId64, e->mtime);
	out_printf("%s %12" PRIu64 " %s %s%s%s\n", mode, e->size, when,
	    msg_mask(path, sizeof path, e->path),
	    e->link != NULL       ? " -> "
	        : e->hard != NULL ? " link to "
	                          : "",
	    link);
}

/* Deal with one entry.  Returns 0, or -1 (reported). */
static int
tarin_take_entry(struct tarin *t, struct archive_entry *ae)
{
	char hard[PATH_MAX];
	struct tarin_entry e = {0};
	const char *name = archive_entry_pathname(ae);
	enum tarin_rule why;
	const char *hard_name = archive_entry_hardlink(ae);

	if (name == NULL || *name == '\0')
		name = "(no name)/..";
	t->named = name;
	if (++t->counts->entries > t->opts->max_entries)
		return tarin_refuse(t, TARIN_ENTRIES);
	if (tarin_clean_name(t->path, name, &why) < 0)
		return tarin_refuse(t, why);
	e.path = *t->path != '\0' ? t->path : ".";
	e.mode = archive_entry_mode(ae);
	if (hard_name != NULL) {
		if (tarin_clean_name(hard, hard_name, &why) < 0)
			return tarin_refuse(t, TARIN_HARD_OUT);
		e.hard = hard;
		e.mode = S_IFREG | (e.mode & 07777);
	}
	e.size = (uint64_t)archive_entry_size(ae);
	e.mtime = archive_entry_mtime(ae);
	if (S_ISLNK(e.mode)) {
		e.link = archive_entry_symlink(ae);
		if (e.link == NULL)
			e.link = "";
	}
	if (tarin_judge_entry(t, &e) < 0)
		return -1;
	/* image-layout.md of OCI; what "docker save" writes */
	t->counts->is_image |= strcmp(e.path, "oci-layout") == 0 ||
	    strcmp(e.path, "manifest.json") == 0;
	t->opts->progress->entries = t->counts->entries;
	progress_show(t->opts->progress);
	if (t->opts->list)
		tarin_list_entry(&e);
	if (t->opts->dir < 0)
		return copy_data(t, -1);
	if (e.hard != NULL)
		return make_hard(t, &e);
	if (S_ISDIR(e.mode))
		return make_dir(t, &e);
	return make_leaf(t, &e);
}

/* ----------------------------------------------------------------- archive */

/* libarchive's archive_read_callback; counts what passes. */
static la_ssize_t
pull(struct archive *a, void *arg, const void **data)
{
	struct tarin *t = arg;
	uint64_t *bytes = &t->counts->bytes;
	ssize_t n, at;

	n = tarin_is_stopped(t) ? -1 : t->opts->pull(t->opts->arg, data);
	if (n < 0 && t->status == WIRE_OK)
		t->status = WIRE_FAIL;
	if (n > 0 && (*bytes += (uint64_t)n) > t->opts->max_size) {
		t->named = "the bundle";
		n = tarin_refuse(t, TARIN_SIZE);
		t->counts->path[0] = '\0';
	}
	if (n < 0) {
		archive_set_error(a, EIO, "reported");
		return -1;
	}
	for (at = n; at > 0 && ((const char *)*data)[at - 1] == '\0'; at--)
		continue;
	t->zeros = at == 0 ? t->zeros + (uint64_t)n : (uint64_t)(n - at);
	t->opts->progress->bytes = *bytes;
	return n;
}

/*
 * Read all of the archive, and what follows it: zeros, two blocks at the least.
 * libarchive does not read on, and accepts a missing end.  Returns 0, or -1
 * (reported).
 */
static int
read_entries(struct tarin *t)
{
	struct archive_entry *entry;
	const void *data;
	int64_t end;
	la_ssize_t n;
	int status;

	t->archive = archive_read_new();
	if (t->archive == NULL) {
		msg_nomem();
		t->status = WIRE_FAIL;
		return -1;
	}
	if (archive_read_support_format_tar(t->archive) != ARCHIVE_OK ||
	    archive_read_open(t->archive, t, NULL, pull, NULL) != ARCHIVE_OK)
		return tarin_explain(t);
	while ((status = archive_read_next_header(t->archive, &entry)) !=
	    ARCHIVE_EOF) {
		/* a warning is about things that we do not use, or check
		 * ourselves */
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return tarin_explain(t);
		if (tarin_is_stopped(t) || tarin_take_entry(t, entry) < 0)
			return -1;
	}
	end = archive_read_header_position(t->archive);
	while ((n = pull(t->archive, t, &data)) > 0)
		continue;
	if (n < 0)
		return -1;
	if (t->zeros >= END_LEN && end >= 0 &&
	    t->counts->bytes - t->zeros <= (uint64_t)end)
		return 0;
	progress_clear(t->opts->progress);
	msg_warn(0, "tar: %s",
	    t->zeros < END_LEN ? "the end is missing" : "data follows the end");
	t->status = WIRE_CORRUPT;
	return -1;
}

enum wire_exit
tarin_run(const struct tarin_opts *opts, struct tarin_counts *counts)
{
	struct tarin_dir *before;
	struct tarin *t;
	enum wire_exit status;

	memset(counts, 0, sizeof *counts);
	t = calloc(1, sizeof *t);
	if (t == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	t->opts = opts;
	t->counts = counts;
	t->fd = opts->dir;
	t->here = t->root = tarin_dir(t, NULL, "", 0, true);
	alloc_strict(true);
	if (opts->promised > opts->max_entries) {
		/* no entry is read to find that out */
		t->named = "the bundle";
		tarin_refuse(t, TARIN_ENTRIES);
		strcpy(counts->path, ".");
	} else if (t->root != NULL && read_entries(t) == 0 && opts->dir >= 0)
		tarin_finish_dirs(t);
	if (t->archive != NULL)
		(void)archive_read_free(t->archive);
	alloc_strict(false);
	if (t->fd != opts->dir)
		(void)close(t->fd);
	for (; t->last != NULL; t->last = before) {
		before = t->last->before;
		free(t->last);
	}
	status = t->status;
	free(t);
	return status;
}
