/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks images, as many at a time as there are processors, and reports them in
 * order.
 */
#include "image/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/msg.h"
#include "base/result.h"
#include "base/workers.h"
#include "image/image.h"
#include "image/source.h"
#include "image/verdictout.h"

enum {
	STACK = 1 << 20, /* bytes that judging an image needs, and more */
	BATCH_MAX = 100000 /* images in one call */
};

struct batch_job {
	size_t at; /* in the batch's names */
	unsigned int place; /* of several in it */
	struct source *source; /* borrowed from the first job of several, or
	                          owned by it; NULL: not opened yet */
	bool owns;
	struct batch_result result;
};

/* ------------------------------------------------------------------ adding */

/* Add a job for names->at[at].  NULL (reported). */
static struct batch_job *
batch_add(struct batch *b, size_t at, unsigned int place)
{
	struct batch_job *j = b->jobs;

	if (b->n == BATCH_MAX) {
		msg_warn(0, "more than %d images", BATCH_MAX);
		return NULL;
	}
	if ((b->n & (b->n - 1)) == 0)
		j = reallocarray(j, b->n > 0 ? b->n * 2 : 1, sizeof *j);
	if (j == NULL) {
		msg_nomem();
		return NULL;
	}
	b->jobs = j;
	j += b->n++;
	*j = (struct batch_job){.at = at, .place = place};
	return j;
}

/* As the user said it. */
static const char *
batch_given(const struct batch *b, const struct batch_job *j)
{
	return b->names->at[j->at];
}

/* The job's own source, not opened yet.  Returns 0, or -1 (reported). */
static int
batch_add_source(struct batch_job *j)
{
	j->source = calloc(1, sizeof *j->source);
	j->owns = j->source != NULL;
	if (j->owns)
		return 0;
	msg_nomem();
	return -1;
}

/* How many images are in it?  Add the others.  Returns 0, or -1 (reported). */
static int
batch_add_rest(struct batch *b, size_t at)
{
	struct source *source = b->jobs[at].source;
	struct image_ref ref;
	struct batch_job *j;
	unsigned int i, n = 1;
	int ret = 0;

	if (image_ref_parse(&ref, source->path) < 0)
		return -1;
	ref.fd = source->fd;
	/* what is wrong with it will be told in its turn */
	if (ref.tag == NULL && image_ref_detect(&ref) == 0 &&
	    ref.kind != IMAGE_ROOT)
		ret = image_count(&ref, b->opts->max, &n);
	image_ref_free(&ref);
	for (i = 1; ret == 0 && i < n; i++) {
		j = batch_add(b, b->jobs[at].at, i);
		if (j == NULL)
			ret = -1;
		else
			j->source = source;
	}
	return ret;
}

/* Open what is a file, or comes through a pipe; names wait for their turn. */
static enum wire_exit
batch_add_name(struct batch *b, size_t name)
{
	const char *given = b->names->at[name];
	size_t at = b->n;
	enum wire_exit code;
	struct batch_job *j = batch_add(b, name, 0);

	if (j == NULL)
		return WIRE_FAIL;
	if (!source_is_at_hand(given))
		return WIRE_OK;
	if (batch_add_source(j) < 0)
		return WIRE_FAIL;
	code = source_open(j->source, given, b->opts->max);
	if (code == WIRE_USAGE)
		return code;
	if (code != WIRE_OK) {
		(void)snprintf(j->result.message, sizeof j->result.message,
		    "%s", msg_last());
		return WIRE_OK;
	}
	if (batch_add_rest(b, at) < 0) {
		j = &b->jobs[at];
		(void)snprintf(j->result.message, sizeof j->result.message,
		    "%s", msg_last());
	}
	return WIRE_OK;
}

/* How many images are judged at a time; of several names or of one. */
static unsigned int
batch_members(size_t n)
{
	return n > 1 ? cpus_allowed() : 1;
}

int
batch_start(struct batch *b)
{
	const struct fetch_opts opts = {.names = b->names,
	    .max = b->opts->max,
	    .platform = b->opts->platform,
	    .members = batch_members(b->names->n)};

	return fetch_start(&b->fetch, &opts);
}

enum wire_exit
batch_add_all(struct batch *b)
{
	enum wire_exit code = WIRE_OK;
	size_t i;

	for (i = 0; code == WIRE_OK && i < b->names->n; i++)
		code = batch_add_name(b, i);
	if (code != WIRE_OK || b->n > 0)
		return code;
	msg_warn(0, "no image named");
	return WIRE_FAIL;
}

/* ----------------------------------------------------------------- judging */

/* What could not be judged, as text and as an object. */
static void
batch_break(struct batch_job *j)
{
	struct batch_result *r = &j->result;

	r->state = BATCH_BROKEN;
	if (r->message[0] == '\0')
		(void)snprintf(r->message, sizeof r->message, "%s", msg_last());
	if (asprintf(&r->text, "cannot be checked: %s: %s\n", r->name,
	        r->message) < 0)
		r->text = NULL;
	r->object = result_new(WIRE_FAIL, NULL, NULL, r->message);
	json_add_string(r->object, "image", r->name);
}

/* The verdict of a source that is open. */
static int
batch_judge(const struct batch *b, struct batch_job *j)
{
	struct batch_result *r = &j->result;
	struct verdict_opts opts = *b->opts;
	struct verdictout_opts out = {.given = batch_given(b, j),
	    .log_limit = opts.log_limit,
	    .how = j->source->how,
	    .term = b->term};
	struct verdict *v = calloc(1, sizeof *v);
	int ret = -1;

	if (v == NULL) {
		msg_nomem();
		return -1;
	}
	opts.image = j->source->path;
	opts.fd = j->source->fd;
	opts.place = j->place;
	ret = verdict_reach(v, &opts);
	if (v->image.n_images > 1) {
		out.name = v->image.name;
		(void)msg_mask(r->name, sizeof r->name, v->image.name);
	}
	if (ret == 0) {
		r->text = verdictout_text(v, &out);
		r->object = verdictout_object(v, &out);
		(void)snprintf(r->name, sizeof r->name, "%s",
		    json_get_text(r->object, "image"));
		r->state = verdict_is_good(v) ? BATCH_GOOD : BATCH_BAD;
		r->errors = v->errors + (unsigned int)v->n_findings;
		r->warnings = v->warnings;
		ret = r->text != NULL ? 0 : -1;
	}
	verdict_free(v);
	free(v);
	return ret;
}

/* Have the image fetched that is not at hand.  Returns 0, or -1 (reported). */
static int
batch_fetch(const struct batch *b, struct batch_job *j, unsigned int member)
{
	if (batch_add_source(j) < 0)
		return -1;
	return fetch_get(&b->fetch, member, j->at, j->source) == WIRE_OK ? 0
	                                                                 : -1;
}

/* workers' work: one image, from its bytes to its verdict. */
static void
batch_work(void *arg, unsigned int member, size_t slot)
{
	const struct batch *b = arg;
	struct batch_job *j = &b->jobs[slot];

	(void)msg_mask(j->result.name, sizeof j->result.name,
	    batch_given(b, j));
	if (j->result.message[0] != '\0' ||
	    (j->source == NULL && batch_fetch(b, j, member) < 0) ||
	    batch_judge(b, j) < 0)
		batch_break(j);
}

/* Tell of a job, and free what it took. */
static int
batch_end(struct batch *b, size_t at)
{
	struct batch_job *j = &b->jobs[at];
	int ret = b->tell(b->arg, &j->result);

	free(j->result.text);
	json_free(j->result.object);
	j->result.text = NULL;
	j->result.object = NULL;
	/* of several in it, the last one closes it */
	if (at + 1 == b->n || b->jobs[at + 1].source == NULL ||
	    b->jobs[at + 1].source != j->source)
		source_close(j->source);
	return ret;
}

int
batch_run(struct batch *b)
{
	struct workers_opts opts = {.n_slots = b->n,
	    .work = batch_work,
	    .arg = b,
	    .stack = STACK};
	struct workers *w = workers_open(&opts);
	unsigned int jobs = batch_members(b->n);
	size_t slot, given = 0, told = 0, i;
	int ret = 0;

	if (w == NULL)
		return -1;
	if (b->n > 1)
		workers_start(w, jobs);
	/* no more under way than there are threads, and as many waiting */
	while (ret == 0 && told < b->n) {
		for (; given < b->n && given - told < 2 * (size_t)jobs; given++)
			workers_give(w);
		if (workers_take(w, true, &slot)) {
			ret = batch_end(b, slot);
			told++;
		}
	}
	workers_free(w);
	for (i = told; i < given; i++) {
		free(b->jobs[i].result.text);
		json_free(b->jobs[i].result.object);
	}
	return ret;
}

void
batch_free(struct batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (!b->jobs[i].owns)
			continue;
		source_close(b->jobs[i].source);
		free(b->jobs[i].source);
	}
	free(b->jobs);
	fetch_free(&b->fetch);
	*b = (struct batch){0};
}
