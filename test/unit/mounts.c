/* SPDX-License-Identifier: Apache-2.0 */
/* mountinfo as it was seen in containers, and as nobody should write it. */
#include "bundle/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/msg.h"
#include "tap.h"

static const struct mounts_self nobody;

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "/var/lib/kubelet/pods/5e1c"
#define CRI "/run/io.containerd.grpc.v1.cri"

/* containerd 1.6, with what a careless image can do to it */
static const char containerd
    [] = "600 500 0:80 / / rw,relatime master:9 - overlay overlay rw\n"
         "601 600 0:81 / /proc rw,nosuid - proc proc rw\n"
         "602 600 0:82 / /dev rw,nosuid - tmpfs tmpfs rw,mode=755\n"
         "603 602 0:83 / /dev/pts rw - devpts devpts rw,gid=5\n"
         "604 602 0:84 " POD "/containers/bundle/6f0d31c2 /dev/termination-log "
         "rw - ext4 /dev/vda rw\n"
         "605 600 0:84 " POD "/etc-hosts /etc/hosts rw - ext4 /dev/vda rw\n"
         "606 600 0:84 " CRI "/sandboxes/" ID
         "/resolv.conf /manifests/csv.yaml rw - ext4 /dev/vda rw\n"
         "607 600 0:84 " CRI "/containers/" ID "/volumes/" ID
         " /data rw shared:1 - ext4 /dev/vda rw\n"
         "608 600 0:84 " POD "/volumes/kubernetes.io~empty-dir/tools /.unpack "
         "ro - ext4 /dev/vda rw\n"
         "609 600 0:84 /odd /a\\040b\\134 ro - ext4 /dev/vda rw\n"
         "610 608 0:85 / /.unpack/deeper ro - tmpfs tmpfs rw\n"
         "611 600 0:86 / /.unpack ro - tmpfs tmpfs rw\n";

static const char redirected
    [] = "600 500 0:80 / / rw - overlay overlay rw\n"
         "602 600 0:82 / /manifests rw,nosuid - tmpfs tmpfs rw,mode=755\n"
         "603 602 0:83 / /manifests/pts rw - devpts devpts rw\n";

static const char
    podman[] = "1 0 0:1 / / rw - overlay overlay rw\n"
               "2 1 0:2 /x/volumes/" ID "/_data /data rw - ext4 a rw\n"
               "3 1 0:2 /x/volumes/tools/_data /tools rw - ext4 a rw\n"
               "4 1 0:2 /x/overlay-containers/" ID
               "/userdata/passwd /etc/passwd rw - ext4 a rw\n"
               "5 1 0:2 /x/overlay-containers/" ID
               "/userdata/hosts /manifests/hosts rw - ext4 a rw\n"
               "6 1 0:2 /x/volumes/" ID "0/_data /data2 rw - ext4 a rw\n";

static const char
    image_volume[] = "1 0 0:1 / / rw - overlay overlay rw\n"
                     "2 1 0:2 / /bundle ro - overlay overlay ro\n"
                     "3 1 0:3 / /bundles/more ro - tmpfs tmpfs ro\n";

static const char nonsense[] = "\n \n- - -\n1 2 3\n1 2 3 4 5 6 7 8\n"
                               "1 2 3 / /x\\999 rw - \n1 2 3 / / rw -";

/* our own volume, its place to be filled in */
#define OWN(place) \
	"1 0 0:1 / / rw - overlay overlay rw\n" \
	"2 1 0:2 / /proc rw - proc proc rw\n" \
	"3 1 0:3 " POD "/volumes/kubernetes.io~empty-dir/unpack " place \
	" ro - ext4 a rw\n"
#define PLACE "/.unpack-0123456789abcdef"

static int
load_as(struct mounts *m, const char *text, const char *dir,
    const struct mounts_self *self)
{
	char name[] = "mountinfo.XXXXXX";
	int fd = mkstemp(name), ret;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -1;
	(void)close(fd);
	ret = mounts_load(m, name, dir, self);
	(void)unlink(name);
	return ret;
}

static int
load(struct mounts *m, const char *text, const char *dir)
{
	return load_as(m, text, dir, &nobody);
}

/* Started as `started`, and there in fact: what is covered, and which kind. */
static void
own(const char *text, const char *dir, const char *started, const char *exe,
    const char *place, enum mounts_kind kind, const char *covered)
{
	struct mounts_self self = {.exe = exe, .started = started};
	struct mounts m;

	OK(load_as(&m, text, dir, &self) == 0);
	OK(mounts_at(&m, place) == kind);
	OK((covered == NULL) == (m.covered == NULL));
	if (covered != NULL && m.covered != NULL)
		OK(strcmp(m.covered, covered) == 0);
	mounts_free(&m);
}

static void
own_volume(void)
{
	/* in its place */
	own(OWN(PLACE), "/", PLACE "/unpack", PLACE "/unpack", &PLACE[1],
	    MOUNTS_FOREIGN, NULL);
	own(OWN("/.unpack-0123456789abcde"), "/",
	    "/.unpack-0123456789abcde/unpack",
	    "/.unpack-0123456789abcde/unpack", ".unpack-0123456789abcde",
	    MOUNTS_FOREIGN, ".unpack-0123456789abcde");
	own(OWN("/util/bin"), "/", "//util/./bin//unpack", "/util/bin/unpack",
	    "util/bin", MOUNTS_FOREIGN, "util/bin");
	own(OWN("/util/bin"), "/util", "/util/bin/x/unpack",
	    "/util/bin/x/unpack", "bin", MOUNTS_FOREIGN, "bin");
	own(OWN("/util/bin"), "/manifests", "/util/bin/unpack",
	    "/util/bin/unpack", ".", MOUNTS_NONE, NULL);
	/* the bundle is in it, and nothing was led: as it was asked for */
	own(OWN("/m"), "/m", "/m/unpack", "/m/unpack", ".", MOUNTS_NONE, NULL);
	/* led away */
	own(OWN("/manifests"), "/", PLACE "/unpack", "/manifests/unpack",
	    "manifests", MOUNTS_MISPLACED, NULL);
	own(OWN("/manifests"), "/manifests", "/.unpack/unpack",
	    "/manifests/unpack", ".", MOUNTS_MISPLACED, NULL);
	own(OWN("/manifests"), "/manifests/x", "/.unpack/unpack",
	    "/manifests/unpack", ".", MOUNTS_MISPLACED, NULL);
	own(OWN("/usr/bin"), "/", "/util/bin/unpack", "/usr/bin/unpack",
	    "usr/bin", MOUNTS_MISPLACED, NULL);
	own(OWN("/m/bin"), "/", "/bin/unpack", "/m/bin/unpack", "m/bin",
	    MOUNTS_MISPLACED, NULL);
	own(OWN("/bin2"), "/", "/bin/unpack", "/bin2/unpack", "bin2",
	    MOUNTS_MISPLACED, NULL);
	own(OWN("/b"), "/", "/b/in/unpack", "/b/unpack", "b", MOUNTS_MISPLACED,
	    NULL);
	own(OWN("/b"), "/", "/unpack", "/b/unpack", "b", MOUNTS_MISPLACED,
	    NULL);
	/* a tmpfs says nothing of whose it is; a VOLUME is no better */
	own("1 0 0:1 / / rw - overlay overlay rw\n"
	    "2 1 0:2 / /m rw - tmpfs tmpfs rw\n",
	    "/", "/x/unpack", "/m/unpack", "m", MOUNTS_MISPLACED, NULL);
	own("1 0 0:1 / / rw - overlay overlay rw\n"
	    "2 1 0:2 /x/volumes/" ID "/_data /m rw - ext4 a rw\n",
	    "/", "/x/unpack", "/m/unpack", "m", MOUNTS_MISPLACED, NULL);
	/* base images have /bin -> usr/bin */
	own(OWN("/usr/bin"), "/", "/bin/unpack", "/usr/bin/unpack", "usr/bin",
	    MOUNTS_FOREIGN, "usr/bin");
	/* nothing is known, or there is no mount */
	own(OWN("/m"), "/", "unpack", "/m/unpack", "m", MOUNTS_FOREIGN, "m");
	own(OWN("/m"), "/", "/dev/fd/5", "/m/unpack", "m", MOUNTS_FOREIGN, "m");
	own(OWN("/m"), "/", NULL, NULL, "m", MOUNTS_FOREIGN, NULL);
	own(OWN("/m"), "/", "/usr/bin/unpack", "/opt/unpack", "m",
	    MOUNTS_FOREIGN, NULL);
}

/* Is a directory with this mount on it the root of an image? */
static bool
image(const char *root, const char *type, const char *dir)
{
	struct mounts m;
	char text[512];
	bool is;

	(void)snprintf(text, sizeof text,
	    "1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 %s %s ro - %s x ro\n", root,
	    dir, type);
	OK(load(&m, text, dir) == 0);
	is = m.is_image;
	mounts_free(&m);
	return is;
}

/* In an image's volume, what runtimes would mount in it is left out. */
static void
reserved(void)
{
	struct mounts m;
	size_t i, n = 0;

	OK(load(&m,
	       "1 0 0:1 / / rw - ext4 a rw\n"
	       "2 1 0:2 / /b ro - overlay x ro\n"
	       "3 2 0:3 /x /b/proc/y ro - ext4 a ro\n"
	       "4 2 0:3 /x /b/etc/hosts ro - ext4 a ro\n",
	       "/b") == 0);
	OK(m.is_image);
	for (i = 0; i < m.n; i++)
		n += strcmp(m.points[i].path, "etc/hosts") == 0;
	OK(n == 1 && m.n == 6);
	OK(mounts_at(&m, "proc") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "proc/y") == MOUNTS_NONE);
	mounts_free(&m);
	/* a mount beside the directory is none of it */
	OK(load(&m,
	       "1 0 0:1 / / rw - ext4 a rw\n"
	       "2 1 0:2 / /other/pts ro - devpts x ro\n",
	       "/b") == 0);
	OK(m.n == 0);
	mounts_free(&m);
}

/* A table that cannot be read is not an empty one. */
static void
failures(void)
{
	struct mounts m;

	errno = ENOMEM; /* of somebody else */
	OK(load(&m, "", "/") == 0);
	mounts_free(&m);
	errno = ENOMEM;
	OK(load(&m, nonsense, "/") == 0);
	mounts_free(&m);
	OK(mounts_load(&m, ".", "/", &nobody) < 0);
	OK(strncmp(msg_last(), ".: ", 3) == 0);
	mounts_free(&m);
	(void)symlink("loop", "loop");
	OK(mounts_load(&m, "loop", "/", &nobody) < 0);
	OK(strncmp(msg_last(), "loop: ", 6) == 0);
	mounts_free(&m);
}

static void
images(void)
{
	OK(image("/", "overlay", "/bundle"));
	OK(!image("/x", "overlay", "/bundle"));
	OK(!image("/", "ext4", "/bundle"));
	OK(!image("/", "overlay", "/"));
	OK(image("/var/lib/containerd/snapshots/7/fs", "ext4", "/bundle"));
	OK(!image("/var/lib/containerd/snapshots/7/x", "ext4", "/bundle"));
	OK(!image("/var/lib/containerd/snapshots/fs", "ext4", "/bundle"));
}

int
main(void)
{
	struct mounts m;

	OK(load(&m, containerd, "/") == 0);
	OK(mounts_at(&m, "proc") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "dev") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "etc/hosts") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "etc") == MOUNTS_NONE);
	OK(mounts_at(&m, ".") == MOUNTS_NONE);
	OK(mounts_at(&m, "manifests/csv.yaml") == MOUNTS_MISPLACED);
	OK(mounts_at(&m, "data") == MOUNTS_VOLUME);
	OK(mounts_at(&m, ".unpack") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, ".unpack/deeper") == MOUNTS_NONE); /* covered */
	OK(mounts_at(&m, "a b\\") == MOUNTS_FOREIGN);
	OK(mounts_below(&m, "etc"));
	OK(mounts_below(&m, "."));
	OK(!mounts_below(&m, "et"));
	OK(!mounts_below(&m, "etc/hosts"));
	OK(!mounts_below(&m, "data"));
	OK(!m.is_image);
	mounts_free(&m);

	OK(load(&m, containerd, "/manifests") == 0);
	OK(mounts_at(&m, "csv.yaml") == MOUNTS_MISPLACED);
	OK(mounts_at(&m, "proc") == MOUNTS_NONE);
	mounts_free(&m);
	OK(load(&m, containerd, "/man") == 0);
	OK(!mounts_below(&m, "."));
	mounts_free(&m);

	OK(load(&m, redirected, "/") == 0);
	OK(mounts_at(&m, "manifests") == MOUNTS_MISPLACED);
	mounts_free(&m);
	OK(load(&m, redirected, "/manifests") == 0);
	OK(mounts_at(&m, ".") == MOUNTS_MISPLACED);
	mounts_free(&m);
	OK(load(&m, redirected, "/manifests/deeper") == 0);
	OK(mounts_at(&m, ".") == MOUNTS_MISPLACED);
	mounts_free(&m);

	OK(load(&m, podman, "/") == 0);
	OK(mounts_at(&m, "data") == MOUNTS_VOLUME);
	OK(mounts_at(&m, "tools") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "data2") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "etc/passwd") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "manifests/hosts") == MOUNTS_MISPLACED);
	mounts_free(&m);

	OK(load(&m, image_volume, "/bundle") == 0);
	OK(m.is_image);
	OK(mounts_at(&m, "dev") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "etc/hosts") == MOUNTS_FOREIGN);
	OK(mounts_at(&m, "etc/passwd") == MOUNTS_NONE);
	mounts_free(&m);

	OK(load(&m, nonsense, "/") == 0);
	OK(mounts_at(&m, "x") == MOUNTS_NONE);
	mounts_free(&m);
	OK(mounts_load(&m, "no such file", "/", &nobody) < 0);
	OK(mounts_at(&m, "proc") == MOUNTS_NONE);
	mounts_free(&m);
	own_volume();
	images();
	reserved();
	failures();
	return tap_done();
}
