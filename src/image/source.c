/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds an image by what the user typed, and gets its bytes: a file or
 * directory, a pipe, or a name that podman, docker or skopeo know.
 */
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/quote.h"
#include "base/tool.h"
#include "image/imageref.h"
#include "pod/reference.h"

enum {
	NAME_SHOWN = 300, /* bytes of a name in a message */
	BUF = 1 << 16, /* bytes read from a tool at once */
	TOOL_SAID = 1024 /* bytes kept of what it says */
};

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

/* Does text, which is not a file, look like the name of one? */
static bool
source_is_path(const char *text)
{
	static const char *const ends[] = {".tar", ".tar.gz", ".tgz",
	    ".tar.zst", ".tar.xz", ".oci", ".img"};
	const char *slash = strchr(text, '/');
	char first[256];
	struct stat st;
	size_t i, n, len = strlen(text);

	if (*text == '/' || *text == '.' || *text == '~' ||
	    (len > 0 && text[len - 1] == '/'))
		return true;
	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		n = strlen(ends[i]);
		if (len > n && strcmp(text + len - n, ends[i]) == 0)
			return true;
	}
	if (slash == NULL || (size_t)(slash - text) >= sizeof first)
		return false;
	/* "build/bundle", where there is a directory build */
	snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
	return stat(first, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ------------------------------------------------------------------- names */

/* What the search for a name has come to. */
struct search {
	struct source *s;
	const char *name; /* without a prefix; borrowed */
	char shown[NAME_SHOWN]; /* name, masked */
	const char *platform; /* NULL: any */
	char why[TOOL_SAID + 64]; /* what the last tool said */
	size_t tools; /* that could be asked */
};

/* Note why a tool failed: its last line, or the message in that, as logged. */
static void
source_set_why(struct search *st, const char *tool, const struct tool *t)
{
	char said[TOOL_SAID], *text, *p, *end;

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
	snprintf(st->why, sizeof st->why, "%s: %s", tool,
	    *text != '\0' ? text : "does not have it");
}

/*
 * Read what the tool prints, an archive.  Returns 1, 0 where the tool failed
 * (st->why), or -1 (reported).
 */
static int
source_read(struct search *st, const char *const *argv)
{
	struct source *s = st->s;
	char *buf = malloc(BUF);
	struct tool t;
	ssize_t n = 0;
	int ret, code;

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
	if (n < 0)
		msg_warn(errno, "%s", argv[0]);
	code = tool_finish(&t, ret < 0 || n < 0);
	if (code != 0 || s->tempfile.len == 0)
		source_set_why(st, argv[0], &t);
	tool_free(&t);
	if (ret < 0 || n < 0)
		return -1;
	if (code != 0 || s->tempfile.len == 0) {
		tempfile_close(&s->tempfile);
		return 0;
	}
	s->fd = s->tempfile.fd;
	s->path = "-";
	return 1;
}

/*
 * Save it from the store of podman or docker, where `has` succeeds.  Nothing is
 * pulled.  As source_read.
 */
static int
source_save(struct search *st, const char *const *has, const char *const *save)
{
	char buf[4096];
	struct tool t;
	ssize_t n;
	int code;

	if (!tool_exists(has[0]))
		return 0;
	st->tools++;
	if (tool_start(&t, has, NULL) < 0)
		return 0;
	while ((n = tool_read(&t, buf, sizeof buf)) > 0)
		continue;
	code = tool_finish(&t, n < 0);
	if (code != 0)
		source_set_why(st, has[0], &t);
	tool_free(&t);
	if (code != 0)
		return 0;
	snprintf(st->s->how, sizeof st->s->how, "%s save %s", has[0],
	    st->shown);
	return source_read(st, save);
}

/* skopeo reads a registry without leaving anything behind. */
static int
source_copy(struct search *st)
{
	const char *argv[16] = {"skopeo", "copy", "-q"};
	static const char *const options[] = {"--override-os",
	    "--override-arch", "--override-variant"};
	char platform[256], *rest = platform, *from = NULL;
	size_t n = 3, i;
	int ret;

	if (!tool_exists("skopeo"))
		return 0;
	st->tools++;
	snprintf(platform, sizeof platform, "%s",
	    st->platform != NULL ? st->platform : "");
	for (i = 0; *platform != '\0' && rest != NULL && i < 3; i++) {
		argv[n++] = options[i];
		argv[n++] = strsep(&rest, "/");
	}
	if (asprintf(&from, "docker://%s", st->name) < 0) {
		msg_nomem();
		return -1;
	}
	argv[n++] = from;
	argv[n] = "docker-archive:/dev/stdout";
	snprintf(st->s->how, sizeof st->s->how, "skopeo copy docker://%s",
	    st->shown);
	ret = source_read(st, argv);
	free(from);
	return ret;
}

/* Which places a prefix allows: podman's store, docker's, a registry. */
static const struct {
	const char *prefix;
	bool podman, docker, registry;
} places[] = {
    {"docker://", false, false, true},
    {"containers-storage:", true, false, false},
    {"docker-daemon:", false, true, false},
    {"", true, true, true},
};

enum wire_exit
source_fetch(struct source *s, const char *text, uint64_t max,
    const char *platform)
{
	struct search st = {.s = s, .name = text, .platform = platform};
	char word[QUOTE_MAX];
	const char *wrong;
	bool bare;
	size_t i = 0;
	int ret = 0;

	if (source_is_at_hand(text))
		return source_open(s, text, max);
	*s = (struct source){.tempfile = {.fd = -1, .max = max}};
	while (strncmp(text, places[i].prefix, strlen(places[i].prefix)) != 0)
		i++;
	st.name += strlen(places[i].prefix);
	bare = *places[i].prefix == '\0';
	msg_mask(st.shown, sizeof st.shown, st.name);
	wrong = reference_error(st.name);
	if (bare && (wrong != NULL || source_is_path(text))) {
		msg_warn(ENOENT, "%s", st.shown);
		return WIRE_FAIL;
	}
	if (wrong != NULL) {
		msg_warn(0, "%s: %s", st.shown, wrong);
		return WIRE_FAIL;
	}
	if (places[i].podman)
		ret = source_save(&st,
		    (const char *const[]){"podman", "image", "exists", st.name,
		        NULL},
		    (const char *const[]){"podman", "save", "-q", st.name,
		        NULL});
	if (ret == 0 && places[i].docker)
		ret = source_save(&st,
		    (const char *const[]){"docker", "image", "inspect", st.name,
		        NULL},
		    (const char *const[]){"docker", "save", st.name, NULL});
	if (ret == 0 && places[i].registry)
		ret = source_copy(&st);
	if (ret > 0)
		return WIRE_OK;
	if (ret == 0 && st.tools == 0)
		msg_warn(0,
		    "%s: no such file; to read an image by its name, install skopeo, podman or docker, or make a file of it where there is one: podman save %s >image.tar",
		    st.shown, quote_name(word, sizeof word, st.name));
	else if (ret == 0)
		msg_warn(0, "%s: no such file, and no such image: %s%s",
		    st.shown, st.why,
		    places[i].registry && !tool_exists("skopeo")
		        ? "; install skopeo to read it from its registry"
		        : "");
	return WIRE_FAIL;
}

/* --------------------------------------------------------------------- all */

bool
source_is_pipe(const char *text)
{
	struct stat st;

	return strcmp(text, "-") == 0 ||
	    (stat(text, &st) == 0 && !S_ISREG(st.st_mode) &&
	        !S_ISDIR(st.st_mode));
}

/* Has it one of skopeo's prefixes of files? */
static bool
source_has_transport(const char *text)
{
	struct image_ref ref;
	bool has = image_ref_parse(&ref, text) == 0 && ref.kind != IMAGE_ANY;

	image_ref_free(&ref);
	return has;
}

bool
source_is_at_hand(const char *text)
{
	struct stat st;

	/* what cannot be looked at is there, and no name */
	return strcmp(text, "-") == 0 || source_has_transport(text) ||
	    stat(text, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

enum wire_exit
source_open(struct source *s, const char *text, uint64_t max)
{
	bool input = strcmp(text, "-") == 0;
	enum wire_exit status = WIRE_FAIL;
	char shown[MSG_NAME];
	struct stat st;
	struct blob b;
	int fd;

	*s = (struct source){.path = text, .tempfile = {.fd = -1, .max = max}};
	msg_mask(shown, sizeof shown, input ? "standard input" : text);
	if (!source_is_pipe(text)) {
		if (source_has_transport(text) || stat(text, &st) == 0)
			return WIRE_OK;
		msg_warn(errno, "%s", shown);
		return WIRE_FAIL;
	}
	s->path = "-";
	/* a child has another standard input */
	fd = input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	           : open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_warn(errno, "%s", shown);
	} else if (S_ISREG(st.st_mode)) {
		s->fd = fd;
		return WIRE_OK;
	} else if (tempfile_open(&s->tempfile, s->tempfile.max) == 0 &&
	    tempfile_copy(&s->tempfile, fd, shown, &b) == 0) {
		/* it is read more than once */
		s->fd = s->tempfile.fd;
		status = WIRE_OK;
	}
	if (fd >= 0)
		(void)close(fd);
	return status;
}

void
source_close(struct source *s)
{
	tempfile_close(&s->tempfile);
	*s = (struct source){.tempfile.fd = -1};
}
