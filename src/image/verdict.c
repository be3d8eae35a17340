/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Will this image unpack in a restricted namespace?
 */
#include "image/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/path.h"
#include "base/quote.h"
#include "image/acl.h"
#include "image/rootdir.h"
#include "log/tarin.h"
#include "wire.h"

/* Files of this size have it in a pax header alone (ustar has 11 digits). */
#define USTAR_SIZE_MAX (INT64_C(1) << 33)

/* ------------------------------------------------------------------ notes */

/* A finding as an object; path is masked, "" for none. */
static struct json *
verdict_object(const struct codes_row *row, enum codes_severity severity,
    const char *path, const char *message)
{
	struct json *o = json_new_object();

	json_add_string(o, "severity", codes_severities[severity]);
	json_add_string(o, "code", row->code);
	if (*path != '\0')
		json_add_string(o, "path", path);
	json_add_string(o, "message", message);
	json_add_string(o, "fix", row->fix);
	return o;
}

/* Is a finding ignored?  Then it is kept: it is counted, and told as such. */
static bool
verdict_ignores(struct verdict *v, const struct codes_row *row,
    enum codes_severity severity, const char *path, const char *message)
{
	struct ignore *by;

	if (!ignores_find(v->opts->ignores, row->code, path, &by))
		return false;
	ignores_keep(by, verdict_object(row, severity, path, message));
	v->ignored_errors += severity == CODES_ERROR;
	return true;
}

/*
 * Add a note about a path ("" for none) that layer `layer` has.  Further ones
 * of the same code and layer about other paths are only counted.  Where it
 * cannot be added (reported), v->failed is set.
 */
static void verdict_note(struct verdict *v, const char *code, const char *path,
    unsigned int layer, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void
verdict_note(struct verdict *v, const char *code, const char *path,
    unsigned int layer, const char *format, ...)
{
	const struct codes_row *row = codes_find(code);
	enum codes_severity severity;
	struct verdict_note *n;
	char message[2 * MSG_NAME], masked[QUOTE_MAX];
	va_list ap;
	size_t i;

	if (row == NULL)
		msg_warn(0, "internal error: unknown finding code %s", code);
	v->failed = v->failed || row == NULL;
	if (v->failed)
		return;
	va_start(ap, format);
	vsnprintf(message, sizeof message, format, ap);
	va_end(ap);
	msg_mask(masked, sizeof masked, path);
	severity = row->severity;
	/* no --platform was given: the nodes may have another one */
	if (v->opts->platform == NULL && strcmp(code, "no-platform") == 0)
		severity = CODES_WARNING;
	if (verdict_ignores(v, row, severity, masked, message))
		return;
	for (i = v->n_notes; i > 0; i--) {
		n = &v->notes[i - 1];
		if (n->code != row->code || n->layer != layer)
			continue;
		n->count++;
		return;
	}
	n = array_grow(v->notes, &v->notes_room, v->n_notes + 1, sizeof *n);
	if (n == NULL) {
		msg_nomem();
		v->failed = true;
		return;
	}
	v->notes = n;
	n += v->n_notes++;
	*n = (struct verdict_note){row->code, layer, severity, 1,
	    verdict_object(row, severity, masked, message)};
	/* the step that made its path */
	history_tell(&v->history, n->object,
	    *path != '\0' ? history_find(&v->history, layer, path) : 0, layer);
	v->warnings += severity == CODES_WARNING;
	if (severity != CODES_ERROR)
		return;
	if (v->error == NULL)
		v->error = n->object;
	/* of these the pod succeeds, but what it writes is not taken */
	v->no_start = v->no_start || strcmp(code, "symlink-leads-out") != 0;
}

/* -------------------------------------------------------------- the image */

static const char *
config_text(const struct verdict *v, const char *key)
{
	return json_text(json_path(v->image.config, "config", key, NULL));
}

static void
note_user(struct verdict *v)
{
	const char *user = config_text(v, "User"), *code = "user-root";
	size_t len = strcspn(user, ":");
	char masked[128], what[160] = "no USER";

	msg_mask(masked, sizeof masked, user);
	if (*user == '\0')
		code = "user-unset";
	else if (strspn(user, "0123456789") < len)
		code = "user-name";
	else if (strspn(user, "0") < len)
		return;
	if (*user != '\0')
		snprintf(what, sizeof what, "USER %s is %s", masked,
		    strcmp(code, "user-name") == 0 ? "a name" : "root");
	verdict_note(v, code, "", 0,
	    "%s: pods of unpackctl set runAsUser; others with runAsNonRoot never start (CreateContainerConfigError)",
	    what);
}

static void
note_workdir(struct verdict *v)
{
	const char *path = config_text(v, "WorkingDir"), *why = NULL;
	const struct node *n, *up;
	char masked[256], text[TREE_PATH] = "", *slash;

	if (*path == '\0')
		return;
	msg_mask(masked, sizeof masked, path);
	n = tree_find(&v->tree, path);
	if (*path != '/')
		why = "not an absolute path";
	else if (n == NULL ? errno != ENOENT : !S_ISDIR(n->inode->mode))
		why = "not a directory";
	/* does it lie below one of the runtime's mounts, as far as it is there?
	 */
	if (strlen(path) < sizeof text)
		stpcpy(text, path);
	for (up = n; up == NULL && (slash = strrchr(text, '/')) != NULL;) {
		*slash = '\0';
		up = tree_find(&v->tree, text);
	}
	while (up != NULL && !up->mounted)
		up = up->parent;
	if (why != NULL)
		verdict_note(v, "workdir-not-directory", path, 0,
		    "WORKDIR %s is %s: the container cannot start unless the pod sets another workingDir",
		    masked, why);
	/* the runtime makes it, unless the pod has another */
	else if (n == NULL && up == NULL)
		verdict_note(v, "workdir-missing", path, 0,
		    "no layer has the WORKDIR %s: in a pod without workingDir, such as RukPak's, the runtime makes the directory, and it is part of the bundle",
		    masked);
	else if (n != NULL && n->parent != NULL &&
	    acl_judge(&v->user.who, n->inode) != FINDING_NONE)
		verdict_note(v, "workdir-not-searchable", path, 0,
		    "WORKDIR %s cannot be entered: relative paths fail unless the pod sets another workingDir",
		    masked);
}

/* The VOLUME at path, as the image's configuration has it.  0, or -1. */
static int
take_volume(struct verdict *v, const char *path)
{
	struct node *n = tree_find(&v->tree, path), *in;
	char masked[256], clean[TREE_PATH];
	const char *why = NULL;

	msg_mask(masked, sizeof masked, path);
	if (n != NULL && n->child != NULL && n->parent != NULL)
		verdict_note(v, "volume-over-content", path, 0,
		    "VOLUME %s has content: the runtime copies it at every start",
		    masked);
	/* what overlayfs lists, but cannot find */
	for (in = n; in != NULL && !in->inode->whiteout;)
		in = tree_next(n, in);
	if (in != NULL && in != n)
		verdict_note(v, "container-cannot-start", path, 0,
		    "VOLUME %s has a whiteout in it that deletes nothing: the runtime cannot copy that, and the container does not start",
		    masked);
	if ((size_t)snprintf(clean, sizeof clean, "/%s", path) >= sizeof clean)
		return 0;
	path_clean_go(clean);
	if (n == NULL)
		n = tree_make(&v->tree, path, S_IFDIR | 0755);
	if (n == NULL && errno == ENOMEM)
		return -1;
	/*
	 * runc mounts nothing but a proc file system on /proc or by way of it;
	 * runc 1.1 follows /proc/self/root, so such a VOLUME hides another
	 * directory
	 */
	if (clean[1] == '\0' || (n != NULL && n->parent == NULL))
		why = "is the root of the image";
	else if (n != NULL && !S_ISDIR(n->inode->mode))
		why = "is not a directory";
	else if (strncmp(clean, "/proc", 5) == 0 &&
	    strchr("/", clean[5]) != NULL)
		why =
		    "is in /proc: runc 1.1 mounts it elsewhere, over other content";
	else if (n == NULL)
		why = errno == ELOOP
		    ? "is part of a symlink loop"
		    : "is below something that is not a directory";
	else if (runtime_is_in_proc(n))
		why =
		    "leads through /proc: runc 1.1 mounts it elsewhere, over other content";
	if (why == NULL)
		n->volume = true;
	else
		verdict_note(v, "container-cannot-start", path, 0,
		    "VOLUME %s %s: the container does not start", masked, why);
	return 0;
}

/* What of its configuration keeps a container from starting.  0, or -1. */
static int
note_process(struct verdict *v)
{
	static const char *const accounts[] = {"/etc/passwd", "/etc/group"};
	const struct json *one = json_first(
	    json_path(v->image.config, "config", "Env", NULL));
	const struct node *n;
	size_t i;

	for (; one != NULL; one = json_next(one))
		if (*json_text(one) == '=')
			verdict_note(v, "container-cannot-start", "", 0,
			    "ENV has a variable without a name: the container does not start");
	for (i = 0; i < sizeof accounts / sizeof *accounts; i++) {
		n = tree_find(&v->tree, accounts[i]);
		if (n != NULL ? !S_ISREG(n->inode->mode) : errno == ELOOP)
			verdict_note(v, "container-cannot-start",
			    accounts[i] + 1, 0,
			    "%s is not a file: the runtime looks users up in it, and the container does not start",
			    accounts[i]);
	}
	one = json_first(json_path(v->image.config, "config", "Volumes", NULL));
	for (; one != NULL; one = json_next(one))
		if (json_key(one) != NULL && take_volume(v, json_key(one)) < 0)
			return -1;
	return 0;
}

/* What one runtime refuses, unless reported already with the other's. */
static void
note_refusal(struct verdict *v, const struct layers *l, int side)
{
	static const char *const names[] = {"containerd", "podman"};
	const struct extract_refusal *r = &l->refusals[side], *o;
	const char *answers[EXTRACT_RUNTIMES];
	char masked[MSG_NAME], text[EXTRACT_RUNTIMES][128];
	struct json *runtimes;
	bool same;
	int i;

	if (r->code == NULL)
		return;
	for (i = 0; i < EXTRACT_RUNTIMES; i++) {
		o = &l->refusals[i];
		same = o->layer == r->layer && o->code == r->code;
		if (same && i < side)
			return;
		answers[i] = same ? o->answer : "";
		snprintf(text[i], sizeof text[i], "%s %s%s%s", names[i],
		    same ? "answers '" : "takes it", answers[i],
		    same ? "'" : "");
		if (same || o->code == NULL || o->layer > r->layer)
			continue;
		answers[i] = NULL;
		snprintf(text[i], sizeof text[i], "%s refuses another entry",
		    names[i]);
	}
	i = (int)v->n_notes;
	verdict_note(v, r->code, r->path, r->layer, "%s: %s; %s, %s",
	    msg_mask(masked, sizeof masked, r->path),
	    codes_find(r->code)->meaning, text[0], text[1]);
	if ((size_t)i == v->n_notes) /* it is ignored */
		return;
	runtimes = json_add_object(v->notes[i].object, "runtimes");
	for (i = 0; i < EXTRACT_RUNTIMES; i++)
		if (answers[i] != NULL)
			json_add_string(runtimes, names[i],
			    *answers[i] != '\0' ? answers[i] : "ok");
}

/* Entries of one kind, the first, and how many more there are. */
static void
note_entries(struct verdict *v, const char *code, const struct extract_note *n,
    const char *what)
{
	char masked[MSG_NAME], more[32] = "";

	if (n->n == 0)
		return;
	if (n->n > 1)
		snprintf(more, sizeof more, " and %u more", n->n - 1);
	/* of several no path is known but one */
	verdict_note(v, code, n->n > 1 ? "" : n->path, n->layer, "%s%s: %s",
	    msg_mask(masked, sizeof masked, n->path), more, what);
}

static int
set_user(struct verdict *v)
{
	const struct verdict_opts *opts = v->opts;
	struct finding_who *who = &v->user.who;

	if (opts->gids == NULL)
		return runtime_user(&v->tree, opts->uid, &v->user);
	*who = (struct finding_who){opts->uid, opts->gids[0], opts->gids,
	    opts->n_gids};
	return 0;
}

/*
 * The layers onto v->tree, and what the runtimes refuse of them, or do
 * otherwise.  0, or -1.
 */
static int
take_layers(struct verdict *v)
{
	struct layers *l = calloc(1, sizeof *l);
	const struct inode *root;
	char what[32];
	unsigned int i, refused = 0;
	int ret = -1, side;

	if (l == NULL) {
		msg_nomem();
		return -1;
	}
	if (layers_open(l, &v->image.tempfile) < 0)
		goto out;
	for (i = 0; i < v->image.n_layers; i++) {
		snprintf(what, sizeof what, "layer %u", i + 1);
		if (layers_apply(l, &v->image.layers[i].tar, what) < 0)
			goto out;
	}
	layers_take_tree(l, &v->tree);
	v->tree.root->inode->mode = S_IFDIR | 0755; /* unpack sees that */
	for (side = 0; side < EXTRACT_RUNTIMES; side++) {
		note_refusal(v, l, side);
		refused += l->refusals[side].code != NULL;
	}
	v->refused = refused == EXTRACT_RUNTIMES;
	note_entries(v, "implied-directory", &l->implied,
	    "a layer has files in the directory, but no entry for it: its mode depends on the runtime");
	note_entries(v, "overlay-attribute", &l->overlay,
	    "attributes of overlayfs: podman and CRI-O set them, containerd does not; this result is for containerd");
	if (refused == 0)
		note_entries(v, "runtimes-differ", &l->differ,
		    "not the same in containerd and in podman; this result is for containerd");
	/* a layer has an entry "/": can the user enter and list podman's? */
	root = &l->root;
	if (l->root_set > 0 && l->refusals[EXTRACT_PODMAN].code == NULL &&
	    set_user(v) == 0 &&
	    finding_judge(&v->user.who, root->mode, root->uid, root->gid) !=
	        FINDING_NONE)
		verdict_note(v, "root-not-readable", "/", l->root_set,
		    "/ has mode %04o and owner %ju:%ju in podman and CRI-O: the container cannot start, or nothing in it can be read; containerd has 0755",
		    (unsigned int)(root->mode & 07777), (uintmax_t)root->uid,
		    (uintmax_t)root->gid);
	ret = 0;
out:
	layers_close(l);
	free(l);
	return ret;
}

static int
open_layers(struct verdict *v)
{
	const char *platform = v->opts->platform;
	struct image *img = &v->image;
	const struct image_layer *one;
	char masked[128];
	unsigned int i;

	if (platform == NULL)
		platform = image_platform();
	if (image_open(img, v->opts->source, v->opts->place, platform,
	        v->opts->max) < 0 ||
	    history_read(&v->history, img->config, img->n_layers) < 0)
		return -1;
	if (img->mismatch)
		verdict_note(v, "no-platform", "", 0,
		    "no image for %s in it; it has images for: %s", platform,
		    img->platforms);
	v->refused = img->other_os;
	if (img->other_os)
		verdict_note(v, "other-os", "", 0,
		    "the image is for %s: it never runs on a node with Linux",
		    msg_mask(masked, sizeof masked, img->os));
	/*
	 * what a layer, though its tar may be fine, makes of one of the
	 * runtimes: a type, or a compression, that it does not read
	 */
	for (i = 1; !img->other_os && i <= img->n_layers; i++) {
		one = &img->layers[i - 1];
		v->refused = v->refused || one->packed != NULL;
		if (one->odd_type && one->packed == NULL)
			verdict_note(v, "layer-type", "", i,
			    "layer %u has a media type that containerd does not accept; podman and CRI-O look at its content",
			    i);
		if (one->packed != NULL)
			verdict_note(v, "layer-compression", "", i,
			    "layer %u is compressed with %s: podman and CRI-O may read that, containerd does not",
			    i, one->packed);
		else if (one->skips)
			verdict_note(v, "layer-compression", "", i,
			    "layer %u begins with a skippable frame of zstd: containerd skips it, podman and CRI-O refuse the layer",
			    i);
		else if (one->looks != NULL)
			verdict_note(v, "layer-compression", "", i,
			    "layer %u is a tar whose first name begins as %s does: containerd takes it, podman and CRI-O refuse the layer",
			    i, one->looks);
	}
	if (v->refused) /* by all, or unread */
		return tree_init(&v->tree);
	if (img->n_layers == 0)
		verdict_note(v, "no-layers", "", 0,
		    "the image has no layers: no container can be made of it");
	return take_layers(v);
}

/* ---------------------------------------------------------------- content */

static int
take_finding(struct verdict *v, const struct predict_item *item,
    const char *path)
{
	const struct inode *i = item->node->inode;
	struct finding f = {.rule = item->rule,
	    .path = path,
	    .blocker = path,
	    .mode = i->mode,
	    .acl = v->user.who.uid != i->uid && acl_counts(i),
	    .uid = i->uid,
	    .gid = i->gid};
	struct verdict_finding *all;
	char text[MSG_MAX], masked[QUOTE_MAX];

	if (verdict_ignores(v, codes_find(finding_code(item->rule)),
	        CODES_ERROR, msg_mask(masked, sizeof masked, path),
	        finding_reason(text, sizeof text, &f, &v->user.who))) {
		v->unread++;
		return 0;
	}
	all = array_grow(v->findings, &v->findings_room, v->n_findings + 1,
	    sizeof *all);
	if (all == NULL) {
		msg_nomem();
		return -1;
	}
	v->findings = all;
	all[v->n_findings] = (struct verdict_finding){item->node, item->rule,
	    history_find(&v->history, item->node->layer, path), v->n_findings};
	v->n_findings++;
	return report_add_finding(&v->report, &f);
}

static int
take_skipped(struct verdict *v, const struct predict_item *item,
    const char *path)
{
	const struct node *top = item->node, *n, *next;
	char masked[MSG_NAME], covered[TREE_PATH];
	const struct node *below;
	uint64_t files;

	/* a mount, or a directory of mounts: how many files are below each? */
	for (n = item->why == CONTENT_MOUNT ? top : NULL; n != NULL; n = next) {
		next = n->mounted ? tree_skip(top, n) : tree_next(top, n);
		files = 0;
		for (below = n->mounted ? n : NULL; below != NULL;
		     below = tree_next(n, below))
			files += S_ISREG(below->inode->mode) &&
			    below->inode->data.len > 0;
		tree_path(n, covered);
		if (files > 0)
			verdict_note(v, "content-covered", covered, n->layer,
			    "/%s will be covered by a mount, and %" PRIu64
			    " file%s of the image with it",
			    msg_mask(masked, sizeof masked, covered), files,
			    files == 1 ? "" : "s");
	}
	msg_mask(masked, sizeof masked, path);
	if (item->why == CONTENT_SPECIAL)
		verdict_note(v, "special-file", path, top->layer,
		    "%s is a %s: it is left out of the bundle", masked,
		    content_type_name(top->inode->mode));
	if (item->why == CONTENT_SYMLINK)
		verdict_note(v, "symlink-skipped", path, top->layer,
		    "%s is a symlink: the default format leaves symlinks out",
		    masked);
	/* if the format keeps symlinks */
	if (item->why == CONTENT_SYMLINK &&
	    tarin_leads_out(path, top->inode->target))
		verdict_note(v, "symlink-leads-out", path, top->layer,
		    "%s is a symlink that is absolute or leads out of the bundle: run and extract refuse the bundle with exit code 3, unless --symlinks skip, or the format json, leaves symlinks out",
		    masked);
	return report_add_skipped(&v->report, path, item->why,
	    top->inode->mode);
}

/* An entry that can be read: by anybody? */
static void
take_entry(struct verdict *v, const struct node *n, const char *path)
{
	struct report *r = &v->report;
	const struct finding_who *who = &v->user.who;
	struct finding_who nobody = {(uid_t)-2, (gid_t)-2, NULL, 0};
	const struct inode *i = n->inode;
	char masked[MSG_NAME];

	msg_mask(masked, sizeof masked, path);
	r->entries++;
	if (!S_ISDIR(i->mode)) {
		r->files++;
		r->bytes += i->data.len;
	} else {
		r->directories++;
	}
	/* the runtime makes a VOLUME that no layer has; an image volume has
	 * none */
	if (n->volume && n->layer == 0 && n->parent != NULL)
		verdict_note(v, "volume-missing", path, 0,
		    "no layer has the VOLUME /%s: the runtime makes the directory in the container of the image, but not in an image volume, so the two strategies give different digests",
		    masked);
	if (!msg_is_utf8(n->name, n->len))
		verdict_note(v, "name-not-utf8", path, n->layer,
		    "%s is not UTF-8", masked);
	if (S_ISREG(i->mode) && i->data.len >= USTAR_SIZE_MAX)
		verdict_note(v, "file-too-large", path, n->layer,
		    "%s has %" PRIu64 " bytes", masked, i->data.len);
	if (n->parent == NULL || acl_judge(&nobody, i) == FINDING_NONE)
		return;
	nobody.uid = who->uid;
	if (acl_judge(&nobody, i) == FINDING_NONE)
		verdict_note(v, "owner-only", path, n->layer,
		    "%s: mode %04o, readable only because the process has uid %ju",
		    masked, (unsigned int)(i->mode & 07777),
		    (uintmax_t)who->uid);
	else
		verdict_note(v, "group-only", path, n->layer,
		    "%s: mode %04o, readable only because the process has gid %ju; the kubelet and OpenShift give gid 0 unless the pod sets another",
		    masked, (unsigned int)(i->mode & 07777), (uintmax_t)i->gid);
}

static void
sum_up(struct verdict *v)
{
	struct report *r = &v->report;
	char who[256], but[64] = "";

	finding_who_text(who, sizeof who, &v->user.who);
	if (v->unread > 0)
		snprintf(but, sizeof but, " but %" PRIu64 " ignored path%s",
		    v->unread, v->unread == 1 ? "" : "s");
	if (v->error != NULL) {
		r->reason = v->no_start ? REPORT_NO_START : REPORT_REFUSED;
		snprintf(r->message, sizeof r->message, "%s",
		    json_get_text(v->error, "message"));
	} else if (r->all_findings > 0) {
		r->reason = REPORT_UNREADABLE;
		snprintf(r->message, sizeof r->message,
		    "%" PRIu64 " path%s of the bundle cannot be read by %s",
		    r->all_findings, r->all_findings == 1 ? "" : "s", who);
	} else if (v->refused) {
		snprintf(r->message, sizeof r->message,
		    "not read: %" PRIu64 " error%s ignored", v->ignored_errors,
		    v->ignored_errors == 1 ? " is" : "s are");
	} else {
		snprintf(r->message, sizeof r->message,
		    "all of the bundle%s can be read by %s", but, who);
	}
}

int
verdict_open(struct verdict *v, const struct verdict_opts *opts)
{
	/* an operating system, not only a bundle */
	static const char *const base[] = {"/etc/os-release",
	    "/usr/lib/os-release", "/bin/sh", "/etc/shadow"};
	struct runtime_refusal refusal;
	int ret;
	size_t i;

	*v = (struct verdict){.root = -1, .opts = opts};
	if (opts->source->kind != SOURCE_ROOT) {
		ret = open_layers(v);
	} else {
		ret = tree_init(&v->tree);
		v->tree.hides_whiteouts = true;
		if (ret == 0)
			v->root = rootdir_read(&v->tree, opts->source->path);
		ret = v->root < 0 ? -1 : 0;
	}
	if (ret < 0 || set_user(v) < 0)
		return -1;
	v->report.who = v->user.who;
	if (v->refused)
		goto out;
	for (i = 0; i < sizeof base / sizeof *base; i++)
		v->on_base = v->on_base || tree_find(&v->tree, base[i]) != NULL;
	if (v->on_base)
		verdict_note(v, "full-base-image", "", 0,
		    "the image holds a whole operating system: all of it is streamed, and must be readable");
	if (note_process(v) < 0 || runtime_mount(&v->tree, &refusal) < 0 ||
	    tree_sort(&v->tree) < 0)
		return -1;
	if (refusal.why[0] != '\0')
		verdict_note(v, "container-cannot-start", refusal.path, 0, "%s",
		    refusal.why);
	if (refusal.dev_absolute)
		verdict_note(v, "dev-symlink", "dev", 0,
		    "/dev is an absolute symlink: runc 1.1 does not start the container, runc 1.3 does");
	if (v->image.config != NULL) {
		note_user(v);
		note_workdir(v);
	}
out:
	sum_up(v);
	return v->failed ? -1 : 0;
}

int
verdict_judge(struct verdict *v)
{
	const struct measure_opts o = {.root = v->root,
	    .fd = -1,
	    .jobs = v->opts->jobs};
	struct predict j;
	struct predict_item item;
	char path[TREE_PATH];
	uint64_t log;
	int ret = 0;

	if (v->refused)
		return 0;
	predict_begin(&j, &v->tree, &v->user.who, true);
	while (ret == 0 && !v->failed && predict_next(&j, &item) > 0) {
		tree_path(item.node, path);
		if (item.what == CONTENT_ENTRY)
			take_entry(v, item.node, path);
		else if (item.what == CONTENT_SKIPPED)
			ret = take_skipped(v, &item, path);
		else
			ret = take_finding(v, &item, path);
	}
	if (ret < 0)
		return -1;
	if (v->report.files == 0 && v->n_findings == 0 && v->unread == 0)
		verdict_note(v, "no-files", "", 0, "the image has no files");
	v->measured = measure_tree(&v->tree, &o, &v->size) == 0;
	/* a file whose mode we check may be unreadable for us: so no sizes */
	if (!v->measured &&
	    (v->root < 0 || v->report.all_findings + v->unread == 0))
		return -1;
	log = measure_log(v->size.json);
	if (v->measured && log > v->opts->log_limit)
		verdict_note(v, "log-limit", "", 0,
		    "as one line the log would have about %" PRIu64
		    " bytes, and the kubelet rotates logs of more than %" PRIu64
		    " bytes",
		    log, v->opts->log_limit);
	sum_up(v);
	return v->failed ? -1 : 0;
}

void
verdict_free(struct verdict *v)
{
	while (v->n_notes > 0)
		json_free(v->notes[--v->n_notes].object);
	free(v->notes);
	free(v->findings);
	v->report.who.groups = NULL; /* they are v->user's */
	report_free(&v->report);
	tree_free(&v->tree);
	history_free(&v->history);
	image_close(&v->image);
	if (v->root >= 0)
		(void)close(v->root);
	*v = (struct verdict){.root = -1};
}
