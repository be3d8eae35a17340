#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A log in every form that people have it in, and what it is said to be.
. "$TOP/test/lib.sh"
need python3 jq

mkdir -p in/manifests
echo a >in/manifests/a
# two parts, one of them longer than what a runtime writes in one piece
head -c 300000 /dev/urandom >in/manifests/r
chmod -R a+rX in
"$UNPACK" --bundle-dir in --format jsonl >jsonl
"$UNPACK" --bundle-dir in --format json >json

cat >form.py <<-'END'
	import gzip, json, sys
	STAMP = "2026-11-24T10:%02d:%02d.%09dZ"
	data = open(sys.argv[2], "rb").read()
	lines = data.split(b"\n")[:-1]
	count = 0
	def stamp():
	    global count
	    count += 1
	    return (STAMP % (count // 60, count % 60, count)).encode()
	def pieces(line, size=16384):
	    parts = [line[i:i + size] for i in range(0, len(line), size)] or [b""]
	    return [(p, i == len(parts) - 1) for i, p in enumerate(parts)]
	def cri(line, stream=b"stdout", extra=b""):
	    return b"".join(stamp() + b" " + stream + b" " + (b"F" if last else b"P")
	                    + extra + b" " + p + b"\n" for p, last in pieces(line))
	def docker(line, stream="stdout"):
	    return b"".join(json.dumps({"log": p.decode() + ("\n" if last else ""),
	        "stream": stream, "time": stamp().decode()},
	        separators=(",", ":")).encode() + b"\n" for p, last in pieces(line))
	def each(f):
	    return b"".join(f(l) for l in lines)
	text = data.decode()
	forms = {
	  "cri": lambda: each(cri),
	  "cri-tags": lambda: each(lambda l: cri(l, extra=b":x")),
	  "cri-offset": lambda: each(cri).replace(b"Z stdout", b"+02:00 stdout"),
	  "cri-stderr": lambda: b"".join(
	      x + b"\n" + cri(b"klog {\"part\":0}", b"stderr")
	      for x in each(cri).split(b"\n")[:-1]),
	  "cri-crlf": lambda: each(cri).replace(b"\n", b"\r\n"),
	  "docker": lambda: each(docker),
	  "docker-spaces": lambda: each(docker).replace(b'{"log":', b'{ "log": '),
	  "docker-stderr": lambda: b"".join(
	      x + b"\n" + docker(b"to {\"part\":0} err", "stderr")
	      for x in each(docker).split(b"\n")[:-1]),
	  "docker-escapes": lambda: each(docker).replace(b"+", b"\\u002b"),
	  "utf-16": lambda: text.replace("\n", "\r\n").encode("utf-16"),
	  "utf-16-be": lambda: b"\xfe\xff" + text.encode("utf-16-be"),
	  "utf-16-cri": lambda: each(cri).decode().encode("utf-16"),
	  "utf-8-mark": lambda: b"\xef\xbb\xbf" + data,
	  "utf-8-mark-cri": lambda: b"\xef\xbb\xbf" + each(cri),
	  "crlf": lambda: data.replace(b"\n", b"\r\n"),
	  "nul-head": lambda: bytes(4096) + data,
	  "nul-end": lambda: data + bytes(100000),
	  "nul-between": lambda: b"\n".join(lines[:1] + [bytes(70000) + b"\n".join(lines[1:])]) + b"\n",
	  "nul-in-line": lambda: data[:5000] + bytes(5000) + data[5000:],
	  "nul-cri": lambda: (lambda d: bytes(512) + d[:d.find(b"\n") + 1] + bytes(9000) + d[d.find(b"\n") + 1:])(each(cri)),
	  "nul-one": lambda: bytes(1) + data,
	  "colour": lambda: b"".join(b"\x1b[36mpod\x1b[0m \x1b[1;33mbundle\x1b[0m " + l + b"\x1b[0m\n" for l in lines),
	  "stamps": lambda: each(lambda l: stamp() + b" " + l + b"\n"),
	  "prefix": lambda: each(lambda l: b"[pod/p/bundle] " + stamp() + b" " + l + b"\n"),
	}
	name = sys.argv[1]
	gz = name.endswith(".gz")
	out = forms[name[:-3] if gz else name]()
	sys.stdout.buffer.write(gzip.compress(out) if gz else out)
END
forms="cri cri-tags cri-offset cri-stderr cri-crlf docker docker-spaces
	docker-stderr docker-escapes utf-16 utf-16-be
	utf-16-cri utf-8-mark utf-8-mark-cri crlf nul-head
	nul-end nul-between nul-in-line nul-cri nul-one colour
	stamps prefix"
for f in $forms; do
	for format in jsonl json; do
		python3 form.py "$f" $format >log 2>err
		ok "$f of $format" exits 0 "$UNPACKCTL" extract -q -C got log
		ok "  comes back" cmp -s in/manifests/r got/manifests/r
		rm -rf got
	done
done
for f in cri.gz docker.gz utf-16.gz nul-head.gz prefix.gz; do
	python3 form.py $f jsonl >log
	ok "$f" exits 0 "$UNPACKCTL" extract -q -C got log
	ok "$f through a pipe" sh -c "cat log | '$UNPACKCTL' extract -q -C got2"
	rm -rf got got2
done

# rotated in the middle of lines, in any order, some of them compressed
python3 - <<-'END'
	import gzip, itertools, subprocess
	for kind in ("cri", "docker"):
	    for src in ("jsonl", "json"):
	        d = subprocess.run(["python3", "form.py", kind, src],
	                           stdout=subprocess.PIPE).stdout
	        lines = d.split(b"\n")[:-1]
	        n = len(lines) // 4
	        for i in range(4):
	            part = lines[i * n:(i + 1) * n if i < 3 else None]
	            data = b"\n".join(part) + b"\n"
	            name = "%s-%s.log.2026112%d-100000" % (kind, src, i)
	            open(name, "wb").write(gzip.compress(data) if i % 2 else data)
END
for kind in cri-jsonl cri-json docker-jsonl docker-json; do
	for order in "0 1 2 3" "3 2 1 0" "2 0 3 1" "1 3 0 2"; do
		set --
		for i in $order; do
			set -- "$@" $kind.log.2026112$i-100000
		done
		ok "$kind in the order $order" exits 0 "$UNPACKCTL" \
			extract -q -C got "$@"
		ok "  comes back" cmp -s in/manifests/r got/manifests/r
		rm -rf got
	done
	ok "$kind with one missing" exits 4 "$UNPACKCTL" extract -q -C got \
		$kind.log.20261120-100000 $kind.log.20261123-100000
	ok "  of which parts are missing" has err 'fetch again '
done
# a line that breaks off, and what comes next does not go on with it
for kind in cri docker; do
	python3 form.py $kind jsonl | head -n 3 >broken
	python3 form.py $kind jsonl >new
	sed 's/^/[pod\/p\/bundle] /' jsonl >prefixed
	for next in jsonl json prefixed new; do
		ok "$kind, cut, and $next" exits 0 "$UNPACKCTL" extract -q -C got broken $next
		ok "  comes back" cmp -s in/manifests/r got/manifests/r
		rm -rf got
	done
	jq -r .content json | base64 -d >b.gz
	ok "$kind, cut, and an archive" exits 0 "$UNPACKCTL" extract -q -C got broken b.gz
	rm -rf got
done
# the names tell, whatever the time stamps say
for kind in cri docker; do
	rm -f ./*.log*
	python3 form.py $kind json | sed -E 's/10:[0-9:.]+Z/10:00:00Z/' >all
	n=$(($(wc -l <all) / 3))
	head -n $n all | gzip >0.log.20261124-100000.gz
	tail -n +$((n + 1)) all | head -n $n >0.log.20261124-100500
	tail -n +$((2 * n + 1)) all >0.log
	ok "$kind: kubelet's names" exits 0 "$UNPACKCTL" extract -q -C got \
		0.log 0.log.20261124-100500 0.log.20261124-100000.gz
	rm -rf got
	mv 0.log c-json.log
	mv 0.log.20261124-100500 c-json.log.1
	mv 0.log.20261124-100000.gz c-json.log.2.gz
	ok "$kind: docker's names" exits 0 "$UNPACKCTL" extract -q -C got ./c-json.log*
	rm -rf got
done

# what is cut, is damaged, or lies about itself
python3 form.py cri.gz jsonl | head -c 200000 >log
ok "a cut .gz" exits 4 "$UNPACKCTL" extract -C got log
ok "  of which parts are missing" has err 'fetch again '
printf '\377\376{' >log
ok "half a character" exits 4 "$UNPACKCTL" extract -C got log
{
	python3 form.py cri jsonl | head -n 5
	cat jsonl
} >log
ok "a runtime's file and a log" exits 0 "$UNPACKCTL" extract -q -C got log
done_testing
