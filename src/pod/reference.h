/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references: [HOST[:PORT]/]PATH[:TAG][@DIGEST], by the grammar of the
 * Distribution project (github.com/distribution/reference), which container
 * runtimes follow.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

/*
 * Is ref an image reference?  Returns NULL, or what is wrong with it, in
 * words that follow the reference and a colon.
 */
const char *reference_error(const char *ref);

#endif
