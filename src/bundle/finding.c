/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thing that is wrong with a path, for a given uid and gids: what it is
 * called, why, and how to fix it.
 */
#include "bundle/finding.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "base/quote.h"

/* By rule: its name, and what it says of the blocker. */
static const struct {
	const char *code;
	const char *words;
} rules[] = {
    [FINDING_NONE] = {"none", "fine"},
    [FINDING_FILE_READ] = {"file-not-readable", "not readable"},
    [FINDING_DIR_READ] = {"directory-not-readable", "directory not readable"},
    [FINDING_DIR_SEARCH] = {"directory-not-searchable",
        "directory not searchable"},
    [FINDING_HIDDEN] = {"content-hidden",
        "hidden by a mount of the container runtime"},
};

const char *
finding_code(enum finding_rule rule)
{
	return rules[rule].code;
}

bool
finding_is_member(const struct finding_who *who, gid_t gid)
{
	size_t i;

	for (i = 0; i < who->n_groups; i++)
		if (who->groups[i] == gid)
			return true;
	return who->gid == gid;
}

enum finding_rule
finding_judge(const struct finding_who *who, mode_t mode, uid_t uid, gid_t gid)
{
	/* that count for who, in the lowest places */
	mode_t bits = who->uid == uid     ? mode >> 6
	    : finding_is_member(who, gid) ? mode >> 3
	                                  : mode;

	if (S_ISREG(mode))
		return bits & 4 ? FINDING_NONE : FINDING_FILE_READ;
	if (!S_ISDIR(mode))
		return FINDING_NONE;
	if (!(bits & 4))
		return FINDING_DIR_READ;
	return bits & 1 ? FINDING_NONE : FINDING_DIR_SEARCH;
}

char *
finding_who_text(char *buf, size_t size, const struct finding_who *who)
{
	size_t n, i;
	int got;

	got = snprintf(buf, size, "uid %ju, gid %ju, ", (uintmax_t)who->uid,
	    (uintmax_t)who->gid);
	n = got < 0 ? 0 : (size_t)got;
	if (n < size)
		snprintf(buf + n, size - n, "%s",
		    who->n_groups > 0 ? "groups " : "no other groups");
	if (who->n_groups == 0)
		return buf;
	for (i = 0; i < who->n_groups; i++) {
		n += strlen(buf + n);
		if (n + 12 > size)
			break;
		snprintf(buf + n, size - n, "%s%ju", i > 0 ? "," : "",
		    (uintmax_t)who->groups[i]);
	}
	return buf;
}

char *
finding_reason(char *buf, size_t size, const struct finding *f,
    const struct finding_who *who)
{
	const char *where = "";
	char me[256], name[MSG_NAME] = "";

	if (f->rule == FINDING_HIDDEN) {
		snprintf(buf, size,
		    "%s or of the pod, because of a symlink in the image",
		    rules[f->rule].words);
		return buf;
	}
	if (strcmp(f->path, f->blocker) != 0) {
		where = " because of ";
		quote_name(name, sizeof name, f->blocker);
	}
	snprintf(buf, size, "%s%s%s: mode %04o%s, owner %ju:%ju; read by %s",
	    rules[f->rule].words, where, name, (unsigned int)(f->mode & 07777),
	    f->acl ? " and an ACL" : "", (uintmax_t)f->uid, (uintmax_t)f->gid,
	    finding_who_text(me, sizeof me, who));
	return buf;
}

char *
finding_fix(char *buf, size_t size, const struct finding *f)
{
	char path[MSG_NAME];
	bool shown = quote_path(path, sizeof path, f->blocker) != NULL;

	switch (f->rule) {
	case FINDING_FILE_READ:
	case FINDING_DIR_READ:
	case FINDING_DIR_SEARCH:
		if (f->acl) {
			snprintf(buf, size,
			    "setfacl -b %s and chmod -R a+rX %s before the image is built",
			    shown ? path : "-R .", shown ? path : ".");
			break;
		}
		snprintf(buf, size,
		    "chmod %s %s before the image is built, or COPY --chmod=%s",
		    shown && f->rule == FINDING_FILE_READ ? "a+r" : "-R a+rX",
		    shown ? path : ".", f->copied_alone ? "0644" : "0755");
		break;
	case FINDING_HIDDEN:
		snprintf(buf, size,
		    "in the image, replace symlinks in the path of the mount by plain directories and files: /etc, /dev, and where the pod mounts its volume");
		break;
	case FINDING_NONE:
		buf[0] = '\0';
		break;
	}
	return buf;
}
