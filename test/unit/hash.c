/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "tap.h"

int
main(void)
{
	unsigned char key[16], data[8];
	uint64_t salt = 0;
	unsigned int i;

	/* the paper's own vector, appendix A: 15 bytes 00, 01, ... */
	for (i = 0; i < 16; i++)
		key[i] = (unsigned char)i;
	for (i = 8; i-- > 0;) {
		salt = salt << 8 | i;
		data[i] = (unsigned char)(8 + i);
	}
	OK(hash_keyed(key, salt, data, 7) == 0xa129ca6149be45e5U);
	/* and the authors' of 8 and of 16 bytes */
	OK(hash_keyed(key, salt, data, 0) == 0x93f5f5799a932462U);
	OK(hash_keyed(key, salt, data, 8) == 0x3f2acc7f57c29bdbU);

	OK(hash_bytes(0, "a", 1) == hash_bytes(0, "a", 1));
	OK(hash_bytes(0, "a", 1) != hash_bytes(1, "a", 1));
	OK(hash_bytes(0, "a", 1) != hash_bytes(0, "a", 2));
	OK(hash_bytes(0, "", 0) != hash_bytes(0, "", 1));
	/* the key is not always the same: not that of zeros */
	OK(hash_bytes(0, "a", 1) !=
	    hash_keyed((const unsigned char[16]){0}, 0, "a", 1));
	/* two names that FNV-1a takes for one */
	OK(hash_bytes(0, "8yn0iYCKYHlIj4-BwPqk", 20) !=
	    hash_bytes(0, "GReLUrM4wMqfg9yzV3KQ", 20));
	return tap_done();
}
