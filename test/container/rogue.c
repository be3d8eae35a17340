/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image wants a pod to run in place of unpack: it prints STREAM, which
 * may be one with a right digest, of a bundle that is not the image's.
 */
#include <unistd.h>

#ifndef STREAM
#define STREAM "FORGED\n"
#endif

int
main(void)
{
	static const char stream[] = STREAM;

	return write(STDOUT_FILENO, stream, sizeof stream - 1) < 0;
}
