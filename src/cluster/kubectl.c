/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that starts kubectl.
 */
#include "cluster/kubectl.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

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
	char text[KUBECTL_SAID / 2], fold[KUBECTL_SAID / 2];
	char *line, *rest = text;
	size_t len = 0, n = t->n < sizeof text ? t->n : sizeof text - 1;

	memcpy(text, t->tail + t->n - n, n);
	text[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "error: ", 7) == 0)
			line += 7;
		n = strlen(line);
		/* klog's lines are like "E1123 19:11:22.345 1 x.go:1] ..." */
		if (n == 0 ||
		    (strchr("IWEF", line[0]) != NULL &&
		        strspn(line + 1, "0123456789") == 4 && line[5] == ' '))
			continue;
		if (len > 0)
			fold[len++] = ' ';
		memcpy(fold + len, line, n);
		len += n;
	}
	if (len == 0)
		strcpy(said, "kubectl failed, and printed no message");
	else
		msg_mask_mem(said, KUBECTL_SAID, fold, len);
}
