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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/alloc.h"
#include "base/msg.h"

enum {
	END_LEN = 1024, /* bytes of zeros that end a tar: POSIX.1, pax */
	LEVELS = 16 /* directories held open */
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

/* Set on a directory that no entry has named, until all entries are read. */
#define IMPLIED S_ISVTX

/*
 * A directory that is held open, and what its mode and time will be when we
 * leave it.  While we are in it, its owner may do anything.
 */
struct level {
	int fd; /* owned, but for the root's */
	size_t end; /* its path is held[0..end) */
	mode_t mode;
	struct timespec mtime;
};

/*
 * Directories whose mode is set when all is read, as they have or had IMPLIED:
 * path[0..from), and one deeper each, down to path itself.
 */
struct late {
	char *path; /* owned */
	size_t from;
	mode_t mode;
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

	bool root; /* an entry named it */

	/* from the root, which is the first, down to where we are */
	struct level levels[LEVELS];
	size_t depth; /* of the last one */
	char held[PATH_MAX]; /* the path of that one */

	struct late *late; /* owned */
	size_t n_late, room;
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
	(void)msg_mask(c->path, sizeof c->path, t->named);
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
 * Clean a name: no "." components, no slashes at the ends or doubled.  Stores
 * it in out.  Returns 0, or -1 with *why where it is refused.
 */
static int
tarin_clean_name(char out[static PATH_MAX], const char *name,
    enum tarin_rule *why)
{
	size_t len = 0, n;

	*why = TARIN_ABSOLUTE;
	if (*name == '/')
		return -1;
	for (; *name != '\0'; name += n + (name[n] == '/')) {
		n = strcspn(name, "/");
		if (n == 0 || (n == 1 && *name == '.'))
			continue;
		*why = TARIN_DOTS;
		if (n == 2 && name[0] == '.' && name[1] == '.')
			return -1;
		*why = TARIN_TOO_LONG;
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
 * A directory gets its mode and time when the archive goes on elsewhere.  If it
 * comes back to the directory later, they are put aside and set again.  So
 * nothing must be remembered about a directory except what the file system has.
 */

/*
 * Set a mode later, when all entries are read: of path[0..from) and all from
 * there to path.  Returns 0, or -1 (reported).
 */
static int
set_late(struct tarin *t, const char *path, size_t from, mode_t mode)
{
	struct late *late;

	late = array_grow(t->late, &t->room, t->n_late + 1, sizeof *late);
	if (late == NULL)
		goto nomem;
	t->late = late;
	late += t->n_late;
	late->mode = mode;
	late->from = from;
	late->path = strdup(path);
	if (late->path == NULL)
		goto nomem;
	t->n_late++;
	return 0;

nomem:
	msg_nomem();
	t->status = WIRE_FAIL;
	return -1;
}

/*
 * Give the level its mode and time, and close it.  Returns 0, or -1 (reported).
 */
static int
tarin_finish_level(struct tarin *t, const struct level *l)
{
	const struct timespec times[2] = {l->mtime, l->mtime};
	int err = 0;

	if (futimens(l->fd, times) < 0 || fchmod(l->fd, l->mode) < 0)
		err = errno;
	if (l->fd != t->opts->dir)
		(void)close(l->fd);
	if (err == 0)
		return 0;
	t->held[l->end] = '\0';
	t->named = l->end > 0 ? t->held : ".";
	return tarin_fail(t, err, "set its mode and time");
}

/*
 * Make the directory that held[0..to) is to be, in the last level.  Returns 1,
 * or 0 and what is there, or -1 (reported).
 */
static int
make_or_look(struct tarin *t, size_t to, struct stat *st)
{
	const struct level *l = &t->levels[t->depth];
	const char *name;

	memcpy(t->held + l->end, t->path + l->end, to - l->end);
	t->held[to] = '\0';
	name = t->held + l->end + (l->end > 0);
	if (mkdirat(l->fd, name, 0700) == 0)
		return 1;
	if (errno != EEXIST ||
	    fstatat(l->fd, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return tarin_fail(t, errno, "make");
	return 0;
}

/*
 * Hold one level more, in place of the last one where there are too many of
 * them.  Takes its descriptor.  Returns 0, or -1 (reported).
 */
static int
tarin_hold_level(struct tarin *t, const struct level *next)
{
	struct level *l = &t->levels[t->depth];

	if (t->depth + 1 < LEVELS) {
		t->levels[++t->depth] = *next;
		return 0;
	}
	if (tarin_finish_level(t, l) < 0) {
		(void)close(next->fd);
		t->depth--;
		return -1;
	}
	*l = *next;
	return 0;
}

/*
 * After make_or_look, go down to that directory, whose mode and time are to be
 * these when we leave it.  Returns 0, or -1 (reported).
 */
static int
go_down(struct tarin *t, size_t to, mode_t mode, struct timespec mtime)
{
	const struct level *l = &t->levels[t->depth];
	struct level next = {.end = to, .mode = mode, .mtime = mtime};

	next.fd = openat(l->fd, t->held + l->end + (l->end > 0),
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next.fd < 0)
		return tarin_fail(t, errno, "open");
	return tarin_hold_level(t, &next);
}

/*
 * Open the directory `path` below dir as openat2(2) does, through no symlink
 *  and no mount.  Returns it, or -1: also where the kernel, before Linux
 * 5.6, or a filter has no such call.
 */
static int
tarin_open_below(int dir, const char *path)
{
#ifdef SYS_openat2
	/* struct open_how of linux/openat2.h, and its RESOLVE_BENEATH,
	 * RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV */
	const uint64_t how[3] = {O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	        O_CLOEXEC,
	    0, 0x08 | 0x04 | 0x01};

	return (int)syscall(SYS_openat2, dir, path, how, sizeof how);
#else
	(void)dir;
	(void)path;
	return -1;
#endif
}

/*
 * Go down to t->path[0..len) in one step, if it is there: a path of 2,000
 * directories would else cost 6,000 calls for each entry in it.  Returns 1, or
 * 0 where it has to be done step by step, or -1 (reported).
 */
static int
tarin_jump_down(struct tarin *t, size_t len)
{
	const struct level *l = &t->levels[t->depth];
	struct level next = {.end = len};
	struct stat st;

	memcpy(t->held + l->end, t->path + l->end, len - l->end);
	t->held[len] = '\0';
	next.fd = tarin_open_below(l->fd, t->held + l->end + (l->end > 0));
	if (next.fd < 0)
		return 0;
	if (fstat(next.fd, &st) < 0 ||
	    ((st.st_mode & 0700) != 0700 && fchmod(next.fd, 0700) < 0)) {
		(void)tarin_fail(t, errno, "set its mode");
		(void)close(next.fd);
		return -1;
	}
	next.mode = st.st_mode & 07777;
	next.mtime = st.st_mtim;
	return tarin_hold_level(t, &next) < 0 ? -1 : 1;
}

/* Leave the last level.  Returns 0, or -1 (reported). */
static int
go_up(struct tarin *t)
{
	return tarin_finish_level(t, &t->levels[t->depth--]);
}

/* Count a directory that no entry has named.  Returns 0, or -1 (reported). */
static int
tarin_count_implied(struct tarin *t)
{
	t->implied++;
	if (t->counts->entries + t->implied <= t->opts->max_entries)
		return 0;
	return tarin_refuse(t, TARIN_ENTRIES);
}

/*
 * Go down to the directory t->path[0..to), which no entry may have named, on
 * the way to t->path[0..len).  Everything below a new directory is new as well,
 * so only the first one is noted: *late.
 */
static int
tarin_enter_dir(struct tarin *t, size_t to, size_t len, bool *late)
{
	const struct level *l = &t->levels[t->depth];
	const char *name = t->held + l->end + (l->end > 0);
	struct stat st;
	int made = make_or_look(t, to, &st);

	if (made < 0)
		return -1;
	if (made) {
		if (tarin_count_implied(t) < 0)
			return -1;
		if (!*late) {
			const char end = t->path[len];
			int ret;

			t->path[len] = '\0';
			ret = set_late(t, t->path, to, 0755);
			t->path[len] = end;
			if (ret < 0)
				return -1;
			*late = true;
		}
		return go_down(t, to, IMPLIED | 0755, (struct timespec){0});
	}
	if (!S_ISDIR(st.st_mode))
		return tarin_fail(t, ENOTDIR, "make");
	if ((st.st_mode & 0700) != 0700 && fchmodat(l->fd, name, 0700, 0) < 0)
		return tarin_fail(t, errno, "set its mode");
	return go_down(t, to, st.st_mode & 07777, st.st_mtim);
}

/* Is the level's directory t->path[0..len), or above it? */
static bool
is_above(const struct tarin *t, const struct level *l, size_t len)
{
	return l->end <= len && memcmp(t->held, t->path, l->end) == 0 &&
	    (l->end == 0 || l->end == len || t->path[l->end] == '/');
}

/*
 * Open the directory that t->path is in, making what is not there; *base is
 * the name in it.  A descriptor that belongs to t, or -1 (reported).
 */
static int
open_parent(struct tarin *t, const char **base)
{
	const char *slash = strrchr(t->path, '/');
	size_t len = slash != NULL ? (size_t)(slash - t->path) : 0, to;
	bool late = false;

	*base = slash != NULL ? slash + 1 : t->path;
	while (!is_above(t, &t->levels[t->depth], len))
		if (go_up(t) < 0)
			return -1;
	if (t->levels[t->depth].end < len && tarin_jump_down(t, len) < 0)
		return -1;
	while ((to = t->levels[t->depth].end) < len) {
		to += to > 0;
		to += strcspn(t->path + to, "/");
		if (tarin_enter_dir(t, to, len, &late) < 0)
			return -1;
	}
	return t->levels[t->depth].fd;
}

/* Set the mode of the directory t->path, which has or had IMPLIED. */
static int
finish_late(struct tarin *t, mode_t mode)
{
	struct stat st;
	const char *base;
	int parent;

	t->named = t->path;
	parent = open_parent(t, &base);
	if (parent < 0)
		return -1;
	if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return tarin_fail(t, errno, "examine");
	/* an entry may have named it since, and said another mode */
	if (!((st.st_mode | mode) & IMPLIED))
		return 0;
	if (fchmodat(parent, base, mode, 0) < 0)
		return tarin_fail(t, errno, "set its mode");
	return 0;
}

/* The same for all that `late` is about, the highest first. */
static int
finish_late_path(struct tarin *t, const struct late *late)
{
	size_t len = strlen(late->path), to = late->from;

	for (;;) {
		memcpy(t->path, late->path, to);
		t->path[to] = '\0';
		if (tarin_is_stopped(t) || finish_late(t, late->mode) < 0)
			return -1;
		if (to >= len)
			return 0;
		to++;
		to += strcspn(late->path + to, "/");
	}
}

/* All entries are read: leave all directories, the root too. */
static int
finish_dirs(struct tarin *t)
{
	size_t i;

	for (i = 0; i < t->n_late; i++)
		if (finish_late_path(t, &t->late[i]) < 0)
			return -1;
	while (t->depth > 0)
		if (go_up(t) < 0)
			return -1;
	return tarin_finish_level(t, &t->levels[0]);
}

/* ----------------------------------------------------------------- entries */

static int
make_dir(struct tarin *t, const struct tarin_entry *e)
{
	const struct timespec mtime = {.tv_sec = (time_t)e->mtime};
	const mode_t mode = e->mode & 07777;
	struct stat st;
	const char *base;
	int made;

	if (open_parent(t, &base) < 0)
		return -1;
	if (*base == '\0') {
		if (t->root)
			return tarin_fail(t, EEXIST, "make");
		t->root = true;
		t->levels[0].mode = mode;
		t->levels[0].mtime = mtime;
		return 0;
	}
	made = make_or_look(t, strlen(t->path), &st);
	if (made < 0)
		return -1;
	if (!made && (!S_ISDIR(st.st_mode) || !(st.st_mode & IMPLIED)))
		return tarin_fail(t, EEXIST, "make");
	if ((mode & IMPLIED) && set_late(t, t->path, strlen(t->path), mode) < 0)
		return -1;
	return go_down(t, strlen(t->path), mode & ~(mode_t)IMPLIED, mtime);
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
		return tarin_fail(t, errno, "make");
	if (copy_data(t, fd) < 0) {
		(void)close(fd);
		return -1;
	}
	times[0].tv_sec = times[1].tv_sec = (time_t)e->mtime;
	if (fchmod(fd, e->mode & 0777) < 0 || futimens(fd, times) < 0)
		err = errno;
	if (io_close(fd) < 0 && err == 0)
		err = errno;
	return err != 0 ? tarin_fail(t, err, "write") : 0;
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
		return tarin_fail(t, errno, "make");
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
		return tarin_fail(t, errno, "link");
	to = open_parent(t, &base);
	if (to < 0)
		goto out;
	if (fstatat(from, from_base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode)) {
		to = tarin_refuse(t, TARIN_HARD);
		goto out;
	}
	if (linkat(from, from_base, to, base, 0) < 0)
		err = errno;
out:
	(void)close(from);
	if (err != 0)
		return tarin_fail(t, err, "link");
	return to < 0 ? -1 : 0;
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
	if (hard_name != NULL) {
		if (tarin_clean_name(hard, hard_name, &why) < 0)
			return tarin_refuse(t, TARIN_HARD_OUT);
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
	if (tarin_judge_entry(t, &e) < 0)
		return -1;
	t->opts->progress->entries = t->counts->entries;
	progress_show(t->opts->progress);
	if (t->opts->show != NULL && t->opts->show(t->opts->show_arg, &e) < 0) {
		t->status = WIRE_FAIL;
		return -1;
	}
	return make(t, &e);
}

/* ----------------------------------------------------------------- archive */

/* Count data[0..len).  Returns 0, or -1 (reported) where it is too much. */
static int
tarin_count_bytes(struct tarin *t, const void *data, size_t len)
{
	const char *p = data;
	size_t n = 0;

	t->counts->bytes += len;
	if (t->counts->bytes > t->opts->max_size) {
		progress_clear(t->opts->progress);
		t->counts->rule = tarin_rules[TARIN_SIZE].code;
		msg_warn(0,
		    "the bundle is larger than --max-size allows: %" PRIu64
		    " bytes",
		    t->opts->max_size);
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

	n = tarin_is_stopped(t) ? -1 : t->opts->pull(t->opts->arg, data);
	if (n < 0 && t->status == WIRE_OK)
		t->status = WIRE_FAIL;
	if (n < 0 || tarin_count_bytes(t, *data, (size_t)n) < 0) {
		archive_set_error(a, EIO, "reported");
		return -1;
	}
	return n;
}

/*
 * All entries are read: what follows must be zeros, two blocks at the least.
 * libarchive does not read on, and accepts a missing end.
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
	    t->zeros < END_LEN ? "the end is missing" : "data follows the end");
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
		/* a warning is about things that we do not use, or check
		 * ourselves */
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return tarin_explain(t);
		if (tarin_is_stopped(t) || tarin_take_entry(t, entry) < 0)
			return -1;
	}
}

static int
tarin_open_archive(struct tarin *t)
{
	t->archive = archive_read_new();
	if (t->archive == NULL) {
		msg_nomem();
		t->status = WIRE_FAIL;
		return -1;
	}
	if (archive_read_support_format_tar(t->archive) != ARCHIVE_OK)
		return tarin_explain(t);
	if (archive_read_open(t->archive, t, NULL, pull, NULL) != ARCHIVE_OK)
		return tarin_explain(t);
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
	/* the root's mode, should no entry name it */
	t->levels[0] = (struct level){.fd = opts->dir, .mode = 0755};
	alloc_strict(true);
	if (tarin_open_archive(t) == 0 && read_entries(t) == 0 &&
	    opts->dir >= 0)
		(void)finish_dirs(t);
	if (t->archive != NULL)
		(void)archive_read_free(t->archive);
	alloc_strict(false);
	for (; t->depth > 0; t->depth--)
		(void)close(t->levels[t->depth].fd);
	for (i = 0; i < t->n_late; i++)
		free(t->late[i].path);
	free(t->late);
	status = t->status;
	free(t);
	return status;
}
