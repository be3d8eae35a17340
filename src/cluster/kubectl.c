/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that starts kubectl.
 */
#include "cluster/kubectl.h"

#include <stdlib.h>
#include <string.h>

enum {
	ARGS_MAX = 16 /* arguments of one kubectl, NULL included */
};

int
kubectl_start(const struct kubectl *k, struct tool *t, const char *const *args)
{
	const char *program = getenv("KUBECTL"), *argv[ARGS_MAX] = {NULL};
	size_t n = 0;

	argv[n++] = program != NULL && *program != '\0' ? program : "kubectl";
	if (k->kubeconfig != NULL) {
		argv[n++] = "--kubeconfig";
		argv[n++] = k->kubeconfig;
	}
	if (k->context != NULL) {
		argv[n++] = "--context";
		argv[n++] = k->context;
	}
	while (*args != NULL && n < ARGS_MAX - 1)
		argv[n++] = *args++;
	return tool_start(t, argv,
	    "install kubectl, or name it in the environment variable KUBECTL");
}

void
kubectl_said(const struct tool *t, char said[static KUBECTL_SAID])
{
	static const char error[] = "error: ";
	const size_t n = sizeof error - 1;

	tool_said(t, said, KUBECTL_SAID);
	if (said[0] == '\0')
		strcpy(said, "kubectl failed, and printed no message");
	if (strncmp(said, error, n) == 0)
		memmove(said, said + n, strlen(said + n) + 1);
}
