# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What must hold of the programs, as questions: each prints why not, and fails.
# test/check/*.sh ask them of the programs, and of faulty ones made to order.
: "${READELF:=readelf}" "${NM:=nm}" "${STRIP:=strip}"

# refuses GATE...: the gate says no.
refuses() {
	! "$@"
}

# gate_static FILE: a static executable.  musl-gcc -static-pie makes a dynamic
# one without a word, hence both questions.
gate_static() {
	"$READELF" -lW "$1" >gate.elf 2>&1
	grep -q LOAD gate.elf || {
		echo "# $1: not an ELF program"
		return 1
	}
	"$READELF" -dW "$1" >>gate.elf
	! grep -E 'INTERP|NEEDED' gate.elf | sed "s|^|# $1: |" | grep .
}

# gate_size FILE BYTES: no bigger than that when stripped.
gate_size() {
	"$STRIP" -o gate.stripped "$1" || return 1
	size=$(wc -c <gate.stripped)
	rm -f gate.stripped
	echo "# $1: $size of $2 bytes"
	[ "$size" -le "$2" ]
}

# gate_writes_only FILE: nothing linked in that parses or decompresses.  The
# program must not be stripped.
gate_writes_only() {
	"$NM" --defined-only "$1" 2>/dev/null | sed 's/.* //' >gate.names
	grep -qx main gate.names || {
		echo "# $1: stripped, cannot tell what is in it"
		return 1
	}
	! grep -Ex 'archive_read_(new|disk_new|support_.*)|archive_match_new|'\
'archive_write_disk_new|archive_write_set_format_(by_name|zip|7zip|xar|'\
'iso9660)|cJSON_Parse.*|yaml_parser_.*|inflate.*|ZSTD_.*|'\
'libdeflate_.*decompress.*' gate.names | head -n 5 |
		sed "s|^|# $1 contains |" | grep .
}

# gate_no_loop OBJECT...: no object needs another that needs the first.
gate_no_loop() {
	for o; do
		"$NM" -g --defined-only "$o" | awk -v o="$o" '{ print $3, o }'
	done | sort >gate.defined
	for o; do
		"$NM" -u "$o" | awk -v o="$o" '{ print $2, o }'
	done | sort >gate.used
	[ -s gate.defined ] || {
		echo "# no objects, or no symbols in them"
		return 1
	}
	join -o 1.2,2.2 gate.used gate.defined | sort -u >gate.arrows
	tsort gate.arrows 2>&1 >/dev/null | sed 's/^/# /' >gate.loop
	cat gate.loop
	[ ! -s gate.loop ]
}

# gate_floors SRC: in the C files of SRC, includes only point down.  Which
# module is on which floor is written here and nowhere else: a new one goes
# right above the highest of those that it includes, or higher.
gate_floors() {
	cat >gate.floors <<-'END'
	0 wire msg io digest
	1 mounts finding cpus crew install decode progress target kubectl
	1 spool yaml reference psatable
	2 walk tarout press relay gather gunzip tarin tree tarscan inflate pod
	2 manifest podwatch psatext
	3 content envelope deliver podopts merge store rootdir runtime
	3 podrun mend psa
	4 report stream judge image provision
	5 preflight measure
	6 verdict
	7 verdictout
	8 cmd cmd_cmd
	9 cmd_extract cmd_pod cmd_run cmd_check cmd_check_pod
	10 unpack unpackctl
	END
	(cd "$1" && grep -rH --include='*.[ch]' '^#include "' . |
		sed 's,^./cmd/,&cmd_,; s,^.*/\([^/:]*:\),\1,') >gate.includes
	# shellcheck disable=SC2016 # awk's own dollars
	awk -F '[."]' '
	NR == FNR {
		n = split($0, word, " ")
		for (i = 2; i <= n; i++)
			floor[word[i]] = word[1]
		next
	}
	{
		seen = 1
		from = $1
		sub(/\.[ch]:.*/, "", from)
		to = $3
		if (from == to)
			next
		if (!(from in floor) || !(to in floor))
			print "# " (from in floor ? to : from) \
			    ": on no floor, add it to the table in test/gate.sh"
		else if (floor[from] + 0 <= floor[to] + 0)
			print "# " from " (floor " floor[from] ") includes " \
			    to " (floor " floor[to] ")"
		else
			next
		bad = 1
	}
	END { exit bad || !seen }' gate.floors gate.includes >gate.bad
	gate_status=$?
	sort -u gate.bad
	return $gate_status
}
