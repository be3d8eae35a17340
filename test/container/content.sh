#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bundles of every layout and with every oddity, in one restricted pod: what
# comes out is what the layers of the image hold.
. "$TOP/test/container/lib.sh"

RUN='command: [/.unpack/unpack, --bundle-dir=/]'
KEEP='command: [/.unpack/unpack, --symlinks=keep]'
LINES='command: [/.unpack/unpack, --format, jsonl]'

store_open
pod_begin p 1000660000 1001 /.unpack '[/unpack, install, /.unpack/unpack]'

# Layouts
bundles=$TOP/test/bundles
image operator "$bundles/hello-operator"
image plain "$bundles/hello-plain"
image chart-below "$bundles/hello-chart"
image chart "$bundles/hello-chart/hello"
image catalog "$bundles/hello-catalog"
all='operator plain chart-below chart catalog'
for real in etcd.0.9.2 prometheus.0.22.2; do
	[ -d "$TOP/../shared/bundles/$real" ] || continue
	image "${real%%.*}" "$TOP/../shared/bundles/$real"
	all="$all ${real%%.*}"
done

# VOLUMEs: a directory, one below another, an empty one of the image's
mkdir -p data/empty
image volume "$bundles/hello-operator" 'COPY . /data' \
	'VOLUME ["/manifests", "/tests", "/tests/scorecard", "/data/metadata"]'
all="$all volume"

# Oddities
for odd in names types layers many kind strays own; do
	image_layers "$odd" || bail "no image $odd"
	all="$all $odd"
done

for name in $all; do
	pod_bundle "$name" "$name" /.unpack "$RUN"
	# the pod's default; the kernel counts names of files, too
	echo '    resources: {limits: {memory: 64Mi}}' >>"$pod_dir/pod.yaml"
done
for name in names types own; do
	pod_bundle "keep-$name" "$name" /.unpack "$KEEP"
	pod_bundle "lines-$name" "$name" /.unpack "$LINES"
done
pod_bundle lines-many many /.unpack "$LINES"
pod_run p || bail "the pod does not run"

# shellcheck disable=SC2086 # options
check() {
	ok "$1" whole p "$@" $RUNTIME --mount .unpack
}
for name in $all; do
	case $name in
	kind) check kind kind --without product_name \
		--without product_uuid ;;
	*) check "$name" "$name" ;;
	esac
done
for name in names types own; do
	check "keep-$name" "$name" --symlinks
done
FORMAT=jsonl
for name in names types own many; do
	check "lines-$name" "$name" --symlinks
done
done_testing
