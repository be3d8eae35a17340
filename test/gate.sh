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
# one without a word: so both questions.
gate_static() {
	"$READELF" -lW "$1" >gate.elf 2>&1
	grep -q LOAD gate.elf || {
		echo "# $1: not an ELF program"
		return 1
	}
	"$READELF" -dW "$1" >>gate.elf
	! grep -E 'INTERP|NEEDED' gate.elf | sed "s|^|# $1: |" | grep .
}

# gate_hardened FILE: no memory that is written and run, the stack neither; it was
# linked with -z relro, which nothing acts on in a program of musl that is static
# and not PIE.
gate_hardened() {
	"$READELF" -lW "$1" >gate.elf 2>&1
	awk -v file="$1" '
		$1 == "GNU_STACK" { stack = 1 }
		$1 == "GNU_RELRO" { relro = 1 }
		# flags, as in "R E" or "RWE", stand between sizes and alignment
		$1 == "LOAD" || $1 == "GNU_STACK" {
			flags = ""
			for (i = 7; i < NF; i++)
				flags = flags $i
			if (flags ~ /W/ && flags ~ /E/)
				why[++n] = $1 " is written and run"
		}
		END {
			if (!stack)
				why[++n] = "no GNU_STACK: the stack may be run"
			if (!relro)
				why[++n] = "no GNU_RELRO"
			for (i = 1; i <= n; i++)
				print "# " file ": " why[i]
			exit n > 0
		}' gate.elf
}

# gate_guards FILE: the compiler guards stacks in this object or library.
gate_guards() {
	"$NM" -u "$1" >gate.used || return 1
	grep -q ' __stack_chk_fail$' gate.used
}

# gate_guarded OBJECT...: stacks are guarded in half of them and more: not all
# have an array on theirs.  A program does not tell: the guard of the C library
# is in it anyway.
gate_guarded() {
	gate_n=0
	for o; do
		! gate_guards "$o" || gate_n=$((gate_n + 1))
	done
	echo "# stacks are guarded in $gate_n of $# objects"
	[ $# -gt 0 ] && [ $((2 * gate_n)) -ge $# ]
}

# objects LIST: make's names for them, from the repository's top
objects() {
	for o in $1; do
		case $o in /*) echo "$o" ;; *) echo "$TOP/$o" ;; esac
	done
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

# The rooms of src/, the lowest first.
GATE_ROOMS="base bundle stream pod result psa log image cluster cmd"

# gate_includes SRC: an include names the room ("base/msg.h") and points down:
# to a lower room, or to another module of the same room and in no circle.
# wire.h is below all rooms, the two main files are above; a command includes
# no other command.
gate_includes() {
	(cd "$1" && grep -rH --include='*.[ch]' '^#include "' . |
		sed 's,^\./,,') >gate.includes
	awk -F '[:"]' -v rooms="$GATE_ROOMS" '
	function room_of(path) {
		if (path == "wire.h")
			return 0
		if (path !~ /\//)
			return n + 1
		sub(/\/.*/, "", path)
		return path in floor ? floor[path] : -1
	}
	function module_of(path) {
		sub(/\.[ch]$/, "", path)
		return path
	}
	BEGIN {
		n = split(rooms, name, " ")
		for (i = 1; i <= n; i++)
			floor[name[i]] = i
	}
	{
		seen = 1
		from = room_of($1)
		to = room_of($3)
		if (from < 0 || to < 0 || to > n)
			print "# " $1 " includes " $3 ": no such room"
		else if (from < to)
			print "# " $1 " includes " $3 ", a room above"
		else if (from == n && to == n && $3 != "cmd/cmd.h" &&
		    module_of($1) != module_of($3))
			print "# " $1 " includes " $3 ", another command"
		else {
			if (from == to && module_of($1) != module_of($3))
				print module_of($1), module_of($3) >"gate.arrows"
			next
		}
		bad = 1
	}
	END { exit bad || !seen }' gate.includes >gate.bad
	gate_status=$?
	sort -u gate.bad
	[ ! -e gate.arrows ] || tsort gate.arrows 2>&1 >/dev/null |
		sed 's/^/# /' >gate.loop
	rm -f gate.arrows
	[ ! -s gate.loop ] || {
		cat gate.loop
		rm -f gate.loop
		return 1
	}
	return $gate_status
}

# The modules that may include a library's header.  One a library; where the
# library is used both ways, one a direction, because `unpack` links only what
# writes: libdeflate compresses in stream/gzip and decompresses in log/decompress,
# libarchive writes in stream/tarout and reads in log/tarin.
GATE_LIBRARIES="cjson/cJSON.h=base/json sha2.h=base/digest
libdeflate.h=stream/gzip libdeflate.h=log/decompress zlib.h=log/decompress
zstd.h=log/decompress yaml.h=pod/yaml
archive.h=stream/tarout archive.h=log/tarin
archive_entry.h=stream/tarout archive_entry.h=log/tarin"

# gate_libraries SRC INCLUDE: of the libraries, whose headers are in INCLUDE,
# each is included by its modules alone, and in their .c: a file that includes the
# module's header sees nothing of the library.
gate_libraries() {
	(cd "$2" && find . -name '*.h' | sed 's,^\./,,') >gate.headers
	(cd "$1" && grep -rE --include='*.[ch]' \
		'^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' . |
		sed 's,^\./,,') >gate.includes
	[ -s gate.headers ] && [ -s gate.includes ] || {
		echo "# no libraries, or no sources"
		return 1
	}
	awk -F '[:<>"]' -v table="$GATE_LIBRARIES" '
	BEGIN {
		n = split(table, row, /[ \n]+/)
		for (i = 1; i <= n; i++)
			may[row[i] ".c"] = 1
	}
	NR == FNR {
		library[$1] = 1
		next
	}
	$3 in library && !(($3 "=" $1) in may) {
		print "# " $1 " includes <" $3 ">: not its module"
		bad = 1
	}
	END { exit bad }' gate.headers gate.includes
}

# gate_names SRC: no two functions of one name, static ones included.  The
# layout (src/.clang-format) puts a function's name at the head of a line.
gate_names() {
	grep -rE --include='*.c' '^[a-z_][a-zA-Z0-9_]*\(' "$1" |
		sed "s,^$1/,,; s/(.*//" | sort -u >gate.functions
	[ -s gate.functions ] || {
		echo "# no functions"
		return 1
	}
	awk -F : '$2 != "main" { n[$2]++; where[$2] = where[$2] " " $1 }
	END {
		for (f in n)
			if (n[f] > 1) {
				print "# " f " in" where[f]
				bad = 1
			}
		exit bad
	}' gate.functions
}

# gate_ret SRC: a result that is about to be returned is called ret, and not one
# of these.
gate_ret() {
	grep -rn --include='*.c' ret "$1" >gate.used || {
		echo "# no results"
		return 1
	}
	! grep -rnwE --include='*.[ch]' 'rc|rv|retval|retcode' "$1" |
		sed 's/^/# /' | grep .
}

# gate_exits SRC: only the two main files end the program, and base/child a
# child.
gate_exits() {
	(cd "$1" && grep -rnE --include='*.[ch]' \
		'(^|[^a-zA-Z_])(_?exit|_Exit|abort|quick_exit)\(' . |
		grep -vE '^\./(unpack(ctl)?|base/child)\.c:') >gate.bad
	sed 's/^/# /' gate.bad
	[ ! -s gate.bad ]
}

# gate_stdout OBJECT...: base/out.o alone writes to standard output: nothing
# needs stdio's stdout, or a function that writes to it.
gate_stdout() {
	for o; do
		"$NM" -u "$o" >gate.undefined || return 1
		sed "s|^ *U |$o: |" gate.undefined
	done >gate.all
	[ -s gate.all ] || {
		echo "# no objects, or no symbols in them"
		return 1
	}
	! grep -E ': (stdout|v?printf|puts|putchar|putchar_unlocked|vdprintf'\
'|dprintf|perror|psignal)$' gate.all | sed 's/^/# /' | grep .
}

# gate_stdout_fd SRC: nor does anything name the descriptor, but for out.h's
# own name of it in these: a stream or a tar, which is the product, a child for
# which it is closed, and whether it is a terminal.
gate_stdout_fd() {
	! {
		grep -rn --include='*.[ch]' STDOUT_FILENO "$1" |
			grep -v "^$1/base/out\\.h:"
		grep -rnE --include='*.[ch]' '(^|[^A-Z_])OUT_FD' "$1" | grep -vE \
			"^$1/(base/(out\\.[ch]|child\\.c:.*dup2\\(null, OUT_FD\\))|unpack\\.c:[0-9]+:.*\\.fd = OUT_FD[,}]|log/deliver\\.c:.*(target\\.fd : OUT_FD;|\\.fd = OUT_FD,))|(isatty|term_of)\\(OUT_FD\\)"
	} | sed 's/^/# /' | grep .
}

# gate_exports TESTS OBJECT...: what an object exports, another one uses, or a
# test in the directory TESTS does.
gate_exports() {
	tests=$1
	shift
	for o; do
		"$NM" -g --defined-only "$o" | awk -v o="$o" '{ print $3, o }'
	done | sort -u >gate.defined
	for o; do
		"$NM" -u "$o" | awk '{ print $2 }'
	done | sort -u >gate.used
	[ -s gate.defined ] || {
		echo "# no objects, or no symbols in them"
		return 1
	}
	# what ld's --wrap puts in the place of others is used by that
	join -v1 gate.defined gate.used | grep -v '^__wrap_' |
		while read -r name o; do
		[ "$name" = main ] ||
			grep -rqw --include='*.[ch]' "$name" "$tests" ||
			echo "# $o exports $name, which nobody uses"
	done >gate.bad
	cat gate.bad
	[ ! -s gate.bad ]
}

# gate_opens SRC: every .c opens with a sentence about what it is.
gate_opens() {
	find "$1" -name '*.c' >gate.files
	[ -s gate.files ] || {
		echo "# no files"
		return 1
	}
	while read -r file; do
		sed -n 2p "$file" | grep -q '^/\*' || echo "# $file: what is it?"
	done <gate.files >gate.bad
	cat gate.bad
	[ ! -s gate.bad ]
}
