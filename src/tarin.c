/* SPDX-License-Identifier: Apache-2.0 */
#include "tarin.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"

enum {
	END_LEN = 1024, /* bytes of zeros that end a tar: POSIX.1, pax */
	COPY_LEN = 1 << 17
};

/* Set on a directory that no entry has named yet. */
#define IMPLIED S_ISVTX

/* A directory whose mode and time are set when all is in it. */
struct dir {
	char *path; /* owned; "" is the root */
	size_t number; /* of several for a path, the last counts */
	mode_t mode;
	int64_t mtime;
};

struct tarin {
	const struct tarin_opts *opts;
	struct tarin_counts *counts;
	struct archive *archive; /* owned */
	enum wire_exit status;
	uint64_t zeros; /* at the end of what was read */
	uint64_t content; /* bytes of files */

	char path[PATH_MAX]; /* of the entry, cleaned; "" is the root */
	char name[MSG_NAME]; /* the same, masked */

	bool root; /* an entry named it */

	int parent; /* owned, or -1: the directory parent_path */
	char parent_path[PATH_MAX];

	struct dir *dirs; /* owned */
	size_t n_dirs, room;
	char buf[COPY_LEN];
};

/* The bundle is at fault.  Returns -1. */
static int
refuse(struct tarin *t, const char *why)
{
	progress_clear(t->opts->progress);
	msg_warn(0, "%s: refused: %s", t->name, why);
	t->status = WIRE_BUNDLE;
	return -1;
}

/* The system is at fault, or the bundle where err says so.  Returns -1. */
static int
fail(struct tarin *t, int err, const char *what)
{
	if (err == ENAMETOOLONG)
		return refuse(t,
		    "the name is longer than the file system takes");
	if (err == ELOOP || err == ENOTDIR)
		return refuse(t, "leads through what is no directory");
	if (err == EEXIST)
		return refuse(t, "is there already: a name comes twice");
	progress_clear(t->opts->progress);
	msg_warn(err, "%s: %s", t->name, what);
	t->status = WIRE_FAIL;
	return -1;
}

/* ------------------------------------------------------------------- names */

/*
 * Clean a name: no "." components, no slashes at the ends or doubled.  Stores
 * it in out.  Returns 0, or -1 with *why where it is refused.
 */
static int
clean(char out[static PATH_MAX], const char *name, const char **why)
{
	size_t len = 0, n;

	*why = "an absolute name";
	if (*name == '/')
		return -1;
	for (; *name != '\0'; name += n + (name[n] == '/')) {
		n = strcspn(name, "/");
		if (n == 0 || (n == 1 && *name == '.'))
			continue;
		*why = "\"..\" in the name";
		if (n == 2 && name[0] == '.' && name[1] == '.')
			return -1;
		*why = "the name is longer than the file system takes";
		if (n > NAME_MAX || len + n + 2 > PATH_MAX)
			return -1;
		if (len > 0)
			out[len++] = '/';
		memcpy(out + len, name, n);
		len += n;
	}
	out[len] = '\0';
	return 0;
}

/*
 * Can a symbolic link at path with this target lead out?  Not where ".." only
 * stand in front and no more of them than directories lead to path: then it
 * starts from a real directory within, and what else is on the way are names
 * in the archive, for which the same holds.
 */
static bool
leads_out(const char *path, const char *target)
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

/* ------------------------------------------------------------- directories */

/* Note a directory, to be finished later.  Returns 0, or -1 (reported). */
static int
note_dir(struct tarin *t, const char *path, mode_t mode, int64_t mtime)
{
	struct dir *dirs, *d;
	size_t room = t->room * 2 + 16;

	if (t->n_dirs == t->room) {
		dirs = realloc(t->dirs, room * sizeof *dirs);
		if (dirs == NULL)
			goto nomem;
		t->dirs = dirs;
		t->room = room;
	}
	d = &t->dirs[t->n_dirs];
	d->path = strdup(path);
	if (d->path == NULL)
		goto nomem;
	d->number = t->n_dirs++;
	d->mode = mode;
	d->mtime = mtime;
	return 0;

nomem:
	msg_nomem();
	t->status = WIRE_FAIL;
	return -1;
}

/*
 * Go from the open directory fd, which is closed, to `name` in it, made where
 * `path` says if it is not there.  An owned descriptor, or -1 (reported).
 */
static int
enter(struct tarin *t, int fd, const char *name, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int next, err;

	next = openat(fd, name, flags);
	if (next < 0 && errno == ENOENT) {
		/* as mkdir(2) may ignore the sticky bit, chmod(2) sets it */
		if (mkdirat(fd, name, 0700) == 0)
			next = openat(fd, name, flags);
		if (next >= 0 && fchmod(next, IMPLIED | 0700) < 0) {
			err = errno;
			(void)close(next);
			next = -1;
			errno = err;
		}
		if (next >= 0 && note_dir(t, path, 0755, 0) < 0) {
			(void)close(next);
			(void)close(fd);
			return -1;
		}
	}
	err = errno;
	(void)close(fd);
	return next < 0 ? fail(t, err, "make a directory for it") : next;
}

/*
 * Open the directory that t->path is in, making what is not there; *base is
 * the name in it.  A descriptor that belongs to t, or -1 (reported).
 */
static int
open_parent(struct tarin *t, const char **base)
{
	char *slash = strrchr(t->path, '/'), *from, *to;
	int fd;

	*base = slash != NULL ? slash + 1 : t->path;
	if (slash == NULL)
		return t->opts->dir;
	*slash = '\0';
	if (t->parent >= 0 && strcmp(t->path, t->parent_path) == 0) {
		*slash = '/';
		return t->parent;
	}
	if (t->parent >= 0)
		(void)close(t->parent);
	t->parent = -1;
	fd = openat(t->opts->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (from = t->path; fd >= 0 && from != NULL; from = to) {
		to = strchr(from, '/');
		if (to != NULL)
			*to = '\0';
		fd = enter(t, fd, from, t->path);
		if (to != NULL)
			*to++ = '/';
	}
	if (fd >= 0)
		memcpy(t->parent_path, t->path, strlen(t->path) + 1);
	*slash = '/';
	t->parent = fd;
	return fd;
}

static int
by_depth(const void *a, const void *b)
{
	const struct dir *x = a, *y = b;
	int order = strcmp(y->path, x->path);

	if (order != 0)
		return order;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Set mode and time of the directory.  Returns 0, or -1 (reported). */
static int
finish_dir(struct tarin *t, const struct dir *d)
{
	struct timespec times[2] = {{0}, {0}};
	const char *base;
	int fd, parent, err = 0;

	memcpy(t->path, d->path, strlen(d->path) + 1);
	(void)msg_mask(t->name, sizeof t->name, *t->path ? t->path : ".");
	parent = open_parent(t, &base);
	if (parent < 0)
		return -1;
	fd = openat(parent, *base != '\0' ? base : ".",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(t, errno, "open");
	times[0].tv_sec = times[1].tv_sec = (time_t)d->mtime;
	if (futimens(fd, times) < 0 || fchmod(fd, d->mode) < 0)
		err = errno;
	(void)close(fd);
	return err != 0 ? fail(t, err, "set its mode and time") : 0;
}

/* Finish all directories, the deepest first. */
static int
finish_dirs(struct tarin *t)
{
	size_t i;

	if (t->n_dirs > 0)
		qsort(t->dirs, t->n_dirs, sizeof *t->dirs, by_depth);
	for (i = 0; i < t->n_dirs; i++)
		if (finish_dir(t, &t->dirs[i]) < 0)
			return -1;
	return 0;
}

/* ----------------------------------------------------------------- entries */

static int
make_dir(struct tarin *t, const struct tarin_entry *e)
{
	struct stat st;
	const char *base;
	int parent;

	parent = open_parent(t, &base);
	if (parent < 0)
		return -1;
	if (*base == '\0') {
		if (t->root)
			return fail(t, EEXIST, "make");
		t->root = true;
	} else if (mkdirat(parent, base, 0700) < 0) {
		if (errno != EEXIST)
			return fail(t, errno, "make");
		if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return fail(t, errno, "look at");
		if (!S_ISDIR(st.st_mode) || !(st.st_mode & IMPLIED))
			return fail(t, EEXIST, "make");
		if (fchmodat(parent, base, 0700, 0) < 0)
			return fail(t, errno, "set its mode");
	}
	return note_dir(t, t->path, e->mode & 07777, e->mtime);
}

/* What libarchive says on a failure; ours is reported already. */
static int
broken(struct tarin *t)
{
	char text[512];
	const char *why = archive_error_string(t->archive);

	if (t->status != WIRE_OK)
		return -1;
	progress_clear(t->opts->progress);
	msg_warn(0, "tar: damaged: %s",
	    msg_mask(text, sizeof text, why != NULL ? why : "unreadable"));
	t->status = WIRE_CORRUPT;
	return -1;
}

/* Copy the entry's data to fd, or nowhere.  Returns 0, or -1 (reported). */
static int
copy_data(struct tarin *t, int fd)
{
	la_ssize_t n;

	while ((n = archive_read_data(t->archive, t->buf, sizeof t->buf)) > 0) {
		t->content += (uint64_t)n;
		/* a sparse file is larger than what is in the archive */
		if (t->content > t->opts->max_size)
			return refuse(t, "larger than --max-size allows");
		if (fd >= 0 && io_write(fd, t->buf, (size_t)n) < 0)
			return fail(t, errno, "write");
		progress_show(t->opts->progress);
	}
	return n < 0 ? broken(t) : 0;
}

static int
make_file(struct tarin *t, const struct tarin_entry *e)
{
	struct timespec times[2] = {{0}, {0}};
	const char *base;
	int fd, parent, err = 0;

	parent = open_parent(t, &base);
	if (parent < 0)
		return -1;
	fd = openat(parent, base,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(t, errno, "make");
	if (copy_data(t, fd) < 0) {
		(void)close(fd);
		return -1;
	}
	times[0].tv_sec = times[1].tv_sec = (time_t)e->mtime;
	if (fchmod(fd, e->mode & 0777) < 0 || futimens(fd, times) < 0)
		err = errno;
	if (io_close(fd) < 0 && err == 0)
		err = errno;
	return err != 0 ? fail(t, err, "write") : 0;
}

static int
make_symlink(struct tarin *t, const struct tarin_entry *e)
{
	struct timespec times[2] = {{0}, {0}};
	const char *base;
	int parent;

	parent = open_parent(t, &base);
	if (parent < 0)
		return -1;
	times[0].tv_sec = times[1].tv_sec = (time_t)e->mtime;
	if (symlinkat(e->link, parent, base) < 0 ||
	    utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(t, errno, "make");
	return 0;
}

/* Find the regular file `path`, and link t->path to it. */
static int
make_hard(struct tarin *t, const char *path)
{
	char kept[PATH_MAX], from_base[NAME_MAX + 1];
	struct stat st;
	const char *base;
	int from, to, err = 0;

	memcpy(kept, t->path, strlen(t->path) + 1);
	memcpy(t->path, path, strlen(path) + 1);
	to = open_parent(t, &base);
	memcpy(from_base, base, strlen(base) + 1);
	memcpy(t->path, kept, strlen(kept) + 1);
	if (to < 0)
		return -1;
	from = fcntl(to, F_DUPFD_CLOEXEC, 0);
	if (from < 0)
		return fail(t, errno, "link");
	to = open_parent(t, &base);
	if (to < 0)
		goto out;
	if (fstatat(from, from_base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode)) {
		to = refuse(t, "a hard link to what is no file of the bundle");
		goto out;
	}
	if (linkat(from, from_base, to, base, 0) < 0)
		err = errno;
out:
	(void)close(from);
	if (err != 0)
		return fail(t, err, "link");
	return to < 0 ? -1 : 0;
}

/* Judge type, mode and links.  Returns 0, or -1 (reported). */
static int
judge(struct tarin *t, const struct tarin_entry *e)
{
	if (!S_ISREG(e->mode) && !S_ISDIR(e->mode) && !S_ISLNK(e->mode))
		return refuse(t, "no directory, regular file or link");
	if (*t->path == '\0' && !S_ISDIR(e->mode))
		return refuse(t, "the root is no directory");
	if (e->mode & (S_ISUID | S_ISGID))
		return refuse(t, "set-user-ID or set-group-ID");
	if (e->hard != NULL && e->size > 0)
		return refuse(t, "a hard link with data");
	if (e->link != NULL && leads_out(t->path, e->link))
		return refuse(t,
		    "a symbolic link that can lead out; unpack "
		    "--symlinks skip leaves links out");
	if (e->size > t->opts->max_size - t->content)
		return refuse(t, "larger than --max-size allows");
	return 0;
}

static int
make(struct tarin *t, const struct tarin_entry *e)
{
	if (t->opts->dir < 0)
		return copy_data(t, -1);
	if (e->hard != NULL)
		return make_hard(t, e->hard);
	if (S_ISDIR(e->mode))
		return make_dir(t, e);
	if (S_ISLNK(e->mode))
		return make_symlink(t, e);
	return make_file(t, e);
}

/* Deal with one entry.  Returns 0, or -1 (reported). */
static int
take(struct tarin *t, struct archive_entry *ae)
{
	char hard[PATH_MAX];
	struct tarin_entry e = {0};
	const char *name = archive_entry_pathname(ae), *why;
	const char *hard_name = archive_entry_hardlink(ae);

	if (name == NULL || *name == '\0')
		name = "(no name)/..";
	(void)msg_mask(t->name, sizeof t->name, name);
	if (++t->counts->entries > t->opts->max_entries)
		return refuse(t, "more entries than --max-entries allows");
	if (clean(t->path, name, &why) < 0)
		return refuse(t, why);
	if (hard_name != NULL) {
		if (clean(hard, hard_name, &why) < 0)
			return refuse(t, "a hard link to elsewhere");
		e.hard = hard;
	}
	e.path = *t->path != '\0' ? t->path : ".";
	e.mode = archive_entry_mode(ae);
	if (e.hard != NULL)
		e.mode = S_IFREG | (e.mode & 07777);
	e.size = (uint64_t)archive_entry_size(ae);
	e.mtime = archive_entry_mtime(ae);
	if (S_ISLNK(e.mode)) {
		e.link = archive_entry_symlink(ae);
		if (e.link == NULL)
			e.link = "";
	}
	if (judge(t, &e) < 0)
		return -1;
	if (t->opts->show != NULL && t->opts->show(t->opts->show_arg, &e) < 0) {
		t->status = WIRE_FAIL;
		return -1;
	}
	t->opts->progress->entries = t->counts->entries;
	progress_show(t->opts->progress);
	return make(t, &e);
}

/* ----------------------------------------------------------------- archive */

/* Count data[0..len).  Returns 0, or -1 (reported) where it is too much. */
static int
count(struct tarin *t, const void *data, size_t len)
{
	const char *p = data;
	size_t n = 0;

	t->counts->bytes += len;
	if (t->counts->bytes > t->opts->max_size) {
		progress_clear(t->opts->progress);
		msg_warn(0, "the bundle is larger than --max-size allows");
		t->status = WIRE_BUNDLE;
		return -1;
	}
	while (n < len && p[len - 1 - n] == '\0')
		n++;
	t->zeros = n == len ? t->zeros + len : n;
	t->opts->progress->bytes = t->counts->bytes;
	return 0;
}

/* libarchive's archive_read_callback */
static la_ssize_t
pull(struct archive *a, void *arg, const void **data)
{
	struct tarin *t = arg;
	ssize_t n;

	n = t->opts->pull(t->opts->arg, data);
	if (n < 0 && t->status == WIRE_OK)
		t->status = WIRE_FAIL;
	if (n < 0 || count(t, *data, (size_t)n) < 0) {
		archive_set_error(a, EIO, "reported");
		return -1;
	}
	return n;
}

/*
 * All entries are read: what follows must be zeros, two blocks at the least.
 * libarchive looks no further, and takes a missing end for one.
 */
static int
read_end(struct tarin *t)
{
	int64_t end = archive_read_header_position(t->archive);
	const void *data;
	la_ssize_t n;

	do
		n = pull(t->archive, t, &data);
	while (n > 0);
	if (n < 0)
		return -1;
	if (t->zeros >= END_LEN && end >= 0 &&
	    t->counts->bytes - t->zeros <= (uint64_t)end)
		return 0;
	progress_clear(t->opts->progress);
	msg_warn(0, "tar: %s",
	    t->zeros < END_LEN ? "the end is missing"
	                       : "something follows the end");
	t->status = WIRE_CORRUPT;
	return -1;
}

static int
read_entries(struct tarin *t)
{
	struct archive_entry *entry;
	int status;

	for (;;) {
		status = archive_read_next_header(t->archive, &entry);
		if (status == ARCHIVE_EOF)
			return read_end(t);
		/* a warning is about what we don't use, or judge ourselves */
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return broken(t);
		if (take(t, entry) < 0)
			return -1;
	}
}

static int
open_archive(struct tarin *t)
{
	t->archive = archive_read_new();
	if (t->archive == NULL) {
		msg_nomem();
		t->status = WIRE_FAIL;
		return -1;
	}
	if (archive_read_support_format_tar(t->archive) != ARCHIVE_OK)
		return broken(t);
	if (archive_read_open(t->archive, t, NULL, pull, NULL) != ARCHIVE_OK)
		return broken(t);
	return 0;
}

enum wire_exit
tarin_run(const struct tarin_opts *opts, struct tarin_counts *counts)
{
	struct tarin *t;
	enum wire_exit status;
	size_t i;

	memset(counts, 0, sizeof *counts);
	t = calloc(1, sizeof *t);
	if (t == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	t->opts = opts;
	t->counts = counts;
	t->parent = -1;
	/* the root's mode, should no entry name it */
	if (note_dir(t, "", 0755, 0) == 0 && open_archive(t) == 0 &&
	    read_entries(t) == 0 && opts->dir >= 0)
		(void)finish_dirs(t);
	if (t->archive != NULL)
		(void)archive_read_free(t->archive);
	if (t->parent >= 0)
		(void)close(t->parent);
	for (i = 0; i < t->n_dirs; i++)
		free(t->dirs[i].path);
	free(t->dirs);
	status = t->status;
	free(t);
	return status;
}
