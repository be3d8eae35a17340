/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream that `unpack` would write in a pod of an image on disk: its
 * layers merged as a runtime would, without what the runtime covers.
 */
#include "image/podstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "base/result.h"
#include "image/image.h"
#include "image/tarscan.h"
#include "image/verdict.h"

enum {
	PODSTREAM_FACTOR = 2 /* blobs and layers: the image's bytes, twice */
};

bool
podstream_is_archive(const struct blob *tar)
{
	struct tarscan t = {.blob = tar, .what = "tar"};
	struct tarscan_entry *e = malloc(sizeof *e);
	bool layout = false, index = false, manifest = false, blob = false;
	const char *name;
	size_t n;

	while (e != NULL && tarscan_next(&t, e) > 0) {
		name = strncmp(e->name, "./", 2) == 0 ? e->name + 2 : e->name;
		n = strlen(name);
		layout = layout || strcmp(name, "oci-layout") == 0;
		index = index || strcmp(name, "index.json") == 0;
		manifest = manifest || strcmp(name, "manifest.json") == 0;
		blob = blob || strncmp(name, "blobs/", 6) == 0 ||
		    (n > 4 && strcmp(name + n - 4, ".tar") == 0);
	}
	free(e);
	return blob && ((layout && index) || manifest);
}

bool
podstream_is_reference(const char *text)
{
	static const char *const transports[] = {"oci:", "oci-archive:",
	    "docker-archive:", "dir:"};
	static const char *const files[][2] = {{"oci-layout", "index.json"},
	    {"version", "manifest.json"}};
	char path[4096];
	struct stat st;
	size_t i, k, there;

	for (i = 0; i < sizeof transports / sizeof *transports; i++)
		if (strncmp(text, transports[i], strlen(transports[i])) == 0)
			return true;
	if (stat(text, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	for (i = 0; i < 2; i++) {
		for (there = k = 0; k < 2; k++) {
			(void)snprintf(path, sizeof path, "%s/%s", text,
			    files[i][k]);
			there += stat(path, &st) == 0;
		}
		if (there == 2)
			return true;
	}
	return false;
}

enum wire_exit
podstream_write(const char *image, int fd, uint64_t max, int to)
{
	const struct verdict_opts o = {.image = image,
	    .fd = fd,
	    .log_limit = WIRE_LOG_SAFE,
	    .max = max * PODSTREAM_FACTOR,
	    .stream = to};
	struct verdict *v = calloc(1, sizeof *v);
	enum wire_exit status = WIRE_FAIL;

	if (v == NULL) {
		msg_nomem();
		return WIRE_FAIL;
	}
	if (verdict_reach(v, &o) == 0) {
		status = WIRE_OK;
		if (v->refused || v->report.reason == REPORT_NO_START) {
			msg_warn(0, "%s", v->report.message);
			result_because("ContainerCannotStart");
			status = WIRE_BUNDLE;
		}
	}
	verdict_free(v);
	free(v);
	return status;
}
