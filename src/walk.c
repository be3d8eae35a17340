/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

enum {
	/*
	 * Directories held open on the way down.  Deeper trees reopen them
	 * through ".." on the way up, so that 10,000 levels do not need as
	 * many descriptors.
	 */
	WALK_HELD = 64
};

struct walk_frame {
	int fd; /* owned; -1 = closed for now */
	dev_t dev; /* to know it again */
	ino_t ino;
	size_t path_len; /* of the directory's own path; 0 for the top */
	char *names; /* owned; all names, each with its NUL */
	char **order; /* owned; pointers into names, sorted */
	size_t n;
	size_t next; /* index in order */
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a directory while they are collected. */
struct names {
	char *text;
	size_t len;
	size_t room;
	size_t n;
};

/* Returns 0, or the errno. */
static int
names_add(struct names *names, const char *name)
{
	size_t len = strlen(name) + 1, room;
	char *text;

	if (len > names->room - names->len) {
		room = names->room == 0 ? 1024 : names->room * 2;
		text = realloc(names->text, room);
		if (text == NULL)
			return ENOMEM;
		names->text = text;
		names->room = room;
	}
	memcpy(names->text + names->len, name, len);
	names->len += len;
	names->n++;
	return 0;
}

/* Collect the names in dir.  Returns 0, or the errno. */
static int
names_read(struct names *names, DIR *dir)
{
	struct dirent *d;
	int err;

	for (;;) {
		errno = 0;
		d = readdir(dir);
		if (d == NULL)
			return errno;
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		err = names_add(names, d->d_name);
		if (err != 0)
			return err;
	}
}

/* Read and sort the names of the directory f->fd.  Returns 0, or the errno. */
static int
frame_list(struct walk_frame *f)
{
	struct names names = {0};
	char *p;
	size_t i;
	DIR *dir;
	int fd, err;

	fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		err = errno;
		(void)close(fd);
		return err;
	}
	err = names_read(&names, dir);
	(void)closedir(dir);
	f->names = names.text;
	if (err != 0 || names.n == 0)
		return err;
	f->order = malloc(names.n * sizeof *f->order);
	if (f->order == NULL)
		return ENOMEM;
	for (i = 0, p = names.text; i < names.n; i++, p += strlen(p) + 1)
		f->order[i] = p;
	f->n = names.n;
	qsort(f->order, f->n, sizeof *f->order, by_name);
	return 0;
}

static void
frame_free(struct walk_frame *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	free(f->names);
	free(f->order);
}

/*
 * Push a frame for the directory fd, owned from now on, and list it.  Returns
 * 0, or the errno; nothing is pushed then.
 */
static int
push(struct walk *w, int fd)
{
	struct walk_frame f = {.fd = fd}, *frames, *old;
	struct stat st;
	size_t room;
	int err;

	err = fstat(fd, &st) < 0 ? errno : frame_list(&f);
	if (err == 0 && w->n_frames == w->room) {
		room = w->room == 0 ? 16 : w->room * 2;
		frames = realloc(w->frames, room * sizeof *frames);
		if (frames == NULL) {
			err = ENOMEM;
		} else {
			w->frames = frames;
			w->room = room;
		}
	}
	if (err != 0) {
		frame_free(&f);
		return err;
	}
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.path_len = w->n_frames == 0 ? 0 : w->path_len;
	w->frames[w->n_frames++] = f;
	if (w->n_frames > WALK_HELD) {
		old = &w->frames[w->n_frames - 1 - WALK_HELD];
		(void)close(old->fd);
		old->fd = -1;
	}
	return 0;
}

/* Open again the directory above f, which was closed on the way down. */
static int
reopen(struct walk_frame *above, const struct walk_frame *f)
{
	struct stat st;

	above->fd = openat(f->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above->fd < 0 || fstat(above->fd, &st) < 0) {
		msg_warn(errno, "cannot go back up the tree");
		return -1;
	}
	if (st.st_dev != above->dev || st.st_ino != above->ino) {
		msg_warn(0, "a directory was moved while it was being read");
		return -1;
	}
	return 0;
}

/* Leave the deepest directory.  Returns 0, or -1 after a warning. */
static int
pop(struct walk *w)
{
	struct walk_frame *f = &w->frames[w->n_frames - 1];
	int ret = 0;

	if (w->n_frames > 1 && f[-1].fd < 0)
		ret = reopen(f - 1, f);
	frame_free(f);
	w->n_frames--;
	return ret;
}

/* Set the path to the directory's, a slash, and name.  0, or -1. */
static int
set_path(struct walk *w, size_t dir_len, const char *name)
{
	size_t len = strlen(name);
	size_t room = w->path_room;
	char *path;

	while (dir_len + len + 2 > room)
		room = room == 0 ? 512 : room * 2;
	if (room != w->path_room) {
		path = realloc(w->path, room);
		if (path == NULL) {
			msg_nomem();
			return -1;
		}
		w->path = path;
		w->path_room = room;
	}
	if (dir_len > 0)
		w->path[dir_len++] = '/';
	memcpy(w->path + dir_len, name, len + 1);
	w->path_len = dir_len + len;
	return 0;
}

int
walk_open(struct walk *w, int dirfd)
{
	int err;

	*w = (struct walk){0};
	if (set_path(w, 0, ".") < 0) {
		(void)close(dirfd);
		return -1;
	}
	err = push(w, dirfd);
	if (err == 0)
		return 0;
	msg_warn(err, "cannot list the directory");
	return -1;
}

/* Enter the directory that was returned last.  0, or the errno. */
static int
enter(struct walk *w)
{
	struct walk_frame *f = &w->frames[w->n_frames - 1];
	int fd;

	fd = openat(f->fd, f->order[f->next - 1],
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? errno : push(w, fd);
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

static int
first(struct walk *w, struct walk_entry *e)
{
	w->started = true;
	describe(w, e);
	if (fstat(e->dirfd, &e->st) < 0)
		e->err = errno;
	return 1;
}

int
walk_next(struct walk *w, struct walk_entry *e)
{
	struct walk_frame *f;
	int err;

	if (!w->started)
		return first(w, e);
	if (w->enter) {
		w->enter = false;
		err = enter(w);
		if (err == ENOMEM) {
			msg_nomem();
			return -1;
		}
		if (err != 0) {
			describe(w, e);
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
	if (set_path(w, f->path_len, f->order[f->next++]) < 0)
		return -1;
	describe(w, e);
	if (fstatat(e->dirfd, e->name, &e->st,
	        AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		e->err = errno;
	else
		w->enter = S_ISDIR(e->st.st_mode);
	return 1;
}

void
walk_skip(struct walk *w)
{
	w->enter = false;
}

void
walk_close(struct walk *w)
{
	while (w->n_frames > 0)
		frame_free(&w->frames[--w->n_frames]);
	free(w->frames);
	free(w->path);
	*w = (struct walk){0};
}
