/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract between `unpack`, which writes a bundle to a pod log, and
 * what reads it: exit codes, formats, limits.  unpack-stream(5) is the
 * normative text; this header is what both programs compile.
 *
 * json     one line:
 *            {"content":"<base64 of the tar.gz>","mediaType":MT,
 *             "size":N,"digest":"sha256:HEX","entries":N}\n
 *
 * jsonl    one line per part, then one that describes the whole:
 *            {"part":I,"size":N,"digest":"sha256:HEX","content":"<base64>"}\n
 *            {"parts":N,"mediaType":MT,"size":N,"digest":"sha256:HEX",
 *             "entries":N}\n
 *          A part is one gzip member (RFC 1952) made of WIRE_SLICE bytes of
 *          the tar, WIRE_SHORT for the first WIRE_SHORTS of them; the last
 *          one may be shorter.  Sizes count bytes of gzip, digests are of
 *          these bytes.  All parts in order are the tar.gz.
 *
 * tar      the tar itself (POSIX.1-1988 ustar, pax where ustar cannot say it).
 *
 * In json and jsonl the tar.gz has the same bytes.  No line contains a blank
 * outside a string, keys come in the order shown.
 */
#ifndef WIRE_H
#define WIRE_H

/* application of the OCI image-spec's layer media type to our payload */
#define WIRE_MEDIA_TYPE "application/vnd.oci.image.layer.v1.tar+gzip"

enum {
	WIRE_SLICE = 1 << 20, /* bytes of tar in one part */
	/*
	 * Smaller ones in front, or a bundle of 1 or 2 MB would keep a single
	 * thread busy.  They compress 1.2 % worse, so there are not many.
	 */
	WIRE_SHORT = WIRE_SLICE / 4,
	WIRE_SHORTS = 16,
	/*
	 * Of compression, by default: deps.sh builds it so that its output is
	 * at most that of Go 1.27's gzip at its default, on each tree of
	 * test/bench: 1 to 2 % smaller on text, 5 % on programs, and 8 % on
	 * tiny files, which get 13 % larger where it looks at 17 places for a
	 * match instead of 18.
	 */
	WIRE_LEVEL = 6,
	WIRE_LEVEL_MAX = 9, /* of libdeflate as deps.sh builds it */
	WIRE_TERM_MAX = 4096, /* bytes kubelet keeps of a termination message */
	WIRE_FINDINGS_MAX = 1000, /* findings reported in full */
	WIRE_MOUNT_DIGITS = 32, /* 128 bits */
	WIRE_MOUNT_DIGITS_MIN = 16
};

/*
 * Where a pod mounts the volume with our program in the bundle's container:
 * this, then lower-case hexadecimal digits, made at random for each pod.  A
 * path known beforehand lets an image put a symlink or a VOLUME there, to run
 * a program of its own in place of ours or to hide content under the mount.
 */
#define WIRE_MOUNT "/.unpack-"

/* A log of this many bytes is never rotated by a default kubelet. */
#define WIRE_LOG_SAFE (10L * 1024 * 1024)

/* Where kubelet looks for the result, unless the pod says otherwise. */
#define WIRE_TERM_PATH "/dev/termination-log"

enum wire_exit {
	WIRE_OK = 0, /* the whole bundle was written */
	WIRE_FAIL = 1, /* an I/O error, or stdout closed */
	WIRE_USAGE = 2, /* wrong usage */
	WIRE_BUNDLE = 3, /* the bundle is at fault */
	WIRE_CORRUPT = 4, /* the stream is incomplete or corrupt */
	WIRE_SIGINT = 130, /* 128 + SIGINT */
	WIRE_SIGTERM = 143 /* 128 + SIGTERM */
};

#endif
