/* SPDX-License-Identifier: Apache-2.0 */
/* Run a fuzz target on files, one test each. */
#include "fuzz.h"

int
main(int argc, char **argv)
{
	static uint8_t data[1 << 22];
	size_t len;
	FILE *file;
	int i;

	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		len = fread(data, 1, sizeof data, file);
		(void)fclose(file);
		(void)LLVMFuzzerTestOneInput(data, len);
		printf("ok %d - %s\n", i, argv[i]);
	}
	printf("1..%d\n", argc - 1);
	return 0;
}
