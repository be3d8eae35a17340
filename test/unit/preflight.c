/* SPDX-License-Identifier: Apache-2.0 */
/* What is found out about a bundle before its first byte is written. */
#include "stream/preflight.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static struct report r;
static uint64_t names;

static int
run(const char *dir, bool skip_symlinks)
{
	struct content_opts opts = {.dir = dir, .skip_symlinks = skip_symlinks};
	struct content c = {0};
	int ret;

	report_free(&r);
	r = (struct report){0};
	ret = preflight_run(&c, &opts, &r);
	names = c.names;
	content_close(&c);
	return ret;
}

static void
counts(void)
{
	uint64_t before;

	(void)mkdir("b", 0755);
	(void)mkdir("b/d", 0755);
	tap_file("b/d/f", "12345");
	tap_file("b/g", "123");
	(void)symlink("g", "b/l");
	(void)mkfifo("b/p", 0644);
	OK(run("b", false) == 0);
	OK(r.reason == REPORT_OK && r.message[0] == '\0');
	OK(r.entries == 5 && r.directories == 2 && r.files == 2);
	OK(r.symlinks == 1 && r.bytes == 8);
	OK(r.skipped[CONTENT_SPECIAL] == 1 && r.n_skipped_paths == 1);
	OK_STR(r.skipped_paths[0].path, "p");
	OK(S_ISFIFO(r.skipped_paths[0].mode));
	OK(r.n_findings == 0 && r.all_findings == 0 && names != 0);
	OK(r.who.uid == geteuid() && r.who.gid == getegid());
	before = names;
	OK(run("b", true) == 0 && r.symlinks == 0 && r.entries == 4);
	OK(r.skipped[CONTENT_SYMLINK] == 1 && names != before);
}

/* What is not a directory is said in one line. */
static void
refuses(const char *dir, enum report_reason reason, const char *words)
{
	OK(run(dir, false) == 0);
	OK(r.reason == reason);
	tap_ok(strstr(r.message, words) != NULL, words, __FILE__, __LINE__);
}

static void
without_rights(void)
{
	const struct finding *f;

	tap_file("b/d/shut", "");
	if (chmod("b/d/shut", 0600) < 0 ||
	    (geteuid() == 0 &&
	        (chown("b", 5, 6) < 0 || chown("b/d/shut", 7, 8) < 0 ||
	            setresgid(65532, 65532, 65532) < 0 ||
	            setresuid(65532, 65532, 65532) < 0)) ||
	    geteuid() != 65532) {
		printf("# no other users here\n");
		return;
	}
	OK(run("b", false) == 0);
	OK(r.reason == REPORT_UNREADABLE && r.all_findings == 1);
	OK(strstr(r.message,
	       "1 path of the bundle cannot be read by uid "
	       "65532") != NULL);
	f = &r.findings[0];
	OK(f->rule == FINDING_FILE_READ && f->uid == 7 && f->gid == 8);
	OK((f->mode & 07777) == 0600 && S_ISREG(f->mode));
	OK_STR(f->path, "d/shut");
	OK_STR(f->blocker, "d/shut");
}

/* The directory itself, which another process has shut. */
static void
shut(void)
{
	const struct finding *f;

	if (geteuid() != 0 || mkdir("s", 0700) < 0 || chown("s", 7, 8) < 0)
		return;
	if (setresgid(65532, 65532, 0) < 0 || setresuid(65532, 65532, 0) < 0)
		return;
	OK(run("s", false) == 0);
	OK(r.reason == REPORT_UNREADABLE && r.all_findings == 1);
	OK_STR(r.message, "s: the bundle directory cannot be read");
	f = &r.findings[0];
	OK(f->rule == FINDING_DIR_READ && f->uid == 7 && f->gid == 8);
	OK((f->mode & 07777) == 0700 && S_ISDIR(f->mode));
	OK_STR(f->path, ".");
	OK(strlen(f->blocker) > 2 &&
	    strcmp(f->blocker + strlen(f->blocker) - 2, "/s") == 0);
	(void)setresuid(0, 0, 0);
	(void)setresgid(0, 0, 0);
}

int
main(void)
{
	counts();
	refuses("absent", REPORT_MISSING, "absent: no such directory");
	refuses("b/g", REPORT_MISSING, "b/g: not a directory");
	shut();
	(void)symlink("loop", "loop");
	OK(run("loop", false) < 0);
	without_rights();
	report_free(&r);
	return tap_done();
}
