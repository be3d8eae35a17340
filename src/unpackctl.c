/* SPDX-License-Identifier: Apache-2.0 */
#include "msg.h"
#include "wire.h"

int
main(void)
{
	msg_warn(0, "not yet");
	return WIRE_FAIL;
}
