/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two layers onto a tree, then all that is asked of a tree.  The first byte
 * says where, in blocks of tar, the second layer begins.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "image/predict.h"
#include "image/layers.h"
#include "image/runtime.h"

static void
ask(struct tree *t)
{
	struct runtime_refusal refusal;
	struct runtime_user user;
	struct predict judge;
	struct predict_item item;
	char path[TREE_PATH];

	if (runtime_user(t, 65532, &user) < 0 ||
	    runtime_mount(t, &refusal) < 0 || tree_sort(t) < 0)
		return;
	predict_begin(&judge, t, &user.who, false);
	while (predict_next(&judge, &item) > 0)
		(void)tree_path(item.node, path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct layers layers;
	struct tempfile tempfile = {.fd = -1};
	struct tree t = {0};
	struct blob all, one;
	int fd;

	if (len < 1)
		return 0;
	fd = memfd_create("layers", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, len - 1) != (ssize_t)len - 1)
		return 0;
	all = (struct blob){fd, 0, len - 1};
	one = all;
	if (one.len > data[0] * 512U)
		one.len = data[0] * 512U;
	all.at = one.len;
	all.len -= one.len;
	if (tempfile_open(&tempfile, 1 << 24) == 0 &&
	    layers_open(&layers, &tempfile) == 0 &&
	    layers_apply(&layers, &one, "1") == 0 &&
	    layers_apply(&layers, &all, "2") == 0) {
		layers_take_tree(&layers, &t);
		ask(&t);
	}
	layers_close(&layers);
	tempfile_close(&tempfile);
	tree_free(&t);
	(void)close(fd);
	return 0;
}
