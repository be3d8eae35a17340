/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codes of everything that can be found wrong: one table, from which the
 * findings of unpackctl, `unpackctl explain` and unpack-findings(7) are made.
 */
#include "bundle/codes.h"

#include <string.h>

#include "base/out.h"

/* clang-format off */

const struct codes_row codes_table[] = {
{
	"file-not-readable", CODES_ERROR, CODES_IMAGE,
	"a file of the bundle has no read permission for the user who unpacks it",
	"the unpack pod fails with exit code 3, and names the file in its log and its termination message; nothing of the bundle is written",
	"chmod a+r FILE before the image is built, or COPY --chmod=0644, 0755 for a COPY with directories; where the message names an ACL, setfacl -b FILE first",
}, {
	"directory-not-readable", CODES_ERROR, CODES_IMAGE,
	"a directory of the bundle cannot be listed by the user who unpacks it; nothing below it is looked at",
	"the unpack pod fails with exit code 3, and names the directory in its log and its termination message; nothing of the bundle is written",
	"chmod -R a+rX DIRECTORY before the image is built, or COPY --chmod=0755",
}, {
	"directory-not-searchable", CODES_ERROR, CODES_IMAGE,
	"a directory of the bundle can be listed, but not entered, by the user who unpacks it; nothing below it is looked at",
	"the unpack pod fails with exit code 3, and names the directory in its log and its termination message; nothing of the bundle is written",
	"chmod -R a+rX DIRECTORY before the image is built, or COPY --chmod=0755",
}, {
	"content-hidden", CODES_ERROR, CODES_IMAGE,
	"a symlink in the image moves a mount of the container runtime onto content of the bundle, which then cannot be read",
	"the unpack pod fails with exit code 3 and names the paths that are covered; a program that does not check this would read the node's resolv.conf in place of a manifest",
	"remove the symlink that leads from /etc, from /dev or from a file in them into the bundle",
}, {
	"container-cannot-start", CODES_ERROR, CODES_IMAGE,
	"no container of the image can start, because the runtime cannot mount something, or cannot make the process: for example, /proc or /sys is a symlink, /etc/hosts is a directory, a VOLUME is a file or in /proc, /etc/passwd is no file, or ENV has a variable without a name",
	"the pod stays in CreateContainerError or RunContainerError, or its container ends with StartError and exit code 128",
	"make /proc, /sys, /dev, /etc and each VOLUME plain directories of the image, and hosts, hostname, resolv.conf, passwd and group in /etc plain files; or leave them out",
}, {
	"no-layers", CODES_ERROR, CODES_IMAGE,
	"the image has no layers, so that no container can be made of it",
	"the pod stays in CreateContainerError, or in ErrImagePull",
	"COPY the bundle into the image",
}, {
	"no-platform", CODES_ERROR, CODES_IMAGE,
	"the index has no image for the platform: an error if --platform names it, a warning if it is the platform of this machine",
	"the pod stays in ErrImagePull and ImagePullBackOff on nodes of that platform: no match for platform in manifest",
	"build the image for the nodes' platform as well, or as a single image without an index: a bundle has no platform",
}, {
	"image-not-judged", CODES_ERROR, CODES_IMAGE,
	"the image cannot be checked: it is not there, is damaged, or a digest in it is wrong",
	"nothing, if the image was damaged on the way to the disk; ErrImagePull, if it is damaged in the registry",
	"read the message; save or pull the image again",
}, {
	"group-only", CODES_WARNING, CODES_IMAGE,
	"a path is readable only because the process has a certain gid; the kubelet and OpenShift give gid 0 unless the pod sets another",
	"nothing, until a pod sets runAsGroup, or the image's /etc/passwd gives the user another group: then the unpack pod fails with exit code 3",
	"chmod -R a+rX before the image is built, so that no gid is needed",
}, {
	"owner-only", CODES_WARNING, CODES_IMAGE,
	"a path is readable only because the process has a certain uid",
	"nothing, until a pod sets another runAsUser, or OpenShift gives the namespace a range of uids: then the unpack pod fails with exit code 3",
	"chmod -R a+rX before the image is built, so that any uid can read it",
}, {
	"content-covered", CODES_WARNING, CODES_IMAGE,
	"the runtime mounts something over content of the image: /proc, /sys, /dev, /etc/hosts, /etc/hostname, /etc/resolv.conf",
	"the pod succeeds; what is covered is not part of the bundle",
	"move it: mounts of the runtime cover /proc, /sys, /dev, /etc/hosts, /etc/hostname and /etc/resolv.conf",
}, {
	"special-file", CODES_WARNING, CODES_IMAGE,
	"a socket, FIFO or device is in the image; it is never opened",
	"the pod succeeds; the file is left out and counted in the termination message",
	"remove it: sockets, FIFOs and devices are not part of a bundle",
}, {
	"symlink-skipped", CODES_WARNING, CODES_IMAGE,
	"a symlink is in the bundle, and the format json leaves symlinks out, because its readers turn them into empty files",
	"the pod succeeds; the provisioner does not get the symlink",
	"replace symlinks by files, or read with --format=jsonl",
}, {
	"symlink-leads-out", CODES_ERROR, CODES_IMAGE,
	"a symlink in the bundle is absolute, or leads out of it; jsonl, tar, and json with --symlinks keep contain such links, and extraction refuses them",
	"the pod succeeds, and unpackctl run and unpackctl extract refuse the bundle with exit code 3: EntryRefused, symlink-leads-out; readers of json do not get the link",
	"make the link relative, and keep its target within the bundle; or replace it by a file; or run with --symlinks skip, which leaves all symlinks out, and check with --ignore symlink-leads-out",
}, {
	"dev-symlink", CODES_WARNING, CODES_IMAGE,
	"/dev of the image is an absolute symlink: containers of it start with runc 1.3, but not with runc 1.1",
	"on nodes with runc 1.1 the container ends with StartError and exit code 128; on nodes with runc 1.3 it starts, and /dev is mounted at the target of the link",
	"make /dev a plain directory of the image, or leave it out",
}, {
	"volume-missing", CODES_WARNING, CODES_IMAGE,
	"the image declares a VOLUME that no layer has: the runtime makes an empty directory for it in a container, but not in an image volume",
	"the pod succeeds; with the strategy inject the bundle has the directory, with image-volume it does not, and its digest differs",
	"leave VOLUME out; or make the directory before VOLUME, with RUN mkdir -p, or with COPY where the image is FROM scratch",
}, {
	"name-not-utf8", CODES_WARNING, CODES_IMAGE,
	"a file's name is not UTF-8",
	"the pod succeeds; some readers of the stream cannot open such names",
	"rename it: some readers of the stream cannot open such names",
}, {
	"file-too-large", CODES_WARNING, CODES_IMAGE,
	"a file has 8 GiB or more, a size that a plain tar header cannot hold",
	"the pod succeeds; some readers of the stream read the file as empty",
	"split it: some readers read files of 8 GiB and more as empty",
}, {
	"log-limit", CODES_WARNING, CODES_IMAGE,
	"written as one line, the bundle does not fit into a log that the kubelet does not rotate (10 MiB, on OpenShift 50 MiB)",
	"the pod succeeds, but its log may have lost its beginning: readers of the json format get only the rest",
	"read it with 'unpackctl run', which asks for parts that fit",
}, {
	"full-base-image", CODES_WARNING, CODES_IMAGE,
	"the image has a whole operating system, which is part of the bundle, and must be readable",
	"the pod fails with exit code 3 at files like /etc/shadow; or it takes long, and the log outgrows its limit",
	"build FROM scratch, and COPY only the files of the bundle",
}, {
	"no-files", CODES_WARNING, CODES_IMAGE,
	"there are no files in the image",
	"the pod succeeds, and the bundle is empty",
	"COPY the bundle into the image",
}, {
	"workdir-not-directory", CODES_WARNING, CODES_IMAGE,
	"the image's WORKDIR is not a directory",
	"the container ends with StartError, unless the pod sets workingDir, as pods of unpackctl do",
	"leave WORKDIR out, or workingDir: / in the pod",
}, {
	"workdir-missing", CODES_WARNING, CODES_IMAGE,
	"no layer has the directory that WORKDIR names",
	"nothing if the pod sets workingDir, as pods of unpackctl do; otherwise the runtime makes the directory, it is part of the bundle, and the digest differs",
	"leave WORKDIR out, or COPY the directory into the image",
}, {
	"other-os", CODES_ERROR, CODES_IMAGE,
	"the image is for another operating system than Linux",
	"the pod stays in ErrImagePull: no match for platform in manifest; or its container does not start",
	"build the bundle image FROM scratch for linux",
}, {
	"layer-type", CODES_ERROR, CODES_IMAGE,
	"a layer has no media type, or one that is not for layers",
	"the pod stays in ErrImagePull on nodes with containerd: no processor for media-type",
	"build or copy the image again: skopeo copy gives its layers the right types",
}, {
	"layer-compression", CODES_ERROR, CODES_IMAGE,
	"a layer is compressed in a way that a runtime does not read: not gzip, not zstd, or zstd that begins with a skippable frame",
	"the pod stays in ErrImagePull on nodes with containerd, or with CRI-O: archive/tar: invalid tar header, unexpected EOF",
	"push the image with layers compressed by gzip or zstd: skopeo copy --dest-compress-format gzip",
}, {
	"duplicate-entry", CODES_ERROR, CODES_IMAGE,
	"a layer has two entries for one path",
	"the pod stays in ErrImagePull on nodes with CRI-O: duplicates of file paths not supported; containerd takes the image",
	"give the layer one entry for each path",
}, {
	"hard-link-across-layers", CODES_ERROR, CODES_IMAGE,
	"a layer has a hard link to a file of a lower layer",
	"the pod stays in ErrImagePull: no such file or directory",
	"put the file itself into the layer, not a hard link to a file of a lower layer",
}, {
	"hard-link-to-nothing", CODES_ERROR, CODES_IMAGE,
	"a layer has a hard link to a file that is missing, that comes later, or that is the link itself",
	"the pod stays in ErrImagePull: no such file or directory",
	"put the file into the layer before the hard link, or in place of it",
}, {
	"hard-link-to-directory", CODES_ERROR, CODES_IMAGE,
	"a layer has a hard link to a directory",
	"the pod stays in ErrImagePull: operation not permitted",
	"put the directory and its files into the layer, or a symlink",
}, {
	"whiteout-of-parent", CODES_ERROR, CODES_IMAGE,
	"a layer deletes a directory, and has entries below it, but no entry for the directory itself",
	"the pod stays in ErrImagePull: not a directory",
	"give the layer an entry for the directory, or an opaque mark in it (.wh..wh..opq) in place of the whiteout",
}, {
	"whiteout-after-entry", CODES_ERROR, CODES_IMAGE,
	"a layer has a path and, after it, its whiteout, or two whiteouts of it",
	"the pod stays in ErrImagePull: failed to convert whiteout file: file exists",
	"keep either the path or its whiteout in the layer, not both",
}, {
	"whiteout-name", CODES_ERROR, CODES_IMAGE,
	"a layer has a whiteout without a name: .wh., .wh.. or .wh...",
	"the pod stays in ErrImagePull: invalid whiteout name",
	"give the file another name: names that begin with .wh. are whiteouts",
}, {
	"entry-below-file", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry below a path that is not a directory in this layer",
	"the pod stays in ErrImagePull: not a directory",
	"keep either the entry or the path that it is below, not both",
}, {
	"implied-below-file", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry without entries for the directories above it, and a lower layer has one of these as a file, or deletes it",
	"the pod stays in ErrImagePull on nodes with containerd: not a directory",
	"give the layer an entry for each directory",
}, {
	"root-not-readable", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry for / itself, with a mode that the user who unpacks it cannot read; podman and CRI-O apply it, containerd does not",
	"the pod stays in CreateContainerError or RunContainerError on nodes with CRI-O, or fails with exit code 3 there",
	"leave the entry out, or run chmod 0755 on the directory from which the layer is made",
}, {
	"directory-removed", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry for a directory, and later removes the directory",
	"the pod stays in ErrImagePull: no such file or directory",
	"keep either the directory or its whiteout in the layer, not both",
}, {
	"symlink-dangling", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry below a symlink whose target is not in this layer",
	"the pod stays in ErrImagePull on nodes with CRI-O: no such file or directory; containerd makes the directory that the symlink names",
	"give the layer an entry for the directory that the symlink names, before the symlink is used",
}, {
	"symlink-loop", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry below a symlink that is part of a loop",
	"the pod stays in ErrImagePull: too many levels of symbolic links",
	"remove the symlink",
}, {
	"symlink-to-nothing", CODES_ERROR, CODES_IMAGE,
	"a layer has a symlink with an empty target",
	"the pod stays in ErrImagePull: no such file or directory",
	"remove the symlink",
}, {
	"entry-type-unknown", CODES_ERROR, CODES_IMAGE,
	"a layer has an entry of a type that runtimes do not unpack, such as the sparse files of old GNU tar",
	"the pod stays in ErrImagePull: unhandled tar header type",
	"build the layer with another tar, or another --format: ustar and pax are read",
}, {
	"name-too-long", CODES_ERROR, CODES_IMAGE,
	"a layer has a name that is too long for file systems: longer than 255 bytes, or than 4095 with its path",
	"the pod stays in ErrImagePull: file name too long",
	"shorten the name",
}, {
	"attribute-refused", CODES_ERROR, CODES_IMAGE,
	"a layer has an extended attribute that the kernel refuses, or an attribute user.* on a symlink or device",
	"the pod stays in ErrImagePull: invalid argument, or on nodes with CRI-O operation not permitted",
	"build the layer without extended attributes (tar --no-xattrs)",
}, {
	"runtimes-differ", CODES_WARNING, CODES_IMAGE,
	"containerd and podman make different files from a layer",
	"on nodes with the other runtime, the pod can give other files, or fail with exit code 3",
	"build the layer with the usual tools: an entry for each directory, names without symlinks in them, whiteouts before the files that replace them",
}, {
	"overlay-attribute", CODES_WARNING, CODES_IMAGE,
	"a layer has attributes of overlayfs itself (trusted.overlay.*); podman and CRI-O set them, containerd does not",
	"on nodes with the other runtime, the pod can give other files",
	"build the layer without extended attributes (tar --no-xattrs)",
}, {
	"implied-directory", CODES_WARNING, CODES_IMAGE,
	"a layer has files in a directory for which it has no entry: the directory's mode depends on the runtime",
	"the pod can fail with exit code 3 on nodes with one runtime, and succeed on nodes with the other",
	"give the layer an entry for each directory",
}, {
	"volume-over-content", CODES_NOTE, CODES_IMAGE,
	"the image declares a VOLUME where it has content; the runtime copies it at every start",
	"the pod succeeds, and takes a little longer",
	"leave VOLUME out: a bundle is read, not written",
}, {
	"workdir-not-searchable", CODES_NOTE, CODES_IMAGE,
	"the image's WORKDIR cannot be entered",
	"relative paths fail, unless the pod sets workingDir, as pods of unpackctl do",
	"leave WORKDIR out, or workingDir: / in the pod",
}, {
	"user-unset", CODES_NOTE, CODES_IMAGE,
	"the image has no USER, so that it would run as root",
	"pods of unpackctl set runAsUser, and work; other pods with runAsNonRoot and without runAsUser stay in CreateContainerConfigError",
	"USER 65532 in the Dockerfile, or runAsUser in the pod",
}, {
	"user-root", CODES_NOTE, CODES_IMAGE,
	"the image's USER is root",
	"pods of unpackctl set runAsUser, and work; other pods with runAsNonRoot and without runAsUser stay in CreateContainerConfigError",
	"USER 65532 in the Dockerfile, or runAsUser in the pod",
}, {
	"user-name", CODES_NOTE, CODES_IMAGE,
	"the image's USER is a name, and the kubelet cannot know whether it is root",
	"pods of unpackctl set runAsUser, and work; other pods with runAsNonRoot and without runAsUser stay in CreateContainerConfigError",
	"a numeric USER in the Dockerfile, or runAsUser in the pod",
},
#define REFUSED \
	"the API server refuses the pod: violates PodSecurity; a Deployment, Job or the like is admitted with a warning, and then no pod appears"
{
	"appArmorProfile", CODES_ERROR, CODES_POD,
	"an AppArmor profile is switched off, or is not the default; baseline allows RuntimeDefault and Localhost",
	REFUSED, "leave securityContext.appArmorProfile and the AppArmor annotation out",
}, {
	"capabilities_baseline", CODES_ERROR, CODES_POD,
	"a container adds capabilities that a container does not have by default",
	REFUSED, "remove them from securityContext.capabilities.add",
}, {
	"hostNamespaces", CODES_ERROR, CODES_POD,
	"the pod shares the network, the processes or the IPC of its node",
	REFUSED, "leave hostNetwork, hostPID and hostIPC out",
}, {
	"hostPathVolumes", CODES_ERROR, CODES_POD,
	"a volume is a directory of the node",
	REFUSED, "use a persistentVolumeClaim or an emptyDir in place of hostPath",
}, {
	"hostPorts", CODES_ERROR, CODES_POD,
	"a container takes a port of its node",
	REFUSED, "leave hostPort out; a Service reaches the container's own port",
}, {
	"hostProbesAndHostLifecycle", CODES_ERROR, CODES_POD,
	"a probe or a lifecycle hook names a host, so that the kubelet can be made to connect to any host; checked from policy version 1.34 on",
	REFUSED, "leave host out of the probe or hook: the default is the pod's own address",
}, {
	"privileged", CODES_ERROR, CODES_POD,
	"a container runs privileged",
	REFUSED, "leave securityContext.privileged out",
}, {
	"procMount", CODES_ERROR, CODES_POD,
	"a container's /proc is not masked",
	REFUSED, "leave securityContext.procMount out; from policy version 1.35 on a user namespace (hostUsers: false) may have it",
}, {
	"seLinuxOptions", CODES_ERROR, CODES_POD,
	"an SELinux type that is not for containers, or an SELinux user or role, is set",
	REFUSED, "leave seLinuxOptions.user and role out, and use a type such as container_t",
}, {
	"seccompProfile_baseline", CODES_ERROR, CODES_POD,
	"the seccomp filter is switched off",
	REFUSED, "seccompProfile: {type: RuntimeDefault} in the securityContext",
}, {
	"sysctls", CODES_ERROR, CODES_POD,
	"the pod sets kernel parameters that are not on the list of safe ones",
	REFUSED, "leave them out of securityContext.sysctls",
}, {
	"windowsHostProcess", CODES_ERROR, CODES_POD,
	"a container runs as a process of its Windows node",
	REFUSED, "leave windowsOptions.hostProcess out",
}, {
	"allowPrivilegeEscalation", CODES_ERROR, CODES_POD,
	"a container may gain privileges, by a set-user-ID program for example",
	REFUSED, "allowPrivilegeEscalation: false in each container's securityContext",
}, {
	"capabilities_restricted", CODES_ERROR, CODES_POD,
	"a container keeps capabilities; restricted allows only NET_BIND_SERVICE",
	REFUSED, "capabilities: {drop: [ALL]} in each container's securityContext",
}, {
	"procMount_restricted", CODES_ERROR, CODES_POD,
	"a container's /proc is not masked",
	REFUSED, "leave securityContext.procMount out",
}, {
	"restrictedVolumes", CODES_ERROR, CODES_POD,
	"a volume is of a type that restricted does not allow",
	REFUSED, "use configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected or secret",
}, {
	"runAsNonRoot", CODES_ERROR, CODES_POD,
	"nothing says that the container must not run as root",
	REFUSED, "runAsNonRoot: true in the container's securityContext, or the pod's",
}, {
	"runAsUser", CODES_ERROR, CODES_POD,
	"a container runs as root",
	REFUSED, "set runAsUser to a uid other than 0, or leave it out",
}, {
	"seccompProfile_restricted", CODES_ERROR, CODES_POD,
	"no seccomp filter is set",
	REFUSED, "seccompProfile: {type: RuntimeDefault} in the container's securityContext, or the pod's",
}, {
	"pod-not-judged", CODES_ERROR, CODES_POD,
	"a file cannot be read as YAML or JSON, or something in it is not a valid pod",
	"kubectl refuses the file: error converting YAML to JSON, or strict decoding error; nothing of it gets into the cluster",
	"read the message, which has the line",
},
{
	"pull-failed", CODES_ERROR, CODES_CLUSTER,
	"the node could not pull an image, the bundle image or the unpack image: its name, its registry or its credentials are wrong",
	"the pod stays in ErrImagePull, ImagePullBackOff, InvalidImageName or ErrImageNeverPull",
	"look at the name and at the pull secrets of the namespace's service account; kubectl describe pod has the registry's message",
}, {
	"pod-refused", CODES_ERROR, CODES_CLUSTER,
	"the API server refused the pod: Pod Security, a quota, another policy, or missing rights",
	"creating the pod fails: Forbidden, exceeded quota, or a webhook's message",
	"read the message; it is about the namespace, not about the bundle",
}, {
	"not-scheduled", CODES_ERROR, CODES_CLUSTER,
	"no node takes the pod, or it was evicted before it could finish",
	"the pod stays Pending: Unschedulable, with a reason for each node; or it ends with Evicted or Preempted",
	"make room on a node, or allow the pods of the namespace to run on more nodes",
}, {
	"start-failed", CODES_ERROR, CODES_CLUSTER,
	"the container did not start, or something else ended it",
	"CreateContainerConfigError, CreateContainerError, RunContainerError, StartError, OOMKilled, or a pod that somebody deleted",
	"read the message; with StartError, run unpackctl check on the image: it finds what prevents containers from starting",
}, {
	"time-over", CODES_ERROR, CODES_CLUSTER,
	"the pod did not finish in time",
	"the pod is Pending or Running, or ended with DeadlineExceeded",
	"give more time with --timeout, or fewer pods at once with --parallel",
}, {
	"cluster-failed", CODES_ERROR, CODES_CLUSTER,
	"kubectl or the API server failed",
	"what kubectl said is in the message",
	"run kubectl get pods in the same namespace: if that fails too, fix it first",
},
{NULL, CODES_NOTE, CODES_CLUSTER, NULL, NULL, NULL},
};
#undef REFUSED
/* clang-format on */

const struct codes_row *
codes_find(const char *code)
{
	const struct codes_row *r;

	for (r = codes_table; r->code != NULL; r++)
		if (strcmp(r->code, code) == 0)
			return r;
	return NULL;
}

const char *
codes_severity_name(enum codes_severity severity)
{
	static const char *const names[] = {"error", "warning", "note"};

	return names[severity];
}

const char *
codes_area_name(enum codes_area area)
{
	static const char *const names[] = {"image", "pod", "cluster"};

	return names[area];
}
