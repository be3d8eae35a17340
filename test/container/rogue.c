/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image wants a pod to run in place of unpack: it prints a stream with
 * a right digest, of a bundle that is not the image's.
 */
#include <unistd.h>

int
main(void)
{
	static const char line[] = "FORGED\n";

	return write(STDOUT_FILENO, line, sizeof line - 1) < 0;
}
