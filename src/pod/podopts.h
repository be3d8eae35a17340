/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and manifests to what a pod is to be (struct pod_opts), for every
 * command that makes pods:
 *
 *	struct pod_opts opts = POD_OPTS;
 *	...getopt_long with PODOPTS_SHORT and PODOPTS_LONG among its own...
 *	default:
 *		if (podopts_take(&opts, c, optarg) < 0)
 *			usage error
 *	...
 *	ret = podopts_complete(&opts);
 *	if (ret == WIRE_OK)
 *		pod = pod_build(&opts);
 *	...
 *	podopts_free(&opts);
 */
#ifndef PODOPTS_H
#define PODOPTS_H

#include <getopt.h>
#include <cjson/cJSON.h>

#include "pod/pod.h"

enum podopts_opt {
	PODOPTS_IMAGE = 0x500, /* above every character */
	PODOPTS_NAME,
	PODOPTS_SELECT,
	PODOPTS_UNPACKER,
	PODOPTS_STRATEGY,
	PODOPTS_USER,
	PODOPTS_USERNS,
	PODOPTS_FORMAT,
	PODOPTS_DIR,
	PODOPTS_MOUNT,
	PODOPTS_SYMLINKS,
	PODOPTS_LOG_LIMIT,
	PODOPTS_PARTS,
	PODOPTS_SECRET,
	PODOPTS_DEADLINE,
	PODOPTS_COMPAT
};

#define PODOPTS_SHORT "f:n:"
/* clang-format off */
#define PODOPTS_LONG \
	{"filename", required_argument, NULL, 'f'}, \
	{"namespace", required_argument, NULL, 'n'}, \
	{"image", required_argument, NULL, PODOPTS_IMAGE}, \
	{"name", required_argument, NULL, PODOPTS_NAME}, \
	{"select", required_argument, NULL, PODOPTS_SELECT}, \
	{"unpacker-image", required_argument, NULL, PODOPTS_UNPACKER}, \
	{"strategy", required_argument, NULL, PODOPTS_STRATEGY}, \
	{"run-as-user", required_argument, NULL, PODOPTS_USER}, \
	{"user-namespace", no_argument, NULL, PODOPTS_USERNS}, \
	{"format", required_argument, NULL, PODOPTS_FORMAT}, \
	{"bundle-dir", required_argument, NULL, PODOPTS_DIR}, \
	{"mount-path", required_argument, NULL, PODOPTS_MOUNT}, \
	{"symlinks", required_argument, NULL, PODOPTS_SYMLINKS}, \
	{"log-limit", required_argument, NULL, PODOPTS_LOG_LIMIT}, \
	{"parts", required_argument, NULL, PODOPTS_PARTS}, \
	{"pull-secret", required_argument, NULL, PODOPTS_SECRET}, \
	{"deadline", required_argument, NULL, PODOPTS_DEADLINE}, \
	{"compat", required_argument, NULL, PODOPTS_COMPAT}

/* What --help says about them. */
#define PODOPTS_HELP \
	"  -f, --filename FILE      BundleDeployment or Bundle, YAML or JSON; " \
	"- is stdin\n" \
	"      --select NAME        the bundle of that name, where FILE has " \
	"several\n" \
	"      --image REF          the bundle's image, instead of -f\n" \
	"      --name NAME          what the pod is called\n" \
	"  -n, --namespace NS       where the pod goes\n" \
	"      --pull-secret NAME   pull with this secret too (repeatable)\n" \
	"      --run-as-user UID    or `namespace`, which chooses (OpenShift); " \
	"default 65532\n" \
	"      --user-namespace     uid 0 of a user namespace: reads what only " \
	"root can\n" \
	"      --strategy WHICH     inject (default) or image-volume " \
	"(Kubernetes 1.33)\n" \
	"      --format FORMAT      json (default) or jsonl\n" \
	"      --bundle-dir DIR     where in the image the bundle is " \
	"(default /)\n" \
	"      --mount-path PATH    where unpack is mounted; default: random, " \
	"as an image\n" \
	"                           that knows PATH can run a program of " \
	"its own there\n" \
	"      --symlinks WHAT      keep or skip\n" \
	"      --log-limit SIZE     refuse a bundle whose log would be longer\n" \
	"      --parts A[-B]        only these parts; jsonl\n" \
	"      --deadline SECONDS   how long the pod may take\n" \
	"      --unpacker-image REF the image that holds unpack\n" \
	"                           (default " UNPACK_IMAGE ")\n" \
	"      --compat rukpak      the pod that RukPak 0.24 makes, with our " \
	"image\n"
/* clang-format on */

/*
 * Take one option with its argument.  Returns 0, or -1 where it is none of
 * ours or its argument is wrong, after a message for the latter.
 */
int podopts_take(struct pod_opts *o, int opt, const char *arg);

/*
 * All options are there: read the file, and see whether everything fits.
 * Returns WIRE_OK, or WIRE_USAGE or WIRE_FAIL after a message.  Call
 * podopts_free in every case.
 */
int podopts_complete(struct pod_opts *o);

/* Free what o owns. */
void podopts_free(struct pod_opts *o);

/*
 * Take the bundle that the manifest describes: its image, pull secret and
 * owner go to o, borrowed from the manifest.  Returns 0, or -1 after a
 * message that calls the manifest `where`.
 */
int podopts_take_manifest(struct pod_opts *o, const cJSON *manifest,
    const char *where);

#endif
