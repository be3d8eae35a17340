/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found in a pod as an item of check-pod's result.
 */
#include "psa/psaout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memfile.h"
#include "base/msg.h"

char *
psaout_where(const struct psaout_pod *p)
{
	char name[300], kind[128], *where = NULL;
	bool path = p->several && p->path[0] != '\0';

	msg_mask(kind, sizeof kind, p->kind[0] != '\0' ? p->kind : "(no kind)");
	msg_mask(name, sizeof name, p->name != NULL ? p->name : "(no name)");
	if (asprintf(&where, "%s:%zu: %s %s%s%s", p->file, p->line, kind, name,
	        path ? ": " : "", path ? p->path : "") < 0) {
		msg_nomem();
		return NULL;
	}
	return where;
}

struct json *
psaout_object(const struct psaout_pod *p, struct ignores *ignores)
{
	struct json *pod = json_new_object(), *list = json_new_array();
	const char *check, *last = "";
	const struct json *v;
	struct ignore *by;
	struct memfile m;
	char *message = NULL;
	bool more = json_size(p->violations) == PSA_VIOLATIONS_MAX, bad;

	for (v = json_first(p->violations); v != NULL; v = json_next(v)) {
		if (ignores_find(ignores, json_get_text(v, "check"), p->file,
		        &by))
			ignores_keep(by, json_copy(v));
		else
			(void)json_add(list, NULL, json_copy(v));
	}
	/* there may be more than those that are ignored */
	bad = json_first(list) != NULL || more;
	if (memfile_open(&m) == 0) {
		fprintf(m.to, "%s %s:%s", bad ? "violates" : "passes",
		    psa_level_name(p->level), p->version);
		for (v = json_first(list); v != NULL;
		     v = json_next(v), last = check) {
			check = json_get_text(v, "check");
			/* each once */
			if (strcmp(check, last) != 0)
				fprintf(m.to, "%s%s",
				    *last != '\0' ? ", " : ": ", check);
		}
		message = memfile_close(&m);
	}
	json_add_string(pod, "where", p->where);
	json_add_string(pod, "file", p->file);
	json_add_uint(pod, "line", p->line);
	json_add_string(pod, "kind", p->kind);
	if (p->name != NULL)
		json_add_string(pod, "name", p->name);
	if (p->namespace != NULL)
		json_add_string(pod, "namespace", p->namespace);
	json_add_string(pod, "path", p->path);
	json_add_bool(pod, "allowed", !bad);
	json_add_string(pod, "message", message);
	free(message);
	(void)json_add(pod, "violations", list);
	if (more)
		json_add_bool(pod, "more", true);
	ignores_add(ignores, pod);
	return pod;
}
