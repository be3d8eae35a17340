/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths below a directory are mounts, and whose, after
 * /proc/self/mountinfo (proc(5)).
 */
#include "bundle/mounts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/msg.h"
#include "bundle/places.h"
#include "wire.h"

/* One line of mountinfo; all fields borrowed from the line. */
struct line {
	char *root; /* what of the file system is mounted */
	char *point; /* where, below the process's root */
	char *type; /* of the file system */
};

/*
 * The runtime's own files, by the tail of their root field, and where they
 * belong.  In a tail "*" is one component.
 */
static const struct {
	const char *tail;
	const char *home;
} homes[] = {
    {"/pods/*/etc-hosts", "/etc/hosts"}, /* kubelet */
    {"/sandboxes/*/hosts", "/etc/hosts"}, /* containerd */
    {"/sandboxes/*/hostname", "/etc/hostname"},
    {"/sandboxes/*/resolv.conf", "/etc/resolv.conf"},
    {"/userdata/hosts", "/etc/hosts"}, /* CRI-O, podman */
    {"/userdata/hostname", "/etc/hostname"},
    {"/userdata/resolv.conf", "/etc/resolv.conf"},
    {"/userdata/passwd", "/etc/passwd"},
    {"/userdata/group", "/etc/group"},
    {"/userdata/.containerenv", "/run/.containerenv"},
};

/* A VOLUME of the image, filled by the runtime; "#" is 64 hex digits. */
static const char *const volumes[] = {
    "/containers/#/volumes/#", /* containerd's CRI plugin */
    "/volumes/#/_data", /* podman, docker */
};

/* Where every container has mounts, and a pod's secrets. */
static const char *const usual[] = {"/dev", "/proc", "/sys", "/run/secrets",
    "/var/run/secrets"};

/* Do the last components of root match the pattern? */
static bool
tail_is(const char *root, const char *pattern)
{
	size_t slashes = 0, n;
	const char *p;

	for (p = pattern; *p != '\0'; p++)
		slashes += *p == '/';
	for (p = root + strlen(root); p > root && slashes > 0;)
		slashes -= *--p == '/';
	if (slashes > 0)
		return false;
	for (; *pattern != '\0'; pattern++, p += n) {
		if (*pattern == '*')
			n = strcspn(p, "/");
		else if (*pattern == '#')
			n = strspn(p, "0123456789abcdef") == 64 ? 64 : 0;
		else
			n = *pattern == *p;
		if (n == 0)
			return false;
	}
	return *p == '\0';
}

/*
 * The part of the absolute path behind dir: "." for dir itself, NULL where
 * path is not at or below dir.
 */
static const char *
relative(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1) /* "/" */
		n = 0;
	if (strncmp(path, dir, n) != 0)
		return NULL;
	path += n;
	if (path[0] == '\0' || strcmp(path, "/") == 0)
		return ".";
	return path[0] == '/' ? path + 1 : NULL;
}

/* Is it a path that was made at random for this one pod?  See wire.h. */
static bool
is_unforeseen(const char *point)
{
	size_t n = sizeof WIRE_MOUNT - 1;

	return strncmp(point, WIRE_MOUNT, n) == 0 &&
	    strspn(point + n, "0123456789abcdef") >= WIRE_MOUNT_DIGITS_MIN;
}

/* What the mount is; *alien: struct mounts_point's. */
static enum mounts_kind
classify(const struct line *l, bool *alien)
{
	size_t i;

	*alien = false;
	for (i = 0; i < sizeof volumes / sizeof *volumes; i++)
		if (tail_is(l->root, volumes[i]))
			return MOUNTS_VOLUME;
	for (i = 0; i < sizeof homes / sizeof *homes; i++)
		if (tail_is(l->root, homes[i].tail))
			return strcmp(l->point, homes[i].home) == 0
			    ? MOUNTS_FOREIGN
			    : MOUNTS_MISPLACED;
	*alien = !is_unforeseen(l->point);
	for (i = 0; i < sizeof usual / sizeof *usual; i++)
		if (relative(l->point, usual[i]) != NULL)
			*alien = false;
	return MOUNTS_FOREIGN;
}

/* Undo mountinfo's escapes (proc(5): \040 \011 \012 \134) in place. */
static void
unescape(char *s)
{
	char *out = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			    (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/*
 * Split a line: "ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG...] - TYPE ...".
 * Returns 0, or -1 if it is not one.
 */
static int
mounts_parse_line(char *text, struct line *l)
{
	char *field, *rest = text;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		field = strsep(&rest, " ");
		if (rest == NULL)
			return -1;
		if (i == 3)
			l->root = field;
		if (i == 4)
			l->point = field;
	}
	do {
		field = strsep(&rest, " ");
		if (rest == NULL)
			return -1;
	} while (strcmp(field, "-") != 0);
	l->type = strsep(&rest, " ");
	unescape(l->root);
	unescape(l->point);
	return 0;
}

/* Does path lie below dir, both relative? */
static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, ".") == 0)
		return strcmp(path, ".") != 0;
	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

/* Forget the points that a new mount on path covers. */
static void
cover(struct mounts *m, const char *path)
{
	size_t i, kept = 0;

	for (i = 0; i < m->n; i++) {
		if (strcmp(m->points[i].path, path) == 0 ||
		    is_below(m->points[i].path, path))
			free(m->points[i].path);
		else
			m->points[kept++] = m->points[i];
	}
	m->n = kept;
}

/* Returns 0, or -1 without memory. */
static int
mounts_add_point(struct mounts *m, const char *path, enum mounts_kind kind,
    bool alien)
{
	struct mounts_point *points;
	char *copy;

	points = array_grow(m->points, &m->room, m->n + 1, sizeof *points);
	if (points == NULL)
		return -1;
	m->points = points;
	copy = strdup(path);
	if (copy == NULL)
		return -1;
	m->points[m->n++] = (struct mounts_point){copy, kind, alien};
	return 0;
}

/*
 * The mount on path covers what it must not.  Returns 0, or -1 without memory.
 */
static int
mounts_misplace(struct mounts *m, const char *path)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (strcmp(m->points[i].path, path) == 0) {
			m->points[i].kind = MOUNTS_MISPLACED;
			return 0;
		}
	}
	return mounts_add_point(m, path, MOUNTS_MISPLACED, false);
}

/*
 * The part of the mount point that lies in dir, as `relative` has it; a mount
 * that covers the directory's own parents covers all of it: ".".
 */
static const char *
covered_part(const char *point, const char *dir)
{
	const char *path = relative(point, dir);

	return path == NULL && relative(dir, point) != NULL ? "." : path;
}

/*
 * A devpts away from /dev/pts says that the whole of /dev was led elsewhere,
 * to the directory above: mark that one.  Returns 0, or -1 without memory.
 */
static int
mark_dev(struct mounts *m, char *point, const char *dir)
{
	char *slash = strrchr(point, '/');
	const char *path;
	int ret = 0;

	if (strcmp(point, "/dev/pts") == 0 || slash == NULL || slash == point)
		return 0;
	*slash = '\0';
	path = covered_part(point, dir);
	if (path != NULL)
		ret = mounts_misplace(m, path);
	*slash = '/';
	return ret;
}

/* ---------------------------------------------------------- our own volume */

/*
 * Compare the directories of two absolute paths of files: is it the same text?
 * Repeated slashes and "." components do not count in the first one, which a
 * pod's author has written.
 */
static bool
same_directory(const char *written, const char *real)
{
	const char *end = strrchr(written, '/'), *real_end = strrchr(real, '/');
	size_t n;

	while (written < end || real < real_end) {
		written += strspn(written, "/");
		real += strspn(real, "/");
		n = strcspn(written, "/");
		if (n == 1 && written[0] == '.' && written < end) {
			written++;
			continue;
		}
		if (written >= end || real >= real_end)
			return written >= end && real >= real_end;
		if (strcspn(real, "/") != n || strncmp(written, real, n) != 0)
			return false;
		written += n;
		real += n;
	}
	return true;
}

/*
 * Our program lies in the mount on `point`: see what that covers.  Returns 0,
 * or -1 without memory.
 */
static int
mounts_judge_own(struct mounts *m, const char *point, const char *dir,
    const struct mounts_self *self)
{
	const char *path = covered_part(point, dir), *started = self->started;
	size_t i;

	if (strcmp(point, "/") == 0 || path == NULL)
		return 0;
	for (i = 0; i < m->n; i++)
		if (strcmp(m->points[i].path, path) == 0)
			m->points[i].alien = false;
	/*
	 * Was it started by a path through a symlink?  A relative path, or one
	 * of /dev/fd (execveat(2)), says nothing, and /bin is a link to usr/bin
	 * in every base image.
	 */
	if (started != NULL && started[0] == '/' &&
	    strncmp(started, "/dev/fd/", 8) != 0 &&
	    !same_directory(started, self->exe) &&
	    !(same_directory(started, "/bin/unpack") &&
	        same_directory("/usr/bin/unpack", self->exe)))
		return mounts_misplace(m, path);
	if (strcmp(path, ".") == 0 || is_unforeseen(point))
		return 0;
	m->covered = strdup(path);
	return m->covered == NULL ? -1 : 0;
}

/*
 * Is it the root of an image, mounted as a volume?  A runtime mounts the
 * snapshot itself: the whole of an overlay, or a single layer's directory.
 */
static bool
mounts_is_image(const struct line *l)
{
	return (strcmp(l->type, "overlay") == 0 && strcmp(l->root, "/") == 0) ||
	    tail_is(l->root, "/snapshots/*/fs"); /* containerd */
}

/* Returns 0, or -1 without memory. */
static int
mounts_take_line(struct mounts *m, const struct line *l, const char *dir)
{
	const char *path;
	bool alien;
	enum mounts_kind kind = classify(l, &alien);

	if (strcmp(l->type, "devpts") == 0 && mark_dev(m, l->point, dir) < 0)
		return -1;
	path = covered_part(l->point, dir);
	if (path == NULL)
		return 0;
	/* the directory may be a mount itself: that is how it got here */
	if (strcmp(path, ".") == 0) {
		if (relative(l->point, dir) != NULL)
			m->is_image = strcmp(dir, "/") != 0 &&
			    mounts_is_image(l);
		m->is_alien = alien && strcmp(l->point, "/") != 0 &&
		    !mounts_is_image(l);
		return 0;
	}
	cover(m, path);
	return mounts_add_point(m, path, kind, alien);
}

static int
by_path(const void *a, const void *b)
{
	const struct mounts_point *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int
mounts_load(struct mounts *m, const char *path, const char *dir,
    const struct mounts_self *self)
{
	const struct places_row *r = places_table;
	FILE *in = fopen(path, "re");
	char *text = NULL, *rest, *line;
	const char *own = NULL; /* where the last one is that we lie in */
	struct line l = {0};
	size_t room = 0;
	ssize_t got = -1;
	int ret = -1;

	*m = (struct mounts){0};
	/* all of it: there is no NUL in it */
	if (in != NULL)
		got = getdelim(&text, &room, '\0', in);
	if (got > 0 || (in != NULL && feof(in)))
		ret = 0;
	rest = got > 0 ? text : NULL;
	while (ret == 0 && (line = strsep(&rest, "\n")) != NULL) {
		if (mounts_parse_line(line, &l) < 0)
			continue;
		ret = mounts_take_line(m, &l, dir);
		if (self->exe != NULL && relative(self->exe, l.point) != NULL)
			own = l.point;
	}
	if (ret == 0 && own != NULL)
		ret = mounts_judge_own(m, own, dir, self);
	for (; ret == 0 && m->is_image && r->path != NULL; r++)
		if (r->what < PLACES_DROP_EMPTY) {
			cover(m, r->path);
			ret = mounts_add_point(m, r->path, MOUNTS_FOREIGN,
			    false);
		}
	if (ret < 0)
		msg_warn(errno, "%s", path);
	else if (m->n > 0)
		qsort(m->points, m->n, sizeof *m->points, by_path);
	free(text);
	if (in != NULL)
		(void)fclose(in);
	return ret;
}

enum mounts_kind
mounts_at(const struct mounts *m, const char *path)
{
	struct mounts_point key = {0}, *found;

	if (m->n == 0)
		return MOUNTS_NONE;
	key.path = (char *)(uintptr_t)path; /* bsearch only reads it */
	found = bsearch(&key, m->points, m->n, sizeof key, by_path);
	return found == NULL ? MOUNTS_NONE : found->kind;
}

bool
mounts_below(const struct mounts *m, const char *path)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->points[i].kind != MOUNTS_VOLUME &&
		    is_below(m->points[i].path, path))
			return true;
	return false;
}

void
mounts_free(struct mounts *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->points[i].path);
	free(m->points);
	free(m->covered);
	*m = (struct mounts){0};
}
