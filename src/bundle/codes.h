/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codes of everything that can be found wrong: one table, from which the
 * findings of unpackctl, `unpackctl explain` and unpack-findings(7) are made.
 */
#ifndef CODES_H
#define CODES_H

enum codes_severity {
	CODES_ERROR, /* it will not work */
	CODES_WARNING, /* it will, but something is lost or at risk */
	CODES_NOTE /* good to know; nothing to fix */
};

enum codes_area { /* what the code is said of */
	CODES_IMAGE, /* by check, test, and unpack in the cluster */
	CODES_POD, /* by check-pod: Pod Security Standards */
	CODES_CLUSTER /* by test: the cluster, not the bundle */
};

/* All texts are static, plain ASCII, and without a full stop at the end. */
struct codes_row {
	const char *code; /* part of the contract */
	enum codes_severity severity;
	enum codes_area area;
	const char *meaning; /* one line */
	const char *seen; /* what happens in a cluster */
	const char *fix; /* one line, too: it is printed behind "fix: " */
};

/* All rows, an area after the other; the last has no code. */
extern const struct codes_row codes_table[];

/* The row of a code; NULL: there is none. */
const struct codes_row *codes_find(const char *code);

/* Their names, by enum: "error", "image", and so on. */
extern const char *const codes_severities[], *const codes_areas[];

#endif
