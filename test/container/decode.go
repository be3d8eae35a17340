// SPDX-License-Identifier: Apache-2.0

// A second independent reader, in Go with the standard library alone: decode LOG reads
// a pod log of format json, as the provisioners do, or jsonl, and prints one
// line an entry, as entry.py says.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
)

type line struct {
	Content string
	Size    int
	Digest  string
	Entries *int
}

func quote(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if c := name[i]; c >= 0x21 && c <= 0x7e && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "\\x%02x", c)
		}
	}
	return b.String()
}

// read returns the tar.gz and what the last line says of it.
func read(name string) ([]byte, line) {
	var whole []byte
	var last line
	f, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	for d := json.NewDecoder(f); ; {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return whole, last
		} else if err != nil {
			log.Fatal(err)
		}
		part, err := base64.StdEncoding.DecodeString(l.Content)
		if err != nil {
			log.Fatal(err)
		}
		whole = append(whole, part...)
		last = l
	}
}

func show(h *tar.Header, r io.Reader) {
	kind, sha, size, end := "f", "-", int64(0), ""
	switch h.Typeflag {
	case tar.TypeDir:
		kind = "d"
	case tar.TypeSymlink:
		kind, end = "l", " -> "+quote(h.Linkname)
	case tar.TypeReg:
		hash := sha256.New()
		n, err := io.Copy(hash, r)
		if err != nil || n != h.Size {
			log.Fatal(h.Name, n, err)
		}
		size, sha = n, fmt.Sprintf("%x", hash.Sum(nil))
	default:
		log.Fatalf("%q: type %c", h.Name, h.Typeflag)
	}
	name := strings.TrimSuffix(h.Name, "/")
	fmt.Printf("%s %04o %d %d %s %s%s\n", kind, h.Mode, h.ModTime.Unix(),
		size, sha, quote(name), end)
}

func main() {
	data, last := read(os.Args[1])
	if sum := fmt.Sprintf("sha256:%x", sha256.Sum256(data)); last.Size !=
		len(data) || last.Digest != sum || last.Entries == nil {
		log.Fatal("not what the last line says")
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		log.Fatal(err)
	}
	entries := 0
	for t := tar.NewReader(z); ; entries++ {
		h, err := t.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		show(h, t)
	}
	if entries != *last.Entries {
		log.Fatalf("%d entries, not %d", entries, *last.Entries)
	}
}
