/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds an image by what the user typed, and gets its bytes: a file or
 * directory, a pipe, or a name that podman, docker or skopeo know.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tempfile.h"
#include "wire.h"

/* What is there; SOURCE_ANY: an archive of one kind or another. */
enum source_kind {
	SOURCE_ANY,
	SOURCE_OCI, /* a layout, or an archive of one */
	SOURCE_DOCKER_ARCHIVE,
	SOURCE_ROOT /* the root file system itself, in a directory */
};

enum {
	SOURCE_PATH = 4096 /* PATH_MAX */
};

/*
 * Where an image is: "TRANSPORT:PATH[:TAG]", where skopeo's transports are oci,
 * oci-archive and docker-archive, and ours is dir; or a path, or "-".  {0} to
 * start with; source_close in every case.
 */
struct source {
	enum source_kind kind;
	char path[SOURCE_PATH]; /* "-": see fd; "": not opened so far */
	int fd; /* of "-" */
	const char *tag; /* points into what the user typed; NULL: none */
	struct tempfile tempfile; /* holds what came through a pipe */
	char how[512]; /* what was used: "podman save NAME"; "": none */
};

/*
 * Is `text` a file, a directory or standard input, rather than a name that
 * some tool must be asked about?
 */
bool source_is_at_hand(const char *text);

/*
 * Is it standard input or a pipe?  It can be opened once, by source_open, which
 * keeps what comes, so that it can be read in several processes.
 */
bool source_is_pipe(const char *text);

/*
 * Is it a directory that an image is built from?  Its Dockerfile would be part
 * of the bundle otherwise.  Returns WIRE_OK, or WIRE_USAGE (reported).
 */
enum wire_exit source_refuse_context(const char *path);

/*
 * Open what is at hand; of what comes through a pipe at most max bytes.  What a
 * directory is turns out by looking.  Returns WIRE_OK, or WIRE_FAIL (reported):
 * also for what "skopeo copy dir:" writes.
 */
enum wire_exit source_open(struct source *s, const char *text, uint64_t max);

/*
 * Open what is at hand, or have a tool fetch what `text` names: at most max
 * bytes, for this platform ("os/arch[/variant]", NULL: this machine's).
 *
 * docker://NAME is in a registry, which skopeo reads, containers-storage:NAME
 * in podman's store, docker-daemon:NAME in docker's; a bare NAME is looked for
 * in both stores, and then in its registry.  Nothing is pulled into a store.
 * Returns WIRE_OK, or WIRE_FAIL (reported).
 */
enum wire_exit source_fetch(struct source *s, const char *text, uint64_t max,
    const char *platform);

void source_close(struct source *s);

#endif
