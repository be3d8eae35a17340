/* SPDX-License-Identifier: Apache-2.0 */
/* What builders write of a Dockerfile, back to what its author wrote. */
#include "image/history.h"

#include <string.h>

#include "base/json.h"
#include "tap.h"

#define HEX "bb7e4a449d273fcb9b1114aa07df4872a6f9126a932e50022e2e62a2e13011af"

static struct history h;

/* Read a history: lines, "-" in front of one without a layer. */
static void
history_of(unsigned int layers, const char *const *lines)
{
	struct json *config = json_new_object(), *one;
	struct json *all = json_add_array(config, "history");

	for (; *lines != NULL; lines++) {
		one = json_add_object(all, NULL);
		json_add_string(one, "created_by", *lines + (**lines == '-'));
		if (**lines == '-')
			json_add_bool(one, "empty_layer", true);
	}
	history_free(&h);
	OK(history_read(&h, config, layers) == 0);
	json_free(config);
}

#define HISTORY(layers, ...) \
	history_of(layers, (const char *const[]){__VA_ARGS__, NULL})

/* What made the layer, all of it. */
static const char *
text_of_layer(unsigned int layer)
{
	static char buf[512];

	return history_text(&h, 0, layer, buf, sizeof buf);
}

static const char *
line_of(unsigned int layer, const char *path)
{
	static char buf[512];
	size_t step = history_find(&h, layer, path);

	return step == 0 ? "?" : history_text(&h, step, layer, buf, sizeof buf);
}

static void
words(void)
{
	HISTORY(9, "COPY deploy /manifests # buildkit",
	    "/bin/sh -c #(nop) COPY dir:" HEX " in /manifests ",
	    "/bin/sh -c #(nop) ADD multi:" HEX " in /x/ ",
	    "RUN /bin/sh -c chmod 1 /a # buildkit", "/bin/sh -c chmod 2 /a",
	    "|2 A=b C=d /bin/sh -c chmod 3 /a",
	    "RUN |1 A=b /bin/sh -c chmod 4 /a # buildkit",
	    "bazel build //x:" HEX, "COPY --chown=1:1 a b /c/");
	OK_STR(text_of_layer(1), "COPY deploy /manifests");
	OK_STR(text_of_layer(2), "COPY dir:bb7e4a449d27... in /manifests");
	OK_STR(text_of_layer(3), "ADD multi:bb7e4a449d27... in /x/");
	OK_STR(text_of_layer(4), "RUN chmod 1 /a");
	OK_STR(text_of_layer(5), "RUN chmod 2 /a");
	OK_STR(text_of_layer(6), "RUN chmod 3 /a");
	OK_STR(text_of_layer(7), "RUN chmod 4 /a");
	OK_STR(text_of_layer(8), "bazel build //x:bb7e4a449d27...");
	OK_STR(text_of_layer(9), "COPY --chown=1:1 a b /c/");
	OK_STR(text_of_layer(10), "");
}

/* buildah, unless it is told --layers. */
static void
squashed(void)
{
	HISTORY(1, "-/bin/sh -c #(nop) COPY dir:" HEX " in /manifests ",
	    "-/bin/sh -c #(nop) ADD file:" HEX " in /metadata/ ",
	    "/bin/sh -c #(nop) LABEL a=b");
	OK(history_count(&h, 1) == 2);
	OK_STR(text_of_layer(1),
	    "COPY dir:bb7e4a449d27... in /manifests; ADD file:bb7e4a449d27... in /metadata/");
	OK_STR(line_of(1, "manifests/a.yaml"),
	    "COPY dir:bb7e4a449d27... in /manifests");
	OK_STR(line_of(1, "metadata/a.yaml"),
	    "ADD file:bb7e4a449d27... in /metadata/");
	OK_STR(line_of(1, "manifests2/a.yaml"), "?");
	HISTORY(2, "-ENV a=b", "/bin/sh -c #(nop) COPY file:" HEX " in /a ",
	    "-LABEL x=y", "COPY b /b # buildkit");
	OK_STR(text_of_layer(1), "COPY file:bb7e4a449d27... in /a");
	OK_STR(text_of_layer(2), "COPY b /b");
	/* a base image that has no more to say */
	HISTORY(1, "CMD [\"sh\"]");
	OK_STR(text_of_layer(1), "CMD [\"sh\"]");
}

/* Of a path the last line counts whose target it is in. */
static void
targets(void)
{
	char line[64], path[64], wanted[64];
	const char *lines[501] = {NULL};
	static char many[500][64];
	size_t i;

	HISTORY(2, "-COPY a /m", "-COPY b /m/x", "-COPY c /m/", "COPY d /",
	    "-COPY e /m # buildkit", "COPY f /m/y");
	OK_STR(line_of(1, "m/x/a"), "COPY d /");
	OK_STR(line_of(2, "m/y/a"), "COPY f /m/y");
	OK_STR(line_of(2, "m/y"), "COPY f /m/y");
	OK_STR(line_of(2, "m/yy"), "COPY e /m");
	OK_STR(line_of(2, "my"), "?");
	HISTORY(1, "-COPY d /", "-COPY a /m", "COPY b /m/x");
	OK_STR(line_of(1, "m/x/a"), "COPY b /m/x");
	OK_STR(line_of(1, "m/y"), "COPY a /m");
	OK_STR(line_of(1, "."), "COPY d /");
	HISTORY(2, "-WORKDIR /w", "-WORKDIR x", "-COPY deploy . # buildkit",
	    "COPY meta ./m # buildkit", "COPY --from=b a /c");
	OK_STR(line_of(1, "w/x/a.yaml"), "COPY deploy .");
	OK_STR(line_of(1, "w/x/m/a.yaml"), "COPY meta ./m");
	/* the only line of a layer made all of it */
	OK_STR(line_of(2, "elsewhere"), "COPY --from=b a /c");
	for (i = 0; i < 500; i++) {
		snprintf(many[i], sizeof many[i], "-COPY s%zu /d%zu", i, i);
		lines[i] = many[i];
	}
	history_of(1, lines);
	for (i = 0; i < 500; i++) {
		snprintf(path, sizeof path, "d%zu/f", i);
		snprintf(wanted, sizeof wanted, "COPY s%zu /d%zu", i, i);
		snprintf(line, sizeof line, "%s", line_of(1, path));
		OK_STR(line, wanted);
	}
}

/* Is it the --chmod of single files? */
static bool
is_file(unsigned int layer, const char *path)
{
	return history_copies_file(&h, history_find(&h, layer, path), path);
}

static void
files(void)
{
	HISTORY(8, "COPY deploy /manifests # buildkit", "COPY . / # buildkit",
	    "COPY ./a/csv.yaml /manifests/ # buildkit",
	    "COPY a.yaml d/b.yaml /manifests/ # buildkit",
	    "COPY deploy/*.yaml /manifests/ # buildkit",
	    "COPY <<EOF /manifests/a.yaml # buildkit",
	    "COPY a.yaml / # buildkit", "RUN touch /manifests/a.yaml");
	OK(!is_file(1, "manifests/a.yaml") && !is_file(2, "a.yaml"));
	OK(is_file(3, "manifests/csv.yaml") && !is_file(3, "manifests/v.yaml"));
	OK(is_file(4, "manifests/a.yaml") && is_file(4, "manifests/b.yaml"));
	OK(!is_file(4, "manifests/d/b.yaml") && !is_file(4, "manifests/d"));
	OK(!is_file(5, "manifests/a.yaml") && is_file(6, "manifests/a.yaml"));
	OK(is_file(7, "a.yaml") && !is_file(8, "manifests/a.yaml"));
	OK(!is_file(9, "a.yaml"));
}

int
main(void)
{
	words();
	squashed();
	targets();
	files();
	history_free(&h);
	return tap_done();
}
