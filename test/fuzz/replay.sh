#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The seeds of the fuzz targets, and what fuzzing has found, under ASan and
# UBSan.
. "$TOP/test/lib.sh"
need python3

for target in decode gather tarin roundtrip manifest image layers mounts \
	report http podstatus podasked form findings; do
	replay=$TOP/build/$ARCH/unit/replay_$target
	python3 "$TOP/test/fuzz/seeds.py" "$target" "$target"
	if [ -d "$TOP/test/fuzz/corpus/$target" ]; then
		cp "$TOP/test/fuzz/corpus/$target"/* "$target"
	fi
	status=0
	"$replay" "$PWD/$target"/* >log 2>err || status=$?
	[ $status = 0 ] || tail -n 30 err | sed 's/^/# /'
	is "$target" "$status" 0
	is "$target: all seeds" "$(grep -c '^ok' log)" \
		"$(find "$target" -type f | wc -l)"
done
done_testing
