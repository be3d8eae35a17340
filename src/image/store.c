/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The place of an image's documents and blobs: a directory, or a tar archive
 * that may be compressed and may come from a pipe.
 */
#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/decompress.h"
#include "base/array.h"
#include "base/msg.h"
#include "base/path.h"
#include "image/tarscan.h"

enum {
	LINKS_MAX = 8 /* from member to member */
};

/* Remember a member that can hold, or stand for, a blob. */
static int
store_add_member(struct store *s, struct tarscan_entry *e)
{
	struct store_member *m;
	const char *slash;
	int len = 0;

	if (e->type != TARSCAN_FILE && e->type != TARSCAN_LINK &&
	    e->type != TARSCAN_SYMLINK)
		return 0;
	if (s->n_members >= STORE_MEMBERS_MAX) {
		msg_warn(0, "the archive has more than %d members",
		    STORE_MEMBERS_MAX);
		return -1;
	}
	m = array_grow(s->members, &s->members_room, s->n_members + 1,
	    sizeof *m);
	if (m == NULL)
		goto nomem;
	s->members = m;
	m += s->n_members++;
	path_clean(e->name);
	m->data = e->data;
	m->name = strdup(e->name);
	if (m->name == NULL)
		goto nomem;
	if (e->type == TARSCAN_FILE)
		return 0;
	/* a symlink is from its own directory on, a hard link from the top */
	slash = strrchr(e->name, '/');
	if (e->type == TARSCAN_SYMLINK && slash != NULL)
		len = (int)(slash - e->name) + 1;
	if (asprintf(&m->link, "./%.*s%s", len, e->name, e->link) < 0) {
		m->link = NULL;
		goto nomem;
	}
	path_clean_go(m->link);
	path_clean(m->link);
	return 0;

nomem:
	msg_nomem();
	return -1;
}

/* Read an archive's members: in place if that is possible.  0, or -1. */
static int
store_open_archive(struct store *s, const struct stat *st, const char *what)
{
	/* what writes a packed file's content to standard output */
	static const char *const by[][2] = {{"zip", "unzip -p"},
	    {"7z", "7z x -so"}, {"compress", "uncompress -c"},
	    {"lzma", "xz -dc"}, {NULL, NULL}};
	struct blob b = {s->fd, 0, (uint64_t)st->st_size}, plain;
	struct tarscan scan = {&plain, what, 0, s->tempfile};
	const char *packed, *const(*one)[2] = by;
	struct tarscan_entry *e;
	int ret;

	if (!S_ISREG(st->st_mode) &&
	    tempfile_copy(s->tempfile, s->fd, what, &b) < 0)
		return -1;
	if (b.len == 0) {
		msg_warn(0, "%s is empty", what);
		return -1;
	}
	plain = b;
	packed = tarscan_is_tar(&b) ? NULL : decompress_unread(&b);
	if (packed != NULL) {
		while ((*one)[0] != NULL && strcmp((*one)[0], packed) != 0)
			one++;
		msg_warn(0,
		    "%s is compressed with %s, which is not read; decompress it first: %s%s ... | unpackctl check -",
		    what, packed, (*one)[0] != NULL ? (*one)[1] : packed,
		    (*one)[0] != NULL ? "" : " -dc");
		return -1;
	}
	if (decompress_needed(&b) &&
	    decompress_blob(s->tempfile, &b, what, &plain, NULL) < 0)
		return -1;
	if (!tarscan_is_tar(&plain)) {
		msg_warn(0,
		    "%s is not an image: neither a directory nor a tar archive; make one with 'podman save', 'docker save' or 'skopeo copy'",
		    what);
		return -1;
	}
	e = malloc(sizeof *e);
	if (e == NULL) {
		msg_nomem();
		return -1;
	}
	while ((ret = tarscan_next(&scan, e)) > 0)
		if (store_add_member(s, e) < 0) {
			ret = -1;
			break;
		}
	free(e);
	return ret;
}

int
store_open(struct store *s, const char *path, int input,
    struct tempfile *tempfile)
{
	char masked[MSG_NAME];
	const char *what = "standard input";
	struct stat st;

	*s = (struct store){.fd = input,
	    .borrowed = true,
	    .tempfile = tempfile};
	if (strcmp(path, "-") != 0) {
		what = msg_mask(masked, sizeof masked, path);
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
		s->borrowed = false;
	}
	if (s->fd < 0 || fstat(s->fd, &st) < 0) {
		msg_warn(errno, "open %s", what);
		return -1;
	}
	s->is_dir = S_ISDIR(st.st_mode);
	return s->is_dir ? 0 : store_open_archive(s, &st, what);
}

void
store_close(struct store *s)
{
	size_t i;

	for (i = 0; i < s->n_files; i++)
		(void)close(s->files[i]);
	for (i = 0; i < s->n_members; i++) {
		free(s->members[i].name);
		free(s->members[i].link);
	}
	free(s->files);
	free(s->members);
	if (s->fd >= 0 && !s->borrowed)
		(void)close(s->fd);
	*s = (struct store){.fd = -1};
}

static int
get_file(struct store *s, const char *name, struct blob *out)
{
	char masked[MSG_NAME];
	struct stat st;
	int fd, *files;

	/* a FIFO must not stop us */
	fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		goto fail;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		goto fail;
	errno = EMFILE;
	if (s->n_files >= STORE_FILES_MAX)
		goto fail;
	files = array_grow(s->files, &s->files_room, s->n_files + 1,
	    sizeof *files);
	if (files == NULL)
		goto fail;
	s->files = files;
	s->files[s->n_files++] = fd;
	*out = (struct blob){fd, 0, (uint64_t)st.st_size};
	return 1;

fail:
	msg_warn(errno, "open %s", msg_mask(masked, sizeof masked, name));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

int
store_get(struct store *s, const char *name, struct blob *out)
{
	const struct store_member *m;
	int links;
	size_t i;

	if (s->is_dir)
		return get_file(s, name, out);
	for (links = 0; links <= LINKS_MAX; links++) {
		/* the last member of a name counts */
		for (i = s->n_members; i > 0; i--)
			if (strcmp(s->members[i - 1].name, name) == 0)
				break;
		if (i == 0)
			return 0;
		m = &s->members[i - 1];
		if (m->link == NULL) {
			*out = m->data;
			return 1;
		}
		name = m->link;
	}
	return 0;
}

void
store_drop(struct store *s, const struct blob *b)
{
	if (s->n_files > 0 && s->files[s->n_files - 1] == b->fd)
		(void)close(s->files[--s->n_files]);
}
