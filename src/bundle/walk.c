/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walk a file tree in sorted order, without recursion, without PATH_MAX, and
 * with a bounded number of open descriptors.
 */
#include "bundle/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/msg.h"
#include "base/path.h"

enum {
	/*
	 * Directories held open on the way down.  Deeper trees reopen them
	 * through ".." on the way up, so that 10,000 levels do not need as
	 * many descriptors.
	 */
	WALK_HELD = 64,
	WALK_BUF = 32 * 1024 /* bytes of a directory read at once */
};

/* One level.  What it owns is used again for the next directory there. */
struct walk_frame {
	int fd; /* owned; -1 = closed for now */
	uint64_t serial; /* no two frames of a walk have the same */
	dev_t dev; /* to know it again, once it was closed */
	ino_t ino;
	size_t path_len; /* of the directory's own path; 0 for the top */
	/* owned; for each name a byte (enum in readdir(3)), it, and a NUL */
	char *names;
	size_t names_len; /* bytes used */
	size_t names_room;
	char **order; /* owned; pointers to the names, sorted */
	size_t order_room;
	size_t n; /* names */
	size_t next; /* index in order */
};

static int
walk_compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Collect the names in f->fd.  By system call (getdents(2)), as readdir(3)
 * takes a second descriptor and five more calls a directory: struct dirent is
 * the kernel's where off_t has 64 bits.  Returns 0, or the errno.
 */
static int
read_names(struct walk_frame *f, char *buf)
{
	const struct dirent *d;
	long got, at;
	size_t len;
	char *names;

	while ((got = syscall(SYS_getdents64, f->fd, buf, WALK_BUF)) > 0) {
		for (at = 0; at < got; at += d->d_reclen) {
			d = (const void *)(buf + at);
			if (path_is_dots(d->d_name))
				continue;
			len = strlen(d->d_name) + 1;
			names = array_grow(f->names, &f->names_room,
			    f->names_len + len + 1, 1);
			if (names == NULL)
				return ENOMEM;
			f->names = names;
			names += f->names_len;
			*names = (char)d->d_type;
			memcpy(names + 1, d->d_name, len);
			f->names_len += len + 1;
			f->n++;
		}
	}
	return got < 0 ? errno : 0;
}

/* Sort the names.  Returns 0, or the errno. */
static int
sort_names(struct walk_frame *f)
{
	char **order, *p = f->names;
	size_t i;

	order = array_grow(f->order, &f->order_room, f->n, sizeof *order);
	if (order == NULL || p == NULL)
		return f->n > 0 ? ENOMEM : 0;
	f->order = order;
	for (i = 0; i < f->n; i++, p += strlen(p) + 1)
		f->order[i] = ++p;
	if (f->n > 1)
		qsort(f->order, f->n, sizeof *f->order, walk_compare_names);
	return 0;
}

/*
 * Push a frame for the directory fd, owned from now on, and list it.  Returns
 * 0, or the errno; nothing is pushed then.
 */
static int
push(struct walk *w, int fd)
{
	struct walk_frame *f;
	struct stat st;
	int err = ENOMEM;

	if (w->buf == NULL)
		w->buf = malloc(WALK_BUF);
	f = array_grow(w->frames, &w->room, w->n_frames + 1, sizeof *f);
	if (f != NULL) {
		w->frames = f;
		f += w->n_frames;
		f->fd = fd;
		f->serial = ++w->serial;
		f->path_len = w->n_frames == 0 ? 0 : w->path_len;
		f->names_len = f->n = f->next = 0;
	}
	if (f != NULL && w->buf != NULL)
		err = read_names(f, w->buf);
	if (err == 0)
		err = sort_names(f);
	if (err == 0 && w->n_frames >= WALK_HELD &&
	    fstat(f[-WALK_HELD].fd, &st) < 0)
		err = errno;
	if (err != 0) {
		(void)close(fd);
		return err;
	}
	/* one further up is closed until the way back */
	if (w->n_frames++ >= WALK_HELD) {
		f -= WALK_HELD;
		f->dev = st.st_dev;
		f->ino = st.st_ino;
		(void)close(f->fd);
		f->fd = -1;
	}
	return 0;
}

/*
 * Leave the deepest directory; the one above it may have been closed on the way
 * down.  Returns 0, or -1 (reported).
 */
static int
pop(struct walk *w)
{
	struct walk_frame *f = &w->frames[--w->n_frames], *above = f - 1;
	struct stat st;
	int ret = 0;

	if (w->n_frames > 0 && above->fd < 0) {
		ret = -1;
		above->fd = openat(f->fd, "..",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (above->fd < 0 || fstat(above->fd, &st) < 0)
			msg_warn(errno, "cannot go back up the tree");
		else if (st.st_dev != above->dev || st.st_ino != above->ino)
			msg_warn(0,
			    "a directory was moved while it was being read");
		else
			ret = 0;
	}
	(void)close(f->fd);
	return ret;
}

/* Set the path to the directory's, a slash, and name.  0, or -1. */
static int
set_path(struct walk *w, size_t dir_len, const char *name)
{
	size_t len = strlen(name);
	char *path;

	path = array_grow(w->path, &w->path_room, dir_len + len + 2, 1);
	if (path == NULL) {
		msg_nomem();
		return -1;
	}
	w->path = path;
	if (dir_len > 0)
		w->path[dir_len++] = '/';
	memcpy(w->path + dir_len, name, len + 1);
	w->path_len = dir_len + len;
	return 0;
}

int
walk_open(struct walk *w, int dirfd, const char *name)
{
	int fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*w = (struct walk){0};
	if (fd < 0)
		return -1;
	errno = push(w, fd);
	return errno == 0 ? 0 : -1;
}

static void
describe(const struct walk *w, struct walk_entry *e)
{
	const struct walk_frame *f = &w->frames[w->n_frames - 1];

	e->path = w->path;
	e->path_len = w->path_len;
	e->dirfd = f->fd;
	e->name = f->next == 0 ? "." : f->order[f->next - 1];
	e->err = 0;
	e->unlisted = false;
}

int
walk_next(struct walk *w, struct walk_entry *e)
{
	struct walk_frame *f;
	const char *name;
	int fd, err;

	if (!w->started) {
		w->started = true;
		if (set_path(w, 0, ".") < 0)
			return -1;
		describe(w, e);
		if (fstat(e->dirfd, &e->st) < 0)
			e->err = errno;
		return 1;
	}
	if (w->enter) {
		w->enter = false;
		describe(w, e);
		fd = openat(e->dirfd, e->name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = fd < 0 ? errno : push(w, fd);
		if (err == ENOMEM) {
			msg_nomem();
			return -1;
		}
		if (err != 0) {
			e->err = err;
			e->unlisted = true;
			return 1;
		}
	}
	for (;;) {
		if (w->n_frames == 0)
			return 0;
		f = &w->frames[w->n_frames - 1];
		if (f->next < f->n)
			break;
		if (pop(w) < 0)
			return -1;
	}
	name = f->order[f->next++];
	if (set_path(w, f->path_len, name) < 0)
		return -1;
	describe(w, e);
	if (w->lazy && name[-1] == DT_REG) {
		e->st = (struct stat){.st_mode = S_IFREG};
		return 1;
	}
	walk_stat(e);
	w->enter = e->err == 0 && S_ISDIR(e->st.st_mode);
	return 1;
}

void
walk_stat(struct walk_entry *e)
{
	if (fstatat(e->dirfd, e->name, &e->st,
	        AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		e->err = errno;
}

bool
walk_is_whiteout(struct walk *w)
{
	const struct walk_frame *f = &w->frames[w->n_frames - 1];
	struct walk_frame *a = w->again;
	const char *name;

	if (f->next == 0)
		return false;
	/* listed anew once a directory: it may hold as many whiteouts as files
	 */
	if (w->again_of != f->serial) {
		w->again_of = 0;
		if (a == NULL)
			a = w->again = calloc(1, sizeof *a);
		if (a == NULL)
			return false;
		a->names_len = a->n = 0;
		a->fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (a->fd < 0)
			return false;
		if (read_names(a, w->buf) == 0 && sort_names(a) == 0)
			w->again_of = f->serial;
		(void)close(a->fd);
		if (w->again_of == 0)
			return false;
	}
	name = f->order[f->next - 1];
	return bsearch(&name, a->order, a->n, sizeof name,
	           walk_compare_names) != NULL;
}

void
walk_skip(struct walk *w)
{
	w->enter = false;
}

void
walk_close(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->n_frames; i++)
		if (w->frames[i].fd >= 0)
			(void)close(w->frames[i].fd);
	for (i = 0; i < w->room; i++) {
		free(w->frames[i].names);
		free(w->frames[i].order);
	}
	if (w->again != NULL) {
		free(w->again->names);
		free(w->again->order);
	}
	free(w->again);
	free(w->frames);
	free(w->buf);
	free(w->path);
	*w = (struct walk){0};
}
