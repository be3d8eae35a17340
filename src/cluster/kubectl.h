/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that starts kubectl.
 *
 * Which one: $KUBECTL, or else the first `kubectl` on PATH.
 */
#ifndef KUBECTL_H
#define KUBECTL_H

#include "base/tool.h"

enum {
	KUBECTL_SAID = 4096 /* bytes kept of what it says, NUL included */
};

/* How to reach the cluster; strings are borrowed, NULL: kubectl's default. */
struct kubectl {
	const char *context;
	const char *kubeconfig;
};

/* tool_start for kubectl with args, which ends in NULL. */
int kubectl_start(const struct kubectl *k, struct tool *t,
    const char *const *args);

/* Write to text the last line that it has said, masked; or that there is none.
 */
void kubectl_said(const struct tool *t, char text[static KUBECTL_SAID]);

#endif
