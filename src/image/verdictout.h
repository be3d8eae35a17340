/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict as the object of check (result/found.h), from which all that is
 * printed is made.
 *
 * It is that of `unpack check` (report.h).  A finding has besides
 *
 *	"severity":"error","layer":N,"history":"COPY ..."
 *
 * and, where a runtime does not unpack the layer, with "ok" for one that does,
 *
 *	"runtimes":{"containerd":"file exists","podman":"file exists"}
 *
 * "findings" begins with what keeps the container from starting, which has a
 * "count" as the warnings have, and the object has besides
 *
 *	"image":"NAME","file":"-",		file: as it was given
 *	"readWith":"podman save NAME",		where a tool was asked
 *	"warnings":[{"severity":"warning","code":"log-limit","message":"...",
 *	  "fix":"...","count":N, and where they are known "path", "layer",
 *	  "history"}],		severity "warning" or "note"
 *	"ignored":[...],			result/ignores.h
 *	"ignoredErrors":N,			of them, that were errors
 *	"fixes":[{"layer":N,"history":"...","command":"chmod ...",
 *	  "findings":N,"chmod":"0755",		of a COPY, where that helps
 *	  "title":"Not readable, from ...",	for people; and of the findings
 *	  "lines":["a/b: mode 0600, ..."]}],	the first ones
 *	"size":{"json":N,"jsonl":N,		bytes of the log, as written
 *	  "tar":N,"targz":N,"parts":N,		targz, parts: of jsonl
 *	  "jsonTargz":N,			json, too: about, with symlinks
 *	  "digest":"sha256:...",		of jsonl's tar.gz
 *	  "jsonDigest":"sha256:...",		of json's; neither where it is
 *						not known
 *	  "exact":true},			false: some of it is unreadable
 *	"logLimit":{"limit":N,"need":N,"format":"json"}
 */
#ifndef VERDICTOUT_H
#define VERDICTOUT_H

#include "base/json.h"
#include "image/verdict.h"

/*
 * Owned by the caller (base/result.h), once for a verdict.  The image was given
 * as `given`, and read by `how`, "podman save NAME"; "" or NULL: it is at hand.
 */
struct json *verdictout_object(struct verdict *v, const char *given,
    const char *how);

#endif
