/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds an image by what the user typed, and gets its bytes: a file or
 * directory, a pipe, or a name that podman, docker or skopeo know.
 */
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/quote.h"
#include "base/tool.h"
#include "pod/reference.h"

enum {
	NAME_SHOWN = 300, /* bytes of a name in a message */
	BUF = 1 << 16, /* bytes read from a tool at once */
	TOOL_SAID = 1024 /* bytes kept of what it says */
};

/* Who can have an image; they are asked in this order. */
enum tool_place {
	PODMAN,
	DOCKER,
	SKOPEO,
	PLACES
};

/* What text may begin with; the last one is in front of anything. */
static const struct transport {
	const char *prefix;
	enum source_kind kind;
	unsigned int places; /* a bit for each; 0: a file or a directory */
} transports[] = {
    {"oci:", SOURCE_OCI, 0},
    {"oci-archive:", SOURCE_OCI, 0},
    {"docker-archive:", SOURCE_DOCKER_ARCHIVE, 0},
    {"dir:", SOURCE_ROOT, 0},
    {"docker://", SOURCE_ANY, 1 << SKOPEO},
    {"containers-storage:", SOURCE_ANY, 1 << PODMAN},
    {"docker-daemon:", SOURCE_ANY, 1 << DOCKER},
    {"", SOURCE_ANY, 1 << PODMAN | 1 << DOCKER | 1 << SKOPEO},
};

static const struct transport *
source_transport(const char *text)
{
	const struct transport *t = transports;

	while (strncmp(text, t->prefix, strlen(t->prefix)) != 0)
		t++;
	return t;
}

/* ------------------------------------------------------------------ files */

enum wire_exit
source_refuse_context(const char *path)
{
	/* what says that it is an image, then what says that it is a context */
	static const char *const names[] = {"oci-layout", "version",
	    "Dockerfile", "Containerfile"};
	char shown[NAME_SHOWN], word[QUOTE_MAX];
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (fd < 0 || faccessat(fd, names[i], F_OK, 0) == 0)
			break;
	if (fd >= 0)
		(void)close(fd);
	if (i < 2 || i == sizeof names / sizeof *names)
		return WIRE_OK;
	msg_warn(0,
	    "%s: a build context (it has a %s), not an image; build the image and check that: podman build -t NAME %s && %s check NAME (or, if it is a root file system, dir:%s)",
	    msg_mask(shown, sizeof shown, path), names[i],
	    quote_path(word, sizeof word, path), msg_program(), word);
	return WIRE_USAGE;
}

bool
source_is_pipe(const char *text)
{
	struct stat st;

	return strcmp(text, "-") == 0 ||
	    (stat(text, &st) == 0 && !S_ISREG(st.st_mode) &&
	        !S_ISDIR(st.st_mode));
}

bool
source_is_at_hand(const char *text)
{
	const struct transport *t = source_transport(text);
	struct stat st;

	/* what cannot be looked at is there, and no name */
	return strcmp(text, "-") == 0 ||
	    (t->places == 0 && *t->prefix != '\0') || stat(text, &st) == 0 ||
	    (errno != ENOENT && errno != ENOTDIR);
}

/* What is there, where the text does not say it?  0, or -1 (reported). */
static int
source_look(struct source *s)
{
	static const char *const names[] = {"oci-layout", "index.json",
	    "version", "manifest.json"};
	unsigned int has = 0, i;
	char masked[MSG_NAME];
	struct stat st;
	int fd;

	if (s->kind != SOURCE_ANY && s->kind != SOURCE_ROOT)
		return 0;
	msg_mask(masked, sizeof masked, s->path);
	fd = open(s->path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		goto fail;
	if (!S_ISDIR(st.st_mode)) {
		(void)close(fd);
		return 0;
	}
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (fstatat(fd, names[i], &st, 0) == 0)
			has |= (unsigned int)S_ISREG(st.st_mode) << i;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			goto fail;
	(void)close(fd);
	if (s->kind == SOURCE_ANY && (has & 3) == 3) {
		s->kind = SOURCE_OCI;
		return 0;
	}
	s->kind = SOURCE_ROOT;
	if ((has & 12) != 12)
		return 0;
	msg_warn(0,
	    "%s: a directory of 'skopeo copy ... dir:', which is not read; copy the image to an OCI layout: skopeo copy dir:%s oci:DIR",
	    masked, masked);
	return -1;

fail:
	msg_warn(errno, "%s", masked);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

enum wire_exit
source_open(struct source *s, const char *text, uint64_t max)
{
	const struct transport *t = source_transport(text);
	const char *path = text + (t->places == 0 ? strlen(t->prefix) : 0);
	bool input = strcmp(text, "-") == 0;
	char shown[MSG_NAME];
	struct stat st;
	struct blob b;
	int fd, ret = -1;

	*s = (struct source){.kind = t->kind,
	    .tempfile = {.fd = -1, .max = max}};
	msg_mask(shown, sizeof shown, input ? "standard input" : text);
	/* docker-archive:PATH:NAME:TAG has more than one */
	if (t->kind == SOURCE_OCI || t->kind == SOURCE_DOCKER_ARCHIVE)
		s->tag = strchr(path, ':');
	if ((size_t)snprintf(s->path, sizeof s->path, "%.*s",
	        s->tag != NULL ? (int)(s->tag - path) : SOURCE_PATH,
	        path) >= sizeof s->path) {
		msg_warn(ENAMETOOLONG, "%s", shown);
		return WIRE_FAIL;
	}
	if (s->tag != NULL)
		s->tag++;
	if (!source_is_pipe(text))
		return source_look(s) < 0 ? WIRE_FAIL : WIRE_OK;
	strcpy(s->path, "-");
	/* a child has another standard input */
	fd = input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	           : open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_warn(errno, "%s", shown);
	} else if (S_ISREG(st.st_mode)) {
		s->fd = fd;
		return WIRE_OK;
	} else if (tempfile_open(&s->tempfile, max) == 0) {
		/* it is read more than once */
		ret = tempfile_copy(&s->tempfile, fd, shown, &b);
		s->fd = s->tempfile.fd;
	}
	if (fd >= 0)
		(void)close(fd);
	return ret < 0 ? WIRE_FAIL : WIRE_OK;
}

/* ------------------------------------------------------------------- names */

/* Does text, which is not a file, look like the name of one? */
static bool
source_is_path(const char *text)
{
	static const char *const forms[] = {"/*", ".*", "~*", "*/", "?*.tar",
	    "?*.tar.gz", "?*.tgz", "?*.tar.zst", "?*.tar.xz", "?*.oci",
	    "?*.img"};
	const char *slash = strchr(text, '/');
	char first[256];
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof forms / sizeof *forms; i++)
		if (fnmatch(forms[i], text, 0) == 0)
			return true;
	if (slash == NULL || (size_t)(slash - text) >= sizeof first)
		return false;
	/* "build/bundle", where there is a directory build */
	snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
	return stat(first, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Note why a tool failed: its last line, or the message in that, as logged. */
static void
source_set_why(char *why, const char *tool, const struct tool *t)
{
	char said[TOOL_SAID - 64], *text, *p, *end;

	(void)tool_said(t, said, sizeof said);
	text = strstr(said, "msg=\"");
	text = text != NULL ? text + strlen("msg=\"") : said;
	/* \", \n and \t are in it, their backslash masked as two; " is its end
	 */
	for (p = end = text; text != said && *p != '\0' && *p != '"'; p++) {
		if (strncmp(p, "\\\\", 2) == 0 && p[2] != '\0')
			p += 2;
		*end++ = p > text && p[-1] == '\\' && strchr("nt", *p) != NULL
		    ? ' '
		    : *p;
	}
	if (text != said)
		*end = '\0';
	snprintf(why, TOOL_SAID, "%s: %s", tool,
	    *text != '\0' ? text : "does not have it");
}

/*
 * Read what the tool prints, an archive.  Returns 1, 0 where the tool failed
 * (and why, in TOOL_SAID bytes), or -1 (reported).
 */
static int
source_read(struct source *s, const char *const *argv, char *why)
{
	char *buf = malloc(BUF);
	struct tool t;
	ssize_t n = 0;
	int ret;
	bool done;

	if (buf == NULL)
		msg_nomem();
	if (buf == NULL || tool_start(&t, argv, NULL) < 0) {
		free(buf);
		return -1;
	}
	ret = tempfile_open(&s->tempfile, s->tempfile.max);
	while (ret == 0 && (n = tool_read(&t, buf, BUF)) > 0)
		ret = tempfile_add(&s->tempfile, buf, (size_t)n);
	free(buf);
	if (n < 0) {
		msg_warn(errno, "%s", argv[0]);
		ret = -1;
	}
	done = tool_finish(&t, ret < 0) == 0 && s->tempfile.len > 0;
	if (!done)
		source_set_why(why, argv[0], &t);
	tool_free(&t);
	if (ret < 0 || done)
		return ret < 0 ? -1 : 1;
	tempfile_close(&s->tempfile);
	return 0;
}

enum wire_exit
source_fetch(struct source *s, const char *text, uint64_t max,
    const char *platform)
{
	const struct transport *t = source_transport(text);
	const char *name = text + strlen(t->prefix), *wrong;
	char shown[NAME_SHOWN], why[TOOL_SAID] = "", word[QUOTE_MAX];
	char from[1024], copy[256], *rest = copy;
	/* podman and docker pull nothing, skopeo leaves nothing behind */
	const char *argv[PLACES][12] = {{"podman", "save", "-q", name},
	    {"docker", "save", name}, {"skopeo", "copy", "-q"}};
	static const char *const options[] = {"--override-os",
	    "--override-arch", "--override-variant"};
	int ret = 0;
	size_t i, n;

	if (source_is_at_hand(text))
		return source_open(s, text, max);
	*s = (struct source){.tempfile = {.fd = -1, .max = max}};
	msg_mask(shown, sizeof shown, name);
	wrong = reference_error(name);
	if (*t->prefix == '\0' && (wrong != NULL || source_is_path(text))) {
		msg_warn(ENOENT, "%s", shown);
		return WIRE_FAIL;
	}
	if (wrong != NULL) {
		msg_warn(0, "%s: %s", shown, wrong);
		return WIRE_FAIL;
	}
	snprintf(from, sizeof from, "docker://%s", name);
	snprintf(copy, sizeof copy, "%s", platform != NULL ? platform : "");
	for (i = 0, n = 3; *copy != '\0' && rest != NULL && i < 3; i++) {
		argv[SKOPEO][n++] = options[i];
		argv[SKOPEO][n++] = strsep(&rest, "/");
	}
	argv[SKOPEO][n++] = from;
	argv[SKOPEO][n] = "docker-archive:/dev/stdout";
	for (i = 0; ret == 0 && i < PLACES; i++) {
		if ((t->places >> i & 1) == 0 || !tool_exists(argv[i][0]))
			continue;
		snprintf(s->how, sizeof s->how, "%s %s %s%s", argv[i][0],
		    argv[i][1], i == SKOPEO ? "docker://" : "", shown);
		ret = source_read(s, argv[i], why);
	}
	if (ret > 0) {
		strcpy(s->path, "-");
		s->fd = s->tempfile.fd;
		return WIRE_OK;
	}
	if (ret == 0 && *why == '\0')
		msg_warn(0,
		    "%s: no such file; to read an image by its name, install skopeo, podman or docker, or make a file of it where there is one: podman save %s >image.tar",
		    shown, quote_name(word, sizeof word, name));
	else if (ret == 0)
		msg_warn(0, "%s: no such file, and no such image: %s%s", shown,
		    why,
		    (t->places >> SKOPEO & 1) != 0 && !tool_exists("skopeo")
		        ? "; install skopeo to read it from its registry"
		        : "");
	return WIRE_FAIL;
}

void
source_close(struct source *s)
{
	tempfile_close(&s->tempfile);
	*s = (struct source){.tempfile.fd = -1};
}
