/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the bundle: everything below a directory, except what kubelet and
 * the container runtime put there.
 */
#include "bundle/content.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "bundle/places.h"

/* PROC_SUPER_MAGIC of linux/magic.h, which musl does not have */
#define PROC_MAGIC 0x9fa0U

const char *const content_why_names[] = {[CONTENT_MOUNT] = "mount",
    [CONTENT_RUNTIME] = "runtime",
    [CONTENT_SPECIAL] = "special",
    [CONTENT_SYMLINK] = "symlink",
    [CONTENT_COVERED] = "covered",
    [CONTENT_WHITEOUT] = "whiteout"};

const char *
content_type_name(mode_t mode)
{
	static const char *const names[S_IFMT / 4096 + 1] =
	    {[S_IFSOCK / 4096] = "socket",
	        [S_IFIFO / 4096] = "fifo",
	        [S_IFBLK / 4096] = "block device",
	        [S_IFCHR / 4096] = "character device",
	        [S_IFLNK / 4096] = "symlink",
	        [S_IFDIR / 4096] = "directory"};
	const char *name = names[(mode & S_IFMT) / 4096];

	return name != NULL ? name : "file";
}

/*
 * Which permission do we lack for the file or directory?  Asks the kernel, so
 * that ACLs, security modules, and user namespaces count.  Returns 0 and
 * stores the rule (FINDING_NONE: readable), or -1 with errno set.
 */
static int
probe(int dirfd, const char *name, mode_t mode, enum finding_rule *rule)
{
	bool dir = S_ISDIR(mode);

	*rule = FINDING_NONE;
	/* musl's faccessat(3) has much more in it, for another user's sake */
	if (syscall(SYS_faccessat, dirfd, name, dir ? R_OK | X_OK : R_OK) == 0)
		return 0;
	if (errno != EACCES && errno != EPERM)
		return -1;
	if (!dir)
		*rule = FINDING_FILE_READ;
	else if (syscall(SYS_faccessat, dirfd, name, R_OK) == 0)
		*rule = FINDING_DIR_SEARCH;
	else
		*rule = FINDING_DIR_READ;
	return 0;
}

/* ---------------------------------------------------------------- opening */

/*
 * dir could not be reached, or not be opened: find the first directory on the
 * way that may not be searched, or dir itself.  Returns 0, or -1 without
 * memory.
 */
static int
find_blocker(const char *dir, struct content_error *error)
{
	char *cwd = dir[0] == '/' ? strdup("") : getcwd(NULL, 0), *end, saved;

	if (cwd == NULL ||
	    asprintf(&error->blocker, "%s%s%s", cwd, *cwd != '\0' ? "/" : "",
	        dir) < 0)
		error->blocker = NULL;
	free(cwd);
	if (error->blocker == NULL)
		return -1;
	for (end = error->blocker;; *end = saved) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		saved = *end;
		*end = '\0';
		if (stat(error->blocker, &error->st) < 0 ||
		    probe(AT_FDCWD, error->blocker, error->st.st_mode,
		        &error->rule) < 0)
			return -1;
		/* on the way only search permission counts */
		if (error->rule == FINDING_DIR_SEARCH ||
		    (error->rule == FINDING_DIR_READ &&
		        (saved == '\0' || access(error->blocker, X_OK) < 0)))
			return 0;
		if (saved == '\0')
			return -1;
	}
}

/* Fill *error after dir could not be opened for the reason err. */
static void
explain(const char *dir, int err, struct content_error *error)
{
	char name[MSG_NAME];

	error->failure = CONTENT_FAILED;
	if (err == ENOENT) {
		error->failure = CONTENT_MISSING;
	} else if (err == ENOTDIR) {
		error->failure = CONTENT_NO_DIRECTORY;
	} else if (err == EACCES && find_blocker(dir, error) == 0) {
		error->failure = CONTENT_UNREADABLE;
	} else {
		msg_warn(err, "%s", msg_mask(name, sizeof name, dir));
	}
}

/* Read the symlink at path.  Returns 0, or -1 with errno set. */
static int
content_read_link(const char *path, char text[static PATH_MAX])
{
	ssize_t n = readlink(path, text, PATH_MAX - 1);

	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -1 : 0;
}

/* Read the mount table for the open directory fd.  0, or -1 (reported). */
static int
load_mounts(struct content *c, int fd)
{
	static const char *const parts[] = {"/proc/self", "/proc/self/fd",
	    "/proc/self/mountinfo"};
	char link[64], dir[PATH_MAX], exe[PATH_MAX];
	struct mounts_self self = {NULL, (const char *)getauxval(AT_EXECFN)};
	struct statfs s;
	size_t i;

	/* anything but the kernel's /proc could be a forgery by the image */
	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (statfs(parts[i], &s) < 0) {
			msg_warn(errno,
			    "%s: without it nothing tells what is mounted over the image",
			    parts[i]);
			return -1;
		}
		if ((uint32_t)s.f_type != PROC_MAGIC) {
			msg_warn(0,
			    "%s: not in a proc file system, so the mounts cannot be read",
			    parts[i]);
			return -1;
		}
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (content_read_link(link, dir) < 0) {
		/* mount(2) does not take a path so long: there are none */
		if (errno == ENAMETOOLONG)
			return 0;
		msg_warn(errno, "%s", link);
		return -1;
	}
	c->at_root = strcmp(dir, "/") == 0;
	if (content_read_link("/proc/self/exe", exe) == 0) {
		self.exe = exe;
	} else if (errno != ENAMETOOLONG) {
		msg_warn(errno, "/proc/self/exe");
		return -1;
	}
	return mounts_load(&c->mounts, "/proc/self/mountinfo", dir, &self);
}

/* Begin a walk.  Returns 0, or -1 (reported). */
static int
content_begin(struct content *c, bool lazy)
{
	if (walk_open(&c->walk, c->top, ".") < 0) {
		msg_warn(errno, "cannot list the directory");
		return -1;
	}
	c->walk.lazy = lazy;
	return 0;
}

int
content_open(struct content *c, const struct content_opts *opts,
    struct content_error *error)
{
	const char *dir = opts->dir[0] == '\0' ? "." : opts->dir;
	enum finding_rule rule;
	char text[8];
	int kind;

	*error = (struct content_error){0};
	c->opts = *opts;
	c->top = openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->top < 0) {
		explain(dir, errno, error);
		return -1;
	}
	if (load_mounts(c, c->top) < 0)
		return -1;
	/* it can be listed, but what is in it cannot be looked at */
	if (probe(c->top, ".", S_IFDIR, &rule) < 0 || rule != FINDING_NONE) {
		explain(dir, EACCES, error);
		return -1;
	}
	kind = openat(c->top, PLACES_KIND_FILE,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	c->on_kind = c->at_root && kind >= 0 &&
	    io_read(kind, text, sizeof text) == 5 &&
	    memcmp(text, PLACES_KIND_TEXT, 5) == 0;
	if (kind >= 0)
		(void)close(kind);
	return content_begin(c, opts->lazy);
}

int
content_again(struct content *c)
{
	c->opts.probe = false;
	c->names_wanted = c->names;
	c->names = 0;
	walk_close(&c->walk);
	return content_begin(c, true);
}

/* ---------------------------------------------------------------- rules */

/*
 * Is e, at path, what a runtime drops into the root file system?  predict.c
 * asks the same of an image on disk.
 */
static bool
content_is_stray(const struct content *c, const char *path,
    const struct walk_entry *e)
{
	const struct places_row *row;
	struct walk_entry full;
	char target[32];
	size_t len;

	if (!c->at_root || e->err != 0)
		return false;
	row = places_find_drop(path);
	if (row == NULL)
		return false;
	if (row->what == PLACES_DROP_LINK) {
		len = strlen(row->target);
		return S_ISLNK(e->st.st_mode) &&
		    readlinkat(e->dirfd, e->name, target, sizeof target) ==
		    (ssize_t)len &&
		    memcmp(target, row->target, len) == 0;
	}
	if (!S_ISREG(e->st.st_mode))
		return false;
	if (row->what == PLACES_DROP_KIND)
		return c->on_kind;
	full = *e;
	walk_stat(&full);
	return full.err == 0 && full.st.st_size == 0;
}

/*
 * Is e, which w returned last, a name that a layer of the image deletes?
 * overlayfs merges whiteouts away, but only where there is something to merge.
 */
static bool
content_is_whiteout(struct walk *w, const struct walk_entry *e)
{
	if (e->err != 0)
		return e->err == ENOENT && !e->unlisted && walk_is_whiteout(w);
	return S_ISCHR(e->st.st_mode) && e->st.st_rdev == 0;
}

/*
 * Is there nothing in the directory but mounts and strays, and directories in
 * which there is nothing else?  Only a directory above a mount can be that, so
 * only these are entered.  Returns 0 and stores the answer, or -1 (reported).
 */
static int
content_is_hollow(const struct content *c, const struct walk_entry *dir,
    bool *hollow)
{
	struct walk w = {0};
	struct walk_entry e;
	size_t len = dir->path_len;
	char *path = NULL;
	enum mounts_kind kind;
	int got, ret = -1;

	*hollow = false;
	if (!mounts_below(&c->mounts, dir->path))
		return 0;
	if (walk_open(&w, dir->dirfd, dir->name) < 0) {
		walk_close(&w);
		return 0; /* the main walk will say what is wrong */
	}
	*hollow = true;
	while ((got = walk_next(&w, &e)) > 0) {
		if (strcmp(e.path, ".") == 0)
			continue;
		free(path);
		if (asprintf(&path, "%.*s/%s", (int)len, dir->path, e.path) <
		    0) {
			path = NULL;
			msg_nomem();
			goto out;
		}
		kind = mounts_at(&c->mounts, path);
		if (kind == MOUNTS_FOREIGN || content_is_stray(c, path, &e) ||
		    content_is_whiteout(&w, &e)) {
			walk_skip(&w);
		} else if (e.err != 0 || kind != MOUNTS_NONE ||
		    !S_ISDIR(e.st.st_mode) || !mounts_below(&c->mounts, path)) {
			*hollow = false;
			break;
		}
	}
	if (got >= 0)
		ret = 0;
out:
	free(path);
	walk_close(&w);
	return ret;
}

/* The item is not in the bundle.  Returns 1, as content_next does. */
static int
skip(struct content *c, struct content_item *item, enum content_why why)
{
	item->what = CONTENT_SKIPPED;
	item->why = why;
	if (why == CONTENT_WHITEOUT)
		item->st.st_mode = S_IFCHR; /* as which layers have it */
	walk_skip(&c->walk);
	return 1;
}

/* The item cannot be read.  Likewise. */
static int
content_set_finding(struct content *c, struct content_item *item,
    enum finding_rule rule)
{
	item->what = CONTENT_FINDING;
	item->rule = rule;
	walk_skip(&c->walk);
	return 1;
}

static int
content_fail(const struct walk_entry *e)
{
	char name[MSG_NAME];

	msg_warn(e->err, "%s", msg_mask(name, sizeof name, e->path));
	return -1;
}

/* Decide about a directory or a regular file that is not a mount.  1, or -1. */
static int
content_judge_entry(struct content *c, struct walk_entry *e,
    struct content_item *item)
{
	enum finding_rule rule;
	bool hollow;

	/* which content_open has looked at */
	if (strcmp(e->path, ".") == 0)
		return 1;
	if (S_ISDIR(e->st.st_mode)) {
		if (content_is_hollow(c, e, &hollow) < 0)
			return -1;
		if (hollow)
			return skip(c, item, CONTENT_MOUNT);
	}
	if (!c->opts.probe)
		return 1;
	if (probe(e->dirfd, e->name, e->st.st_mode, &rule) < 0) {
		e->err = errno;
		return content_is_whiteout(&c->walk, e)
		    ? skip(c, item, CONTENT_WHITEOUT)
		    : content_fail(e);
	}
	if (rule == FINDING_NONE)
		return 1;
	walk_stat(e);
	if (e->err != 0)
		return content_fail(e);
	item->st = e->st;
	return content_set_finding(c, item, rule);
}

/* Is the entry neither opts.sub, nor below it, nor a directory above it? */
static bool
content_is_aside(const struct content *c, const struct walk_entry *e)
{
	const char *sub = c->opts.sub;
	size_t len = sub != NULL ? strlen(sub) : 0;

	if (len == 0 || strcmp(e->path, ".") == 0)
		return false;
	if (e->path_len < len)
		return e->err != 0 || !S_ISDIR(e->st.st_mode) ||
		    strncmp(sub, e->path, e->path_len) != 0 ||
		    sub[e->path_len] != '/';
	return strncmp(sub, e->path, len) != 0 ||
	    (e->path[len] != '\0' && e->path[len] != '/');
}

/* content_next, but for the hash. */
static int
content_look(struct content *c, struct content_item *item)
{
	struct walk_entry e;
	enum mounts_kind kind;
	int got;

	while ((got = walk_next(&c->walk, &e)) > 0 && content_is_aside(c, &e))
		walk_skip(&c->walk);
	if (got <= 0)
		return got;
	kind = mounts_at(&c->mounts, e.path);
	if (kind != MOUNTS_NONE && e.err == 0)
		walk_stat(&e);
	*item = (struct content_item){.what = CONTENT_ENTRY,
	    .path = e.path,
	    .dirfd = e.dirfd,
	    .name = e.name,
	    .st = e.st};
	/* before its errors: it may be a mount that we cannot read */
	if (kind == MOUNTS_FOREIGN)
		return skip(c, item, CONTENT_MOUNT);
	if (kind == MOUNTS_MISPLACED)
		return content_set_finding(c, item, FINDING_HIDDEN);
	if (content_is_whiteout(&c->walk, &e))
		return skip(c, item, CONTENT_WHITEOUT);
	if (e.err != 0)
		return content_fail(&e);
	if (content_is_stray(c, e.path, &e))
		return skip(c, item, CONTENT_RUNTIME);
	/* an image's root is the runtime's: 0755 in containerd, 0555 in podman
	 */
	if (strcmp(e.path, ".") == 0 && (c->at_root || c->mounts.is_image))
		item->st.st_mode = S_IFDIR | 0755;
	if (S_ISDIR(e.st.st_mode) || S_ISREG(e.st.st_mode))
		return content_judge_entry(c, &e, item);
	if (!S_ISLNK(e.st.st_mode))
		return skip(c, item, CONTENT_SPECIAL);
	return c->opts.skip_symlinks ? skip(c, item, CONTENT_SYMLINK) : 1;
}

int
content_next(struct content *c, struct content_item *item)
{
	int got = content_look(c, item);
	const char *at;

	if (got <= 0 || item->what != CONTENT_ENTRY)
		return got;
	c->names_before = c->names;
	/* a checksum of all in their order, each with its NUL */
	at = item->path;
	do
		c->names = (c->names + (unsigned char)*at) *
		    UINT64_C(0x9e3779b97f4a7c15);
	while (*at++ != '\0');
	return got;
}

void
content_close(struct content *c)
{
	walk_close(&c->walk);
	mounts_free(&c->mounts);
	if (c->top > 0)
		(void)close(c->top);
}
