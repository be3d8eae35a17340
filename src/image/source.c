/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds an image by what the user typed, and gets its bytes: a file or
 * directory, a pipe, or a name that podman, docker or skopeo know.
 */
#include "image/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/program.h"
#include "image/imageref.h"
#include "pod/reference.h"

enum {
	NAME_SHOWN = 300 /* bytes of a name in a message */
};

/* ------------------------------------------------------------------ files */

static bool
source_has(const char *dir, const char *name)
{
	char *path = NULL;
	bool has;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return false;
	has = access(path, F_OK) == 0;
	free(path);
	return has;
}

/*
 * Is the directory what an image is built from?  Its Dockerfile would be part
 * of the bundle otherwise.
 */
static enum wire_exit
source_refuse_context(const char *path)
{
	static const char *const names[] = {"Dockerfile", "Containerfile"};
	char shown[NAME_SHOWN];
	size_t i;

	if (source_has(path, "oci-layout") || source_has(path, "version"))
		return WIRE_OK;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (!source_has(path, names[i]))
			continue;
		msg_warn(0,
		    "%s: a build context (it has a %s), not an image; build the image and check that: podman build -t NAME %s && %s check NAME (or, if it is a root file system, dir:%s)",
		    msg_mask(shown, sizeof shown, path), names[i], shown,
		    msg_program(), shown);
		return WIRE_USAGE;
	}
	return WIRE_OK;
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
	(void)snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
	return stat(first, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ------------------------------------------------------------------- names */

static const struct {
	const char *prefix;
	bool podman, docker, registry; /* where to look */
} places[] = {
    {"docker://", false, false, true},
    {"containers-storage:", true, false, false},
    {"docker-daemon:", false, true, false},
    {"", true, true, true},
};

/* What the search for a name has come to. */
struct search {
	struct source *s;
	const char *name; /* without a prefix; borrowed */
	char shown[NAME_SHOWN]; /* name, masked */
	char os[64], arch[64], variant[64]; /* of the platform */
	const char *platform; /* NULL: any */
	char why[PROGRAM_SAID + 64]; /* what the last tool said */
	size_t tools; /* that could be asked */
};

/* Note why a tool failed: its last line, or the message in that, as logged. */
static void
source_set_why(struct search *st, const char *tool, const struct program *p)
{
	const char *text = strstr(p->said, "msg=\"");
	size_t len;

	text = text != NULL ? text + strlen("msg=\"") : p->said;
	len = strlen(text);
	if (text != p->said && len > 0 && text[len - 1] == '"')
		len--;
	(void)snprintf(st->why, sizeof st->why, "%s: %.*s", tool, (int)len,
	    text);
	if (len == 0)
		(void)snprintf(st->why, sizeof st->why, "%s: does not have it",
		    tool);
}

/*
 * Read what the tool prints, an archive.  Returns 1, 0 where the tool failed
 * (st->why), or -1 (reported).
 */
static int
source_read(struct search *st, const char *const *argv)
{
	struct source *s = st->s;
	struct program p;
	struct blob b = {.len = 0};
	int ret, code;

	if (program_start(&p, argv) < 0)
		return -1;
	ret = tempfile_open(&s->tempfile, s->tempfile.max);
	if (ret == 0)
		ret = tempfile_copy(&s->tempfile, p.out, argv[0], &b);
	code = program_finish(&p);
	if (ret < 0)
		return -1;
	if (code != 0 || b.len == 0) {
		tempfile_close(&s->tempfile);
		source_set_why(st, argv[0], &p);
		return 0;
	}
	s->fd = s->tempfile.fd;
	s->path = "-";
	return 1;
}

/* Did the command, which asks or fetches, succeed?  st->why, where not. */
static bool
source_try(struct search *st, const char *const *argv)
{
	struct program p;

	if (program_run(&p, argv) == 0)
		return true;
	source_set_why(st, argv[0], &p);
	return false;
}

static void
source_note(struct search *st, const char *how)
{
	(void)snprintf(st->s->how, sizeof st->s->how, "%s %s", how, st->shown);
}

/* podman's own store; what it pulled goes there, too. */
static int
source_from_podman(struct search *st, bool pull)
{
	const char *const exists[] = {"podman", "image", "exists", st->name,
	    NULL};
	const char *const fetch[] = {"podman", "pull", "-q", st->name,
	    st->platform != NULL ? "--platform" : NULL, st->platform, NULL};
	const char *const save[] = {"podman", "save", "-q", st->name, NULL};

	if (!program_exists("podman"))
		return 0;
	st->tools++;
	if (pull ? !source_try(st, fetch) : !source_try(st, exists))
		return 0;
	source_note(st, pull ? "podman pull" : "podman save");
	return source_read(st, save);
}

static int
source_from_docker(struct search *st, bool pull)
{
	const char *const exists[] = {"docker", "image", "inspect", st->name,
	    NULL};
	const char *const fetch[] = {"docker", "pull", "-q", st->name,
	    st->platform != NULL ? "--platform" : NULL, st->platform, NULL};
	const char *const save[] = {"docker", "save", st->name, NULL};

	if (!program_exists("docker"))
		return 0;
	st->tools++;
	if (pull ? !source_try(st, fetch) : !source_try(st, exists))
		return 0;
	source_note(st, pull ? "docker pull" : "docker save");
	return source_read(st, save);
}

/* skopeo reads a store or a registry without leaving anything behind. */
static int
source_from_skopeo(struct search *st, const char *transport)
{
	const char *argv[16] = {"skopeo", "copy", "-q"};
	char *from = NULL;
	size_t n = 3;
	int ret;

	if (!program_exists("skopeo"))
		return 0;
	st->tools++;
	if (asprintf(&from, "%s%s", transport, st->name) < 0) {
		msg_nomem();
		return -1;
	}
	if (st->platform != NULL) {
		argv[n++] = "--override-os";
		argv[n++] = st->os;
		argv[n++] = "--override-arch";
		argv[n++] = st->arch;
	}
	if (st->variant[0] != '\0') {
		argv[n++] = "--override-variant";
		argv[n++] = st->variant;
	}
	argv[n++] = from;
	argv[n] = "docker-archive:/dev/stdout";
	(void)snprintf(st->s->how, sizeof st->s->how, "skopeo copy %s%s",
	    transport, st->shown);
	ret = source_read(st, argv);
	free(from);
	return ret;
}

/* Ask all that the place allows, the stores first.  As source_read. */
static int
source_search(struct search *st, bool podman, bool docker, bool registry)
{
	int ret = 0;

	if (podman)
		ret = source_from_podman(st, false);
	if (ret == 0 && podman && !program_exists("podman"))
		ret = source_from_skopeo(st, "containers-storage:");
	if (ret == 0 && docker)
		ret = source_from_docker(st, false);
	if (ret == 0 && docker && !registry && !program_exists("docker"))
		ret = source_from_skopeo(st, "docker-daemon:");
	if (ret == 0 && registry)
		ret = source_from_skopeo(st, "docker://");
	if (ret == 0 && registry && !program_exists("skopeo")) {
		ret = source_from_podman(st, true);
		if (ret == 0 && !program_exists("podman"))
			ret = source_from_docker(st, true);
	}
	return ret;
}

/* "os/arch[/variant]" to its parts. */
static void
source_set_platform(struct search *st, const char *platform)
{
	size_t len;

	st->platform = platform;
	if (platform == NULL)
		return;
	len = strcspn(platform, "/");
	(void)snprintf(st->os, sizeof st->os, "%.*s", (int)len, platform);
	platform += len + (platform[len] == '/');
	len = strcspn(platform, "/");
	(void)snprintf(st->arch, sizeof st->arch, "%.*s", (int)len, platform);
	platform += len + (platform[len] == '/');
	(void)snprintf(st->variant, sizeof st->variant, "%s", platform);
}

enum wire_exit
source_fetch(struct source *s, const char *text, uint64_t max,
    const char *platform)
{
	struct search st = {.s = s, .name = text};
	const char *wrong;
	size_t i = 0;
	int ret;

	*s = (struct source){.tempfile = {.fd = -1, .max = max}};
	while (strncmp(text, places[i].prefix, strlen(places[i].prefix)) != 0)
		i++;
	st.name += strlen(places[i].prefix);
	(void)msg_mask(st.shown, sizeof st.shown, st.name);
	wrong = reference_error(st.name);
	if (wrong != NULL && places[i].prefix[0] != '\0')
		msg_warn(0, "%s: %s", st.shown, wrong);
	else if (wrong != NULL ||
	    (places[i].prefix[0] == '\0' && source_is_path(text)))
		msg_warn(ENOENT, "%s", st.shown);
	if (wrong != NULL ||
	    (places[i].prefix[0] == '\0' && source_is_path(text)))
		return WIRE_FAIL;
	source_set_platform(&st, platform);
	ret = source_search(&st, places[i].podman, places[i].docker,
	    places[i].registry);
	if (ret > 0)
		return WIRE_OK;
	if (ret == 0 && st.tools == 0)
		msg_warn(0,
		    "%s: no such file; to read an image by its name, install podman, docker or skopeo, or on a machine that has one: podman save %s | %s check -",
		    st.shown, st.shown, msg_program());
	else if (ret == 0)
		msg_warn(0, "%s: no such file, and no such image: %s", st.shown,
		    st.why);
	return WIRE_FAIL;
}

/* --------------------------------------------------------------------- all */

/* What comes through a pipe is kept: it is read more than once. */
static int
source_keep_input(struct source *s)
{
	struct stat st;
	struct blob b;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	if (tempfile_open(&s->tempfile, s->tempfile.max) < 0 ||
	    tempfile_copy(&s->tempfile, STDIN_FILENO, "standard input", &b) < 0)
		return -1;
	s->fd = s->tempfile.fd;
	return 0;
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
	char shown[MSG_NAME];
	struct stat st;

	*s = (struct source){.path = text, .tempfile = {.fd = -1, .max = max}};
	if (strcmp(text, "-") == 0)
		return source_keep_input(s) < 0 ? WIRE_FAIL : WIRE_OK;
	if (source_has_transport(text))
		return WIRE_OK;
	if (stat(text, &st) < 0) {
		msg_warn(errno, "%s", msg_mask(shown, sizeof shown, text));
		return WIRE_FAIL;
	}
	return S_ISDIR(st.st_mode) ? source_refuse_context(text) : WIRE_OK;
}

void
source_close(struct source *s)
{
	tempfile_close(&s->tempfile);
	*s = (struct source){.tempfile.fd = -1};
}
