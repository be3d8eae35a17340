/* SPDX-License-Identifier: Apache-2.0 */
/* mountinfo as it was seen in containers, and as nobody should write it. */
#include "bundle/mounts.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

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

static int
load(struct mounts *m, const char *text, const char *dir)
{
	char name[] = "mountinfo.XXXXXX";
	int fd = mkstemp(name), ret;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -1;
	(void)close(fd);
	ret = mounts_load(m, name, dir);
	(void)unlink(name);
	return ret;
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
	OK(mounts_load(&m, "no such file", "/") == 0);
	OK(mounts_at(&m, "proc") == MOUNTS_NONE);
	mounts_free(&m);
	return tap_done();
}
